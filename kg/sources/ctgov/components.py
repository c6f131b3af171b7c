"""What the arms of a register are given: what is studied in each, and what is common to all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.model.records import Words
from kg.sources.ctgov.frame import SOURCE
from kg.sources.ctgov.registered import ArmGroup, Registered
from kg.sources.ctgov.words import folded, within

_DUMMIES = ("placebo", "sham")


@dataclass(frozen=True)
class Components:
    """The interventions of an arm: what is studied, and what every arm is given too."""

    studied: tuple[str, ...]
    background: tuple[str, ...]
    basis: str | None = None


def components(record: Registered) -> dict[str, Components]:
    """Return the components of every registered arm, by its label.

    Where the interventions of all arms are the same (forms of one thing, sequences of a crossover), none is background
    and the arms differ by their labels alone. A dummy beside an active intervention is not part of what is studied.
    """
    given = {arm.label: _given(arm, record) for arm in record.arms}
    common = set.intersection(*map(set, given.values())) if len(given) > 1 else set()
    if all(set(names) <= common for names in given.values()):
        return {label: Components((), ()) for label in given}
    return {label: _of(names, common) for label, names in given.items()}


def intervention(name: str, record: Registered) -> Words:
    """Return an intervention in the words of the registry, with the MeSH id of a term that is the same words."""
    ids = {folded(c.term): f"MESH:{c.id}" for c in record.intervention_concepts if c.id}
    known = ids.get(folded(name))
    return Words("intervention", name, (known,) if known else (), SOURCE)


def arms_by_intervention(record: Registered, found: Mapping[str, Components]) -> dict[str, str]:
    """Return the label of the one arm that studies an intervention alone, by the folded names of it."""
    labels: dict[str, set[str]] = {}
    for label, parts in found.items():
        if len(parts.studied) != 1:
            continue
        (name,) = parts.studied
        names = [name, *(other for i in record.interventions if i.name == name for other in i.other_names)]
        for known in names:
            labels.setdefault(folded(known), set()).add(label)
    return {name: next(iter(one)) for name, one in labels.items() if len(one) == 1}


def _given(arm: ArmGroup, record: Registered) -> tuple[str, ...]:
    named = arm.interventions or tuple(i.name for i in record.interventions if arm.label in i.arm_labels)
    return tuple(dict.fromkeys(named))


def _of(names: tuple[str, ...], common: set[str]) -> Components:
    background = tuple(name for name in names if name in common)
    rest = tuple(name for name in names if name not in common)
    active = tuple(name for name in rest if not any(within(dummy, name) for dummy in _DUMMIES))
    if active and active != rest:
        dummies = ", ".join(name for name in rest if name not in active)
        return Components(active, background, f"not part of what is studied, a dummy: {dummies}")
    return Components(rest, background)
