"""What the neutral trials speak of: drugs with confusable names, outcomes, a scale, and another trial of the drug."""

from __future__ import annotations

from typing import Any

_MADE_UP = {"source": "made up", "locator": "here", "source_kind": "primary"}
CONCEPTS = """
@base <https://w3id.org/evigraph/> .
@prefix ev: <https://w3id.org/evigraph/ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<record/outcomes/attack> {
  <outcome/response> a ev:Outcome , skos:Concept ; skos:prefLabel "response"@en ; skos:notation "response" ;
    skos:inScheme <scheme/outcomes> ; skos:topConceptOf <scheme/outcomes> ; ev:outcomeKind ev:benefit ;
    ev:outcomeDirection ev:higherIsBetter ; ev:source "made up" .
  <outcome/score> a ev:Outcome , skos:Concept ; skos:prefLabel "score"@en ; skos:notation "score" ;
    skos:inScheme <scheme/outcomes> ; skos:topConceptOf <scheme/outcomes> ; ev:outcomeKind ev:benefit ;
    ev:outcomeDirection ev:lowerIsBetter ; ev:source "made up" .
  <scheme/outcomes> skos:hasTopConcept <outcome/response> , <outcome/score> .
}
<record/instruments/attack> {
  <instrument/attack-scale> a ev:Instrument , skos:Concept ; skos:prefLabel "attack scale"@en ;
    skos:notation "attack-scale" ;
    skos:inScheme <scheme/instruments> ; skos:topConceptOf <scheme/instruments> ; ev:forOutcome <outcome/score> ;
    ev:direction ev:lowerIsBetter ; ev:source "made up" .
  <scheme/instruments> skos:hasTopConcept <instrument/attack-scale> .
}
"""


def drugs() -> list[dict[str, Any]]:
    """Return the drugs, as records."""
    names = {"x": "drug x", "aspirin": "aspirin", "o-toluidine": "o-toluidine"}
    return [
        {"source": "drugs", "id": slug, "provenance": _MADE_UP, "drug": {"label": label}}
        for slug, label in names.items()
    ]


def other_trial() -> dict[str, Any]:
    """Return another trial of the drug, at 50 mg, with nothing doubtful in it."""
    arms = [("t", "experimental", "x"), ("c", "placebo", "placebo")]
    return {
        "source": "attacks",
        "id": "nct00000100",
        "provenance": _MADE_UP,
        "trial": {
            "study_label": "Other 2019",
            "label": "another trial",
            "year": 2019,
            "registration": ["NCT00000100"],
            "design": "parallel",
        },
        "arms": [
            {"arm": arm, "intervention_text": drug, "role": role, "studied": drug, "randomised": 87}
            | ({"dose": "50 mg", "dose_value": 50, "dose_unit": "mg"} if arm == "t" else {})
            for arm, role, drug in arms
        ],
        "dichotomous_results": [
            {"number": 1, "arm": "t", "outcome": "response", "events": 33, "total": 87},
            {"number": 2, "arm": "c", "outcome": "response", "events": 21, "total": 87},
        ],
        "continuous_results": [
            {
                "number": number,
                "arm": arm,
                "outcome": "score",
                "instrument": "attack-scale",
                "value_kind": "final",
                "unit": "points",
                "mean": mean,
                "sd": 4.4,
                "n": 87,
            }
            for number, arm, mean in ((3, "t", 10.9), (4, "c", 12.6))
        ],
    }
