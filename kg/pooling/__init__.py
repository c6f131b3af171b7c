"""Meta-analysis on arrays: effects, pooling, heterogeneity. Numbers in, frozen results out; no RDF, no HTTP."""

from kg.pooling.batch import Batch, fit_many, pool_many
from kg.pooling.effects import Effects
from kg.pooling.heterogeneity import q_interval
from kg.pooling.measures import MEASURES, escalc
from kg.pooling.pool import pool
from kg.pooling.pooled import Pooled
from kg.pooling.stratified import Stratified
from kg.pooling.tau2 import TAU2

__all__ = [
    "MEASURES",
    "TAU2",
    "Batch",
    "Effects",
    "Pooled",
    "Stratified",
    "escalc",
    "fit_many",
    "pool",
    "pool_many",
    "q_interval",
]
