"""Data rows of the Cochrane Library: new blanks and old zeros, leftovers, and what the rows tell of their settings."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kg import protocol
from kg.errors import InputRefused
from kg.model import records as r
from kg.model.analysis_rule import AnalysisRule
from kg.sources import revman
from kg.sources.incoming import Incoming, Unit
from kg.sources.revman import data_rows
from tests.sources.revman.revman_files import faults, first, new_rows, old_rows, protocol_text, read, rows, table

NAME = "CD999999.pub2-data-rows.csv"
COUNTS = {"Study": "Ann 2001", "Experimental cases": 3, "Experimental N": 10, "Control cases": 5, "Control N": 12}
MEANS = {
    "Study": "Ann 2001",
    "Experimental mean": "-1.5",
    "Experimental SD": 2,
    "Experimental N": 10,
    "Control mean": 0,
    "Control SD": 3,
    "Control N": 12,
}


def rule(items: list[Incoming], number: str = "1.1") -> AnalysisRule:
    return protocol.read(protocol_text(items), "the test").analysis(f"cd999999-pub2-{number}")


@pytest.mark.parametrize("made", [new_rows, old_rows])
def test_counts_are_read_and_an_unused_zero_is_no_number(made: object) -> None:
    assert callable(made)
    items = read(made(COUNTS), NAME)
    assert [(x.events, x.total) for x in rows(items, r.DichotomousResult)] == [(3, 10), (5, 12)]
    assert not rows(items, r.ContinuousResult)


@pytest.mark.parametrize("made", [new_rows, old_rows])
def test_means_beside_cases_of_zero_are_means(made: object) -> None:
    assert callable(made)
    items = read(made(MEANS), NAME)
    found = [(x.mean, x.sd, x.n) for x in rows(items, r.ContinuousResult)]
    assert found == [(Decimal("-1.5"), Decimal(2), 10), (Decimal(0), Decimal(3), 12)]
    assert not rows(items, r.DichotomousResult)


def test_leftovers_of_old_exports_are_not_read() -> None:
    left = {"GIV SE": "2.19340208238", "Variance": "4.81101269499"}
    items = read(old_rows(MEANS | left, COUNTS | left | {"Analysis number": "2"}), NAME)
    assert len(rows(items, r.ContinuousResult)) == len(rows(items, r.DichotomousResult)) == 2
    assert not rows(items, r.ContrastResult)


def test_an_old_row_of_nothing_but_zeros_is_of_the_kind_of_its_analysis() -> None:
    nothing = {"Study": "Ben 2002", "Experimental N": 8, "Control N": 9}
    items = read(old_rows(COUNTS, nothing, MEANS | {"Analysis number": "2"}, nothing | {"Analysis number": "2"}), NAME)
    ben = [x for x in rows(items, r.DichotomousResult) if "ben" in x.trial]
    assert [(x.events, x.total) for x in ben] == [(0, 8), (0, 9)]
    means = [x for x in rows(items, r.ContinuousResult) if "ben" in x.trial]
    assert [(x.sd, x.n) for x in means] == [(Decimal(0), 8), (Decimal(0), 9)]


def test_estimates_are_ratios_where_the_effects_displayed_are_their_exponents() -> None:
    given = {"Study": "Ann 2001", "GIV Mean": "-0.5", "GIV SE": "0.2"}
    items = read(new_rows(given | {"Mean": "0.606531"}, given | {"Analysis number": "2", "Mean": "-0.5"}), NAME)
    ratio, other = rows(items, r.ContrastResult)
    assert (ratio.measure, other.measure, other.estimate) == ("RATIO", "GEN", Decimal("-0.5"))
    assert float(ratio.estimate or 0) == pytest.approx(0.6065306597126334, rel=1e-15)


def test_observed_minus_expected_is_told_even_beside_cases() -> None:
    items = read(new_rows(COUNTS | {"O-E": "-1.5", "Variance": "2.5"}), NAME)
    assert [(x.observed_minus_expected, x.variance) for x in rows(items, r.ContrastResult)] == [
        (Decimal("-1.5"), Decimal("2.5"))
    ]


@pytest.mark.parametrize(
    ("effect", "measure"),
    [("0.72", "RR"), ("0.6", "OR"), ("-0.116667", "RD"), ("0.618010", "PETO"), ("1.2", "swapped RR"), ("9", "RR")],
)
def test_the_measure_is_the_one_that_gives_the_effects_displayed(effect: str, measure: str) -> None:
    found = rule(read(new_rows(COUNTS | {"Mean": effect}), NAME))
    assert (("swapped " if found.swapped else "") + (found.measure or "")) == measure
    assert found.method == ("PETO" if measure == "PETO" else "DL")


def test_a_standardised_difference_is_told_from_one_of_means() -> None:
    g = -1.5 / ((9 * 4 + 11 * 9) / 20) ** 0.5 * (1 - 3 / (4 * 22 - 9))
    items = read(new_rows(MEANS | {"Mean": f"{g:.6f}"}, MEANS | {"Mean": "-1.5", "Analysis number": "2"}), NAME)
    assert [rule(items, n).measure for n in ("1.1", "1.2")] == ["SMD", "MD"]


def test_weights_of_a_hundred_in_each_subgroup_tell_that_there_is_no_total() -> None:
    a, b = COUNTS | {"Subgroup": "A", "Weight": "100"}, COUNTS | {"Subgroup": "B", "Weight": "100"}
    half = [row | {"Analysis number": "2", "Weight": "50"} for row in (a, b)]
    items = read(new_rows(a, b, *half), NAME)
    assert [rule(items, n).totals for n in ("1.1", "1.2")] == ["subgroups", "all"]


def test_analysis_numbers_are_texts() -> None:
    items = read(new_rows(COUNTS, COUNTS | {"Analysis number": "10"}), NAME)
    assert [a.analysis for a in rows(items, r.Analysis)] == ["cd999999-pub2-1.1", "cd999999-pub2-1.10"]
    assert {x.outcome for x in rows(items, r.DichotomousResult)} == {
        r.Words("outcome", f"{n} Awake", scope="revman-cd999999-pub2") for n in ("1.1", "1.10")
    }


def test_strata_whose_names_differ_in_signs_alone_have_arms_of_their_own() -> None:
    items = read(new_rows(COUNTS | {"Subgroup": "to > 3 months"}, COUNTS | {"Subgroup": "to \u2264 3 months"}), NAME)
    assert len({a.arm for a in rows(items, r.Arm)}) == 4
    assert [x.stratum for x in rows(items, r.SubgroupLevel)] == ["to > 3 months", "to \u2264 3 months"]


def test_a_study_several_times_in_one_subgroup_is_told_apart_by_count() -> None:
    items = read(new_rows(*[COUNTS | {"Subgroup": "A"}] * 3), NAME)
    assert [x.stratum for x in rows(items, r.SubgroupLevel)] == ["A, part 1", "A, part 2", "A, part 3"]
    assert {x.subgroup_level for x in rows(items, r.SubgroupLevel)} == {"A"}


def test_rows_that_count_in_the_total_or_a_subgroup_alone_say_so() -> None:
    whole = COUNTS | {"Applicability": "OVERALL"}
    parts = [COUNTS | {"Applicability": "SUBGROUP", "Subgroup": name} for name in ("A", "B")]
    items = read(new_rows(whole, *parts), NAME)
    assert rule(items).in_subgroups_alone == ("cd999999-pub2-ann-2001/A", "cd999999-pub2-ann-2001/B")
    assert [x.subgroup_level for x in rows(items, r.SubgroupLevel)] == ["A", "B"]


def test_risk_of_bias_is_of_the_trial_where_it_is_one_and_of_outcomes_where_it_differs() -> None:
    column = "RoB: Bias arising from the randomization process"
    other = "RoB: Bias in measurement of the outcome"
    items = read(
        new_rows(
            COUNTS | {column: "Low risk", other: "Low risk"},
            COUNTS | {column: "Low risk", other: "High risk", "Analysis number": "2"},
            columns=(column, other),
        ),
        NAME,
    )
    found = [
        (x.domain, x.outcome.text if isinstance(x.outcome, r.Words) else None, x.rating)
        for x in rows(items, r.RiskOfBias)
    ]
    assert found == [
        ("rob2-d1", None, "rob2-low"),
        ("rob2-d4", "1.1 Awake", "rob2-low"),
        ("rob2-d4", "1.2 Awake", "rob2-high"),
    ]


def test_years_with_a_letter_are_years() -> None:
    trial = rows(read(new_rows(COUNTS | {"Study year": "2005a"}), NAME), r.Trial)[0]
    assert (trial.year, trial.note) == (2005, "year as the file has it: 2005a")


def test_a_row_that_cannot_be_read_is_told_with_its_place_and_others_go_on() -> None:
    ben = COUNTS | {"Study": "Ben 2002"}
    items = read(
        new_rows(COUNTS | {"Experimental N": "ten"}, ben, COUNTS | {"Study": ""}, COUNTS | {"Control N": "1.5"}), NAME
    )
    assert [(place, message.partition(";")[0]) for place, message in faults(items)] == [
        (f"{NAME}:2", "Experimental N is 'ten'"),
        (f"{NAME}:4", "the row names no Study"),
        (f"{NAME}:5", "Control N is '1.5'"),
    ]
    assert len(rows(items, r.DichotomousResult)) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (new_rows(COUNTS).replace(b"Experimental cases", b"Experimental cses"), "column Experimental cases missing"),
        (new_rows(COUNTS).replace(b"Control SD", b"Control mean"), "'Control mean' twice"),
        (new_rows(COUNTS).replace(b"Ann 2001", b"\xc4nn 2001"), "not UTF-8"),
        (new_rows(COUNTS).replace(b"Ann 2001", b'"Ann 2001'), "not readable as CSV"),
        (new_rows(COUNTS).replace(b"Ann 2001", b"Ann\x002001"), "NUL"),
        (new_rows(COUNTS) + b"x" * 2_000_000, "a line of more than"),
        (b"a,b\r\n1,2\r\n", "no table of RevMan"),
        (b"", "no table of RevMan"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InputRefused, match=r"data-rows\.csv") as refused:
        read(data, NAME)
    assert said in str(refused.value)


def test_a_torn_row_is_told() -> None:
    ((place, message),) = faults(read(new_rows(COUNTS) + b"1,1,Awake\r\n", NAME))
    assert (place, message.partition(" cells")[0]) == (f"{NAME}:3", "3")


def test_the_seed_review_is_read_beside_the_curated_one_under_its_version(shared: Path) -> None:
    items = list(revman.read(shared / "data/revman/CD015373.pub2-data-rows.csv"))
    units = [item for item in items if isinstance(item, Unit)]
    assert len(units) == len(items)
    assert {u.name for u in units if u.source in ("reviews", "protocols")} == {"cd015373-pub2"}
    assert sum(u.source == "analyses" for u in units) == 95
    assert len(rows(items, r.AnalysedTrial)) == 176
    assert rows(items, r.Review)[0].doi == "10.1002/14651858.CD015373.pub2"
    found = protocol.read(protocol_text(items), "x")
    assert {rule.measure for rule in found.analyses.values()} == {"MD", "RR", "SMD"}


def test_columns_that_a_table_needs_are_those_of_the_package(shared: Path) -> None:
    header = (
        (shared / "data/revman/revman-web-fleiss1993/data-rows.csv").read_text(encoding="utf-8-sig").partition("\n")[0]
    )
    assert set(data_rows.REQUIRED) <= set(header.strip().split(","))
    assert first(read(table(data_rows.REQUIRED, [COUNTS | {"Analysis group": 1, "Analysis number": 1}]), NAME), r.Trial)
