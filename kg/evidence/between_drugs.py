"""Step 6, by drug: the drugs of a class beside each other, and whether they differ (Handbook 23.3.4).

Effects of one trial against one control are correlated. The pool divides the control to make them independent, which
gives away precision; the comparison takes the whole control and the covariance that it makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from kg.errors import NotPoolable
from kg.evidence.effects import Effect, effects, shown
from kg.evidence.pooling import Options
from kg.harmonise.arms import SPLIT
from kg.harmonise.contrast import Contrast
from kg.iris import local
from kg.model.answer import BetweenDrugs, DrugEffect, Excluded, Side
from kg.pooling.conversions import covariance_of_counts, covariance_of_differences, covariance_of_smd
from kg.protocol import Protocol

OF_COUNTS, MEANS = ("RR", "OR", "RD"), ("MD", "SMD")
_METHODS = {"DL": "DL", "DL-MH": "DL"}
_UNKNOWN = "how its effects of several drugs are correlated is not known"


def between_drugs(contrasts: Sequence[Contrast], measure: str, how: Options, protocol: Protocol) -> BetweenDrugs | None:
    """Return the drugs compared; nothing where the protocol lets none stand alone, or fewer than two have an effect.

    tau2, one for all, is 0 for a common-effect method, by the method of moments for DL, else by REML.
    """
    if protocol.shared_controls != SPLIT:
        return None
    found = [e for e in effects(_undivided(contrasts), measure, protocol) if e.yi is not None and _drug(e.contrast)]
    covariances, left_out = _covariances(found, measure, protocol)
    used = [at for at in range(len(found)) if _people(found[at].contrast) not in left_out]
    drugs = [_drug(found[at].contrast) for at in used]
    if len(set(drugs)) < 2:
        return None
    from kg.pooling.correlated_groups import compare_groups  # noqa: PLC0415  (few answers compare drugs)

    method = "EE" if how.common_effect else _METHODS.get(how.method, "REML")
    try:
        fit = compare_groups(
            [found[at].yi for at in used],
            covariances[np.ix_(used, used)],
            drugs,
            [str(_people(found[at].contrast)) for at in used],
            method=method,
            level=how.level,
        )
    except NotPoolable:
        return None
    counts = Counter(drugs)
    return BetweenDrugs(
        drugs=tuple(
            DrugEffect(drug, local(drug), counts[drug], y, se, (low, high), shown(y, (low, high), measure))
            for drug, y, se, low, high in zip(
                fit.levels, *(column.tolist() for column in (fit.beta, fit.se, fit.ci_lb, fit.ci_ub)), strict=True
            )
        ),
        method=method,
        tau2=fit.tau2,
        q=fit.QM,
        q_df=fit.QM_df,
        p_value=fit.QM_p,
        left_out=tuple(
            Excluded(e.contrast.trial.trial, e.contrast.label, _UNKNOWN)
            for e in found
            if _people(e.contrast) in left_out
        ),
    )


def _undivided(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Return contrasts with their whole control where a trial divided it between its own drugs.

    A control that records share stays divided: which of its people they share is not known.
    """
    sharing = Counter((_people(c), c.control.results) for c in contrasts)
    return [
        replace(c, control=c.undivided) if c.undivided and sharing[_people(c), c.control.results] > 1 else c
        for c in contrasts
    ]


def _drug(contrast: Contrast) -> str:
    """Return the one drug that a contrast is of, or nothing."""
    studied = {arm.studied for arm in contrast.comparison.experimental if arm.studied}
    return studied.pop() if len(studied) == 1 else ""


def _people(contrast: Contrast) -> tuple[str, str | None]:
    """Return whose people a contrast counts: those of a trial, or of one of its strata."""
    return contrast.trial.trial, contrast.stratum


def _covariances(
    found: Sequence[Effect], measure: str, protocol: Protocol
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], set[tuple[str, str | None]]]:
    """Return the covariances (k, k) of effects, and the trials whose covariances are not known."""
    V = np.diag([float(e.vi or 0.0) for e in found])
    unknown: set[tuple[str, str | None]] = set()
    by_people: dict[tuple[str, str | None], list[int]] = {}
    for at, effect in enumerate(found):
        by_people.setdefault(_people(effect.contrast), []).append(at)
    for people, members in by_people.items():
        everybody = _everybody([found[at].contrast for at in members])
        for i, j in combinations(members, 2):
            covariance = _covariance(found[i], found[j], measure, protocol, everybody)
            if covariance is None:
                unknown.add(people)
            else:
                V[i, j] = V[j, i] = covariance
    return V, unknown


def _covariance(one: Effect, other: Effect, measure: str, protocol: Protocol, everybody: int) -> float | None:
    """Return the covariance of two effects of one trial; nothing where it is not known."""
    pair = (one.contrast, other.contrast)
    if any(c.reported or c.is_paired or c.same_people for c in pair):
        return None
    shared = set(pair[0].control.results) & set(pair[1].control.results)
    if not shared:
        return 0.0
    control = pair[0].control
    if control.results != pair[1].control.results or measure not in (*OF_COUNTS, *MEANS):
        return None
    by = pair[0].design_effect
    if measure in MEANS:
        assert control.sd is not None
        assert control.n is not None
        if measure == "MD":
            return by * covariance_of_differences(control.sd, control.n)
        return by * covariance_of_smd(one.yi or 0.0, other.yi or 0.0, control.n, everybody)
    events, total = _counted(control, protocol.zero_cells if _corrected(one) or _corrected(other) else 0.0)
    return by * covariance_of_counts(measure, events, total)


def _counted(control: Side, add: float) -> tuple[float, float]:
    assert control.events is not None
    assert control.total is not None
    return control.events + add, control.total + 2 * add


def _corrected(effect: Effect) -> bool:
    return any(step.startswith("zero cell") for step in effect.steps)


def _everybody(contrasts: Sequence[Contrast]) -> int:
    """Return the people of all sides of one trial, a control of several contrasts once."""
    sides = {side.results: side.n or 0 for c in contrasts for side in (c.experimental, c.control)}
    return sum(sides.values())
