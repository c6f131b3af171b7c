"""Doubled, shared and doubtful trials as records of a store: counted once or said, by the table as by the queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.answer_schemas import Answer as Answer_
from kg.evidence_base import question
from kg.formats.answer_json import answer_json
from kg.formats.answer_text import answer_text
from kg.model.answer import Answer, Study
from kg.model.records import DichotomousResult, Origin, ProtocolText, Row
from tests.evidence.questions import timeless
from tests.harmonise.stored_trials import crossed, stored
from tests.intake_support import copied, take

Ask = Callable[..., Answer]
SAID_TWICE = (30, 100), (20, 100)
ONE = "nct00000001"


@pytest.fixture
def ask(store_url: str, tmp_path: Path) -> Any:
    """Take rows into a copy of the bundled store, and ask of ketamine against placebo by both ways, with one answer."""
    with copied(store_url, tmp_path) as base:

        def asked(rows: list[Row], outcome: str = "any-adverse-event", protocol: str = "none", **words: str) -> Answer:
            take(base, rows)
            fresh = base.beside()
            words = {"intervention": "ketamine", "comparator": "placebo", **words}
            wanted = question(outcome=outcome, protocol=protocol, **words)
            by_table, by_query = (timeless(fresh.ask(wanted, via)) for via in ("table", "sparql"))
            assert by_table == by_query
            return by_table

        yield asked


def study(answer: Answer, label: str) -> Study:
    return next(s for s in answer.studies if s.label == label)


def labels(answer: Answer) -> set[str]:
    return {s.label for s in answer.studies}


def test_two_reports_of_one_registration_are_one_trial(ask: Ask) -> None:
    before = ask(stored(ONE, *SAID_TWICE, registration=("NCT00000001",)))
    after = ask(stored("smith-2016", *SAID_TWICE, source="smith", registration=("NCT00000001",)))
    assert "smith-2016" not in labels(after)
    assert (after.id, after.pool) == (before.id, before.pool)
    assert after.k_eligible == before.k_eligible
    reason = {e.label: e.reason for e in after.excluded}["smith-2016"]
    assert reason == f"the same trial as {ONE} (NCT00000001), counted there"


def test_two_trials_with_the_same_numbers_are_said_on_both(ask: Ask) -> None:
    answer = ask([*stored(ONE, *SAID_TWICE), *stored("nct00000009", *SAID_TWICE)])
    for label, other in ((ONE, "nct00000009"), ("nct00000009", ONE)):
        text = f"same figures as {other} in all arms: check that it is not the same trial"
        assert text in study(answer, label).warnings
        assert f"{label}: {text}" in answer.warnings


def test_a_control_shared_by_two_records_is_said_on_both(ask: Ask) -> None:
    rows = [
        *stored(ONE, *SAID_TWICE, registration=("NCT00000001",)),
        *stored("nct00000003", (31, 100), (20, 100), shares_control_with=("NCT00000001",)),
    ]
    answer = ask(rows)
    for label in (ONE, "nct00000003"):
        assert any("its people count in both" in text for text in study(answer, label).warnings)
        assert any(text.startswith(f"{label}: shares its control") for text in answer.warnings)


def test_a_paired_table_enters_through_the_gate_with_its_own_variance(ask: Ask) -> None:
    """metafor 3.8-1: escalc of MPOR on 5, 9, 2, 14."""
    answer = ask(crossed(ONE, 5, 9, 2, 14), measure="OR")
    found = study(answer, ONE)
    assert (found.yi, found.vi) == pytest.approx((1.05605267424931348, 0.233751109139307883), rel=1e-12)
    assert (found.experimental.events, found.control.events, found.control.total) == (14, 7, 30)
    assert found.warnings == ()
    assert any(step.startswith("7 design") and "paired table of 30 people" in step for step in answer.steps)


def test_drugs_of_a_class_are_compared_where_the_protocol_lets_each_stand_alone(ask: Ask) -> None:
    text = 'name = "apart"\nlabel = "Apart"\n[arms]\nshared_controls = "split"\n'
    apart = ProtocolText(origin=Origin("apart.toml", 1), protocol="apart", label="Apart", text=text, is_default=False)
    answer = ask([apart], protocol="apart", intervention="nmda-receptor-antagonist", measure="RR")
    found = answer.between_drugs
    assert found is not None
    assert len(found.drugs) >= 3
    assert found.q_df == len(found.drugs) - 1
    assert sum(drug.k for drug in found.drugs) == answer.pool.k - len(found.left_out)
    assert "Do the drugs differ? Q" in answer_text(answer)
    said = Answer_.model_validate(answer_json(answer)).between_drugs
    assert said is not None
    assert [drug.drug for drug in said.drugs] == [drug.drug for drug in found.drugs]
    assert ask([], intervention="nmda-receptor-antagonist", measure="RR").between_drugs is None


def test_a_dose_in_another_unit_is_said(ask: Ask) -> None:
    def given(value: str, unit: str) -> dict[str, Any]:
        return {"dose_value": Decimal(value), "dose_unit": unit}

    answer = ask(
        [
            *stored("a", (50, 4.0, 2.0), (50, 5.0, 2.0), arms=given("50", "mcg")),
            *stored("b", (48, 4.1, 2.1), (52, 5.0, 2.0), arms=given("50", "mg")),
        ],
        outcome="pain-intensity",
        instrument="nrs-0-10",
    )
    text = "the dose of ketamine is 50 mcg, in b 50 mg: the same number in units apart, so one unit is probably wrong"
    assert text in study(answer, "a").warnings
    assert f"a: {text}" in answer.warnings


def test_a_crossover_trial_analysed_as_parallel_is_not_pooled_in_silence(ask: Ask) -> None:
    rows = stored(ONE, *SAID_TWICE, design="crossover", analysed_as="parallel", results={"period": "allPeriods"})
    answer = ask(rows)
    assert ONE not in labels(answer)
    assert "over all periods, without paired data" in {e.label: e.reason for e in answer.excluded}[ONE]


def test_a_cluster_trial_without_its_correlation_is_not_pooled_in_silence(ask: Ask) -> None:
    answer = ask(stored(ONE, *SAID_TWICE, design="cluster"))
    assert any("its interval is too narrow" in text for text in study(answer, ONE).warnings)


CLUSTERS: dict[str, Any] = {"icc": Decimal("0.02"), "mean_cluster_size": Decimal("29.8")}
MINE = """
name = "mine"
label = "Mine"
[crossover]
correlation = 0.5
[cluster]
cluster_rule = "design-effect"
"""


def test_a_protocol_of_the_store_pairs_crossover_trials_and_adjusts_clusters(ask: Ask) -> None:
    rows: list[Row] = [
        *stored("crossed", (9, 20), (4, 20), design="crossover", results={"period": "allPeriods"}),
        *stored(
            "classes", (63, 295), (84, 330), design="cluster", icc=Decimal("0.02"), mean_cluster_size=Decimal("29.8")
        ),
        ProtocolText(origin=Origin("mine.toml", 1), protocol="mine", label="Mine", text=MINE, is_default=False),
    ]
    answer = ask(rows, protocol="mine", measure="OR")
    crossed, classes = study(answer, "crossed"), study(answer, "classes")
    assert (crossed.yi, crossed.vi) == pytest.approx((1.18562366565774, 0.263260748205399), rel=1e-12)
    plain = study(ask([], measure="OR"), "classes")
    assert plain.vi is not None
    assert classes.vi == pytest.approx(plain.vi * (1 + 28.8 * 0.02), rel=1e-12)
    once = [s for s in answer.studies if any("all periods as paired" in step for step in s.steps)]
    assert crossed in once
    whole = answer.pool.participants
    assert whole.total == whole.experimental + whole.control - sum(s.control.n or 0 for s in once)


def test_counts_from_percentages_have_ids_of_their_own(ask: Ask) -> None:
    rows = stored("shares", (4, 57), (3, 40))
    counted = ask(rows)
    share: dict[str, Any] = {"events": None, "percentage": Decimal(7), "not_reported": ("events",)}
    derived = ask([replace(r, **share) if isinstance(r, DichotomousResult) and r.arm == "drug" else r for r in rows])
    assert study(derived, "shares").yi == study(counted, "shares").yi
    assert study(derived, "shares").experimental.derived == ("events from 7 % of 57 (Handbook 6.4.2)",)
    assert derived.id != counted.id


def test_values_from_before_treatment_enter_no_answer(ask: Ask) -> None:
    before = {"timepoint_days": Decimal(0), "class_text": "Baseline"}
    rows = stored(ONE, (50, 4.0, 2.0), (50, 5.0, 2.0), results=before)
    answer = ask(rows, outcome="pain-intensity", instrument="nrs-0-10")
    assert ONE not in labels(answer)
    assert {e.label: e.reason for e in answer.excluded}[ONE] == "only values from before treatment are reported"
