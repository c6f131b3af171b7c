"""Mappings between other systems give the things of the graph the identifiers that files name them by."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase
from kg.importing import ImportReport, import_paths
from kg.model.records import Ref
from kg.resolution import TermIndex

HEAD = "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"


def taken(base: EvidenceBase, path: Path) -> ImportReport:
    return import_paths(base, [path], author="test", reason="mappings")


def table(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "some.sssom.tsv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def meant(base: EvidenceBase, curie: str) -> frozenset[Ref]:
    return TermIndex(base.catalog, base.store, base.prefixes).identified([curie])


def test_a_set_of_mondo_tells_what_other_systems_call_a_condition(base: EvidenceBase, shared: Path) -> None:
    path = shared / "data/ontologies/mondo-pain-mappings.sssom.tsv"
    assert not meant(base, "DOID:870")
    report = taken(base, path)
    assert report.conforms, report.refused
    assert len(report.names["new"]) == 12
    assert meant(base, "DOID:870") == {Ref("condition", "peripheral-neuropathy")}
    assert meant(base, "SNOMEDCT:203082005") == {Ref("condition", "fibromyalgia")}
    again = taken(base, path)
    assert (len(again.names["unchanged"]), again.counts["new"], again.counts["changed"]) == (12, 0, 0)


def test_a_thing_is_found_by_what_its_subject_matches(base: EvidenceBase, tmp_path: Path) -> None:
    head = "#mapping_set_id: https://example.org/set\n#curie_map:\n#  X: https://example.org/x/\n" + HEAD
    path = table(
        tmp_path,
        "X:1\tskos:exactMatch\tMONDO:0005546\tsemapv:ManualMappingCuration",
        "X:1\tskos:broadMatch\tX:2\tsemapv:LexicalMatching",
        "X:3\tskos:broadMatch\tMONDO:0005546\tsemapv:LexicalMatching",
        "X:4\towl:sameAs\tMONDO:0005546\tsemapv:LexicalMatching",
        "Y:5\tskos:exactMatch\tY:6\tsemapv:LexicalMatching",
        head=head,
    )
    report = taken(base, path)
    assert report.names["new"] == ["mappings/x-1"]
    assert meant(base, "https://example.org/x/1") == {Ref("condition", "fibromyalgia")}
    assert not meant(base, "https://example.org/x/2"), "a broader term is another thing"
    said = base.store.content("mappings", "x-1").decode()
    assert "https://example.org/set" in said
    assert "broadMatch> <https://example.org/x/2>" in said


def test_a_negated_mapping_says_nothing(base: EvidenceBase, tmp_path: Path) -> None:
    head = HEAD.replace("\n", "\tpredicate_modifier\n")
    report = taken(base, table(tmp_path, "MONDO:1\tskos:exactMatch\tMONDO:0005546\tsemapv:X\tNot", head=head))
    assert not report.names["new"]


def test_a_subject_that_means_two_things_of_a_kind_is_told(base: EvidenceBase, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "DOID:1\tskos:exactMatch\tMONDO:0005546\tx",
        "DOID:1\tskos:exactMatch\tMONDO:0008599\tx",
    )
    report = taken(base, path)
    (refused,) = report.refused
    assert refused.place == "some.sssom.tsv:2"
    assert "fibromyalgia" in refused.faults[0].remedy
    assert "trigeminal-neuralgia" in refused.faults[0].remedy
    assert not report.names["new"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEAD + "MONDO:0005546\tskos:exactMatch\n", "some.sssom.tsv:2: 2 cells under 4 columns"),
        ("#curie_map: [\n" + HEAD, "no YAML"),
        ("#- a list\n" + HEAD, "no YAML mapping"),
        ("#" + "[" * 100_000 + "\n" + HEAD, "no YAML"),
        (HEAD + "MONDO:0005546\tskos:exactMatch\tDOID:\udcff1\tx\n", "not UTF-8"),
        (HEAD + 'MONDO:0005546\tskos:exactMatch\t"DOID:1\tx\n', "check the quotes"),
        (HEAD + "MONDO:0005546\tskos:exactMatch\tDOID:1 <b>\tx\n", "is not an IRI"),
    ],
    ids=["cells", "yaml", "list", "nested", "encoding", "quotes", "identifier"],
)
def test_a_set_that_cannot_be_read_is_refused(base: EvidenceBase, tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "some.sssom.tsv"
    path.write_bytes(content.encode(errors="surrogateescape"))
    before = base.store.head().number
    report = taken(base, path)
    told = " ".join(f"{r.place}: {fault.remedy}" for r in report.refused for fault in r.faults)
    assert said in told
    assert base.store.head().number == before
