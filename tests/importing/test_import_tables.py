"""Tables come in record by record: one bad record is named and the others stay, and what is there is not done again."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from kg.cli.app import app
from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase, question
from kg.importing import ImportReport, import_paths
from kg.settings import Settings
from tests.importing.table_files import Tables, together, trial, workbook, written
from tests.intake_support import state

GOOD = together(trial("one-2020"), trial("two-2021", (9, 7)))
BAD = trial("bad-2022", (50, 5))


def names(report: ImportReport) -> dict[str, list[str]]:
    return {action: found for action, found in report.names.items() if found}


def asked(base: EvidenceBase) -> set[str]:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "nausea", "protocol": "none"}
    return {study.label for study in base.ask(question(**words)).studies}


def test_one_bad_record_is_named_and_the_others_are_in(base: EvidenceBase, tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", together(GOOD, BAD))
    report = import_paths(base, [folder])
    assert names(report) == {"new": ["mine/one-2020", "mine/two-2021"], "refused": ["mine/bad-2022"]}
    (refused,) = report.refused
    (fault,) = refused.faults
    assert fault.place == "dichotomous-results.csv:6"
    assert (fault.column, fault.found) == ("events", "50") or fault.about == "result/mine/bad-2022/1"
    assert fault.rule == "DichotomousResultShape-eventsWithinTotal"
    assert fault.remedy.endswith((".", "check.")) or ";" in fault.remedy
    assert not report.conforms
    assert {"one-2020", "two-2021"} <= asked(base)
    assert "bad-2022" not in asked(base)


def test_the_command_exits_with_1_and_says_what_was_refused(store_url: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(store_url.partition(":")[2], store)
    folder = written(tmp_path / "tables", together(GOOD, BAD))
    call = ["--store", f"oxigraph:{store}", "--json", "import", str(folder)]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 1
    told = orjson.loads(done.stdout)
    assert told["counts"]["new"] == 2
    assert told["records"]["refused"] == ["mine/bad-2022"]
    (refused,) = told["refused"]
    assert refused["faults"][0]["rule"] == "DichotomousResultShape-eventsWithinTotal"
    assert "ValidationReport" in orjson.dumps(told["report"]).decode()
    again = CliRunner().invoke(app, ["--store", f"oxigraph:{store}", "import", str(folder)])
    assert again.exit_code == 1
    assert "0 new, 0 changed, 2 unchanged, 1 refused" in again.stdout
    assert "refused: mine/bad-2022\n  dichotomous-results.csv:6: " in again.stdout


def test_all_or_nothing_writes_nothing_where_one_is_refused(base: EvidenceBase, tmp_path: Path) -> None:
    before = state(base)
    folder = written(tmp_path / "tables", together(GOOD, BAD))
    report = import_paths(base, [folder], all_or_nothing=True)
    assert names(report) == {"withheld": ["mine/one-2020", "mine/two-2021"], "refused": ["mine/bad-2022"]}
    assert state(base) == before
    whole = import_paths(base, [written(tmp_path / "good", GOOD)], all_or_nothing=True)
    assert names(whole) == {"new": ["mine/one-2020", "mine/two-2021"]}
    assert state(base)[1] == before[1] + 1


def test_a_dry_run_says_value_by_value_what_would_change_and_writes_nothing(base: EvidenceBase, tmp_path: Path) -> None:
    import_paths(base, [written(tmp_path / "first", GOOD)])
    before = state(base)
    changed = together(trial("one-2020", (13, 5), country="France"), trial("new-2023"), trial("two-2021", (9, 7)))
    folder = written(tmp_path / "second", changed)
    report = import_paths(base, [folder], dry_run=True)
    assert state(base) == before
    assert names(report) == {"new": ["mine/new-2023"], "changed": ["mine/one-2020"], "unchanged": ["mine/two-2021"]}
    told = {r.record: r.differences for r in report.told}
    values = {(d.thing, d.column): (d.old, d.new) for d in told["mine/one-2020"]}
    assert values["result/mine/one-2020/1", "events"] == ("12", "13")
    assert values["trial/one-2020", "country"] == (None, "France")
    assert len(values) == 3  # the digits as printed, too
    added = {(d.thing, d.column, d.new) for d in told["mine/new-2023"]}
    assert ("result/mine/new-2023/1", "events", "12") in added
    done = import_paths(base, [folder])
    assert names(done) == names(report)
    assert [v.version for v in base.store.versions("mine", "one-2020")] == [1, 2]


def test_a_dry_run_sees_what_comes_before_in_the_same_files(base: EvidenceBase, tmp_path: Path) -> None:
    tables = trial("one-2020", drug="new-drug")
    tables["drugs"] = [
        {"drug": "new-drug", "label": "new drug", "source": "x", "locator": "y", "source_kind": "primary"}
    ]
    folder = written(tmp_path / "tables", tables)
    expected = {"new": ["drugs/new-drug", "mine/one-2020"]}
    assert names(import_paths(base, [folder], dry_run=True)) == expected
    assert names(import_paths(base, [folder])) == expected


@pytest.mark.parametrize("together_", [False, True])
def test_what_is_there_changes_nothing(base: EvidenceBase, tmp_path: Path, together_: bool) -> None:
    folder = written(tmp_path / "tables", GOOD)
    import_paths(base, [folder])
    before = state(base)
    again = import_paths(base, [folder], all_or_nothing=together_)
    assert names(again) == {"unchanged": ["mine/one-2020", "mine/two-2021"]}
    assert state(base) == before


def test_a_corrected_file_makes_a_new_version_of_that_record_alone(base: EvidenceBase, tmp_path: Path) -> None:
    import_paths(base, [written(tmp_path / "tables", GOOD)])
    mended = together(trial("one-2020", (11, 5)), trial("two-2021", (9, 7)))
    report = import_paths(base, [written(tmp_path / "tables", mended)], author="Ann", reason="typing error")
    assert names(report) == {"changed": ["mine/one-2020"], "unchanged": ["mine/two-2021"]}
    newest = base.store.versions("mine", "one-2020")[-1]
    assert (newest.version, newest.author, newest.reason) == (2, "Ann", "typing error")
    assert "dichotomous-results.csv:2,3" in newest.origin


def test_a_record_waits_for_what_a_later_one_brings(base: EvidenceBase, tmp_path: Path) -> None:
    first = written(tmp_path / "a", trial("one-2020", drug="later-drug"))
    drug = {"drug": "later-drug", "label": "later drug", "source": "x", "locator": "y", "source_kind": "primary"}
    second = written(tmp_path / "b", {"drugs": [drug]})
    report = import_paths(base, [first, second])
    assert sorted(names(report)["new"]) == ["drugs/later-drug", "mine/one-2020"]


def test_an_unknown_term_is_refused_with_the_nearest(base: EvidenceBase, tmp_path: Path) -> None:
    report = import_paths(base, [written(tmp_path / "tables", trial("one-2020", drug="ketamin"))])
    faults = [fault for fault in report.refused[0].faults if fault.column == "studied"]
    assert faults[0].nearest[0] == "ketamine"
    assert faults[0].place == "arms.csv:2"


def test_a_line_that_makes_no_record_keeps_its_record_out_and_no_other(base: EvidenceBase, tmp_path: Path) -> None:
    tables = together(GOOD, trial("odd-2022"))
    tables["dichotomous-results"][-1]["events"] = "five"
    report = import_paths(base, [written(tmp_path / "tables", tables)])
    assert names(report)["new"] == ["mine/one-2020", "mine/two-2021"]
    (refused,) = report.refused
    assert refused.place == "dichotomous-results.csv:7"
    assert "mine/odd-2022" in refused.faults[0].remedy
    assert "'five'; write a whole number" in refused.faults[0].remedy


def test_a_single_table_is_told_by_its_name_or_its_header(base: EvidenceBase, tmp_path: Path) -> None:
    import_paths(base, [written(tmp_path / "tables", GOOD)])
    for name in ("drugs.csv", "some-name.csv"):
        drug = {"drug": name.partition(".")[0], "label": name, "source": "x", "locator": "y", "source_kind": "primary"}
        path = written(tmp_path / "one", {"drugs": [drug]}) / "drugs.csv"
        path = path.rename(tmp_path / name)
        assert names(import_paths(base, [path])) == {"new": [f"drugs/{name.partition('.')[0]}"]}


def test_tables_that_belong_to_one_record_come_from_one_folder(base: EvidenceBase, tmp_path: Path) -> None:
    """A workbook beside CSV files is one more table of the folder."""
    folder = written(tmp_path / "tables", {k: v for k, v in GOOD.items() if k != "arms"})
    workbook(folder / "rest.xlsx", {"arms": GOOD["arms"]})
    assert names(import_paths(base, [folder])) == {"new": ["mine/one-2020", "mine/two-2021"]}


@pytest.mark.parametrize("source", ["gate", "ontology", "drugs", "curation", "retractions"])
def test_records_of_the_store_itself_are_not_written(base: EvidenceBase, tmp_path: Path, source: str) -> None:
    tables: Tables = {k: [{**row, "record_source": source} for row in rows] for k, rows in trial("one-2020").items()}
    before = state(base)
    report = import_paths(base, [written(tmp_path / "tables", tables)])
    assert report.counts == {"refused": 1}
    assert source in report.refused[0].faults[0].remedy
    assert state(base) == before


def test_a_retracted_record_stays_retracted_until_it_is_brought_back(base: EvidenceBase, tmp_path: Path) -> None:
    drug = {"drug": "some-drug", "label": "some drug", "source": "x", "locator": "y", "source_kind": "primary"}
    folder = written(tmp_path / "tables", {"drugs": [drug]})
    import_paths(base, [folder])
    from kg.store import Change

    base.store.commit([Change("drugs", "some-drug", None)], "Ann", "made up")
    before = state(base)
    report = import_paths(base, [folder])
    assert names(report) == {"retracted": ["drugs/some-drug"]}
    assert report.conforms
    assert "made up" in report.told[0].faults[0].remedy
    assert state(base) == before
    assert names(import_paths(base, [folder], bring_back=True)) == {"new": ["drugs/some-drug"]}


def test_a_path_or_a_format_that_is_not_there_is_refused_before_anything(base: EvidenceBase, tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", GOOD)
    before = state(base)
    with pytest.raises(InputRefused, match=r"missing.*no such file"):
        import_paths(base, [folder, tmp_path / "missing"])
    with pytest.raises(InputRefused, match=r"'tabels' is no format.*nearest are tables"):
        import_paths(base, [folder], "tabels")
    assert state(base) == before


def test_a_reader_sees_what_was_imported(base: EvidenceBase, tmp_path: Path) -> None:
    import_paths(base, [written(tmp_path / "tables", GOOD)])
    with EvidenceBase.open(Settings.read(base.settings.store)) as reader:
        assert "one-2020" in asked(reader)
