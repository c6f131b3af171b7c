"""Small RevMan files made for tests, and what was read of them, by kind."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kg.model.records import Row
from kg.sources import revman
from kg.sources.incoming import Incoming, Unit, Unreadable
from kg.sources.revman import data_rows, library

R = TypeVar("R")


def listed(studies: str) -> str:
    """Return the XML of the list of included studies."""
    lists = "STUDIES_AND_REFERENCES", "STUDIES", "INCLUDED_STUDIES"
    return "".join(f"<{name}>" for name in lists) + studies + "".join(f"</{name}>" for name in reversed(lists))


TWO_STUDIES = listed(
    '<STUDY ID="STD-Ann-2001" NAME="Ann 2001" YEAR="2001"/>'
    '<STUDY ID="STD-Ben_x002d_Ami-2002" NAME="Ben-Ami 2002" YEAR="2002"/>'
)


def rm5(analyses: str, before: str = TWO_STUDIES, doi: str = "10.1002/14651858.CD999999.pub2") -> bytes:
    """Return a review file around the XML of its analyses."""
    return f"""<?xml version='1.0' encoding='ISO-8859-1'?>
<COCHRANE_REVIEW DOI="{doi}" REVIEW_NO="" ID="1" TYPE="INTERVENTION" REVMAN_VERSION="5">
  <COVER_SHEET><TITLE>Caf\u00e9 for tiredness</TITLE></COVER_SHEET>{before}
  <ANALYSES_AND_DATA>{analyses}</ANALYSES_AND_DATA>
</COCHRANE_REVIEW>
""".encode("iso-8859-1")


def comparison(outcomes: str, number: str = "1") -> str:
    """Return the XML of a comparison around that of its outcomes."""
    return f'<COMPARISON ID="CMP-001" NO="{number}"><NAME>Coffee or tea</NAME>{outcomes}</COMPARISON>'


def outcome(
    kind: str, rows: str, number: str = "1", labels: tuple[str, str] = ("Coffee", "Tea"), **settings: str
) -> str:
    """Return the XML of an outcome; settings that are not given are those of a Mantel-Haenszel risk ratio."""
    said = {"METHOD": "MH", "EFFECT_MEASURE": "RR", "RANDOM": "NO", "TOTALS": "YES", "CI_TOTAL": "95", "CI_STUDY": "95"}
    attributes = " ".join(f'{name}="{value}"' for name, value in (said | settings).items())
    named = f"<GROUP_LABEL_1>{labels[0]}</GROUP_LABEL_1><GROUP_LABEL_2>{labels[1]}</GROUP_LABEL_2>" if labels else ""
    return f'<{kind}_OUTCOME NO="{number}" {attributes}><NAME>Awake</NAME>{named}{rows}</{kind}_OUTCOME>'


def dich(study: str, *cells: object, **more: str) -> str:
    """Return the XML of a row of counts."""
    names = ("EVENTS_1", "TOTAL_1", "EVENTS_2", "TOTAL_2")
    said = dict(zip(names, map(str, cells), strict=True)) | more
    return f'<DICH_DATA STUDY_ID="{study}" {" ".join(f"{k}={chr(34)}{v}{chr(34)}" for k, v in said.items())}/>'


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, bom: bool = True) -> bytes:
    """Return a CSV table as RevMan writes it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def new_rows(*rows: Mapping[str, object], columns: Sequence[str] = ()) -> bytes:
    """Return data rows as packages have them since September 2024: what is not used is blank."""
    common = {"Analysis group": "1", "Analysis number": "1", "Analysis name": "Awake", "Study year": "2001"}
    every = [*data_rows.REQUIRED, "Applicability", "Weight", "Mean", "CI start", "CI end", *columns]
    return table(every, [common | dict(row) for row in rows])


def old_rows(*rows: Mapping[str, object]) -> bytes:
    """Return data rows as packages had them before: what is not used is 0."""
    zeros: dict[str, object] = dict.fromkeys(data_rows.REQUIRED[6:], "0")
    return new_rows(*(zeros | dict(row) for row in rows))


def library_rows(*rows: Mapping[str, object]) -> bytes:
    """Return a library table."""
    common = {"review": "CD999999_pub2", "doi": "10.1002/14651858.CD999999.pub2", "analysis": "1.1", "year": "2001"}
    return table(library.REQUIRED, [common | dict(row) for row in rows], bom=False)


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def read(data: bytes, name: str) -> list[Incoming]:
    """Read a file by its content."""
    return list(revman.read_bytes(data, name))


def rows(items: Iterable[Incoming], kind: type[R]) -> list[R]:
    """Return the rows of a kind, in the order of their records."""
    return [row for item in items if isinstance(item, Unit) for row in item.rows if isinstance(row, kind)]


def first(items: Iterable[Incoming], kind: type[R], **fits: Any) -> R:
    """Return the first row of a kind that has certain values."""
    return next(row for row in rows(items, kind) if all(getattr(row, k) == v for k, v in fits.items()))


def faults(items: Iterable[Incoming]) -> list[tuple[str, str]]:
    """Return place and message of everything that could not be read."""
    return [(item.place, item.message) for item in items if isinstance(item, Unreadable)]


def protocol_text(items: Iterable[Incoming]) -> str:
    """Return the protocol that was made of a review."""
    rows_ = [row for item in items if isinstance(item, Unit) and item.source == "protocols" for row in item.rows]
    text: str = rows_[0].text  # type: ignore[union-attr]
    return text


def every_row(items: Iterable[Incoming]) -> list[Row]:
    """Return all rows."""
    return [row for item in items if isinstance(item, Unit) for row in item.rows]


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a folder."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder
