"""Effects and variances as a caller gives them, checked before a method that needs every one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array, Column, labels, refuse_where, table


def given(
    yi: Column, vi: Column, study: Sequence[object] | None, *, least: int, what: str
) -> tuple[Array, Array, tuple[str, ...]]:
    """Return effects (k,), variances (k,) and labels; refuse a missing or impossible value and fewer than ``least``."""
    names = labels(study)
    columns = table({"yi": yi, "vi": vi}, names)
    for field, column in columns.items():
        refuse_where(np.isnan(column), field, column, names, "it is missing; fill it in or leave the study out")
    y, v = columns["yi"], columns["vi"]
    if y.size < least:
        raise NotPoolable(f"{what} needs {least} studies or more, here {y.size}; add studies or leave it out")
    return y, v, names
