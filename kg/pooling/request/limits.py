"""How much work a call may ask for, so that a small body cannot keep a service busy for long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

from kg.errors import InputRefused
from kg.pooling.request.reading import Asked

SEARCH = 40
"""What one search of a likelihood costs, in rows of a refit for each row."""
FLAT = 1000
"""What any part costs, however few its studies."""
FLAT_OF = MappingProxyType({"trimfill": 20_000, "selmodel": 100_000, "GLMM": 600_000})
MODELS = ("mods", "cluster", "nested", "inner", "subgroup")
REFITS = ("leave1out", "cumul", "influence")


@dataclass
class Limits:
    """The most work of one call, counted in rows that are fitted again, and the most columns, levels and treatments.

    A call that pools many analyses spends from one budget: ``spent`` grows with each of them.
    """

    rows: int = 4_000_000
    coefficients: int = 50
    treatments: int = 100
    steps: int = 10
    spent: int = field(default=0, init=False)

    def spend(self, name: str, rows: int) -> None:
        """Add the rows that a part fits to what was spent; InputRefused where that is more than the limit."""
        if self.spent + rows > self.rows:
            raise InputRefused(
                f"{name} fits {rows:,} rows, and one call may fit {self.rows:,} in all: "
                "ask for less at a time, or use the library or kg pool"
            )
        self.spent += rows


def limited(asked: Asked, limits: Limits | None) -> None:
    """Raise InputRefused for more work than the limits allow; without limits anything goes."""
    if limits is None:
        return
    parts = asked.parts
    _levels(asked, limits)
    if "network" in parts:
        arms = {*map(str, asked.data.get("treat1", [])), *map(str, asked.data.get("treat2", []))}
        _most("network", "treatments", len(arms), limits.treatments)
    if "selmodel" in parts:
        _most("selmodel", "steps", len(parts["selmodel"].get("steps", ())), limits.steps)
    for name, rows in _work(asked):
        limits.spend(name, rows)


def _work(asked: Asked) -> Iterator[tuple[str, int]]:
    """Yield each part of a request with the rows that it fits, or what takes as long as fitting so many."""
    options, parts, k = asked.options, asked.parts, asked.k
    width, least = len(options["mods"]) + 1, max(k, 100)
    for name in MODELS:
        if options[name]:
            yield name, FLAT * (1 if name != "subgroup" else len(set(asked.data.get(options[name], [])))) + k
    for name in parts:
        yield name, FLAT_OF.get(name, FLAT) + k
    for name in REFITS:
        if name in parts:
            yield name, k * least * width
    if options["nested"] or options["inner"]:
        yield "nested", SEARCH * k * least
    if "network" in parts:
        yield "network", 10 * k * least
    if options["method"] == "GLMM":
        yield "GLMM", FLAT_OF["GLMM"] + SEARCH * k * 40
    if "permutation" in parts:
        yield "permutation", parts["permutation"].get("iterations", 1000) * least * width


def _levels(asked: Asked, limits: Limits) -> None:
    """Refuse more moderators, or more levels of one, than a model of this size can have."""
    options = asked.options
    _most("mods", "columns", len(options["mods"]), limits.coefficients)
    for name in (*options["mods"], *([options["subgroup"]] if options["subgroup"] else [])):
        values = asked.data.get(name, [])
        labels = name in options["factors"] or name == options["subgroup"]
        if labels or any(isinstance(value, str) for value in values):
            _most(name, "levels", len(set(values)), limits.coefficients)


def _most(name: str, what: str, found: int, most: int) -> None:
    if found > most:
        raise InputRefused(f"{name} has {found:,} {what}; one call may have {most:,}: use the library or kg pool")
