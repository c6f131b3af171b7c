"""What a chart says in words: names of measures and methods, the question, the heterogeneity."""

from __future__ import annotations

from kg.charts.numbers import fixed, interval, p_value, variance
from kg.charts.text import DASH, capital, clean
from kg.model.answer import Answer, Heterogeneity, Pool

MEASURES = {
    "RR": "Risk ratio",
    "OR": "Odds ratio",
    "PETO": "Peto odds ratio",
    "RD": "Risk difference",
    "MD": "Mean difference",
    "SMD": "Standardised mean difference",
    "ROM": "Ratio of means",
    "IRR": "Incidence rate ratio",
    "HR": "Hazard ratio",
}
METHODS = {
    "DL": f"DerSimonian{DASH}Laird",
    "DL-MH": f"DerSimonian{DASH}Laird, Q about Mantel{DASH}Haenszel",
    "PM": f"Paule{DASH}Mandel",
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood",
    "SJ": f"Sidik{DASH}Jonkman",
    "HE": "Hedges",
    "HS": f"Hunter{DASH}Schmidt",
    "EB": "empirical Bayes",
    "EE": "inverse variance",
    "FE": "inverse variance",
    "MH": f"Mantel{DASH}Haenszel",
    "PETO": "Peto",
}
INTERVALS = {
    "wald": "Wald",
    "z": "Wald",
    "t": "t-distribution",
    "hk": f"Hartung{DASH}Knapp",
    "knha": f"Hartung{DASH}Knapp",
    "hk-adhoc": f"Hartung{DASH}Knapp (ad hoc)",
    "adhoc": f"Hartung{DASH}Knapp (ad hoc)",
}
NOTHING = "There is nothing to draw: no trial fits the question."


def measure(code: str) -> str:
    """Return the name of a measure, or its code where we have none."""
    return MEASURES.get(code.upper(), clean(code))


def question(answer: Answer) -> str:
    """Return the question in PICO order, as far as it was asked."""
    asked = answer.question
    parts = [
        ("Condition", asked.condition),
        ("Intervention", asked.intervention),
        ("Route", asked.route),
        ("Comparator", asked.comparator),
        ("Outcome", asked.outcome),
        ("Instrument", asked.instrument),
        ("Time", asked.band),
    ]
    return "; ".join(f"{name}: {clean(term.label)}" for name, term in parts if term)


def model(answer: Answer) -> str:
    """Return the model, the estimator and the interval."""
    method = METHODS.get(answer.method.upper(), clean(answer.method))
    return f"{capital(answer.model)} model, {method}; {_interval(answer.ci_method)} 95% interval"


def heterogeneity(found: Heterogeneity, k: int, *, brief: bool = False) -> str:
    """Return the heterogeneity on one line; the brief form leaves out the interval of the variance."""
    if k < 2:
        return "Heterogeneity: not applicable"
    parts = []
    if found.tau2 is not None:
        spread = found.tau2_ci if not brief else None
        of = f" [95% CI {variance(spread[0])} to {variance(spread[1])}]" if spread else ""
        parts.append(f"τ² = {variance(found.tau2)}{of}")
    if found.q is not None:
        df = f", df = {found.q_df}" if found.q_df is not None else ""
        p = f", {p_value(found.q_p)}" if found.q_p is not None else ""
        parts.append(f"Q = {fixed(found.q, 2)}{df}{p}")
    if found.i2 is not None:
        basis = "Q" if found.i2_definition == "Q" else "τ²"
        parts.append(f"I² = {fixed(found.i2, 1)}% ({basis}-based)")
    return "Heterogeneity: " + ("; ".join(parts) if parts else "not estimable")


def notes(answer: Answer) -> list[str]:
    """Return the lines under the table: heterogeneity, test, model, other intervals, eligible trials."""
    pool = answer.pool
    lines = [heterogeneity(pool.heterogeneity, pool.k)] if pool.heterogeneity else []
    if pool.p_value is not None:
        lines.append(f"Test for overall effect: {p_value(pool.p_value)}")
    lines.append(model(answer))
    lines += [
        f"For comparison: {_interval(a.ci_method)} 95% interval {_alternative(answer, a.display.ci)}"
        for a in pool.alternatives
    ]
    contribute = "contributes" if pool.k == 1 else "contribute"
    eligible = "trial" if answer.k_eligible == 1 else "trials"
    lines.append(f"{pool.k} of {answer.k_eligible} eligible {eligible} {contribute} to the estimate")
    return lines


def imprint(answer: Answer) -> str:
    """Return what made the answer, so that a printed figure can be traced."""
    made = answer.provenance
    return clean(
        f"{made.software.name} {made.software.version}, method version {made.method_version}, answer {answer.id[:12]}"
    )


def prediction_label(pool: Pool) -> str:
    """Return the label of the prediction interval."""
    return "95% prediction interval" + (f" (df = {pool.pi_df})" if pool.pi_df is not None else "")


def _interval(code: str) -> str:
    """Return the name of an interval method."""
    return INTERVALS.get(code.lower(), clean(code))


def _alternative(answer: Answer, ci: tuple[float, float]) -> str:
    """Return the interval of another method."""
    return interval(ci, ratio=answer.scale == "log")
