"""The files of a data package, in a folder or in a zip, and what each is by its header."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from kg.errors import InputRefused
from kg.sources import archive
from kg.sources.revman import sheet

Table = Literal["data-rows", "overall", "subgroups", "information", "bias", "arms", "results", "library", "rm5-csv"]
_DEEP = 4  # folders below the one that is named
_INNER = archive.Limits(entry=64 * 1024 * 1024, total=256 * 1024 * 1024, entries=1000)
_SIGNS: tuple[tuple[Table, frozenset[str]], ...] = (
    ("library", frozenset({"review", "analysis", "study", "kind", "e_n", "c_n"})),
    ("rm5-csv", frozenset({"Comparison Number", "Outcome Number"})),
    ("overall", frozenset({"Analysis group", "Analysis number", "Statistical method"})),
    ("data-rows", frozenset({"Analysis group", "Analysis number", "Study"})),
    ("subgroups", frozenset({"Analysis group", "Analysis number", "Subgroup", "Mean"})),
    ("results", frozenset({"Study", "Outcome", "Arm"})),
    ("arms", frozenset({"Study", "Arm", "Intervention"})),
)
_COLUMNS_OF_BIAS = ("Domain (judgement): ", "RoB: ")
_COLUMNS_OF_INFORMATION = ("Year", "Data source")


@dataclass(frozen=True)
class Part:
    """A file: how it is called in messages, and how it is opened."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]

    @property
    def table(self) -> Table | None:
        """What table it is, by its header; nothing where it is none of RevMan's."""
        with self.open() as stream:
            return table_of(sheet.header(stream, self.name))


def table_of(header: list[str]) -> Table | None:
    """Return what table has such a header."""
    found = set(header)
    for table, signs in _SIGNS:
        if signs <= found:
            return table
    if "Study" in found:
        if any(column.startswith(_COLUMNS_OF_BIAS) for column in header):
            return "bias"
        if found & set(_COLUMNS_OF_INFORMATION) or any(column.startswith("Char: ") for column in header):
            return "information"
    return None


def in_folder(folder: Path) -> Iterator[Part]:
    """Yield the files of a folder and of the folders in it, by name; links are not followed."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if len(inside.parts) <= _DEEP and path.is_file() and not path.is_symlink():
            yield Part(f"{folder.name}/{inside.as_posix()}", lambda path=path: _file(path))  # type: ignore[misc]


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise InputRefused(f"{path.name}: cannot be read ({error.strerror or error}); check the file") from error


def in_zip(source: Path | bytes, name: str, inner: int = 1) -> Iterator[Part]:
    """Yield the files of a zip, and of the zips in it, one level down: packages hold their data in one.

    Raises InputRefused for an archive that is damaged, leads out of itself, or unpacks beyond the limits.
    """
    opened: Path | BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source
    for entry in archive.entries(opened, name, _INNER):
        with entry.open() as stream:
            content = stream.read()
        if entry.name.lower().endswith(".zip"):
            if not inner:
                raise InputRefused(f"{entry.place}: a zip in a zip in a zip; unpack it first")
            yield from in_zip(content, entry.place, inner - 1)
        else:
            yield Part(entry.place, lambda content=content: _bytes(content))  # type: ignore[misc]


@contextmanager
def _bytes(content: bytes) -> Iterator[BinaryIO]:
    yield io.BytesIO(content)
