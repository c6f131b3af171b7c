"""The store: a journal that is the truth, and an engine that answers SPARQL about its present state."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kg.store.engine import Engine, Solutions, Term, plain
from kg.store.folder import Folder
from kg.store.records import Change, Commit, RecordVersion
from kg.store.store import Store, open_store

if TYPE_CHECKING:
    from kg.store.backup import Manifest, back_up
    from kg.store.convert import from_rdflib
    from kg.store.restoring import Restored, restore

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

_HOMES = {
    "Manifest": "backup",
    "Restored": "restoring",
    "back_up": "backup",
    "from_rdflib": "convert",
    "restore": "restoring",
}


def __getattr__(name: str) -> Any:
    """Load a public name that asking a store does not need when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
