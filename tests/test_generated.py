"""Generated trials: the same for a seed, past the gate without a doubt, and distributed like their library."""

from __future__ import annotations

import random
import statistics
from bisect import bisect_left
from pathlib import Path

from benchmarks import distributions, generated
from benchmarks.importing import opened, units
from kg.importing import RecordReport, import_records
from kg.model.records import Trial


def test_the_same_seed_gives_the_same_trials() -> None:
    assert list(generated.trials(5, 3)) == list(generated.trials(5, 3)) != list(generated.trials(5, 4))


def test_they_pass_the_gate_and_leave_no_doubt(tmp_path: Path) -> None:
    told: list[RecordReport] = []
    with opened(tmp_path / "store") as base:
        import_records(base, units(60), on_record=told.append)
    assert {report.action for report in told} == {"new"}
    assert not [warning for report in told for warning in report.warnings]


def test_drawn_values_have_the_quantiles_they_are_drawn_from() -> None:
    chance = random.Random(1)
    drawn = sorted(distributions.drawn(distributions.CONTROLS, chance) for _ in range(20_000))
    for level, due in zip(distributions.LEVELS, distributions.CONTROLS, strict=True):
        assert abs(bisect_left(drawn, due) / len(drawn) - level) < 0.015


def test_years_lie_where_those_of_the_library_do() -> None:
    years = [row.year for row in generated.trials(400) if isinstance(row, Trial) and row.year]
    assert distributions.YEAR[0] <= min(years) <= max(years) <= distributions.YEAR[-1]
    assert abs(statistics.median(years) - distributions.at(distributions.YEAR, 0.5)) < 2
