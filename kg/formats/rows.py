"""The rows of a query as CSV, JSON and Arrow."""

from __future__ import annotations

import csv
import io
from typing import Any

from kg.catalog import Rows
from kg.formats.answer_csv import text_cell


def rows_csv(rows: Rows) -> str:
    """Return rows as CSV; no cell can be read as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(rows.columns)
    writer.writerows([text_cell(value) for value in row] for row in rows.rows)
    return out.getvalue()


def rows_json(rows: Rows) -> dict[str, Any]:
    """Return rows as columns and a list of rows."""
    return {"columns": list(rows.columns), "rows": [list(row) for row in rows.rows]}


def rows_arrow(rows: Rows) -> bytes:
    """Return rows as an Arrow IPC stream; a column of mixed kinds is text."""
    import pyarrow as pa  # noqa: PLC0415  (large, and only this form needs it)

    columns = {}
    for position, name in enumerate(rows.columns):
        values = [row[position] for row in rows.rows]
        kinds = {type(v) for v in values if v is not None}
        mixed = len(kinds) > 1 and not kinds <= {int, float}
        columns[name] = pa.array([None if v is None else str(v) for v in values] if mixed else values)
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
