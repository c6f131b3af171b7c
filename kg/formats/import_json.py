"""The report on an import as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from rdflib import Graph

from kg.importing import ACTIONS, Fault, ImportReport, RecordReport, Unmatched
from kg.resolution import thing_of


def import_json(report: ImportReport, rules: Graph) -> dict[str, Any]:
    """Return what an import did, or would do, with the validation report of what was refused as JSON-LD."""
    return {
        "dry_run": report.dry_run,
        "conforms": report.conforms,
        "counts": {**{action: report.counts[action] for action in ACTIONS}, "rows_left_out": report.rows_left_out},
        "records": {action: report.names[action] for action in ACTIONS},
        "refused": [_record(found, found.faults) for found in report.refused],
        "rows_left_out": [_record(found, found.rows_left_out) for found in report.partial],
        "retracted": [_record(found, found.faults) for found in report.told if found.action == "retracted"],
        "changes": [
            {"record": found.record, "action": found.action, "values": [asdict(d) for d in found.differences]}
            for found in report.told
            if found.action in ("new", "changed")
        ],
        "warnings": list(report.warnings),
        "unresolved": [_unmatched(found) for found in report.unresolved.values()],
        "likely_duplicates": [asdict(found) for found in report.duplicates],
        "commits": {"before": report.commits[0], "after": report.commits[1]},
        "report": orjson.loads(report.shacl(rules).to_jsonld()),
    }


def _record(found: RecordReport, faults: tuple[Fault, ...]) -> dict[str, Any]:
    return {"place": found.place, "record": found.record, "faults": [asdict(fault) for fault in faults]}


def _unmatched(found: Unmatched) -> dict[str, Any]:
    words = found.words
    return {
        "term": thing_of(words.term),
        "kind": words.term.kind,
        "words": words.text,
        "system": words.scope,
        "ids": words.ids,
        "records": found.records,
        "several": [thing_of(ref) for ref in words.several],
        "looks_like": words.alike,
    }
