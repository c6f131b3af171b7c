"""What becomes of texts and terms on their way to an engine and back."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import Literal, NamedNode

from kg.errors import QueryRefused
from kg.iris import XSD
from kg.store import Change, Store
from kg.store.literals import exact, returned
from kg.store.paths import MOST_PAIRS, resolved
from kg.store.prologue import expanded, selected, without_dataset
from tests.engines.servers import Engine
from tests.store.store_support import graph_lines, iri, stated

TEXTS = (
    "BASE <http://b.org/x/> PREFIX a: <y#> SELECT * { <z> a:k ?o ; a a:C . FILTER (?o != 3 && -?o < 2) # end\n}",
    "PREFIX : <http://e.org/> BASE <http://b.org/> PREFIX q: <q/> ASK { :a q:b\\-c 'x:y' ; :p \"# no comment\"@en }",
    "PREFIX a: <http://a.org/> SELECT ?x { _:n a:p/a:q* ?x . [] ^a:p|!a:q _:n OPTIONAL { ?x a:r true } }",
    'PREFIX a: <http://a.org/> SELECT ?x { ?x a:p """a "b" <c>"""^^a:dt, \'it\\\'s\' }',
    "SELECT (COUNT(*)*2 AS ?n) { ?s ?p ?o } GROUP BY ?s HAVING (COUNT(*) > 1)",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_without_its_prologue_means_the_same(text: str) -> None:
    made = expanded(text)
    assert "PREFIX" not in made
    assert "BASE" not in made
    store = ox.Store()
    for s in ("http://e.org/a", "http://b.org/x/z", "http://a.org/s"):
        for p in ("http://b.org/x/y#k", "http://b.org/q/b-c", "http://a.org/p"):
            store.add(ox.Quad(NamedNode(s), NamedNode(p), Literal("x:y")))
            store.add(ox.Quad(NamedNode(s), NamedNode(p), NamedNode("http://e.org/a")))
    due, found = store.query(text), store.query(made)
    if isinstance(due, ox.QueryBoolean):
        assert bool(due) == bool(found)
    else:
        assert isinstance(due, ox.QuerySolutions)
        assert isinstance(found, ox.QuerySolutions)
        assert sorted(map(str, map(tuple, due))) == sorted(map(str, map(tuple, found)))
    assert expanded(made) == made


@pytest.mark.parametrize("value", ["\\u0022", "\\\\u0022 }", "a\\u0041\\", '"', "\\U00000022", "\x01\u2028"])
def test_a_string_stays_what_it_is(value: str) -> None:
    assert _values(expanded(f"SELECT ?o {{ VALUES ?o {{ {Literal(value)} }} }}")) == [value]


def test_an_escape_outside_a_string_is_read() -> None:
    text = "PREFIX a: <http://a.org/> S\\u0045LECT ?o { VALUES ?o { <http://a.org/\\u00e9> a:\\u00e9 } }"
    assert _values(expanded(text)) == ["http://a.org/é", "http://a.org/é"]


def _values(text: str) -> list[str]:
    found = ox.Store().query(text)
    assert isinstance(found, ox.QuerySolutions)
    return [row[0].value for row in found]


def test_an_undeclared_prefix_is_said() -> None:
    with pytest.raises(QueryRefused, match="prefix b: is not declared"):
        expanded("PREFIX a: <http://a.org/> SELECT * { ?s b:p ?o }")


def test_a_dataset_is_taken_out_of_a_text() -> None:
    text = "SELECT ?s FROM <http://a/> FROM NAMED <http://b/> FROM <http://c/> WHERE { ?s ?p 'FROM <x>' }"
    rest, default, named = without_dataset(text)
    assert "".join(rest.split()) == "SELECT?sWHERE{?s?p'FROM<x>'}"
    assert (default, named) == (["http://a/", "http://c/"], ["http://b/"])


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT * { ?s ?p ?o }", None),
        ("SELECT DISTINCT ?s ?p { ?s ?p ?o }", ("s", "p")),
        ("SELECT ?s (COUNT(DISTINCT ?o) AS ?n) (SUM(?a * ?b) AS ?m) WHERE { ?s ?p ?o }", ("s", "n", "m")),
    ],
)
def test_columns_are_known_beforehand(text: str, columns: tuple[str, ...] | None) -> None:
    assert selected(text) == columns


STEPS = [("urn:a", "urn:b"), ("urn:b", "urn:c"), ("urn:x", "urn:x"), ("urn:c", "urn:d")]


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("?n <urn:p>+ <urn:c> .", "VALUES (?n) { (<urn:a>) (<urn:b>) } ."),
        ("<urn:b> <urn:p>+ ?n .", "VALUES (?n) { (<urn:c>) (<urn:d>) } ."),
        ("<urn:b> <urn:p>* ?n .", "VALUES (?n) { (<urn:b>) (<urn:c>) (<urn:d>) } ."),
        ("?n (<urn:p>|^<urn:q>)+ ?n .", "VALUES (?n) { (<urn:x>) } ."),
        ("<urn:a> <urn:p>+ <urn:c> . ?s ?p ?o", " . ?s ?p ?o"),
        ("<urn:c> <urn:p>+ <urn:a> . ?s ?p ?o", "FILTER (false) . ?s ?p ?o"),
        (
            "VALUES ?w { <urn:c> <urn:e> } ?n <urn:p>+ ?w }",
            "VALUES ?w { <urn:c> <urn:e> } VALUES (?n ?w) { (<urn:a> <urn:c>) (<urn:b> <urn:c>) } }",
        ),
        ("?s ?p ?o FILTER (?o + 1 > 2 * 3)", "?s ?p ?o FILTER (?o + 1 > 2 * 3)"),
    ],
)  # fmt: skip
def test_a_repeated_path_becomes_its_pairs(pattern: str, made: str) -> None:
    asked: list[str] = []

    def steps(path: str) -> list[tuple[str, str]]:
        asked.append(path)
        return STEPS

    assert resolved(f"SELECT * {{ {pattern}", steps) == f"SELECT * {{ {made}"
    assert asked in ([], ["<urn:p>"], ["(<urn:p>|^<urn:q>)"])


@pytest.mark.parametrize(
    "pattern",
    [
        "?a <urn:q>/<urn:p>+ ?b",
        "?a <urn:q> ?c ; <urn:p>+ ?b",
        "?a <urn:p>* ?b",
        "GRAPH <urn:g> { ?a <urn:p>+ <urn:b> }",
    ],
)  # fmt: skip
def test_a_path_that_cannot_be_resolved_is_refused(pattern: str) -> None:
    with pytest.raises(QueryRefused, match="repeated paths"):
        resolved(f"SELECT * {{ {pattern} }}", lambda path: STEPS)


def test_too_many_pairs_are_refused() -> None:
    chain = [(f"urn:{i}", f"urn:{i + 1}") for i in range(MOST_PAIRS)]
    with pytest.raises(QueryRefused, match="VALUES"):
        resolved("SELECT * { ?a <urn:p>+ ?b }", lambda path: chain)
    assert "urn:5" in resolved("SELECT * { <urn:4> <urn:p>+ ?b }", lambda path: chain[:50])


VALUES = {
    "decimal": (
        *("0.5", "-15.79", "10", "0", "123456789012345", "99999999999999900000", "0.123456789012345"),
        *("0.000000000000000001", "0.00123456789012345", "-0.0000000123456789", "0.0999999999999999"),
    ),
    "integer": ("0", "-1", "9223372036854775807", "-9223372036854775808", "999999999999999999", "1000000000000000000"),
    "boolean": ("true", "false"),
    "date": ("2020-01-02", "2020-01-02Z", "0001-01-01", "2020-01-02+02:00"),
    "dateTime": (
        *("2026-11-25T13:00:01.123Z", "2026-11-25T13:00:01", "1899-12-31T23:59:59Z"),
        *("2026-11-25T13:00:01.5+02:00", "2026-11-25T13:00:01.123456789+02:00"),
    ),
    "gYear": ("2020",),
    "gYearMonth": ("2020-01",),
    "anyURI": ("http://a/b c",),
}
TERMS: list[Literal | NamedNode] = [
    *(Literal(value, datatype=NamedNode(XSD + kind)) for kind, values in VALUES.items() for value in values),
    Literal("1.50", datatype=NamedNode("http://e.org/own")),
    *map(Literal, ('Grüße 𝄞 \n\t\r "quoted" \\ \x01 \x7f \ufffd', "", "x" * 20_000, "1", "true")),
    Literal("Hallo", language="de-at"),
    Literal("", language="en"),
    NamedNode("http://e.org/ü%20x?a=b&c#d"),
    NamedNode("urn:x:y"),
]


def test_every_term_comes_back_to_the_last_digit(engine: Engine, tmp_path: Path) -> None:
    engine.empty()
    settings = engine.settings(tmp_path)
    said = [ox.Triple(iri(f"t{i}"), iri("says"), term) for i, term in enumerate(TERMS)]
    with Store.open(settings.store, "write", settings.remote) as store:
        store.commit([Change("tests", "first", said[::2])], "tester", "filled")
        store.commit([Change("tests", "second", said[1::2])], "tester", "added")
        assert graph_lines(store) == stated(store)
        assert store.verify() == []
        assert set(store.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")) == set(said)
        found = {row[0]: row[1] for row in store.select("SELECT ?s ?o WHERE { ?s ?p ?o }").rows}
        assert [found[iri(f"t{i}")] for i in range(len(TERMS))] == TERMS
        store.commit([Change("tests", "first", None), Change("tests", "second", said[1:2])], "tester", "taken away")
        assert store.verify() == []


def test_values_are_brought_into_canonical_form() -> None:
    for given, due, kind in (
        ("1", "true", "boolean"),
        ("+007", "7", "integer"),
        ("-0", "0", "integer"),
        ("10.50", "10.5", "decimal"),
        ("-0.0", "0", "decimal"),
        (".5", "0.5", "decimal"),
        ("2020-01-01T00:00:00.500+00:00", "2020-01-01T00:00:00.5Z", "dateTime"),
        ("2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00Z", "dateTime"),
    ):
        datatype = NamedNode(XSD + kind)
        assert returned(Literal(given, datatype=datatype)) == Literal(due, datatype=datatype)
    for wrong, kind in (("many", "integer"), ("1e5", "decimal"), ("", "decimal"), ("x", "double")):
        with pytest.raises(ValueError, match=r"no|could not"):
            returned(Literal(wrong, datatype=NamedNode(XSD + kind)))
    line = '<urn:a> <urn:b> "{}"^^<' + XSD + "{}> ."
    assert exact(line.format("0.5", "decimal")) == line.format("0.5", "decimal")
    assert exact(line.format("10", "decimal")) == line.format("10.0", "decimal")
    assert exact(line.format("10", "integer")) == line.format("10", "integer")
