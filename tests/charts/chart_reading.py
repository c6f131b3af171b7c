"""The charts that the tests draw, and how they read what was drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from kg.model.answer import Answer
from tests.charts.chart_cases import EFFECTS, PAIN, answer, effects, generic, many, pain, with_alternative

Spec = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"


def groups() -> Answer:
    named = {"Complex regional pain syndrome": [0, 1, 2], "Neuropathic pain, peripheral": [3, 4], "Fibromyalgia": [5]}
    return many(8, "MD", groups=named)


def wide() -> Answer:
    core = [generic(f"Core {2000 + i}", 0.02 * i - 0.05, 0.02 + 0.003 * i) for i in range(6)]
    return answer("RR", [*core, generic("Tiny 2011", 1.1, 9.0)], t=2.5)


CASES = {
    "one": answer("MD", PAIN[:1]),
    "pain": with_alternative(pain(), (-50.03, 18.45)),
    "effects": effects(),
    "eight": many(8, "MD"),
    "thirty": many(30),
    "sixty": many(62),
    "subgroups": groups(),
    "wide": wide(),
    "nothing": answer("MD", []),
    "not estimable": answer("RR", [EFFECTS[1]]),
    "enormous": answer("RR", [generic("Vast 2001", 0.0, 300.0)]),
    "plain": answer("SMD", PAIN, favours=None),
}


def validate(spec: Spec) -> None:
    from altair.vegalite.v6.schema import core

    (core.TopLevelLayerSpec if "layer" in spec else core.TopLevelVConcatSpec).validate(spec)


def texts(drawn: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(drawn).iter(f"{SVG}text")]


def rows(spec: Spec, kind: str = "study") -> list[Spec]:
    return [row for row in spec["datasets"]["rows"] if row["kind"] == kind]


def printed(row: Spec) -> str:
    return f"{row['estimate_text']} {row['lower_text']} {row['upper_text']}"
