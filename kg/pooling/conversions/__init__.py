"""What papers print, turned into what pooling needs. Every function takes one study and names its formula's source."""

from kg.pooling.conversions.clusters import design_effect
from kg.pooling.conversions.counts import Arm, TwoByTwo, combined_means, events_from_percentage, table_from_percentages
from kg.pooling.conversions.crossover import (
    feasible_correlation,
    paired_counts,
    paired_difference,
    paired_smd,
    paired_table,
)
from kg.pooling.conversions.dispersion import (
    correlation_from_sds,
    sd_from_ci,
    sd_from_difference,
    sd_from_se,
    sd_of_change,
    se_from_ci,
    se_from_t,
    t_from_p,
    z_from_p,
)
from kg.pooling.conversions.quartiles import (
    FromSummary,
    mean_sd_from_five_numbers,
    mean_sd_from_quartiles,
    mean_sd_from_range,
)
from kg.pooling.conversions.reported_effects import ReportedEffect, effect_from_ci, effect_from_p, smd_from_t
from kg.pooling.conversions.scales import (
    AbsoluteEffect,
    log_odds_ratio_to_smd,
    per_thousand,
    smd_to_log_odds_ratio,
    smd_to_probability_of_superiority,
    smd_to_units,
)
from kg.pooling.conversions.shared_controls import (
    covariance_of_counts,
    covariance_of_differences,
    covariance_of_smd,
)

__all__ = [
    "AbsoluteEffect",
    "Arm",
    "FromSummary",
    "ReportedEffect",
    "TwoByTwo",
    "combined_means",
    "correlation_from_sds",
    "covariance_of_counts",
    "covariance_of_differences",
    "covariance_of_smd",
    "design_effect",
    "effect_from_ci",
    "effect_from_p",
    "events_from_percentage",
    "feasible_correlation",
    "log_odds_ratio_to_smd",
    "mean_sd_from_five_numbers",
    "mean_sd_from_quartiles",
    "mean_sd_from_range",
    "paired_counts",
    "paired_difference",
    "paired_smd",
    "paired_table",
    "per_thousand",
    "sd_from_ci",
    "sd_from_difference",
    "sd_from_se",
    "sd_of_change",
    "se_from_ci",
    "se_from_t",
    "smd_from_t",
    "smd_to_log_odds_ratio",
    "smd_to_probability_of_superiority",
    "smd_to_units",
    "t_from_p",
    "table_from_percentages",
    "z_from_p",
]
