"""Retracting in bulk: the trials of a store that a list of notices is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from kg.errors import InputRefused
from kg.iris import EV, RDFS
from kg.memory.retraction import Notice, Retraction, retract_trials
from kg.sources.retraction_watch import Listed, doi_of

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase
    from kg.store import Store


@dataclass(frozen=True)
class Matched:
    """A trial that a notice is about; ``outcome`` says what was done: retracted, already retracted, or left and why."""

    trial: str
    label: str
    outcome: str
    notice: Listed


@dataclass(frozen=True)
class Bulk:
    """What a list of notices did: trials that it is about, notices about none of them, and what was retracted."""

    matched: tuple[Matched, ...]
    unmatched: tuple[Listed, ...]
    retraction: Retraction | None


@dataclass(frozen=True)
class _Trial:
    iri: str
    label: str
    retracted: bool


def retract_listed(base: EvidenceBase, listed: Iterable[Listed], author: str, reason: str) -> Bulk:
    """Retract the trials that notices of retraction are about, in one commit; other notices are told, and do nothing.

    Notices of one trial are read in the order of their days: a reinstatement takes back a retraction before it. Raises
    InputRefused, with nothing written, where a trial cannot be retracted.
    """
    by_doi, by_pmid = _trials(base.store)
    found: dict[_Trial, list[Listed]] = defaultdict(list)
    unmatched: list[Listed] = []
    for notice in listed:
        about = [*by_doi.get(notice.doi or "", ()), *by_pmid.get(notice.pmid or "", ())]
        for trial in dict.fromkeys(about):
            found[trial].append(notice)
        if not about:
            unmatched.append(notice)
    matched = [_judged(trial, told) for trial, told in sorted(found.items(), key=lambda item: item[0].label.casefold())]
    due = {m.trial: _notice(m.notice) for m in matched if m.outcome == "retracted"}
    done = retract_trials(base, due, author, reason) if due else None
    return Bulk(tuple(matched), tuple(unmatched), done)


def _judged(trial: _Trial, told: list[Listed]) -> Matched:
    last = [n for n in sorted(told, key=lambda n: n.day or date.min) if n.is_retraction or n.is_reinstatement]
    if not last:
        newest = max(told, key=lambda n: n.day or date.min)
        return Matched(trial.iri, trial.label, f"left: {newest.nature or 'a notice of no kind'}, no retraction", newest)
    if last[-1].is_reinstatement:
        return Matched(trial.iri, trial.label, "left: retracted once, and reinstated", last[-1])
    return Matched(trial.iri, trial.label, "already retracted" if trial.retracted else "retracted", last[-1])


def _notice(listed: Listed) -> Notice:
    return Notice(
        reason=listed.reason,
        source=f"https://doi.org/{listed.notice}" if listed.notice else "Retraction Watch database",
        locator=f"record {listed.record} of the Retraction Watch database, {listed.place}"
        if listed.record
        else listed.place,
        kind="secondary",
        day=listed.day,
    )


def _trials(store: Store) -> tuple[dict[str, list[_Trial]], dict[str, list[_Trial]]]:
    """Return the trials of a store by DOI and by PubMed id."""
    rows = store.select(
        f"""SELECT ?trial ?label ?short ?doi ?pmid ?reason WHERE {{
          VALUES ?class {{ <{EV}RandomisedTrial> <{EV}Study> <{EV}RetractedStudy> }}
          ?trial a ?class ; <{RDFS}label> ?label
          OPTIONAL {{ ?trial <{EV}studyLabel> ?short }} OPTIONAL {{ ?trial <{EV}retractionReason> ?reason }}
          OPTIONAL {{ ?trial <{EV}doi> ?doi }} OPTIONAL {{ ?trial <{EV}pmid> ?pmid }}
          FILTER (BOUND(?doi) || BOUND(?pmid))
        }} ORDER BY ?trial"""
    ).rows
    by_doi: dict[str, list[_Trial]] = defaultdict(list)
    by_pmid: dict[str, list[_Trial]] = defaultdict(list)
    for row in rows:
        trial, label, short, doi, pmid, reason = (str(getattr(term, "value", "")) for term in row)
        known = _Trial(trial, short or label, bool(reason))
        if (plain := doi_of(doi)) and known not in by_doi[plain]:
            by_doi[plain].append(known)
        if pmid and known not in by_pmid[pmid]:
            by_pmid[pmid].append(known)
    return by_doi, by_pmid


def check_any(bulk: Bulk) -> None:
    """Refuse a list without a single notice: it is the wrong file.

    Raises InputRefused.
    """
    if not bulk.matched and not bulk.unmatched:
        raise InputRefused("the list has no notice; name the CSV of the Retraction Watch database, or one of its form")
