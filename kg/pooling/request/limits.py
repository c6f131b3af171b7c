"""How much work one request may ask for, so that a small body cannot keep a service busy for long."""

from __future__ import annotations

from dataclasses import dataclass

from kg.errors import InputRefused
from kg.pooling.request.reading import Asked

REFITS = ("leave1out", "cumul", "influence")


@dataclass(frozen=True)
class Limits:
    """The most studies of what refits for each study, of what searches a likelihood, and the most permuted rows."""

    refits: int = 2000
    searches: int = 2000
    permuted: int = 500_000
    coefficients: int = 50
    treatments: int = 100


def limited(asked: Asked, limits: Limits | None) -> None:
    """Raise InputRefused for more work than the limits allow; without limits anything goes."""
    if limits is None:
        return
    options, parts = asked.options, asked.parts
    for name in REFITS:
        if name in parts:
            _most(name, "studies", asked.k, limits.refits)
    searched = [n for n in ("selmodel", "network") if n in parts] + [n for n in ("nested", "inner") if options[n]]
    for name in [*searched, *(["method GLMM"] if options["method"] == "GLMM" else [])]:
        _most(name, "studies", asked.k, limits.searches)
    _most("mods", "columns", len(options["mods"]), limits.coefficients)
    for name in (*options["mods"], *([options["subgroup"]] if options["subgroup"] else [])):
        values = asked.data.get(name, [])
        if name in options["factors"] or name == options["subgroup"] or any(isinstance(v, str) for v in values):
            _most(name, "levels", len(set(values)), limits.coefficients)
    if "permutation" in parts:
        rows = asked.k * parts["permutation"].get("iterations", 1000)
        _most("permutation", "studies times iterations", rows, limits.permuted)
    if "network" in parts:
        arms = {*asked.data.get("treat1", []), *asked.data.get("treat2", [])}
        _most("network", "treatments", len(arms), limits.treatments)
    steps = parts.get("selmodel", {}).get("steps", ())
    _most("selmodel", "steps", len(steps), 10)


def _most(name: str, what: str, found: int, most: int) -> None:
    if found > most:
        raise InputRefused(f"{name} has {found:,} {what}; one request may have {most:,}: use the library or kg pool")
