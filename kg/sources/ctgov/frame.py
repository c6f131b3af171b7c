"""What every row of a record shares: who says it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from kg.model.records import Origin
from kg.sources.ctgov.posted import Place

SOURCE = "ctgov"
"""Name of the source, and scope of its words."""


class Stated(TypedDict):
    """The columns that every row of a record has."""

    origin: Origin
    source: str
    locator: str
    source_kind: str
    record_source: str
    trial: str


@dataclass(frozen=True)
class Frame:
    """A record in a file: its registration number, the file's name, and the pointer of the record in a page."""

    nct: str
    file: str
    pointer: str = ""

    @property
    def trial(self) -> str:
        """The slug of the trial."""
        return self.nct.lower()

    @property
    def url(self) -> str:
        """The page of the registry about the trial."""
        return f"https://clinicaltrials.gov/study/{self.nct}"

    def stated(self, place: Place) -> Stated:
        """Return the shared columns of a row that stands at a place of the record.

        The locator is a place in the record, not in the file: the same record read from a page is the same record.
        """
        return Stated(
            origin=Origin(self.file, place.line) if place.line else Origin(self.where(place), 0),
            source=self.url,
            locator=place.path or "the whole record",
            source_kind="primary",
            record_source=SOURCE,
            trial=self.trial,
        )

    def where(self, place: Place) -> str:
        """Return a place as a person would look for it: file and line, or file and JSON pointer."""
        if place.line:
            return f"{self.file}:{place.line}"
        pointer = self.pointer + place.path
        return f"{self.file}#{pointer}" if pointer else self.file
