"""Terms that came with files of other systems: what waits for a curator, and what a decision changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from pyoxigraph import NamedNode, Triple

from kg import intake
from kg.errors import InputRefused, UnknownTerm
from kg.iris import BASE, EV
from kg.lookalikes import folded
from kg.model.records import Origin, Ref, Resolution, Row, Statements
from kg.nearest import nearest
from kg.referred import statements
from kg.resolution import TermIndex, ref_of, thing_of

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase
    from kg.intake import Taken

_DECISION: Final = Origin("kg curate", 0)
_PROPOSED: Final = 3
_SIMILAR: Final = 0.75


@dataclass(frozen=True)
class Proposal:
    """A thing of the graph that a term may be, by its label."""

    thing: Ref
    label: str


@dataclass(frozen=True)
class Waiting:
    """A provisional term: its words, the system that they came from, and how many statements use it."""

    term: Ref
    words: str
    system: str
    uses: int


def waiting(base: EvidenceBase, kind: str | None = None) -> list[Waiting]:
    """Return the terms that no curator has matched yet, the most used first."""
    found = []
    for row in base.query("curation/unresolved").records():
        term = ref_of(row["term"])
        if term and kind in (None, term.kind):
            found.append(Waiting(term, row["words"], row["system"], int(row["uses"])))
    return found


def proposals(index: TermIndex, one: Waiting) -> tuple[Proposal, ...]:
    """Return the known things whose names are like the words of a term; a person decides among them."""
    names, words = index.names(one.term.kind), folded(one.words)
    close = (name for name in nearest(words, names, _PROPOSED) if _alike(words, name))
    things = dict.fromkeys(ref for name in close for ref in sorted(names[name], key=str))
    return tuple(Proposal(thing, index.label(thing)) for thing in things)[:_PROPOSED]


def _alike(words: str, name: str) -> bool:
    shorter, longer = sorted((words, name), key=len)
    contained = re.search(rf"\b{re.escape(shorter)}\b", longer) is not None
    return contained or SequenceMatcher(None, words, name, autojunk=False).ratio() >= _SIMILAR


def named(base: EvidenceBase, text: str) -> Waiting:
    """Return the waiting term that a text names: ``kind/slug``, an IRI, or the words themselves.

    Raises UnknownTerm with the nearest, InputRefused where several have these words.
    """
    every = waiting(base)
    wanted = ref_of(text) or ref_of(BASE + text)
    found = [one for one in every if one.term == wanted or one.words.casefold() == text.strip().casefold()]
    if len({one.term for one in found}) > 1:
        several = ", ".join(f"{one.term.kind}/{one.term.slug}" for one in found)
        raise InputRefused(f"{text!r} are the words of several terms: {several}; name one of these")
    if not found:
        close = nearest(text, (f"{one.term.kind}/{one.term.slug}" for one in every))
        raise UnknownTerm(f"no term {text!r} waits for a decision; the nearest are {', '.join(close) or 'none'}", close)
    return found[0]


def decide(base: EvidenceBase, term: Ref, thing: Ref, author: str, reason: str, defining: Iterable[Row] = ()) -> Taken:
    """Put a thing in the place of a term: the decision, and every live record that uses the term, in one commit.

    ``defining`` are rows that make the thing, where it is new. Files that come in later follow the decision.
    Raises InputRefused with the report of the gate; nothing is written then.
    """
    decision = Resolution(origin=_DECISION, term=term, resolved_to=thing, decided_by=author, reason=reason)
    made = intake.candidate([decision, *defining, *_rewritten(base, term, thing)])
    why = f"{term.kind}/{term.slug} is {thing.kind}/{thing.slug}: {reason}"
    taken = intake.keep(base.store, intake.judge(base.store, base.shapes, made, reason=why), author, why)
    base.forget()
    return taken


def _rewritten(base: EvidenceBase, term: Ref, thing: Ref) -> Iterator[Row]:
    """Yield the records that use a term as they are once the thing stands in its place."""
    old, new = NamedNode(thing_of(term)), NamedNode(thing_of(thing))
    users = [row[0] for row in base.store.select(f"SELECT DISTINCT ?s WHERE {{ ?s ?p {old} }}").rows]
    subjects = {user.value for user in users if isinstance(user, NamedNode)} | {old.value}
    for version, content in base.store.stating(subjects):
        said = list(statements(content))
        if version.source in ("curation", intake.WARNINGS) or not any(old in (t.subject, t.object) for t in said):
            continue
        kept = (Triple(t.subject, t.predicate, new if t.object == old else t.object) for t in said if t.subject != old)
        yield Statements(
            origin=Origin(version.origin or version.iri, 0),
            record_source=version.source,
            record_id=version.id,
            ntriples="".join(f"{t} .\n" for t in kept),
        )


def known(base: EvidenceBase, kind: str, text: str) -> Ref:
    """Return the thing of the graph that a curator names for a term of a kind.

    Raises UnknownTerm with the nearest, InputRefused where it names a term that is provisional itself.
    """
    kinds = {
        "intervention": ("drugs", "classes", "interventions"),
        "condition": ("conditions",),
        "outcome": ("outcomes",),
        "instrument": ("instruments",),
    }[kind]
    found = base.vocabulary.resolve(text, *kinds)
    if base.store.ask(f"ASK {{ <{found.iri}> a <{EV}ProvisionalTerm> }}"):
        raise InputRefused(f"{text!r} is itself a term that no curator has matched yet; choose a thing that is known")
    ref = ref_of(found.iri)
    assert ref is not None, "a term of the vocabulary is one of our things"
    return ref
