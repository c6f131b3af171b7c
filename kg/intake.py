"""The way in: records to triples, through the gate, into one commit, or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg import iris, protocol
from kg.closure import closure
from kg.errors import InputRefused
from kg.iris import EV
from kg.model.records import Origin, ProtocolText, ProvisionalTerm, Row, Statements, Vocabulary
from kg.referred import check_left
from kg.shapes import Finding, Report, Shapes
from kg.store import Change, Commit, RecordVersion, Store
from kg.store.changes import Entry
from kg.triples import column, key, triples

Key = tuple[str, str]
WARNINGS = "gate"
"""Source of the records that hold what the gate found doubtful."""
SHAPES = "ontology/shapes"
"""Where the rules are from."""

_SHOWN = 20


@dataclass
class Candidate:
    """Records as triples, by the unit in which they are kept, and where each statement was read."""

    triples: dict[Key, set[Triple]] = field(default_factory=lambda: defaultdict(set))
    read: list[tuple[Origin, Sequence[Triple]]] = field(default_factory=list)
    files: dict[Key, set[Origin]] = field(default_factory=lambda: defaultdict(set))
    defined: dict[str, Origin] = field(default_factory=dict)

    @cached_property
    def origins(self) -> dict[tuple[str, str | None], Origin]:
        """Where each statement was read, and each thing first, without a property."""
        made: dict[tuple[str, str | None], Origin] = {}
        for origin, statements in self.read:
            for statement in statements:
                subject = _name(statement)
                made.setdefault((subject, None), origin)
                made.setdefault((subject, statement.predicate.value), origin)
        return made

    @classmethod
    def of(cls, several: Iterable[Candidate]) -> Candidate:
        """Return candidates that share no record and define no thing twice as one."""
        made = cls()
        for each in several:
            made.triples.update(each.triples)
            made.read += each.read
            made.files.update(each.files)
            made.defined.update(each.defined)
        return made

    @cached_property
    def _stating(self) -> dict[str, set[Key]]:
        found: dict[str, set[Key]] = defaultdict(set)
        for unit, statements in self.triples.items():
            for thing in {_name(t) for t in statements}:
                found[thing].add(unit)
        return found

    @cached_property
    def _naming(self) -> dict[str, set[Key]]:
        found: dict[str, set[Key]] = defaultdict(set)
        for unit, statements in self.triples.items():
            for thing in {o.value for t in statements if isinstance(o := t.object, NamedNode)}:
                found[thing].add(unit)
        return found

    def owners(self, finding: Finding) -> set[Key]:
        """Return the records that a finding may be about: those that state something of its things, else name them."""
        things = [finding.focus] if not isinstance(finding.value, str) else [str(finding.value), finding.focus]
        told = (known[thing] for known in (self._stating, self._naming) for thing in things if thing in known)
        return next(told, set())

    def owner(self, finding: Finding) -> Key:
        """Return the record that a finding is about; the first of all, where it is about what lies around them."""
        return max(self.owners(finding), default=next(iter(self.triples)))

    def place(self, finding: Finding) -> Origin | None:
        """Return where the statement was read that a finding is about."""
        return (
            self.origins.get((finding.focus, finding.path))
            or self.origins.get((str(finding.value), None))
            or self.origins.get((finding.focus, None))
        )


@dataclass(frozen=True)
class Judged:
    """Records and the verdict on them; without a report where they are in the store already, as they are."""

    made: Candidate
    report: Report | None
    changes: tuple[Change | Entry, ...]
    changed: frozenset[Key] = frozenset()
    """The records among them that are new or say something else."""


@dataclass(frozen=True)
class Taken:
    """What an intake did: records by what happened to them, the commit, and what is doubtful."""

    new: int
    changed: int
    unchanged: int
    retracted: int
    commit: Commit
    warnings: tuple[str, ...]


def candidate(rows: Iterable[Row]) -> Candidate:
    """Write records as triples, and remember where each came from.

    Raises InputRefused where a record cannot be written.
    """
    made = Candidate()
    for row in rows:
        if isinstance(row, ProtocolText):
            protocol.read(row.text, row.origin.file)
        try:
            unit, statements = key(row), list(triples(row))
        except InputRefused as refused:
            raise InputRefused(f"{row.origin}: {refused}") from refused
        _only_once(made, row, statements)
        made.triples[unit].update(statements)
        made.files[unit].add(row.origin)
        made.read.append((row.origin, statements))
    return made


def _only_once(made: Candidate, row: Row, statements: Sequence[Triple]) -> None:
    """Refuse a second row that defines the same thing: the two would run into one."""
    if (
        isinstance(row, Vocabulary | ProvisionalTerm | Statements)
        or not statements
        or statements[0].predicate.value != iris.RDF + "type"
    ):
        return
    subject = _name(statements[0])
    first = made.defined.setdefault(subject, row.origin)
    if first != row.origin:
        raise InputRefused(
            f"{row.origin}: {subject.removeprefix(iris.BASE)} stands already at {first}; "
            "give this row a number or name of its own, or remove one of the two"
        )


def check(shapes: Shapes, made: Candidate, context: Iterable[Triple] = ()) -> Report:
    """Validate a candidate, with the statements around it that its shapes reach."""
    return shapes.validate((t for unit in made.triples.values() for t in unit), context)


def surroundings(store: Store, records: Mapping[Key, Iterable[Triple]]) -> set[Triple]:
    """Return what lies around records, by source and id, that come into a store.

    What the same records said before is not part of it: they take its place.
    """
    around = closure(store, (t for statements in records.values() for t in statements))
    for version in _live(store, records).values():
        before = parse(store.content(version.source, version.id), format=RdfFormat.N_QUADS)
        around -= {Triple(quad.subject, quad.predicate, quad.object) for quad in before}
    return around


def judge(store: Store, shapes: Shapes, made: Candidate, *, reason: str = "") -> Judged:
    """Return the verdict of the gate on records beside what a store holds, and the changes that would keep them.

    Records that the store holds as they are were judged when they came; they are not judged again. Raises InputRefused
    where a new version no more defines what other records point at.
    """
    changes = changes_of(made, reason)
    changed = frozenset(store.changed(changes))
    if not changed:
        return Judged(made, None, ())
    report = check(shapes, made, surroundings(store, made.triples))
    if report.conforms:
        former = {key: store.content(*key) for key in _live(store, changed)}
        check_left(store, former, {key: made.triples[key] for key in former})
    return Judged(made, report, (*changes, *notes(store, made, report)), changed)


def notes(store: Store, made: Candidate, report: Report) -> list[Change]:
    """Return the changes that note what is doubtful in records, and take out former notes that hold no more."""
    doubts = doubts_of(report, made)
    doubted = [(WARNINGS, f"{source}-{name}") for source, name in made.triples if f"{source}-{name}" not in doubts]
    return [
        *(Change(WARNINGS, name, statements, origin=SHAPES) for name, statements in doubts.items()),
        *(Change(*unit, None) for unit in _live(store, doubted)),
    ]


def take(store: Store, shapes: Shapes, rows: Iterable[Row], author: str, reason: str) -> Taken:
    """Take records into a store in one commit, beside what it holds, or refuse all of them.

    Raises InputRefused, with the report, where a shape is broken; nothing is written then.
    """
    return keep(store, judge(store, shapes, candidate(rows)), author, reason)


def keep(
    store: Store, judged: Judged, author: str, reason: str, *, beside: Sequence[Change] = (), checkpoint: bool = True
) -> Taken:
    """Put records that were judged into a store, in one commit, with other changes ``beside`` them.

    Raises InputRefused, with the report, where a shape is broken; nothing is written then.
    """
    report = judged.report
    if report is not None and not report.conforms:
        raise InputRefused(refusal(report, judged.made), report)
    count = len(judged.made.triples)
    changes = (*(judged.changes if report else ()), *beside)
    if not changes:
        return Taken(0, 0, count, 0, store.head(), ())
    commit = store.commit(changes, author, reason, checkpoint=checkpoint)
    own = [v for v in commit.versions if v.source != WARNINGS]
    kinds = Counter("retracted" if v.action == "retract" else "changed" if v.version > 1 else "new" for v in own)
    warnings = tuple(line(finding, judged.made) for finding in report.warnings) if report else ()
    return Taken(kinds["new"], kinds["changed"], count - len(own), kinds["retracted"], commit, warnings)


def changes_of(made: Candidate, reason: str = "") -> list[Change]:
    """Return the changes that would put the records of a candidate."""
    return [
        Change(source, name, statements, origin=_files(made.files[source, name]), reason=reason)
        for (source, name), statements in made.triples.items()
    ]


def _live(store: Store, names: Iterable[Key]) -> dict[Key, RecordVersion]:
    """Return the live versions among named records."""
    return {name: version for name, version in store.latest(names).items() if version.action == "put"}


def doubts_of(report: Report, made: Candidate) -> dict[str, set[Triple]]:
    """Return, for each record that has warnings, the statements that carry them to every answer.

    A doubt about a thing that lies around the records is kept with the record that brought it up.
    """
    stating = {_name(t) for statements in made.triples.values() for t in statements} if report.warnings else set()
    found: dict[str, set[Triple]] = defaultdict(set)
    for finding in report.warnings:
        about = str(finding.value) if str(finding.value) in stating else finding.focus
        source, name = made.owner(finding)
        found[f"{source}-{name}"].add(Triple(NamedNode(about), NamedNode(EV + "warning"), Literal(finding.message)))
    return found


def _name(triple: Triple) -> str:
    """Return the IRI of the subject of a triple."""
    assert isinstance(triple.subject, NamedNode), "records hold no blank nodes"
    return triple.subject.value


def _files(origins: Iterable[Origin]) -> str:
    """Return the places a record was read at, as ``file:line,line; file:line``; without lines, the file alone."""
    lines: dict[str, set[int]] = defaultdict(set)
    for origin in origins:
        lines[origin.file if origin.line else origin.file.partition("#")[0]].add(origin.line)
    told = {file: ",".join(map(str, sorted(found - {0}))) for file, found in sorted(lines.items())}
    return "; ".join(f"{file}:{numbers}" if numbers else file for file, numbers in told.items())


def line(finding: Finding, made: Candidate) -> str:
    """Return a finding as one line: place, column, rule, value found, remedy."""
    place = made.place(finding)
    where = f"{place}: " if place else ""
    name = column(finding.path)
    rule = finding.shape.removeprefix(EV)
    about = finding.focus.removeprefix(iris.BASE)
    value = "" if finding.value is None else f", found {str(finding.value).removeprefix(iris.BASE)}"
    message = finding.message.replace(iris.BASE, "")
    return f"{where}{'column ' + name + ': ' if name else ''}{message} [rule {rule}, {about}{value}]"


def refusal(report: Report, made: Candidate) -> str:
    """Return the message of a refused intake: the first violations, each with its place, and how many there are."""
    lines: Sequence[str] = [line(finding, made) for finding in report.violations]
    more = f"\n  ... and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    shown = "\n  ".join(lines[:_SHOWN])
    count = f"{len(lines)} rule{'s are' if len(lines) > 1 else ' is'} broken; nothing was written"
    return f"{count}:\n  {shown}{more}"
