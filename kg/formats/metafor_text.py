"""An answer of the pooling library as text that reads like the print of R's metafor."""

from __future__ import annotations

import math
from typing import Any

from kg import __version__
from kg.formats.metafor_layout import LEGEND, fixed, grid, or_zero, p_cell, p_words, stars, whole
from kg.formats.metafor_parts import PRINTED
from kg.pooling import MEASURES

Answer = dict[str, Any]

TESTS = {
    "z": "normal distribution",
    "t": "t distribution",
    "knha": "Hartung and Knapp",
    "adhoc": "Hartung and Knapp, factor at least 1",
    "knha-ci": "Hartung and Knapp, not narrower than Wald",
    "knha-iqwig": "Hartung and Knapp, IQWiG's correction",
}
MODELS = {
    "UM.FS": "Unconditional Model with Fixed Study Effects",
    "UM.RS": "Unconditional Model with Random Study Effects",
    "CM.EL": "Conditional Model with Exact Likelihood",
    "CM.AL": "Conditional Model with Approximate Likelihood",
}
COMMON = ("EE", "MH", "PETO")
MOST_SHOWN = 20


def pooled_text(answer: Answer) -> str:
    """Return an answer as text: the model as metafor prints it, then the extra parts, then what was left out."""
    if "trts" in answer:
        parts = [PRINTED["network"](answer)]
    elif "beta" not in answer:
        parts = [_effects(answer)]
    else:
        parts = [*_model(answer), *_footnotes(answer)]
        parts += [PRINTED[name](answer[name]) for name in PRINTED if answer.get(name) is not None]
    return "\n\n".join(part for part in parts if part)


def _effects(answer: Answer) -> str:
    """Return effects and variances, one row a study."""
    rows = [[fixed(y), fixed(v)] for y, v in zip(answer["yi"], answer["vi"], strict=True)]
    names = answer.get("study") or [str(i + 1) for i in range(len(rows))]
    return grid(["yi", "vi"], rows, names)


def _model(answer: Answer) -> list[str]:
    several = answer["names"] != ["intrcpt"]
    parts = [_title(answer, several), _variation(answer, several), _heterogeneity(answer, several)]
    if several:
        parts.append(_moderators(answer))
    ratio = _is_ratio(answer)
    scale = " (log scale)" if ratio and answer["method"] in {"MH", "PETO"} else ""
    parts.append(f"Model Results{scale}:\n\n{coefficients(answer)}")
    if ratio and not several:
        parts.append(_back_transformed(answer))
    parts += [LEGEND] if any(stars(p) for p in answer["pval"]) else []
    parts += [_table_tests(answer["tests"])] if answer.get("tests") else []
    return parts


def _is_ratio(answer: Answer) -> bool:
    measure = MEASURES.get(answer["measure"])
    return measure is not None and measure.ratio


def _title(answer: Answer, several: bool) -> str:
    k, method = answer["k"], answer["method"]
    if isinstance(answer["tau2"], list):
        return f"Multivariate Meta-Analysis Model (k = {k}; method: {method})"
    if method in COMMON:
        kind = "Fixed-Effects with Moderators Model" if several else "Equal-Effects Model"
        return f"{kind} (k = {k})"
    kind = "Mixed-Effects Model" if several else "Random-Effects Model"
    title = f"{kind} (k = {k}; tau^2 estimator: {'ML' if method == 'GLMM' else method})"
    return f"{title}\nModel Type: {MODELS[answer['model']]}" if method == "GLMM" else title


def _variation(answer: Answer, several: bool) -> str:
    """Return the lines of tau^2, I^2, H^2 and R^2."""
    if isinstance(answer["tau2"], list):
        return _components(answer)
    if several:
        words = ["estimated amount of residual heterogeneity", "square root of estimated tau^2 value"]
        words += ["residual heterogeneity / unaccounted variability", "unaccounted variability / sampling variability"]
    else:
        words = ["estimated amount of total heterogeneity", "square root of estimated tau^2 value"]
        words += ["total heterogeneity / total variability", "total variability / sampling variability"]
    lines: list[tuple[str, str]] = []
    if answer["method"] not in COMMON:
        error = f" (SE = {fixed(answer['se_tau2'])})" if answer["se_tau2"] is not None else ""
        lines += [(f"tau^2 ({words[0]}):", or_zero(answer["tau2"]) + error)]
        lines += [(f"tau ({words[1]}):", or_zero(math.sqrt(answer["tau2"])))]
    if answer["I2"] is not None:
        lines += [(f"I^2 ({words[2]}):", f"{fixed(answer['I2'], 2)}%"), (f"H^2 ({words[3]}):", fixed(answer["H2"], 2))]
    if answer["R2"] is not None:
        lines += [("R^2 (amount of heterogeneity accounted for):", f"{fixed(answer['R2'], 2)}%")]
    wide = max((len(name) for name, _ in lines), default=0)
    return "\n".join(f"{name.ljust(wide)} {value}" for name, value in lines)


def _components(answer: Answer) -> str:
    rows, names = [], []
    for word, sign in (("sigma2", "sigma^2"), ("tau2", "tau^2")):
        for i, value in enumerate(answer[word]):
            names.append(f"{sign}.{i + 1}")
            rows.append([fixed(value), fixed(math.sqrt(value))])
    shown = "Variance Components:\n\n" + grid(["estim", "sqrt"], rows, names)
    rho = ", ".join(fixed(value) for value in answer["rho"])
    return f"{shown}\n\nrho: {rho}" if rho else shown


def _heterogeneity(answer: Answer, several: bool) -> str:
    if answer["Q"] is None:
        return ""
    head, sign = ("Test for Residual Heterogeneity", "QE") if several else ("Test for Heterogeneity", "Q")
    return f"{head}:\n{sign}(df = {whole(answer['Q_df'])}) = {fixed(answer['Q'])}, {p_words(answer['Q_p'])}"


def _moderators(answer: Answer) -> str:
    first = 2 if answer["names"][0] == "intrcpt" else 1
    last = answer["p"]
    which = f"coefficient {first}" if first == last else f"coefficients {first}:{last}"
    m, df = answer["QM_df"]
    shown = f"QM(df = {m})" if df is None else f"F(df1 = {m}, df2 = {whole(df)})"
    return f"Test of Moderators ({which}):\n{shown} = {fixed(answer['QM'])}, {p_words(answer['QM_p'])}"


def coefficients(answer: Answer) -> str:
    """Return the coefficients with their tests and intervals."""
    with_df = any(df is not None for df in answer["df"])
    head = ["estimate", "se", "tval" if with_df else "zval", *(["df"] if with_df else []), "pval", "ci.lb", "ci.ub", ""]
    rows = []
    for i, beta in enumerate(answer["beta"]):
        df = [whole(answer["df"][i])] if with_df else []
        interval = [fixed(answer["ci_lb"][i]), fixed(answer["ci_ub"][i])]
        test = [fixed(answer["stat"][i]), *df, p_cell(answer["pval"][i])]
        rows.append([fixed(beta), fixed(answer["se"][i]), *test, *interval, stars(answer["pval"][i]).ljust(3)])
    return grid(head, rows, answer["names"] if len(rows) > 1 or answer["names"] != ["intrcpt"] else None)


def _back_transformed(answer: Answer) -> str:
    words = [answer["beta"][0], answer["ci_lb"][0], answer["ci_ub"][0]]
    head = ["estimate", "ci.lb", "ci.ub"]
    if answer["pi_lb"] is not None:
        words, head = [*words, answer["pi_lb"], answer["pi_ub"]], [*head, "pi.lb", "pi.ub"]
    shown = grid(head, [[fixed(_exp(word)) for word in words]])
    return f"Model Results ({'OR' if answer['measure'] == 'PETO' else answer['measure']} scale):\n\n{shown}"


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _table_tests(tests: Answer) -> str:
    lines = []
    names = {"CMH": "Cochran-Mantel-Haenszel Test:", "BD": "Breslow-Day Test for Heterogeneity:"}
    for word, name in (names | {"TA": "Tarone's Test for Heterogeneity:"}).items():
        if tests.get(word) is not None:
            df = f", df = {whole(tests[f'{word}_df'])}" if tests.get(f"{word}_df") is not None else ""
            sign = "CMH" if word == "CMH" else "X^2"
            lines.append(f"{name.ljust(36)}{sign} = {fixed(tests[word])}{df}, {p_words(tests[f'{word}_p'])}")
    return "\n".join(lines)


def _footnotes(answer: Answer) -> list[str]:
    """Return the prediction interval, the interval of tau^2, how it was made, and the studies left out."""
    notes = []
    if answer["pi_lb"] is not None:
        df = "normal" if answer["pi_df"] is None else f"t, df = {whole(answer['pi_df'])}"
        notes.append(f"Prediction interval ({df}): {fixed(answer['pi_lb'])}, {fixed(answer['pi_ub'])}")
    if answer["tau2_ci"] is not None:
        low, high = answer["tau2_ci"][1:]
        notes.append(f"Confidence interval of tau^2: {fixed(low)}, {fixed(high)}")
    level = f"{answer['level']:g}%"
    of_q = answer.get("I2_Q")
    other = f"; I^2 from Q: {fixed(of_q, 2)}%" if of_q is not None and answer["method"] not in COMMON else ""
    notes.append(f"{answer['measure']}; {level} intervals, {TESTS.get(answer['test'], answer['test'])}{other}")
    left_out = answer.get("not_estimable") or {}
    if left_out:
        shown = [f"  {study}: {why}" for study, why in list(left_out.items())[:MOST_SHOWN]]
        more = [f"  and {len(left_out) - MOST_SHOWN} more"] if len(left_out) > MOST_SHOWN else []
        notes.append("\n".join([f"Not estimable, left out ({len(left_out)}):", *shown, *more]))
    notes.append(f"evigraph {__version__}")
    return ["\n".join(notes)]
