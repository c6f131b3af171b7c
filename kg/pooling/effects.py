"""The effects of the studies of one analysis, and which of them can be pooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from kg.pooling.columns import Array, Mask

ZERO_VARIANCE = "its sampling variance is zero"
NONE_LEFT_OUT: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Effects:
    """Effect and sampling variance of each study, on the analysis scale (log for ratios).

    ``yi`` and ``vi`` have shape (k,) and are read-only. A study that cannot be pooled has ``estimable`` False, 0 in
    ``vi`` (which nothing accepts as a variance) and its reason, by row, in ``why_not``.
    ``study`` is empty when no labels were given; ``labels`` then counts from 1.
    """

    measure: str
    yi: Array
    vi: Array
    estimable: Mask
    study: tuple[str, ...] = ()
    why_not: Mapping[int, str] = field(default_factory=lambda: NONE_LEFT_OUT)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of every study: the one given, or its row counted from 1."""
        return self.study or tuple(map(str, range(1, self.yi.size + 1)))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: plain numbers, None where no effect is defined; 0 in ``vi``: no variance."""
        labels = self.labels
        unknown = {row for row, why in self.why_not.items() if why != ZERO_VARIANCE}
        return {
            "measure": self.measure,
            "k": int(np.count_nonzero(self.estimable)),
            "study": list(labels),
            "yi": [None if row in unknown else y for row, y in enumerate(self.yi.tolist())],
            "vi": [None if row in unknown else v for row, v in enumerate(self.vi.tolist())],
            "not_estimable": {labels[row]: why for row, why in self.why_not.items()},
        }
