"""The way back from a property to the column that it is written from, for messages."""

from __future__ import annotations

import re

_COLUMNS = {
    "hasArm": "trial",
    "ofArm": "arm",
    "ofTrial": "trial",
    "ofAnalysis": "analysis",
    "ofReview": "review",
    "includedTrial": "trial",
    "analysedTrial": "trial",
    "forOutcome": "outcome",
    "wasAttributedTo": "judged_by",
    "bibliographicCitation": "citation",
    "prefLabel": "label",
    "measuredIn": "unit",
}


def column(path: str | None) -> str | None:
    """Return the table column that a property is read from."""
    if path is None:
        return None
    name = re.split(r"[/#]", path)[-1]
    return _COLUMNS.get(name) or re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), name)
