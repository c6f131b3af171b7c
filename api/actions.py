"""What drugs do at receptors, each statement with its affinity and its source."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode

from api.schemas import Action
from api.service import Service
from kg.iris import EV, local

_MOST = 200


def actions(service: Service, uses: Iterable[str]) -> list[Action]:
    """Return the actions of some IRIs, by receptor and drug."""
    made = [_action(service, iri) for iri in list(uses)[:_MOST]]
    return sorted(made, key=lambda a: (a.receptor_label.casefold(), a.drug_label.casefold(), a.iri))


def _action(service: Service, iri: str) -> Action:
    texts: dict[str, str] = {}
    things: dict[str, str] = {}
    for triple in service.base.describe(iri):
        name = triple.predicate.value.removeprefix(EV)
        if isinstance(triple.object, Literal):
            texts[name] = triple.object.value
        elif isinstance(triple.object, NamedNode):
            things[name] = triple.object.value
    known = service.base.vocabulary
    kind = local(things.get("affinityType", "")).removeprefix("affinityUnspecified")
    value = f"{texts.get('relation', '=')} {texts['affinityValue']}" if "affinityValue" in texts else ""
    unit = texts.get("unit", "").replace("uM", "\u00b5M")
    source = things.get("source") or texts.get("source", "")
    return Action(
        iri=iri,
        drug=things["drug"],
        drug_label=known.label(things["drug"]),
        receptor=things["receptor"],
        receptor_label=known.label(things["receptor"]),
        action=texts.get("action", ""),
        affinity=f"{kind} {value} {unit}".replace("= ", "").strip() if value else None,
        species=texts.get("species"),
        assay=texts.get("assay"),
        source=source,
        locator=texts.get("locator", ""),
        kind=local(things["sourceKind"]) if "sourceKind" in things else "",
    )
