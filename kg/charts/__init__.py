"""Charts, each one Vega-Lite specification, drawn to SVG and PNG without a browser or a network."""

from kg.charts.baujat_plot import baujat
from kg.charts.forest_plot import forest
from kg.charts.funnel_plot import funnel
from kg.charts.labbe_plot import labbe
from kg.charts.pooled_studies import PooledStudies
from kg.charts.radial_plot import radial
from kg.charts.rendering import png, svg
from kg.charts.study_forest import Cells, Estimate, Group, series_forest, study_forest
from kg.charts.summary_plot import summary

__all__ = [
    "Cells",
    "Estimate",
    "Group",
    "PooledStudies",
    "baujat",
    "forest",
    "funnel",
    "labbe",
    "png",
    "radial",
    "series_forest",
    "study_forest",
    "summary",
    "svg",
]
