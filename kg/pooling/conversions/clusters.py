"""What randomising clusters of people takes from the precision of a trial (Cochrane Handbook 23.1.4)."""

from __future__ import annotations

from kg.errors import NotPoolable
from kg.pooling.conversions.reported import number


def design_effect(mean_cluster_size: float, icc: float) -> float:
    """Return the design effect 1 + (M - 1) ICC: a sample of n tells as much as n over it of independent people.

    A negative intracluster correlation is taken as none, which never makes a trial more precise than it looks.

    Raises NotPoolable for clusters of less than one person, or a correlation above 1.
    """
    size, correlation = number("mean_cluster_size", mean_cluster_size), number("icc", icc)
    if size < 1:
        raise NotPoolable(f"mean_cluster_size is {size:g}; a cluster has one person or more, so correct it")
    if not -1 <= correlation <= 1:
        raise NotPoolable(f"icc is {correlation:g}; it lies between -1 and 1, so correct it")
    return 1 + (size - 1) * max(0.0, correlation)
