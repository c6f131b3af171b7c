"""RevMan's templates of study arms and study results: what the arms of a study are, and what each reports.

Covidence exports the same tables. They hold no analyses: one is made for every outcome and pair of interventions that
a study compares.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import BinaryIO

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources.revman import codes, sheet
from kg.sources.revman.names import plain
from kg.sources.revman.numbers import decimal, shown, whole
from kg.sources.revman.reviewed import ArmOf, ArmRow, Fault, Outcome, Settings
from kg.sources.revman.sheet import Cells

ARMS = ("Study", "Arm", "Intervention")
RESULTS = ("Study", "Outcome", "Data type", "Effect measure", "Arm", "Reference arm", "Sample size", "Cases", "Mean",
           "SD", "SE", "CI start", "CI end")  # fmt: skip
PART_OF = "part of "
"""How the description of an arm begins whose study is a stratum of another, which has its rows in data rows."""
_CONTROL = re.compile(r"placebo|sham|control|usual care|standard care|no treatment|no intervention|waiting|wait.?list")


def arms(stream: BinaryIO, name: str) -> tuple[list[ArmOf], list[Fault]]:
    """Read study arms: one line an arm.

    Raises InputRefused for a table without the columns of study arms.
    """
    found: dict[tuple[str, str], ArmOf] = {}
    faults: list[Fault] = []
    for row in sheet.rows(stream, name, ARMS, "a table of study arms"):
        if isinstance(row, Fault):
            faults.append(row)
            continue
        origin, cells = row
        study, arm = plain(cells["Study"]), plain(cells["Arm"])
        if not study or not arm:
            faults.append(Fault(str(origin), f"the line names no {'Arm' if study else 'Study'}; give it one"))
        elif (study, arm) in found:
            faults.append(Fault(str(origin), f"arm {shown(arm)} of {study} stands above already; keep one"))
        else:
            intervention, description = plain(cells["Intervention"]) or arm, plain(cells.get("Description"))
            found[study, arm] = ArmOf(study, arm, intervention, origin, description)
    return list(found.values()), faults


def results(stream: BinaryIO, name: str) -> tuple[list[ArmRow], list[Fault]]:
    """Read study results: one line for each arm and outcome.

    Raises InputRefused for a table without the columns of study results.
    """
    found: list[ArmRow] = []
    faults: list[Fault] = []
    for row in sheet.rows(stream, name, RESULTS, "a table of study results"):
        if isinstance(row, Fault):
            faults.append(row)
            continue
        try:
            found.append(_result(*row))
        except InputRefused as refused:
            faults.append(Fault(str(row[0]), str(refused).removeprefix(f"{row[0]}: ")))
    return found, faults


def _result(origin: Origin, cells: Cells) -> ArmRow:
    study, outcome, arm = (plain(cells[column]) for column in ("Study", "Outcome", "Arm"))
    for column, text in (("Study", study), ("Outcome", outcome), ("Arm", arm)):
        if not text:
            raise InputRefused(f"{origin}: {column} is empty; fill it in")

    def number(column: str) -> Decimal | None:
        return decimal(cells.get(column), column, origin)

    total = whole(cells["Sample size"], "Sample size", origin)
    if reference := plain(cells["Reference arm"]):
        return _contrast(ArmRow(study, origin, outcome, arm, reference, "contrast", total=total), cells, number)
    match plain(cells["Data type"]).casefold():
        case "dichotomous":
            events = whole(cells["Cases"], "Cases", origin)
            return ArmRow(study, origin, outcome, arm, kind="dichotomous", events=events, total=total)
        case "continuous":
            variance = number("Variance")
            return ArmRow(
                study,
                origin,
                outcome,
                arm,
                kind="continuous",
                total=total,
                mean=number("Mean"),
                sd=number("SD") or (variance.sqrt() if variance and variance > 0 else None),
                se=number("SE"),
                ci_low=number("CI start"),
                ci_high=number("CI end"),
                ci_level=_percent(number("CI level")),
            )
    raise InputRefused(f"{origin}: Data type is {shown(cells['Data type'])}; known are Dichotomous and Continuous")


def _contrast(row: ArmRow, cells: Cells, number: Callable[[str], Decimal | None]) -> ArmRow:
    """Return a contrast: Mean, SE and limits are on the log scale for a ratio, those that begin with Exp are not."""
    words = plain(cells["Effect measure"])
    exponents = [number(column) for column in ("Exp mean", "Exp CI start", "Exp CI end")]
    logs = codes.measure(words, of="giv") in codes.ON_LOG_SCALE or exponents[0] is not None
    own = [number(column) for column in ("Mean", "CI start", "CI end")]
    if logs:
        own = [
            e if e is not None else (None if o is None else codes.ratio(o)) for e, o in zip(exponents, own, strict=True)
        ]
    variance = number("Variance")
    return replace(
        row,
        measure=codes.measure(words, of="giv", logs=logs),
        words=words or None,
        estimate=own[0],
        ci_low=own[1],
        ci_high=own[2],
        ci_level=_percent(number("CI level")),
        se=number("SE") or (variance.sqrt() if variance and variance > 0 else None),
    )


def _percent(value: Decimal | None) -> Decimal | None:
    return value * 100 if value is not None and 0 < value < 1 else value


def outcomes(rows: Iterable[ArmRow], known: Iterable[ArmOf]) -> Iterator[Outcome]:
    """Yield an analysis for every outcome and pair of interventions that a study reports.

    Which intervention is the control is not told: one that is named as controls are, else the one named later.
    """
    intervention = {(arm.study, arm.name): arm.intervention for arm in known}
    order = {name: at for at, name in enumerate(dict.fromkeys(intervention.values()))}
    found: dict[tuple[str, str], dict[str, ArmRow]] = {}
    reported: dict[str, dict[str, list[ArmRow]]] = {}
    for row in rows:
        reported.setdefault(row.outcome, {}).setdefault(row.study, []).append(row)
    for outcome, studies in reported.items():
        for own in studies.values():
            named = {intervention.get((r.study, r.arm), r.arm) for r in own}
            named |= {intervention.get((r.study, r.reference), r.reference) for r in own if r.reference}
            for pair in itertools.combinations(sorted(named, key=lambda n: (order.get(n, len(order)), n)), 2):
                found.setdefault(_sides(*pair), {}).setdefault(outcome, own[0])
    for comparison, (sides, own_outcomes) in enumerate(found.items(), 1):
        for count, (outcome, example) in enumerate(own_outcomes.items(), 1):
            yield _analysis(f"{comparison}.{count}", str(comparison), outcome, sides, example)


def _sides(first: str, second: str) -> tuple[str, str]:
    if _CONTROL.search(first.casefold()) and not _CONTROL.search(second.casefold()):
        return second, first
    return first, second


def _analysis(number: str, comparison: str, outcome: str, sides: tuple[str, str], example: ArmRow) -> Outcome:
    measure = {"dichotomous": "RR", "continuous": "MD"}.get(example.kind) or example.measure or "GEN"
    method = "DL-MH" if example.kind == "dichotomous" else "DL"
    basis = "made from the arms: RevMan's tables of studies hold no analyses; measure and method are its defaults here"
    return Outcome(
        number=number,
        comparison=comparison,
        name=outcome,
        origin=example.origin,
        settings=Settings(measure=measure, method=method, words=example.words, basis=basis),
        experimental=sides[0],
        control=sides[1],
        of_arms=True,
    )
