"""What a source hands over: one record at a time, or why one could not be read.

A module of a source has ``reads(path)``, which tells whether a file, folder or zip archive looks like its own, and
``read(path)``, which yields ``Incoming`` from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.model.records import Row


@dataclass(frozen=True)
class Unit:
    """The rows of one record of a source, and the place where a person would look for it.

    Where ``separable``, rows that the gate refuses may be left out one by one, and the rest enters.
    """

    source: str
    name: str
    rows: tuple[Row, ...]
    place: str
    separable: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A record that could not be read; the others of its file go on."""

    place: str
    message: str


Incoming = Unit | Unreadable
