"""Records taken in by batches: each gets the verdict, the report and the place in the store that it would get alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox
import pytest

from benchmarks import generated, importing
from kg.evidence_base import EvidenceBase
from kg.importing import RecordReport, batches, import_records
from kg.importing.report import ImportReport
from kg.iris import BASE, EV, RDF, RDFS
from kg.model.records import Arm, ContinuousResult, DichotomousResult, IncludedTrial, Origin, Row, Statements, Trial
from kg.settings import Settings
from kg.sources.incoming import Incoming, Unit
from kg.store import Change, Store
from kg.triples import key
from tests.conftest import ROOT
from tests.intake_support import copied

FOLDER = ROOT / "ontology" / "examples"
EXAMPLES = sorted(FOLDER.glob("*valid/*.ttl"))
PARTS = 8
Told = tuple[list[RecordReport], ImportReport, str]


def imported(base: EvidenceBase, items: Sequence[Incoming], **how: Any) -> Told:
    reports: list[RecordReport] = []
    report = import_records(base, items, on_record=reports.append, **how)
    return reports, report, base.store.fingerprint()


def check_equal(together: Told, alone: Told) -> None:
    for one, other in zip(together[0], alone[0], strict=True):
        assert one == other
    assert together[1].counts == alone[1].counts
    assert together[1].duplicates == alone[1].duplicates
    assert list(together[1].warnings) == list(alone[1].warnings)
    assert together[2] == alone[2]


def one_by_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batches, "_MOST", 1)


# Every example of the ontology.


def statements(path: Path) -> list[ox.Triple]:
    quads = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=BASE, lenient=True)
    return [ox.Triple(q.subject, q.predicate, q.object) for q in quads]


def example(path: Path, number: int, known: set[str]) -> Unit:
    """Return an example as a record, its things under names of their own, so that several stand side by side."""
    said = statements(path)
    own = {t.subject.value for t in said if isinstance(t.subject, ox.NamedNode)} - known

    def named(term: Any) -> Any:
        return ox.NamedNode(f"{term.value}-{number}") if isinstance(term, ox.NamedNode) and term.value in own else term

    renamed = [ox.Triple(named(t.subject), t.predicate, named(t.object)) for t in said]
    lines = "".join(f"{t} .\n" for t in renamed)
    place = f"example-{number}"
    row = Statements(origin=Origin(place, 0), record_source="examples", record_id=place, ntriples=lines)
    return Unit("examples", place, (row,), place)


def world() -> EvidenceBase:
    """Return a base that holds what the examples stand on, and no more."""
    base = EvidenceBase(Settings.read("memory:"), Store.open("memory:", "write"))
    base.store.commit(
        [Change("context", "all", statements(FOLDER / "context.ttl"))], "a test", "context of the examples"
    )
    return base


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.filterwarnings("ignore")
def test_examples_get_the_verdict_that_each_gets_alone(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {t.subject.value for t in statements(FOLDER / "context.ttl") if isinstance(t.subject, ox.NamedNode)}
    units = [example(path, number, known) for number, path in list(enumerate(EXAMPLES))[part::PARTS]]
    together = imported(world(), units)
    with monkeypatch.context() as patched:
        one_by_one(patched)
        alone = imported(world(), units)
    check_equal(together, alone)
    assert together[1].counts["new"]
    assert len({fault.rule for report in together[0] for fault in report.faults if fault.rule}) > 20


# Generated trials, some of them with a fault.

Fault = Callable[[list[Row]], None]


def changes(kind: type[Any], **values: Any) -> Fault:
    """Return a fault: other values in the first row of a kind."""

    def fault(rows: list[Row]) -> None:
        number = next(number for number, row in enumerate(rows) if isinstance(row, kind))
        rows[number] = replace(cast(Any, rows[number]), **values)

    return fault


def drops(kind: type[Any]) -> Fault:
    """Return a fault: the last row of a kind is missing."""

    def fault(rows: list[Row]) -> None:
        del rows[max(number for number, row in enumerate(rows) if isinstance(row, kind))]

    return fault


FAULTS: dict[str, Fault] = {
    "more events than participants": changes(DichotomousResult, events=900),
    "negative events": changes(DichotomousResult, events=-1),
    "no total": changes(DichotomousResult, total=None),
    "unknown outcome": changes(DichotomousResult, outcome="nausaea"),
    "unknown arm": changes(DichotomousResult, arm="treatd"),
    "negative sd": changes(ContinuousResult, sd=Decimal(-1)),
    "mean off the scale": changes(ContinuousResult, mean=Decimal(500)),
    "sd beyond the scale": changes(ContinuousResult, sd=Decimal(90)),
    "unknown instrument": changes(ContinuousResult, instrument="pain-0-99"),
    "unknown band": changes(ContinuousResult, band="some-term"),
    "unknown kind of value": changes(ContinuousResult, value_kind="finale"),
    "unknown drug": changes(Arm, studied="ketamin"),
    "unknown role": changes(Arm, role="activ"),
    "unknown route": changes(Arm, route="orally"),
    "negative randomised": changes(Arm, randomised=-3),
    "an arm is missing": drops(Arm),
    "unknown condition": changes(Trial, condition=("fibromyalgya",)),
    "unknown design": changes(Trial, design="paralel"),
    "year in the future": changes(Trial, year=2999),
    "no registration number": changes(Trial, registration=("NCT1",)),
    "no DOI": changes(Trial, doi="doi.org"),
    "hidden sign": changes(Trial, label="a\u200btrial"),
    "sign that no database keeps": changes(Trial, label="a\0trial"),
    "no IRI": changes(Arm, arm="the arm"),
}
DOUBTS: dict[str, Fault] = {
    "sd like a standard error": changes(ContinuousResult, sd=Decimal("1.5"), n=100),
    "more counted than randomised": changes(ContinuousResult, n=4000),
    "said to be doubtful": changes(DichotomousResult, doubt="read from a figure"),
    "the same DOI, first": changes(Trial, doi="10.1000/same"),
    "the same DOI, then": changes(Trial, doi="10.1000/same"),
    "a late label": changes(Trial, label="late"),
}


def trials(count: int) -> Iterator[Unit]:
    """Yield generated trials, every third with another fault or doubt as long as there are more."""
    seeded = iter([*FAULTS.values(), *DOUBTS.values()])
    rows = (row for row in generated.trials(count) if not isinstance(row, IncludedTrial))
    for number, ((source, name), found) in enumerate(groupby(rows, key)):
        own: list[Row] = list(found)
        if number % 3 == 1 and (fault := next(seeded, None)):
            fault(own)
        yield Unit(source, name, tuple(own), name, separable=number % 2 == 0)


@pytest.fixture
def pair(store_url: str, tmp_path: Path) -> Iterator[tuple[EvidenceBase, EvidenceBase]]:
    """Two copies of the store, with the drugs of the generated trials."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with copied(store_url, tmp_path / "one") as one, copied(store_url, tmp_path / "two") as two:
        for base in (one, two):
            base.store.commit(importing.drugs(), "a test", "drugs of generated trials")
        yield one, two


@pytest.mark.parametrize("dry_run", [False, True])
def test_seeded_faults_are_found_and_the_rest_goes_in_as_one_by_one(
    pair: tuple[EvidenceBase, EvidenceBase], monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    units = list(trials(100))
    together = imported(pair[0], units, dry_run=dry_run)
    with monkeypatch.context() as patched:
        one_by_one(patched)
        alone = imported(pair[1], units, dry_run=dry_run)
    check_equal(together, alone)
    refused = [report for report in together[0] if report.action == "refused" or report.rows_left_out]
    assert len(refused) == len(FAULTS)
    assert together[1].duplicates
    assert together[1].warnings
    assert together[1].commits[1] - together[1].commits[0] < (1 if dry_run else 60)


def test_other_versions_and_records_that_stay_retracted_are_told_as_one_by_one(
    pair: tuple[EvidenceBase, EvidenceBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    units = [replace(unit, separable=False) for unit in trials(20)]
    again = [replace(u, rows=u.rows[:-1] if n % 5 == 2 else u.rows) for n, u in enumerate(units)]
    told = []
    for number, base in enumerate(pair):
        with monkeypatch.context() as patched:
            if number:
                one_by_one(patched)
            imported(base, units)
            base.store.commit([Change(generated.REVIEW, "generated-6", None)], "a test", "retracted")
            told.append(imported(base, [*again, *units[:3]]))
    for report in told[0][0] + told[1][0]:
        assert report.action in ("changed", "unchanged", "refused", "retracted")
    for one, other in zip(told[0][0], told[1][0], strict=True):
        assert replace(one, faults=()) == replace(other, faults=())  # faults name the time of a retraction
    assert told[0][2] == told[1][2]
    assert told[0][1].counts["changed"]
    assert told[0][1].counts["retracted"] == 1


def test_records_that_lean_on_each_other_are_told_as_one_by_one(
    pair: tuple[EvidenceBase, EvidenceBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results in a record of their own before their trial, a trial stated twice, one that names a drug to come."""
    units = [replace(unit, separable=False) for unit in trials(12) if unit.name not in ("generated-1",)]
    trial, results = split(units[0])
    said = (f"<{RDF}type> <{EV}Drug>", f'<{RDFS}label> "to come"@en', f'<{EV}source> "a list"', f'<{EV}locator> "1"')
    lines = "".join(f"<{BASE}drug/to-come> {words} .\n" for words in (*said, f"<{EV}sourceKind> <{EV}primary>"))
    coming = Statements(origin=Origin("drugs.nt", 1), record_source="later", record_id="drug", ntriples=lines)
    late = Unit("later", "drug", (coming,), "drugs.nt")
    waiting = replace(units[4], rows=tuple(studying(row, "to-come") for row in units[4].rows))
    again = tuple(replace(cast(Any, row), record_source="again") for row in units[5].rows)
    twin = replace(units[5], source="again", rows=again)
    items = [results, trial, units[2], waiting, units[5], twin, late, units[8]]
    told = []
    for number, base in enumerate(pair):
        with monkeypatch.context() as patched:
            if number:
                one_by_one(patched)
            told.append(imported(base, items))
    check_equal(told[0], told[1])
    actions = {(report.source, report.name): report.action for report in told[0][0]}
    assert actions["results", "generated-0"] == "new"
    assert actions[generated.REVIEW, waiting.name] == "new"


def studying(row: Row, drug: str) -> Row:
    """Return an arm that is given another drug, or any other row as it is."""
    return replace(row, studied=drug) if isinstance(row, Arm) and row.role == "experimental" else row


def split(unit: Unit) -> tuple[Unit, Unit]:
    """Return a trial without results, and the results as a record of another source."""
    others = tuple(row for row in unit.rows if not isinstance(row, ContinuousResult | DichotomousResult))
    results = tuple(
        replace(cast(Any, row), record_source="results")
        for row in unit.rows
        if isinstance(row, ContinuousResult | DichotomousResult)
    )
    return replace(unit, rows=others), Unit("results", unit.name, results, "results.csv")


def test_a_batch_that_is_judged_as_one_is_one_commit(pair: tuple[EvidenceBase, EvidenceBase]) -> None:
    units = [u for n, u in enumerate(trials(60)) if n % 3 != 1]
    before = pair[0].store.head().number
    report = import_records(pair[0], units)
    assert report.counts == {"new": len(units)}
    assert pair[0].store.head().number == before + 1


def test_what_was_told_is_in_the_journal(pair: tuple[EvidenceBase, EvidenceBase]) -> None:
    told: list[str] = []

    def on_record(report: RecordReport) -> None:
        if report.action == "new":
            told.append(report.name or "")
            assert pair[0].store.versions(generated.REVIEW, told[-1])[-1].action == "put"

    import_records(pair[0], trials(20), on_record=on_record)
    assert len(told) > 10
