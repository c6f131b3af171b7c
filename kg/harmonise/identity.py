"""Step 9: one trial in several records is found, shown, and counted once (Handbook 4.6.2).

Records are of one trial where they share a registration, or a DOI or PMID and nothing speaks against it, or first
author, year, and arms with their sizes. Two trials of one publication have their own registrations or sizes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from kg.iris import local
from kg.model.trialset import ArmFacts, TrialFacts, TrialSet

SIZES_AGREE = 0.1
"""Two counts of the people of one trial, planned and randomised for instance, differ by no more than this share."""
REVIEWED = "and the review counts them as its rows say"
_NCT = re.compile(r"nct\d{8}", re.IGNORECASE)
_AUTHOR_AND_YEAR = re.compile(r"(\D+?),? ?\(?((?:19|20)\d\d)")


@dataclass(frozen=True)
class SameTrials:
    """Which records of a trial set are of one trial, by which evidence, and which only may be."""

    groups: dict[str, frozenset[str]]
    evidence: dict[frozenset[str], str]
    doubtful: dict[frozenset[str], tuple[str, str]]

    def of(self, trial: str) -> frozenset[str]:
        """Return every record of the trial that a record is of, with itself."""
        return self.groups.get(trial, frozenset({trial}))

    def why(self, trial: str, other: str) -> str:
        """Return what two records of one trial share, directly or by way of a third."""
        found = self.evidence.get(frozenset({trial, other}))
        return found or next(text for pair, text in self.evidence.items() if trial in pair)


def same_trials(trials: Iterable[TrialFacts], found: TrialSet, *, apart: bool = False) -> SameTrials:
    """Return which of some trials of a set are the same trial in several records.

    ``apart``: none is taken to be, as a review counts its studies; those that share something are doubtful only.
    """
    by_key: dict[tuple[str, object], list[str]] = {}
    for trial in sorted(trials, key=lambda t: t.trial):
        for key in _keys(trial, found):
            by_key.setdefault(key, []).append(trial.trial)
    evidence: dict[frozenset[str], str] = {}
    doubtful: dict[frozenset[str], tuple[str, str]] = {}
    for (kind, value), named in by_key.items():
        for one, other in combinations(named, 2):
            what = f"{kind} {value}".strip() if isinstance(value, str) else kind
            against = (
                REVIEWED if apart else None if kind == "" else _against(found.trials[one], found.trials[other], found)
            )
            if against is None:
                evidence.setdefault(frozenset({one, other}), what)
            else:
                doubtful.setdefault(frozenset({one, other}), (what, against))
    return SameTrials(_joined(evidence), evidence, {p: w for p, w in doubtful.items() if p not in evidence})


def registrations(trial: TrialFacts) -> frozenset[str]:
    """Return the numbers of a trial in registries, its own name among them where it is one; case does not count."""
    named = {number.strip().upper() for number in trial.registrations}
    own = local(trial.trial)
    return frozenset(named | ({own.upper()} if _NCT.fullmatch(own) else set()))


def people(trial: TrialFacts, found: TrialSet) -> int | None:
    """Return how many people a trial randomised, as it or its arms say."""
    own = trial.randomised if trial.randomised is not None else trial.enrolled
    if own is not None:
        return own
    sizes = [_size(arm) for arm in _arms(trial, found)]
    return None if not sizes or None in sizes else sum(size for size in sizes if size is not None)


def _keys(trial: TrialFacts, found: TrialSet) -> Iterable[tuple[str, object]]:
    """Yield what identifies a trial; a registration, of the kind "", alone needs nothing else to agree."""
    yield from (("", number) for number in sorted(registrations(trial)))
    if trial.doi:
        yield "DOI", re.sub(r"^(https?://(dx\.)?doi\.org/|doi:)", "", trial.doi.strip().casefold())
    if trial.pmid:
        yield "PMID", trial.pmid.strip().removeprefix("PMID:").strip()
    author = _AUTHOR_AND_YEAR.match(_folded(trial.label))
    arms = sorted((str(arm.studied), _size(arm)) for arm in _arms(trial, found) if _size(arm))
    if author and len(arms) > 1 and len(arms) == len(_arms(trial, found)):
        yield "first author, year and arms with their sizes", (author[1].strip(), author[2], tuple(arms))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def _arms(trial: TrialFacts, found: TrialSet) -> list[ArmFacts]:
    return [arm for arm in found.arms_by_trial.get(trial.trial, ()) if not arm.combines]


def _size(arm: ArmFacts) -> int | None:
    return next((n for n in (arm.randomised, arm.started, arm.analysed) if n is not None), None)


def _against(one: TrialFacts, other: TrialFacts, found: TrialSet) -> str | None:
    """Return what speaks against two records of one publication being one trial, or nothing."""
    ours, theirs = registrations(one), registrations(other)
    if ours and theirs and not ours & theirs:
        return "but each has registrations of its own"
    left, right = people(one, found), people(other, found)
    if left and right and abs(left - right) > SIZES_AGREE * max(left, right):
        return f"but they have {left} and {right} people"
    return None


def _joined(pairs: Iterable[frozenset[str]]) -> dict[str, frozenset[str]]:
    groups: dict[str, frozenset[str]] = {}
    for pair in pairs:
        whole = frozenset().union(*(groups.get(trial, frozenset({trial})) for trial in pair))
        groups |= dict.fromkeys(whole, whole)
    return groups
