"""The check in front of the parsers: what it lets through, what it refuses, and that it takes no time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import QueryRefused
from kg.store.guard import QUERY, UPDATE, Checked, FetchRefused, Limits, TooLong, check
from kg.store.tokens import tokens, unescaped
from tests.conftest import SHARED

SUITES = sorted(path for kind in ("*.rq", "*.ru") for path in (SHARED / "conformance" / "sparql").rglob(kind))
FETCHES = ("service", "load")


def attacks(kind: str) -> list[tuple[str, str, str]]:
    """The texts of a file of hostile inputs: surface, name, text."""
    path = SHARED / "attacks" / f"{kind}.jsonl"
    if not path.is_file():
        return []
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        (item["surface"], item["name"], text(item["input"])) for item in found if item["surface"].startswith("sparql")
    ]


def text(made: object) -> str:
    match made:
        case str():
            return made
        case {"parts": list(parts)}:
            return "".join(map(text, parts))
        case {"repeat": str(unit), "times": int(times)}:
            return unit * times
        case _:
            raise AssertionError(made)


def test_every_query_of_the_suites_that_fetches_nothing_passes(shared: Path) -> None:
    assert len(SUITES) > 1300
    refused = []
    for path in SUITES:
        said = path.read_text(encoding="utf-8")
        for limits in (QUERY, UPDATE):
            try:
                check(said, limits)
            except QueryRefused as error:
                refused.append((path, error))
    assert all(isinstance(error, FetchRefused) for _, error in refused)
    assert all(any(word in path.read_text().lower() for word in FETCHES) for path, _ in refused)
    assert len(refused) < 50


def test_every_query_of_the_collection_passes(shared: Path) -> None:
    for path in sorted((Path(__file__).parents[2] / "queries").rglob("*.rq")):
        assert check(path.read_text(encoding="utf-8")).form in {"SELECT", "ASK", "CONSTRUCT"}


def test_every_deep_text_is_refused(shared: Path) -> None:
    found = attacks("depth")
    assert len(found) == 11
    for surface, name, said in found:
        with pytest.raises(QueryRefused):
            check(said, UPDATE if surface == "sparql_update" else QUERY)
            pytest.fail(name)


def test_every_fetch_is_refused(shared: Path) -> None:
    found = attacks("ssrf")
    assert len(found) == 15
    for _, name, said in found:
        if any(word in unescaped(said).lower() for word in FETCHES):
            for limits in (QUERY, UPDATE):
                with pytest.raises(FetchRefused):
                    check(said, limits)
                    pytest.fail(name)
        else:
            check(said)


@pytest.mark.parametrize(
    "said",
    [
        "SELECT * { # comment\n SERVICE <urn:s> {} }",
        "SELECT * { SERVICE<urn:s>{} }",
        "SELECT * { s\\u0065rvice <urn:s> {} }",
        "SELECT * { s\\U00000065rvice <urn:s> {} }",
        'SELECT * { BIND("\\u0022 } SERVICE <urn:s> {} #" AS ?x) }',
        "SELECT * { BIND('''it's''' AS ?x) SERVICE SILENT ?s {} }",
        'SELECT * { ?s ?p "\\\\" SERVICE <urn:s> {} }',
        "PREFIX service: <urn:s> SELECT * { SERVICE service:x {} }",
        "LOAD SILENT <http://example.org/>",
        "LOAD SILENT <HTTPS://example.org/>",
        "LOAD SILENT <relative>",
        "LOAD SILENT <file:///etc/passwd> INTO GRAPH <urn:g>",
        "PREFIX a: <http://a> LOAD SILENT a:b",
        "LOAD <somescheme:x>",
        "LOAD",
        "LOAD SILENT",
        "load into",
    ],
)
def test_what_would_fetch_is_refused_however_it_is_written(said: str) -> None:
    for limits in (QUERY, UPDATE):
        with pytest.raises(FetchRefused):
            check(said, limits)


@pytest.mark.parametrize(
    "said",
    [
        "SELECT ?service { ?service <urn:load> 'SERVICE' }",
        'SELECT * { ?s <urn:SERVICE> "SERVICE <x> {}" . }',
        "PREFIX load: <urn:l> SELECT * { ?s load:SERVICE 1 }",
        "SELECT * { ?s ?p 'a'@service }",
        "# SERVICE\nSELECT * {}",
        "SELECT * { ?s ?p '''\n SERVICE '' LOAD '''}",
    ],
)
def test_what_only_looks_like_a_keyword_passes(said: str) -> None:
    assert check(said).form == "SELECT"


def test_a_load_that_nobody_can_carry_out_may_be_silent() -> None:
    assert check("LOAD SILENT <somescheme://x/> INTO GRAPH <urn:g>", UPDATE).form == "UPDATE"


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("BASE <http://x/> PREFIX a: <urn:a> select * {}", "SELECT"),
        ("ASK {}", "ASK"),
        ("\n#x\nConstruct { ?s ?p ?o } WHERE {}", "CONSTRUCT"),
        ("DESCRIBE <urn:a>", "DESCRIBE"),
        ("PREFIX a: <urn:a> INSERT DATA { a:b a:c 1 }", "UPDATE"),
        ("DROP ALL", "UPDATE"),
        ("WITH <urn:g> DELETE {} WHERE {}", "UPDATE"),
        ("hello", None),
        ("", None),
        ("{}", None),
    ],
)
def test_the_form_is_told(said: str, form: str | None) -> None:
    assert check(said).form == form


@pytest.mark.parametrize(
    ("said", "repeatable"),
    [
        ("SELECT * { ?s ?p ?o } ORDER BY RAND()", False),
        ("SELECT (NOW() AS ?n) {}", False),
        ("SELECT (uuid() AS ?n) {}", False),
        ("SELECT * { BIND(BNODE() AS ?x) }", False),
        ("CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { _:b ?p ?o } WHERE { ?s ?p ?o }", False),
        ("SELECT * { [] ?p ?o }", True),
        ("SELECT * { ?s ?p 'RAND()' }", True),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", True),
    ],
)
def test_a_query_that_throws_dice_is_not_repeatable(said: str, repeatable: bool) -> None:
    assert check(said).repeatable is repeatable


def test_a_limit_is_the_first_size_that_is_refused() -> None:
    check("ASK {}" + " " * (QUERY.bytes - 6))
    with pytest.raises(TooLong):
        check("ASK {}" + " " * (QUERY.bytes - 5))
    check("ASK " + "{" * 64 + "}" * 64)
    with pytest.raises(QueryRefused, match="deeper than 64"):
        check("ASK " + "{" * 65 + "}" * 65)
    check("SELECT (1" + "+1" * 300 + " AS ?x) {}")
    with pytest.raises(QueryRefused, match="300 operators"):
        check("SELECT (1" + "+1" * 301 + " AS ?x) {}")
    check("SELECT * {" + "OPTIONAL {}" * 499 + "}")
    with pytest.raises(QueryRefused, match="500 clauses"):
        check("SELECT * {" + "OPTIONAL {}" * 500 + "}")
    check("SELECT * { VALUES ?x {" + " 1" * 5000 + "} }")
    with pytest.raises(QueryRefused, match="10000 tokens"):
        check("SELECT * { VALUES ?x {" + " 1" * 10_000 + "} }")
    with pytest.raises(QueryRefused, match="1000 terms"):
        check("SELECT * { ?s ?p (" + " 1" * 1001 + ") }")


def test_an_update_of_many_operations_is_no_chain() -> None:
    many = " ; ".join("DELETE { ?s ?p ?o } WHERE { OPTIONAL { ?s ?p ?o } }" for _ in range(1000))
    assert check(many, UPDATE).form == "UPDATE"
    negative = " . ".join(f"<urn:s{n}> <urn:p> -{n}" for n in range(2000))
    assert check(f"INSERT DATA {{ {negative} }}", UPDATE).form == "UPDATE"


FAMILIES: dict[str, Callable[[int], str]] = {
    "bind": lambda n: "SELECT * {" + " ".join(f"BIND({i} AS ?b{i})" for i in range(n)) + "}",
    "optional": lambda n: "SELECT * {" + " ".join(f"OPTIONAL {{?s ?p ?v{i}}}" for i in range(n)) + "}",
    "union": lambda n: "SELECT * {" + " UNION ".join("{?s ?p ?o}" for _ in range(n)) + "}",
    "minus": lambda n: "SELECT * {?s ?p ?o " + " ".join("MINUS {?s ?p 1}" for _ in range(n)) + "}",
    "exists": lambda n: "SELECT * {?s ?p ?o " + " ".join("FILTER EXISTS {?s ?p 1}" for _ in range(n)) + "}",
    "values": lambda n: "SELECT * {" + " ".join(f"VALUES ?v{i} {{1}}" for i in range(n)) + "}",
    "subselect": lambda n: "SELECT * {" + " ".join("{SELECT ?s {?s ?p ?o}}" for _ in range(n)) + "}",
    "path": lambda n: "SELECT * {?s " + "/".join("<urn:p>" for _ in range(n)) + " ?o}",
    "alternatives": lambda n: "SELECT * {?s " + "|".join("<urn:p>" for _ in range(n)) + " ?o}",
    "and": lambda n: "SELECT * {FILTER(" + " && ".join("true" for _ in range(n)) + ")}",
    "sum": lambda n: "SELECT (1" + "+1" * n + " AS ?x) {}",
    "negative": lambda n: "SELECT (1" + " -1" * n + " AS ?x) {}",
    "not": lambda n: "SELECT (" + "!" * n + "true AS ?x) {}",
    "nested": lambda n: "ASK " + "{" * n + "}" * n,
    "parentheses": lambda n: "SELECT * {FILTER(" + "(" * n + "1=1" + ")" * n + ")}",
    "in": lambda n: "SELECT * {FILTER(1 IN (" + ",".join("1" for _ in range(n)) + "))}",
    "order": lambda n: "SELECT * {?s ?p ?o} ORDER BY " + " ".join("?s" for _ in range(n)),
    "group": lambda n: "SELECT (1 AS ?x) {?s ?p ?o} GROUP BY " + " ".join("?s" for _ in range(n)),
    "columns": lambda n: "SELECT " + " ".join(f"({i} AS ?v{i})" for i in range(n)) + " {}",
    "template": lambda n: "CONSTRUCT {" + " . ".join(f"?s <urn:p{i}> ?o" for i in range(n)) + "} WHERE {?s ?p ?o}",
}
ENGINE = (
    "import sys, pyoxigraph as ox; found = ox.Store().query(sys.stdin.read());"
    "found.serialize(format=ox.RdfFormat.N_TRIPLES) if isinstance(found, ox.QueryTriples) else "
    "found.serialize(format=ox.QueryResultsFormat.CSV)"
)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_longest_that_passes_does_not_end_the_engine(family: str) -> None:
    made = FAMILIES[family]
    low, high = 1, 20_000
    while low < high:
        middle = (low + high + 1) // 2
        try:
            check(made(middle))
            low = middle
        except QueryRefused:
            high = middle - 1
    assert low >= 60
    done = subprocess.run(
        [sys.executable, "-c", ENGINE], check=False, input=made(low), text=True, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr[-300:]


@given(
    st.lists(
        st.sampled_from([*"{}()[]<>\"'\\#.;,?$!|&+-*/=^_:@ \nab0u", "SERVICE", "load ", "select", "\\u0053"]),
        max_size=300,
    ).map("".join)
)
@settings(max_examples=500, deadline=None)
def test_any_text_is_checked_or_refused(said: str) -> None:
    try:
        found = check(said)
    except QueryRefused as error:
        assert str(error)
    else:
        assert isinstance(found, Checked)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_tokens_leave_out_nothing_but_space_and_comments(said: str) -> None:
    found = list(tokens(said))
    assert all(said[token.start : token.end] == token.text for token in found)
    rest, last = "", 0
    for token in found:
        rest += said[last : token.start]
        last = token.end
    rest += said[last:]
    assert not rest.strip() or "#" in rest


@given(
    st.sampled_from(
        ["{", "(", "[", '"', "'", "<", "\\", "#", "a:", "+", "!", '"""', "'''", "\\u0041", ". ", "_:", "@a"]
    )
)
@settings(deadline=None)
def test_time_grows_with_length_alone(unit: str) -> None:
    """A megabyte of anything takes about as long as a megabyte of anything else, and no more than a few seconds."""
    limits = Limits(bytes=1 << 22, tokens=1 << 22, depth=1 << 22, operators=1 << 22, clauses=1 << 22, terms=1 << 22)
    started = time.process_time()
    check(unit * (200_000 // len(unit)), limits)
    assert time.process_time() - started < 3
