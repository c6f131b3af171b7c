"""Meta-analysis on arrays: effects, pooling, heterogeneity. Numbers in, frozen results out; no RDF, no HTTP."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.pooling import conversions
    from kg.pooling.asymmetry import RankTest, RegressionTest, harbord, peters, rank_test, regression_test
    from kg.pooling.batch import Batch, fit_many, pool_many
    from kg.pooling.effects import Effects
    from kg.pooling.failsafe import FailSafe, fail_safe
    from kg.pooling.glmm import Glmm, glmm
    from kg.pooling.heterogeneity import QInterval, q_interval
    from kg.pooling.influence import Influence, influence
    from kg.pooling.measures import MEASURES, escalc
    from kg.pooling.multilevel import Multilevel, multilevel
    from kg.pooling.network import Network, network
    from kg.pooling.network_designs import Decomposition, NetHeat, QTest, decompose, net_heat
    from kg.pooling.network_split import Cell, Split, league, split
    from kg.pooling.permutation import PermutationTest, permutation_test
    from kg.pooling.pet_peese import PetPeese, pet_peese
    from kg.pooling.pool import pool
    from kg.pooling.pooled import Pooled
    from kg.pooling.regression import Regression, regress
    from kg.pooling.robust import Robust, robust
    from kg.pooling.selection import SelectionModel, step_selection
    from kg.pooling.sensitivity import Blup, Series, blup, cumulative, leave_one_out
    from kg.pooling.stratified import Stratified
    from kg.pooling.subgroups import Subgroups, subgroups
    from kg.pooling.table_tests import TableTests
    from kg.pooling.tau2 import TAU2
    from kg.pooling.trimfill import TrimFill, trim_and_fill

__all__ = [
    "MEASURES",
    "TAU2",
    "Batch",
    "Blup",
    "Cell",
    "Decomposition",
    "Effects",
    "FailSafe",
    "Glmm",
    "Influence",
    "Multilevel",
    "NetHeat",
    "Network",
    "PermutationTest",
    "PetPeese",
    "Pooled",
    "QInterval",
    "QTest",
    "RankTest",
    "Regression",
    "RegressionTest",
    "Robust",
    "SelectionModel",
    "Series",
    "Split",
    "Stratified",
    "Subgroups",
    "TableTests",
    "TrimFill",
    "blup",
    "conversions",
    "cumulative",
    "decompose",
    "escalc",
    "fail_safe",
    "fit_many",
    "glmm",
    "harbord",
    "influence",
    "league",
    "leave_one_out",
    "multilevel",
    "net_heat",
    "network",
    "permutation_test",
    "pet_peese",
    "peters",
    "pool",
    "pool_many",
    "q_interval",
    "rank_test",
    "regress",
    "regression_test",
    "robust",
    "split",
    "step_selection",
    "subgroups",
    "trim_and_fill",
]

_HOMES = {
    name: module
    for module, names in {
        "asymmetry": "RankTest RegressionTest harbord peters rank_test regression_test",
        "batch": "Batch fit_many pool_many",
        "effects": "Effects",
        "failsafe": "FailSafe fail_safe",
        "glmm": "Glmm glmm",
        "heterogeneity": "QInterval q_interval",
        "influence": "Influence influence",
        "measures": "MEASURES escalc",
        "multilevel": "Multilevel multilevel",
        "network": "Network network",
        "network_designs": "Decomposition NetHeat QTest decompose net_heat",
        "network_split": "Cell Split league split",
        "permutation": "PermutationTest permutation_test",
        "pet_peese": "PetPeese pet_peese",
        "pool": "pool",
        "pooled": "Pooled",
        "regression": "Regression regress",
        "robust": "Robust robust",
        "selection": "SelectionModel step_selection",
        "sensitivity": "Blup Series blup cumulative leave_one_out",
        "stratified": "Stratified",
        "subgroups": "Subgroups subgroups",
        "table_tests": "TableTests",
        "tau2": "TAU2",
        "trimfill": "TrimFill trim_and_fill",
    }.items()
    for name in names.split()
}
"""The module of each public name."""


class _Package(ModuleType):
    """A package that loads a public name when it is first used: an answer needs a few of these modules."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{self.__name__}.{_HOMES[name]}"), name)
        vars(self)[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a name, but leave those of functions to them where a module of the same name is loaded."""
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *__all__})


sys.modules[__name__].__class__ = _Package
