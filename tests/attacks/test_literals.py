"""Values go in and come out the same, or do not go in."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.iris import EV, XSD
from tests.attacks import corpus, neutral
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.test_trials import SOUND, SOUND_MEANS
from tests.attacks.watch import Canary, watched

pytestmark = pytest.mark.server
STORED = {"string", "integer", "decimal", "boolean", "date", "dateTime", "anyURI"}
"""Datatypes that statements may have; what JSON gives as a number or a date is written with one of these."""
NUMBERS = {"decimal", "double", "float"}


def literal(text: str) -> Literal:
    """The literal that a Turtle term stands for."""
    (quad,) = parse(f"<urn:a> <urn:b> {text} .".encode(), format=RdfFormat.TURTLE)
    assert isinstance(quad.object, Literal)
    return quad.object


def record(value: Literal) -> tuple[bytes, str]:
    """A record in JSON with the value where one of its kind belongs, digits as they are, and the property it gets."""
    kind = value.datatype.value.removeprefix(XSD)
    made: dict[str, Any]
    if kind in NUMBERS:
        (made,) = neutral.records(SOUND_MEANS)
        made["continuous_results"][0]["mean"] = "HERE"
        return _json(made).replace(b'"HERE"', value.value.encode()), "mean"
    (made,) = neutral.records(SOUND)
    if kind == "integer":
        made["trial"]["enrolled"] = "HERE"
        return _json(made).replace(b'"HERE"', value.value.encode()), "enrolled"
    if kind in {"gYear", "gYearMonth", "date"}:
        made["trial"]["completed_on"] = value.value
        return _json(made), "completedOn"
    assert kind == "string", f"no place for a {kind}; give it one"
    made["trial"]["note"] = value.value
    return _json(made), "note"


def _json(made: Any) -> bytes:
    import orjson

    return orjson.dumps(made)


@pytest.mark.parametrize("item", corpus.items("fidelity", "literal"))
def test_a_value_does_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    given = literal(item.input)
    body, name = record(given)
    with watched(server, canary, item) as told:
        reply = server.post(body)
        told(reply)
    if reply.status >= 400:
        assert re.search(r"refused|wrapped|never 0", item.must["text"]), reply.body
        return
    assert_kept(server, given, name)


@pytest.mark.parametrize("item", corpus.items("fidelity", "literal"))
def test_a_value_in_rdf_does_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    """The same as statements: what JSON made of a sound record, with the literal as the corpus writes it."""
    given = literal(item.input)
    sound = {**(SOUND_MEANS if given.datatype.value.removeprefix(XSD) in NUMBERS else SOUND)}
    (made,) = neutral.records(sound)
    told = server.post(made)
    assert told.status == 201, told.body
    name = record(given)[1]
    lines = [str(line) for line in server.get(f"/records/{made['source']}/{made['id']}").json()["triples"]]
    subject = lines[0].partition(" ")[0]
    if name == "mean":
        subject = next(line.partition(" ")[0] for line in lines if f"<{EV}mean>" in line)
    else:
        subject = next(line.partition(" ")[0] for line in lines if f"<{EV}studyLabel>" in line)
    kept = [line for line in lines if not line.startswith(f"{subject} <{EV}{name}>")]
    text = "\n".join([*kept, f"{subject} <{EV}{name}> {given} ."]).encode()
    with watched(server, canary, item) as told_:
        reply = server.send(
            "PUT",
            f"/records/{made['source']}/{made['id']}",
            {"Content-Type": "application/n-triples"},
            [text],
            len(text),
        )
        told_(reply)
    if reply.status >= 400:
        kind = given.datatype.value.removeprefix(XSD)
        told_so = kind not in STORED and re.search("not stored|datatype in use", str(reply.json()["detail"]))
        assert told_so or re.search(r"refused|wrapped|never 0", item.must["text"]), reply.body
        return
    assert_kept(server, given, name, reported=False)


def assert_kept(server: Server, given: Literal, name: str, *, reported: bool = True) -> None:
    """The same value in every view, and the digits as they were reported beside it where they are a number's."""
    records = [
        path for path in ("nct00000001", "nct00000002") if server.get(f"/records/attacks/{path}").status_code == 200
    ]
    found = []
    for path in records:
        statements = "\n".join(server.get(f"/records/attacks/{path}").json()["triples"]).encode()
        said = list(parse(statements, format=RdfFormat.N_TRIPLES))
        turtle = server.send("GET", f"/records/attacks/{path}", {"Accept": "text/turtle"}, length=0).body
        again = {quad.triple for quad in parse(turtle, format=RdfFormat.TURTLE)}
        assert {quad.triple for quad in said} == again
        found += [(quad, said) for quad in said if quad.predicate == NamedNode(EV + name)]
    values = {quad.object.value: (quad, said) for quad, said in found if isinstance(quad.object, Literal)}
    if given.datatype.value.removeprefix(XSD) in NUMBERS | {"integer"}:
        same = [pair for text, pair in values.items() if Decimal(text) == Decimal(given.value)]
        assert same, (given, sorted(values))
        if name == "mean" and reported:
            quad, said = same[0]
            texts = [
                q.object.value for q in said if q.subject == quad.subject and q.predicate.value == EV + "reportedText"
            ]
            assert any(Decimal(m) == Decimal(given.value) for m in re.findall(r"mean (\S+?)(?:;|$)", texts[0])), texts
    else:
        assert unicodedata.normalize("NFC", given.value) in values, (given, sorted(values))
