"""Reasons for not completing become counts, by arm and period, in each of the three forms of a record."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from kg.model.records import DichotomousResult, Words
from kg.sources.incoming import Unreadable
from tests.conftest import SHARED

from .reading import Read, Rows
from .study import rows, study, taken

FILES = sorted(p.name for p in (SHARED / "data" / "ctgov").glob("NCT*"))


def reasons(found: Rows) -> list[DichotomousResult]:
    return [r for r in found.results if isinstance(r, DichotomousResult) and r.category_text == "withdrawal"]


def flow(*periods: dict[str, Any]) -> dict[str, Any]:
    groups = [{"id": "FG000", "title": "Drug A"}, {"id": "FG001", "title": "Control"}]
    return {"participantFlowModule": {"groups": groups, "periods": list(periods)}}


def period(title: str, started: tuple[str, str], **why: tuple[str, ...]) -> dict[str, Any]:
    def counts(values: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"groupId": f"FG00{n}", "numSubjects": value} for n, value in enumerate(values)]

    return {
        "title": title,
        "milestones": [{"type": "STARTED", "achievements": counts(started)}],
        "dropWithdraws": [{"type": name.replace("_", " "), "reasons": counts(v)} for name, v in why.items()],
    }


def posted_json(record: dict[str, Any]) -> Counter[tuple[str, str, str, int, int | None]]:
    module = record.get("resultsSection", {}).get("participantFlowModule", {})
    found: Counter[tuple[str, str, str, int, int | None]] = Counter()
    for p in module.get("periods", []):
        started = {
            a["groupId"]: int(a["numSubjects"])
            for m in p["milestones"]
            if m["type"] == "STARTED"
            for a in m["achievements"]
        }
        for why in p.get("dropWithdraws", []):
            for n in why["reasons"]:
                if started.get(n["groupId"]) != 0:
                    found[_key(p["title"], why["type"], n["groupId"], n["numSubjects"], started)] += 1
    return found


def posted_xml(root: ET.Element) -> Counter[tuple[str, str, str, int, int | None]]:
    found: Counter[tuple[str, str, str, int, int | None]] = Counter()
    for p in root.iterfind("clinical_results/participant_flow/period_list/period"):
        started = {
            n.attrib["group_id"]: int(n.attrib["count"])
            for m in p.iterfind("milestone_list/milestone")
            if m.findtext("title") == "STARTED"
            for n in m.iterfind("participants_list/participants")
        }
        for why in p.iterfind("drop_withdraw_reason_list/drop_withdraw_reason"):
            for n in why.iterfind("participants_list/participants"):
                if started.get(n.attrib["group_id"]) != 0:
                    title, reason = p.findtext("title") or "", why.findtext("title") or ""
                    found[_key(title, reason, n.attrib["group_id"], n.attrib["count"], started)] += 1
    return found


def _key(
    title: str, reason: str, group: str, people: str, started: dict[str, int]
) -> tuple[str, str, str, int, int | None]:
    return " ".join(title.split()), " ".join(reason.split()), group, int(people), started.get(group)


@pytest.mark.parametrize("name", FILES)
def test_every_reason_that_a_record_posts_is_a_result(name: str, folder: Path, read: Read) -> None:
    text = (folder / name).read_bytes()
    expected = posted_json(json.loads(text)) if name.endswith(".json") else posted_xml(ET.fromstring(text))
    found = Counter(
        (r.timepoint_text or "", r.outcome_text or "", r.group_id or "", r.events or 0, r.total)
        for r in reasons(read(name))
    )
    assert found == expected


def test_the_records_together_post_reasons_in_each_form(folder: Path, read: Read) -> None:
    forms = Counter(Path(name).suffix for name in FILES for _ in reasons(read(name)))
    assert forms[".json"] > 50
    assert forms[".xml"] > 50
    assert reasons(read("NCT00144300.xml"))
    assert reasons(read("NCT02438137.xml"))


def test_a_withdrawal_for_an_adverse_event_is_the_outcome_of_our_vocabulary() -> None:
    found = reasons(rows(study(**flow(period("Overall Study", ("50", "40"), Adverse_Event=("5", "0"))))))
    assert [(r.arm, r.events, r.total, r.outcome) for r in found] == [
        ("drug-a", 5, 50, "withdrawal-due-to-adverse-events"),
        ("control", 0, 40, "withdrawal-due-to-adverse-events"),
    ]
    assert [(r.timepoint_text, r.class_text, r.not_reported) for r in found] == [("Overall Study", None, ())] * 2


def test_another_reason_stays_as_it_is_worded() -> None:
    (one, _) = reasons(rows(study(**flow(period("Overall Study", ("50", "40"), Lost_to_Follow_up=("5", "0"))))))
    assert one.outcome == Words("outcome", "withdrawal: Lost to Follow up", (), "ctgov")
    assert one.outcome_text == "Lost to Follow up"


def test_a_later_period_is_a_class_and_counts_those_who_started_it() -> None:
    periods = (
        period("Double-blind", ("50", "40"), Death=("1", "0")),
        period("Extension", ("30", "0"), Death=("2", "0")),
    )
    found = reasons(rows(study(**flow(*periods))))
    assert [(r.class_text, r.arm, r.events, r.total) for r in found] == [
        (None, "drug-a", 1, 50),
        (None, "control", 0, 40),
        ("Extension", "drug-a", 2, 30),
    ]


def test_a_crossover_does_not_say_which_of_its_periods_a_reason_is_of() -> None:
    design = {"designInfo": {"allocation": "RANDOMIZED", "interventionModel": "CROSSOVER"}}
    given = flow(period("Overall Study", ("50", "40"), Death=("1", "0")))
    assert {r.period for r in reasons(rows(study(designModule=design, **given)))} == {"unknownPeriod"}


def test_an_absent_count_is_no_result_and_an_absent_start_is_a_gap() -> None:
    given = period("Overall Study", ("NA", "40"), Death=("1", "NA"))
    (one,) = reasons(rows(study(**flow(given))))
    assert (one.arm, one.events, one.total, one.not_reported) == ("drug-a", 1, None, ("total",))


@pytest.mark.parametrize("count", ["-1", "two", "1.5"])
def test_what_is_no_count_of_people_refuses_the_record(count: str) -> None:
    found = taken(study(**flow(period("Overall Study", ("50", "40"), Death=(count, "0")))))
    assert isinstance(found, Unreadable)
    assert "withdrew" in found.message
    assert "/dropWithdraws/0/reasons/0" in found.place


def test_results_of_outcomes_and_events_keep_their_numbers() -> None:
    events = {
        "adverseEventsModule": {
            "eventGroups": [{"id": "EG000", "title": "Drug A", "seriousNumAffected": 1, "seriousNumAtRisk": 10}]
        }
    }
    plain = [r.number for r in rows(study(**events)).results]
    both = rows(study(**events, **flow(period("Overall Study", ("50", "40"), Death=("1", "0")))))
    assert [r.number for r in both.results][: len(plain)] == plain
    assert both.results[-1].outcome_text == "Death"
