"""Retracting in bulk by a CSV of the Retraction Watch database."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from kg.iris import BASE
from kg.memory.notices import Bulk, retract_listed
from kg.sources.retraction_watch import Listed, notices
from tests.intake_support import copied, state
from tests.memory.memory_support import TRIAL_IRI

COLUMNS = (
    "Record ID", "Title", "Subject", "Institution", "Journal", "Publisher", "Country", "Author", "URLS", "ArticleType",
    "RetractionDate", "RetractionDOI", "RetractionPubMedID", "OriginalPaperDate", "OriginalPaperDOI",
    "OriginalPaperPubMedID", "RetractionNature", "Reason", "Paywalled", "Notes",
)  # fmt: skip
"""The header of the database as Crossref publishes it."""
SIGTERMANS = "10.1016/j.pain.2009.06.023"
REASON = "+Falsification/Fabrication of Data;+Investigation by Company/Institution;"


def row(nature: str = "Retraction", **cells: str) -> dict[str, str]:
    """A row as the database has it: what is not known is empty, unavailable or 0."""
    made = dict.fromkeys(COLUMNS, "")
    made |= {"Record ID": "1", "OriginalPaperPubMedID": "0", "RetractionPubMedID": "0", "RetractionDOI": "unavailable"}
    made |= {"RetractionDate": "3/14/2019 0:00", "Reason": REASON, "RetractionNature": nature}
    return made | {name.replace("_", " "): value for name, value in cells.items()}


def written(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "retraction_watch.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, COLUMNS)
        out.writeheader()
        out.writerows(rows)
    return path


@pytest.fixture
def base(store_url: str, tmp_path: Path) -> Iterator[EvidenceBase]:
    """The bundled evidence in a store to write to."""
    with copied(store_url, tmp_path) as opened:
        yield opened


def taken(base: EvidenceBase, path: Path) -> Bulk:
    return retract_listed(base, notices(path), "curator", f"retractions listed in {path.name}")


def identified(base: EvidenceBase) -> dict[str, tuple[str, str]]:
    """The trials of the store that have a DOI and a PubMed id."""
    ns = f"{BASE}ns#"
    found = base.store.select(
        f"SELECT ?t ?d ?p {{ ?t <{ns}studyLabel> ?l ; <{ns}doi> ?d ; <{ns}pmid> ?p }} ORDER BY ?t"
    )
    return {r[0].value: (r[1].value, r[2].value) for r in found.rows}  # type: ignore[union-attr]


def test_the_notices_are_read_as_the_database_writes_them(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        row(OriginalPaperDOI=SIGTERMANS.upper(), RetractionDOI="10.1097/J.PAIN.1", Record_ID="77"),
        row("Expression of concern", OriginalPaperPubMedID="19604642", RetractionDate="2020-02-29"),
        row("Retraction", OriginalPaperDOI="https://doi.org/10.1/x", Reason="", RetractionDate="13/40/2019 0:00"),
        row("", OriginalPaperDOI="Unavailable", OriginalPaperPubMedID="012", Reason="+A;;+ B ;"),
    )
    reason = "Falsification/Fabrication of Data; Investigation by Company/Institution"
    name = path.name
    assert list(notices(path)) == [
        Listed(f"{name}:2", SIGTERMANS, None, "Retraction", reason, date(2019, 3, 14), "10.1097/j.pain.1", "77"),
        Listed(f"{name}:3", None, "19604642", "Expression of concern", reason, date(2020, 2, 29), None, "1"),
        Listed(f"{name}:4", None, None, "Retraction", "no reason is given", None, None, "1"),
        Listed(f"{name}:5", None, None, "", "A; B", date(2019, 3, 14), None, "1"),
    ]


def test_trials_are_found_by_doi_and_by_pubmed_id_and_retracted_in_one_commit(
    base: EvidenceBase, tmp_path: Path
) -> None:
    known = identified(base)
    (by_doi, (doi, _)), (by_pmid, (_, pmid)) = list(known.items())[:2]
    path = written(
        tmp_path,
        row(OriginalPaperDOI=f"https://doi.org/{doi.upper()}", RetractionDOI="10.1000/notice", Record_ID="5"),
        row(OriginalPaperPubMedID=pmid, Reason="+Error in Data;"),
        row(OriginalPaperDOI="10.1234/of-another-paper", OriginalPaperPubMedID="1"),
    )
    before = base.store.head().number
    bulk = taken(base, path)
    assert bulk.retraction is not None
    assert bulk.retraction.commit.number == before + 1
    assert set(bulk.retraction.trials) == {by_doi, by_pmid}
    assert {(m.trial, m.outcome) for m in bulk.matched} == {(by_doi, "retracted"), (by_pmid, "retracted")}
    assert [(n.doi, n.place) for n in bulk.unmatched] == [("10.1234/of-another-paper", f"{path.name}:4")]
    facts = {str(t.predicate.value): str(getattr(t.object, "value", "")) for t in base.describe(by_doi)}
    assert facts[f"{BASE}ns#retractedOn"] == "2019-03-14"
    assert facts[f"{BASE}ns#source"] == "https://doi.org/10.1000/notice"
    assert "record 5 of the Retraction Watch database" in facts[f"{BASE}ns#locator"]
    reasons = {v.reason for v in base.store.versions("reports", by_pmid.rpartition("/")[2]) if v.action == "retract"}
    assert reasons == {"Error in Data"}
    assert base.validate()[0].conforms
    again = taken(base, path)
    assert again.retraction is None
    assert {m.outcome for m in again.matched} == {"already retracted"}


@pytest.mark.parametrize("nature", ["Expression of concern", "Correction", "Reinstatement", "", "retractions"])
def test_only_a_retraction_retracts(base: EvidenceBase, tmp_path: Path, nature: str) -> None:
    before = state(base)
    bulk = taken(base, written(tmp_path, row(nature, OriginalPaperDOI=SIGTERMANS)))
    assert state(base) == before
    assert bulk.retraction is None
    (matched,) = bulk.matched
    assert matched.trial == TRIAL_IRI
    assert matched.outcome.startswith("left: ")


@pytest.mark.parametrize(
    ("days", "retracted"),
    [
        ({"Retraction": "1/1/2019 0:00", "Reinstatement": "6/1/2020 0:00"}, False),
        ({"Retraction": "7/1/2020 0:00", "Reinstatement": "6/1/2020 0:00"}, True),
        ({"Retraction": "1/1/2019 0:00", "Expression of concern": "6/1/2020 0:00"}, True),
    ],
)
def test_a_reinstatement_takes_back_the_retraction_before_it(
    base: EvidenceBase, tmp_path: Path, days: dict[str, str], retracted: bool
) -> None:
    rows = [row(nature, OriginalPaperDOI=SIGTERMANS, RetractionDate=day) for nature, day in days.items()]
    for path in (written(tmp_path, *rows), written(tmp_path, *reversed(rows))):
        bulk = taken(base, path)
        assert {m.outcome.partition(":")[0] for m in bulk.matched} <= {"retracted", "already retracted", "left"}
    assert base.store.ask(f"ASK {{ <{TRIAL_IRI}> <{BASE}ns#retractionReason> ?why }}") is retracted


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "column RetractionNature, OriginalPaperDOI or OriginalPaperPubMedID missing"),
        (b"Title,DOI\nx,10.1/1\n", "column RetractionNature"),
        (b"RetractionNature,Reason\nRetraction,x\n", "OriginalPaperDOI or OriginalPaperPubMedID missing"),
        (b'OriginalPaperDOI,RetractionNature\n"10.1/1,Retraction\n', "not a CSV file"),
        ("OriginalPaperDOI,RetractionNature\n".encode("utf-16"), "missing"),
        (b"OriginalPaperDOI,RetractionNature\n" + b"x" * 200_000 + b",Retraction\n", "not a CSV file"),
        (b"\x00" * 50, "missing"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_place(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(InputRefused, match=says) as refused:
        list(notices(path))
    assert "odd.csv" in str(refused.value)


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read"):
        list(notices(tmp_path / "none.csv"))
    with pytest.raises(InputRefused, match="cannot be read"):
        list(notices(tmp_path))


def test_bytes_that_are_not_utf8_and_rows_of_odd_length_are_borne(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(
        b"\xef\xbb\xbfAuthor,OriginalPaperDOI,RetractionNature,Reason\n"
        b"Iv\xe1nov,10.1000/1,Retraction,+Plagiarism;\n"
        b"short,10.1000/2\n"
        b"long,10.1000/3,Retraction,+A;,more,and more\n"
    )
    assert [(n.doi, n.nature, n.reason) for n in notices(path)] == [
        ("10.1000/1", "Retraction", "Plagiarism"),
        ("10.1000/2", "", "no reason is given"),
        ("10.1000/3", "Retraction", "A"),
    ]
