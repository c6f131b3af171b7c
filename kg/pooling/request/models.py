"""Models beyond one pooled effect: rare events, several levels, robust errors, networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.effects import Effects
from kg.pooling.glmm import FIELDS, glmm
from kg.pooling.measures import tables
from kg.pooling.multilevel import Multilevel, multilevel
from kg.pooling.network import Network, network
from kg.pooling.network_designs import decompose, net_heat
from kg.pooling.network_split import league, split
from kg.pooling.pool import nothing_to_pool
from kg.pooling.regression import Regression
from kg.pooling.request.reading import Asked
from kg.pooling.request.refusal import RequestRefused, unknown
from kg.pooling.result import plain
from kg.pooling.robust import robust

WORDS = (
    "k", "p", "names", "beta", "se", "stat", "df", "pval", "ci_lb", "ci_ub", "tau2", "se_tau2", "tau2_ci", "I2", "H2",
    "Q", "Q_df", "Q_p", "QM", "QM_df", "QM_p", "R2", "pi_lb", "pi_ub", "pi_df", "weights", "yi", "vi", "measure",
    "method", "test",
)  # fmt: skip
"""The words that every answer has; null for what a model does not define."""
SYNONYMS = {"studlab": "study", "TE": "yi", "seTE": "sei"}
"""Names of columns that netmeta uses."""


def generalised(asked: Asked) -> dict[str, Any]:
    """Return a generalised linear mixed model of the tables of the studies."""
    measure, options = asked.options["measure"], asked.options
    if measure not in FIELDS:
        raise unknown("method GLMM takes OR and IRR; the measure", measure, FIELDS, "/measure")
    _, cells = tables(measure, "LS", asked.columns, tuple(asked.study or ()))
    there = ~np.logical_or.reduce([np.isnan(column) for column in cells.values()])
    labels = asked.study or [str(row + 1) for row in range(asked.k)]
    named = [labels[row] for row in np.flatnonzero(there)]
    counts: Any = {name: column[there] for name, column in cells.items()}
    found = glmm(measure, options["model"], counts, level=options["level"], study=named).to_dict()
    left_out = {labels[row]: "a count is missing" for row in np.flatnonzero(~there)}
    plain_words = {"p": 1, "names": ["intrcpt"], "df": [None], "method": "GLMM", "test": "z"}
    return _complete(found | plain_words | {"study": labels, "not_estimable": left_out})


def multilevel_model(asked: Asked, effects: Effects) -> dict[str, Any]:
    """Return a model with nested, or correlated, random effects, and its robust errors where clusters are named."""
    options = asked.options
    everyone = effects.labels
    rows = [int(row) for row in np.flatnonzero(effects.estimable)]
    if not rows:
        raise nothing_to_pool(effects)
    used = {name: asked.column(name, "mods") for name in options["mods"]}
    absent = {row: name for name, column in used.items() for row in rows if column[row] is None}
    rows = [row for row in rows if row not in absent]
    V: Any = effects.vi[rows]
    if options["V"] is not None:
        if len(options["V"]) != asked.k:
            raise RequestRefused(f"V has {len(options['V'])} rows for {asked.k} effects; give one row each", "/V")
        V = np.array(options["V"])[np.ix_(rows, rows)]

    def labels(name: str, option: str) -> list[Any]:
        column = asked.column(name, option)
        for row in rows:
            if column[row] is None:
                raise NotPoolable(f"{name} of study {effects.labels[row]} is missing; fill it in", name, row)
        return [column[row] for row in rows]

    structure: dict[str, Any] = {"nested": [labels(name, "nested") for name in options["nested"]]}
    for name in ("inner", "outer"):
        if options[name]:
            structure[name] = labels(options[name], name)
    fit = multilevel(
        effects.yi[rows],
        V,
        {name: [column[row] for row in rows] for name, column in used.items()} or None,
        intercept=options["intercept"],
        factors=options["factors"],
        method=options["method"],
        test={"wald": "z"}.get(options["test"], options["test"]),
        level=options["level"],
        study=[everyone[row] for row in rows],
        **structure,
    )
    found = fit.to_dict()
    left_out = {everyone[row]: f"{name} missing" for row, name in absent.items()}
    shown = effects.to_dict()
    answer = found | {
        "df": [fit.df] * fit.p,
        "ll_reml": fit.ll_reml,
        "measure": effects.measure,
        "not_estimable": shown["not_estimable"] | left_out,
        **{name: shown[name] for name in ("study", "yi", "vi")},
    }
    if options["cluster"]:
        answer["robust"] = _robust(asked, fit, rows)
    return _complete(answer)


def with_robust(asked: Asked, fit: Regression) -> dict[str, Any]:
    """Return the coefficients of a regression with cluster-robust errors."""
    return _robust(asked, fit, [row for row in range(asked.k) if row not in fit.why_not])


def _robust(asked: Asked, fit: Regression | Multilevel, rows: list[int]) -> dict[str, Any]:
    column = asked.column(asked.options["cluster"], "cluster")
    cluster = [column[row] for row in rows]
    if None in cluster:
        raise NotPoolable(f"{asked.options['cluster']} is missing for a study; give every study a cluster")
    return robust(fit, cluster, asked.options["robust"] or "CR2", level=asked.options["level"]).to_dict()


def network_model(asked: Asked) -> dict[str, Any]:
    """Return a network meta-analysis of contrasts: study, treat1, treat2, yi, and sei or vi."""
    data = {SYNONYMS.get(name, name): column for name, column in asked.data.items()}
    for name in ("study", "treat1", "treat2", "yi"):
        if name not in data:
            raise RequestRefused(f"network needs study, treat1, treat2, yi and sei (or vi); {name} is absent", "/data")
    if "sei" not in data:
        if "vi" not in data:
            raise RequestRefused("network needs sei or vi; both are absent", "/data")
        data["sei"] = [None if v is None else float(np.sqrt(v)) if v > 0 else v for v in data["vi"]]
    for name in ("study", "treat1", "treat2"):
        if None in data[name]:
            row = data[name].index(None)
            raise RequestRefused(f"{name} of row {row + 1} is missing; fill it in", f"/data/{name}/{row}")
    net = network(
        data["study"], data["treat1"], data["treat2"], data["yi"], data["sei"],
        tau2=asked.options["tau2"], level=asked.options["level"],
    )  # fmt: skip
    options = asked.parts["network"]
    model = options.get("model", "random")
    found = net.to_dict() | {
        "measure": asked.options["measure"],
        "league": plain(league(net, model)),
        "split": plain(split(net, model)),
        "decomposition": decompose(net).to_dict(),
        "net_heat": _heat(net, model),
        "pscores": None,
    }
    if "small_values" in options:
        found["pscores"] = list(net.pscores(small_values=options["small_values"], model=model))
    return found


def _heat(net: Network, model: str) -> dict[str, Any] | None:
    """Return the data of the net heat plot; None where no two designs can contradict each other."""
    try:
        return net_heat(net, model).to_dict()
    except NotPoolable:
        return None


def _complete(found: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with every word, null where the model does not define it."""
    return dict.fromkeys(WORDS) | found
