"""The gate: the rules of ``ontology/shapes`` and of names, applied to what comes in."""

from kg.shapes.gate import Shapes
from kg.shapes.report import Finding, Report

__all__ = ["Finding", "Report", "Shapes"]
