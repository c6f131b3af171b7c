"""Every field of a record reaches the graph, in the words of the vocabulary."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode
from rdflib import URIRef
from rdflib.namespace import RDF

from kg.errors import InputRefused
from kg.iris import BASE, EV
from kg.model.records import Ref, Row, Words
from kg.triples import column, key, triples
from tests.ontology.ontology_files import evidence
from tests.triples.whole_trial import COUNT, MEAN, PROVISIONAL, ROWS, TRIAL, WALKS

NOT_SAID = {"origin", "record_source"}
"""Where a row was read is said of its record."""
IN_THE_NAME = {"trial", "arm", "number", "experimental_arm", "control_arm", "record_id", "term"}
WRITTEN_AS = {"arm_label": "label", "ids": "curie", "study_type": "type"}
FIELDS = [
    pytest.param(row, f.name, id=f"{type(row).__name__}-{key(row)[1]}-{i}-{f.name}")
    for i, row in enumerate(ROWS)
    for f in dataclasses.fields(row)
    if f.name not in NOT_SAID | IN_THE_NAME and getattr(row, f.name) not in (None, ())
]


def without(row: Row, name: str) -> Row:
    value = getattr(row, name)
    other: Any = () if isinstance(value, tuple) else "Study" if name == "study_type" else None
    if name == "study_type":
        other = "RandomisedTrial"
    elif name in ("source", "label", "system", "intervention_text", "role", "outcome", "value_kind"):
        other = "another"
    return dataclasses.replace(row, **{name: other})


@pytest.mark.parametrize(("row", "name"), FIELDS)
def test_every_field_that_is_given_is_written(row: Row, name: str) -> None:
    said, left_out = set(triples(row)), set(triples(without(row, name)))
    written = {column(t.predicate.value) for t in said - left_out}
    assert WRITTEN_AS.get(name, name) in written


@pytest.mark.parametrize("row", ROWS, ids=lambda r: type(r).__name__)
def test_every_word_is_of_the_vocabulary(row: Row) -> None:
    declared = {str(s) for s in evidence().subjects(RDF.type) if isinstance(s, URIRef)}
    for t in triples(row):
        for term in (t.predicate, t.object):
            if isinstance(term, NamedNode) and term.value.startswith(EV):
                assert term.value in declared


def test_a_field_that_is_absent_writes_nothing() -> None:
    kinds = [type(row) for row in ROWS]
    assert len(set(kinds)) == 6
    for row in ROWS:
        optional = {f.name: f.default for f in dataclasses.fields(row) if f.default is not dataclasses.MISSING}
        bare = dataclasses.replace(row, **optional)
        given = {t.predicate.value for t in triples(bare)}
        assert not {f"{EV}{name}" for name in ("ciLevel", "percentage", "doseValue", "enrolled", "curie")} & given


def test_the_kind_of_study_is_the_one_stated() -> None:
    def types(kind: str) -> set[str]:
        said = triples(dataclasses.replace(TRIAL, study_type=kind))
        return {t.object.value for t in said if t.predicate.value == str(RDF.type) and isinstance(t.object, NamedNode)}

    assert types("Study") == {EV + "Study"}
    assert types("RandomisedTrial") == {EV + "RandomisedTrial"}
    with pytest.raises(InputRefused, match="study_type"):
        types("Trial")


def test_a_slug_is_of_the_kind_of_its_column_and_a_ref_of_its_own() -> None:
    def studied(name: Any) -> str:
        said = triples(dataclasses.replace(WALKS, studied=name))
        return next(str(t.object)[1:-1] for t in said if t.predicate.value == EV + "studied")

    assert studied("placebo") == f"{BASE}drug/placebo"
    assert studied(Ref("intervention", "a-registry-guided-walks")) == f"{BASE}intervention/a-registry-guided-walks"


@pytest.mark.parametrize(
    ("row", "name"),
    [(WALKS, "studied"), (WALKS, "background"), (COUNT, "outcome"), (MEAN, "instrument"), (TRIAL, "condition")],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)
def test_words_that_were_not_resolved_are_a_bug(row: Row, name: str) -> None:
    words = Words("intervention", "guided walks")
    unresolved: Any = {name: (words,) if isinstance(getattr(row, name), tuple) else words}
    with pytest.raises(TypeError, match="not resolved"):
        list(triples(dataclasses.replace(row, **unresolved)))


def test_a_label_is_that_of_the_arm_where_the_source_gives_one() -> None:
    def label(row: Row) -> str:
        return next(t.object.value for t in triples(row) if isinstance(t.object, Literal) and t.object.language == "en")

    assert label(WALKS) == "Walks"
    assert label(dataclasses.replace(WALKS, arm_label=None)) == "guided walks"


def test_all_rows_of_a_record_have_one_key() -> None:
    assert {key(row) for row in ROWS} == {("a-registry", "nct00000001")}
    assert len(PROVISIONAL) == 4
