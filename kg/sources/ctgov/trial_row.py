"""The study of a record: identity, status, design, conditions and eligibility."""

from __future__ import annotations

import re

from kg.model.records import Trial, Words
from kg.sources.ctgov.characteristics import mean_age, women_of_all
from kg.sources.ctgov.frame import SOURCE, Frame
from kg.sources.ctgov.numbers import number, whole
from kg.sources.ctgov.registered import Registered
from kg.sources.ctgov.words import folded

_DESIGNS = {"PARALLEL": "parallel", "CROSSOVER": "crossover", "FACTORIAL": "factorial"}
_OTHER_REGISTRIES = re.compile(
    r"(?:EudraCT |EUCTR)?\d{4}-\d{6}-\d{2}|ISRCTN\d{8}|NCT\d{8}|ACTRN\d{14}|DRKS\d{8}|(?:JPRN-)?UMIN\d{9}|"
    r"JapicCTI-\d{6}|CTRI/\d{4}/\d{2,3}/\d{6}|ChiCTR[-A-Z]{0,5}\d{8,10}",
    re.ASCII,
)


def trial_row(record: Registered, frame: Frame, arms: int) -> Trial:
    """Return the study; a randomised trial only where allocation was randomised between two arms or more.

    Raises RecordRefused where enrolment is no whole number.
    """
    enrolled = whole(record.enrolled, "the enrolment", record.place)
    planned = record.enrolled_type == "ESTIMATED"
    posted = record.results_posted or ""
    year = int(posted[:4]) if re.match(r"\d{4}", posted, re.ASCII) else None
    people = None if planned else enrolled
    masked = f" ({', '.join(record.masked)})" if record.masked else ""
    ids = [i for i in record.secondary_ids if _OTHER_REGISTRIES.fullmatch(i) and i != record.nct]
    return Trial(
        **frame.stated(record.place),
        study_type="RandomisedTrial" if record.allocation == "RANDOMIZED" and arms >= 2 else "Study",
        study_label=f"{record.acronym} ({record.nct})" if record.acronym else record.nct,
        label=record.brief_title,
        registered_title=record.official_title,
        year=year,
        basis="the year is that in which results were first posted" if year else None,
        not_reported=() if year else ("year",),
        doi=None,
        pmid=None,
        registration=(record.nct, *ids),
        country="; ".join(sorted(record.countries)) or None,
        design=_DESIGNS.get(record.model or ""),
        blinding=f"{record.masking}{masked}" if record.masking else None,
        condition=_conditions(record),
        condition_text="; ".join(record.conditions) or None,
        randomised=None,
        enrolled=people,
        mean_age=mean_age(record.baseline),
        female=women_of_all(record.baseline, people),
        follow_up=None,
        funding=None,
        status=record.status,
        phase="/".join(record.phases) or None,
        allocation=record.allocation,
        purpose=record.purpose,
        started_on=record.started,
        completed_on=record.completed,
        results_posted_on=record.results_posted,
        stopped_why=record.why_stopped,
        eligible_sex=record.eligibility.sex,
        minimum_age=record.eligibility.minimum_age,
        maximum_age=record.eligibility.maximum_age,
        healthy_volunteers=record.eligibility.healthy_volunteers,
        eligibility_text=record.eligibility.criteria,
        event_threshold=number(record.events.threshold),
        url=frame.url,
        note=_note(record, ids, enrolled if planned else None),
    )


def _conditions(record: Registered) -> tuple[Words, ...]:
    """Return the conditions in free words and by MeSH term; words that are a term have its id."""
    ids = {folded(c.term): (f"MESH:{c.id}",) if c.id else () for c in record.condition_concepts}
    texts = [*record.conditions, *(c.term for c in record.condition_concepts)]
    once: dict[str, str] = {}
    for text in texts:
        once.setdefault(folded(text), text)
    return tuple(Words("condition", text, ids.get(key, ()), SOURCE) for key, text in once.items() if key)


def _note(record: Registered, registries: list[str], planned: int | None) -> str | None:
    others = [i for i in (record.org_id, *record.secondary_ids) if i and i not in registries]
    parts = [
        f"Other identifiers: {', '.join(others)}." if others else "",
        f"Planned enrolment: {planned}." if planned is not None else "",
        f"Type of study: {record.study_type}." if record.study_type and record.study_type != "INTERVENTIONAL" else "",
    ]
    return " ".join(p for p in parts if p) or None
