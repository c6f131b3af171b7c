"""A knowledge-graph evidence service: from trials as triples to pooled, traceable answers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.asked import Asked
    from kg.asked import of as question
    from kg.evidence_base import EvidenceBase
    from kg.model.answer import Answer
    from kg.settings import Settings

__version__ = "0.1.0"

__all__ = ["Answer", "Asked", "EvidenceBase", "Settings", "__version__", "question"]

_HOMES = {
    "Answer": ("kg.model.answer", "Answer"),
    "Asked": ("kg.asked", "Asked"),
    "EvidenceBase": ("kg.evidence_base", "EvidenceBase"),
    "Settings": ("kg.settings", "Settings"),
    "question": ("kg.asked", "of"),
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: ``kg.pooling`` alone needs neither store nor RDF."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kg' has no attribute {name!r}")
    module, own = _HOMES[name]
    return getattr(importlib.import_module(module), own)
