"""Two sources of one trial describe the same people: one of them is used, by the protocol's order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.evidence_base import EvidenceBase, question
from kg.iris import BASE
from kg.protocol import NONE
from tests.harmonise.trial_sets import PLACEBO, arm, counts, means, pain, trial, trial_set

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
ROWS = (
    means(LEFT, 30, 2.0, 1.0),
    means(RIGHT, 30, 5.0, 1.0),
    means(LEFT, 28, 3.0, 1.0, source="review", kind="secondary"),
    means(RIGHT, 28, 5.0, 1.0, source="review", kind="secondary"),
)


@pytest.mark.parametrize(
    ("precedence", "source"), [((), "reports"), (("review", "reports"), "review"), (("reports", "review"), "reports")]
)
def test_the_source_that_the_protocol_puts_first_is_used_alone(precedence: tuple[str, ...], source: str) -> None:
    found = pain(trial_set((ONE,), (LEFT, RIGHT), ROWS), replace(NONE, precedence=precedence))
    (contrast,) = found.contrasts
    places = {place.record for side in (contrast.experimental, contrast.control) for place in side.sources}
    assert places == {f"{BASE}record/{source}/one"}
    other = {"reports": "review", "review": "reports"}[source]
    assert any("left aside" in step and other in step for step in contrast.steps)


def test_a_source_without_figures_gives_way_to_one_that_has_them() -> None:
    bare = (replace(ROWS[2], sd=None), replace(ROWS[3], sd=None))
    found = pain(trial_set((ONE,), (LEFT, RIGHT), (*ROWS[:2], *bare)), replace(NONE, precedence=("review", "reports")))
    assert found.contrasts[0].experimental.n == 30


def test_sides_of_two_sources_are_never_put_together() -> None:
    found = pain(trial_set((ONE,), (LEFT, RIGHT), (ROWS[0], ROWS[3])))
    assert not found.contrasts
    assert found.excluded[0].reason == "the outcome is reported for one side only"


@pytest.mark.parametrize(
    ("protocol", "source", "mean", "kind"),
    [("cd015373", "cd015373", 67.0, "secondary"), ("none", "reports", 2.68, "primary")],
)
def test_sigtermans_2009_is_read_from_one_source(
    base: EvidenceBase, protocol: str, source: str, mean: float, kind: str
) -> None:
    words = {"intervention": "esketamine", "comparator": "placebo", "outcome": "pain-intensity", "protocol": protocol}
    (study,) = (s for s in base.ask(question(**words)).studies if s.trial.endswith("sigtermans-2009"))
    for side in (study.experimental, study.control):
        assert side.source.kind == kind
        assert {place.record for place in side.sources} == {f"{BASE}record/{source}/sigtermans-2009"}
        assert len(side.results) == 1
    assert study.experimental.mean == mean


def test_no_study_of_the_review_mixes_sources(base: EvidenceBase) -> None:
    for answer in base.review()[1]:
        for study in answer.studies:
            records = {p.record for side in (study.experimental, study.control) for p in side.sources}
            assert len(records) == 1, (answer.analysis, study.label)


def test_a_composite_of_a_later_source_comes_before_a_component_of_an_earlier_one() -> None:
    """Step 8 before step 9: which outcome is used is decided first, then whose."""
    composite, component = f"{BASE}outcome/composite", f"{BASE}outcome/component"
    rows = (
        *(counts(a, 3, 10, source="review", kind="secondary", outcome=component) for a in (LEFT, RIGHT)),
        *(counts(a, 5, 10, source="reports", outcome=composite) for a in (LEFT, RIGHT)),
    )
    found = trial_set((ONE,), (LEFT, RIGHT), rows, outcomes=(composite, component))
    (contrast,) = pain(found, replace(NONE, precedence=("review", "reports"))).contrasts
    assert contrast.experimental.events == 5
    assert not any("narrower" in step for step in contrast.steps)
