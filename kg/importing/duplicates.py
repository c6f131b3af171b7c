"""Trials of two records that may be one: what they share is told; answers count them once by the same rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
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


def likely_duplicates(catalog: Catalog, engine: Selects, stated: Iterable[Triple]) -> tuple[LikelyDuplicate, ...]:
    """Return the trials of an engine that may be trials which statements define; the engine holds these too."""
    said = list(stated)
    own = {t.subject.value for t in said if _defines_trial(t) and isinstance(t.subject, NamedNode)}
    found: dict[frozenset[str], LikelyDuplicate] = {}
    for trial in sorted(own):
        others = sorted(set(_sharing(engine, trial, said)) - {trial})[:_MOST]
        if others:
            for pair, why in _compared(catalog, engine, [trial, *others]).items():
                if trial in pair:
                    other = next(iter(pair - {trial}))
                    found.setdefault(pair, LikelyDuplicate(trial, other, why))
    return tuple(found.values())


def _defines_trial(t: Triple) -> bool:
    return t.predicate.value == RDF + "type" and isinstance(t.object, NamedNode) and t.object.value in _STUDIES


def _sharing(engine: Selects, trial: str, said: Iterable[Triple]) -> Iterator[str]:
    """Yield the trials that have an identifier or a label in common with a trial."""
    about = [t for t in said if isinstance(t.subject, NamedNode) and t.subject.value == trial]
    name = trial.removeprefix(_TRIAL)
    pairs = [(t.predicate.value, t.object.value) for t in about if isinstance(t.object, Literal)]
    if _REGISTERED.fullmatch(name):
        pairs.append((EV + "registration", name.upper()))
    for path, value in dict.fromkeys(pairs):
        if path in _SHARED:
            rows = engine.select(f"SELECT ?trial WHERE {{ ?trial <{path}> {Literal(value)} }}").rows
            yield from (t.value for (t,) in rows if isinstance(t, NamedNode) and t.value.startswith(_TRIAL))
        if path == EV + "registration" and _REGISTERED.fullmatch(value):
            registered = NamedNode(_TRIAL + value.lower())
            if engine.select(f"SELECT ?label WHERE {{ {registered} <{EV}studyLabel> ?label }}").rows:
                yield registered.value


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
