"""What a record says is what the queries give back, through the gate and the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kg.iris import BASE, EV
from kg.table import QueriedRows
from tests.intake_support import copied, take
from tests.triples.whole_trial import CONTRAST, COUNT, MEAN, NAME, ROWS, TRIAL, WALKS

TRIAL_IRI = f"{BASE}trial/{NAME}"


def same(found: dict[str, Any], row: Any, *names: str) -> None:
    for name in names:
        given = getattr(row, name)
        assert given is not None, name
        value = found[name].removeprefix(EV) if isinstance(found[name], str) else found[name]
        assert value == (given if isinstance(given, str) else float(given)), name


def test_a_whole_trial_comes_back_as_it_was_written(store_url: str, tmp_path: Path) -> None:
    with copied(store_url, tmp_path) as base:
        taken = take(base, ROWS)
        assert taken.new >= 1
        rows = QueriedRows(base.catalog, base.store)

        [facts] = rows.rows("trials/trial-facts", trial=[TRIAL_IRI]).records()
        same(facts, TRIAL, "analysed_as", "randomised", "enrolled", "status", "completed_on", "icc", "doi", "pmid")
        assert facts["type"] == EV + "Study"

        named = {
            (r["kind"], r["identifier"]) for r in rows.rows("trials/trial-identifiers", trial=[TRIAL_IRI]).records()
        }
        assert named == {
            ("registration", "NCT00000001"),
            ("doi", "10.1000/example"),
            ("pmid", "12345"),
            ("shares-control-with", "NCT00000003"),
        }

        arms = {r["arm"].rpartition("/")[2]: r for r in rows.rows("trials/arms", trial=[TRIAL_IRI]).records()}
        assert set(arms) == {"g1", "g2", "all"}
        same(arms["g1"], WALKS, "role", "dose", "dose_value", "dose_unit", "randomised", "started", "analysed")
        assert arms["g1"]["studied"] == f"{BASE}intervention/a-registry-guided-walks"

        outcomes = [f"{BASE}outcome/nausea", f"{BASE}outcome/a-registry-steps-in-a-day"]
        results = {
            r["result"].rpartition("/")[2]: r
            for r in rows.rows("trials/arm-results", trial=[TRIAL_IRI], outcome=outcomes).records()
        }
        same(results["1"], COUNT, "events", "total", "percentage", "episodes", "period", "denominator", "class_text")
        same(results["2"], MEAN, "statistic", "ci_level", "minimum", "maximum", "geometric_mean", "geometric_cv")
        same(results["2"], MEAN, "number_value", "unit", "category_text")

        [contrast] = rows.rows("trials/reported-contrasts", trial=[TRIAL_IRI], outcome=outcomes).records()
        same(contrast, CONTRAST, "ci_level", "sided", "p_relation", "p_value", "p_text")
        same(contrast, CONTRAST, "observed_minus_expected", "variance", "measure_text")
        same(contrast, CONTRAST, "event_on_both", "event_on_experimental_only", "event_on_control_only")
        same(contrast, CONTRAST, "event_on_neither")


def test_its_doubts_are_kept_as_warnings_and_its_terms_can_be_asked(store_url: str, tmp_path: Path) -> None:
    with copied(store_url, tmp_path) as base:
        take(base, ROWS)
        found = {
            (r["about"].removeprefix(BASE), r["doubt"])
            for r in QueriedRows(base.catalog, base.store).rows("trials/doubts", trial=[TRIAL_IRI]).records()
        }
        for about, words in (
            (f"trial/{NAME}", "analysed otherwise than it was designed"),
            (f"trial/{NAME}", "control participants are those of another study too"),
        ):
            assert any(a == about and words in doubt for a, doubt in found), words
        known = base.vocabulary
        assert known.resolve("guided walks", "drugs", "classes", "interventions").slug == "a-registry-guided-walks"
        assert known.resolve("cold feet", "conditions").slug == "a-registry-cold-feet"
        assert known.resolve("pedometer", "instruments").slug == "a-registry-pedometer"
        walks = f"{BASE}intervention/a-registry-guided-walks"
        assert known.closure(walks) == {walks}
        assert f"{BASE}instrument/a-registry-pedometer" in known.instruments
