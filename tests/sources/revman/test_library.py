"""The compact table of a library of reviews: review by review, every row of its kind, and tables that are refused."""

from __future__ import annotations

import csv
import gzip
import itertools
import tracemalloc
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from kg import protocol
from kg.errors import InputRefused
from kg.model import records as r
from kg.sources import revman
from kg.sources.incoming import Unit
from tests.sources.revman.revman_files import faults, library_rows, protocol_text, read, rows

COUNTS = {"study": "Ann 2001", "kind": "dichotomous", "e_events": 3, "e_n": 10, "c_events": 5, "c_n": 12}


def test_all_reviews_and_studies_of_the_library_are_read(shared: Path) -> None:
    sources: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for item in revman.read(shared / "data/cochrane-library/rows.csv.gz"):
        assert isinstance(item, Unit), item
        sources[item.source] += 1
        kinds.update(type(row).__name__ for row in item.rows)
    assert sources == {"revman": 4785, "reviews": 198, "analyses": 6593, "protocols": 198}
    assert kinds["AnalysedTrial"] == 37611
    assert kinds["DichotomousResult"] + kinds["ContinuousResult"] + 2 * kinds["ContrastResult"] == 2 * 37611


def test_the_table_is_sorted_by_review_so_that_one_review_is_in_memory_at_a_time(shared: Path) -> None:
    path = shared / "data/cochrane-library/rows.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        blocks = [name for name, _ in itertools.groupby(row["review"] for row in csv.DictReader(file))]
    assert len(blocks) == len(set(blocks)) == 198
    tracemalloc.start()
    for count, _ in enumerate(revman.read(path)):
        if count == 200:
            early = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 11_000
    assert peak < early + 60 * 1024 * 1024


def test_settings_are_those_of_the_reference_beside_the_table() -> None:
    means = dict(zip(["e_mean", "e_sd", "e_n", "c_mean", "c_sd", "c_n"], (1, 2, 9, 2, 3, 8), strict=True))
    giv = {"study": "Ben 2002", "kind": "giv", "giv_mean": "-0.5", "giv_se": "0.2", "revman_effect": "0.606531"}
    items = read(
        library_rows(
            COUNTS,
            means | {"study": "Ann 2001", "kind": "continuous", "analysis": "1.2"},
            giv | {"analysis": "1.3"},
            giv | {"analysis": "1.10", "revman_effect": "-0.5"},
            {"study": "Cy 2003", "kind": "oe", "oe": "-1.5", "oe_var": "2.5", "analysis": "2.1"},
        ),
        "rows.csv",
    )
    found = protocol.read(protocol_text(items), "x")
    assert (found.counts_variance, found.double_zero, found.method) == ("LS", "either", "DL")
    assert [(name.rpartition("-")[2], rule.measure, rule.method) for name, rule in found.analyses.items()] == [
        ("1.1", "RR", "DL"),
        ("1.2", "MD", "DL"),
        ("1.3", "RATIO", "DL"),
        ("1.10", "GEN", "DL"),
        ("2.1", "RATIO", "DL"),
    ]
    assert [x.observed_minus_expected for x in rows(items, r.ContrastResult)][-1] == Decimal("-1.5")


def test_a_packed_table_reads_as_the_table_itself() -> None:
    plain = read(library_rows(COUNTS), "rows.csv")
    again = read(gzip.compress(library_rows(COUNTS)), "rows.csv")
    assert plain == again


def test_rows_that_cannot_be_read_are_told_and_the_review_goes_on() -> None:
    lines = [
        COUNTS,
        COUNTS | {"study": "Ben 2002", "e_n": "many"},
        COUNTS | {"study": "Cy 2003", "kind": "ordinal"},
        COUNTS | {"study": ""},
        COUNTS | {"study": "Di 2004", "analysis": "one"},
        COUNTS | {"review": ""},
        COUNTS | {"study": "Ed 2005"},
    ]
    items = read(library_rows(*lines) + b"torn,row\r\n", "rows.csv")
    assert [(place, message.partition(";")[0]) for place, message in faults(items)] == [
        ("rows.csv:7", "the row names no review"),
        ("rows.csv:9", "2 cells under 22 columns"),
        ("rows.csv:3", "e_n is 'many'"),
        ("rows.csv:4", "kind is 'ordinal'"),
        ("rows.csv:5", "the row names no study"),
        ("rows.csv:6", "analysis is 'one'"),
    ]
    assert [u.name for u in items if isinstance(u, Unit) and u.source == "revman"] == [
        "cd999999-pub2-ann-2001",
        "cd999999-pub2-ed-2005",
    ]


def test_a_review_that_begins_again_is_refused() -> None:
    lines = [COUNTS, COUNTS | {"review": "CD000001"}, COUNTS]
    with pytest.raises(InputRefused, match=r"rows\.csv:4: review 'CD999999_pub2' begins again"):
        read(library_rows(*lines), "rows.csv")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(library_rows(COUNTS))[:-20], "rows.csv.gz"),
        (gzip.compress(b"0" * 80_000_000), "rows.csv.gz"),
        (gzip.compress(library_rows(COUNTS).replace(b"c_events", b"c_event")), "column c_events missing"),
        (gzip.compress(library_rows(COUNTS).replace(b"Ann", b"\xff\xfe")), "not UTF-8"),
        (b"\x1f\x8b" + b"0" * 100, "rows.csv.gz"),
    ],
    ids=["truncated", "bomb", "column", "encoding", "no gzip"],
)
def test_a_packed_table_that_cannot_be_read_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read(data, "rows.csv.gz")
    assert said in str(refused.value)
