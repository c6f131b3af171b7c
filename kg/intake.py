"""The way in: records to triples, through the gate, into one commit, or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg import iris, protocol
from kg.closure import closure
from kg.errors import InputRefused
from kg.iris import EV
from kg.model.records import Origin, ProtocolText, Row, Vocabulary
from kg.shapes import Finding, Report, Shapes
from kg.store import Change, Commit, Store
from kg.triples import column, key, triples

Key = tuple[str, str]
RULES = f"{iris.BASE}gate/shapes"
"""The gate's own note of the rules it checked by; it is no evidence."""
WARNINGS = "gate"
"""Source of the records that hold what the gate found doubtful."""

_SHOWN = 20


@dataclass
class Candidate:
    """Records as triples, by the unit in which they are kept, and where each statement was read."""

    triples: dict[Key, set[Triple]] = field(default_factory=lambda: defaultdict(set))
    origins: dict[tuple[str, str | None], Origin] = field(default_factory=dict)
    files: dict[Key, set[Origin]] = field(default_factory=lambda: defaultdict(set))
    defined: dict[str, Origin] = field(default_factory=dict)

    def place(self, finding: Finding) -> Origin | None:
        """Return where the statement was read that a finding is about."""
        return (
            self.origins.get((finding.focus, finding.path))
            or self.origins.get((str(finding.value), None))
            or self.origins.get((finding.focus, None))
        )


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
        for statement in statements:
            subject = _name(statement)
            made.origins.setdefault((subject, None), row.origin)
            made.origins.setdefault((subject, statement.predicate.value), row.origin)
    return made


def _only_once(made: Candidate, row: Row, statements: Sequence[Triple]) -> None:
    """Refuse a second row that defines the same thing: the two would run into one."""
    if isinstance(row, Vocabulary) or not statements or statements[0].predicate.value != iris.RDF + "type":
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
    for source, name in {(head.source, head.id) for head in store.heads()} & records.keys():
        before = parse(store.content(source, name), format=RdfFormat.N_QUADS)
        around -= {Triple(quad.subject, quad.predicate, quad.object) for quad in before}
    return around


def take(store: Store, shapes: Shapes, rows: Iterable[Row], author: str, reason: str, *, whole: bool = False) -> Taken:
    """Take records into a store in one commit, or refuse all of them.

    ``whole`` says that the rows are all there is of their sources: records of these sources that are not among them
    are retracted. Raises InputRefused, with the report, where a shape is broken; nothing is written then.
    """
    made = candidate(rows)
    changes = [
        Change(source, name, statements, origin=_files(made.files[source, name]))
        for (source, name), statements in made.triples.items()
    ]
    changes.append(Change(WARNINGS, "shapes", [_rules(shapes)], origin="ontology/shapes"))
    live = {(head.source, head.id) for head in store.heads()}
    if not store.changed(changes) and not any(_gone(live, made, None, whole=whole)):
        return _as_before(store, made, len(changes))
    context = () if whole else surroundings(store, made.triples)
    report = check(shapes, made, context)
    if not report.conforms:
        raise InputRefused(refusal(report, made), report)
    doubts = dict(_doubts(report, made))
    changes += [Change(WARNINGS, name, statements, origin="ontology/shapes") for name, statements in doubts.items()]
    gone = [Change(*unit, None) for unit in _gone(live, made, doubts, whole=whole)]
    before = store.head().number
    commit = store.commit([*changes, *gone], author, reason)
    written = commit.versions if commit.number > before else ()
    kinds = Counter("retracted" if v.action == "retract" else "changed" if v.version > 1 else "new" for v in written)
    return Taken(
        new=kinds["new"],
        changed=kinds["changed"],
        unchanged=len(changes) - kinds["new"] - kinds["changed"],
        retracted=kinds["retracted"],
        commit=commit,
        warnings=tuple(line(finding, made) for finding in report.warnings),
    )


def _rules(shapes: Shapes) -> Triple:
    """State which rules the records were checked by: other rules, another verdict."""
    return Triple(NamedNode(RULES), NamedNode(EV + "digest"), Literal(shapes.digest))


def _as_before(store: Store, made: Candidate, count: int) -> Taken:
    """Say that nothing changed since the same rules let the same records in, with the warnings of that time."""
    warnings = [
        f"{place}: {warning}" if (place := made.origins.get((about, None))) else warning
        for about, warning in (
            (str(getattr(row[0], "value", row[0])), str(getattr(row[1], "value", row[1])))
            for row in store.select(f"SELECT ?about ?warning {{ ?about <{EV}warning> ?warning }} ORDER BY ?about").rows
        )
    ]
    return Taken(new=0, changed=0, unchanged=count, retracted=0, commit=store.head(), warnings=tuple(warnings))


def _gone(live: Iterable[Key], made: Candidate, doubts: Mapping[str, object] | None, *, whole: bool) -> Iterator[Key]:
    """Yield the live records that are no longer stated; without ``doubts``, those of the sources alone."""
    sources = {source for source, _ in made.triples}
    stated = {f"{source}-{name}" for source, name in made.triples}
    for source, name in live:
        if source == WARNINGS:
            if doubts is not None and name in stated and name not in doubts:
                yield source, name
        elif whole and source in sources and (source, name) not in made.triples:
            yield source, name


def _doubts(report: Report, made: Candidate) -> Iterator[tuple[str, set[Triple]]]:
    """Yield, for each record that has warnings, the statements that carry them to every answer."""
    owner = {_name(t): unit for unit, statements in made.triples.items() for t in statements}
    found: dict[str, set[Triple]] = defaultdict(set)
    for finding in report.warnings:
        about = str(finding.value) if str(finding.value) in owner else finding.focus
        source, name = owner.get(about, (WARNINGS, "whole"))
        found[f"{source}-{name}"].add(Triple(NamedNode(about), NamedNode(EV + "warning"), Literal(finding.message)))
    yield from found.items()


def _name(triple: Triple) -> str:
    """Return the IRI of the subject of a triple."""
    assert isinstance(triple.subject, NamedNode), "records hold no blank nodes"
    return triple.subject.value


def _files(origins: Iterable[Origin]) -> str:
    """Return the places a record was read at, as ``file:line,line; file:line``."""
    lines: dict[str, list[int]] = defaultdict(list)
    for origin in sorted(origins):
        lines[origin.file].append(origin.line)
    return "; ".join(f"{file}:{','.join(map(str, sorted(set(found))))}" for file, found in lines.items())


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
