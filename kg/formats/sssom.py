"""Mappings as SSSOM (Simple Standard for Sharing Ontological Mappings): a table of tabs with its metadata in front."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from kg import iris
from kg.iris import BASE

COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "mapping_justification",
    "mapping_source",
    "comment",
)
_SEMAPV = "https://w3id.org/semapv/vocab/"
_LICENCE = "https://w3id.org/sssom/license/unspecified"
"""Mappings are facts of many sources, each named in its row; none of them states a licence for all."""
_BREAKS = re.compile(r"[\t\r\n]+")
_WEB = re.compile(r"https?://[^\s()]+")


def mappings(rows: Iterable[Mapping[str, Any]], prefixes: Mapping[str, str], version: str, date: str) -> str:
    """Return mappings as SSSOM; ``rows`` are those of ``explore/mappings``."""
    used: set[str] = set()

    def curie(iri: str) -> str:
        short = iris.shorten(iri, prefixes)
        if short != iri:
            used.add(short.partition(":")[0])
        return short

    lines: dict[tuple[str, ...], None] = {}
    for row in rows:
        found = _WEB.search(row["source"] or "")
        said = [f"{name}: {row[name]}" for name in ("basis", "note", "doubt") if row[name]]
        if row["source"] and (found is None or found[0] != row["source"]):
            said.append(f"source: {row['source']}")
        cells = (
            curie(row["subject"]),
            row["label"] or "",
            curie(row["predicate"]),
            curie(row["object"]),
            _justification(row["basis"]),
            found[0] if found else "",
            "; ".join(said),
        )
        lines[tuple(_BREAKS.sub(" ", cell) for cell in cells)] = None
    told = {
        "mapping_set_id": f"{BASE}mappings",
        "mapping_set_version": version,
        "mapping_date": date,
        "license": _LICENCE,
        "curie_map": {name: prefixes[name] for name in sorted(used)} | {"semapv": _SEMAPV},
    }
    out = io.StringIO()
    for line in yaml.safe_dump(told, sort_keys=False, allow_unicode=True).splitlines():
        out.write(f"#{line}\n")
    writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    writer.writerows(sorted(lines))
    return out.getvalue()


def _justification(basis: str | None) -> str:
    return "semapv:LexicalMatching" if basis and "label" in basis else "semapv:ManualMappingCuration"
