"""Files, folders and archives: what format each is of, and the records in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.errors import InputRefused
from kg.importing import grouping, mappings, owners
from kg.nearest import nearest
from kg.sources import ctgov, rdf, record_json, revman, sssom, tables
from kg.sources.incoming import Incoming, Unreadable

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

_HEAD: Final = 4096


@dataclass(frozen=True)
class Format:
    """How files of a format are told, and read."""

    reads: Callable[[Path], bool]
    read: Callable[[EvidenceBase, Path], Iterator[Incoming]]


def _tables(base: EvidenceBase, path: Path) -> Iterator[Incoming]:
    """Read our tables; those of other systems that are called as ours are stay out."""
    others = {p for p in path.rglob("*.csv") if revman.reads(p)} if path.is_dir() else ()
    yield from grouping.records(tables.lines(path, others), str(path))


def _record_json(base: EvidenceBase, path: Path) -> Iterator[Incoming]:
    with path.open("rb") as stream:
        yield from record_json.read(stream, path.name)


def _is_record_json(path: Path) -> bool:
    head = _head(path)
    return path.suffix.lower() == ".json" and b'"source"' in head and b'"id"' in head


FORMATS: Final[Mapping[str, Format]] = {
    "ctgov": Format(ctgov.reads, lambda _, path: ctgov.read(path)),
    "revman": Format(revman.reads, lambda _, path: revman.read(path)),
    "tables": Format(tables.reads, _tables),
    "rdf": Format(rdf.reads, owners.records),
    "sssom": Format(sssom.reads, mappings.records),
    "records": Format(_is_record_json, _record_json),
}
"""Formats by name; ``records`` are our own records as JSON, as ``POST /records`` takes them."""


def check(paths: Sequence[Path], format: str | None) -> None:
    """Refuse a format that is not read here, and a path where nothing is.

    Raises InputRefused.
    """
    if format is not None and format not in FORMATS:
        close = ", ".join(nearest(format, FORMATS))
        raise InputRefused(f"{format!r} is no format; known are {', '.join(FORMATS)}; the nearest are {close}")
    for path in paths:
        if not path.exists():
            raise InputRefused(f"{path}: there is no such file or folder; check the path")


def incoming(base: EvidenceBase, path: Path, format: str | None) -> Iterator[Incoming]:
    """Yield the records of a path; a file that cannot be read is told in their place, and others go on."""
    found = False
    for part, its in _parts(path, format):
        found = True
        try:
            yield from FORMATS[its].read(base, part)
        except InputRefused as refused:
            yield Unreadable(str(part), str(refused).removeprefix(f"{part}: ").removeprefix(f"{part.name}: "))
        except OSError as error:
            yield Unreadable(str(part), f"cannot be read ({error.strerror or error}); check the file")
    if not found:
        what = f"nothing of format {format} is there" if format else "no format that is read here fits it"
        yield Unreadable(str(path), f"{what}; known are {', '.join(FORMATS)}, to be said with --format")


def _parts(path: Path, format: str | None) -> Iterator[tuple[Path, str]]:
    """Yield what to read in one go, and its format."""
    if path.is_file():
        if its := format or _format(path):
            yield path, its
        return
    wanted = {name: known for name, known in FORMATS.items() if format in (None, name)}
    if "revman" in wanted and revman.reads(path):
        yield path, "revman"  # a data package lies in several folders, and one folder may hold several reviews
    if "tables" in wanted and tables.reads(path) and (format == "tables" or _has_own_tables(path)):
        yield path, "tables"
    folders = [path, *sorted(p for p in path.rglob("*") if p.is_dir() and not _hidden(p, path))]
    for folder in folders:
        files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
        told = [(file, its) for file in files if (its := _format(file, wanted)) and its != "tables"]
        yield from ((f, its) for f, its in told if its != "revman" or f.suffix.lower() not in revman.OF_FOLDERS)


def _has_own_tables(path: Path) -> bool:
    """Tell whether a folder holds a table of ours, beside those of others that may be called as ours are."""
    return any(tables.reads(file) and not revman.reads(file) for file in path.rglob("*") if file.is_file())


def _format(path: Path, among: Mapping[str, Format] = FORMATS) -> str | None:
    return next((name for name, known in among.items() if known.reads(path)), None)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError:
        return b""
