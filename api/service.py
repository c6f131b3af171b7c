"""The evidence base that the service reads, warmed, with the answers and drawings it made lately."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from threading import Lock

from api import carried
from api.choices import Choices, choices
from api.names import Names
from api.negotiation import PNG, SVG, Form
from api.recent import Recent
from kg import __version__, asked, charts
from kg.asked import Asked
from kg.errors import EvidenceError
from kg.evidence_base import EvidenceBase
from kg.model.answer import Answer
from kg.protocol import Protocol
from kg.vocabulary import KINDS, TRIALS

_ANSWERS, _CONTENTS, _REVIEWS = 512, 256, 8


class Service:
    """One open store and what was computed from it; every method may be called from many threads at once."""

    def __init__(self, base: EvidenceBase, before: Service | None = None) -> None:
        self.base = base
        self.commit = base.store.head()
        _warm(base)
        self.fingerprint = base.store.fingerprint()
        self.names = Names(base)
        self.choices: Choices = choices(base)
        self.counts = {row["class"]: int(row["things"]) for row in base.query("explore/counts").records()}
        self._asked: Recent[tuple[Asked, str], Answer] = Recent(_ANSWERS)
        self._by_id: Recent[str, Answer] = Recent(_ANSWERS)
        self._contents: Recent[str, bytes] = Recent(_CONTENTS)
        self._reviews: dict[str | None, tuple[Protocol, list[Answer]]] = {}
        self._earlier: Recent[tuple[str | None, ...], tuple[Protocol, list[Answer]]] = Recent(_REVIEWS)
        self._reviewing = Lock()
        if before is not None:
            self._carry(before)

    def _carry(self, before: Service) -> None:
        """Take over the answers of an earlier commit that are still those of this one."""
        changed = carried.changes(before.base, self.base)
        if changed is None:
            return
        kept = {a.id: a for _, a in before._by_id.items() if carried.untouched(a, before.base, changed)}
        kept = {id_: carried.carried(a, self.base) for id_, a in kept.items()}
        for key, answer in before._asked.items():
            if answer.id in kept and not answer.question.known_by:
                self._asked.get(key, lambda found=kept[answer.id]: found)  # type: ignore[misc]
                self._by_id.get(answer.id, lambda found=kept[answer.id]: found)  # type: ignore[misc]

    def answer(self, question: Asked, via: str = "table") -> Answer:
        """Return the answer to a question; the same object for every way to ask it, as long as it is kept.

        Raises UnknownTerm, Contradiction, NotPoolable, InputRefused.
        """

        def ask() -> Answer:
            found = self.base.ask(question, via)
            if question.known_by:  # the same answer, but what was left out then may be other trials
                return found
            return self._by_id.get(found.id, lambda: found)

        return self._asked.get((question, via), ask)

    def answered(self, answer_id: str) -> Answer:
        """Return an answer asked before, by its id.

        Raises UnknownTerm, InputRefused.
        """
        return self._by_id.get(answer_id, lambda: self.base.answered(answer_id))

    def review(
        self, name: str | None, published_by: str | None = None, known_by: str | None = None
    ) -> tuple[Protocol, list[Answer]]:
        """Return a protocol and the answers to the analyses of its review, from trials published and known by a day.

        Computed once, and kept: those of an earlier day as long as few others are asked for. Raises UnknownTerm,
        InputRefused.
        """
        if published_by or known_by:
            dates = {"published_by": published_by or None, "known_by": known_by or None}
            return self._earlier.get((name, published_by, known_by), lambda: self.base.review(name, **dates))
        key = self.base.protocol(name).name
        with self._reviewing:
            if key not in self._reviews:
                self._reviews[key] = self.base.review(name)
            return self._reviews[key]

    def content(self, tag: str, make: Callable[[], bytes | str]) -> bytes:
        """Return the content that an entity tag stands for, made where it is not kept."""

        def made() -> bytes:
            fresh = make()
            return fresh.encode() if isinstance(fresh, str) else fresh

        return self._contents.get(tag, made)

    def drawing(self, answer: Answer, form: Form) -> bytes:
        """Return the forest plot of an answer as SVG or PNG."""

        def draw() -> bytes | str:
            plot = charts.forest(answer)
            return charts.png(plot) if form is PNG else charts.svg(plot)

        return self.content(self.answer_tag(answer, form), draw)

    def answer_tag(self, answer: Answer, form: Form) -> str:
        """Return the entity tag of an answer in a form."""
        known = answer.question.known_by or ""
        return self.tag("answer", answer.id, known, answer.provenance.generated_at, form.suffix)

    def prepare(self) -> None:
        """Answer and draw one question, so that the first to ask does not wait for what loads slowly."""
        for example in self.choices.examples[:1]:
            with contextlib.suppress(EvidenceError):
                self.drawing(self.answer(asked.of(**example.words)), SVG)

    def tag(self, *parts: str) -> str:
        """Return a strong entity tag: it changes with the parts, the evidence and the software."""
        text = "\n".join((__version__, self.fingerprint, self.commit.hash, *parts))
        return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _warm(base: EvidenceBase) -> None:
    """Read what is read once, before the first request: nothing is left for two threads to make at the same time."""
    known = base.vocabulary
    for kind in KINDS:
        if kind == TRIALS:
            continue
        for entry in known.entries(kind)[:1]:
            known.label(entry.iri)
            known.closure(entry.iri)
            known.lower_is_better(entry.iri)
    _ = known.instruments, base.prefixes, base.published, base.answers, base.protocol()
    base.ground()
