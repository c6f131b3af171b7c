"""PET-PEESE: the effect of an infinitely precise study, by regression on the standard error or the variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.pooling.columns import Column
from kg.pooling.fit import known
from kg.pooling.given import given
from kg.pooling.regression import Regression, regress
from kg.pooling.result import Result


@dataclass(frozen=True, eq=False)
class PetPeese(Result):
    """Both regressions; ``chosen`` gives the estimate: peese where PET finds an effect at ``alpha``, else pet."""

    pet: Regression
    peese: Regression
    chosen: str
    alpha: float
    estimate: float
    se: float
    ci_lb: float
    ci_ub: float
    pval: float | None


def pet_peese(
    yi: Column,
    vi: Column,
    *,
    test: str = "z",
    alpha: float = 0.10,
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> PetPeese:
    """Regress on sei (PET) and vi (PEESE) under a common effect (Stanley & Doucouliagos 2014).

    ``test`` z as in metafor, or knha for weighted least squares with a multiplicative dispersion. ``alpha`` is that
    of the two-sided test of PET's intercept; 0.10 is the one-sided 0.05 of the paper.
    """
    known("test", test, ("z", "knha"))
    y, v, names = given(yi, vi, study, least=3, what="PET-PEESE")
    pet, peese = (
        regress(y, v, {name: x}, method="EE", test=test, level=level, study=names or None)
        for name, x in (("sei", np.sqrt(v)), ("vi", v))
    )
    found = pet.pval[0] is not None and pet.pval[0] < alpha
    chosen = peese if found else pet
    return PetPeese(
        pet=pet,
        peese=peese,
        chosen="peese" if found else "pet",
        alpha=alpha,
        estimate=chosen.beta[0],
        se=chosen.se[0],
        ci_lb=chosen.ci_lb[0],
        ci_ub=chosen.ci_ub[0],
        pval=chosen.pval[0],
    )
