"""Rows counted as they are written, against the rows that there are."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.store.reader_process import RESULT_FORMATS
from kg.store.row_count import row_count

NASTY = st.lists(st.sampled_from([*"{}[]\",:\\<>&\n\r\t;'é", "<result>", '},{"', '[{"']), max_size=12).map("".join)


@given(
    st.lists(st.tuples(NASTY, st.none() | NASTY), max_size=12),
    st.integers(1, 40),
    st.sampled_from(sorted(RESULT_FORMATS)),
)
@settings(max_examples=400, deadline=None)
def test_the_count_is_the_number_of_rows(rows: list[tuple[str, str | None]], size: int, form: str) -> None:
    cells = [(str(ox.Literal(a)), "UNDEF" if b is None else str(ox.Literal(b))) for a, b in rows]
    values = " ".join(f"({a} {b})" for a, b in cells)
    found = ox.Store().query(f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {values} }} }}")
    assert isinstance(found, ox.QuerySolutions)
    written = found.serialize(format=RESULT_FORMATS[form])
    assert written is not None
    count = row_count(form)
    counted = -1
    for start in range(0, len(written), size):
        counted = count(written[start : start + size])
    assert counted == len(rows)


@pytest.mark.parametrize("form", ["application/sparql-results+json", "application/sparql-results+xml"])
def test_true_and_false_are_no_rows(form: str) -> None:
    found = ox.Store().query("ASK {}")
    assert isinstance(found, ox.QueryBoolean)
    written = found.serialize(format=RESULT_FORMATS[form])
    assert written is not None
    assert row_count(form)(written) == 0


def test_triples_are_counted_by_line() -> None:
    lines = ox.serialize(
        [ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal(f"a\n{n}")) for n in range(7)],
        format=ox.RdfFormat.N_TRIPLES,
    )
    assert lines is not None
    assert row_count("application/n-triples")(lines) == 7
    assert row_count("text/turtle")(lines) == 0
