"""What the vocabulary calls its classes, properties and fixed values."""

from __future__ import annotations

import re

from kg import iris
from kg.evidence_base import EvidenceBase
from kg.iris import EV

_OWL = "http://www.w3.org/2002/07/owl#"
_OF_ONTOLOGY = ("Class", "ObjectProperty", "DatatypeProperty", "NamedIndividual")
_STANDARD = {
    iris.RDF + "type": "class",
    iris.RDFS + "label": "label",
    iris.RDFS + "comment": "comment",
    iris.RDFS + "isDefinedBy": "defined by",
    iris.RDFS + "subClassOf": "narrower than the class",
    iris.RDFS + "subPropertyOf": "narrower than the property",
    iris.SKOS + "prefLabel": "label",
    iris.SKOS + "altLabel": "also called",
    iris.SKOS + "definition": "definition",
    iris.SKOS + "scopeNote": "scope",
    iris.SKOS + "notation": "code",
    iris.SKOS + "broader": "part of the broader",
    iris.SKOS + "related": "related",
    iris.SKOS + "inScheme": "in the list",
    iris.SKOS + "topConceptOf": "at the top of",
    iris.SKOS + "hasTopConcept": "at its top",
    iris.SKOS + "exactMatch": "the same as",
    iris.SKOS + "closeMatch": "close to",
    iris.SKOS + "broadMatch": "narrower than",
    iris.SKOS + "narrowMatch": "broader than",
    iris.SKOS + "relatedMatch": "related to",
    iris.DCTERMS + "identifier": "identifier",
    iris.DCTERMS + "title": "title",
    iris.DCTERMS + "description": "description",
    iris.DCTERMS + "bibliographicCitation": "citation",
    iris.PROV + "wasAttributedTo": "attributed to",
}


class Names:
    """Labels of the vocabulary, read once."""

    def __init__(self, base: EvidenceBase) -> None:
        self._labels: dict[str, str] = {}
        for kind in _OF_ONTOLOGY:
            for row in base.query("explore/terms", **{"class": _OWL + kind}).records():
                if row["preferred"]:
                    self._labels.setdefault(row["thing"], row["label"])
        self._labels |= _STANDARD

    def label(self, iri: str) -> str:
        """Return the label of a class, a property or a fixed value; the end of its IRI where it has none."""
        return self._labels.get(iri) or _apart(re.split(r"[#/]", iri.rstrip("/#"))[-1])

    def known(self, iri: str) -> bool:
        """Tell whether an IRI is one of the vocabulary."""
        return iri in self._labels or iri.startswith(EV)


def _apart(camel: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", camel).lower() if camel[:1].islower() else camel
