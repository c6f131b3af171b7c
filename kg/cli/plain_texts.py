"""Options taken as they were typed, where they are texts or were not given.

Some releases of typer have pydantic look at every value; it takes long to load, and a text is a text already.
"""

from __future__ import annotations

from functools import partial
from typing import Any


def take(command: Any) -> None:
    """Let the options of a command be taken as they are, as far as that may be."""
    every = command.get_params

    def taken(context: Any) -> list[Any]:
        params: list[Any] = every(context)
        for param in params:
            kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
            known = getattr(param, "get_runtime_param", None)
            if kind in {str, bool} and known and param.nargs == 1 and not isinstance(known, partial):
                param.get_runtime_param = partial(_Text, known)
        return params

    command.get_params = taken


class _Text:
    """What typer asks for the value of an option."""

    def __init__(self, checked: Any) -> None:
        self._checked = checked

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return a text or nothing as it is; all else, such as bytes that are not UTF-8, goes the usual way."""
        try:
            if value is not None:
                value.encode()
        except (AttributeError, UnicodeEncodeError):
            return self._checked().coerce(value, param=param, ctx=ctx)
        return value
