"""New things of the graph, made by a curator out of the words of a file."""

from __future__ import annotations

from typing import Final

from pyoxigraph import Literal

from kg import iris
from kg.errors import InputRefused
from kg.model.records import Drug, Origin, Ref, Row, Vocabulary

SORTS: Final = {
    "intervention": ("drug",),
    "condition": ("painCondition", "disease"),
    "outcome": ("benefit", "harm"),
    "instrument": ("instrument",),
}
"""For each kind of term, what sort of new thing it may become."""
_SCHEMES: Final = {"condition": "conditions", "outcome": "outcomes", "instrument": "instruments"}
_CLASSES: Final = {"condition": "Condition", "outcome": "Outcome", "instrument": "Instrument"}
_SORT_PROPERTY: Final = {"condition": "conditionKind", "outcome": "outcomeKind"}


def new_thing(kind: str, label: str, sort: str | None, words: str, author: str) -> tuple[Ref, list[Row]]:
    """Return a new thing for a term of a kind, and the rows that define it.

    The words that it came with are its alternative label. Raises InputRefused where the sort does not fit.
    """
    allowed = SORTS[kind]
    chosen = sort or (allowed[0] if len(allowed) == 1 else None)
    if chosen not in allowed:
        raise InputRefused(f"a new {kind} is of a sort; say which: {', '.join(allowed)}")
    slug, origin = iris.slug(label), Origin("kg curate", 0)
    others = (words,) if words.casefold() != label.casefold() else ()
    if kind == "intervention":
        made = Drug(
            origin=origin, source=f"curated by {author}", locator=words, source_kind="secondary",
            drug=slug, label=label, alt_label=others, narrower_drug_of=None, in_class=(),
        )  # fmt: skip
        return Ref("drug", slug), [made]
    text = _concept(kind, slug, label, others, chosen)
    return Ref(kind, slug), [Vocabulary(origin=origin, source="concepts", name=f"{kind}-{slug}", turtle=text)]


def _concept(kind: str, slug: str, label: str, others: tuple[str, ...], sort: str) -> str:
    thing, scheme = f"<{iris.thing(kind, slug)}>", f"<{iris.thing('scheme', _SCHEMES[kind])}>"
    skos, ev = iris.SKOS, iris.EV
    lines = [
        f"{thing} a <{ev}{_CLASSES[kind]}> , <{skos}Concept> .",
        f"{thing} <{skos}prefLabel> {Literal(label, language='en')} .",
        *(f"{thing} <{skos}altLabel> {Literal(other, language='en')} ." for other in others),
        f"{thing} <{skos}notation> {Literal(slug)} .",
        f"{thing} <{skos}inScheme> {scheme} .",
        f"{thing} <{skos}topConceptOf> {scheme} .",
        f"{scheme} <{skos}hasTopConcept> {thing} .",
    ]
    if kind in _SORT_PROPERTY:
        lines.append(f"{thing} <{ev}{_SORT_PROPERTY[kind]}> <{ev}{sort}> .")
    return "\n".join(lines) + "\n"
