"""From a set of mappings between other systems to identifiers of the things that the graph holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg import iris
from kg.model.records import MappedIdentifier, Origin, Ref
from kg.resolution import TermIndex, thing_of
from kg.sources import sssom
from kg.sources.incoming import Incoming, Unit, Unreadable
from kg.sources.sssom import Mapped, MappingSet

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

_ALSO: Final = {"SCTID": "SNOMEDCT", "SCT": "SNOMEDCT", "MSH": "MESH", "DRON": "obo"}
"""Prefixes that mapping sets use for what the list of prefixes calls by another name."""


def records(base: EvidenceBase, path: Path) -> Iterator[Incoming]:
    """Yield a record for each subject of a mapping set that means a thing of the graph, itself or by one it matches.

    Each thing gets the identifiers that the set gives to its subject. Subjects that mean nothing known here are passed
    over; one that means two things of a kind is told, and adds nothing.
    Raises InputRefused where the file cannot be read.
    """
    said = sssom.metadata(path)
    index = TermIndex(base.catalog, base.store, base.prefixes)
    names = _Names(base, said)
    meant: dict[str, set[Ref]] = defaultdict(set)
    for row in sssom.mappings(path):
        found = index.identified(filter(None, (names.iri(row.subject), names.iri(row.object) if row.exact else None)))
        if found:
            meant[row.subject] |= found
    rows: dict[str, list[Mapped]] = defaultdict(list)
    for row in sssom.mappings(path):
        if row.subject in meant:
            rows[row.subject].append(row)
    for subject, own in rows.items():
        things = sorted(meant[subject], key=lambda ref: (ref.kind, ref.slug))
        place = f"{path.name}:{own[0].line}"
        if len({ref.kind for ref in things}) < len(things):
            told = " and ".join(map(thing_of, things))
            yield Unreadable(place, f"{subject} means {told}, by the identifiers that it matches; correct the mappings")
        elif made := tuple(row for ref in things for row in names.rows(ref, subject, own, path.name)):
            yield Unit("mappings", made[0].record_id, made, place)


class _Names:
    """CURIEs of a mapping set as IRIs, and as the prefixes of the project write them."""

    def __init__(self, base: EvidenceBase, said: MappingSet) -> None:
        own = base.prefixes
        self._prefixes = own
        self._known = {**said.prefixes, **{a: own[b] for a, b in _ALSO.items() if b in own}, **own}
        self._source = said.source

    def iri(self, given: str) -> str | None:
        return given if "://" in given else iris.expand(given, self._known)

    def rows(self, ref: Ref, subject: str, own: list[Mapped], file: str) -> Iterator[MappedIdentifier]:
        """Yield the identifiers of a thing: the subject, and what the subject matches."""
        seen = set[str]()
        itself = Mapped(own[0].line, subject, "exactMatch", subject, None)
        for mapped in (itself, *own):
            found = self.iri(mapped.object)
            if not found or found in seen:
                continue
            seen.add(found)
            system, _, identifier = iris.shorten(found, self._prefixes).partition(":")
            yield MappedIdentifier(
                origin=Origin(file, mapped.line),
                source=self._source or file,
                locator=f"line {mapped.line}",
                source_kind="secondary",
                basis=mapped.justification,
                kind=ref.kind,
                slug=ref.slug,
                system=system,
                identifier=identifier,
                iri=found,
                match=mapped.match,
                record_id=iris.slug(subject),
            )
