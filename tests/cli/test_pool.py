"""``kg pool``: a CSV file in, metafor's numbers, prints and plots out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import kg
from tests.pooling.asked import BCG, ask

METAFOR = {
    ("--measure", "RR"): """
Random-Effects Model (k = 6; tau^2 estimator: REML)

tau^2 (estimated amount of total heterogeneity): 0.2237 (SE = 0.2065)
tau (square root of estimated tau^2 value):      0.4730
I^2 (total heterogeneity / total variability):   84.16%
H^2 (total variability / sampling variability):  6.31

Test for Heterogeneity:
Q(df = 5) = 28.5126, p-val < .0001

Model Results:

estimate      se     zval    pval    ci.lb    ci.ub
 -0.9877  0.2367  -4.1735  <.0001  -1.4516  -0.5239  ***
""",
    ("--measure", "RR", "--test", "hk", "--mods", "ablat"): """
Mixed-Effects Model (k = 6; tau^2 estimator: REML)

tau^2 (estimated amount of residual heterogeneity):     0.0505 (SE = 0.0809)
tau (square root of estimated tau^2 value):             0.2248
I^2 (residual heterogeneity / unaccounted variability): 54.33%
H^2 (unaccounted variability / sampling variability):   2.19
R^2 (amount of heterogeneity accounted for):            77.41%

Test for Residual Heterogeneity:
QE(df = 4) = 8.7039, p-val = 0.0689

Test of Moderators (coefficient 2):
F(df1 = 1, df2 = 4) = 16.8412, p-val = 0.0148

Model Results:

         estimate      se     tval  df    pval    ci.lb    ci.ub
intrcpt    0.2533  0.3118   0.8126   4  0.4620  -0.6123   1.1190
ablat     -0.0294  0.0072  -4.1038   4  0.0148  -0.0494  -0.0095  *

---
Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1
""",
    ("--measure", "RR", "--mods", "ablat,alloc"): """
tau^2 (estimated amount of residual heterogeneity):     0 (SE = 0.1062)
tau (square root of estimated tau^2 value):             0
""",
    ("--measure", "OR", "--method", "MH"): """
Equal-Effects Model (k = 6)

I^2 (total heterogeneity / total variability):  79.59%
H^2 (total variability / sampling variability): 4.90

Test for Heterogeneity:
Q(df = 5) = 24.4973, p-val = 0.0002

Model Results (log scale):

estimate      se      zval    pval    ci.lb    ci.ub
 -1.0661  0.0738  -14.4529  <.0001  -1.2106  -0.9215  ***

Model Results (OR scale):

estimate   ci.lb   ci.ub
  0.3444  0.2980  0.3979
""",
    ("--measure", "RR", "--blup"): """
                       pred     se   pi.lb   pi.ub
Aronson 1948        -0.9476 0.3902 -1.7125 -0.1828
Ferguson 1949       -1.3074 0.3409 -1.9754 -0.6393
""",
    ("--measure", "RR", "--regtest"): """
Test for Funnel Plot Asymmetry: z = -0.5223, p = 0.6015
Limit Estimate (as sei -> 0):   b = -0.8055 (CI: -1.6673, 0.0564)
""",
}
"""Prints of metafor 3.8-1 on the same trials.

With Mantel-Haenszel it leaves the stars out. F is 16.8410 there, where REML stops within 1e-5 of the maximum; with
control=list(threshold=1e-12) it is 16.8412.
"""


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    """Six trials as a CSV file."""
    path = tmp_path / "trials.csv"
    lines = [",".join(BCG), *(",".join(map(str, row)) for row in zip(*BCG.values(), strict=True))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def pool(path: Path, *options: str) -> Any:
    return kg("memory:", "pool", str(path), *options)


@pytest.mark.parametrize("options", METAFOR, ids=" ".join)
def test_text_is_the_print_of_metafor(trials: Path, options: tuple[str, ...]) -> None:
    done = pool(trials, *options)
    assert done.returncode == 0, done.stderr
    assert METAFOR[options].strip() in done.stdout


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (("--test", "wald", "--method", "FE"), {"test": "z", "method": "EE"}),
        (("--ci", "hk-adhoc", "--tau2-ci", "--level", "90"), {"test": "adhoc", "tau2_ci": True, "level": 90}),
        (("--mods", "ablat,alloc", "--permutation"), {"mods": ["ablat", "alloc"], "permutation": True}),
        (("--subgroup", "alloc", "--leave1out"), {"subgroup": "alloc", "leave1out": True}),
        (("--cumul", "--by", "ablat"), {"cumul": "ablat"}),
        (("--to", "all", "--add", "0.1", "--drop00"), {"to": "all", "add": 0.1, "drop00": True}),
        (("--set", "trimfill=R0", "--set", "selmodel=[0.05]"), {"trimfill": "R0", "selmodel": [0.05]}),
        (("--nested", "alloc,study", "--cluster", "alloc", "--no-intercept", "--mods", "alloc"), None),
    ],
)  # fmt: skip
def test_json_is_the_answer_of_a_request(trials: Path, options: tuple[str, ...], body: dict[str, Any] | None) -> None:
    done = pool(trials, "--measure", "OR", *options, "--json")
    if body is None:  # two clusters are too few for their coefficients, and that is said
        assert done.returncode == 1
        assert "robust errors need more clusters" in done.stderr
        return
    assert json.loads(done.stdout) == ask(BCG, measure="OR", **body)


def test_every_part_can_be_printed(trials: Path) -> None:
    parts = ("leave1out", "cumul", "influence", "blup", "regtest", "ranktest", "harbord", "peters", "trimfill", "fsn")
    switches = [f"--{name}" for name in (*parts, "pet", "selmodel", "permutation", "tau2-ci")]
    told = pool(trials, "--measure", "OR", "--subgroup", "alloc", *switches).stdout
    heads = ["Subgroups", "Test for Subgroup Differences", "Leave-One-Out", "Cumulative", "Influence", "Fail-safe N: "]
    heads += ["(Harbord)", "(Peters)", "Kendall's tau", "Trim and Fill (L0)", "PET-PEESE", "Selection Model"]
    for head in (*heads, "Permutation Test", "Confidence interval of tau^2", "Prediction interval"):
        assert head in told, head
    assert not re.search(r"\bNone\b|\bnan\b", told)


def test_models_beyond_one_effect_are_printed(trials: Path, tmp_path: Path) -> None:
    assert "Variance Components" in pool(trials, "--measure", "OR", "--nested", "alloc,study").stdout
    assert (
        "Conditional Model with Exact" in pool(trials, "--measure", "OR", "--method", "GLMM", "--model", "CM.EL").stdout
    )
    effects = pool(trials, "--measure", "OR", "--method", "none")
    assert re.search(r"Aronson 1948\s+-0.9387\s+0.3571", effects.stdout)
    assert set(json.loads(pool(trials, "--measure", "OR", "--method", "none", "--json").stdout)) == {"yi", "vi"}
    net = tmp_path / "net.csv"
    net.write_text("study,treat1,treat2,yi,sei\n1,a,b,0.2,0.1\n2,b,c,0.1,0.2\n3,a,c,0.4,0.2\n", encoding="utf-8")
    told = pool(net, "--network", "--set", 'network={"small_values": "desirable"}').stdout
    assert "3 treatments" in told
    assert "P-score" in told


@pytest.mark.parametrize("plot", ["forest", "funnel", "labbe", "baujat", "radial", "cumulative", "leave1out"])
def test_plots_are_drawn(trials: Path, tmp_path: Path, plot: str) -> None:
    to = tmp_path / f"{plot}.svg"
    done = pool(trials, "--measure", "RR", "--to", "all", "--plot", plot, "--out", str(to), "--subgroup", "alloc")
    assert done.returncode == 0, done.stderr
    assert to.read_text(encoding="utf-8").startswith("<svg ")


def test_what_has_no_plot_is_refused(trials: Path, tmp_path: Path) -> None:
    to = str(tmp_path / "x.svg")
    for options, status, told in (
        (("--measure", "RR", "--plot", "pie", "--out", to), 2, "forest, funnel"),
        (("--measure", "RR", "--plot", "funnel"), 2, "--out funnel.svg"),
        (("--measure", "RR", "--plot", "funnel", "--out", "x.pdf"), 2, "neither .svg nor .png"),
        (("--measure", "RR", "--plot", "funnel", "--out", f"{to}/x.svg"), 1, "cannot be written"),
        (("--measure", "RR", "--mods", "ablat", "--plot", "funnel", "--out", to), 1, "one pooled effect"),
    ):
        done = pool(trials, *options)
        assert (done.returncode, told in done.stderr) == (status, True), done.stderr


def test_files_of_other_programs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes("\ufeffstudy;yi;vi;year\r\nÅngström;0,1\r\n".replace("0,1", "0.1;0.2;1999").encode())
    found = json.loads(pool(path, "--json").stdout)
    assert (found["study"], found["yi"]) == (["Ångström"], [0.1])
    path.write_text('study,yi,vi,site\n"A, 1",0.1,0.2,1\nB,NA,0.1,1\nC,0.3,0.1,2\n', encoding="utf-8")
    found = json.loads(pool(path, "--json", "--subgroup", "site").stdout)
    assert found["not_estimable"] == {"B": "yi missing"}
    assert [part["label"] for part in found["subgroup"]] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "more", "status", "told"),
    [
        ("study,yi,vi\nA,1,0\n", (), 1, "data.csv:2: column vi: vi of study A is 0: it must be above zero"),
        ("yi,vi\n1,1\n\n1,x\n", (), 1, "data.csv:4: column vi: vi of row 2 is 'x'; give a number"),
        ("yi,vi\n1,1e999\n", (), 1, "data.csv:2: column vi"),
        ("yi,vi\n1\n", (), 1, "data.csv:2: 1 cells under 2 columns"),
        ("yi,yi\n1,2\n", (), 1, "data.csv:1: the header"),
        ('yi,vi\n"1,2\n', (), 1, "data.csv:2: not readable"),
        ("yi,vi\n", (), 1, "no studies under the header"),
        ("yi\n1\n", (), 1, "data.csv: GEN needs yi, vi; vi or sei is absent"),
        ("yi,vi\n1,1\n", ("--measure", "XX"), 1, "--measure: the measure 'XX' is not known"),
        ("yi,vi\n1,1\n", ("--mods", "x"), 1, "--mods: the moderator 'x' is not known"),
        ("yi,vi\n1,1\n", ("--method", "EE", "--test", "hk"), 1, "EE"),
        ("yi,vi\n1,1\n", ("--set", "tau2_c=true"), 1, "the nearest are tau2_ci"),
        ("yi,vi\n1,1\n", ("--set", "nothing"), 2, "name=value"),
        ("yi,vi\n1,1\n", ("--mesure", "RR"), 2, "--mesure"),
        ("yi,vi\n1,1\n", ("--level", "x"), 2, "--level"),
        ("yi,vi\n1,1\n", ("--mods", "yi", "--trimfill"), 2, "mods and trimfill exclude each other"),
    ],
)
def test_what_cannot_be_pooled_is_refused(
    tmp_path: Path, content: str, more: tuple[str, ...], status: int, told: str
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(content, encoding="utf-8")
    done = pool(path, *more)
    assert done.returncode == status, done.stderr
    assert told in done.stderr
    assert done.stdout == ""


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in pool(tmp_path / "absent.csv").stderr
    path = tmp_path / "latin.csv"
    path.write_bytes("study,yi,vi\nÉ,1,1\n".encode("latin-1"))
    assert "not UTF-8 at byte 12" in pool(path).stderr


def test_json_has_the_reference_numbers(shared: Path, tmp_path: Path) -> None:
    reference = json.loads((shared / "reference/metafor/bcg.json").read_text(encoding="utf-8"))
    data = {name: column for name, column in reference["data"].items() if name in ("label", "ai", "bi", "ci", "di")}
    names = ["study" if name == "label" else name for name in data]
    path = tmp_path / "bcg.csv"
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*data.values(), strict=True))]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = json.loads(pool(path, "--measure", "RR", "--test", "hk", "--json").stdout)
    case = next(c for c in reference["cases"] if (c["kind"], c.get("method"), c.get("test")) == ("rma", "REML", "knha"))
    for word in ("beta", "se", "ci_lb", "ci_ub"):
        assert found[word] == pytest.approx(case["output"][word], rel=1e-9)
