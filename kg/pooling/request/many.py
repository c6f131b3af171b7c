"""Many requests in one call: what can be pooled together is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg.errors import EvidenceError
from kg.pooling.batch import pool_many
from kg.pooling.pooled import Pooled
from kg.pooling.request.answering import EFFECT, MODEL, TABLES, pooled_as_asked, weight_column
from kg.pooling.request.consistency import ALONE, MODELS
from kg.pooling.request.limits import Limits
from kg.pooling.request.reading import Asked, read

MOST_ANALYSES = 20_000


def many_pooled(bodies: Sequence[Any], limits: Limits | None = None) -> list[dict[str, Any] | EvidenceError]:
    """Answer analyses in order; one that cannot be read or pooled has its error in its place."""
    answers: list[dict[str, Any] | EvidenceError | None] = [None] * len(bodies)
    plain: dict[int, dict[str, Any]] = {}
    for place, body in enumerate(bodies):
        try:
            asked = read(body)
            if _plain(asked):
                plain[place] = _arguments(asked)
            else:
                answers[place] = pooled_as_asked(asked, limits)
        except EvidenceError as error:
            answers[place] = error
    for place, found in zip(plain, pool_many(list(plain.values())), strict=True):
        answers[place] = found.to_dict() if isinstance(found, Pooled) else found
    return [answer for answer in answers if answer is not None]


def _plain(asked: Asked) -> bool:
    """Whether a request is one pooled effect and nothing else."""
    options = asked.options
    return options["method"] not in ALONE and not asked.parts and not any(options.get(n) for n in (*MODELS, "subgroup"))


def _arguments(asked: Asked) -> dict[str, Any]:
    """Return a request as the arguments of `pool`."""
    names = ("measure", "drop00", *EFFECT, *MODEL, *TABLES)
    chosen = {name: asked.options[name] for name in names if name in asked.given}
    weights, study = weight_column(asked), asked.study
    chosen |= {} if weights is None else {"weights": weights}
    chosen |= {} if study is None else {"study": study}
    return {**chosen, **asked.columns}
