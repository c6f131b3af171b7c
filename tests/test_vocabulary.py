"""A term is found by slug, label, alternative label, CURIE or IRI; an unknown one gets the three nearest."""

from __future__ import annotations

import pytest

from kg.errors import Contradiction, InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase, question
from kg.iris import BASE
from kg.vocabulary import KINDS


@pytest.mark.parametrize(
    ("text", "kinds", "iri"),
    [
        ("ketamine", ("drugs",), "drug/ketamine"),
        ("  KETAMINE ", ("drugs", "classes"), "drug/ketamine"),
        ("CHEBI:6121", ("drugs",), "drug/ketamine"),
        ("chebi:6121", ("drugs",), "drug/ketamine"),
        ("http://purl.obolibrary.org/obo/CHEBI_6121", ("drugs",), "drug/ketamine"),
        (f"{BASE}drug/ketamine", ("drugs",), "drug/ketamine"),
        ("NMDA receptor antagonists", ("drugs", "classes"), "drug-class/nmda-receptor-antagonist"),
        ("CRPS", ("conditions",), "condition/complex-regional-pain-syndrome"),
        ("short-term", ("bands",), "band/short-term"),
        ("NRS", ("instruments",), "instrument/nrs-0-10"),
    ],
)
def test_a_term_by_any_of_its_names(base: EvidenceBase, text: str, kinds: tuple[str, ...], iri: str) -> None:
    assert base.vocabulary.resolve(text, *kinds).iri == BASE + iri


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "trials"])
def test_every_term_is_found_by_its_own_slug_and_iri(base: EvidenceBase, kind: str) -> None:
    for entry in base.vocabulary.entries(kind):
        assert base.vocabulary.resolve(entry.slug, kind) == entry
        assert base.vocabulary.resolve(entry.iri, kind) == entry
    assert base.vocabulary.entries(kind)


@pytest.mark.parametrize(
    "text",
    ["ketamin", "kétamine", "", " ", "x" * 10_000, "drug/ketamine", "<script>", "a\nb", "CHEBI:", ":", "日本", "}"],
)
def test_an_unknown_term_gets_the_three_nearest(base: EvidenceBase, text: str) -> None:
    with pytest.raises(UnknownTerm) as caught:
        base.vocabulary.resolve(text, "drugs", "classes")
    assert len(caught.value.nearest) == 3
    assert all(base.vocabulary.resolve(slug, "drugs", "classes").slug == slug for slug in caught.value.nearest)


@pytest.mark.parametrize(
    "text", ["http://a b", "http://x/<y>", "http://x/}", "mailto:", "http://[", 'http://x/"y', "ev:\u0000", "http://"]
)
def test_a_text_that_is_no_iri_is_an_unknown_term(base: EvidenceBase, text: str) -> None:
    with pytest.raises((UnknownTerm, InputRefused)):
        base.vocabulary.resolve(text, "drugs")


def test_the_nearest_to_a_slip_of_the_pen_is_the_term(base: EvidenceBase) -> None:
    with pytest.raises(UnknownTerm) as caught:
        base.vocabulary.resolve("ketamin", "drugs", "classes")
    assert "ketamine" in caught.value.nearest


def test_what_lies_below_a_term(base: EvidenceBase) -> None:
    known = base.vocabulary
    assert known.closure(f"{BASE}drug/ketamine") == {f"{BASE}drug/ketamine", f"{BASE}drug/esketamine"}
    assert known.closure(f"{BASE}drug/esketamine") == {f"{BASE}drug/esketamine"}
    of_the_class = known.closure(f"{BASE}drug-class/nmda-receptor-antagonist")
    wanted = ("ketamine", "esketamine", "memantine", "dextromethorphan", "amantadine", "magnesium", "magnesium-sulfate")
    assert {f"{BASE}drug/{name}" for name in wanted} <= of_the_class
    assert f"{BASE}drug/midazolam" not in of_the_class
    assert f"{BASE}drug/placebo" not in of_the_class


def test_an_adverse_effect_names_the_outcome_that_counts_it(base: EvidenceBase) -> None:
    for effect in base.vocabulary.entries("adverse-effects"):
        try:
            outcome = base.vocabulary.outcome(effect.slug)
        except UnknownTerm:
            continue
        assert outcome.kind == "outcomes"
    assert base.vocabulary.outcome("nausea").iri == f"{BASE}outcome/nausea"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ketamine", "ketamine"),
        ("ketamine", "CHEBI:6121"),
        ("esketamine", "ketamine"),
        ("ketamine", "nmda-receptor-antagonist"),
    ],
)
def test_a_comparison_with_itself_is_a_contradiction_that_names_both(base: EvidenceBase, left: str, right: str) -> None:
    with pytest.raises(Contradiction, match=r"--intervention.*--comparator|--comparator.*--intervention"):
        base.ask(question(intervention=left, comparator=right, outcome="nausea"))


@pytest.mark.parametrize(("option", "value"), [("measure", "rr"), ("method", "XX"), ("ci", "95")])
def test_an_option_that_is_not_known_is_named(base: EvidenceBase, option: str, value: str) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "nausea", option: value}
    with pytest.raises(Contradiction, match=f"--{option} {value} is not known; known are"):
        base.ask(question(**words))


def test_a_question_without_its_parts_says_which(base: EvidenceBase) -> None:
    with pytest.raises(InputRefused, match="comparator, outcome; add it"):
        base.ask(question(intervention="ketamine"))
    with pytest.raises(UnknownTerm):
        base.ask(question(intervention="ketamine", comparator="placebo", outcome="nausea", protocol="mine"))
