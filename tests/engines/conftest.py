"""The servers that the tests of engines run against, each started once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase
from tests.engines.servers import Engine, oxigraph, postgresql, virtuoso

KINDS = {"oxigraph": oxigraph, "virtuoso": virtuoso}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session")
def oxigraph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with oxigraph(tmp_path_factory.mktemp("oxigraph")) as engine:
        yield engine


@pytest.fixture(scope="session")
def virtuoso_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with virtuoso(tmp_path_factory.mktemp("virtuoso")) as engine:
        yield engine


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The address of a database of PostgreSQL."""
    with postgresql() as url:
        yield url


@pytest.fixture(scope="module", params=list(KINDS))
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine that holds nothing, one after the other."""
    found: Engine = request.getfixturevalue(f"{request.param}_server")
    found.empty()
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for journals of a module's tests."""
    return tmp_path_factory.mktemp("data") / "evigraph"


@pytest.fixture(scope="module")
def built(engine: Engine, data: Path) -> Iterator[EvidenceBase]:
    """The bundled evidence on an engine, for reading."""
    with EvidenceBase.open(engine.settings(data), "write") as base:
        base.build()
    with EvidenceBase.open(engine.settings(data)) as base:
        yield base
