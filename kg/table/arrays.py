"""A file of named arrays, read through the memory map of the operating system."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

_MAGIC: Final = b"evigraph arrays 1\n"
_ALIGNED: Final = 64


def write(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]], about: Mapping[str, Any]) -> None:
    """Write arrays of one dimension, and something ``about`` them; the file is on the disk when this returns.

    Raises OSError.
    """
    placed, end = {}, 0
    for name, array in arrays.items():
        placed[name] = [array.dtype.str, len(array), end]
        end += -(-array.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps({"about": about, "arrays": placed}).encode()
    with path.open("xb") as file:
        file.write(_MAGIC + len(head).to_bytes(8, "little") + head)
        file.write(b"\0" * (-file.tell() % _ALIGNED))
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).tobytes())
            file.write(b"\0" * (-array.nbytes % _ALIGNED))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Return the arrays of a file, which are read from the disk as they are looked at, and what is said about them.

    Raises OSError, and ValueError where the file is not whole.
    """
    whole = np.memmap(path, dtype=np.uint8, mode="r")
    begin = len(_MAGIC) + 8
    if len(whole) < begin or bytes(whole[: len(_MAGIC)]) != _MAGIC:
        raise ValueError(f"{path.name} is no file of arrays")
    end = begin + int.from_bytes(bytes(whole[len(_MAGIC) : begin]), "little")
    head = json.loads(bytes(whole[begin:end]))
    start = -(-end // _ALIGNED) * _ALIGNED
    arrays = {}
    for name, (kind, length, offset) in head["arrays"].items():
        size = np.dtype(kind).itemsize * length
        if start + offset + size > len(whole):
            raise ValueError(f"{path.name} was cut off")
        arrays[name] = np.asarray(whole[start + offset : start + offset + size]).view(kind)
    return arrays, head["about"]
