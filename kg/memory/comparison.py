"""What changed between two commits: records, and the answers of the stored protocols that they are used in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kg import review
from kg.errors import EvidenceError, InputRefused
from kg.evidence.published import PublishedAnalysis
from kg.intake import WARNINGS
from kg.memory.concern import Touched, concern, touched
from kg.memory.crossing import crossings
from kg.memory.naming import Name
from kg.model.answer import Answer
from kg.moments import last_moment
from kg.protocol import Protocol
from kg.store import Commit, RecordVersion

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

Happened = Literal["new", "changed", "retracted"]


@dataclass(frozen=True)
class RecordChange:
    """A record that is another than before: the version that was live then, and the newest, which may retract it."""

    happened: Happened
    before: RecordVersion | None
    after: RecordVersion


@dataclass(frozen=True)
class AnswerChange:
    """An analysis answered at both ends; an end without an answer says why, an analysis that was not there is None."""

    protocol: str
    analysis: str
    title: str
    before: Answer | str | None
    after: Answer | str | None
    crossed: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Tell whether the number, its interval or the trials in it are others."""
        return _number(self.before) != _number(self.after)


@dataclass(frozen=True)
class Comparison:
    """Two commits with what changed in between; analyses that no change touches were not answered again."""

    since: Commit
    until: Commit
    records: tuple[RecordChange, ...]
    answers: tuple[AnswerChange, ...]
    untouched: int


def compare(base: EvidenceBase, since: str, until: str | None = None) -> Comparison:
    """Compare a store as it was known by two days or moments; the second is now where it is left out.

    Raises InputRefused for what is no date, and where the second lies before the first.
    """
    store = base.store
    first = store.known_by(last_moment(since, "the first date"))
    last = store.known_by(last_moment(until, "the second date")) if until else store.head()
    if last.number < first.number:
        raise InputRefused(f"{until} lies before {since}; name the earlier date first")
    if last.number == 0:
        raise InputRefused(
            f"nothing was known by {until or 'now'}; this store begins on {store.at_first().time or 'no day'}"
        )
    if first.number == last.number:
        return Comparison(first, last, (), (), 0)
    old, new = _live(base, first.number), _live(base, last.number)
    records = tuple(_changes(base.after(last.number), old, new))
    touches = [
        touched(_content(base, old.get(name)), _content(base, new.get(name)))
        for name in old.keys() | new.keys()
        if _digest(old.get(name)) != _digest(new.get(name))
    ]
    answers, untouched = _answers(base, first.number, last.number, touches) if touches else ((), 0)
    return Comparison(first, last, records, answers, untouched)


def _live(base: EvidenceBase, commit: int) -> dict[Name, RecordVersion]:
    heads = base.store.heads(commit) if commit else []
    return {(head.source, head.id): head for head in heads if head.source != WARNINGS}


def _digest(version: RecordVersion | None) -> str:
    return version.digest if version else ""


def _content(base: EvidenceBase, version: RecordVersion | None) -> bytes:
    return base.store.content_of(version) if version else b""


def _changes(
    then: EvidenceBase, old: Mapping[Name, RecordVersion], new: Mapping[Name, RecordVersion]
) -> Iterator[RecordChange]:
    gone = then.store.latest(old.keys() - new.keys())
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if after is None:
            yield RecordChange("retracted", before, gone[name])
        elif before is None or before.digest != after.digest:
            yield RecordChange("changed" if before else "new", before, after)


def _answers(base: EvidenceBase, first: int, last: int, touches: list[Touched]) -> tuple[tuple[AnswerChange, ...], int]:
    before, after = base.after(first) if first else None, base.after(last)
    found: list[AnswerChange] = []
    untouched = 0
    was, now = _reviews(before) if before else {}, _reviews(after)
    for name in dict.fromkeys((*was, *now)):
        then, this = was.get(name, {}), now.get(name, {})
        for identifier in dict.fromkeys((*then, *this)):
            if (
                before
                and identifier in then
                and identifier in this
                and not _is_touched(before, name, then[identifier], touches)
            ):
                untouched += 1
                continue
            one = _answer(before, name, then[identifier]) if before and identifier in then else None
            other = _answer(after, name, this[identifier]) if identifier in this else None
            found.append(_compared(name, identifier, (then.get(identifier) or this[identifier]).label, one, other))
    return tuple(found), untouched


def _reviews(base: EvidenceBase) -> dict[str, dict[str, PublishedAnalysis]]:
    """Return the analyses of each stored protocol's review, by identifier."""
    ground = base.ground()
    return {
        protocol.name: {analysis.identifier: analysis for analysis in review.analyses(protocol, ground)}
        for protocol in base.protocols()
        if protocol.review
    }


def _is_touched(base: EvidenceBase, name: str, analysis: PublishedAnalysis, touches: list[Touched]) -> bool:
    protocol, ground = _protocol(base, name), base.ground()
    try:
        about = concern(review.question(analysis, protocol, ground), protocol, ground, analysis.iri)
    except EvidenceError:  # what cannot be asked is asked again, to say why
        return True
    return any(map(about.is_touched, touches))


def _protocol(base: EvidenceBase, name: str) -> Protocol:
    return next(protocol for protocol in base.protocols() if protocol.name == name)


def _answer(base: EvidenceBase, name: str, analysis: PublishedAnalysis) -> Answer | str:
    try:
        return review.answer(analysis, _protocol(base, name), base.ground())
    except EvidenceError as error:
        return str(error)


def _compared(
    name: str, identifier: str, label: str, before: Answer | str | None, after: Answer | str | None
) -> AnswerChange:
    titled = after if isinstance(after, Answer) else before
    title = titled.title if isinstance(titled, Answer) else label
    crossed = crossings(before, after) if isinstance(before, Answer) and isinstance(after, Answer) else ()
    return AnswerChange(name, identifier, title, before, after, crossed)


def _number(answer: Answer | str | None) -> object:
    if not isinstance(answer, Answer):
        return answer
    pools = [("", answer.pool), *((group.label, group.pool) for group in answer.subgroups)]
    numbers = [(label, p.k, p.k_rows, p.participants, p.estimate, p.ci) for label, p in pools]
    return answer.measure, numbers
