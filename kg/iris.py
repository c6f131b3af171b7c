"""Names: the base IRI, the prefixes, CURIEs, and how the IRI of each kind of thing is minted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from kg.errors import InputRefused

BASE = "https://w3id.org/evigraph/"
EV = BASE + "ns#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"

GRAPH = BASE + "graph/"
SLUG = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_PREFIX_LINE = re.compile(r"^@prefix\s+([\w.-]*):\s+<([^<>\s]+)>\s*\.", re.MULTILINE)


def slug(text: str) -> str:
    """Return the lower-case ASCII slug of a label, as used in IRIs."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not found:
        raise InputRefused(f"{text!r} has no letter or digit to make an identifier of; give it a Latin name or a slug")
    return found


def thing(kind: str, *path: str) -> str:
    """Return the IRI of a thing of a kind, such as ``thing("trial", "sigtermans-2009", "arm", "ketamine")``."""
    for part in path:
        if not SLUG.fullmatch(part):
            raise InputRefused(
                f"{part!r} cannot stand in an IRI of kind {kind}: use lower-case letters, digits, '-' and '.'"
            )
    return BASE + "/".join((kind, *path))


def arm(trial: str, arm_id: str) -> str:
    """Return the IRI of an arm of a trial."""
    return thing("trial", trial, "arm", arm_id)


def record(source: str, record_id: str) -> str:
    """Return the IRI of a record, the unit in which facts come in, change and go."""
    return thing("record", source, record_id)


def local(iri: str) -> str:
    """Return what stands behind the base and the kind: ``drug/ketamine`` gives ``ketamine``."""
    return iri.removeprefix(EV) if iri.startswith(EV) else iri.removeprefix(BASE).partition("/")[2]


@lru_cache(maxsize=4)
def prefixes(ontology: Path) -> Mapping[str, str]:
    """Return prefix to namespace, as listed in ``prefixes.ttl`` of the ontology folder."""
    return dict(_PREFIX_LINE.findall((ontology / "prefixes.ttl").read_text(encoding="utf-8")))


def expand(curie: str, known: Mapping[str, str]) -> str | None:
    """Return the IRI of a CURIE, or nothing where its prefix is not known (case does not count)."""
    prefix, colon, rest = curie.partition(":")
    if not colon or not rest or rest.startswith("//"):
        return None
    by_folded = {name.casefold(): namespace for name, namespace in known.items()}
    namespace = known.get(prefix) or by_folded.get(prefix.casefold())
    return namespace + rest if namespace else None


def shorten(iri: str, known: Mapping[str, str]) -> str:
    """Return the CURIE of an IRI by its longest namespace, or the IRI where none fits."""
    best = max(
        ((name, space) for name, space in known.items() if iri.startswith(space) and len(iri) > len(space)),
        key=lambda item: len(item[1]),
        default=None,
    )
    return f"{best[0]}:{iri[len(best[1]) :]}" if best else iri
