"""The model of a request fitted again to some of its studies: without one, one more at a time, level by level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.effects import NONE_LEFT_OUT, Effects
from kg.pooling.pool import pool
from kg.pooling.pooled import Pooled
from kg.pooling.quantiles import chi2_tail
from kg.pooling.request.consistency import TABULAR
from kg.pooling.request.reading import Asked
from kg.pooling.request.refusal import RequestRefused
from kg.pooling.result import plain
from kg.pooling.sensitivity import Series
from kg.pooling.subgroups import between_levels, subgroups

MODEL = ("method", "test", "level", "pi_df", "tau2")
TABLES = ("measure", "method", "level", "add", "to", "drop00", "vtype", "correct", "exact", "mh_add", "correct_cmh")


def refitted(asked: Asked, effects: Effects, rows: Sequence[int], *, interval: bool = False) -> Pooled:
    """Return the pool of some rows: of their effects, or of their tables under MH and PETO."""
    if asked.options["method"] in TABULAR:
        some = asked.rows(rows)
        return pool(study=some.study, **{name: asked.options[name] for name in TABLES}, **some.columns)
    at = np.array(rows, dtype=np.intp)
    some_effects = Effects(effects.measure, effects.yi[at], effects.vi[at], effects.estimable[at])
    if effects.why_not:
        labels = effects.labels
        why_not = {i: effects.why_not[row] for i, row in enumerate(rows) if row in effects.why_not} or NONE_LEFT_OUT
        some_effects = replace(some_effects, study=tuple(labels[row] for row in rows), why_not=why_not)
    elif effects.study:
        some_effects = replace(some_effects, study=tuple(effects.study[row] for row in rows))
    options = {name: asked.options[name] for name in MODEL}
    named = asked.options["weights"] or "weights"
    weights = [asked.data[named][row] for row in rows] if options["method"] == "GENQ" else None
    return pool(some_effects, weights=weights, tau2_ci=asked.options["tau2_ci"] if interval else None, **options)


def left_out(asked: Asked, effects: Effects, kept: list[int]) -> Series:
    """Pool without each study in turn."""
    if len(kept) < 2:
        raise NotPoolable(f"leave1out needs 2 studies or more, here {len(kept)}; add studies or leave it out")
    fits = [refitted(asked, effects, [other for other in kept if other != row]) for row in kept]
    return Series.of(fits, kept, effects.labels)


def cumulated(asked: Asked, effects: Effects, kept: list[int], by: Sequence[Any] | None) -> Series:
    """Pool the first study, the first two and so on, in the order of a column."""
    rows = kept
    if by is not None:
        for row in kept:
            if isinstance(by[row], bool) or not isinstance(by[row], int | float | str):
                message = f"cumul sorts by a column that {effects.labels[row]} does not have; fill it in"
                raise RequestRefused(message, "/cumul")
        if len({isinstance(by[row], str) for row in kept}) > 1:
            raise RequestRefused("cumul sorts by a column of numbers or of text, not of both; correct it", "/cumul")
        rows = sorted(kept, key=lambda row: by[row])
    fits = [refitted(asked, effects, rows[:n]) for n in range(1, len(rows) + 1)]
    return Series.of(fits, rows, effects.labels)


def levels(asked: Asked, effects: Effects, kept: list[int]) -> dict[str, Any]:
    """Pool each level of the subgroups with the options of the whole, and test whether the levels differ."""
    name = asked.options["subgroup"]
    group = asked.column(name, "subgroup")
    for row, label in enumerate(group):
        if label is None:
            message = f"{name} of study {effects.labels[row]} is missing; give every study a subgroup"
            raise NotPoolable(message, name, row)
    known = sorted({str(label) for label in group})
    if len(known) < 2:
        raise NotPoolable(f"{name} has the one level {known[0]!r}; leave subgroup out", name)
    members = {label: [row for row, own in enumerate(group) if str(own) == label] for label in known}
    pools = {label: _level(asked, effects, label, rows) for label, rows in members.items()}
    return {
        "subgroup": [{"label": label, **pooled.to_dict()} for label, pooled in pools.items()],
        "subgroup_test": _differ(asked, effects, kept, [str(label) for label in group], list(pools.values())),
    }


def _level(asked: Asked, effects: Effects, label: str, rows: list[int]) -> Pooled:
    try:
        return refitted(asked, effects, rows, interval=True)
    except NotPoolable as error:
        raise NotPoolable(f"subgroup {label}: {error}") from error


def _differ(asked: Asked, effects: Effects, kept: list[int], group: list[str], pools: list[Pooled]) -> dict[str, Any]:
    """Return the tests between levels: of separate estimates, and with one tau2 for all where that can be fitted."""
    between, df = between_levels(pools), len(pools) - 1
    found: dict[str, Any] = {"Q_between": between, "Q_between_df": df, "Q_between_p": chi2_tail(between, df)}
    words = ("common_tau2", "QM_common", "QM_df", "QM_common_p", "QE_common")
    found |= dict.fromkeys(words)
    if asked.options["method"] in TABULAR:
        return found
    how = {name: asked.options[name] for name in ("method", "test", "level")}
    everyone = effects.labels
    labels = [everyone[row] for row in kept]
    try:
        common = subgroups(effects.yi[kept], effects.vi[kept], [group[row] for row in kept], study=labels, **how)
    except NotPoolable:  # as many levels as studies, say: the separate pools stand without it
        return found
    return found | {word: plain(getattr(common, word)) for word in words}
