"""Every query file: its header against its text, its example, and values that match nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdflib.plugins.sparql import prepareQuery

from kg.catalog import KINDS, Query, Rows, Selects, read
from kg.evidence_base import EvidenceBase
from kg.functions.pooling_engine import PoolingEngine
from tests.conftest import ROOT

FOLDER = ROOT / "queries"
REMOTE = sorted((FOLDER / "remote").glob("*.rq"))
"""Queries that are sent to another endpoint: they construct statements, and tests/federation has them."""
PATHS = [path for path in sorted(FOLDER.rglob("*.rq")) if path not in REMOTE]
CHECKS = [path for path in PATHS if path.parent.name == "checks"]
EMPTY = [path for path in PATHS if path.parent.name in ("checks", "curation")]
"""Queries that find nothing in the bundled evidence: it is sound, and nothing of it waits for a curator."""
POOLING = [path for path in PATHS if path.parent.name == "pooling"]
NONSENSE = {"iri": "urn:nothing:of:the:kind", "text": "nothing of the kind", "integer": "-987654321"}


def query(path: Path) -> Query:
    return read(path, FOLDER)


def engine(path: Path, base: EvidenceBase) -> Selects:
    return PoolingEngine(base) if path in POOLING else base.store


def name(path: Path) -> str:
    return path.relative_to(FOLDER).with_suffix("").as_posix()


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_header_names_the_columns_the_query_selects(path: Path) -> None:
    found = query(path)
    assert list(found.columns) == [str(v) for v in prepareQuery(found.text).algebra.PV]
    assert found.summary.endswith(".")


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_every_parameter_has_its_block_and_its_column(path: Path) -> None:
    found = query(path)
    for parameter in found.params:
        assert re.search(rf"VALUES \([^)]*\?{parameter}\b[^)]*\) {{", found.text), parameter
        assert parameter in found.columns, "a parameter is projected, so that rows say which value they are for"


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_example_runs_as_it_stands_and_gives_rows_of_the_kinds_named(path: Path, base: EvidenceBase) -> None:
    found = query(path)
    rows = found.run(engine(path, base))
    assert rows.columns == tuple(found.columns)
    assert bool(rows.rows) is (path not in EMPTY), "an example gives rows; a check gives none on sound evidence"
    for row in rows.records():
        for column, kind in found.columns.items():
            assert of_kind(row[column], kind), (column, kind, row[column])


def of_kind(value: object, kind: str) -> bool:
    assert kind in KINDS
    match kind:
        case _ if value is None:
            return True
        case "iri":
            return isinstance(value, str) and ":" in value
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "decimal":
            return isinstance(value, int | float)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return kind == "term" or isinstance(value, str)


PARAMETERS = [(path, parameter) for path in PATHS for parameter in query(path).params]


@pytest.mark.parametrize(("path", "parameter"), PARAMETERS, ids=str)
def test_a_nonsense_value_gives_no_row(path: Path, parameter: str, base: EvidenceBase) -> None:
    found = query(path)
    text = NONSENSE[found.params[parameter]]
    assert found.run(engine(path, base), {parameter: [found.term(parameter, text)]}).rows == []


@pytest.mark.parametrize(("path", "parameter"), PARAMETERS, ids=str)
def test_a_value_gives_the_rows_of_the_open_query_that_have_it(path: Path, parameter: str, base: EvidenceBase) -> None:
    if name(path) == "explore/label-search":
        pytest.skip("a text that is searched for is not among the triples, so the query cannot be left open")
    found = query(path)
    # one that pools is left open in one parameter alone: the pools of all at once are more than one query may ask for
    rest = {} if path in POOLING else dict.fromkeys(found.params, ())
    everything = found.run(engine(path, base), {**rest, parameter: ()})
    column = everything.columns.index(parameter)
    value = sorted({str(row[column]) for row in everything.rows})[0]
    given = {**rest, parameter: [found.term(parameter, value)]}
    wanted = Rows(everything.columns, [row for row in everything.rows if row[column] == value])
    only = found.run(engine(path, base), given)
    assert sorted(comparable(only), key=repr) == sorted(comparable(wanted), key=repr)


def comparable(rows: Rows) -> list[tuple[object, ...]]:
    """Rows without what is said of them beside the other rows of a result."""
    said = [number for number, column in enumerate(rows.columns) if "warnings" in column]
    return [tuple(value for number, value in enumerate(row) if number not in said) for row in rows.rows]


def test_at_least_ten_queries_pool_and_say_what_they_leave_out() -> None:
    assert len(POOLING) >= 10
    for path in POOLING:
        columns = " ".join(query(path).columns)
        assert "reasons" in columns
        assert "warnings" in columns


@pytest.mark.parametrize("path", CHECKS, ids=name)
def test_checks_say_so_in_their_names(path: Path) -> None:
    assert path.stem.endswith("-violation")
