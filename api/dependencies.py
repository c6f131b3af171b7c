"""What a route may ask for: the service, and parameters that are neither unknown nor repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Annotated, cast

from fastapi import Depends, Request

from api.problems import Problem, parameter
from api.service import Service
from kg.nearest import nearest


def _service(request: Request) -> Service:
    return cast(Service, request.state.service)


ServiceDep = Annotated[Service, Depends(_service)]


def check_parameters(request: Request, known: Iterable[str], repeated: Iterable[str] = ()) -> None:
    """Refuse query parameters that are not known, with the nearest that are, and those given twice; some may be.

    Raises a problem (422).
    """
    several = set(repeated)
    names = sorted({*known, *several})
    found = []
    for name, times in Counter(key for key, _ in request.query_params.multi_items()).items():
        if name not in names:
            close = list(nearest(name[:100], names))
            hint = f"; the nearest are {', '.join(close)}" if close else "; this address takes none"
            found.append(parameter(name[:100], f"{name[:100]!r} is no parameter here{hint}", nearest=close))
        elif times > 1 and name not in several:
            found.append(parameter(name, f"{name} is given {times} times; give it once"))
    if found:
        raise Problem("invalid-parameters", "; ".join(str(item["detail"]) for item in found), found)


def only(*known: str) -> Callable[[Request], None]:
    """Return a dependency that lets only the parameters named pass, each at most once."""

    def check(request: Request) -> None:
        check_parameters(request, known)

    return check


def many(*repeated: str, once: Iterable[str]) -> Callable[[Request], None]:
    """Return a dependency that lets some parameters pass any number of times, and others once."""
    known = tuple(once)

    def check(request: Request) -> None:
        check_parameters(request, known, repeated)

    return check
