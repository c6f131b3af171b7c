"""The ends of an engine's table files, looked at before the engine reads them.

Each block of a table has a checksum, so that damage is found when it is read. Where the blocks lie is said at the end
of the file, which has a checksum from version 6 of the form on; in an older one a single flipped bit can tell the
engine of a block of gigabytes, and it takes the memory for it before it finds out. The form is that of RocksDB's
``table/format.h``: type of checksum, two handles (offset and size, as varints) in 40 bytes, version, magic number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kg.store.engine import EngineDamaged

_LENGTH: Final = 53
_HANDLES: Final = slice(1, 41)
_VERSION: Final = slice(41, 45)
_MAGIC: Final = bytes.fromhex("f7cff485b741e288")
_CHECKED: Final = 6


def check_footers(folder: Path) -> None:
    """Refuse an engine of which a table file says that its blocks lie outside of it.

    Raises EngineDamaged.
    """
    for table in folder.glob("*.sst"):
        if not _is_possible(table):
            raise EngineDamaged(f"the engine at {folder} is damaged (the end of {table.name}); run `kg rebuild`")


def _is_possible(table: Path) -> bool:
    try:
        with table.open("rb") as file:
            size = file.seek(0, 2)
            if size < _LENGTH:
                return False
            file.seek(size - _LENGTH)
            footer = file.read(_LENGTH)
    except OSError:  # deleted meanwhile, or not to be read: the engine will say so
        return True
    if not footer.endswith(_MAGIC):
        return False
    if int.from_bytes(footer[_VERSION], "little") >= _CHECKED:
        return True
    numbers = _varints(footer[_HANDLES], 4)
    return numbers is not None and all(
        offset + length <= size - _LENGTH for offset, length in (numbers[:2], numbers[2:])
    )


def _varints(text: bytes, count: int) -> list[int] | None:
    """Return the first numbers of a text of varints, seven bits a byte, lowest first; nothing where it is none."""
    numbers: list[int] = []
    value = shift = 0
    for byte in text:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
            if len(numbers) == count:
                return numbers
        elif shift > 63:
            return None
    return None
