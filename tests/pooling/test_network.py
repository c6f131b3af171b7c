"""Network meta-analysis against netmeta, its laws, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import InputRefused, NotPoolable
from kg.pooling import pool
from kg.pooling.network import Network, network
from kg.pooling.network_designs import decompose, net_heat
from kg.pooling.network_split import league, split
from tests.pooling.complete_studies import simulated

MATRICES = ("TE_common", "seTE_common", "TE_random", "seTE_random", "pi_lb", "pi_ub")


def test_nma_agrees_with_netmeta(nma_case: Any, close: Any) -> None:
    case, expected = nma_case.case, nma_case.case["output"]
    net = network(**case["input"])
    ours = net.to_dict()
    place = [net.trts.index(t) for t in expected["trts"]]
    floor = 1e-9 * max(max(row) for row in expected["seTE_common"])
    for word in MATRICES:
        for i, row in zip(place, expected[word], strict=True):
            assert close([ours[word][i][j] for j in place], row, floor=floor), word
    for word in ("k", "m", "n", "d", "df_Q", "Q", "pval_Q", "tau", "tau2", "I2"):
        assert close(ours[word], expected[word], floor=1e-12), word
    for model in ("common", "random"):
        scores = net.pscores(small_values=case["small_values"], model=model)
        assert close([scores[net.trts.index(t)] for t in expected["rank"]["trts"]], expected["rank"][model])


def test_nma_q_is_decomposed_as_by_netmeta(nma_case: Any, close: Any) -> None:
    expected = nma_case.case["output"]
    found = decompose(network(**nma_case.case["input"]))
    parts, design = (found.total, found.within_designs, found.between_designs), expected["design"]
    assert close([p.Q for p in parts], design["Q_decomp_Q"], floor=1e-12)
    assert [p.df for p in parts] == design["Q_decomp_df"]
    assert close(found.within_designs.Q, expected["Q_heterogeneity"], floor=1e-12)
    assert close(found.between_designs.Q, expected["Q_inconsistency"], floor=1e-12)
    assert found.between_random is not None
    assert close([found.between_random.Q], design["Q_inc_random_Q"], floor=1e-12)
    assert [found.between_random.df] == design["Q_inc_random_df"]
    assert close([found.between_random.p], design["Q_inc_random_p"])


def test_nma_is_split_as_by_netmeta(nma_case: Any, close: Any) -> None:
    expected, net = nma_case.case["output"]["split"], network(**nma_case.case["input"])
    pairs = {(s.treat1, s.treat2): s for s in split(net)}
    common = {(s.treat1, s.treat2): s for s in split(net, "common")}
    words = {"direct_se": "direct_se", "indirect_se": "indirect_se", "diff_se": "diff_se", "diff_p": "diff_p", "k": "k"}
    signed = {"direct": "direct_random", "indirect": "indirect_random", "nma": "nma_random", "diff": "diff"}
    for i, name in enumerate(expected["comparison"]):
        one, two = name.split(":")
        turned = (one, two) not in pairs
        pair = pairs[(two, one) if turned else (one, two)]
        for ours, theirs in words.items():
            assert close(getattr(pair, ours), expected[theirs][i], rtol=1e-8), (name, ours)
        assert close(pair.prop_direct, expected["prop_direct"][i], floor=1e-12)
        shares = nma_case.case["output"]["prop_direct_common"]
        if len(shares) == len(expected["comparison"]):
            assert close(common[pair.treat1, pair.treat2].prop_direct, shares[i], floor=1e-12)
        for ours, theirs in signed.items():
            got = getattr(pair, ours)
            got = -got if turned and got is not None else got
            assert close(got, expected[theirs][i], rtol=1e-8, floor=1e-10), (name, ours)


@settings(max_examples=25, deadline=None)
@given(k=st.integers(2, 12), seed=st.integers(0, 99), turned=st.lists(st.booleans(), min_size=12, max_size=12))
def test_two_treatments_are_pairwise_pooling(k: int, seed: int, turned: list[bool]) -> None:
    yi, vi, _ = simulated(k, seed)
    sign = np.where(turned[:k], -1.0, 1.0)
    arms = [("b", "a") if t else ("a", "b") for t in turned[:k]]
    net = network(range(k), [x for x, _ in arms], [x for _, x in arms], sign * yi, np.sqrt(vi))
    common, random = pool(yi=yi, vi=vi, method="EE"), pool(yi=yi, vi=vi, method="DL", pi_df="k-1")
    assert net.TE_common[0, 1] == pytest.approx(common.beta[0], rel=1e-9, abs=1e-12)
    assert net.seTE_random[0, 1] == pytest.approx(random.se[0], rel=1e-9)
    assert net.TE_random[0, 1] == pytest.approx(random.beta[0], rel=1e-9, abs=1e-12)
    assert net.tau2 == pytest.approx(random.tau2, rel=1e-8, abs=1e-12)
    assert pytest.approx(common.Q, rel=1e-9) == net.Q
    assert net.pi_lb is not None
    assert net.pi_lb[0, 1] == pytest.approx(random.pi_lb, rel=1e-8, abs=1e-10)


def triangle(scale: float = 1.0, order: Any = slice(None)) -> Network:
    """Seven studies of three treatments, one of them with three arms."""
    study = np.array(["1", "2", "3", "3", "3", "4", "5", "6"])[order]
    one, two = np.array(list("ABAABABB"))[order], np.array(list("BCBCCCAC"))[order]
    effect = np.array([0.3, 0.2, 0.5, 0.9, 0.4, 1.0, -0.1, 0.6])[order]
    error = np.array([0.2, 0.3, 0.25, 0.3, 0.28, 0.2, 0.15, 0.4])[order]
    return network(study.tolist(), one.tolist(), two.tolist(), scale * effect, abs(scale) * error)


@pytest.mark.parametrize("scale", [-1.0, 1e6, 1e-6])
def test_scale_and_sign_go_through(scale: float) -> None:
    one, other = triangle(), triangle(scale)
    assert np.allclose(other.TE_random, scale * one.TE_random, rtol=1e-9, atol=0)
    assert other.tau2 == pytest.approx(scale**2 * one.tau2, rel=1e-9)
    assert pytest.approx(one.Q, rel=1e-9) == other.Q


def test_the_order_of_rows_changes_no_bit() -> None:
    here, there = triangle(), triangle(order=np.random.default_rng(1).permutation(8))
    assert here.to_dict() == there.to_dict()
    assert decompose(here).to_dict() == decompose(there).to_dict()
    assert [s.to_dict() for s in split(here)] == [s.to_dict() for s in split(there)]


def test_the_league_table_reads_alike_on_both_sides() -> None:
    net = triangle()
    table = league(net)
    pairs = {(s.treat1, s.treat2): s for s in split(net)}
    below, above = table[1][0], table[0][1]
    assert below is not None
    assert above is not None
    assert (below.estimate, above.estimate) == (pairs["A", "B"].nma, pairs["A", "B"].direct)
    assert table[0][0] is None


def test_net_heat_is_the_inconsistency_that_detaching_removes() -> None:
    net = triangle()
    heat, parts = net_heat(net), decompose(net)
    assert np.sum(heat.q_inc) == pytest.approx(parts.between_designs.Q)
    detached = {test.name: test.Q for test in parts.detached}
    for j, name in enumerate(heat.designs):
        assert np.sum(heat.q_diff[:, j]) == pytest.approx(parts.between_designs.Q - detached[name])
    assert net_heat(net, "random").contrasts == heat.contrasts


def test_a_network_of_one_design_has_no_inconsistency() -> None:
    net = network([1, 2], ["a", "a"], ["b", "b"], [0.1, 0.4], [0.2, 0.1])
    assert decompose(net).between_designs.df == 0
    assert decompose(net).between_designs.p is None
    with pytest.raises(NotPoolable, match="no net heat"):
        net_heat(net)
    assert network([1], ["a"], ["b"], [0.1], [0.2]).pi_lb is None


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("1", "a", "b", 0.1, 0.2), ("2", "c", "d", 0.1, 0.2)], "2 parts .a, b; c, d"),
        ([("1", "a", "a", 0.1, 0.2)], "study 1 compares a with itself"),
        ([("1", "a", "b", 0.1, 0.2), ("1", "b", "c", 0.1, 0.2)], "no contrast of a with c"),
        ([("1", "a", "b", 0.1, 0.2), ("1", "b", "a", 0.1, 0.2)], "b against a twice"),
        ([("x", "a", "b", 0.1, 0.0)], "seTE of study x is 0"),
        ([("x", "a", "b", None, 0.2)], "TE of study x is nan"),
        ([("1", "a", "b", 0.1, 0.2), ("1", "b", "c", 0.1, 0.2), ("1", "a", "c", 0.9, 0.2)], "do not add up"),
        ([("1", "a", "b", 0.1, 0.1), ("1", "b", "c", 0.1, 0.1), ("1", "a", "c", 0.2, 9.0)], "no variances of its arms"),
    ],
)
def test_what_is_no_network_is_refused(rows: Any, says: str) -> None:
    with pytest.raises(NotPoolable, match=says):
        network(*([row[j] for row in rows] for j in range(5)))


def test_unknown_options_list_the_known_ones() -> None:
    with pytest.raises(InputRefused, match="common, random"):
        split(triangle(), "fixed")
    with pytest.raises(InputRefused, match="desirable, undesirable"):
        triangle().pscores(small_values="good")
    with pytest.raises(NotPoolable, match="tau2 is -1"):
        network([1], ["a"], ["b"], [0.1], [0.2], tau2=-1)
