"""Which options of a request exclude each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kg.errors import Contradiction
from kg.pooling.request.options import PARTS
from kg.pooling.request.refusal import RequestRefused

TABULAR = ("MH", "PETO", "DL-MH")
"""Methods that pool tables, not effects."""
ALONE = ("none", "GLMM")
"""Methods whose answer has no extra parts."""
SERIES = ("leave1out", "cumul", "blup")
OF_EFFECTS = ("regtest", "ranktest", "harbord", "peters", "trimfill", "fsn", "pet", "selmodel")
MODELS = ("mods", "nested", "inner", "network", "cluster")
GIVEN_ELSEWHERE = ("weights", "tau2", "tau2_ci", "subgroup")
ALL_PARTS = tuple(name for name in PARTS if name != "network")


def consistent(options: Mapping[str, Any], given: Collection[str], parts: Collection[str]) -> None:
    """Raise Contradiction for options that exclude each other, naming both, and RequestRefused for one that is idle."""
    method = options["method"]
    wanted = {name for name in given if options[name] not in ((), False, None)} | set(parts)

    def never(one: str, others: Iterable[str]) -> None:
        for other in others:
            if other in wanted and other != one:
                raise Contradiction(f"{one} and {other} exclude each other; leave one of them out")

    if method in ALONE:
        never(f"method {method}", (*MODELS, *GIVEN_ELSEWHERE, *ALL_PARTS))
    if method in TABULAR:
        never(f"method {method}", (*MODELS, "weights", "tau2", "influence", "blup", "permutation"))
    if method == "GENQ":
        never("method GENQ", ("subgroup", "blup", "regtest", "trimfill", "influence", "permutation"))
    for model in ("nested", "inner", "network"):
        if model in wanted:
            never(model, (*GIVEN_ELSEWHERE, *ALL_PARTS))
    if "network" in wanted:
        never("network", MODELS)
    for model in ("mods", "cluster"):
        if model in wanted:
            never(model, ("subgroup", "tau2", "pi_df", *SERIES, *OF_EFFECTS))
    if "tau2" in wanted:
        never("tau2", ("influence", "blup", "permutation", "regtest", "trimfill", "subgroup"))
    _idle(wanted, options)


def _idle(wanted: Collection[str], options: Mapping[str, Any]) -> None:
    """Refuse an option whose partner is not there."""
    if ("factors" in wanted or not options["intercept"]) and "mods" not in wanted:
        raise RequestRefused("factors and intercept belong to a regression; name its moderators in mods", "/mods")
    if "robust" in wanted and "cluster" not in wanted:
        raise RequestRefused("robust needs cluster, the column of the clusters", "/cluster")
    if "V" in wanted and not {"nested", "inner"} & set(wanted):
        message = "V belongs to a multilevel model; name its random effects in nested, or in inner and outer"
        raise RequestRefused(message, "/nested")
