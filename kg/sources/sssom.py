"""Mappings between identifiers of other systems, in the tab-separated form of SSSOM.

The Simple Standard for Sharing Ontological Mappings (Matentzoglu et al. 2022, Database, baac035): lines that begin with
``#`` are metadata in YAML, ``curie_map`` among them; then a header, and one mapping a line. Used are ``subject_id``,
``predicate_id``, ``object_id`` and ``mapping_justification``; a predicate that is no SKOS match, and a line that says
``Not``, are passed over.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from kg.errors import InputRefused
from kg.iris import SKOS
from kg.sources import csv_lines

_NEEDED: Final = ("subject_id", "predicate_id", "object_id")
_MATCHES: Final = frozenset({"exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"})
_MOST_METADATA: Final = 1024 * 1024


@dataclass(frozen=True)
class Mapped:
    """One mapping: two identifiers as CURIEs or IRIs, and how well they match, as SKOS calls it."""

    line: int
    subject: str
    match: str
    object: str
    justification: str | None

    @property
    def exact(self) -> bool:
        """Whether both mean the same."""
        return self.match == "exactMatch"


@dataclass(frozen=True)
class MappingSet:
    """What the head of a file says: where it is from, and what its prefixes stand for."""

    source: str | None
    prefixes: Mapping[str, str]


def reads(path: Path) -> bool:
    """Tell whether a file is a table of mappings."""
    if path.suffix.lower() != ".tsv":
        return False
    try:
        with path.open("rb") as stream:
            head = next((line for line in stream if not line.startswith(b"#")), b"")
    except OSError:
        return False
    return set(_NEEDED) <= set(head.decode(errors="replace").rstrip("\r\n").split("\t"))


def metadata(path: Path) -> MappingSet:
    """Return what the head of a file says.

    Raises InputRefused.
    """
    text = io.StringIO()
    with path.open("rb") as stream:
        for line in stream:
            if not line.startswith(b"#"):
                break
            text.write(line[1:].decode(errors="replace"))
            if text.tell() > _MOST_METADATA:
                raise InputRefused(f"{path.name}: metadata of more than {_MOST_METADATA // 1024} KiB; shorten it")
    try:
        said = yaml.safe_load(text.getvalue()) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputRefused(f"{path.name}: the lines that begin with # are no YAML; correct or remove them") from error
    if not isinstance(said, dict):
        raise InputRefused(f"{path.name}: the lines that begin with # are no YAML mapping; correct or remove them")
    source, known = said.get("mapping_set_id"), said.get("curie_map")
    pairs = known.items() if isinstance(known, dict) else ()
    prefixes = {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)}
    return MappingSet(source if isinstance(source, str) else None, prefixes)


def mappings(path: Path) -> Iterator[Mapped]:
    """Yield the mappings of a file, line by line.

    Raises InputRefused where a column is missing, a line has too many or too few cells, or the file cannot be read.
    """
    with path.open("rb") as stream:
        skipped = start = 0
        while stream.readline(csv_lines.LONGEST).startswith(b"#"):
            skipped, start = skipped + 1, stream.tell()
        stream.seek(start)
        rows = csv_lines.lines(stream, path.name, "\t")
        _, header = next(rows, (0, []))
        missing = [name for name in _NEEDED if name not in header]
        if missing:
            raise InputRefused(f"{path.name}: column {', '.join(missing)} missing; SSSOM needs {', '.join(_NEEDED)}")
        for number, cells in rows:
            line = number + skipped
            if len(cells) != len(header):
                raise InputRefused(
                    f"{path.name}:{line}: {len(cells)} cells under {len(header)} columns; check the tabs"
                )
            row = dict(zip(header, map(str.strip, cells), strict=True))
            match = row["predicate_id"].removeprefix("skos:").removeprefix(SKOS)
            if match in _MATCHES and row.get("predicate_modifier", "") != "Not":
                why = row.get("mapping_justification") or None
                yield Mapped(line, row["subject_id"], match, row["object_id"], why)
