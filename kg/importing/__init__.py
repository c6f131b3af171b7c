"""Files of other systems and our own, into the store: each record through the gate, in or out on its own."""

from kg.importing.importing import import_paths, import_records
from kg.importing.report import (
    ACTIONS,
    Action,
    Difference,
    Fault,
    ImportReport,
    LikelyDuplicate,
    RecordReport,
    Unmatched,
)

__all__ = [
    "ACTIONS",
    "Action",
    "Difference",
    "Fault",
    "ImportReport",
    "LikelyDuplicate",
    "RecordReport",
    "Unmatched",
    "import_paths",
    "import_records",
]
