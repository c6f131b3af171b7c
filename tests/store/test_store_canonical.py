"""The canonical form of a record: one text for one meaning, and a refusal for what has none."""

from __future__ import annotations

import hashlib
import random
import unicodedata
from decimal import Decimal

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse
from pyoxigraph import Store as Oxigraph

from kg.errors import InputRefused
from kg.iris import XSD
from kg.store import from_rdflib
from kg.store.canonical import canonical, digest, lines

S, P = NamedNode("https://example.org/s"), NamedNode("https://example.org/p")


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


def form(value: Literal | NamedNode | BlankNode) -> str:
    return canonical([Triple(S, P, value)]).decode().removeprefix(f"{S} {P} ").removesuffix(" .\n")


def text_of(value: Literal) -> str:
    return form(value).split('"')[1]


@pytest.mark.parametrize(
    ("datatype", "given", "due"),
    [
        ("decimal", "0.50", "0.5"),
        ("decimal", "10.0", "10"),
        ("decimal", "100", "100"),
        ("decimal", "+.5", "0.5"),
        ("decimal", "-0.0", "0"),
        ("decimal", "007.", "7"),
        ("decimal", "0.1234567890123456789", "0.123456789012346"),
        ("decimal", "1234567890123456.5", "1234567890123460"),
        ("decimal", "0.000000000000000001", "0.000000000000000001"),
        ("decimal", "0.0000012345678901234567", "0.000001234567890123"),
        ("decimal", "99999999999999900000", "99999999999999900000"),
        ("integer", "+007", "7"),
        ("integer", "-0", "0"),
        ("integer", "-9223372036854775808", "-9223372036854775808"),
        ("boolean", "1", "true"),
        ("boolean", "false", "false"),
        ("date", "2024-02-29+00:00", "2024-02-29Z"),
        ("dateTime", "2024-02-29T10:00:00.500-00:00", "2024-02-29T10:00:00.5Z"),
        ("dateTime", "2024-02-29T10:00:00.000", "2024-02-29T10:00:00"),
        ("gYear", "2009", "2009"),
        ("gYearMonth", "2009-07", "2009-07"),
        ("anyURI", "https://example.org/e\u0301", "https://example.org/\u00e9"),
    ],
)
def test_a_value_has_one_text(datatype: str, given: str, due: str) -> None:
    assert text_of(typed(given, datatype)) == due


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (typed("0.5", "double"), "xsd:decimal"),
        (typed("0.5", "float"), "xsd:decimal"),
        (typed("P1D", "duration"), "number of days"),
        (typed("1", "int"), "integer"),
        (typed("1", "nonNegativeInteger"), "integer"),
        (typed("1e3", "decimal"), "no exponent"),
        (typed("", "decimal"), "digits"),
        (typed("NaN", "decimal"), "digits"),
        (typed("\u0663", "integer"), "digits"),
        (typed("1.0", "integer"), "digits"),
        (typed("9223372036854775808", "integer"), "64 bits"),
        (typed("9" * 5000, "integer"), "64 bits"),
        (typed("1" + "0" * 20, "decimal"), "10**20"),
        (typed("0." + "0" * 18 + "4", "decimal"), "10**-18"),
        (typed("yes", "boolean"), "true or false"),
        (typed("2023-02-29", "date"), "existing day"),
        (typed("2023-02-28T24:00:00Z", "dateTime"), "existing moment"),
        (typed("2023-02-28T10:00:00+14:30", "dateTime"), "existing moment"),
        (typed("23", "gYear"), "four digits"),
        (typed("2023-13", "gYearMonth"), "YYYY-MM"),
        (BlankNode("b"), "give the thing an IRI"),
        (NamedNode("https://example.org/e\u0301"), "normal form C"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_term_and_remedy(
    value: Literal | NamedNode | BlankNode, says: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        canonical([Triple(S, P, value)])
    assert says in str(refused.value)
    assert str(S) in str(refused.value)


def test_the_form_is_fixed_forever() -> None:
    record = [
        Triple(S, P, Literal('tab\t quote" back\\ line\n bell\x07 del\x7f e\u0301 \U0001f600')),
        Triple(S, P, Literal("schmerz", language="de-AT")),
        Triple(S, P, typed("12.50", "decimal")),
        Triple(S, P, Literal(True)),
        Triple(S, P, Literal("x", datatype=NamedNode("https://example.org/type"))),
        Triple(S, P, S),
    ]
    due = (
        '<https://example.org/s> <https://example.org/p> "12.5"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
        '<https://example.org/s> <https://example.org/p> "schmerz"@de-at .\n'
        '<https://example.org/s> <https://example.org/p> "tab\\t quote\\" back\\\\ line\\n bell\\u0007 '
        'del\\u007F \u00e9 \U0001f600" .\n'
        '<https://example.org/s> <https://example.org/p> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n'
        '<https://example.org/s> <https://example.org/p> "x"^^<https://example.org/type> .\n'
        "<https://example.org/s> <https://example.org/p> <https://example.org/s> .\n"
    )
    assert canonical(record).decode() == due
    assert digest(canonical(record)) == hashlib.sha256(due.encode()).hexdigest()


decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("1e-9"), max_value=Decimal("1e12"))
values: st.SearchStrategy[Literal | NamedNode] = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])).map(Literal),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: typed(f"{n:+020d}", "integer")),
    decimals.map(lambda d: typed(f"{d:f}", "decimal")),
    st.booleans().map(lambda b: typed(str(int(b)), "boolean")),
    st.datetimes().map(lambda t: typed(t.isoformat(timespec="microseconds") + "+00:00", "dateTime")),
    st.dates().map(lambda d: typed(d.isoformat(), "date")),
    st.sampled_from(["en", "en-GB", "de"]).map(lambda tag: Literal("pain", language=tag)),
    st.integers(0, 9).map(lambda n: NamedNode(f"https://example.org/o{n}")),
)
triples = st.builds(
    lambda s, p, o: Triple(NamedNode(f"https://example.org/s{s}"), NamedNode(f"https://example.org/p{p}"), o),
    st.integers(0, 4),
    st.integers(0, 4),
    values,
)


@given(st.lists(triples, max_size=20), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(record: list[Triple], chance: random.Random) -> None:
    shuffled = [*record, *record]
    chance.shuffle(shuffled)
    assert canonical(shuffled) == canonical(record)


@given(st.lists(triples, max_size=20))
def test_the_form_of_the_form_is_the_form(record: list[Triple]) -> None:
    once = canonical(record)
    assert canonical(quad.triple for quad in parse(once, RdfFormat.N_TRIPLES)) == once
    assert lines(once) == sorted(set(lines(once)))
    assert unicodedata.is_normalized("NFC", once.decode())


@given(triples)
def test_an_engine_gives_a_canonical_value_back_unchanged(statement: Triple) -> None:
    once = canonical([statement])
    engine = Oxigraph()
    engine.update(f"INSERT DATA {{ {once.decode()} }}")
    (kept,) = engine
    assert isinstance(kept, Quad)
    assert canonical([kept.triple]) == once
    (plain,) = parse(once, RdfFormat.N_TRIPLES)
    assert kept.triple == plain.triple


def test_rdflib_terms_give_the_same_bytes() -> None:
    text = f'{S} {P} 012 , 0.50 , true , "caf\u00e9"@en-GB , "plain" , <https://example.org/o> .'
    by_rdflib = from_rdflib(rdflib.Graph().parse(data=text, format="turtle"))
    by_oxigraph = (quad.triple for quad in parse(text, RdfFormat.TURTLE))
    assert canonical(by_rdflib) == canonical(by_oxigraph)


@pytest.mark.parametrize(
    "statement",
    [
        (rdflib.Literal("s"), rdflib.URIRef("https://example.org/p"), rdflib.Literal("o")),
        (rdflib.URIRef("https://example.org/s"), rdflib.BNode(), rdflib.Literal("o")),
        (rdflib.URIRef("https://example.org/s"), rdflib.URIRef("no scheme"), rdflib.Literal("o")),
    ],
)
def test_rdflib_takes_more_than_rdf_and_the_store_does_not(statement: tuple[rdflib.term.Node, ...]) -> None:
    s, p, o = statement
    with pytest.raises(InputRefused):
        list(from_rdflib([(s, p, o)]))
