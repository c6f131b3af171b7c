"""Records by the names that people give them: an IRI, source and id, or the trial that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg import iris
from kg.errors import InputRefused, UnknownTerm
from kg.iris import BASE
from kg.nearest import nearest

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

Name = tuple[str, str]
_RECORD = f"{BASE}record/"
_VERSION = f"{iris.GRAPH}record/"


def trial_named(base: EvidenceBase, text: str) -> str | None:
    """Return the IRI of the trial that a slug, a label or an IRI names, or nothing where it names none."""
    try:
        return base.vocabulary.resolve(text.strip().removeprefix("trial/"), "trials").iri
    except (UnknownTerm, InputRefused):
        return None


def records_named(base: EvidenceBase, text: str) -> list[Name]:
    """Return source and id of the records that a text names, also of those that were retracted.

    A record is named by its IRI, by ``source/id``, or by the IRI of one of its versions. An id names the records of all
    sources that have it; a trial, or another thing of the graph, names those with its id and those that describe it.

    Raises UnknownTerm with the nearest.
    """
    wanted = text.strip()
    known = base.store.names()
    path = wanted.removeprefix(_RECORD)
    if wanted.startswith(_VERSION):
        path = wanted.removeprefix(_VERSION).rpartition("/")[0]
    if exact := [name for name in known if "/".join(name) == path]:
        return exact
    thing = trial_named(base, wanted) or _thing(wanted)
    ids = {wanted, iris.local(thing)} if thing else {wanted}
    stating = {(version.source, version.id) for version, _ in base.store.stating([thing])} if thing else set()
    found = [name for name in known if name[1] in ids or name in stating]
    if not found:
        names = {name: "/".join(name) for name in known}
        close = nearest(path, {*names.values(), *(name[1] for name in known)})
        raise UnknownTerm(f"no record {text!r} in the store; the nearest are {', '.join(close) or 'none'}", close)
    return found


def _thing(text: str) -> str | None:
    """Return the IRI of a thing of ours that a text spells in full, or without the base."""
    if "//" in text:
        return text if text.startswith(BASE) else None
    return f"{BASE}{text}" if "/" in text else None
