"""A curator's decision on a term that a file brought: records follow in one commit, and later files too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from kg import curation
from kg.cli.app import app
from kg.errors import InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase, question
from kg.importing import import_paths
from kg.model.records import Ref
from kg.new_terms import new_thing
from kg.resolution import TermIndex
from kg.settings import Settings

RECORD = "data/ctgov/NCT02251431.json"


@pytest.fixture
def curated(tmp_path: Path, shared: Path) -> Iterator[EvidenceBase]:
    with EvidenceBase.open(Settings.read(f"oxigraph:{tmp_path / 'store'}"), "write") as base:
        base.build()
        import_paths(base, [shared / RECORD])
        yield base


def waiting(base: EvidenceBase, words: str) -> curation.Waiting:
    return next(one for one in curation.waiting(base) if one.words == words)


def test_words_of_a_file_wait_with_how_often_they_are_used(curated: EvidenceBase) -> None:
    one = waiting(curated, "Galectin-3")
    assert one.term == Ref("outcome", "ctgov-galectin-3-50ee8a74") or one.term.slug.startswith("ctgov-galectin-3")
    assert one.uses >= 4
    assert [w.uses for w in curation.waiting(curated)] == sorted(
        (w.uses for w in curation.waiting(curated)), reverse=True
    )


def test_a_decision_moves_the_records_and_the_next_import_follows_it(curated: EvidenceBase, shared: Path) -> None:
    one = waiting(curated, "Galectin-3")
    made, rows = new_thing("outcome", "Galectin-3 in serum", "benefit", one.words, "Ann")
    before = curated.store.head().number
    taken = curation.decide(curated, one.term, made, "Ann", "the same in every trial", rows)
    assert taken.commit.number == before + 1
    assert taken.changed >= 1
    assert "Galectin-3" not in {w.words for w in curation.waiting(curated)}
    asked = question(intervention="BYDUREON", comparator="placebo", outcome="Galectin-3 in serum", protocol="none")
    assert curated.ask(asked).pool.estimate == pytest.approx(9539.21 - 8098.78)
    assert import_paths(curated, [shared / RECORD]).counts == {"unchanged": 1}
    newest = curated.store.versions("ctgov", "nct02251431")[-1]
    assert (newest.author, newest.version) == ("Ann", 2)
    assert "the same in every trial" in newest.reason
    _, lines = curated.validate()
    assert not [line for line in lines if "galectin" in line]


def test_likenesses_are_proposed_and_nothing_is_proposed_for_what_is_like_nothing(curated: EvidenceBase) -> None:
    index = TermIndex(curated.catalog, curated.store, curated.prefixes)
    like = curation.Waiting(Ref("intervention", "x"), "Ketamine 0.5 mg/kg", "ctgov", 1)
    unlike = curation.Waiting(Ref("intervention", "y"), "Exenatide-extended Release", "ctgov", 1)
    assert curation.proposals(index, like)[0].thing == Ref("drug", "ketamine")
    assert curation.proposals(index, unlike) == ()


def test_a_decision_that_breaks_a_rule_writes_nothing(curated: EvidenceBase) -> None:
    head, one = curated.store.head().number, waiting(curated, "Galectin-3")
    with pytest.raises(InputRefused, match="is no drug"):
        curation.decide(curated, one.term, Ref("drug", "ketamine"), "Ann", "wrong kind")
    with pytest.raises(InputRefused, match="knows"):
        curation.decide(curated, one.term, Ref("outcome", "nowhere"), "Ann", "no such thing")
    assert curated.store.head().number == head
    with pytest.raises(UnknownTerm, match="nearest"):
        curation.named(curated, "Galektin")
    with pytest.raises(InputRefused, match="benefit, harm"):
        new_thing("outcome", "x", None, "x", "Ann")


def test_the_command_lists_chooses_and_refuses(tmp_path: Path, shared: Path) -> None:
    store = ("--store", f"oxigraph:{tmp_path / 'store'}")
    run = CliRunner().invoke
    assert run(app, [*store, "build"]).exit_code == 0
    assert run(app, [*store, "import", str(shared / RECORD)]).exit_code == 0
    listed = orjson.loads(run(app, [*store, "--json", "curate", "--kind", "intervention"]).stdout)
    assert {"BYDUREON"} <= {term["words"] for term in listed["terms"]}
    term = "intervention/" + next(t["term"].rpartition("/")[2] for t in listed["terms"] if t["words"] == "BYDUREON")
    done = run(app, [*store, "curate", "new", term, "--label", "exenatide"])
    assert done.exit_code == 0, done.output
    assert "drug/exenatide" in done.stdout
    again = run(app, [*store, "curate", "choose", term, "exenatide"])
    assert isinstance(again.exception, UnknownTerm)
