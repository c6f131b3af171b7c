"""Many analyses in one call, each with the numbers it has alone, to the last bit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from kg.errors import EvidenceError, InputRefused
from kg.pooling.columns import Array, labels
from kg.pooling.effects import Effects
from kg.pooling.fit import Fits, Model, fit, model
from kg.pooling.measure import Options
from kg.pooling.measures import Columns, effects_of, tables
from kg.pooling.pool import AROUND_MH, nothing_to_pool, pool, random_or_common
from kg.pooling.pooled import Pooled
from kg.pooling.results import result
from kg.pooling.stratified import STRATIFIED
from kg.pooling.studies import Ints
from kg.pooling.zero_cells import ZeroCells

Analysis = Mapping[str, Any]
"""The keyword arguments of `pool`."""
Outcome = Pooled | EvidenceError

SHARED = MappingProxyType(
    {
        "measure": "GEN", "method": "REML", "test": "z", "level": 95, "pi_df": "test", "tau2_ci": None, "add": 0.5,
        "to": "only0", "drop00": None, "vtype": "LS", "correct": True, "exact": True,
    }
)  # fmt: skip
"""Options that analyses must share to be pooled together, with the defaults of `pool`."""
NUMERIC = {"i", "u", "f"}
COLUMNS = frozenset(Columns.__annotations__)
TOGETHER = frozenset((*SHARED, *COLUMNS, "study"))
Shape = tuple[tuple[str, ...], tuple[Any, ...]]
"""The names of the arguments of an analysis, and the values of its options."""


@dataclass(frozen=True, eq=False)
class Block:
    """Analyses that were pooled together: ``rows`` bounds the studies of each, ``kept`` the estimable ones."""

    how: Model
    effects: Effects
    rows: Ints
    kept: Ints
    fits: Fits

    @cached_property
    def without(self) -> list[int]:
        """The rows of studies that are not estimable, ascending."""
        return sorted(self.effects.why_not)

    def result(self, at: int, study: tuple[str, ...]) -> Pooled:
        """Return the result of one of the analyses."""
        begin, end = int(self.rows[at]), int(self.rows[at + 1])
        of = self.effects
        without = self.without[bisect_left(self.without, begin) : bisect_left(self.without, end)]
        why_not = {row - begin: of.why_not[row] for row in without}
        one = Effects(of.measure, of.yi[begin:end], of.vi[begin:end], of.estimable[begin:end], study, why_not)
        return result(self.fits, at, self.how, one, self.fits.weights[self.kept[at] : self.kept[at + 1]])


class Batch(Sequence[Outcome]):
    """The outcomes of many analyses, in order: a result, or the error of an analysis that cannot be pooled.

    Every number has been computed; the result object of an analysis is made when its place is read.
    """

    def __init__(self, analyses: Sequence[Analysis], places: list[tuple[Block, int] | Outcome]) -> None:
        self._analyses = analyses
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> list[Outcome]: ...
    def __getitem__(self, index: int | slice) -> Outcome | list[Outcome]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = self._places[index]
        if isinstance(place, Pooled | EvidenceError):
            return place
        block, at = place
        return block.result(at, labels(self._analyses[index].get("study")))


def pool_many(analyses: Sequence[Analysis], **options: Any) -> Batch:
    """Pool many analyses, each given by the keyword arguments of `pool`; ``options`` are defaults for all of them.

    Analyses with the same options and columns are laid end to end and computed together. One that cannot be pooled has
    its error in its place, and changes nothing for the others.
    """
    if options:
        analyses = [{**options, **analysis} for analysis in analyses]
    places: list[Any] = [None] * len(analyses)
    shapes: dict[Shape, list[int]] = {}
    for index, analysis in enumerate(analyses):
        names = tuple(analysis)
        values = tuple([analysis[name] for name in names if name in SHARED])
        try:
            shapes.setdefault((names, values), []).append(index)
        except TypeError:  # an option that is no name or number; pool says which
            places[index] = _pool_alone(analysis)
    for shape, members in shapes.items():
        if _together(shape):
            _pool_together(shape, analyses, members, places)
        else:
            for index in members:
                places[index] = _pool_alone(analyses[index])
    return Batch(analyses, places)


def _together(shape: Shape) -> bool:
    """Whether analyses can be laid end to end: not where a rule looks at all studies of one, or tables are pooled."""
    options = _options(shape)
    apart = (
        options["method"] in {AROUND_MH, "GENQ", *STRATIFIED} or options["to"] == "if0all" or options["vtype"] == "AV"
    )
    return TOGETHER.issuperset(shape[0]) and not apart


def _options(shape: Shape) -> dict[str, Any]:
    names, values = shape
    return {**SHARED, **dict(zip((name for name in names if name in SHARED), values, strict=True))}


def _pool_alone(analysis: Analysis) -> Outcome:
    try:
        return pool(**analysis)
    except EvidenceError as error:
        return error


def _pool_together(shape: Shape, analyses: Sequence[Analysis], members: list[int], places: list[Any]) -> None:
    """Pool the members in one block; where that fails, halve until the ones at fault stand alone with their errors."""
    try:
        block = _block(shape, [analyses[index] for index in members])
    except EvidenceError:
        if len(members) == 1:
            places[members[0]] = _pool_alone(analyses[members[0]])
            return
        half = len(members) // 2
        _pool_together(shape, analyses, members[:half], places)
        _pool_together(shape, analyses, members[half:], places)
    else:
        for at, index in enumerate(members):
            places[index] = (block, at)


def _block(shape: Shape, members: list[Analysis]) -> Block:
    options = _options(shape)
    how = random_or_common(model(*(options[name] for name in ("method", "test", "level", "pi_df", "tau2_ci"))))
    parts = {name: [np.asarray(member[name]) for member in members] for name in shape[0] if name in COLUMNS}
    sizes = _sizes(parts, members)
    columns: Any = {name: _joined(arrays) for name, arrays in parts.items()}
    chosen, values = tables(options["measure"], options["vtype"], columns, ())
    zeros = ZeroCells(options["add"], options["to"], options["drop00"] or False)
    choices = Options(options["vtype"], options["correct"], options["exact"])
    effects = effects_of(chosen, values, zeros, choices, (), options["measure"])
    rows = np.concatenate([[0], sizes.cumsum()])
    kept = np.add.reduceat(effects.estimable.astype(np.intp), rows[:-1])
    if not kept.all():
        raise nothing_to_pool(effects)
    keep = effects.estimable if effects.why_not else slice(None)
    fits = fit(effects.yi[keep], effects.vi[keep], kept, how)
    return Block(how, effects, rows, np.concatenate([[0], kept.cumsum()]), fits)


def _sizes(parts: Mapping[str, list[NDArray[Any]]], members: list[Analysis]) -> Ints:
    """Count the studies of each member; InputRefused, so that `_pool_together` finds the one, where columns differ."""
    counts = [[array.size for array in arrays] for arrays in parts.values()]
    if not counts:
        raise InputRefused("an analysis has no columns")
    labelled = [(member["study"], size) for member, size in zip(members, counts[0], strict=True) if "study" in member]
    odd_labels = any(study is not None and len(study) != size for study, size in labelled)
    if odd_labels or any(other != counts[0] for other in counts) or not all(counts[0]):
        raise InputRefused("an analysis has columns of different length, or no studies")
    return np.array(counts[0])


def _joined(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    """Join the parts of a column as they are, so that text and missing values stay visible to the checks."""
    if {array.ndim for array in arrays} != {1}:
        raise InputRefused("a column is not a list of values")
    numeric = {array.dtype.kind for array in arrays} <= NUMERIC
    return np.concatenate(arrays if numeric else [array.astype(object) for array in arrays])


def fit_many(
    yi: Array,
    vi: Array,
    sizes: Ints,
    *,
    method: str = "REML",
    test: str = "z",
    level: float = 95,
    pi_df: str = "test",
    tau2_ci: str | None = None,
    weights: Array | None = None,
) -> Fits:
    """Numbers of many analyses as arrays: effects and variances (total,) end to end, the studies of each analysis (n,).

    The fast way for data that have been checked: nothing is refused but names that are not known.
    """
    return fit(yi, vi, sizes, model(method, test, level, pi_df, tau2_ci), weights)
