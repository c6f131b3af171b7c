"""What pages say of themselves in the words of schema.org: a block of JSON-LD that no browser runs."""

from __future__ import annotations

from typing import Any

import orjson
from markupsafe import Markup

from api import addresses
from api.schemas import Thing
from api.signposting import schema_type
from kg import __version__
from kg.formats.answer_rdf import answer_iri
from kg.iris import BASE, EV
from kg.model.answer import Answer

_UNSAFE = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"), (b"\xe2\x80\xa8", b"\\u2028"))
_OF_TRIALS = {
    EV + "conditionText": "healthCondition",
    EV + "year": "datePublished",
    EV + "doi": "identifier",
    EV + "pmid": "identifier",
    EV + "registration": "identifier",
    EV + "funding": "funding",
}


def script(said: dict[str, Any]) -> Markup:
    """Return a body for ``<script type="application/ld+json">``; nothing in it can end the element."""
    body = orjson.dumps({"@context": "https://schema.org", **said})
    for sign, escape in _UNSAFE:
        body = body.replace(sign, escape)
    return Markup(body.decode())  # noqa: S704  (JSON without a sign that HTML reads)


def thing(found: Thing) -> Markup:
    """Return the markup of the page of a thing."""
    kind = schema_type(found.iri)
    said: dict[str, Any] = {
        "@type": kind,
        "@id": found.iri,
        "name": found.label,
        "url": addresses.page(found.iri),
        "alternateName": found.alternatives,
        "description": found.definition,
        "sameAs": [v.iri for p in found.identifiers if p.iri.endswith("exactMatch") for v in p.values if v.iri],
    }
    for prop in found.properties if kind == "MedicalTrial" else ():
        if name := _OF_TRIALS.get(prop.iri):
            said.setdefault(name, []).extend(value.href or value.text for value in prop.values)
    if kind == "MedicalTrial" and "healthCondition" in said:
        said["healthCondition"] = [{"@type": "MedicalCondition", "name": name} for name in said["healthCondition"]]
    return script({name: value for name, value in said.items() if value})


def answer(found: Answer) -> Markup:
    """Return the markup of the page of an answer: a data set that is made of the trials it counts."""
    return script(
        {
            "@type": "Dataset",
            "@id": answer_iri(found),
            "identifier": found.id,
            "name": found.title,
            "description": found.sentence,
            "url": f"/answers/{found.id}",
            "measurementTechnique": f"{found.measure}, {found.method}",
            "isBasedOn": [study.trial for study in found.studies],
            "creator": {"@type": "SoftwareApplication", "name": "evigraph", "softwareVersion": __version__},
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": media_type,
                    "contentUrl": f"/answers/{found.id}.{suffix}",
                }
                for suffix, media_type in (("json", "application/json"), ("ttl", "text/turtle"), ("csv", "text/csv"))
            ],
        }
    )


def home(title: str, modified: str, version: str) -> Markup:
    """Return the markup of the first page: the whole evidence as a data set."""
    return script(
        {
            "@type": "Dataset",
            "@id": f"{BASE}dataset",
            "name": title,
            "description": "Evidence from randomised trials as a knowledge graph: trials, arms and results with the "
            "place in the source that each figure was read from.",
            "url": "/",
            "dateModified": modified,
            "version": version,
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": "text/turtle", "contentUrl": "/rdf-graph-store?default"},
                {
                    "@type": "DataDownload",
                    "encodingFormat": "application/sparql-results+json",
                    "contentUrl": "/sparql",
                },
            ],
        }
    )
