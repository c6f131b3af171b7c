"""Tables as an XLSX workbook, every text a text: no cell is a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def workbook(sheets: Mapping[str, tuple[Sequence[str], Iterable[Sequence[object]]]]) -> bytes:
    """Return a workbook with one sheet per table, given as columns and rows."""
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime(2020, 1, 1)
    for name, (columns, rows) in sheets.items():
        sheet = book.create_sheet(name[:31])
        for row in (columns, *rows):
            cells = []
            for value in row:
                number = value if isinstance(value, int | float) or value is None else None
                text = _ILLEGAL.sub("", str(value)) if number is None and value is not None else None
                cell = WriteOnlyCell(sheet, number if text is None else text)
                if text is not None:
                    cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
