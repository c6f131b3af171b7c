"""Notices about published papers, as the Retraction Watch database lists them in its CSV.

Columns used: OriginalPaperDOI, OriginalPaperPubMedID, RetractionNature, Reason, RetractionDate, RetractionDOI and
Record ID; others are passed over. A DOI that is not known is empty or ``unavailable``, a PubMed id ``0``. Dates are
month/day/year with a time; reasons are separated by semicolons, each with a plus sign before it. The file has bytes
here and there that are not UTF-8, in names of authors; they are replaced, and no identifier with one of them matches.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from kg.errors import InputRefused

RETRACTION: Final = "retraction"
REINSTATEMENT: Final = "reinstatement"
_NEEDED: Final = ("RetractionNature",)
_IDENTIFIERS: Final = ("OriginalPaperDOI", "OriginalPaperPubMedID")
_DOI: Final = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S+)", re.IGNORECASE)
_PMID: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Listed:
    """One notice: the paper that it is about, what kind of notice it is, why, and when it came."""

    place: str
    doi: str | None
    pmid: str | None
    nature: str
    reason: str
    day: date | None
    notice: str | None
    record: str

    @property
    def is_retraction(self) -> bool:
        """Tell a retraction from an expression of concern, a correction or a reinstatement."""
        return self.nature.casefold() == RETRACTION

    @property
    def is_reinstatement(self) -> bool:
        """Tell whether the notice takes a retraction back."""
        return self.nature.casefold() == REINSTATEMENT


def notices(path: Path) -> Iterator[Listed]:
    """Read the notices of a CSV file, one after the other.

    Raises InputRefused where it cannot be read, or is no such file.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            _check_head(path, rows.fieldnames or ())
            for row in rows:
                yield _listed(f"{path.name}:{rows.line_num}", {k: v or "" for k, v in row.items() if k is not None})
    except OSError as error:
        raise InputRefused(f"{path} cannot be read ({error.strerror}); name a file that is there") from error
    except csv.Error as error:
        raise InputRefused(f"{path}: not a CSV file ({error}); save it as CSV with commas and quotes") from error


def doi_of(text: str) -> str | None:
    """Return a DOI in small letters and without an address around it, or nothing; DOIs do not tell case apart."""
    found = _DOI.fullmatch(text.strip())
    return found[1].lower() if found else None


def _check_head(path: Path, head: object) -> None:
    columns = set(head) if isinstance(head, list | tuple) else set()
    missing = [name for name in _NEEDED if name not in columns]
    if not columns & set(_IDENTIFIERS):
        missing.append(" or ".join(_IDENTIFIERS))
    if missing:
        raise InputRefused(
            f"{path}:1: column {', '.join(missing)} missing; the columns are those of the Retraction Watch database"
        )


def _listed(place: str, row: dict[str, str]) -> Listed:
    def cell(name: str) -> str:
        return row.get(name, "").strip()

    pmid = cell("OriginalPaperPubMedID")
    reasons = [part.strip().lstrip("+").strip() for part in cell("Reason").split(";")]
    return Listed(
        place=place,
        doi=doi_of(cell("OriginalPaperDOI")),
        pmid=pmid if _PMID.fullmatch(pmid) else None,
        nature=cell("RetractionNature"),
        reason="; ".join(filter(None, reasons)) or "no reason is given",
        day=_day(cell("RetractionDate")),
        notice=doi_of(cell("RetractionDOI")),
        record=cell("Record ID"),
    )


def _day(text: str) -> date | None:
    first = text.partition(" ")[0]
    for form in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(first, form).date()
        except ValueError:
            continue
    return None
