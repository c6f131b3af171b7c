"""All 4,047 analyses of 198 Cochrane reviews, in one call, against metafor."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import cochrane_library
from kg.pooling import Pooled, escalc, pool_many
from kg.pooling.studies import arrange
from kg.pooling.tau2_likelihood import log_likelihood


@cache
def library() -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The analyses as arguments of pool, and the reference of each."""
    if not cochrane_library.FOLDER.exists():
        assert os.environ.get("CI") != "true", f"{cochrane_library.FOLDER} is absent"
        pytest.skip(f"{cochrane_library.FOLDER} is absent")
    return cochrane_library.library()


def column(reference: list[dict[str, str]], name: str) -> NDArray[np.float64]:
    """A reference column; nan where metafor failed."""
    return np.array([float(row[name]) if row[name] not in {"", "NA"} else np.nan for row in reference])


def pooled(**how: str) -> list[Pooled]:
    batch = pool_many(library()[0], **how)
    assert all(isinstance(found, Pooled) for found in batch)
    return [found for found in batch if isinstance(found, Pooled)]


def test_dersimonian_laird_agrees_with_metafor() -> None:
    reference, ours = library()[1], pooled(method="DL")
    assert len(ours) == 4047
    assert [p.k for p in ours] == [int(row["k"]) for row in reference]
    se = column(reference, "DL_se")
    for word, floor in (("beta", 1e-10 * se), ("se", 0 * se), ("ci_lb", 1e-10 * se), ("ci_ub", 1e-10 * se)):
        got = np.array([getattr(p, word)[0] for p in ours])
        expected = column(reference, f"DL_{word}")
        assert np.all(np.abs(got - expected) <= 1e-10 * np.abs(expected) + floor), word
    for word, scale in (("tau2", 1e-10 * se**2), ("I2", 1e-8), ("Q", 1e-10)):
        got, expected = np.array([getattr(p, word) for p in ours]), column(reference, f"DL_{word}")
        assert np.all(np.abs(got - expected) <= 1e-10 * np.abs(expected) + scale), word


def test_reml_with_hartung_knapp_agrees_or_is_higher_on_the_likelihood() -> None:
    reference, ours = library()[1], pooled(method="REML", test="knha")
    theirs, se = column(reference, "REML_HK_tau2"), column(reference, "DL_se")
    tau2 = np.array([p.tau2 for p in ours])
    failed = np.isnan(theirs)
    assert failed.sum() == 17
    same = np.abs(tau2 - theirs) <= 1e-7 * theirs + 1e-9 * se**2
    for word in ("beta", "se", "ci_lb", "ci_ub"):
        got, expected = np.array([getattr(p, word)[0] for p in ours]), column(reference, f"REML_HK_{word}")
        assert np.all((np.abs(got - expected) <= 1e-7 * np.abs(expected) + 1e-7 * se)[same]), word
    other = np.flatnonzero(~same & ~failed)
    assert 0 < other.size < 5  # metafor's Fisher scoring stopped at 0, or on a lower maximum
    for index in other.tolist():
        assert restricted(ours[index], ours[index].tau2) > restricted(ours[index], float(theirs[index])) + 1e-3
    for index in np.flatnonzero(failed).tolist():
        p = ours[index]
        assert all(
            restricted(p, p.tau2) >= restricted(p, t) - 1e-9 for t in (0.0, *(p.tau2 * np.geomspace(0.1, 10, 50)))
        )


def restricted(p: Pooled, tau2: float) -> float:
    """The restricted log-likelihood at a tau2."""
    there = p.vi > 0
    studies = arrange(p.yi[there], p.vi[there], np.array([p.k])).studies
    return float(log_likelihood(studies, np.array([tau2]), restricted=True)[0])


def test_library_in_a_batch_has_the_bits_of_single_calls() -> None:
    from kg.pooling import pool

    analyses = library()[0]
    batch = pool_many(analyses, method="REML", test="adhoc")
    for index in range(0, len(analyses), 97):
        found = batch[index]
        assert isinstance(found, Pooled)
        assert found.to_dict() == pool(method="REML", test="adhoc", **analyses[index]).to_dict()
    assert escalc(**analyses[0]).yi.tolist() == batch[0].to_dict()["yi"]  # type: ignore[union-attr]
