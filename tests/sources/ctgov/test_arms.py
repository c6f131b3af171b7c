"""Groups of results find their arm by title or by an intervention, or stay by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from kg.model.records import Words
from kg.sources.incoming import Unreadable

from .reading import Read, text
from .study import measure, outcomes, rows, study, taken


def arms(*groups: tuple[str, str, list[str]], interventions: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "armsInterventionsModule": {
            "armGroups": [{"label": label, "type": kind, "interventionNames": names} for label, kind, names in groups],
            "interventions": interventions or [],
        }
    }


def groups(*titles: str) -> dict[str, Any]:
    return {
        "adverseEventsModule": {
            "eventGroups": [
                {"id": f"EG00{n}", "title": title, "seriousNumAffected": n, "seriousNumAtRisk": 10}
                for n, title in enumerate(titles)
            ]
        }
    }


def test_titles_match_without_case_spaces_signs_and_analysis_set() -> None:
    found = rows(study(**groups("DRUG-A", " control (FAS)")))
    assert [r.arm for r in found.results] == ["drug-a", "control"]
    assert len(found.arms) == 2


def test_an_intervention_that_one_arm_alone_studies_names_it(read: Read) -> None:
    found = rows(study(**groups("placebo")))
    assert [r.arm for r in found.results] == ["control"]
    neonates = read("NCT00734539.xml")
    assert {r.group_id: neonates.arms[r.arm].arm_label for r in neonates.results} == {
        "O1": "1",
        "O2": "2",
        "E1": "1",
        "E2": "2",
        "P1": "1",
        "P2": "2",
    }
    assert neonates.arms["1"].started == 189


def test_another_name_of_the_intervention_counts_too() -> None:
    given = arms(
        ("One", "EXPERIMENTAL", ["Drug: Drug A"]),
        ("Two", "PLACEBO_COMPARATOR", ["Drug: Placebo"]),
        interventions=[{"name": "Drug A", "otherNames": ["Brandname", "A-1"]}],
    )
    assert [r.arm for r in rows(study(**given, **groups("brandname"))).results] == ["one"]


def test_an_intervention_of_two_arms_names_neither() -> None:
    given = arms(
        ("Low", "EXPERIMENTAL", ["Drug: Drug A"]),
        ("High", "EXPERIMENTAL", ["Drug: Drug A"]),
        ("Control", "PLACEBO_COMPARATOR", ["Drug: Placebo"]),
    )
    found = rows(study(**given, **groups("Drug A")))
    assert [r.arm for r in found.results] == ["drug-a"]
    assert found.arms["drug-a"].role == "unknownRole"


def test_a_group_that_matches_nothing_is_an_arm_of_its_own_and_says_so() -> None:
    found = rows(study(**groups("Drug A", "Open-label phase")))
    own = found.arms["open-label-phase"]
    assert own.role == "unknownRole"
    assert own.studied == Words("intervention", "Open-label phase", (), "ctgov")
    assert own.basis == "a group of the results whose title is that of no registered arm"


def test_groups_with_one_title_are_one_arm_whatever_their_ids(read: Read) -> None:
    rows_of = read("NCT02552212.json")
    assert set(rows_of.arms) == {
        *("certolizumab-pegol-200-mg-q2w", "placebo", "czp-200-mg-q2w"),
        *("sfe-ol-czp-200-mg-q2w", "placebo-ol-czp", "czp-ol-czp"),
    }
    used = {(r.group_id, r.arm) for r in rows_of.results}
    assert {
        ("OG000", "placebo"),
        ("EG000", "placebo"),
        ("OG001", "czp-200-mg-q2w"),
        ("EG001", "czp-200-mg-q2w"),
    } <= used
    assert ("EG002", "placebo-ol-czp") in used, "open-label people are not those of the comparison"


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("EXPERIMENTAL", "experimental"),
        ("PLACEBO_COMPARATOR", "placebo"),
        ("SHAM_COMPARATOR", "placebo"),
        ("ACTIVE_COMPARATOR", "active"),
        ("NO_INTERVENTION", "usualCare"),
        ("OTHER", "unknownRole"),
        (None, "unknownRole"),
    ],
)
def test_roles(kind: str, role: str) -> None:
    assert rows(study(**arms(("One", kind, []), ("Two", kind, [])))).arms["one"].role == role


def test_what_all_arms_are_given_is_background(read: Read) -> None:
    found = read("NCT02699827.xml").arms
    assert {text(a.studied) for a in found.values()} == {"Magnesium sulphate", "Saline 0.9%"}
    assert {text(b) for a in found.values() for b in a.background} == {"Levobupivacaine hydrochloride"}
    assert {a.role for a in found.values()} == {"active", "placebo"}


def test_arms_with_the_same_interventions_differ_by_their_labels(read: Read) -> None:
    found = read("NCT03308968.json").arms
    assert [text(a.studied) for a in found.values()] == ["Placebo", "Fremanezumab Quarterly", "Fremanezumab Monthly"]
    assert not [a for a in found.values() if a.background]


def test_a_dummy_beside_an_active_drug_is_not_studied(read: Read) -> None:
    arm = read("NCT02725411.json").arms["celecoxib"]
    assert arm.studied == Words("intervention", "Celecoxib", ("MESH:D000068579",), "ctgov")
    assert arm.basis == "not part of what is studied, a dummy: Placebo for tanezumab"


def test_several_interventions_of_one_arm_are_one_thing_to_study() -> None:
    given = arms(("Both", "EXPERIMENTAL", ["Drug: A", "Device: B: the small one"]), ("None", "NO_INTERVENTION", []))
    assert text(rows(study(**given)).arms["both"].studied) == "A + B: the small one"


def test_flow_stands_on_the_arms_and_later_periods_in_words(read: Read) -> None:
    arm = read("NCT02742129.json").arms["air001-crossover-to-placebo"]
    assert (arm.started, arm.completed, arm.randomised) == (53, 51, None)
    assert (arm.note or "").endswith("Phase 1: not completed 2. Phase 2: started 51, completed 50, not completed 1.")


def test_labels_without_latin_letters_and_equal_slugs_have_names() -> None:
    found = rows(
        study(
            **arms(
                ("\u5b89\u6170\u5264", "OTHER", []), ("\u85ac", "OTHER", []), ("A+", "OTHER", []), ("A-", "OTHER", [])
            )
        )
    )
    assert list(found.arms) == ["arm", "arm-2", "a", "a-2"]


def test_a_group_id_that_stands_twice_is_refused() -> None:
    doubled = measure({}, groups=[{"id": "OG000", "title": "Drug A"}, {"id": "OG000", "title": "Control"}])
    found = taken(study(**outcomes(doubled)))
    assert isinstance(found, Unreadable)
    assert found.place.endswith("/outcomeMeasures/0/groups/1")
    assert found.message == "the group 'OG000' stands twice; give each an id of its own"
