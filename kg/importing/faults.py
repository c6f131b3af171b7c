"""What the gate found, as a person needs it: the place, the column, the value, and what was probably meant."""

from __future__ import annotations

from kg.errors import UnknownTerm
from kg.importing.report import Fault
from kg.intake import Candidate
from kg.iris import BASE, EV
from kg.nearest import nearest
from kg.shapes import Finding, Shapes
from kg.triples import column
from kg.vocabulary import KINDS, Vocabulary

_KIND_OF = {"drug-class": "classes", "band": "bands", "adverse-effect": "adverse-effects"}
_UNKNOWN = ("unknownProperty", "unknownClass")


def fault(finding: Finding, made: Candidate, place: str, shapes: Shapes, vocabulary: Vocabulary) -> Fault:
    """Return a finding with its place; where a name is not known, with the nearest that are."""
    where = made.place(finding)
    value = None if finding.value is None else str(finding.value)
    rule = finding.shape.removeprefix(EV)
    return Fault(
        place=str(where) if where else place,
        remedy=finding.message.replace(BASE, ""),
        rule=rule,
        about=finding.focus.removeprefix(BASE),
        column=column(finding.path),
        found=None if value is None else value.removeprefix(EV).removeprefix(BASE),
        nearest=_nearest(rule, finding, value, shapes, vocabulary),
    )


def _nearest(rule: str, finding: Finding, value: str | None, shapes: Shapes, vocabulary: Vocabulary) -> tuple[str, ...]:
    if rule.partition("-")[2] in _UNKNOWN:
        wrong = finding.path if rule.endswith("Property") else value
        names = shapes.properties if rule.endswith("Property") else shapes.classes
        return nearest((wrong or "").removeprefix(EV), [name.removeprefix(EV) for name in names])
    if (
        value is None
        or not value.startswith(BASE)
        or value.startswith(EV)
        or "ClassConstraint" not in finding.component
    ):
        return ()
    kind, _, slug = value.removeprefix(BASE).partition("/")
    known = _KIND_OF.get(kind, f"{kind}s")
    if known not in KINDS or known == "trials":
        return ()
    try:
        return nearest(slug, [entry.slug for entry in vocabulary.entries(known)])
    except UnknownTerm:
        return ()
