"""Charts of answers, each one Vega-Lite specification, drawn to SVG and PNG without a browser or a network."""

from kg.charts.forest_plot import forest
from kg.charts.rendering import png, svg
from kg.charts.summary_plot import summary

__all__ = ["forest", "png", "summary", "svg"]
