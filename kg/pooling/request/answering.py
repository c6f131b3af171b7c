"""One analysis as it was asked for, answered in words of JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from kg.pooling.effects import Effects
from kg.pooling.measures import escalc
from kg.pooling.pool import nothing_to_pool, pool
from kg.pooling.pooled import Pooled
from kg.pooling.regression import Regression, regress
from kg.pooling.request.consistency import TABULAR
from kg.pooling.request.limits import Limits, limited
from kg.pooling.request.models import generalised, multilevel_model, network_model, with_robust
from kg.pooling.request.parts import ANSWERED, Fitted
from kg.pooling.request.reading import Asked
from kg.pooling.request.refusal import unknown

EFFECT = ("add", "to", "vtype", "correct", "exact")
MODEL = ("method", "test", "level", "pi_df", "tau2", "tau2_ci")
TABLES = ("mh_add", "correct_cmh")


def pooled_as_asked(asked: Asked, limits: Limits | None = None) -> dict[str, Any]:
    """Return the answer to one request: the words of `Pooled.to_dict`, and each extra part under its name.

    Method none gives ``yi`` and ``vi`` alone. Raises an EvidenceError for what cannot be pooled.
    """
    limited(asked, limits)
    if "network" in asked.parts:
        return network_model(asked)
    if asked.options["method"] == "GLMM":
        return generalised(asked)
    if asked.options["method"] == "none":
        found = effects(asked).to_dict()
        return {"yi": found["yi"], "vi": found["vi"]}
    if asked.options["nested"] or asked.options["inner"]:
        return multilevel_model(asked, effects(asked))
    made = fitted(asked)
    answer = made.result.to_dict()
    if isinstance(made.result, Regression):
        answer["measure"] = asked.options["measure"]
        labels = made.effects.labels
        answer["not_estimable"] |= {labels[row]: why for row, why in made.effects.why_not.items()}
        if asked.options["cluster"]:
            answer["robust"] = with_robust(asked, made.result)
    wanted = [*(["subgroup"] if asked.options["subgroup"] else []), *asked.parts]
    for name in wanted:
        answer |= ANSWERED[name](made)
    return answer


def effects(asked: Asked) -> Effects:
    """Return the effects of the studies of a request."""
    known = {name: asked.options[name] for name in EFFECT}
    measure, drop00 = asked.options["measure"], asked.options["drop00"] or False
    return escalc(measure, study=asked.study, drop00=drop00, **known, **asked.columns)


def fitted(asked: Asked) -> Fitted:
    """Return the fit of the model that a request asks for, with the effects it rests on."""
    method = asked.options["method"]
    if method in TABULAR:
        return Fitted(asked, *_from_tables(asked))
    found = effects(asked)
    if asked.options["mods"] or asked.options["cluster"]:
        return Fitted(asked, _regression(asked, found), found)
    weights = weight_column(asked)
    options = {name: asked.options[name] for name in MODEL}
    return Fitted(asked, pool(found, weights=weights, **options), found)


def weight_column(asked: Asked) -> list[Any] | None:
    """Return the weights of method GENQ: the column that is named, or the one called weights."""
    named = asked.options["weights"]
    if named is None and asked.options["method"] == "GENQ" and "weights" in asked.data:
        return asked.data["weights"]
    return None if named is None else asked.column(named, "weights")


def _from_tables(asked: Asked) -> tuple[Pooled, Effects]:
    names = ("measure", "drop00", *EFFECT, *(name for name in MODEL if name != "tau2"), *TABLES)
    options = {name: asked.options[name] for name in names}
    pooled = pool(study=asked.study, **options, **asked.columns)
    there = np.array([row not in pooled.why_not for row in range(pooled.yi.size)])
    return pooled, Effects(pooled.measure, pooled.yi, pooled.vi, there, pooled.study, pooled.why_not)


def _regression(asked: Asked, found: Effects) -> Regression:
    if not found.estimable.any():
        raise nothing_to_pool(found)
    there = found.estimable.tolist()
    yi = [x if known else None for x, known in zip(found.yi.tolist(), there, strict=True)]
    vi = [x if known else None for x, known in zip(found.vi.tolist(), there, strict=True)]
    mods = {name: moderator(asked, name) for name in asked.options["mods"]}
    return regress(
        yi,
        vi,
        mods,
        intercept=asked.options["intercept"],
        factors=asked.options["factors"],
        method=asked.options["method"],
        test=asked.options["test"],
        level=asked.options["level"],
        weights=weight_column(asked),
        tau2_ci=asked.options["tau2_ci"],
        study=asked.study,
    )


def moderator(asked: Asked, name: str) -> list[Any]:
    """Return the column of a moderator."""
    if name not in asked.data:
        raise unknown("the moderator", name, asked.data, "/mods")
    return asked.data[name]
