"""What goes out as RevMan's tables and comes in again is the same: rows, settings, levels and pooled values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from kg import revman_export
from kg.errors import InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase, question
from kg.export import export
from kg.importing import import_paths
from kg.model.answer import Answer, Pool, Study
from kg.settings import Settings
from kg.sources import revman
from tests.intake_support import copied
from tests.review.loaded import imported, numbered, taken
from tests.review.test_revman_settings import FILE

TABLES = {"analysis-data": 3, "study-data": 4}
NAUSEA = question(intervention="ketamine", comparator="placebo", outcome="nausea")


@pytest.fixture(scope="module")
def bundled(store_url: str) -> Iterator[EvidenceBase]:
    with EvidenceBase.open(Settings.read(store_url)) as base:
        yield base


def renamed(base: EvidenceBase, folder: Path, name: str = "again") -> tuple[Path, list[Answer]]:
    """Export the bundled review into a folder as a review of another name, which no record of the store has."""
    chosen, answers = base.review()
    for path, content in revman_export.of(base, "review", chosen.name).items():
        target = folder / path.replace(chosen.name, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder, answers


def pools(answers: Iterable[Answer]) -> dict[tuple[str, str], Pool]:
    found = numbered(answers)
    own = {(number, ""): a.pool for number, a in found.items()}
    return own | {(number, g.label): g.pool for number, a in found.items() for g in a.subgroups}


def assert_same(given: Iterable[Answer], again: Iterable[Answer]) -> int:
    """Compare every pool, and count those with an estimate."""
    before, after = pools(given), pools(again)
    assert set(before) == set(after)
    for at, pool in before.items():
        other = after[at]
        assert (other.k, other.k_rows) == (pool.k, pool.k_rows), at
        if pool.estimate is None:
            assert other.estimate is None, at
            continue
        assert other.ci is not None
        assert pool.ci is not None
        figures = (other.estimate, other.se, *other.ci)
        assert figures == pytest.approx((pool.estimate, pool.se, *pool.ci), abs=1e-9, rel=1e-9), at
    return sum(pool.estimate is not None for pool in before.values())


def rows(answers: Iterable[Answer]) -> dict[str, list[tuple[float, float]]]:
    return {
        number: sorted((s.yi, s.vi) for s in a.studies if s.yi is not None and s.vi is not None)
        for number, a in numbered(answers).items()
    }


def test_every_pool_and_row_of_the_bundled_review_comes_back(bundled: EvidenceBase, tmp_path: Path) -> None:
    folder, answers = renamed(bundled, tmp_path)
    with taken(revman.read(folder)) as base:
        again = base.review("again")[1]
    assert assert_same(answers, again) == 114
    before, after = rows(answers), rows(again)
    for number, figures in before.items():
        assert after[number] == [pytest.approx(row, rel=1e-9, abs=1e-12) for row in figures], number


def test_a_review_of_every_kind_of_data_comes_back_with_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "coffee.rm5"
    path.write_bytes(FILE)
    with imported(path) as (base, _):
        chosen, answers = base.review("cd999999")
        export(base, "review:cd999999", tmp_path / "out")
        export(base, "review:cd999999", tmp_path / "out.zip")
    for place in ("out", "out.zip"):
        with taken(revman.read(tmp_path / place)) as base:
            other, again = base.review("cd999999")
        assert assert_same(answers, again) >= 10
        assert [a.measure for a in again] == [a.measure for a in answers]
        assert {n: r.totals for n, r in other.analyses.items()} == {n: r.totals for n, r in chosen.analyses.items()}
        assert [a.ci_level for a in again] == [a.ci_level for a in answers]


def data_rows(content: bytes) -> list[dict[str, str]]:
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    return sorted(lines, key=lambda row: (row["Analysis group"], row["Analysis number"], row["Subgroup"], row["Study"]))


def test_what_came_back_goes_out_as_it_came(bundled: EvidenceBase, tmp_path: Path) -> None:
    folder, _ = renamed(bundled, tmp_path)
    with taken(revman.read(folder)) as base:
        second = revman_export.of(base, "review", "again")
    (path,) = (path for path in second if "data-rows" in path)
    assert data_rows(second[path]) == data_rows((folder / path).read_bytes())


def test_an_answer_goes_out_and_comes_back_and_a_second_import_changes_nothing(store_url: str, tmp_path: Path) -> None:
    with copied(store_url, tmp_path) as base:
        answer = base.ask(NAUSEA)
        review = base.review()[1]
        export(base, f"answer:{answer.id}", tmp_path / "out")
        found = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.csv"))
        for part, count in TABLES.items():
            assert sum(f"-{part}/" in path for path in found) == count
        report = import_paths(base, [tmp_path / "out"])
        assert (report.counts["refused"], report.counts["changed"]) == (0, 0)
        assert report.counts["new"] > len(answer.studies)
        fresh = base.beside()
        (again,) = fresh.review(f"answer-{answer.id}")[1]
        assert again.pool.estimate == pytest.approx(answer.pool.estimate, rel=1e-12)
        assert again.pool.ci == pytest.approx(answer.pool.ci, rel=1e-12)
        assert sorted(map(figures, again.studies)) == sorted(map(figures, answer.studies))
        assert fresh.ask(NAUSEA).id == answer.id
        assert [a.id for a in fresh.review("cd015373")[1]] == [a.id for a in review]
        twice = import_paths(fresh.beside(), [tmp_path / "out"], dry_run=True)
        assert twice.counts["unchanged"] == report.counts["new"]
        assert sum(twice.counts.values()) == twice.counts["unchanged"]


def figures(study: Study) -> tuple[float, ...]:
    sides = (study.experimental, study.control)
    return tuple(x or 0.0 for side in sides for x in (side.events, side.total))


def test_what_is_not_there_or_has_no_such_form_is_refused(bundled: EvidenceBase, tmp_path: Path) -> None:
    with pytest.raises(UnknownTerm):
        export(bundled, "review:nothing", tmp_path / "out")
    with pytest.raises(UnknownTerm):
        export(bundled, "answer:0123", tmp_path / "out")
    with pytest.raises(InputRefused, match="a folder of RevMan's tables"):
        export(bundled, "review:cd015373", tmp_path / "out.csv")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputRefused, match="cannot be written to"):
        export(bundled, "review:cd015373", tmp_path / "file" / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]
