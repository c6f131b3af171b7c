"""Step 6, second half: the results of several arms become one side (Handbook 6.5.2.10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from kg.harmonise.scales import Rescaling
from kg.harmonise.spread import standard_deviation
from kg.iris import record
from kg.model.answer import Side, SourcePlace
from kg.model.trialset import ArmFacts, ArmResult, ReportedContrast
from kg.pooling.conversions.counts import Arm, combined_means


def side(results: Sequence[ArmResult], arms: dict[str, ArmFacts], to_scale: Rescaling) -> Side:
    """Return one side of a contrast from the results of its arms, on the common scale."""
    places = tuple(_place(r.record, r.source, r.locator, r.source_kind) for r in results)
    derived: list[str] = []
    events = total = mean = sd = None
    n: int | None = None
    if results[0].continuous:
        n, mean, sd = _combined_means([_mean(r, to_scale, derived) for r in results])
        if len(results) > 1 and mean is not None:
            derived.append(f"{len(results)} arms combined (Handbook 6.5.2.10)")
    else:
        events, total = _sum(r.events for r in results), _sum(r.total for r in results)
        if len(results) > 1:
            derived.append(f"{len(results)} arms added up (Handbook 6.5.2.10)")
    return Side(
        arm=results[0].arm,
        label=_label(r.arm for r in results) if len(results) == 1 else _labels(results, arms),
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


def contrast_side(contrast: ReportedContrast, arm: str) -> Side:
    """Return a side of a reported contrast: it has no figures of its own."""
    place = _place(contrast.record, contrast.source, contrast.locator, contrast.source_kind)
    return Side(
        arm=arm,
        label=_label([arm]),
        n=None,
        events=None,
        total=None,
        mean=None,
        sd=None,
        derived=(),
        source=place,
        results=(contrast.contrast,),
        sources=(place,),
    )


def _label(arms: Iterable[str]) -> str:
    return next(iter(arms)).rpartition("/")[2]


def _labels(results: Sequence[ArmResult], _arms: dict[str, ArmFacts]) -> str:
    return " and ".join(r.arm.rpartition("/")[2] for r in results)


def _place(key: tuple[str, str], url: str, locator: str, kind: str) -> SourcePlace:
    known: Literal["primary", "secondary"] = "primary" if kind.endswith("primary") else "secondary"
    return SourcePlace(record=record(*key), url=url, locator=locator, kind=known)


def _sum(values: Iterable[int | None]) -> float | None:
    found = list(values)
    return None if None in found else float(sum(v for v in found if v is not None))


def _mean(result: ArmResult, to_scale: Rescaling, derived: list[str]) -> tuple[int | None, float | None, float | None]:
    sd, how = standard_deviation(result)
    if how:
        derived.append(how)
    change = result.value_kind is not None and result.value_kind.endswith("change")
    mean = None if result.mean is None else to_scale.value(result.mean, change=change)
    return result.n, mean, None if sd is None else to_scale.spread(sd)


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
