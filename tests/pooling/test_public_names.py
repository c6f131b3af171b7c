"""The public names of the pooling library are loaded one by one, and are what they are whatever was loaded before."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import kg.pooling
from kg.pooling import special

FUNCTIONS = [name for name, value in vars(special).items() if type(value).__name__ == "ufunc"]


@pytest.mark.parametrize("name", kg.pooling.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert isinstance(getattr(kg.pooling, name), ModuleType) == (name == "conversions")


@pytest.mark.parametrize("name", ["glmm", "influence", "multilevel", "network", "pool", "robust", "subgroups"])
def test_a_function_keeps_its_name_where_its_module_is_loaded_first(name: str) -> None:
    said = f"import kg.pooling.{name}; from kg.pooling import {name}; assert callable({name})"
    subprocess.run([sys.executable, "-c", said], check=True, timeout=60)


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        getattr(kg.pooling, "nothing_of_ours")  # noqa: B009


@pytest.mark.parametrize("first", ["kg.pooling.special", "scipy.special", "scipy.stats"])
def test_the_compiled_functions_are_those_of_scipy_whatever_is_loaded_first(first: str) -> None:
    said = f"""
import {first}
from kg.pooling import special
import scipy.special, scipy.stats
for name in {FUNCTIONS}:
    assert getattr(special, name) is getattr(scipy.special, name), name
assert abs(scipy.stats.norm.ppf(0.975) - 1.96) < 0.001 and scipy.special.logsumexp([0.0]) == 0.0
"""
    assert len(FUNCTIONS) > 5
    subprocess.run([sys.executable, "-c", said], check=True, timeout=60)
