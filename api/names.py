"""What things are called on pages: classes, properties and fixed values, and the things that carry no label."""

from __future__ import annotations

import re

from kg import iris
from kg.evidence_base import EvidenceBase
from kg.iris import BASE, EV

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
    iris.DCTERMS + "source": "source",
    iris.DCTERMS + "title": "title",
    iris.DCTERMS + "description": "description",
    iris.DCTERMS + "bibliographicCitation": "citation",
    iris.PROV + "wasAttributedTo": "attributed to",
    iris.PROV + "generatedAtTime": "written",
}


class Names:
    """Labels of the vocabulary, of trials and of analyses, read once."""

    def __init__(self, base: EvidenceBase) -> None:
        self._known = base.vocabulary
        self._labels: dict[str, str] = {}
        for kind in _OF_ONTOLOGY:
            for row in base.query("explore/terms", **{"class": _OWL + kind}).records():
                if row["preferred"]:
                    self._labels.setdefault(row["thing"], row["label"])
        self._labels |= _STANDARD
        self._studies: dict[str, str] = {
            str(trial): str(label) for trial, label in base.table.distinct("trials/trial-facts", "trial", "label")
        }
        self._analyses: dict[str, str] = {analysis.iri: analysis.identifier for analysis in base.published}

    def label(self, iri: str) -> str:
        """Return the label of a class, a property or a fixed value; the end of its IRI where it has none."""
        return self._labels.get(iri) or _apart(re.split(r"[#/]", iri.rstrip("/#"))[-1])

    def known(self, iri: str) -> bool:
        """Tell whether an IRI is one of the vocabulary."""
        return iri in self._labels or iri.startswith(EV)

    def study(self, slug: str) -> str:
        """Return the label of a trial as studies are cited, such as "Sigtermans 2009"."""
        return self._studies.get(f"{BASE}trial/{slug}", slug)

    def title(self, iri: str, label: str | None = None) -> str:
        """Return what a thing is called among others of its kind: its label with what it belongs to."""
        match iri.removeprefix(BASE).split("/"):
            case ["trial", trial]:
                return self._studies.get(iri) or label or trial
            case ["trial", trial, "arm", arm]:
                return f"{self.study(trial)}: {label or arm}"
            case ["result" | "contrast", source, trial, number]:
                return f"{self.study(trial)}, result {number} ({source})"
            case ["judgement", source, about, *what]:
                return f"{self.study(about)}, {' '.join(what)} ({source})"
            case ["subgroup", analysis, trial]:
                return f"{self.study(trial)} in {analysis}"
            case ["analysis", number]:
                return f"{self._analyses.get(iri, number)} {label or ''}".strip()
            case ["analysis", number, "estimate", position]:
                return f"{self._analyses.get(f'{BASE}analysis/{number}', number)}, value {position}"
            case ["action", drug, receptor, *rest]:
                at = f"{self._known.label(f'{BASE}drug/{drug}')} at {self._known.label(f'{BASE}receptor/{receptor}')}"
                return f"{at} ({', '.join(rest)})" if rest else at
            case ["record", source, record]:
                return f"record {record} of {source}"
            case ["graph", "record", source, record, version]:
                return f"record {record} of {source}, version {version}"
            case _:
                return label or iri.removeprefix(BASE)


def _apart(camel: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", camel).lower() if camel[:1].islower() else camel
