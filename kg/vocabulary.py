"""What can be asked: the terms of the graph by slug, label, CURIE or IRI, and what lies below each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg import iris
from kg.catalog import Catalog, Selects
from kg.errors import InputRefused, UnknownTerm
from kg.iris import BASE, EV
from kg.lookalikes import folded, shown
from kg.model.question import Term
from kg.model.trialset import InstrumentFacts
from kg.nearest import nearest

KINDS: Mapping[str, str] = {
    "drugs": "Drug",
    "classes": "DrugClass",
    "interventions": "Intervention",
    "receptors": "Receptor",
    "conditions": "Condition",
    "outcomes": "Outcome",
    "adverse-effects": "AdverseEffect",
    "instruments": "Instrument",
    "units": "Unit",
    "bands": "TimeBand",
    "routes": "Route",
    "protocols": "Protocol",
    "reviews": "Review",
    "trials": "RandomisedTrial",
}
"""Kinds of terms, by the word for them on the command line and in addresses, and their class in the vocabulary.

Interventions are those that are neither drugs nor classes of drugs, such as what a file names and nobody matched yet.
"""
TRIALS = "trials"
COMPARED = ("drugs", "classes", "interventions")
"""What can stand on a side of a comparison; a name that several kinds have is of the first."""

LOWER_IS_BETTER, HIGHER_IS_BETTER = EV + "lowerIsBetter", EV + "higherIsBetter"
_TRIAL = f"{BASE}trial/"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class Entry:
    """A term that can be asked, with its slug, preferred label and alternative labels."""

    kind: str
    iri: str
    slug: str
    label: str
    alternatives: tuple[str, ...] = ()

    @property
    def term(self) -> Term:
        """The term as a question holds it."""
        return Term(self.iri, self.label)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Slug, label and alternative labels, as names are compared."""
        return tuple(compared(name) for name in (self.slug, self.label, *self.alternatives))

    def holds(self, text: str) -> bool:
        """Tell whether one of its names holds a text, whatever its case, its width, and what it does not show."""
        wanted = compared(text)
        return any(wanted in name for name in self.names)


def compared(text: str) -> str:
    """Return a name as names are compared: without what it does not show, in one case and one width."""
    return folded(shown(text))


class Vocabulary:
    """The terms of a store; read by the queries of ``queries/explore``, each when first needed."""

    def __init__(self, catalog: Catalog, engine: Selects, prefixes: Mapping[str, str]) -> None:
        self._catalog, self._engine, self._prefixes = catalog, engine, prefixes
        self._entries: dict[str, tuple[Entry, ...]] = {}

    def entries(self, kind: str) -> tuple[Entry, ...]:
        """Return every term of a kind, by label.

        Raises UnknownTerm for a kind that is not known.
        """
        if kind not in KINDS:
            close = nearest(kind, KINDS)
            raise UnknownTerm(f"{kind!r} is no kind of term; known are {', '.join(KINDS)}", close)
        if kind not in self._entries:
            query = self._catalog["explore/terms"].unordered
            rows = query.run(self._engine, {"class": [query.term("class", EV + KINDS[kind])]})
            labels: dict[str, list[tuple[bool, str]]] = {}
            for row in rows.records():
                labels.setdefault(row["thing"], []).append((not row["preferred"], row["label"]))
            self._entries[kind] = tuple(
                sorted((_entry(kind, i, sorted(found)) for i, found in labels.items()), key=_by)
            )
        return self._entries[kind]

    def resolve(self, text: str, *kinds: str) -> Entry:
        """Return the term that a slug, label, alternative label, CURIE or IRI names, among the kinds given.

        Raises UnknownTerm with the three nearest, and InputRefused where a label names several things.
        """
        wanted = text.strip()
        entries = [entry for kind in kinds for entry in self.entries(kind)]
        iris_named = set(self._named_by_iri(wanted))
        name = compared(wanted)
        for matches in (
            [e for e in entries if e.iri in iris_named],
            [e for e in entries if e.slug == name],
            [e for e in entries if e.names[1] == name],
            [e for e in entries if name in e.names[2:]],
        ):
            first = [e for kind in kinds for e in matches if e.kind == kind]
            if len({e.iri for e in first if e.kind == first[0].kind}) > 1:
                raise InputRefused(
                    f"{text!r} names several things: {', '.join(e.slug for e in first)}; use one of these"
                )
            if first:
                return first[0]
        raise self._unknown(text, kinds, entries)

    def thing(self, text: str) -> str:
        """Return the IRI that a text names: a term of any kind, a CURIE, or a path below the base IRI.

        Whether anything is said of it is not looked at, but for names of terms. Raises UnknownTerm, InputRefused.
        """
        try:
            return self.resolve(text, *KINDS).iri
        except UnknownTerm:
            found = text if "://" in text else BASE + text if "/" in text else iris.expand(text, self._prefixes)
            if found is None:
                raise
            return found

    def _unknown(self, text: str, kinds: tuple[str, ...], entries: Iterable[Entry]) -> UnknownTerm:
        names: dict[str, str] = {}
        for entry in entries:
            for name in (entry.slug, entry.label, *entry.alternatives):
                names.setdefault(name.casefold(), entry.slug)
        close = tuple(dict.fromkeys(names[n] for n in nearest(text.casefold(), names, 12)))[:3]
        what = " or ".join(kind.removesuffix("s").replace("classe", "class") for kind in kinds)
        return UnknownTerm(f"no {what} {text!r} in the graph; the nearest are {', '.join(close) or 'none'}", close)

    def _named_by_iri(self, text: str) -> list[str]:
        if not _SCHEME.match(text):
            return []
        iri = text if "//" in text else iris.expand(text, self._prefixes)
        if iri is None:
            return []
        query = self._catalog["explore/matches"]
        rows = query.run(self._engine, {"outside": [query.term("outside", iri)]})
        exact = [r["thing"] for r in rows.records() if r["match"] == iris.SKOS + "exactMatch"]
        return [iri, *exact]

    def outcome(self, text: str) -> Entry:
        """Return the outcome that a text names; an adverse effect names the outcome that counts it alone."""
        try:
            return self.resolve(text, "outcomes")
        except UnknownTerm as unknown:
            try:
                effect = self.resolve(text, "adverse-effects").iri
            except UnknownTerm:
                raise unknown from None
            counted = [o for o, (_way, effects) in self._outcomes.items() if effects == {effect}]
            if len(counted) == 1:
                return next(e for e in self.entries("outcomes") if e.iri == counted[0])
            raise unknown from None

    def label(self, iri: str) -> str:
        """Return the preferred label of a term, or the end of its IRI."""
        labels = self._of_trials if iri.startswith(_TRIAL) else self._labels
        return labels.get(iri) or iris.local(iri)

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {entry.iri: entry.label for kind in KINDS if kind != TRIALS for entry in self.entries(kind)}

    @cached_property
    def _of_trials(self) -> dict[str, str]:
        """The labels of trials, which may be far more than all other terms."""
        return {entry.iri: entry.label for entry in self.entries(TRIALS)}

    def closure(self, iri: str) -> frozenset[str]:
        """Return a term and everything narrower than it."""
        return self._narrower.get(iri, frozenset()) | {iri}

    @cached_property
    def _narrower(self) -> dict[str, frozenset[str]]:
        steps: dict[str, set[str]] = {}
        for row in self._catalog["explore/narrower-steps"].run(self._engine, {"term": ()}).records():
            steps.setdefault(row["term"], set()).add(row["narrower"])
        return {iri: frozenset(_reached(iri, steps)) for iri in steps}

    @cached_property
    def _outcomes(self) -> dict[str, tuple[str | None, set[str]]]:
        found: dict[str, tuple[str | None, set[str]]] = {}
        for row in self._catalog["explore/outcomes"].run(self._engine).records():
            found.setdefault(row["outcome"], (row["direction"], set()))[1].update(filter(None, [row["effect"]]))
        return found

    def lower_is_better(self, outcome: str) -> bool | None:
        """Tell whether lower values of an outcome are better; None where that is not known."""
        direction = self._outcomes.get(outcome, (None, set()))[0]
        return _lower(direction)

    @cached_property
    def instruments(self) -> dict[str, InstrumentFacts]:
        """Range and direction of every instrument."""
        return {
            row["instrument"]: InstrumentFacts(
                instrument=row["instrument"],
                label=row["label"],
                minimum=row["minimum"],
                maximum=row["maximum"],
                lower_is_better=_lower(row["direction"]),
                unnamed=bool(row["unnamed"]),
            )
            for row in self._catalog["explore/instruments"].run(self._engine).records()
        }


def _reached(iri: str, steps: Mapping[str, set[str]]) -> set[str]:
    """Return what one step or more lead to."""
    found: set[str] = set()
    waiting = [iri]
    while waiting:
        fresh = steps.get(waiting.pop(), set()) - found
        found |= fresh
        waiting.extend(fresh)
    return found


def _lower(direction: str | None) -> bool | None:
    return None if direction is None else direction == LOWER_IS_BETTER


def _entry(kind: str, iri: str, labels: list[tuple[bool, str]]) -> Entry:
    slug = iri.removeprefix(BASE).partition("/")[2]
    return Entry(kind, iri, slug, labels[0][1], tuple(text for _, text in labels[1:]))


def _by(entry: Entry) -> tuple[str, str]:
    return entry.label.casefold(), entry.iri
