"""The evidence table: the rows of ``queries/trials`` for the whole store, kept beside it and in step with it."""

from kg.table.queried import QueriedRows
from kg.table.saved import Kept
from kg.table.table import FOLDER, EvidenceTable

__all__ = ["FOLDER", "EvidenceTable", "Kept", "QueriedRows"]
