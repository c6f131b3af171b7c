"""RevMan 5 files: what of them is read, the traps of their numbers, and files that are refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kg import protocol
from kg.errors import InputRefused
from kg.model import records as r
from kg.sources import revman
from kg.sources.incoming import Incoming, Unit
from tests.sources.revman.revman_files import (
    comparison,
    dich,
    faults,
    first,
    listed,
    outcome,
    protocol_text,
    read,
    rm5,
    rows,
)

ANN, BEN = "STD-Ann-2001", "STD-Ben_x002d_Ami-2002"
SORE_THROAT = "CD000023-antibiotics-sore-throat.CMP-001-003.rm5"


def made(analyses: str, **more: str) -> list[Incoming]:
    return read(rm5(comparison(analyses), **more), "coffee.rm5")


def rules(items: list[Incoming]) -> protocol.Protocol:
    return protocol.read(protocol_text(items), "the test")


@pytest.fixture(scope="module")
def sore_throat(shared: Path) -> list[Incoming]:
    return list(revman.read(shared / "data/revman" / SORE_THROAT))


def test_studies_come_first_then_the_review_its_analyses_and_its_protocol(sore_throat: list[Incoming]) -> None:
    units = [item for item in sore_throat if isinstance(item, Unit)]
    assert len(units) == len(sore_throat)
    assert [unit.source for unit in units] == ["revman"] * 17 + ["reviews"] + ["analyses"] * 9 + ["protocols"]
    assert {unit.name for unit in units[17:18] + units[27:]} == {"cd000023"}
    assert units[0].name == "cd000023-bennike-1951"
    assert all(unit.separable == (unit.source == "revman") for unit in units)


def test_every_row_of_the_review_becomes_a_result_of_each_side(sore_throat: list[Incoming]) -> None:
    assert len(rows(sore_throat, r.DichotomousResult)) == 2 * 102
    left = first(sore_throat, r.DichotomousResult, trial="cd000023-brink-1951", arm="c1-experimental")
    right = first(sore_throat, r.DichotomousResult, trial="cd000023-brink-1951", arm="c1-control")
    assert (left.events, left.total, right.events, right.total) == (119, 277, 129, 198)
    assert left.outcome == r.Words("outcome", "1.1 Symptom of sore throat on day 3", scope="revman-cd000023")
    assert left.origin.file == SORE_THROAT
    assert left.origin.line > 0


def test_a_study_twice_in_an_analysis_becomes_strata_with_their_levels(sore_throat: list[Incoming]) -> None:
    levels = [x for x in rows(sore_throat, r.SubgroupLevel) if x.analysis == "cd000023-1.4"]
    assert len(levels) == 20
    chapple = [x for x in levels if x.trial == "cd000023-chapple-1956"]
    assert [x.stratum for x in chapple] == [x.subgroup_level for x in chapple]
    assert len(chapple) == 2
    assert {x.stratum for x in levels if x.trial == "cd000023-brink-1951"} == {None}
    arms = [a for a in rows(sore_throat, r.Arm) if a.trial == "cd000023-chapple-1956"]
    assert {a.stratum for a in arms} >= {None, *(x.stratum for x in chapple)}
    assert len({a.arm for a in arms}) == len(arms)


def test_the_pooled_values_of_the_file_are_printed_ones_with_ratios_not_logarithms(sore_throat: list[Incoming]) -> None:
    published = rows(sore_throat, r.PublishedEstimate)
    assert len(published) == 23
    assert {x.estimate_basis for x in published} == {"printed"}
    whole = first(sore_throat, r.PublishedEstimate, analysis="cd000023-1.1")
    assert whole.estimate == Decimal("0.6837765472337998")
    assert (whole.k, whole.participants, whole.subgroup_level) == (15, 2066 + 1555, None)


def test_judgements_are_low_where_the_file_says_yes(sore_throat: list[Incoming]) -> None:
    found = {(x.trial, x.domain): x.rating for x in rows(sore_throat, r.RiskOfBias)}
    assert found["cd000023-bennike-1951", "rob1-sequence-generation"] == "rob1-high"
    assert found["cd000023-chapple-1956", "rob1-sequence-generation"] == "rob1-low"
    assert found["cd000023-brink-1951", "rob1-sequence-generation"] == "rob1-unclear"
    assert len(found) == 17 * 6


def test_settings_become_a_protocol_that_can_be_read(sore_throat: list[Incoming]) -> None:
    found = rules(sore_throat)
    assert (found.name, found.review, found.included_by) == ("cd000023", "cd000023", "cd000023")
    assert (found.as_entered, found.counts_variance, found.smd_variance) == (True, "REVMAN", "REVMAN")
    assert {rule.method for rule in found.analyses.values()} == {"DL-MH"}
    assert [level[-15:] for level in found.analysis("cd000023-1.2").levels] == ["blinded studies", "blinded studies"]


def test_fleiss_has_no_value_where_revman_had_not_computed_one(shared: Path) -> None:
    items = list(revman.read(shared / "data/revman/Fleiss1993.rm5"))
    assert [x.analysis for x in rows(items, r.PublishedEstimate)] == ["examples-from-fleiss-1993-1.1"]
    assert first(items, r.Trial, study_label="ISIS-2").trial == "examples-from-fleiss-1993-isis-2"
    rule = rules(items).analysis("examples-from-fleiss-1993-1.2")
    assert (rule.measure, rule.method) == ("SMD", "EE")


@pytest.mark.parametrize(
    "results",
    [
        {"EFFECT_SIZE": "0.0", "CI_START": "0.0", "CI_END": "0.0", "ESTIMABLE": "NO", "TAU2": "NaN"},
        {"EFFECT_SIZE": "0.0", "CI_START": "0.0", "CI_END": "0.0", "TAU2": "NaN"},
        {"EFFECT_SIZE": "", "CI_START": "", "CI_END": ""},
        {},
    ],
    ids=["not estimable", "tau2 is no number", "not computed", "absent"],
)
def test_nothing_estimable_is_not_a_result_of_zero(results: dict[str, Any]) -> None:
    items = made(outcome("DICH", dich(ANN, 0, 10, 0, 12), **results))
    assert not rows(items, r.PublishedEstimate)
    assert len(rows(items, r.DichotomousResult)) == 2


def test_identifiers_are_decoded_where_a_study_is_not_listed() -> None:
    items = made(outcome("DICH", dich("STD-O_x0027_Brien-1999", 1, 10, 2, 12)))
    assert first(items, r.Trial, study_label="O'Brien 1999").trial == "cd999999-o-brien-1999"
    assert first(items, r.Trial, study_label="O'Brien 1999").not_reported == ("year",)


def test_names_that_give_one_slug_are_told_apart() -> None:
    names = "".join(
        f'<STUDY ID="S{i}" NAME="{n}" YEAR="2000"/>' for i, n in enumerate(("Ann 2000", "Ann-2000", "\u00c4nn 2000"))
    )
    items = made(outcome("DICH", "".join(dich(f"S{i}", 1, 10, 2, 12) for i in range(3))), before=listed(names))
    assert [t.trial for t in rows(items, r.Trial)] == [
        "cd999999-ann-2000",
        "cd999999-ann-2000-2",
        "cd999999-ann-2000-3",
    ]


def test_a_study_without_rows_is_a_study_without_arms() -> None:
    items = made(outcome("DICH", dich(ANN, 1, 10, 2, 12)))
    assert first(items, r.Trial, trial="cd999999-ben-ami-2002").study_type == "Study"
    assert first(items, r.Trial, trial="cd999999-ann-2001").study_type == "RandomisedTrial"
    assert [x.trial for x in rows(items, r.IncludedTrial)] == ["cd999999-ann-2001", "cd999999-ben-ami-2002"]


def test_settings_of_every_kind_travel() -> None:
    items = made(
        outcome("DICH", dich(ANN, 1, 10, 2, 12), "1", METHOD="PETO", EFFECT_MEASURE="PETO_OR", SWAP_EVENTS="YES")
        + outcome("DICH", dich(ANN, 1, 10, 2, 12), "2", EFFECT_MEASURE="RD", METHOD="IV", RANDOM="YES", CI_TOTAL="99")
        + outcome("DICH", dich(ANN, 1, 10, 2, 12), "10", TOTALS="SUB", CI_STUDY="90")
        + outcome("DICH", dich(ANN, 1, 10, 2, 12), "11", TOTALS="NO", RANDOM="YES")
    )
    found = rules(items)
    one, two, ten, eleven = (found.analysis(f"cd999999-1.{n}") for n in (1, 2, 10, 11))
    assert (one.measure, one.method, one.swapped) == ("PETO", "PETO", True)
    assert (two.measure, two.method, two.ci_level, two.study_ci_level) == ("RD", "DL", 99.0, 95.0)
    assert (ten.totals, ten.study_ci_level, ten.method) == ("subgroups", 90.0, "MH")
    assert (eleven.totals, eleven.method) == ("none", "DL-MH")


def test_estimates_are_stored_as_ratios_with_their_standard_error_on_the_log_scale() -> None:
    row = '<IV_DATA STUDY_ID="{}" ESTIMATE="{}" SE="0.2" EFFECT_SIZE="{}" TOTAL_1="10" TOTAL_2="12"/>'
    items = made(
        outcome(
            "IV",
            row.format(ANN, "-0.5", "0.6065306597"),
            "1",
            METHOD="IV",
            EFFECT_MEASURE="Hazard Ratio",
            LOG_DATA="YES",
        )
        + outcome("IV", row.format(ANN, "-0.5", "-0.5"), "2", METHOD="IV", EFFECT_MEASURE="Points", LOG_DATA="NO")
        + outcome("IV", row.format(ANN, "", "0.5"), "3", METHOD="IV", EFFECT_MEASURE="Odd thing", LOG_DATA="YES")
    )
    hazard, points, odd = rows(items, r.ContrastResult)
    assert (hazard.measure, hazard.measure_text, hazard.se) == ("HR", "Hazard Ratio", Decimal("0.2"))
    assert float(hazard.estimate or 0) == pytest.approx(0.6065306597126334, rel=1e-15)
    assert (points.measure, points.estimate) == ("GEN", Decimal("-0.5"))
    assert odd.measure == "RATIO"
    assert float(odd.estimate or 0) == pytest.approx(0.5, rel=1e-15)


def test_observed_minus_expected_is_kept_as_it_is() -> None:
    row = f'<IPD_DATA STUDY_ID="{ANN}" O_E="-2.5" VAR="4.0" EVENTS_1="3" TOTAL_1="10" EVENTS_2="8" TOTAL_2="12"/>'
    items = made(outcome("IPD", row, METHOD="PETO", EFFECT_MEASURE="Hazard Ratio"))
    found = rows(items, r.ContrastResult)[0]
    assert (found.observed_minus_expected, found.variance, found.estimate) == (Decimal("-2.5"), Decimal("4.0"), None)
    assert found.not_reported == ("estimate",)
    assert (rules(items).analysis("cd999999-1.1").measure, rules(items).analysis("cd999999-1.1").method) == ("HR", "EE")


def test_analyses_in_words_are_told_of_the_review_and_are_no_analyses() -> None:
    text = '<OTHER_OUTCOME NO="2"><NAME>What people said</NAME><OTHER_DATA STUDY_ID="STD-Ann-2001"/></OTHER_OUTCOME>'
    items = made(outcome("DICH", dich(ANN, 1, 10, 2, 12)) + text)
    assert "1.2 What people said" in (rows(items, r.Review)[0].note or "")
    assert [a.analysis for a in rows(items, r.Analysis)] == ["cd999999-1.1"]


def test_labels_of_groups_name_the_sides_unless_they_are_one() -> None:
    items = made(
        outcome("DICH", dich(ANN, 1, 10, 2, 12), "1")
        + outcome("DICH", dich(ANN, 1, 10, 2, 12), "2", labels=("Coffee", "coffee "))
        + outcome("DICH", dich(ANN, 1, 10, 2, 12), "3", labels=("", ""))
    )
    sides = [(a.intervention, a.comparator) for a in rows(items, r.Analysis)]
    scope = "revman-cd999999"
    assert sides[0] == (r.Words("intervention", "Coffee", scope=scope), r.Words("intervention", "Tea", scope=scope))
    texts = [tuple(s.text for s in pair if isinstance(s, r.Words)) for pair in sides[1:]]
    assert texts[0] == (
        "experimental of comparison 1 of CD999999, Coffee",
        "control of comparison 1 of CD999999, Coffee",
    )
    assert texts[1] == ("experimental of comparison 1 of CD999999", "control of comparison 1 of CD999999")
    assert len({a.arm for a in rows(items, r.Arm)}) == 6


def test_an_impossible_row_is_left_to_the_gate_and_an_unreadable_one_is_told() -> None:
    items = made(outcome("DICH", dich(ANN, 14, 10, 2, 12) + dich(BEN, "many", 10, 2, 12)))
    assert first(items, r.DichotomousResult, trial="cd999999-ann-2001").events == 14
    ((place, message),) = faults(items)
    assert place.startswith("coffee.rm5:")
    assert "EVENTS_1 is 'many'" in message
    assert not [x for x in rows(items, r.DichotomousResult) if x.trial.startswith("cd999999-ben")]


@pytest.mark.parametrize("number", ["1e999999999", "9" * 300, "1_000", "0x10", "\u0664\u0665", "inf", "-inf", "1e40"])
def test_numbers_that_are_none_or_beyond_sense_are_told_and_never_computed(number: str) -> None:
    data = rm5(comparison(outcome("DICH", dich(ANN, number, 10, 2, 12))).replace("\u0664\u0665", "&#1636;&#1637;"))
    items = read(data, "coffee.rm5")
    assert len(faults(items)) == 1
    assert not rows(items, r.DichotomousResult)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (rm5(comparison(outcome("DICH", dich(ANN, 1, 10, 2, 12))))[:-200], "ends in the middle"),
        (rm5("").replace(b"<COCHRANE_REVIEW", b'<!DOCTYPE x [<!ENTITY a "b">]><COCHRANE_REVIEW'), "DOCTYPE"),
        (rm5("").replace(b"<COCHRANE_REVIEW", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><COCHRANE_REVIEW'), "DOCTYPE"),
        (rm5("").replace(b"ISO-8859-1", b"UTF-8"), "not well-formed"),
        (rm5("").replace(b"COCHRANE_REVIEW", b"SOMETHING"), "not a COCHRANE_REVIEW"),
        (rm5(comparison("<NEW_OUTCOME/>")), "NEW_OUTCOME is not known"),
        (rm5(comparison(outcome("DICH", "", TOTALS="SOME"))), "TOTALS is 'SOME'"),
        (rm5(comparison(outcome("DICH", "", METHOD="BAYES"))), "'BAYES' is not known"),
        (rm5(comparison(outcome("DICH", "", CI_TOTAL="2"))), "CI_TOTAL is 2"),
        (rm5(comparison(outcome("DICH", ""), number="first")), "NO is 'first.1'"),
        (b"", "ends in the middle"),
        (b"\xff\xfe<\x00x\x00", "ends in the middle"),
    ],
    ids=[
        "truncated",
        "internal subset",
        "external document type",
        "wrong encoding",
        "other document",
        "unknown kind",
        "unknown totals",
        "unknown method",
        "level",
        "numbering",
        "empty",
        "bytes",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(InputRefused, match=r"coffee\.rm5") as refused:
        read(data, "coffee.rm5")
    assert said in str(refused.value)


def test_deep_xml_is_refused() -> None:
    with pytest.raises(InputRefused, match="nested deeper"):
        read(rm5("<A>" * 5000 + "</A>" * 5000), "coffee.rm5")
