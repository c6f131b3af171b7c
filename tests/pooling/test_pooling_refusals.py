"""What bad input gets: an error that names study, field and remedy; in a batch, for that analysis alone."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from kg.errors import EvidenceError, InputRefused, NotConverged, NotPoolable
from kg.pooling import Pooled, escalc, pool, pool_many

GOOD: dict[str, Any] = {"yi": [0.1, 0.4, 0.2], "vi": [0.02, 0.05, 0.03]}
ROWS = ["Alpha 1999", "Beta 2004", "Gamma 2011"]
MEANS: dict[str, Any] = {"m1i": [5, 6], "sd1i": [1, 2], "n1i": [10, 12], "m2i": [4, 5], "sd2i": [1, 1], "n2i": [11, 9]}
TABLES: dict[str, Any] = {"ai": [1, 2], "n1i": [10, 12], "ci": [4, 5], "n2i": [11, 9]}

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "negative variance": (GOOD | {"vi": [0.02, -0.05, 0.03]}, "vi of study Beta 2004 is -0.05.*above zero"),
    "zero variance": (GOOD | {"vi": [0.02, 0, 0.03]}, "vi of study Beta 2004 is 0.*above zero"),
    "infinite effect": (GOOD | {"yi": [0.1, 0.4, float("inf")]}, "yi of study Gamma 2011 is inf.*None for a missing"),
    "nan effect": (GOOD | {"yi": [0.1, float("nan"), 0.2]}, "yi of study Beta 2004 is nan"),
    "text": (GOOD | {"yi": ["0.1", 0.2, 0.3]}, "yi of study Alpha 1999 is '0.1': give a number"),
    "lengths": (GOOD | {"vi": [0.02, 0.05]}, "yi has 3, vi has 2"),
    "labels": (GOOD | {"study": ["one"]}, "study has 1"),
    "two dimensions": (GOOD | {"yi": np.ones((3, 1))}, "2 dimensions"),
    "no studies": ({"yi": [], "vi": []}, "k = 0"),
    "all missing": ({"yi": [None, None], "vi": [0.1, 0.2]}, "k = 0.*yi missing"),
    "zero standard error": ({"yi": [0.1], "sei": [0.0]}, "sei of study"),
    "no variance": ({"yi": [0.1]}, "vi or sei is absent"),
    "unknown measure": (TABLES | {"measure": "XX"}, "'XX' is not known; known are RR, OR"),
    "unknown method": (GOOD | {"method": "XX"}, "method 'XX' is not known; known are EE, DL"),
    "unknown test": (GOOD | {"test": "XX"}, "test 'XX' is not known; known are z"),
    "unknown rule": (TABLES | {"measure": "RR", "to": "XX"}, "to 'XX' is not known; known are only0"),
    "unknown variance form": (
        TABLES | {"measure": "RR", "vtype": "XX"},
        "vtype 'XX' is not known for RR; known are LS",
    ),
    "unknown interval": (GOOD | {"tau2_ci": "XX"}, "tau2_ci 'XX' is not known; known are QP, PL"),
    "unknown prediction": (GOOD | {"pi_df": "XX"}, "pi_df 'XX' is not known; known are test"),
    "unknown column": (GOOD | {"zi": [1, 2, 3]}, "zi is not known; columns are ai"),
    "level": (GOOD | {"level": 100}, "level is 100"),
    "addition": (TABLES | {"measure": "RR", "add": -1}, "add is -1"),
    "drop00": (TABLES | {"measure": "RR", "drop00": "XX"}, "drop00 'XX' is not known"),
    "tau2 without random effects": (GOOD | {"method": "EE", "tau2": 0.1}, "method EE takes it to be 0"),
    "negative non-events": ({"xi": [3], "mi": [-1], "measure": "PR"}, "mi of study .* is -1: a count cannot"),
    "tau2": (GOOD | {"tau2": -1.0}, "tau2 is -1"),
    "missing column": ({"ai": [1], "ci": [2], "n2i": [4], "measure": "RR"}, "bi or n1i is absent"),
    "events above total": (TABLES | {"ai": [1, 13], "measure": "RR"}, "ai of study .* is 13: it exceeds n1i"),
    "negative count": (TABLES | {"ai": [1, -2], "measure": "RR"}, "ai of study .* is -2: a count cannot be negative"),
    "half a count": (TABLES | {"ai": [1, 2.5], "measure": "RR"}, "ai of study .* is 2.5: a count is a whole number"),
    "half a person": (TABLES | {"n1i": [10, 12.5], "measure": "RR"}, "n1i of study .* whole number"),
    "cells disagree": (TABLES | {"bi": [9, 11], "measure": "RR"}, "bi of study .* is 11: ai . bi is not n1i"),
    "zero SD": (MEANS | {"sd1i": [1, 0], "measure": "MD"}, "sd1i of study .* is 0: it must be above zero"),
    "negative SD": (MEANS | {"sd1i": [1, -1], "measure": "SMD"}, "sd1i of study .* is -1"),
    "nobody": (MEANS | {"n1i": [10, 0], "measure": "MD"}, "n1i of study .* is 0: a group needs"),
    "ratio of a negative mean": (
        MEANS | {"m1i": [5, -6], "measure": "ROM"},
        "m1i of study .* is -6: ROM takes its log",
    ),
    "correlation above one": ({"ri": [1.2], "ni": [20], "measure": "COR"}, "ri of study .* is 1.2"),
    "three people": ({"ri": [0.2], "ni": [3], "measure": "ZCOR"}, "ni of study .* is 3: ZCOR needs more than 3"),
    "no time": ({"x1i": [1], "t1i": [0], "x2i": [1], "t2i": [9], "measure": "IRR"}, "t1i of study .* is 0"),
    "Hartung-Knapp without tau2": (GOOD | {"method": "EE", "test": "hk"}, "ask for test z"),
    "Hartung-Knapp with MH": (TABLES | {"measure": "RR", "method": "MH", "test": "knha"}, "ask for test z"),
    "t with Peto": (TABLES | {"method": "PETO", "test": "t"}, "MH and PETO have test z alone"),
    "weights without GENQ": (GOOD | {"weights": [1, 2, 3]}, "weights and method GENQ go together"),
    "GENQ without weights": (GOOD | {"method": "GENQ"}, "weights and method GENQ go together"),
    "profile of DL": (GOOD | {"method": "DL", "tau2_ci": "PL"}, "ask for QP"),
    "MH of means": (MEANS | {"measure": "MD", "method": "MH"}, "method MH does not pool measure MD"),
    "Peto of risk ratios": (TABLES | {"measure": "RR", "method": "PETO"}, "method PETO does not pool measure RR"),
    "no events at all": (
        TABLES | {"ai": [0, 0], "ci": [0, 0], "measure": "OR", "method": "MH"},
        "ask for a difference",
    ),
    "no events for Peto": (TABLES | {"ai": [0, 0], "ci": [0, 0], "method": "PETO"}, "ask for measure RD"),
}


def labelled(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"study": ROWS} | arguments if len(arguments.get("yi", [])) == 3 else arguments


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_study_field_and_remedy(name: str) -> None:
    arguments, message = BAD[name]
    with pytest.raises((NotPoolable, InputRefused), match=message):
        pool(**labelled(arguments))


def test_in_a_batch_only_the_bad_analysis_carries_the_error() -> None:
    good = {"study": ROWS, **GOOD}
    analyses = [analysis for name in BAD for analysis in (good, labelled(BAD[name][0]))]
    alone = pool(**good).to_dict()
    batch = pool_many(analyses)
    assert len(batch) == 2 * len(BAD)
    for (_, message), fine, refused in zip(BAD.values(), batch[::2], batch[1::2], strict=True):
        assert isinstance(fine, Pooled)
        assert fine.to_dict() == alone
        assert isinstance(refused, EvidenceError)
        with pytest.raises(EvidenceError, match=message):
            raise refused


def test_what_is_not_defined_is_none_and_json_can_say_it() -> None:
    p = pool(yi=[0.3, 0.3, 0.3], vi=[0.1, 0.2, 0.3], method="REML", test="knha")
    assert (p.se[0], p.stat[0], p.QM) == (0.0, None, None)
    assert (p.pval[0], p.ci_lb[0], p.ci_ub[0]) == (0.0, 0.3, 0.3)
    one = pool(yi=[0.3], vi=[0.1], test="knha", pi_df="k-2", tau2_ci="QP")
    assert (one.df[0], one.pi_lb, one.tau2_ci, one.bic) == (None, None, None, None)
    for result in (p, one, pool(measure="RD", method="MH", ai=[0], n1i=[9], ci=[0], n2i=[8])):
        json.dumps(result.to_dict(), allow_nan=False)


def test_a_study_that_is_not_estimable_says_why() -> None:
    effects = escalc(
        "RR", ai=[0, 0, 3, None], n1i=[9, 9, 9, 9], ci=[0, 2, 4, 1], n2i=[8, 8, 8, 8], to="none", drop00=True
    )
    assert effects.estimable.tolist() == [False, False, True, False]
    assert effects.to_dict()["yi"][:2] == [None, None]
    assert list(effects.why_not.values()) == [
        "no events, or nothing but events, in both groups",
        "its effect or variance is not finite: a zero cell or an extreme value",
        "ai, bi missing",
    ]
    json.dumps(effects.to_dict(), allow_nan=False)


def test_results_cannot_be_changed() -> None:
    p = pool(**GOOD)
    with pytest.raises(ValueError, match="read-only"):
        p.weights[0] = 1
    with pytest.raises(AttributeError):
        p.k = 2  # type: ignore[misc]


def test_a_search_that_does_not_settle_is_an_error_and_stays_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.pooling.roots.MAX_STEPS", 1)
    with pytest.raises(NotConverged, match="use a closed-form estimator"):
        pool(method="REML", yi=[-0.47, -1.56, 0.18, 0.88], vi=[0.063, 0.066, 0.0125, 0.0068])
    equal = {"yi": [0.3, 0.3], "vi": [0.1, 0.2]}
    unsettled, fine = pool_many([{"yi": [-0.47, -1.56, 0.18], "vi": [0.063, 0.066, 0.0125]}, equal], method="REML")
    assert isinstance(unsettled, NotConverged)
    assert isinstance(fine, Pooled)
    assert fine.tau2 == 0


def test_effects_and_columns_together_are_refused() -> None:
    with pytest.raises(InputRefused, match="give one of them"):
        pool(escalc(**GOOD), **GOOD)
    with pytest.raises(InputRefused, match="pools tables, not effects"):
        pool(escalc(**GOOD), method="MH")


def test_importing_does_not_load_scipy_stats() -> None:
    code = "import sys, kg.pooling; print('scipy.stats' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
