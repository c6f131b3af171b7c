"""PET-PEESE against metafor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kg.pooling.pet_peese import pet_peese
from kg.pooling.regression import regress
from tests.pooling.complete_studies import complete, simulated


def test_pet_agrees_with_metafor(pet_case: Any, close: Any) -> None:
    yi, vi, _ = complete(pet_case)
    pet = pet_peese(yi, vi).pet.to_dict()
    for word, value in pet_case.case["output"].items():
        assert close(pet[word], value), word


@pytest.mark.parametrize("test", ["z", "knha"])
def test_peese_is_chosen_where_pet_finds_an_effect(test: str) -> None:
    yi, vi, _ = simulated(20, seed=11)
    limit = pet_peese(yi, vi, test=test).pet.beta[0]
    far, near = pet_peese(yi + 5, vi, test=test), pet_peese(yi - limit, vi, test=test)
    assert (far.chosen, near.chosen) == ("peese", "pet")
    assert far.estimate == regress(yi + 5, vi, {"vi": vi}, method="EE", test=test).beta[0]
    assert near.estimate == near.pet.beta[0]
    assert np.isfinite(far.peese.vb).all()
