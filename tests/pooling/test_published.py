"""Values printed in public texts, to the digits that they print."""

from __future__ import annotations

import json
import math
import os
from typing import Any

import pytest

from kg.pooling import escalc, pool
from kg.pooling.conversions import sd_of_change
from tests.pooling.conftest import FOLDER


def published(name: str) -> dict[str, Any]:
    path = FOLDER / "published.json"
    if not path.exists():
        assert os.environ.get("CI") != "true", f"{path} is absent"
        pytest.skip(f"{path} is absent")
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    found: dict[str, Any] = next(case for case in cases if case["id"] == name)
    return found


def test_the_data_on_which_fisher_scoring_is_slow() -> None:
    case = published("metafor_convergence_page")
    printed, tight = case["printed"], case["tightly_converged_here"]
    assert pool(**case["input"], method="HE").tau2 == pytest.approx(tight["tau2_HE"], abs=5e-8)
    tau2 = pool(**case["input"], method="REML").tau2
    assert tau2 == pytest.approx(tight["tau2_REML"], abs=5e-8)
    assert tau2 == pytest.approx(printed["tau2_REML_at_default_threshold_1e-5"], abs=1e-5)


def test_the_crossover_trial_of_the_handbook() -> None:
    case = published("cochrane_handbook_5.1_16.4.6.4_crossover")
    given, printed = case["input"], case["printed"]
    columns = {"m1i": [given["mean_e"]], "sd1i": [given["sd_e"]], "m2i": [given["mean_c"]], "sd2i": [given["sd_c"]]}
    effects = escalc("MC", **columns, ri=[given["corr_imputed"]], ni=[given["n"]])  # type: ignore[arg-type]
    assert effects.yi[0] == printed["md"]
    assert math.sqrt(effects.vi[0]) == pytest.approx(printed["se_md_from_corr"], abs=5e-4)
    spread = sd_of_change(given["sd_e"], given["sd_c"], given["corr_imputed"])
    assert spread / math.sqrt(given["n"]) == pytest.approx(printed["se_md_from_corr"], abs=5e-4)
    assert given["sd_diff_imputed"] / math.sqrt(given["n"]) == pytest.approx(printed["se_md_from_sd_diff"], abs=5e-4)
