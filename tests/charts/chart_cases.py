"""Answers to draw, pooled here from arms by the textbook formulas so that the charts' tests need nothing else of kg."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from statistics import NormalDist

from kg.model.answer import (
    Alternative,
    Answer,
    Displayed,
    Heterogeneity,
    Participants,
    Pool,
    Provenance,
    Side,
    Software,
    SourcePlace,
    Study,
    Subgroup,
)
from kg.model.question import Question, Term

Z = NormalDist().inv_cdf(0.975)
PLACE = SourcePlace("record/example", "https://example.org/table", "row 1", "secondary")
Arm = tuple[float, float, int]
Count = tuple[int, int]


def side(
    arm: str, label: str, n: int, *, events: float | None = None, mean: float | None = None, sd: float | None = None
) -> Side:
    total = float(n) if events is not None else None
    return Side(arm, label, n, events, total, mean, sd, (), PLACE)


def continuous(label: str, experimental: Arm, control: Arm) -> Study:
    (m1, s1, n1), (m2, s2, n2) = experimental, control
    yi, vi = m1 - m2, s1**2 / n1 + s2**2 / n2
    sides = side("e", "ketamine", n1, mean=m1, sd=s1), side("c", "placebo", n2, mean=m2, sd=s2)
    return _study(label, *sides, yi, vi, log=False)


def dichotomous(label: str, experimental: Count, control: Count) -> Study:
    (a, n1), (c, n2) = experimental, control
    sides = side("e", "ketamine", n1, events=a), side("c", "placebo", n2, events=c)
    if a == c == 0:
        return _study(label, *sides, None, None, log=True)
    half = 0.5 if 0 in (a, c, n1 - a, n2 - c) else 0.0
    a1, c1, m1, m2 = a + half, c + half, n1 + 2 * half, n2 + 2 * half
    return _study(label, *sides, math.log(a1 / m1 * m2 / c1), 1 / a1 - 1 / m1 + 1 / c1 - 1 / m2, log=True)


def generic(label: str, yi: float, vi: float, *, log: bool = True) -> Study:
    sides = side("e", "vaccine", 100), side("c", "none", 100)
    return _study(label, *sides, yi, vi, log=log)


def _study(label: str, exp: Side, ctl: Side, yi: float | None, vi: float | None, *, log: bool) -> Study:
    year = label[-5:].strip()[:4]
    ci = None if yi is None or vi is None else (yi - Z * math.sqrt(vi), yi + Z * math.sqrt(vi))
    shown = None if yi is None or ci is None else display(yi, ci, log=log)
    trial = f"trial/{label}"
    return Study(
        trial, None, label, int(year) if year.isdigit() else None, exp, ctl, yi, vi, ci, shown, None, yi is not None
    )


def display(estimate: float, ci: tuple[float, float], pi: tuple[float, float] | None = None, *, log: bool) -> Displayed:
    if not log:
        return Displayed(estimate, ci, pi)
    return Displayed(math.exp(estimate), (math.exp(ci[0]), math.exp(ci[1])), pi and (math.exp(pi[0]), math.exp(pi[1])))


def pooled(studies: list[Study], *, log: bool, t: float | None = None) -> tuple[Pool, list[Study]]:
    """Pool by DerSimonian and Laird with a Wald interval; ``t`` is the quantile of the prediction interval."""
    people = Participants(
        sum(s.experimental.n or 0 for s in studies),
        sum(s.control.n or 0 for s in studies),
        sum((s.experimental.n or 0) + (s.control.n or 0) for s in studies),
    )
    usable = [(s.yi, s.vi) for s in studies if s.yi is not None and s.vi is not None]
    k = len(usable)
    if not k:
        return Pool(0, len(studies), people, None, None, None, None, None, None, None, None), studies
    w = [1 / v for _, v in usable]
    fixed = sum(wi * y for wi, (y, _) in zip(w, usable, strict=True)) / sum(w)
    q = sum(wi * (y - fixed) ** 2 for wi, (y, _) in zip(w, usable, strict=True))
    spread = sum(w) - sum(wi**2 for wi in w) / sum(w)
    tau2 = max(0.0, (q - (k - 1)) / spread) if k > 1 else 0.0
    w = [1 / (v + tau2) for _, v in usable]
    estimate = sum(wi * y for wi, (y, _) in zip(w, usable, strict=True)) / sum(w)
    se = math.sqrt(1 / sum(w))
    ci = estimate - Z * se, estimate + Z * se
    p = 2 * NormalDist().cdf(-abs(estimate / se))
    wide = t * math.sqrt(tau2 + se**2) if t is not None else None
    pi = None if wide is None else (estimate - wide, estimate + wide)
    i2 = max(0.0, (q - k + 1) / q * 100) if k > 1 and q > 0 else 0.0
    found = Heterogeneity(tau2, None, i2 if k > 1 else None, "Q", None, q, k - 1, 0.04 if k > 1 else None)
    weighed = iter([wi / sum(w) * 100 for wi in w])
    rows = [replace(s, weight=next(weighed)) if s.yi is not None else s for s in studies]
    shown = display(estimate, ci, pi, log=log)
    return Pool(k, len(rows), people, estimate, se, ci, p, pi, k - 1 if pi else None, shown, found), rows


def answer(
    measure: str,
    studies: list[Study],
    *,
    title: str = "Ketamine versus placebo for pain intensity, immediate term",
    sentence: str = "Ketamine may lower pain intensity; the evidence is very uncertain.",
    favours: tuple[str, str] | None = ("Favours ketamine", "Favours placebo"),
    t: float | None = None,
    groups: dict[str, list[int]] | None = None,
    eligible: int = 21,
    names: tuple[str, str] = ("ketamine", "placebo"),
) -> Answer:
    """Return the answer of a few studies; ``groups`` names subgroups by the places of their studies."""
    log = measure in {"RR", "OR"}
    pool, rows = pooled(studies, log=log, t=t)
    parts = []
    for label, places in (groups or {}).items():
        sub, members = pooled([studies[i] for i in places], log=log)
        parts.append(Subgroup(label, sub, tuple(members)))
    asked = Question(
        Term("drug/x", names[0]),
        Term("drug/y", names[1]),
        Term("outcome/pain-intensity", "pain intensity"),
        condition=Term("condition/chronic-pain", "chronic pain"),
        route=Term("route/intravenous", "intravenous"),
        band=Term("band/immediate-term", "immediate term"),
    )
    made = Provenance((), {}, (), "d" * 64, "1", "f" * 64, Software("evigraph", "0.1.0"), "2026-01-01T00:00:00Z")
    return Answer(
        "7f3c0a9b11d24e55", asked, "cd015373", title, sentence, measure, "random-effects", "DL", "wald",
        "log" if log else "identity", eligible, pool, tuple(rows), (), (), None, made, favours, subgroups=tuple(parts),
    )  # fmt: skip


PAIN = [
    continuous("Lumanauw 2019", (60.0339, 38.0303, 59), (61.3, 32.7, 30)),
    continuous("Noppers 2011a", (56, 31.1769, 12), (74, 10.3923, 12)),
    continuous("Sigtermans 2009", (26.8, 27.9338, 30), (54.5, 26.2907, 30)),
]
EFFECTS = [
    dichotomous("Lumanauw 2019", (2, 68), (0, 32)),
    dichotomous("Schwartzman 2009", (0, 9), (0, 10)),
    dichotomous("Sigtermans 2009", (28, 30), (5, 30)),
]


def pain() -> Answer:
    return answer("MD", PAIN)


def effects() -> Answer:
    return answer(
        "RR",
        EFFECTS,
        title="Ketamine versus placebo for psychotomimetic effects",
        sentence="Ketamine increases psychotomimetic effects.",
    )


def many(k: int, measure: str = "RR", **options: object) -> Answer:
    """Return an answer of many made-up studies, the same ones every time."""
    draw = random.Random(k)
    studies = []
    for i in range(k):
        n = int(10 * math.exp(draw.uniform(0, 3.2)))
        name = draw.choice(["Abe", "Bredlau", "Chabal", "Dadabayev", "Eide", "Finch-Hatton", "Gottrup", "Huge", "Rigo"])
        label = f"{name} {1990 + (i * 7) % 35}{chr(97 + i % 26)}"
        if measure in {"RR", "OR"}:
            base = draw.uniform(0.15, 0.5)
            risk = min(0.95, base * math.exp(draw.gauss(-0.35, 0.35)))
            counts = [sum(draw.random() < p for _ in range(n)) for p in (risk, base)]
            studies.append(dichotomous(label, (counts[0], n), (counts[1], n)))
        else:
            means = draw.gauss(50, 6), draw.gauss(57, 6)
            sds = draw.uniform(8, 28), draw.uniform(8, 28)
            studies.append(continuous(label, (means[0], sds[0], n), (means[1], sds[1], n + 2)))
    return answer(measure, studies, eligible=k + 9, t=2.05, **options)  # type: ignore[arg-type]


def with_alternative(base: Answer, ci: tuple[float, float]) -> Answer:
    pool = base.pool
    assert pool.estimate is not None
    assert pool.se is not None
    other = Alternative("hk", pool.estimate, pool.se, ci, 0.1, display(pool.estimate, ci, log=base.scale == "log"))
    return replace(base, pool=replace(pool, alternatives=(other,)))
