"""Requests: what is read, what is refused and where, what goes together, and that answers are JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import Contradiction, EvidenceError, InputRefused, NotPoolable
from kg.pooling import pool
from kg.pooling.request import RequestRefused, many_pooled, pointer, pooled_as_asked, read
from kg.pooling.request.limits import Limits
from kg.pooling.request.models import WORDS
from tests.pooling.asked import BCG, ask

GOOD: dict[str, Any] = {"study": ["A", "B", "C"], "yi": [0.1, 0.4, 0.2], "vi": [0.02, 0.05, 0.03]}
LISTS = ("beta", "se", "stat", "df", "pval", "ci_lb", "ci_ub", "names", "weights", "yi", "vi")


def test_an_answer_has_every_word_of_the_contract() -> None:
    answer = ask(BCG, measure="RR", test="knha", tau2_ci=True)
    assert set(WORDS) <= set(answer)
    assert all(isinstance(answer[word], list) for word in LISTS)
    assert answer["tau2_ci"][0] == answer["tau2"]
    assert sum(answer["weights"]) == pytest.approx(100)
    library = pool(measure="RR", test="hk", tau2_ci="QP", **{n: BCG[n] for n in ("ai", "bi", "ci", "di", "study")})
    assert answer == json.loads(json.dumps(library.to_dict()))


@pytest.mark.parametrize(
    ("options", "lengths"),
    [
        ({"mods": ["ablat"]}, 2),
        ({"mods": "ablat,alloc", "method": "EE"}, 3),
        ({"method": "MH", "measure": "OR"}, 1),
        ({"method": "GLMM", "measure": "OR", "model": "CM.AL"}, 1),
        ({"nested": ["alloc", "study"], "measure": "OR"}, 1),
    ],
)
def test_every_model_answers_in_the_same_words(options: dict[str, Any], lengths: int) -> None:
    answer = ask(BCG, **{"measure": "RR", **options})
    assert set(WORDS) <= set(answer)
    assert answer["measure"] == options.get("measure", "RR")
    for word in ("beta", "se", "stat", "df", "pval", "ci_lb", "ci_ub", "names"):
        assert len(answer[word]) == lengths, word


def test_method_none_gives_effects_alone() -> None:
    answer = ask(
        {"ai": [0, 3, None], "n1i": [9, 9, 9], "ci": [0, 4, 1], "n2i": [8, 8, 8]},
        measure="RR",
        method="none",
        to="none",
    )
    assert set(answer) == {"yi", "vi"}
    assert answer["yi"][0] is answer["yi"][2] is None
    assert answer["vi"][1] > 0


def test_synonyms_and_null_options() -> None:
    assert ask(GOOD, method="FE", test="wald", tau2=None, mods=[], subgroup=None, leave1out=False) == ask(
        GOOD, method="EE"
    )
    assert ask(GOOD, test="hk-adhoc") == ask(GOOD, test="adhoc")


def test_a_missing_label_is_the_row() -> None:
    assert ask(GOOD | {"study": ["A", None, "C"]})["study"] == ["A", "2", "C"]


REFUSED: dict[str, tuple[Any, str, str | None]] = {
    "no object": ([1], "give an object", ""),
    "no data": ({}, "data is absent", "/data"),
    "unknown key": ({"data": GOOD, "metod": "DL"}, "'metod' is not known; the nearest are method", "/metod"),
    "unknown measure": ({"data": GOOD, "measure": "SDM"}, "the nearest are SMD", "/measure"),
    "unknown method": ({"data": GOOD, "method": "RELM"}, "the nearest are REML", "/method"),
    "unknown test": ({"data": GOOD, "test": "knah"}, "the nearest are knha", "/test"),
    "level as text": ({"data": GOOD, "level": "95"}, "level is '95'; give a number", "/level"),
    "level of true": ({"data": GOOD, "level": True}, "give a number", "/level"),
    "endless level": ({"data": GOOD, "level": 10**400}, "give a number", "/level"),
    "column of text": ({"data": GOOD | {"yi": ["x", 1, 2]}}, "yi of study A is 'x'; give a number", "/data/yi/0"),
    "column of booleans": ({"data": GOOD | {"vi": [1, True, 2]}}, "vi of study B is True", "/data/vi/1"),
    "column that is no list": ({"data": GOOD | {"vi": 1}}, "vi is 1; give a list", "/data/vi"),
    "lists in a column": ({"data": GOOD | {"x": [[], 1, 2]}}, "one value per study", "/data/x/0"),
    "lengths": ({"data": GOOD | {"x/y": [1]}}, "x/y has 1", "/data/x~1y"),
    "no studies": ({"data": {"yi": [], "vi": []}}, "k = 0", "/data"),
    "unknown moderator": ({"data": GOOD, "mods": ["yo"]}, "the moderator 'yo' is not known", "/mods"),
    "moderator twice": ({"data": GOOD, "mods": ["yi", "yi"]}, "names a column twice", "/mods"),
    "unknown subgroup": ({"data": GOOD, "subgroup": "stdy"}, "the nearest are study", "/subgroup"),
    "part of the wrong kind": ({"data": GOOD, "leave1out": 3}, "give true or false", "/leave1out"),
    "unknown option of a part": ({"data": GOOD, "trimfill": {"sid": "left"}}, "the nearest are side", "/trimfill/sid"),
    "no matrix": ({"data": GOOD, "nested": ["study"], "V": [[1], [1, 2]]}, "no square matrix", "/V"),
    "idle V": ({"data": GOOD, "V": [[1]]}, "name its random effects in nested", "/nested"),
    "idle robust": ({"data": GOOD, "robust": "CR2"}, "robust needs cluster", "/cluster"),
    "idle factors": ({"data": GOOD, "factors": ["yi"]}, "name its moderators in mods", "/mods"),
    "impossible value": ({"data": GOOD | {"vi": [1, -1, 2]}}, "vi of study B is -1", "/data/vi/1"),
    "missing group": (
        {"data": GOOD | {"g": ["x", None, "y"]}, "subgroup": "g"},
        "g of study B is missing",
        "/data/g/1",
    ),
    "absent column": ({"data": {"ai": [1], "ci": [2], "n2i": [4]}, "measure": "RR"}, "bi or n1i is absent", "/data"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_names_the_place(name: str) -> None:
    body, message, place = REFUSED[name]
    with pytest.raises(EvidenceError, match=message) as caught:
        pooled_as_asked(read(body))
    assert isinstance(caught.value, InputRefused | NotPoolable)
    assert pointer(caught.value) == place


@pytest.mark.parametrize(
    "options",
    [
        {"method": "none", "leave1out": True},
        {"method": "GLMM", "measure": "OR", "mods": ["ablat"]},
        {"method": "MH", "measure": "OR", "mods": ["ablat"]},
        {"method": "PETO", "influence": True},
        {"mods": ["ablat"], "trimfill": True},
        {"mods": ["ablat"], "subgroup": "alloc"},
        {"nested": ["alloc"], "leave1out": True},
        {"tau2": 0.1, "influence": True},
        {"network": True, "mods": ["ablat"]},
        {"method": "GENQ", "weights": "ablat", "trimfill": True},
    ],
)
def test_options_that_exclude_each_other_are_both_named(options: dict[str, Any]) -> None:
    with pytest.raises(Contradiction, match="exclude each other"):
        ask(BCG, **{"measure": "RR", **options})


def test_parts_of_tables_come_from_tables() -> None:
    answer = ask(BCG, measure="OR", method="MH", leave1out=True, subgroup="alloc", cumul=True)
    counts = {name: BCG[name][1:] for name in ("ai", "bi", "ci", "di")}
    without = pool(measure="OR", method="MH", **counts)
    assert answer["leave1out"]["estimate"][0] == without.beta[0]
    assert answer["cumul"]["estimate"][-1] == answer["beta"][0]
    random = pool(measure="OR", method="MH", **{name: BCG[name][:4] for name in counts})
    assert answer["subgroup"][1]["label"] == "random"
    assert answer["subgroup"][1]["beta"] == list(random.beta)
    assert answer["subgroup_test"]["Q_between_df"] == 1


def test_a_subgroup_for_each_study_has_no_common_model() -> None:
    answer = ask(GOOD, subgroup="study")
    assert [part["k"] for part in answer["subgroup"]] == [1, 1, 1]
    assert answer["subgroup_test"]["common_tau2"] is None
    assert answer["subgroup_test"]["Q_between"] > 0


def test_every_part_is_under_its_name() -> None:
    parts = ("leave1out", "cumul", "influence", "blup", "regtest", "ranktest", "harbord", "peters", "trimfill", "fsn")
    answer = ask(BCG, measure="OR", pet=True, selmodel=0.05, permutation=50, **dict.fromkeys(parts, True))
    assert all(isinstance(answer[name], dict) for name in (*parts, "pet", "selmodel", "permutation"))
    assert ask(BCG, measure="OR", cumul="ablat")["cumul"]["order"][0] == 5
    assert ask(BCG, measure="OR", regtest={"predictor": "ninv", "model": "lm"})["regtest"]["predictor"] == "ninv"


def test_many_keep_their_order_and_carry_their_errors() -> None:
    bodies: list[Any] = [
        {"data": BCG, "measure": "RR"},
        {"data": GOOD | {"vi": [1, -1, 2]}},
        {"data": GOOD, "leave1out": True},
        "nothing",
        {"data": GOOD, "method": "none"},
        {"data": BCG, "measure": "RR", "test": "knha"},
    ]
    found = many_pooled(bodies)
    assert [isinstance(item, EvidenceError) for item in found] == [False, True, False, True, False, False]
    assert found[0] == pooled_as_asked(read(bodies[0]))
    assert isinstance(found[3], RequestRefused)
    assert found[5] == pooled_as_asked(read(bodies[5]))


@pytest.mark.parametrize(
    "options",
    [
        {"leave1out": True},
        {"influence": True},
        {"selmodel": True},
        {"permutation": True},
        {"nested": ["alloc"]},
        {"mods": ["ablat", "alloc"]},
        {"mods": ["alloc"]},
        {"method": "GLMM"},
        {"trimfill": True},
        {"subgroup": "alloc"},
    ],
)
def test_a_service_bounds_the_work_of_one_call(options: dict[str, Any]) -> None:
    asked = read({"data": BCG, "measure": "OR", **options})
    with pytest.raises(InputRefused, match="one call may"):
        pooled_as_asked(asked, Limits(rows=500, coefficients=1))
    assert pooled_as_asked(asked, Limits())["k"] == 6


def test_many_analyses_spend_from_one_budget() -> None:
    found = many_pooled([{"data": BCG, "measure": "OR", "leave1out": True}] * 4, Limits(rows=4000))
    assert [isinstance(item, InputRefused) for item in found] == [False, False, True, True]
    assert not any(isinstance(item, EvidenceError) for item in many_pooled([{"data": GOOD}] * 50, Limits(rows=10)))


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**6) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["measure", "method", "test", "level", "mods", "subgroup", "cumul", "V", "nested", "trimfill", "fsn"]
)


@settings(max_examples=300, deadline=None)
@given(
    data=st.dictionaries(
        st.sampled_from(["yi", "vi", "ai", "study", "x"]), st.lists(anything, min_size=3, max_size=3), max_size=4
    ),
    options=st.dictionaries(keys, anything, max_size=3),
)
def test_any_json_is_answered_or_refused(data: Any, options: Any) -> None:
    for body in ({"data": {**GOOD, **data}, **options}, {"data": data, **options}, options):
        try:
            json.dumps(pooled_as_asked(read(body), Limits()), allow_nan=False)
        except EvidenceError as error:
            assert str(error)


column = st.lists(st.floats(-3, 3).map(lambda x: round(x, 3)), min_size=3, max_size=8)


@settings(max_examples=60, deadline=None)
@given(yi=column, method=st.sampled_from(["EE", "DL", "REML", "PM"]), seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(yi: list[float], method: str, seed: Any) -> None:
    vi = [0.01 * (i + 1) for i in range(len(yi))]
    order = list(range(len(yi)))
    seed.shuffle(order)
    here = ask({"yi": yi, "vi": vi}, method=method)
    there = ask({"yi": [yi[i] for i in order], "vi": [vi[i] for i in order]}, method=method)
    for word in ("beta", "se", "tau2", "Q", "pval", "I2"):
        assert here[word] == there[word]
