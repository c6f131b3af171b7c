"""The neutral trials of the corpus in our own form: field by field, none dropped.

A field that is not known here fails the test: it would be lost silently otherwise.
"""

from __future__ import annotations

import re
from typing import Any

SOURCE = "attacks"
ROLES = {"t": "experimental", "c": "placebo"}
OUTCOMES = {"any": "any-adverse-event", "serious": "serious-adverse-events"}
SCALE = "attack-scale"
"""The instrument on which neutral trials measure; the world of the tests has it."""
_TRIAL = frozenset(
    [
        "id",
        "drug",
        "control",
        "outcome",
        "arms",
        "unit",
        "adverse",
        "mean_age",
        "female",
        "withdrawn",
        "completed",
        "design",
        "analysed",
        "registry",
        "shares_control_with",
        "reported",
        "dose",
        "dose_unit",
        "note",
    ]
)
_ARM = frozenset(["role", "events", "total", "mean", "sd", "n"])
_ADVERSE = frozenset(["term", "arm", "count"])
_REPORTED = {"or": "OR", "rr": "RR", "rd": "RD", "hr": "HR", "md": "MD", "smd": "SMD"}


def records(given: Any) -> list[dict[str, Any]]:
    """Return the records of a neutral trial, or of several."""
    return [record for trial in (given if isinstance(given, list) else [given]) for record in _records(trial)]


def slug(text: str) -> str:
    """Return a name as IRIs have it."""
    return re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-") or "none"


def _known(given: dict[str, Any], fields: frozenset[str], what: str) -> None:
    assert set(given) <= fields, f"no place for {sorted(set(given) - fields)} of a {what}; give it one in neutral.py"


def _term(text: str) -> str:
    return slug(text.partition(":")[2] or text)


def _records(trial: dict[str, Any]) -> list[dict[str, Any]]:
    _known(trial, _TRIAL, "trial")
    name = slug(trial["id"])
    made: dict[str, Any] = {
        "source": SOURCE,
        "id": name,
        "provenance": {"source": "attack corpus", "locator": str(trial["id"]), "source_kind": "primary"},
        "trial": _trial(trial),
        "arms": [_arm(trial, arm) for arm in trial["arms"]],
    }
    rows = [_result(trial, arm) for arm in trial["arms"]] + [
        _adverse(trial, event) for event in trial.get("adverse", ())
    ]
    for number, (kind, row) in enumerate(rows, 1):
        made.setdefault(kind, []).append({"number": number, **row})
    reported = dict(trial.get("reported", {}))
    i2 = reported.pop("i2", None)
    if reported:
        made["contrasts"] = [_contrast(trial, reported)]
    return [made] if i2 is None else [made, *_review_with(i2, trial)]


def _trial(trial: dict[str, Any]) -> dict[str, Any]:
    number = str(trial["id"])
    made: dict[str, Any] = {
        "study_label": number,
        "label": f"trial {number}",
        "year": 2020,
        "registration": [],
        "design": trial.get("design", "parallel"),
    }
    if number.upper().startswith("PMID:"):
        made["pmid"] = number[5:]
    else:
        made["registration"].append(number)
    if "registry" in trial:
        made["registration"].append(trial["registry"])
    for ours, theirs in {
        "mean_age": "mean_age",
        "female": "female",
        "withdrawn": "withdrawn",
        "completed_on": "completed",
        "analysed_as": "analysed",
        "note": "note",
    }.items():
        if theirs in trial:
            made[ours] = trial[theirs]
    if "shares_control_with" in trial:
        made["shares_control_with"] = [trial["shares_control_with"]]
    return made


def _arm(trial: dict[str, Any], arm: dict[str, Any]) -> dict[str, Any]:
    _known(arm, _ARM, "arm")
    experimental = arm["role"] == "t"
    given = _term(trial["drug"] if experimental else trial["control"])
    role = ROLES[arm["role"]] if experimental or given == "placebo" else "active"
    made = {"arm": arm["role"], "intervention_text": given, "role": role, "studied": given}
    people = arm.get("total", arm.get("n"))
    if people is not None:
        made["randomised"] = people
    if experimental and "dose" in trial:
        made["dose"] = f"{trial['dose']} {trial.get('dose_unit', '')}".strip()
        made["dose_value"] = _number(trial["dose"])
    if experimental and "dose_unit" in trial:
        made["dose_unit"] = trial["dose_unit"]
    return made


def _number(text: Any) -> Any:
    """Return a number that the corpus writes as text; a text that is none stays one."""
    return int(text) if isinstance(text, str) and text.isdecimal() else text


def _result(trial: dict[str, Any], arm: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    row: dict[str, Any] = {"arm": arm["role"], "outcome": slug(trial["outcome"])}
    if trial.get("design") == "crossover":
        row["period"] = "unknownPeriod"
    if "mean" not in arm:
        assert "unit" not in trial, "a count has no unit; give it a place in neutral.py"
        return "dichotomous_results", row | {"events": arm["events"], "total": arm["total"]}
    row |= {"instrument": SCALE, "value_kind": "final", "mean": arm["mean"], "sd": arm["sd"], "n": arm["n"]}
    return "continuous_results", row | ({"unit": slug(trial["unit"])} if "unit" in trial else {})


def _adverse(trial: dict[str, Any], event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    _known(event, _ADVERSE, "adverse event")
    return "dichotomous_results", {
        "arm": event["arm"],
        "outcome": OUTCOMES.get(event["term"], slug(event["term"])),
        "outcome_text": event["term"],
        "events": event["count"],
        "not_reported": ["total"],
    }


def _contrast(trial: dict[str, Any], reported: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"number": 1, "experimental_arm": "t", "control_arm": "c", "outcome": slug(trial["outcome"])}
    if "p" in reported:
        value = reported.pop("p")
        made |= {"p_relation": "=", "p_value": value, "p_text": f"p = {value}"}
    if "ci" in reported:
        made["ci_low"], made["ci_high"] = reported.pop("ci")
    for name, value in reported.items():
        assert name in _REPORTED, f"no place for {name!r} of what is reported; give it one in neutral.py"
        made |= {"measure": _REPORTED[name], "estimate": value}
    if "estimate" not in made:
        made["not_reported"] = ["estimate"]
    return made


def _review_with(i2: Any, trial: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a review with an analysis that printed an I2: one trial alone has none."""
    provenance = {"source": "attack corpus", "locator": str(trial["id"]), "source_kind": "primary"}
    name = f"attacks-{slug(trial['id'])}"
    return [
        {
            "source": "reviews",
            "id": name,
            "provenance": provenance,
            "review": {"label": "a review", "citation": "a review"},
        },
        {
            "source": "analyses",
            "id": f"{name}-1.1",
            "provenance": provenance,
            "analysis": {
                "order": 1,
                "review": name,
                "label": "an analysis",
                "intervention": _term(trial["drug"]),
                "comparator": _term(trial["control"]),
                "outcome": slug(trial["outcome"]),
                "measure": "OR",
            },
            "published_estimates": [
                {"order": 1, "estimate_basis": "printed", "estimate": 1.7, "ci_low": 0.9, "ci_high": 3.2, "i2": i2}
            ],
        },
    ]
