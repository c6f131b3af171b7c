"""Step 7: cluster-randomised trials, whose people are alike within a cluster (Handbook 23.1.3, 23.1.4)."""

from __future__ import annotations

from dataclasses import dataclass

from kg.iris import EV
from kg.model.trialset import TrialFacts
from kg.pooling.conversions.clusters import design_effect
from kg.protocol import Protocol

CLUSTER = EV + "cluster"
EXCLUDE, ADJUST = "exclude", "design-effect"


@dataclass(frozen=True)
class Clustering:
    """What clusters do to a trial: the design effect by which its sample counts less, and what is said of it."""

    design_effect: float = 1.0
    step: str | None = None
    warning: str | None = None
    why_not: str | None = None


def clustering(trial: TrialFacts, protocol: Protocol) -> Clustering:
    """Return the design effect of a trial by the rule of the protocol; 1 for other designs, and what to warn of.

    A source that analysed the trial by its clusters is taken as it is. The intracluster correlation is the trial's,
    else that of the protocol; the mean size of its clusters must be known.
    """
    if trial.design != CLUSTER:
        return Clustering()
    if trial.analysed_as == CLUSTER:
        return Clustering(step="cluster-randomised, analysed so by its source")
    if protocol.cluster_rule == EXCLUDE:
        return Clustering(why_not="cluster-randomised, and not analysed so: the protocol leaves it out")
    icc = trial.icc if trial.icc is not None else protocol.icc
    if protocol.cluster_rule == ADJUST and icc is not None and trial.mean_cluster_size is not None:
        effect = design_effect(trial.mean_cluster_size, icc)
        by = "" if trial.icc is not None else ", by the protocol"
        step = (
            f"design effect {effect:.4g} (intracluster correlation {icc:g}{by}; "
            f"{trial.mean_cluster_size:g} people in a cluster; Handbook 23.1.4)"
        )
        return Clustering(effect, step)
    missing = [
        name
        for name, value in (
            ("intracluster correlation", icc),
            ("mean size of clusters", trial.mean_cluster_size),
        )
        if value is None
    ]
    why = f": no {' and no '.join(missing)}" if missing else ", which the protocol does not ask for"
    return Clustering(
        step="cluster-randomised, not adjusted",
        warning=f"cluster-randomised, and its interval is too narrow: not adjusted for clusters{why}",
    )
