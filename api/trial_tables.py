"""The arms and the results of a trial as tables."""

from __future__ import annotations

from typing import Any

from pyoxigraph import Literal

from api.schemas import Arm, Result
from api.service import Service
from kg.evidence.wording import number
from kg.iris import EV, local


def arms(service: Service, trial: str) -> list[Arm]:
    """Return the arms of a trial with what was given in each."""
    label = service.base.vocabulary.label
    made = []
    for row in service.base.table.rows("trials/arms", trial=[trial]).records():
        facts = _texts(service, row["arm"])
        made.append(
            Arm(
                iri=row["arm"],
                label=row["label"],
                role=service.names.label(row["role"]),
                studied=label(row["studied"]) if row["studied"] else None,
                route=label(row["route"]) if row["route"] else None,
                dose=facts.get("dose"),
                duration=facts.get("duration"),
                stratum=row["stratum"],
                randomised=row["randomised"],
                analysed=int(facts["analysed"]) if "analysed" in facts else None,
            )
        )
    return made


def results(service: Service, trial: str) -> list[Result]:
    """Return what a trial reports, arm by arm, and the contrasts it reports without figures of arms."""
    table = service.base.table
    labels = {row["arm"]: row["label"] for row in table.rows("trials/arms", trial=[trial]).records()}
    made = [
        _result(service, row, row["result"], labels.get(row["arm"], local(row["arm"])), _arm_figures(row))
        for row in table.rows("trials/arm-results", trial=[trial]).records()
    ]
    for row in table.rows("trials/reported-contrasts", trial=[trial]).records():
        sides = f"{labels.get(row['experimental'], '?')} versus {labels.get(row['control'], '?')}"
        made.append(_result(service, row, row["contrast"], sides, _contrast_figures(row)))
    made.sort(key=lambda r: (r.outcome, r.time or "", r.iri))
    return made


def _result(service: Service, row: dict[str, Any], iri: str, arm: str, figures: str) -> Result:
    label = service.base.vocabulary.label
    times = [label(row["band"])] if row["band"] else []
    times += [row["timepoint"]] if row["timepoint"] else []
    instrument = row.get("instrument")
    return Result(
        iri=iri,
        outcome=label(row["outcome"]),
        arm=arm,
        time="; ".join(times) or None,
        instrument=label(instrument) if instrument else None,
        figures=figures,
        source=row["source"],
        locator=row["locator"],
        kind=local(row["source_kind"]),
    )


def _texts(service: Service, iri: str) -> dict[str, str]:
    return {
        t.predicate.value.removeprefix(EV): t.object.value
        for t in service.base.describe(iri)
        if isinstance(t.object, Literal)
    }


def _arm_figures(row: dict[str, Any]) -> str:
    if row["events"] is not None:
        return f"{row['events']} of {_known(row['total'])}"
    n = f", n {row['n']}" if row["n"] is not None else ", n not reported"
    if row["mean"] is not None:
        return f"mean {_number(row['mean'])} ({_spread(row)}){n}"
    if row["median"] is not None:
        quartiles = _range("quartiles", row["q1"], row["q3"]) or "quartiles not reported"
        return f"median {_number(row['median'])} ({quartiles}){n}"
    return f"no value reported{n}"


def _spread(row: dict[str, Any]) -> str:
    for name, key in (("SD", "sd"), ("SE", "se")):
        if row[key] is not None:
            return f"{name} {_number(row[key])}"
    return _range("95 % interval", row["ci_low"], row["ci_high"]) or "spread not reported"


def _contrast_figures(row: dict[str, Any]) -> str:
    parts = []
    if row["estimate"] is not None:
        measure = f"{local(row['measure'])} " if row["measure"] else "difference "
        parts.append(f"{measure}{_number(row['estimate'])}")
        parts += [_range("95 % interval", row["ci_low"], row["ci_high"])] if row["ci_low"] is not None else []
        parts += [f"SE {_number(row['se'])}"] if row["se"] is not None else []
    if row["p_text"]:
        parts.append(f"p {row['p_text']}")
    return ", ".join(parts) or "no value reported"


def _range(name: str, low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{name} {_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "\u2212") if abs(value) < 1e6 else number(value)


def _known(value: object) -> str:
    return "?" if value is None else str(value)
