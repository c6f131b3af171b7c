"""Charts carry nothing that runs, is fetched or changes: hostile text, outside references, equal bytes."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from kg.charts import forest, png, svg
from kg.errors import InputRefused
from tests.charts.chart_cases import PAIN, answer, continuous, pain
from tests.charts.chart_reading import CASES, SVG, Spec, texts, validate, wide


def test_the_same_answer_gives_the_same_bytes() -> None:
    first, second = forest(wide()), forest(wide())
    assert first == second
    assert svg(first) == svg(second) == svg(forest(wide()))
    assert png(first, scale=1) == png(second, scale=1)
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]); from tests.charts.chart_reading import wide;"
        "from kg.charts import forest, svg;"
        "print(hashlib.sha256(svg(forest(wide())).encode()).hexdigest())"
    )
    here = str(Path(__file__).parents[2])
    runs = {
        subprocess.run([sys.executable, "-c", code, here], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


HOSTILE = {
    "script": "<script>alert(1)</script> 2001",
    "quotes": 'O\'Neil "&" <b> 2002',
    "long": "A very long label of a multicentre randomised double-blind placebo-controlled trial in many words 2003",
    "unbroken": "x" * 300,
    "rtl": "דוד כהן 2004",
    "override": "abc\u202edef\u202c 2005",
    "emoji": "👩‍⚕️ trial 🇳🇱 2006",
    "control": "a\x00b\x0bc\nd\te\ud800f 2007",
    "template": "${1+1} {{7*7}} datum.y 2008",
    "cjk": "山田太郎 2009",
    "empty": "",
    "digits": "0012",
    "date": "2009-01-01",
    "cdata": "]]> <!-- --> 2010",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    label = HOSTILE[name]
    base = answer("MD", [continuous(label or " ", (50, 10, 20), (55, 11, 21)), *PAIN], title=label, sentence=label)
    asked = replace(
        base,
        question=replace(base.question, intervention=replace(base.question.intervention, label=label)),
        favours=(label, label),
    )
    spec = forest(asked)
    validate(spec)
    drawn = svg(spec)
    tree = ET.fromstring(drawn)
    assert not {node.tag.removeprefix(SVG) for node in tree.iter()} & {"script", "image", "a", "foreignObject", "style"}
    assert not re.search(r"[\u202a-\u202e\x00-\x08]", drawn)
    assert float(str(tree.get("width"))) < 1200
    if name in {"control", "emoji", "empty"}:
        assert png(spec, scale=1).startswith(b"\x89PNG")
    if name in {"script", "rtl", "emoji", "template", "cjk", "digits", "date"}:
        assert label in texts(drawn)
    if name == "long":
        assert any(text.startswith("A very long") and text.endswith("… 2003") for text in texts(drawn))


def test_svg_refers_to_nothing_outside_and_describes_itself() -> None:
    for name in ("pain", "wide", "subgroups", "nothing"):
        asked = CASES[name]
        tree = ET.fromstring(svg(forest(asked)))
        assert tree.get("role") == "img"
        assert asked.sentence in str(tree.get("aria-label")), name
        for node in tree.iter():
            assert not [k for k in node.attrib if k.rpartition("}")[2] in {"href", "src"} or k.startswith("on")]
            assert not any("url(" in value for value in node.attrib.values())


@pytest.mark.parametrize(
    "part",
    [
        {"data": {"url": "https://example.org/a.csv"}, "mark": "point"},
        {"data": {"url": "file:///etc/hostname"}, "mark": "point"},
        {"layer": [{"mark": {"type": "image"}, "encoding": {}}]},
        {"mark": "image"},
        {"mark": {"type": "text", "href": "https://example.org"}},
    ],
)
def test_a_specification_that_reaches_out_is_refused(part: Spec) -> None:
    for draw in (svg, png):
        with pytest.raises(InputRefused, match="chart"):
            draw(part)


@pytest.mark.parametrize("scale", [0, -1, 11, math.nan])
def test_a_scale_out_of_range_is_refused(scale: float) -> None:
    with pytest.raises(InputRefused, match="scale"):
        png(forest(pain()), scale=scale)


def test_importing_charts_imports_no_charting_library() -> None:
    code = "import sys, kg.charts; print([m for m in ('altair', 'vl_convert', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
