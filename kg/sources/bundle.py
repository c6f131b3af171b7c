"""The bundled evidence: tables, protocols and vocabularies as they lie in the project's folders."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from kg.errors import InputRefused
from kg.model.records import Origin, ProtocolText, Row, Vocabulary
from kg.sources import tables


def read(data: Path, ontology: Path) -> Iterator[Row]:
    """Read everything that ``kg build`` puts into a store."""
    yield from vocabularies(ontology)
    yield from tables.read(data)
    yield from protocols(data / "protocols")


def vocabularies(ontology: Path) -> Iterator[Vocabulary]:
    """Read the ontology and the vocabularies; shapes and examples are not part of the graph."""
    paths = [("ontology", ontology / f"{name}.ttl") for name in ("evidence", "answers", "functions")]
    paths += [("vocabularies", path) for path in sorted((ontology / "vocabularies").glob("*.ttl"))]
    for source, path in paths:
        name = path.relative_to(ontology).as_posix()
        yield Vocabulary(
            origin=Origin(f"ontology/{name}", 1),
            source=source,
            name=path.stem,
            turtle=path.read_text(encoding="utf-8"),
        )


def protocols(folder: Path) -> Iterator[ProtocolText]:
    """Read the protocol files of a folder."""
    for path in sorted(folder.glob("*.toml")):
        origin = Origin(f"protocols/{path.name}", 1)
        text = path.read_text(encoding="utf-8")
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputRefused(f"{origin.file}: not TOML ({error}); mend the file") from error
        name = given.get("name")
        if name != path.stem:
            raise InputRefused(f"{origin.file}: name is {name!r}; it must be the name of the file, {path.stem!r}")
        yield ProtocolText(
            origin=origin,
            protocol=path.stem,
            label=str(given.get("label", path.stem)),
            text=text,
            is_default=given.get("default") is True,
        )
