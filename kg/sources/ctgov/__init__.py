"""Records of ClinicalTrials.gov: the JSON of the API, version 2, and the old XML of both generations.

Both are read into one neutral record (``registered``), and one set of modules writes that as rows (``rows``).
"""

from kg.sources.ctgov.files import read, read_bytes, reads

__all__ = ["read", "read_bytes", "reads"]
