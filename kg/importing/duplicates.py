"""Trials of two records that may be one: what they share is told; answers count them once by the same rules."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from kg.catalog import Catalog, Selects
from kg.harmonise.identity import same_trials
from kg.importing.report import LikelyDuplicate
from kg.iris import BASE, EV, RDF
from kg.model.trialset import TrialSet
from kg.selection import arm_facts, trial_facts
from kg.table import QueriedRows

_TRIAL: Final = f"{BASE}trial/"
_STUDIES: Final = frozenset({EV + "RandomisedTrial", EV + "Study"})
_SHARED: Final = frozenset(EV + name for name in ("registration", "doi", "pmid", "studyLabel"))
_REGISTERED: Final = re.compile(r"nct\d{8}", re.IGNORECASE)
_MOST: Final = 20
_CHUNK: Final = 200


def likely_duplicates(catalog: Catalog, engine: Selects, stated: Iterable[Triple]) -> tuple[LikelyDuplicate, ...]:
    """Return the trials of an engine that may be trials which statements define; the engine holds these too."""
    return next(duplicates_in_turn(catalog, engine, [list(stated)]))


def duplicates_in_turn(
    catalog: Catalog, engine: Selects, records: Sequence[Collection[Triple]]
) -> Iterator[tuple[LikelyDuplicate, ...]]:
    """Yield ``likely_duplicates`` of each of some records, as if those behind it were not there yet."""
    trials = [_trials(stated) for stated in records]
    shared = [list(_shared(own, stated)) for own, stated in zip(trials, records, strict=True)]
    known = _saying(engine, {(path, value) for pairs in shared for _, path, value in pairs})
    coming = {trial for own in trials for trial in own}
    for own, pairs in zip(trials, shared, strict=True):
        coming -= own
        found: dict[frozenset[str], LikelyDuplicate] = {}
        for trial in sorted(own):
            sharing = {other for about, path, value in pairs if about == trial for other in known[path, value]}
            others = sorted(sharing - {trial} - coming)[:_MOST]
            if others:
                for pair, why in _compared(catalog, engine, [trial, *others]).items():
                    if trial in pair:
                        other = next(iter(pair - {trial}))
                        found.setdefault(pair, LikelyDuplicate(trial, other, why))
        yield tuple(found.values())


def _trials(stated: Iterable[Triple]) -> set[str]:
    return {t.subject.value for t in stated if _defines_trial(t) and isinstance(t.subject, NamedNode)}


def _defines_trial(t: Triple) -> bool:
    return t.predicate.value == RDF + "type" and isinstance(t.object, NamedNode) and t.object.value in _STUDIES


def _shared(trials: Collection[str], stated: Iterable[Triple]) -> Iterator[tuple[str, str, str]]:
    """Yield the identifiers and labels of trials by which others may be the same: trial, property, value."""
    for trial in trials:
        if _REGISTERED.fullmatch(name := trial.removeprefix(_TRIAL)):
            yield trial, EV + "registration", name.upper()
    for t in stated:
        path = t.predicate.value
        if path not in _SHARED:
            continue
        subject, said = t.subject, t.object
        if isinstance(said, Literal) and isinstance(subject, NamedNode) and subject.value in trials:
            yield subject.value, path, said.value


def _saying(engine: Selects, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    """Return the trials of an engine that have an identifier or a label, or are called after it."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_path: dict[str, list[str]] = defaultdict(list)
    for path, value in sorted(pairs):
        by_path[path].append(value)
    for path, values in by_path.items():
        for chunk in _chunks(map(str, map(Literal, values))):
            rows = engine.select(f"SELECT ?trial ?value {{ VALUES ?value {{ {chunk} }} ?trial <{path}> ?value }}").rows
            for thing, said in rows:
                if isinstance(thing, NamedNode) and thing.value.startswith(_TRIAL) and isinstance(said, Literal):
                    found[path, said.value].add(thing.value)
    numbers: dict[str, list[str]] = defaultdict(list)
    for value in by_path[EV + "registration"]:
        if _REGISTERED.fullmatch(value):
            numbers[_TRIAL + value.lower()].append(value)
    for chunk in _chunks(map(str, map(NamedNode, numbers))):
        rows = engine.select(f"SELECT ?trial {{ VALUES ?trial {{ {chunk} }} ?trial <{EV}studyLabel> ?label }}").rows
        for trial in {row[0].value for row in rows if isinstance(row[0], NamedNode)}:
            for number in numbers[trial]:
                found[EV + "registration", number].add(trial)
    return found


def _chunks(terms: Iterable[str]) -> Iterator[str]:
    rest = iter(terms)
    while chunk := list(islice(rest, _CHUNK)):
        yield " ".join(chunk)


def _compared(catalog: Catalog, engine: Selects, trials: list[str]) -> dict[frozenset[str], str]:
    source = QueriedRows(catalog, engine)
    facts = trial_facts(source, trials)
    nothing = frozenset[str]()
    found = TrialSet(
        trials=facts,
        arms=arm_facts(source, trials),
        results=(),
        contrasts=(),
        instruments={},
        doubts={},
        included=None,
        out_of_scope=nothing,
        intervention=nothing,
        comparator=nothing,
        outcomes=(),
        condition=None,
        lower_is_better=None,
    )
    same = same_trials(facts.values(), found)
    told = chain(same.evidence.items(), ((pair, f"{what}, {but}") for pair, (what, but) in same.doubtful.items()))
    return dict(told)
