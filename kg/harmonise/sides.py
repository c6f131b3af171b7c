"""Step 6, second half: the results of several arms become one side (Handbook 6.5.2.10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kg.harmonise.between_arms import Spread
from kg.harmonise.paired_table import table_of
from kg.harmonise.readings import Reading, read
from kg.harmonise.scales import Rescaling
from kg.iris import record
from kg.model.answer import Side, SourcePlace
from kg.model.trialset import ArmResult, ReportedContrast
from kg.pooling.conversions.counts import Arm, combined_means
from kg.protocol import Protocol


@dataclass(frozen=True)
class Sided:
    """One side of a contrast, with by which rules its figures were derived, what is doubtful, and why it has none."""

    side: Side
    rules: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    why_not: str | None = None


def side(results: Sequence[ArmResult], to_scale: Rescaling, protocol: Protocol, spread: Spread | None = None) -> Sided:
    """Return one side of a contrast from the results of its arms, on the common scale.

    ``spread`` is the SD of an arm that reports none, where the difference between the arms says it.
    """
    places = tuple(_place(r.record, r.source, r.locator, r.source_kind) for r in results)
    readings = [read(r, protocol) for r in results]
    derived = [how for reading in readings for how in reading.derived]
    rules = frozenset[str]().union(*(reading.rules for reading in readings))
    events = total = mean = sd = None
    n: int | None = None
    if results[0].continuous:
        if spread is not None and readings[0].sd is None:
            readings = [replace(readings[0], sd=spread.sd)]
            derived, rules = [*derived, spread.how], rules | {spread.rule}
        n, mean, sd = _combined_means(
            [_scaled(r, reading, to_scale) for r, reading in zip(results, readings, strict=True)]
        )
        if len(results) > 1 and mean is not None:
            derived.append(f"{len(results)} arms combined (Handbook 6.5.2.10)")
    else:
        events, total = _sum(r.events for r in readings), _sum(r.total for r in readings)
        if len(results) > 1:
            derived.append(f"{len(results)} arms added up (Handbook 6.5.2.10)")
    made = Side(
        arm=results[0].arm,
        label=" and ".join(_label(r.arm) for r in results),
        n=n if n is not None else (int(total) if total is not None else None),
        events=events,
        total=total,
        mean=mean,
        sd=sd,
        derived=tuple(dict.fromkeys(derived)),
        source=places[0],
        results=tuple(r.result for r in results),
        sources=places,
    )
    reasons = dict.fromkeys(r.why_not for r in readings if r.why_not and not r.complete)
    missing = spread is None and bool(reasons)
    return Sided(
        side=made,
        rules=rules,
        warnings=tuple(dict.fromkeys(w for reading in readings for w in reading.warnings)),
        why_not="; ".join(reasons) if missing else None,
    )


def contrast_side(contrast: ReportedContrast, arm: str) -> Side:
    """Return a side of a reported contrast: it has figures of its own where its source has a paired table."""
    place = _place(contrast.record, contrast.source, contrast.locator, contrast.source_kind)
    table = table_of(contrast)
    alone = 0 if table is None else table.experimental if arm == contrast.experimental else table.control
    return Side(
        arm=arm,
        label=_label(arm),
        n=table.people if table else None,
        events=float(table.both + alone) if table else None,
        total=float(table.people) if table else None,
        mean=None,
        sd=None,
        derived=(f"events: {table.both} on both interventions and {alone} on this one only",) if table else (),
        source=place,
        results=(contrast.contrast,),
        sources=(place,),
    )


def _label(arm: str) -> str:
    return arm.rpartition("/")[2]


def _place(key: tuple[str, str], url: str, locator: str, kind: str) -> SourcePlace:
    known: Literal["primary", "secondary"] = "primary" if kind.endswith("primary") else "secondary"
    return SourcePlace(record=record(*key), url=url, locator=locator, kind=known)


def _sum(values: Iterable[int | None]) -> float | None:
    found = list(values)
    return None if None in found else float(sum(v for v in found if v is not None))


def _scaled(result: ArmResult, reading: Reading, to_scale: Rescaling) -> tuple[int | None, float | None, float | None]:
    change = result.value_kind is not None and result.value_kind.endswith("change")
    mean = None if reading.mean is None else to_scale.value(reading.mean, change=change)
    return reading.n, mean, None if reading.sd is None else to_scale.spread(reading.sd)


def _combined_means(
    parts: Sequence[tuple[int | None, float | None, float | None]],
) -> tuple[int | None, float | None, float | None]:
    if len(parts) == 1:
        return parts[0]
    known = [
        Arm(n, mean, sd) for n, mean, sd in parts if n is not None and mean is not None and sd is not None and sd > 0
    ]
    if len(known) < len(parts):
        return None, None, None
    whole = combined_means(known)
    return int(whole.n), whole.mean, whole.sd
