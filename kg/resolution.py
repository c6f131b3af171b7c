"""From the words of an outside file to the things of the graph: exactly, or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from kg import iris
from kg.catalog import Catalog, Selects
from kg.iris import BASE, EV
from kg.lookalikes import folded, shown, skeletons
from kg.model.records import ProvisionalTerm, Ref, Row, Words

CLASSES: Final[Mapping[str, Mapping[str, str]]] = {
    "intervention": {"Drug": "drug", "DrugClass": "drug-class", "Intervention": "intervention"},
    "condition": {"Condition": "condition"},
    "outcome": {"Outcome": "outcome"},
    "instrument": {"Instrument": "instrument"},
}
"""For each kind of words, the classes of things they may name, and the kind of IRI that things of a class have."""
_LONGEST: Final = 60
_CURIE: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*:[^\s<>\"{}|^`]+")


@dataclass(frozen=True)
class Unresolved:
    """Words that name no thing of the graph, or several; ``alike`` are known names that they can be mistaken for."""

    term: Ref
    text: str
    scope: str
    ids: tuple[str, ...]
    several: tuple[Ref, ...] = ()
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resolved:
    """Rows without words, and the words among them that stay provisional."""

    rows: tuple[Row, ...]
    unresolved: tuple[Unresolved, ...]


class TermIndex:
    """The names and identifiers of the terms of a store, read once, looked up in constant time."""

    def __init__(self, catalog: Catalog, engine: Selects, prefixes: Mapping[str, str]) -> None:
        self._catalog, self._engine, self._prefixes = catalog, engine, prefixes

    def find(self, words: Words) -> tuple[Ref, ...]:
        """Return the things that words name: none, one, or several where it cannot be told which.

        A curator's decision counts first, then an exact identifier, the label, a synonym.
        """
        decided = self._decisions.get(thing_of(provisional(words)))
        if decided:
            return (decided,)
        name = folded(words.text)
        for found in (
            self._of_kind(words.kind, self.identified(words.ids)),
            self._labels[words.kind].get(name, frozenset()),
            self._synonyms[words.kind].get(name, frozenset()),
            *self._counted(words, name),
        ):
            if found:
                return tuple(sorted(found, key=lambda r: (r.kind, r.slug)))
        return ()

    def identified(self, ids: Iterable[str]) -> frozenset[Ref]:
        """Return the things of any kind that identifiers, as CURIEs or IRIs, mean exactly."""
        found: frozenset[Ref] = frozenset()
        for given in ids:
            iri = given if "//" in given else iris.expand(given, self._prefixes)
            if iri:
                ours = ref_of(iri)
                found |= self._matches.get(iri, frozenset()) | ({ours} if ours in self._preferred else frozenset())
        return found

    def alike(self, kind: str, text: str) -> tuple[str, ...]:
        """Return the known names that a text looks like without being one of them."""
        name = folded(text)
        found = {known for form in skeletons(text) for known in self._drawn[kind].get(form, ())}
        return tuple(sorted(known for known in found if folded(known) != name))

    def names(self, kind: str) -> Mapping[str, frozenset[Ref]]:
        """Return the folded names of the things that words of a kind may name, synonyms among them."""
        return {**self._synonyms[kind], **self._labels[kind]}

    def label(self, ref: Ref) -> str:
        """Return the preferred label of a thing, or its slug."""
        return self._preferred.get(ref, ref.slug)

    def knows(self, kind: str, ref: Ref) -> bool:
        """Tell whether a thing is one that words of a kind may name."""
        return ref in self._preferred and ref.kind in CLASSES[kind].values()

    @cached_property
    def _named(self) -> dict[str, list[tuple[Ref, str, bool]]]:
        query = self._catalog["explore/names"]
        found: dict[str, list[tuple[Ref, str, bool]]] = defaultdict(list)
        for kind, classes in {**CLASSES, "adverse-effect": {"AdverseEffect": "adverse-effect"}}.items():
            for name, path in classes.items():
                for row in query.run(self._engine, {"class": [query.term("class", EV + name)]}).records():
                    ref = ref_of(row["thing"])
                    if ref and ref.kind == path:
                        found[kind].append((ref, row["name"], bool(row["preferred"])))
        return found

    @cached_property
    def _labels(self) -> dict[str, dict[str, frozenset[Ref]]]:
        return self._by_name(lambda preferred: preferred)

    @cached_property
    def _synonyms(self) -> dict[str, dict[str, frozenset[Ref]]]:
        return self._by_name(lambda preferred: not preferred)

    def _by_name(self, wanted: Callable[[bool], bool]) -> dict[str, dict[str, frozenset[Ref]]]:
        made: dict[str, dict[str, frozenset[Ref]]] = defaultdict(dict)
        for kind, names in self._named.items():
            for ref, name, preferred in names:
                if wanted(preferred):
                    made[kind][folded(name)] = made[kind].get(folded(name), frozenset()) | {ref}
        return made

    @cached_property
    def _preferred(self) -> dict[Ref, str]:
        return {ref: name for names in self._named.values() for ref, name, preferred in names if preferred}

    @cached_property
    def _drawn(self) -> dict[str, dict[str, set[str]]]:
        made: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for kind, names in self._named.items():
            for _, name, _ in names:
                for form in skeletons(name):
                    made[kind][form].add(name)
        return made

    @cached_property
    def _matches(self) -> dict[str, frozenset[Ref]]:
        made: dict[str, frozenset[Ref]] = {}
        for row in self._catalog["explore/exact-matches"].run(self._engine).records():
            if ref := ref_of(row["thing"]):
                made[row["outside"]] = made.get(row["outside"], frozenset()) | {ref}
        return made

    @cached_property
    def _decisions(self) -> dict[str, Ref]:
        rows = self._catalog["curation/decisions"].run(self._engine).records()
        return {row["term"]: ref for row in rows if (ref := ref_of(row["thing"]))}

    @cached_property
    def _outcomes_of_effects(self) -> dict[Ref, frozenset[Ref]]:
        """The outcome that counts an adverse effect and nothing else."""
        effects: dict[Ref, set[Ref]] = defaultdict(set)
        for row in self._catalog["explore/outcomes"].run(self._engine).records():
            outcome, effect = ref_of(row["outcome"]), ref_of(row["effect"] or "")
            if outcome and effect:
                effects[outcome].add(effect)
        made: dict[Ref, frozenset[Ref]] = {}
        for outcome, counted in effects.items():
            if len(counted) == 1:
                effect = next(iter(counted))
                made[effect] = made.get(effect, frozenset()) | {outcome}
        return made

    def _of_kind(self, kind: str, refs: Iterable[Ref]) -> frozenset[Ref]:
        return frozenset(ref for ref in refs if self.knows(kind, ref))

    def _counted(self, words: Words, name: str) -> Iterator[frozenset[Ref]]:
        """Yield the outcomes that count the adverse effect which words name by identifier, label or synonym."""
        if words.kind == "outcome":
            for effects in (
                self.identified(words.ids),
                self._labels["adverse-effect"].get(name, frozenset()),
                self._synonyms["adverse-effect"].get(name, frozenset()),
            ):
                yield frozenset(o for effect in effects for o in self._outcomes_of_effects.get(effect, ()))


class Resolver:
    """Puts things in the place of words; what is not found is named provisionally, in the record that uses it."""

    def __init__(self, index: TermIndex) -> None:
        self.index = index
        self._known: dict[Words, Ref | Unresolved] = {}

    def resolve(self, rows: Iterable[Row], source: str, name: str) -> Resolved:
        """Return the rows of a record with things in the place of words, and a row for each provisional term."""
        made: list[Row] = []
        unresolved: dict[Ref, Unresolved] = {}
        added: dict[tuple[Ref, str], ProvisionalTerm] = {}
        for row in rows:
            changed: dict[str, Any] = {}
            for field in _fields(type(row)):
                value = getattr(row, field)
                if isinstance(value, Words):
                    changed[field] = self._ref(value, row, unresolved, added, source, name)
                elif isinstance(value, tuple) and any(isinstance(v, Words) for v in value):
                    refs = (
                        self._ref(v, row, unresolved, added, source, name) if isinstance(v, Words) else v for v in value
                    )
                    changed[field] = tuple(dict.fromkeys(refs))
            made.append(dataclasses.replace(row, **changed) if changed else row)
        return Resolved((*made, *added.values()), tuple(unresolved.values()))

    def _ref(
        self,
        words: Words,
        row: Row,
        unresolved: dict[Ref, Unresolved],
        added: dict[tuple[Ref, str], ProvisionalTerm],
        source: str,
        name: str,
    ) -> Ref:
        found = self._look(words)
        if isinstance(found, Ref):
            return found
        unresolved.setdefault(found.term, found)
        label = shown(words.text)
        if (found.term, label) not in added:
            added[found.term, label] = ProvisionalTerm(
                origin=row.origin,
                record_source=source,
                record_id=name,
                term=found.term,
                label=label,
                system=words.scope,
                ids=found.ids,
            )
        return found.term

    def _look(self, words: Words) -> Ref | Unresolved:
        if words not in self._known:
            found = self.index.find(words)
            self._known[words] = (
                found[0]
                if len(found) == 1
                else Unresolved(
                    provisional(words),
                    shown(words.text),
                    words.scope,
                    tuple(i for i in words.ids if _CURIE.fullmatch(i)),
                    found,
                    () if found else self.index.alike(words.kind, words.text),
                )
            )
        return self._known[words]


def provisional(words: Words) -> Ref:
    """Return what words are called as long as they name no thing of the graph: the same for the same words of a scope.

    A digest stands behind a slug that does not say all: one that is cut, or that signs were lost from.
    """
    name = folded(words.text)
    try:
        readable = iris.slug(name)
    except ValueError:
        readable = words.kind
    if readable.replace("-", " ") != name or len(readable) > _LONGEST:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        readable = f"{readable[:_LONGEST].rstrip('-')}-{digest}"
    return Ref(words.kind, f"{iris.slug(words.scope or 'file')}-{readable}")


def thing_of(ref: Ref) -> str:
    """Return the IRI of a thing."""
    return iris.thing(ref.kind, ref.slug)


def ref_of(iri: str) -> Ref | None:
    """Return kind and slug of one of our things, nothing for any other IRI."""
    if not iri.startswith(BASE) or iri.startswith(EV):
        return None
    kind, _, slug = iri.removeprefix(BASE).partition("/")
    return Ref(kind, slug) if iris.SLUG.fullmatch(slug) else None


_worded: dict[type[Any], tuple[str, ...]] = {}


def _fields(kind: type[Any]) -> tuple[str, ...]:
    """Return the fields of a record that may hold words."""
    if kind not in _worded:
        _worded[kind] = tuple(
            f.name for f in dataclasses.fields(kind) if "Named" in str(f.type) or "Terms" in str(f.type)
        )
    return _worded[kind]
