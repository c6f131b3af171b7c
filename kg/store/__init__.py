"""The store: a journal that is the truth, and an engine that answers SPARQL about its present state."""

from kg.store.backup import Manifest, back_up
from kg.store.convert import from_rdflib
from kg.store.engine import Engine, Solutions, Term, plain
from kg.store.folder import Folder
from kg.store.records import Change, Commit, RecordVersion
from kg.store.restore import Restored, restore
from kg.store.store import Store, open_store

__all__ = [
    "Change",
    "Commit",
    "Engine",
    "Folder",
    "Manifest",
    "RecordVersion",
    "Restored",
    "Solutions",
    "Store",
    "Term",
    "back_up",
    "from_rdflib",
    "open_store",
    "plain",
    "restore",
]
