"""Endpoints elsewhere that may supply evidence: named in the settings, asked by queries of ours, sealed here."""

from kg.federation.endpoints import Endpoint, endpoints
from kg.federation.fetching import fetch

__all__ = ["Endpoint", "endpoints", "fetch"]
