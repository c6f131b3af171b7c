"""A small study in the form of the API, to which a test adds what it is about."""

from __future__ import annotations

import json
from typing import Any

from kg.sources import ctgov
from kg.sources.incoming import Incoming, Unit

from .reading import Rows


def study(**modules: Any) -> dict[str, Any]:
    """A randomised study of two arms without results; modules by name are added to it or replace its own."""
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": "NCT01234567", "briefTitle": "A study"},
        "statusModule": {"overallStatus": "COMPLETED"},
        "designModule": {"designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"}},
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Drug A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Drug A"]},
                {"label": "Control", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Placebo"]},
            ],
            "interventions": [{"type": "DRUG", "name": "Drug A"}, {"type": "DRUG", "name": "Placebo"}],
        },
    }
    results = {name: modules.pop(name) for name in list(modules) if name in _RESULTS}
    return {"protocolSection": protocol | modules, "resultsSection": results}


_RESULTS = ("participantFlowModule", "baselineCharacteristicsModule", "outcomeMeasuresModule", "adverseEventsModule")


def measure(values: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An outcome measure with one cell for each group, ``OG000`` for arm Drug A and ``OG001`` for Control."""
    made: dict[str, Any] = {
        "type": "PRIMARY",
        "title": "Pain",
        "timeFrame": "12 weeks",
        "paramType": "MEAN",
        "dispersionType": "Standard Deviation",
        "unitOfMeasure": "mm",
        "groups": [{"id": "OG000", "title": "Drug A"}, {"id": "OG001", "title": "Control"}],
        "denoms": [
            {
                "units": "Participants",
                "counts": [{"groupId": "OG000", "value": "50"}, {"groupId": "OG001", "value": "40"}],
            }
        ],
        "classes": [{"categories": [{"measurements": [{"groupId": g, **v} for g, v in values.items()]}]}],
    }
    return made | fields


def outcomes(*measures: dict[str, Any]) -> dict[str, Any]:
    """The module of outcome measures."""
    return {"outcomeMeasuresModule": {"outcomeMeasures": list(measures)}}


def taken(record: Any, name: str = "x.json") -> Incoming:
    """What becomes of one record."""
    (found,) = ctgov.read_bytes(json.dumps(record).encode(), name)
    return found


def rows(record: Any) -> Rows:
    """The rows of a record that can be read."""
    found = taken(record)
    assert isinstance(found, Unit), found
    return Rows(found)
