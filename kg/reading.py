"""Bytes that were sent, to records: unpacked, told apart by media type or name of form, read strictly."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from kg.errors import InputRefused, StoreUnavailable
from kg.nearest import nearest
from kg.sources import archive, ctgov, rdf_records, record_json, revman, tables
from kg.sources.incoming import Incoming, Unit, Unreadable
from kg.sources.record_json import Fault, Faulty
from kg.sources.unpacking import Limits, TooLarge, unpacked

__all__ = [
    "MEDIA_TYPES",
    "Fault",
    "Read",
    "ReaderGone",
    "Submission",
    "TooLarge",
    "Unit",
    "UnknownForm",
    "form",
    "read",
]

MOST_ROWS = 20_000
"""Rows of one submission; what is more is an import, not a request."""
_MOST_FAULTS = 200


class ReaderGone(StoreUnavailable):
    """The process that reads ended of itself, or was ended; a new one is there for the next who ask."""


class UnknownForm(InputRefused):
    """A media type that no reader is for."""


@dataclass(frozen=True)
class Submission:
    """What was sent, as a stream, and what is said of it; ``record`` is source and id where the form does not say.

    ``place`` is what it is called in messages, ``largest`` how many bytes it may unpack to.
    """

    stream: BinaryIO
    media_type: str
    place: str
    largest: int
    coding: str = ""
    format: str | None = None
    record: tuple[str, str] | None = None


@dataclass(frozen=True)
class Read:
    """The records of a submission, and what is wrong with those that could not be read."""

    units: tuple[Unit, ...]
    faults: tuple[Fault, ...]


def read(given: Submission) -> Read:
    """Return the records of a submission.

    Raises InputRefused for a form that is not read here or content that is not of its form, TooLarge beyond a limit.
    """
    reader = form(given.media_type, given.format, given.place)
    stream = given.stream
    if given.coding not in ("", "identity"):
        stream = unpacked(stream, given.coding, given.place, Limits(total=given.largest))
    content = stream.read(given.largest + 1)
    if len(content) > given.largest:
        raise TooLarge(f"{given.place}: more than {given.largest // 1024**2} MiB; send it in parts")
    units: list[Unit] = []
    faults: list[Fault] = []
    rows = 0
    for item in reader(content, given):
        if isinstance(item, Unit):
            units.append(item)
            rows += len(item.rows)
        else:
            faults += _faults(item)
            if len(faults) >= _MOST_FAULTS:
                break
        if rows > MOST_ROWS:
            raise TooLarge(f"{given.place}: more than {MOST_ROWS} rows; send it in parts, or use `kg import`")
    return Read(tuple(units), tuple(faults))


def _faults(item: Unreadable) -> tuple[Fault, ...]:
    if isinstance(item, Faulty):
        return item.faults
    return (Fault(item.place.partition("#")[2], f"{item.place}: {item.message}"),)


_Reader = Callable[[bytes, Submission], Iterator[Incoming]]


def _records(content: bytes, given: Submission) -> Iterator[Incoming]:
    return record_json.read(io.BytesIO(content), given.place, given.record)


def _rdf(content: bytes, given: Submission) -> Iterator[Incoming]:
    form = rdf_records.MEDIA_TYPES.get(given.media_type)
    if form is None:
        known = ", ".join(rdf_records.MEDIA_TYPES)
        raise InputRefused(f"{given.place}: {given.media_type[:80]!r} is no form of RDF; say one of {known}")
    return rdf_records.read(content, form, given.place, given.record)


def _file(name: str) -> _Reader:
    """Return a reader that puts what was sent into a file of its own, under a name that is ours."""

    def read_file(content: bytes, given: Submission) -> Iterator[Incoming]:
        suffix = _SUFFIXES.get(given.media_type, "")
        if content.startswith(_ZIP):
            _check_archive(content, given)
        with TemporaryDirectory(prefix="evigraph-") as folder:
            path = Path(folder) / f"{given.place}{suffix}"
            path.write_bytes(content)
            yield from (_of_file(path, given) if name == "any" else _FILES[name][1](path))

    return read_file


def _of_file(path: Path, given: Submission) -> Iterator[Incoming]:
    for reads, read_path in _FILES.values():
        if reads(path):
            return read_path(path)
    raise UnknownForm(f"{given.place}: neither {', '.join(_FILES)} nor anything else that is read here; say the format")


def _check_archive(content: bytes, given: Submission) -> None:
    limits = archive.Limits(entry=given.largest, total=given.largest)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            archive.check(opened, given.place, limits)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError, OSError) as error:
        if isinstance(error, InputRefused):
            raise
        raise InputRefused(f"{given.place}: not a zip archive that can be read ({error}); pack it again") from error


def _tables(path: Path) -> Iterator[Incoming]:
    from kg.importing import grouping  # noqa: PLC0415  (slow to load, and tables are rare)

    return grouping.records(tables.lines(path), path.name)


_ZIP = b"PK"
_FILES: Mapping[str, tuple[Callable[[Path], bool], Callable[[Path], Iterator[Incoming]]]] = {
    "ctgov": (ctgov.reads, ctgov.read),
    "revman": (revman.reads, revman.read),
    "tables": (lambda path: path.suffix in (".csv", ".xlsx"), _tables),
}
"""Files of other systems and our tables: how each is told, and read."""
_SUFFIXES: Mapping[str, str] = {
    "application/json": ".json",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "text/csv": ".csv",
    "application/zip": ".zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
MEDIA_TYPES: Mapping[str, _Reader] = {
    "application/json": _records,
    **dict.fromkeys(rdf_records.MEDIA_TYPES, _rdf),
    **dict.fromkeys((kind for kind in _SUFFIXES if kind != "application/json"), _file("any")),
}
"""What is read without being told its format."""
FORMATS: Mapping[str, _Reader] = {"records": _records, "rdf": _rdf, **{name: _file(name) for name in _FILES}}
"""Formats by name."""


def form(media_type: str, format: str | None, place: str) -> _Reader:
    """Return what reads a form, by its name or else by its media type.

    Raises InputRefused for a name that is not known, UnknownForm for a media type that nothing reads.
    """
    if format is not None:
        named = FORMATS.get(format)
        if named is None:
            close = ", ".join(nearest(format[:40], FORMATS) or FORMATS)
            raise InputRefused(f"{format[:40]!r} is no format; known are {', '.join(FORMATS)}; the nearest are {close}")
        return named
    found = MEDIA_TYPES.get(media_type)
    if found is None:
        raise UnknownForm(
            f"{place}: {media_type[:80] or 'no media type'!r} is not read here; send one of "
            f"{', '.join(MEDIA_TYPES)}, or say the format: {', '.join(FORMATS)}"
        )
    return found
