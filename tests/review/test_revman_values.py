"""Reviews made of RevMan's files give the pooled values that RevMan, or the source beside a file, has of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.evidence_base import EvidenceBase
from kg.model.answer import Answer, Pool
from kg.sources import revman
from tests.review.loaded import gap, numbered, shown, taken

SORE_THROAT = "CD000023-antibiotics-sore-throat.CMP-001-003.rm5"
FILES = (
    SORE_THROAT,
    "Fleiss1993.rm5",
    "Fleiss1993_CR.csv",
    "revman-web-fleiss1993",
    "CD015373.pub2-data-rows.csv",
    "CD001703.pub4-data-rows.csv",
)


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data/revman"


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Iterator[EvidenceBase]:
    with taken(item for name in FILES for item in revman.read(folder / name)) as base:
        yield base


def pools(answers: list[Answer]) -> list[tuple[str, str, Pool]]:
    """Return the pools of a review with values of RevMan, those of subgroups too."""
    every = [(a.analysis or "", "", a.pool, a.published) for a in answers]
    every += [(a.analysis or "", g.label, g.pool, g.published) for a in answers for g in a.subgroups]
    return [(a, label, pool) for a, label, pool, published in every if published and published.estimate is not None]


@pytest.mark.parametrize(
    ("review", "wholes", "levels", "tolerance"),
    [
        ("cd000023", 9, 14, 1e-12),
        ("examples-from-fleiss-1993", 1, 0, 1e-12),
        # The export prints eight decimals, the package six.
        ("fleiss1993-cr", 2, 0, 5e-9),
        ("revman-web-fleiss1993", 1, 0, 5e-7),
    ],
)
def test_pools_equal_the_values_of_the_file(
    loaded: EvidenceBase, review: str, wholes: int, levels: int, tolerance: float
) -> None:
    answers = loaded.review(review)[1]
    published = {(a.analysis, ""): a.published for a in answers}
    published |= {(a.analysis, g.label): g.published for a in answers for g in a.subgroups}
    found = pools(answers)
    assert (sum(not label for _, label, _ in found), sum(bool(label) for _, label, _ in found)) == (wholes, levels)
    for analysis, label, pool in found:
        theirs = published[analysis, label]
        assert theirs is not None
        assert theirs.ci is not None
        assert theirs.basis == "printed"
        assert theirs.estimate is not None
        assert gap(pool, (theirs.estimate, *theirs.ci)) < tolerance, (analysis, label)


def test_heterogeneity_of_mantel_haenszel_random_analyses_is_that_of_revman(loaded: EvidenceBase, folder: Path) -> None:
    """TAU2, CHI2, I2 and Z of the outcomes of the file and of their subgroups, in its order."""
    tree = ElementTree.parse(folder / SORE_THROAT)
    said = [o for c in tree.iter("COMPARISON") for o in c.iter("DICH_OUTCOME")]
    answers = loaded.review("cd000023")[1]
    assert len(said) == len(answers) == 9
    pairs = [(a.pool, o) for a, o in zip(answers, said, strict=True)]
    for answer, outcome in zip(answers, said, strict=True):
        shown_levels = [s for s in outcome.iter("DICH_SUBGROUP") if s.get("STUDIES") != "0"]
        by_name = {s.findtext("NAME"): s for s in shown_levels}
        pairs += [(level.pool, by_name[level.label]) for level in answer.subgroups]
    assert len(pairs) == 9 + 14
    for pool, xml in pairs:
        assert pool.estimate is not None
        assert pool.se is not None
        assert abs(pool.estimate / pool.se) == pytest.approx(float(xml.attrib["Z"]), rel=1e-9)
        spread = pool.heterogeneity
        if spread is None or pool.k == 1:
            assert xml.attrib["DF"] == "0"
            continue
        ours = (spread.tau2, spread.q, spread.i2, spread.q_df)
        theirs = [float(xml.attrib[name]) for name in ("TAU2", "CHI2", "I2", "DF")]
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_an_analysis_without_computed_values_has_no_published_one(loaded: EvidenceBase) -> None:
    answers = numbered(loaded.review("examples-from-fleiss-1993")[1])
    assert answers["1.2"].published is None
    assert answers["1.2"].pool.k == 5


def test_rows_of_a_library_pool_as_the_identified_model_does(loaded: EvidenceBase, folder: Path) -> None:
    """The source computed them from effects of six decimals."""
    answers = numbered(loaded.review("cd015373-pub2")[1])
    listed = json.loads((folder / "CD015373.pooled.json").read_text())["results"]
    assert len(listed) > 25
    for item in listed:
        pool = answers[item["analysis"]].pool
        assert pool.k == item["k"], item["analysis"]
        assert shown(pool) == pytest.approx((item["estimate"], *item["ci"]), rel=2e-5, abs=2e-6), item["analysis"]


def test_effects_of_rows_are_those_that_the_library_displays(loaded: EvidenceBase, folder: Path) -> None:
    """Mean, CI start and CI end of both files, row by row, as far as RevMan gives an effect of a row."""
    compared = 0
    for name, review in (
        ("CD015373.pub2-data-rows.csv", "cd015373-pub2"),
        ("CD001703.pub4-data-rows.csv", "cd001703-pub4"),
    ):
        answers = numbered(loaded.review(review)[1])
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                answer = answers[f"{row['Analysis group']}.{row['Analysis number']}"]
                if not row["CI start"] or float(row["CI start"]) == float(row["CI end"]):
                    continue
                levels = [g for g in answer.subgroups if g.label == row["Subgroup"]]
                studies = levels[0].studies if levels else answer.studies
                named = [s for s in studies if s.label.removesuffix(")").startswith(row["Study"]) and s.display]
                theirs = [float(row[c]) for c in ("Mean", "CI start", "CI end")]
                ours = [(s.display.estimate, *s.display.ci) for s in named if s.display]
                assert any(o == pytest.approx(theirs, rel=2e-6, abs=2e-6) for o in ours), (name, row["Study"])
                compared += 1
    assert compared == 285


def test_an_empty_analysis_says_so(loaded: EvidenceBase) -> None:
    empty = [a for a in loaded.review("cd015373-pub2")[1] if a.pool.k == 0]
    assert [a.analysis for a in empty] == [f"cd015373-pub2-{n}" for n in ("1.19", "2.2", "5.6", "10.3")]
    assert all(a.pool.estimate is None and a.pool.display is None for a in empty)


def test_an_analysis_of_subgroups_alone_has_no_total(loaded: EvidenceBase) -> None:
    answer = numbered(loaded.review("cd001703-pub4")[1])["1.1"]
    assert answer.pool.estimate is None
    assert answer.subgroups
    assert all(len(shown(g.pool)) == 3 for g in answer.subgroups if g.pool.k)
