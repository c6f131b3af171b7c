"""The metadata of an answer packed as an RO-Crate 1.1."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Sequence

from kg.iris import BASE
from kg.model.answer import Answer

_SPECIFICATION = "https://w3id.org/ro/crate/1.1"


def crate_metadata(answer: Answer, files: Sequence[str]) -> str:
    """Return ``ro-crate-metadata.json`` for the files of an answer."""
    software = {
        "@id": f"{BASE}software/{answer.provenance.software.name}",
        "@type": "SoftwareApplication",
        "name": answer.provenance.software.name,
        "version": answer.provenance.software.version,
    }
    graph = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": _SPECIFICATION},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "identifier": f"{BASE}answer/{answer.id}",
            "name": answer.title,
            "description": answer.sentence,
            "datePublished": answer.provenance.generated_at,
            "license": {"@id": "https://www.apache.org/licenses/LICENSE-2.0"},
            "hasPart": [{"@id": name} for name in files],
            "mentions": {"@id": "#run"},
        },
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": "pooling",
            "endTime": answer.provenance.generated_at,
            "instrument": {"@id": software["@id"]},
            "object": [{"@id": record} for record in answer.provenance.records],
            "result": [{"@id": name} for name in files if name.startswith("answer")],
        },
        software,
        *({"@id": name, "@type": "File", "encodingFormat": _form(name)} for name in files),
        *({"@id": record, "@type": "Dataset", "name": record} for record in answer.provenance.records),
    ]
    return json.dumps({"@context": f"{_SPECIFICATION}/context", "@graph": graph}, indent=2, ensure_ascii=False)


def _form(name: str) -> str:
    known = {".rq": "application/sparql-query", ".ttl": "text/turtle", ".jsonld": "application/ld+json"}
    suffix = "." + name.rpartition(".")[2]
    return known.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
