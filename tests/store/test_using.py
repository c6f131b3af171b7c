"""The dataset that a request names, written into the update."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kg.errors import QueryRefused
from kg.store.using import with_using

G, N = "urn:g", "urn:n"


def after(update: str, default: list[str], named: list[str]) -> set[str]:
    store = ox.Store()
    store.update(
        "INSERT DATA { <urn:s> <urn:p> 0 GRAPH <urn:g> { <urn:s> <urn:p> 1 } GRAPH <urn:n> { <urn:s> <urn:p> 2 } }"
    )
    store.update(with_using(update, default, named))
    return {str(quad) for quad in store}


ZERO = '<urn:s> <urn:p> "0"^^<http://www.w3.org/2001/XMLSchema#integer>'


def test_without_graphs_an_update_stays_as_it_is() -> None:
    assert with_using("DELETE WHERE { ?s ?p ?o }", [], []) == "DELETE WHERE { ?s ?p ?o }"


def test_where_looks_into_the_graphs_named() -> None:
    made = "INSERT { <urn:x> <urn:q> ?o } WHERE { ?s ?p ?o }"
    assert {line for line in after(made, [G], []) if "urn:x" in line} == {
        '<urn:x> <urn:q> "1"^^<http://www.w3.org/2001/XMLSchema#integer>'
    }
    assert len({line for line in after(made, [G, N], []) if "urn:x" in line}) == 2
    named = "INSERT { <urn:x> <urn:q> ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert len({line for line in after(named, [], [N]) if "urn:x" in line}) == 1


def test_the_short_form_of_delete_is_written_out() -> None:
    found = after("PREFIX a: <urn:a> # c {\nDELETE WHERE { ?s ?p ?o }", [G], [])
    assert ZERO in found, "what the graph has is deleted from the default graph, which has not got it"
    assert len(found) == 3
    assert with_using("DELETE WHERE { ?s ?p ?o } ; CLEAR ALL", [G], []) == (
        "DELETE { ?s ?p ?o } USING <urn:g> WHERE { ?s ?p ?o } ; CLEAR ALL"
    )


def test_every_operation_is_meant_and_no_where_within() -> None:
    made = with_using(
        "DELETE { ?s ?p ?o } WHERE { { SELECT * WHERE { ?s ?p ?o } } } ; INSERT { ?s ?p 'WHERE' } WHERE { ?s ?p ?o }",
        [G],
        [],
    )
    assert made.count("USING <urn:g>") == 2


@pytest.mark.parametrize("update", ["WITH <urn:a> DELETE { ?s ?p ?o } WHERE {}", "DELETE {} USING <urn:a> WHERE {}"])
def test_an_update_that_names_graphs_itself_is_refused(update: str) -> None:
    with pytest.raises(QueryRefused, match="leave one out"):
        with_using(update, [G], [])


@pytest.mark.parametrize("update", ["DELETE WHERE {", "WHERE", "DELETE WHERE", "INSERT DATA { <a> <b> <c>"])
def test_an_update_that_breaks_off_is_left_to_the_parser(update: str) -> None:
    with pytest.raises(SyntaxError):
        ox.Store().update(with_using(update, [G], []))
