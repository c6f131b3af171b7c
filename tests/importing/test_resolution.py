"""Words become things exactly or not at all: decisions, identifiers, labels, synonyms; never what only looks alike."""

from __future__ import annotations

import pytest

from kg.evidence_base import EvidenceBase
from kg.lookalikes import folded, skeletons
from kg.model.records import Ref, Words
from kg.resolution import Resolver, TermIndex, provisional
from kg.store import Solutions


@pytest.fixture(scope="module")
def index(request: pytest.FixtureRequest) -> TermIndex:
    base: EvidenceBase = request.getfixturevalue("base")
    return TermIndex(base.catalog, base.store, base.prefixes)


@pytest.fixture(scope="module")
def base(store_url: str) -> EvidenceBase:
    from kg.settings import Settings

    return EvidenceBase.open(Settings.read(store_url))


def found(index: TermIndex, kind: str, text: str, *ids: str) -> list[str]:
    return [f"{ref.kind}/{ref.slug}" for ref in index.find(Words(kind, text, ids, "test"))]


KNOWN = [
    ("intervention", "Ketamine", (), "drug/ketamine"),
    ("intervention", " KETAMINE ", (), "drug/ketamine"),
    ("intervention", "ｋｅｔａｍｉｎｅ", (), "drug/ketamine"),
    ("intervention", "NMDA receptor antagonists", (), "drug-class/nmda-receptor-antagonist"),
    ("intervention", "words", ("CHEBI:6121",), "drug/ketamine"),
    ("condition", "CRPS", (), "condition/complex-regional-pain-syndrome"),
    ("condition", "words", ("MESH:D059350",), "condition/chronic-pain"),
    ("condition", "words", ("mesh:D059350", "UMLS:C0150055"), "condition/chronic-pain"),
    ("outcome", "Nausea", (), "outcome/nausea"),
]


@pytest.mark.parametrize(("kind", "text", "ids", "thing"), KNOWN)
def test_a_name_or_an_identifier_is_found_exactly(
    index: TermIndex, kind: str, text: str, ids: tuple[str, ...], thing: str
) -> None:
    assert found(index, kind, text, *ids) == [thing]


UNKNOWN = [
    ("intervention", "кetamine", ()),  # the first letter is Cyrillic
    ("intervention", "keta\u200bmine", ()),
    ("intervention", "ketamine 0.5 mg/kg", ()),
    ("intervention", "ketamin", ()),
    ("intervention", "kétamine", ()),
    ("condition", "Ketamine", ()),
    ("intervention", "words", ("MESH:D059350",)),  # a condition
    ("condition", "words", ("MESH:D999999",)),
    ("condition", "words", ("nonsense", "http://[", "")),
    ("outcome", "", ()),
]


@pytest.mark.parametrize(("kind", "text", "ids"), UNKNOWN)
def test_nothing_is_guessed(index: TermIndex, kind: str, text: str, ids: tuple[str, ...]) -> None:
    assert found(index, kind, text, *ids) == []


def test_identifiers_of_two_things_are_ambiguous_and_stay_unresolved(index: TermIndex) -> None:
    both = ("MESH:D059350", "MESH:D005356")  # chronic pain, fibromyalgia
    several = found(index, "condition", "words", *both)
    assert several == ["condition/chronic-pain", "condition/fibromyalgia"]
    resolved = Resolver(index)._look(Words("condition", "words", both, "test"))
    assert not isinstance(resolved, Ref)
    assert [ref.slug for ref in resolved.several] == ["chronic-pain", "fibromyalgia"]


@pytest.mark.parametrize("text", ["кetamine", "Кetamine", "keta\u200bmine", "ketarnine", "𝐤etam\u0456ne"])
def test_what_looks_like_a_known_name_is_told(index: TermIndex, text: str) -> None:
    if folded(text) == "ketamine":
        pytest.skip("it is the name")
    assert "ketamine" in index.alike("intervention", text)


@pytest.mark.parametrize("text", ["ketamine", "KETAMINE", "memantine", "fentanyl"])
def test_a_known_name_and_another_name_look_like_nothing(index: TermIndex, text: str) -> None:
    assert index.alike("intervention", text) == ()


def test_skeletons_are_those_of_the_standard() -> None:
    """The pairs that UTS 39 gives as examples, and two that it tells apart."""
    for one, other in (("paypal", "ρаураl"), ("scope", "ѕсоре"), ("modem", "rnodern"), ("0", "O"), ("l", "1")):
        assert skeletons(one) & skeletons(other), (one, other)
    for one, other in (("paypal", "paypa"), ("scope", "scape")):
        assert not skeletons(one) & skeletons(other), (one, other)


def test_a_provisional_name_is_the_same_for_the_same_words_and_no_others() -> None:
    def slug(text: str, scope: str = "ctgov") -> str:
        return provisional(Words("outcome", text, (), scope)).slug

    assert slug("Pain at rest") == "ctgov-pain-at-rest" == slug("pain  at REST")
    texts = ["Pain (rest)", "Pain, rest", "Pain rest", "Pain > rest", "Pain < rest", "疼痛", "痛み", "x" * 61, "x" * 62]
    assert len({slug(text) for text in texts}) == len(texts)
    assert all(len(slug(text)) < 90 for text in texts)
    assert slug("Pain", "revman-cd000023") == "revman-cd000023-pain"


def test_looking_up_does_not_ask_the_store_again(base: EvidenceBase, monkeypatch: pytest.MonkeyPatch) -> None:
    index = TermIndex(base.catalog, base.store, base.prefixes)
    for kind in ("intervention", "condition", "outcome", "instrument"):
        index.find(Words(kind, "Ketamine", ("MESH:D059350",), "test"))
        index.alike(kind, "x")

    def ask(_: str) -> Solutions:
        raise AssertionError("the store was asked again")

    monkeypatch.setattr(base.store, "select", ask)
    for number in range(1000):
        assert index.find(Words("outcome", f"outcome {number}", (f"MESH:D{number}",), "test")) == ()
