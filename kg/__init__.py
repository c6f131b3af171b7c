"""A knowledge-graph evidence service: from trials as triples to pooled, traceable answers."""

__version__ = "0.1.0"

from kg.asked import Asked
from kg.asked import of as question
from kg.evidence_base import EvidenceBase
from kg.model.answer import Answer
from kg.settings import Settings

__all__ = ["Answer", "Asked", "EvidenceBase", "Settings", "__version__", "question"]
