"""Summary."""
from kg.charts.forest_plot import forest as summary
