"""The extra parts of an answer as text that reads like the prints of R's metafor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from kg.formats.metafor_layout import fixed, grid, p_cell, p_words, series, stars, whole

Found = Any

SERIES = (
    ("estimate", "estimate"), ("se", "se"), ("stat", "zval"), ("pval", "pval"), ("ci_lb", "ci.lb"), ("ci_ub", "ci.ub"),
    ("Q", "Q"), ("Q_p", "Qp"), ("tau2", "tau2"), ("I2", "I2"), ("H2", "H2"),
)  # fmt: skip
INFLUENCE = (
    ("rstudent", "rstudent"), ("dffits", "dffits"), ("cook_d", "cook.d"), ("cov_r", "cov.r"), ("tau2_del", "tau2.del"),
    ("QE_del", "QE.del"), ("hat", "hat"), ("weight_pct", "weight"),
)  # fmt: skip
PREDICTORS = {
    "sei": "standard error",
    "vi": "sampling variance",
    "ni": "sample size",
    "ninv": "inverse of the sample size",
    "sqrtni": "square root sample size",
    "sqrtninv": "inverse of the square root sample size",
}
APPROACHES = {"Rosenthal": "the Rosenthal", "Orwin": "the Orwin", "Rosenberg": "the Rosenberg"}


def _leave1out(found: Found) -> str:
    return f"Leave-One-Out:\n\n{series(found, SERIES, found['study'])}"


def _cumul(found: Found) -> str:
    return f"Cumulative Meta-Analysis:\n\n{series(found, SERIES, [f'+ {name}' for name in found['study']])}"


def _influence(found: Found) -> str:
    columns = [[fixed(value) for value in found[word]] for word, _ in INFLUENCE]
    moved = [" ".join(fixed(value) for value in row) for row in found["dfbs"]]
    marks = ["*" if flag else "" for flag in found["flagged"]]
    rows = list(zip(*columns, moved, marks, strict=True))
    head = [*(name for _, name in INFLUENCE), "dfbs", "inf"]
    return f"Influence Diagnostics:\n\n{grid(head, rows, found['study'], gap=1)}"


def _blup(found: Found) -> str:
    words = (("pred", "pred"), ("se", "se"), ("pi_lb", "pi.lb"), ("pi_ub", "pi.ub"))
    return f"Best Linear Unbiased Predictions:\n\n{series(found, words, found['study'])}"


def _subgroup(found: Found) -> str:
    columns = [
        [
            str(part["k"]),
            *(fixed(part[word][0]) for word in ("beta", "se", "ci_lb", "ci_ub")),
            fixed(part["tau2"]),
            f"{fixed(part['I2'], 2)}%",
            fixed(part["Q"]),
            p_cell(part["Q_p"]),
        ]
        for part in found
    ]
    head = ["k", "estimate", "se", "ci.lb", "ci.ub", "tau2", "I2", "Q", "Qp"]
    return f"Subgroups:\n\n{grid(head, columns, [part['label'] for part in found])}"


def _subgroup_test(found: Found) -> str:
    q, df, p = (found[word] for word in ("Q_between", "Q_between_df", "Q_between_p"))
    lines = [f"Test for Subgroup Differences:\nQ(df = {df}) = {fixed(q)}, {p_words(p)}"]
    if found["common_tau2"] is not None:
        m, residual = found["QM_df"]
        shown = f"QM(df = {m})" if residual is None else f"F(df1 = {m}, df2 = {whole(residual)})"
        tested = f"{shown} = {fixed(found['QM_common'])}, {p_words(found['QM_common_p'])}"
        lines.append(f"with one tau^2 for all ({fixed(found['common_tau2'])}): {tested}")
    return "\n".join(lines)


def _regression_test(found: Found) -> str:
    name = "" if found["name"] == "Egger" else f" ({found['name']})"
    sign = f"z = {fixed(found['stat'])}"
    if found["df"] is not None:
        sign = f"t = {fixed(found['stat'])}, df = {whole(found['df'])}"
    lines = [
        f"Regression Test for Funnel Plot Asymmetry{name}",
        f"Predictor: {PREDICTORS[found['predictor']]}",
        f"Test for Funnel Plot Asymmetry: {sign}, {p_words(found['pval'], 'p')}",
    ]
    if found["limit_est"] is not None and found["name"] == "Egger":
        ends = f"(CI: {fixed(found['limit_ci_lb'])}, {fixed(found['limit_ci_ub'])})"
        lines.append(f"Limit Estimate (as {found['predictor']} -> 0):   b = {fixed(found['limit_est'])} {ends}")
    return "\n".join(lines)


def _ranktest(found: Found) -> str:
    return (
        f"Rank Correlation Test for Funnel Plot Asymmetry\nKendall's tau = {fixed(found['tau'])}, "
        f"{p_words(found['pval'], 'p')}"
    )


def _trimfill(found: Found) -> str:
    missing = f"Estimated number of missing studies on the {found['side']} side: {found['k0']}"
    return (
        f"Trim and Fill ({found['estimator']})\n{missing} (SE = {fixed(found['se_k0'])})\n\n"
        f"{_estimate(found)}\n\ntau^2 with {found['k']} studies: {fixed(found['tau2'])}"
    )


def _estimate(found: Found) -> str:
    """Return the first coefficient with its test."""
    p = found["pval"][0]
    cells = [fixed(found[word][0]) for word in ("beta", "se", "stat")]
    interval = [fixed(found[word][0]) for word in ("ci_lb", "ci_ub")]
    head = ["estimate", "se", "stat", "pval", "ci.lb", "ci.ub", ""]
    return grid(head, [[*cells, p_cell(p), *interval, stars(p).ljust(3)]])


def _fsn(found: Found) -> str:
    lines = [f"Fail-safe N Calculation Using {APPROACHES[found['type']]} Approach"]
    if found["pval"] is not None:
        lines += [f"Observed Significance Level: {p_cell(found['pval'])}"]
        lines += [f"Target Significance Level:   {found['alpha']:g}"]
    if found["target"] is not None:
        lines.append(f"Target Effect Size: {fixed(found['target'])}")
    return "\n".join([*lines, f"Fail-safe N: {found['fsnum']}"])


def _pet(found: Found) -> str:
    adjusted = found["adjusted"]
    rows = [
        [fixed(fit[word][i]) for word in ("beta", "se")]
        + [p_cell(fit["pval"][i]), fixed(fit["ci_lb"][i]), fixed(fit["ci_ub"][i])]
        for fit in (found, found["peese"])
        for i in range(2)
    ]
    names = ["PET intrcpt", "PET sei", "PEESE intrcpt", "PEESE vi"]
    shown = grid(["estimate", "se", "pval", "ci.lb", "ci.ub"], rows, names)
    ends = f"(CI: {fixed(adjusted['ci_lb'])}, {fixed(adjusted['ci_ub'])})"
    chosen = f"Estimate by {adjusted['chosen'].upper()}: {fixed(adjusted['estimate'])} {ends}"
    return f"PET-PEESE:\n\n{shown}\n\n{chosen}"


def _selmodel(found: Found) -> str:
    ends = [0.0, *found["steps"]]
    names = [f"{a:g} < p <= {b:g}" for a, b in pairwise(ends)]
    rows = [[fixed(delta), fixed(se)] for delta, se in zip(found["delta"], found["delta_se"], strict=True)]
    tested = f"LRT(df = {found['LRT_df']}) = {fixed(found['LRT'])}, {p_words(found['LRT_p'])}"
    bound = "\nA chance of publication is at its bound: the estimate is doubtful." if found["at_bound"] else ""
    return (
        f"Selection Model ({found['alternative']}; tau^2: {fixed(found['tau2'])})\n\n{_estimate(found)}\n\n"
        f"Test for Selection Model Parameters:\n{tested}\n\n{grid(['estimate', 'se'], rows, names)}{bound}"
    )


def _permutation(found: Found) -> str:
    kind = "exact" if found["exact"] else "random"
    rows = [[p_cell(p)] for p in found["pval"]]
    shown = grid(["pval"], rows, found["names"])
    title = f"Permutation Test ({found['permutations']} {kind} permutations)"
    return f"{title}:\n\n{shown}\n\nomnibus: {p_words(found['QM_p'])}"


def _robust(found: Found) -> str:
    rows = [
        [fixed(found[word][i]) for word in ("beta", "se", "stat")]
        + [whole(found["df"][i]), p_cell(found["pval"][i]), fixed(found["ci_lb"][i]), fixed(found["ci_ub"][i])]
        for i in range(len(found["beta"]))
    ]
    shown = grid(["estimate", "se", "tval", "df", "pval", "ci.lb", "ci.ub"], rows, found["names"])
    return f"Cluster-Robust Inference ({found['type']}, {found['clusters']} clusters):\n\n{shown}"


def _network(found: Found) -> str:
    """Return a network: its size, heterogeneity and league table, random model below the diagonal."""
    names = found["trts"]
    cells = [
        [
            f"{name}"
            if i == j
            else "."
            if (cell := found["league"][i][j]) is None
            else f"{fixed(cell['estimate'], 2)} [{fixed(cell['ci_lb'], 2)}; {fixed(cell['ci_ub'], 2)}]"
            for j in range(len(names))
        ]
        for i, name in enumerate(names)
    ]
    counts = f"k = {found['k']} studies, {found['m']} comparisons, {found['n']} treatments, {found['d']} designs"
    size = f"Network Meta-Analysis ({counts})"
    spread = f"tau^2 = {fixed(found['tau2'])}; I^2 = {fixed(100 * found['I2'], 1)}%"
    q = f"Q(df = {found['df_Q']}) = {fixed(found['Q'])}, {p_words(found['pval_Q'])}"
    between = found["decomposition"]["between_designs"]
    designs = f"Between designs: Q(df = {between['df']}) = {fixed(between['Q'])}, {p_words(between['p'])}"
    league = "League table (below: network, column minus row; above: direct, row minus column):\n\n"
    shown = [size, f"{spread}\n{q}\n{designs}", league + grid(["" for _ in names], cells)]
    if found["pscores"] is not None:
        shown.append("P-scores:\n\n" + grid(["P-score"], [[fixed(x)] for x in found["pscores"]], names))
    return "\n\n".join(shown)


PRINTED: Mapping[str, Callable[[Found], str]] = MappingProxyType(
    {
        "robust": _robust,
        "subgroup": _subgroup,
        "subgroup_test": _subgroup_test,
        "leave1out": _leave1out,
        "cumul": _cumul,
        "influence": _influence,
        "blup": _blup,
        "regtest": _regression_test,
        "ranktest": _ranktest,
        "harbord": _regression_test,
        "peters": _regression_test,
        "trimfill": _trimfill,
        "fsn": _fsn,
        "pet": _pet,
        "selmodel": _selmodel,
        "permutation": _permutation,
        "network": _network,
    }
)
"""How each part is printed, in the order in which they are."""
