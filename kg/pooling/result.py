"""The form every result has: frozen, complete, and ready to travel as JSON."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np


class Result:
    """A frozen result; a field whose name starts with an underscore stays inside the library."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain lists, numbers and text; what is absent is None, never NaN."""
        known = fields(self)  # type: ignore[arg-type]  # every result is a dataclass
        return {f.name: plain(getattr(self, f.name)) for f in known if not f.name.startswith("_")}


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: lists, floats, integers, text, booleans, None."""
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
