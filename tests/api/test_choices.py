"""What the form offers is counted in the evidence table as the queries of the collection count it."""

from __future__ import annotations

from api.choices import choices
from kg.evidence_base import EvidenceBase
from kg.iris import local


def test_comparators_are_those_of_the_query(base: EvidenceBase) -> None:
    drugs = {entry.iri for entry in base.vocabulary.entries("drugs")}
    counted = base.query("explore/comparators").records()
    wanted = {local(row["drug"]): row["trials"] for row in counted if row["drug"] in drugs}
    assert {choice.slug: choice.trials for choice in choices(base).comparators} == wanted
    assert len(wanted) > 5
