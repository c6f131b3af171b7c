"""Zip archives that others packed: checked before anything is unpacked, read entry by entry, never written to disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from kg.errors import InputRefused

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_SMALL = 1024 * 1024
"""Below this size a high ratio does no harm: many small texts are nearly empty."""


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to: bytes of one entry, bytes in all, bytes out for one in, and entries."""

    entry: int = 256 * 1024 * 1024
    total: int = 16 * 1024 * 1024 * 1024
    ratio: int = 200
    entries: int = 1_000_000


LIMITS = Limits()


@dataclass(frozen=True)
class Entry:
    """A file in an archive: its name there, and where a person would look for it."""

    name: str
    place: str
    _archive: zipfile.ZipFile
    _info: zipfile.ZipInfo

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the entry for reading as it unpacks.

        Raises InputRefused, also while it is read, where the packed data are damaged.
        """
        try:
            with self._archive.open(self._info) as raw:
                yield io.BufferedReader(_Unpacked(raw, self.place))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise _damaged(self.place, error) from error


class _Unpacked(io.RawIOBase):
    """Bytes of an entry; damage in the packed data becomes a refusal where it is met."""

    def __init__(self, raw: IO[bytes], place: str) -> None:
        self._raw = raw
        self._place = place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._raw.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise _damaged(self._place, error) from error
        buffer[: len(data)] = data
        return len(data)


def entries(source: Path | BinaryIO, place: str, limits: Limits = LIMITS) -> Iterator[Entry]:
    """Yield the files of a zip archive in its order; each is good until the next is asked for.

    Raises InputRefused, before the first one, for anything that is not a plain zip or that ``check`` refuses.
    """
    try:
        with zipfile.ZipFile(source) as opened:
            check(opened, place, limits)
            for info in opened.infolist():
                if not info.is_dir():
                    yield Entry(info.filename, f"{place}/{info.filename}", opened, info)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError) as error:
        if isinstance(error, InputRefused):
            raise
        raise InputRefused(f"{place}: not a zip archive that can be read ({error}); pack it again") from error
    except OSError as error:
        raise InputRefused(f"{place}: cannot be read ({error.strerror or error}); check the file") from error


def check(opened: zipfile.ZipFile, place: str, limits: Limits = LIMITS) -> None:
    """Refuse an archive by its table of contents: names that leave the folder, links, ciphers, doubles, bombs.

    zipfile never unpacks more of an entry than the table says, so the sizes there bound what comes out.
    """
    infos = opened.infolist()
    if len(infos) > limits.entries:
        raise InputRefused(f"{place}: more than {limits.entries} entries; split the archive")
    total, seen = 0, set[str]()
    for info in infos:
        where = f"{place}/{info.filename[:120]!r}"
        _check_name(info.filename, where)
        if info.filename in seen:
            raise InputRefused(f"{where}: stands twice in the archive; keep one")
        seen.add(info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise InputRefused(f"{where}: is a link; pack the file itself")
        if info.flag_bits & 0x1:
            raise InputRefused(f"{where}: is encrypted; pack it without a password")
        if info.compress_type not in _METHODS:
            raise InputRefused(f"{where}: is packed by an unusual method; pack it as plain zip (deflate)")
        if info.file_size > limits.entry:
            raise InputRefused(f"{where}: unpacks to more than {limits.entry // 1024**2} MiB; split it")
        if info.file_size > _SMALL and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise InputRefused(f"{where}: unpacks to more than {limits.ratio} times its size; it is not read")
        total += info.file_size
        if total > limits.total:
            raise InputRefused(f"{place}: unpacks to more than {limits.total // 1024**2} MiB; split the archive")


def _check_name(name: str, where: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not name.isprintable():
        raise InputRefused(f"{where}: a name that leads out of the archive, or cannot be shown; rename the entry")


def _damaged(place: str, error: Exception) -> InputRefused:
    return InputRefused(f"{place}: the packed data are damaged ({error}); fetch or pack the archive again")
