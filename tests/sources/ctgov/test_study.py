"""The study of a record, on small records."""

from __future__ import annotations

from kg.model.records import Words

from .study import rows, study


def test_numbers_of_other_registries_are_registrations_and_other_identifiers_a_note() -> None:
    trial = rows(
        study(
            identificationModule={
                "nctId": "NCT01234567",
                "nctIdAliases": ["NCT00000011"],
                "briefTitle": "A study",
                "acronym": "ASTUDY",
                "orgStudyIdInfo": {"id": "ABC-1"},
                "secondaryIdInfos": [{"id": "2014-002216-22"}, {"id": "5U10HL084904"}, {"id": "ISRCTN45127327"}],
            }
        )
    ).trial
    assert trial.registration == ("NCT01234567", "NCT00000011", "2014-002216-22", "ISRCTN45127327")
    assert trial.note == "Other identifiers: ABC-1, 5U10HL084904."
    assert trial.study_label == "ASTUDY (NCT01234567)"
    assert trial.url == trial.source == "https://clinicaltrials.gov/study/NCT01234567"


def test_a_stopped_study_says_why() -> None:
    trial = rows(study(statusModule={"overallStatus": "TERMINATED", "whyStopped": "Slow accrual"})).trial
    assert (trial.status, trial.stopped_why) == ("TERMINATED", "Slow accrual")


def test_conditions_are_in_words_and_by_mesh_once() -> None:
    record = study(conditionsModule={"conditions": ["Chronic pain", "Sciatica"]})
    record["derivedSection"] = {
        "conditionBrowseModule": {
            "meshes": [
                {"id": "D012585", "term": "Sciatica"},
                {"id": "D059350", "term": "Chronic Pain"},
                {"term": "Neuralgia"},
            ]
        }
    }
    found = rows(record).trial.condition
    assert [(c.text, c.ids) for c in found if isinstance(c, Words)] == [
        ("Chronic pain", ("MESH:D059350",)),
        ("Sciatica", ("MESH:D012585",)),
        ("Neuralgia", ()),
    ]


def test_randomised_without_two_arms_is_a_study() -> None:
    one = {"armGroups": [{"label": "Drug A", "type": "EXPERIMENTAL"}]}
    assert rows(study(armsInterventionsModule=one)).trial.study_type == "Study"
    assert rows(study()).trial.study_type == "RandomisedTrial"
    not_randomised = {"designInfo": {"allocation": "NON_RANDOMIZED"}}
    assert rows(study(designModule=not_randomised)).trial.study_type == "Study"


def test_a_type_of_study_that_is_not_interventional_is_noted() -> None:
    trial = rows(study(designModule={"studyType": "OBSERVATIONAL"})).trial
    assert trial.note == "Type of study: OBSERVATIONAL."
