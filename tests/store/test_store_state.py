"""What the engine shows of what the records say: the merged state, the catalogue, the extra graphs."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from kg.errors import InputRefused, QueryRefused, StoreUnavailable, UnknownTerm
from kg.store import Change, Store, plain
from kg.store.names import CATALOG, EXTRA_GRAPHS, STATE
from tests.store.store_support import (
    change,
    graph_lines,
    numbered_changes,
    replayed,
    retraction,
    stated,
    triple,
    triples,
)

ONTOLOGY = EXTRA_GRAPHS["ontology"]
PREFIXES = """PREFIX ev: <https://w3id.org/evigraph/ns#> PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX prov: <http://www.w3.org/ns/prov#> """


def test_a_triple_stays_as_long_as_a_record_states_it() -> None:
    shared = triple("drug", "label", "ketamine")
    with Store.open("memory:") as store:
        store.commit([change("a", shared, triple("a", "n", 1)), change("b", shared)], "me", "two say it")
        store.commit([retraction("a")], "me", "one is withdrawn")
        assert graph_lines(store) == [f"{shared} ."]
        store.commit([change("b", triple("b", "n", 2))], "me", "the other says something else")
        assert graph_lines(store) == [f"{triple('b', 'n', 2)} ."]
        store.commit([retraction("b")], "me", "nothing is left")
        assert store.engine.counts() == {"": 0}


def test_a_triple_may_move_between_records_in_one_commit() -> None:
    moved = triple("drug", "label", "ketamine")
    with Store.open("memory:") as store:
        store.commit([change("a", moved, triple("a", "n", 1))], "me", "first")
        store.commit([change("a", triple("a", "n", 1)), change("b", moved)], "me", "moved")
        assert graph_lines(store) == sorted([f"{moved} .", f"{triple('a', 'n', 1)} ."])


def test_an_extra_graph_holds_what_its_own_source_states() -> None:
    term, other = triple("Drug", "label", "drug"), triple("Drug", "note", "n")
    with Store.open("memory:") as store:
        store.commit([change("classes", term, other, source="ontology"), change("a", term)], "me", "both say it")
        assert graph_lines(store, ONTOLOGY) == sorted([f"{term} .", f"{other} ."])
        store.commit([retraction("classes", source="ontology")], "me", "the ontology no longer says it")
        assert graph_lines(store, ONTOLOGY) == []
        assert graph_lines(store) == [f"{term} ."]


states = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(["tests", "ontology"]), st.sampled_from("abcd")),
        st.none() | st.frozensets(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1),
        min_size=1,
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(states)
def test_any_history_leaves_the_union_of_the_live_records(
    history: list[dict[tuple[str, str], frozenset[tuple[int, int]] | None]],
) -> None:
    live: dict[tuple[str, str], set[str]] = {}
    with Store.open("memory:") as store:
        for step in history:
            changes = []
            for (source, name), says in step.items():
                if says is not None:
                    said = [triple(f"s{s}", "p", o) for s, o in sorted(says)]
                    changes.append(change(name, *said, source=source))
                    live[source, name] = {f"{t} ." for t in said}
                elif live.pop((source, name), None) is not None:
                    changes.append(retraction(name, source=source))
            store.commit(changes, "me", "a step")
        assert graph_lines(store) == sorted(set().union(*live.values()))
        assert graph_lines(store, ONTOLOGY) == sorted(set().union(*(v for k, v in live.items() if k[0] == "ontology")))
        assert store.verify() == []


def test_the_catalogue_describes_each_live_record() -> None:
    with Store.open("memory:") as store:
        says = [triple("a", "n", 1)]
        store.commit([Change("tests", "a", says, "https://example.org/a", "CC-BY-4.0")], "me", "first")
        store.commit([change("a", triple("a", "n", 2), origin="data/a.csv"), change("b", *says)], "me", "second")
        store.commit([retraction("b")], "me", "third")
        found = store.select(
            PREFIXES
            + f"""SELECT ?record ?version ?digest ?time ?graph ?source ?licence {{ GRAPH <{CATALOG}> {{
              ?record a ev:Record ; ev:version ?version ; ev:digest ?digest ; prov:generatedAtTime ?time ;
                ev:graph ?graph OPTIONAL {{ ?record dcterms:source ?source }}
                OPTIONAL {{ ?record dcterms:license ?licence }} }} }}"""
        )
        (head,) = store.heads()
        ((record, version, digest, time, *rest),) = (tuple(map(plain, row)) for row in found.rows)
        assert (record, version, digest, *rest) == (head.iri, 2, head.digest, head.graph, "data/a.csv", None)
        assert datetime.fromisoformat(str(time)) == datetime.fromisoformat(head.time)  # an engine drops trailing zeros
        assert head.iri.endswith("record/tests/a")
        assert head.graph.endswith("graph/record/tests/a/2")
        assert store.engine.counts()[CATALOG] == 6


def test_unchanged_records_are_dropped_and_an_empty_commit_is_the_present_head() -> None:
    with Store.open("memory:") as store:
        nothing = store.commit([], "me", "nothing")
        assert (nothing.number, nothing.versions) == (0, ())
        first = store.commit([change("a", triple("a", "n", 1)), change("b", triple("b", "n", 1))], "me", "first")
        assert [v.id for v in first.versions] == ["a", "b"]
        same = store.commit([change("a", triple("a", "n", 1), origin="elsewhere")], "me", "again")
        assert (same.number, same.hash, same.versions) == (1, first.hash, ())
        second = store.commit([change("a", triple("a", "n", 2)), change("b", triple("b", "n", 1))], "me", "one changes")
        assert [(v.id, v.version) for v in second.versions] == [("a", 2)]


def test_a_retracted_record_keeps_its_past_and_may_come_back() -> None:
    with Store.open("memory:") as store:
        store.commit([change("a", triple("a", "n", 1))], "me", "first")
        before = store.fingerprint()
        store.commit([Change("tests", "a", None, reason="withdrawn by its authors")], "me", "second")
        with pytest.raises(UnknownTerm, match="withdrawn by its authors"):
            store.content("tests", "a")
        assert store.commit([retraction("a")], "me", "again").number == 2
        store.commit([change("a", triple("a", "n", 1))], "me", "third")
        assert [(v.version, v.action) for v in store.versions("tests", "a")] == [(1, "put"), (2, "retract"), (3, "put")]
        assert store.content("tests", "a", 1) == store.content("tests", "a", 3) == store.content("tests", "a")
        assert store.fingerprint() == before
        with pytest.raises(UnknownTerm, match="no version 4"):
            store.content("tests", "a", 4)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([change("a", triple("a", "n", 1)), change("a", triple("a", "n", 2))], "twice"),
        ([change("a")], "states no triple"),
        ([change("../a", triple("a", "n", 1))], "cannot stand in an IRI"),
        (
            [change("a", Triple(NamedNode("https://e.org/s"), NamedNode("https://e.org/p"), Literal(0.5)))],
            "xsd:decimal",
        ),
        ([change("a", triple("a", "n", 1), origin="a\0b")], "remove it"),
    ],
)
def test_a_refused_change_writes_nothing_of_its_commit(changes: list[Change], says: str) -> None:
    with Store.open("memory:") as store:
        with pytest.raises(InputRefused, match=says):
            store.commit([change("good", triple("good", "n", 1)), *changes], "me", "reason")
        assert store.head().number == 0
        assert store.heads() == []


def test_a_commit_needs_an_author_a_reason_and_known_records() -> None:
    with Store.open("memory:") as store:
        for author, reason in (("", "why"), ("who", " ")):
            with pytest.raises(InputRefused, match="author and a reason"):
                store.commit([change("a", triple("a", "n", 1))], author, reason)
        with pytest.raises(UnknownTerm, match="no such record"):
            store.commit([retraction("a")], "me", "reason")
        with pytest.raises(UnknownTerm, match="no record 'a'"):
            store.versions("tests", "a")


def test_memory_and_disk_hold_the_same(tmp_path: Path) -> None:
    with Store.open("memory:") as memory, Store.open(f"oxigraph:{tmp_path / 's'}", "write") as disk:
        replayed(memory, 16)
        replayed(disk, 16)
        assert graph_lines(memory) == graph_lines(disk) == stated(memory)
        assert memory.fingerprint() == disk.fingerprint()
        assert memory.verify() == disk.verify() == []
        memory.rebuild()
        assert graph_lines(memory) == graph_lines(disk)


def test_times_and_the_order_of_commits_are_not_in_the_fingerprint() -> None:
    with Store.open("memory:") as one, Store.open("memory:") as other:
        changes = [change(name, triple(name, "n", 1)) for name in "abc"]
        one.commit(changes, "me", "at once")
        for c in reversed(changes):
            other.commit([c], "someone", "one by one")
        assert one.fingerprint() == other.fingerprint()
        other.commit([retraction("b")], "me", "less")
        assert one.fingerprint() != other.fingerprint()


def test_solutions_are_terms_and_become_plain_values() -> None:
    with Store.open("memory:") as store:
        store.commit([change("a", triple("a", "n", 1))], "me", "first")
        found = store.select(
            "SELECT ?s ?n ?d ?b ?text ?none { ?s ?p ?n BIND(0.5 AS ?d) BIND(true AS ?b) BIND('x'@en AS ?text) }"
        )
        assert found.columns == ("s", "n", "d", "b", "text", "none")
        ((*values,),) = (map(plain, row) for row in found.rows)
        assert values == ["https://w3id.org/evigraph/thing/a", 1, 0.5, True, "x", None]
        assert [type(v) for v in values] == [str, int, float, bool, str, type(None)]
        assert store.ask("ASK { ?s ?p 1 }")
        assert store.construct("CONSTRUCT WHERE { ?s ?p ?o }") == [triple("a", "n", 1)]


def test_a_query_that_cannot_be_answered_is_refused() -> None:
    with Store.open("memory:") as store:
        with pytest.raises(QueryRefused, match="cannot be parsed"):
            store.select("SELECT WHERE")
        with pytest.raises(QueryRefused, match="not a SELECT"):
            store.select("ASK {}")
        with pytest.raises(QueryRefused, match="not an ASK"):
            store.ask("SELECT * {}")
        with pytest.raises(QueryRefused, match="needs triples"):
            store.construct("SELECT * {}")
        with pytest.raises(QueryRefused):
            store.select("DELETE WHERE { ?s ?p ?o }")


def test_the_engines_own_note_is_not_counted_and_not_written_out() -> None:
    with Store.open("memory:") as store:
        replayed(store, 3)
        output = BytesIO()
        store.engine.serialise(output, RdfFormat.N_QUADS)
        assert STATE.encode() not in output.getvalue()
        with pytest.raises(InputRefused, match="Turtle holds one graph"):
            store.engine.serialise(output, RdfFormat.TURTLE)
        assert sorted(store.engine.counts()) == ["", CATALOG]
        assert len(output.getvalue().splitlines()) == sum(store.engine.counts().values())


def test_a_large_first_commit_is_loaded_in_bulk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store.store._BULK_BYTES", 1000)
    with Store.open(f"oxigraph:{tmp_path / 's'}", "write") as store:
        store.commit([change("a", *triples("a", 200)), change("c", *triples("c", 9), source="ontology")], "me", "first")
        store.commit([change("b", *triples("b", 200))], "me", "second")
        assert store.verify() == []
        assert store.engine.counts()[ONTOLOGY] == 9


@pytest.mark.parametrize("url", ["", "oxigraph:", "memory:x", "sparql+ftp://localhost/", "/a/path"])
def test_what_is_not_the_address_of_a_store_is_refused(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="not the address of a store"):
        Store.open(url)


def test_a_closed_store_says_so() -> None:
    store = Store.open("memory:")
    store.commit(numbered_changes(1), "me", "first")
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.select("SELECT * {}")
