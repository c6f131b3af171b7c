"""Fail-safe numbers against metafor."""

from __future__ import annotations

from typing import Any

import pytest

from kg.errors import InputRefused, NotPoolable
from kg.pooling.failsafe import fail_safe
from tests.pooling.complete_studies import complete


def test_fsn_agrees_with_metafor(fsn_case: Any, close: Any) -> None:
    yi, vi, _ = complete(fsn_case)
    expected = fsn_case.case["output"]
    found = fail_safe(yi, vi, fsn_case.case["type"], alpha=expected["alpha"], target=expected["target"])
    for word, value in expected.items():
        assert close(getattr(found, word), value), word


def test_orwin_may_take_the_unweighted_mean() -> None:
    assert fail_safe([0.4, 0.2], [0.1, 0.3], "Orwin", target=0.1, weighted=False).fsnum == 4


def test_a_target_beyond_the_mean_is_refused() -> None:
    with pytest.raises(NotPoolable, match="no number of null studies"):
        fail_safe([0.4, 0.2], [0.1, 0.3], "Orwin", target=-0.1)
    with pytest.raises(InputRefused, match="Rosenthal"):
        fail_safe([0.4, 0.2], [0.1, 0.3], "Fisher")
    with pytest.raises(NotPoolable, match="alpha is 5"):
        fail_safe([0.4, 0.2], [0.1, 0.3], alpha=5)
