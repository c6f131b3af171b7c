"""What an endpoint says becomes records of its name: through the gate, into the journal, all of it or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from kg.errors import EndpointFailed, InputRefused
from kg.federation.asking import LIMITS, Limits, asked
from kg.federation.endpoints import Endpoint, endpoint
from kg.importing import ImportReport, import_records
from kg.importing.owners import by_owner
from kg.iris import BASE
from kg.model.records import Origin, Statements
from kg.sources.incoming import Unit
from kg.sources.rdf_records import check, complaint

if TYPE_CHECKING:
    from kg.catalog import Query
    from kg.evidence_base import EvidenceBase

FOLDER = "remote/"
"""Queries of the collection that may be sent to an endpoint."""
_MOST = 200_000
_TRIAL = f"{BASE}trial/"


def fetch(
    base: EvidenceBase,
    name: str,
    query: str,
    values: Mapping[str, str],
    *,
    dry_run: bool = False,
    author: str,
    reason: str = "",
    limits: Limits = LIMITS,
) -> ImportReport:
    """Ask an endpoint of the settings a query of ``queries/remote``, and keep what it says as records of its name.

    A record is a trial with its arms and results, or another thing that nothing here speaks of yet; its versions are
    what the endpoint said each time. All of an answer is written, or nothing.

    Raises UnknownTerm for an endpoint or a query that is not there, InputRefused for a value or an answer that cannot
    be taken, EndpointFailed where the endpoint gives none.
    """
    known = endpoint(base.settings.endpoints, name)
    if not query.startswith(FOLDER):
        raise InputRefused(f"{query[:100]!r} is not sent to endpoints; those that are begin with {FOLDER}")
    asking = base.catalog[query]
    text = base.bound(asking, **values)
    told = ", ".join(f"{key}={value}" for key, value in values.items())
    why = reason.strip() or f"{query} of {known.name} <{known.url}>{' with ' + told if told else ''}"
    items = list(units(base, known, asking, asked(known, text, limits)))
    if not items:
        raise EndpointFailed(f"{known.name} knows nothing of what was asked ({query} {told}); nothing was written")
    return import_records(base, items, dry_run=dry_run, all_or_nothing=True, author=author, reason=why)


def units(base: EvidenceBase, known: Endpoint, query: Query, content: bytes) -> Iterator[Unit]:
    """Yield the records in what an endpoint said; of things that other records speak of, trials alone.

    Raises EndpointFailed for what does not parse, InputRefused for what no record may say.
    """
    said: dict[str, list[Quad]] = defaultdict(list)
    place = f"{known.name}: {query.name}"
    try:
        for number, quad in enumerate(parse(content, format=RdfFormat.N_TRIPLES)):
            if number >= _MOST:
                raise EndpointFailed(f"{known.name} says more than {_MOST} statements; ask it for less")
            check(quad, place)
            assert isinstance(quad.subject, NamedNode), "blank nodes were refused"
            said[quad.subject.value].append(quad)
    except (SyntaxError, ValueError, MemoryError) as error:
        if isinstance(error, InputRefused):
            raise
        raise EndpointFailed(f"{known.name} says what is no RDF ({complaint(error)}); nothing was written") from error
    for owner, subjects in sorted(by_owner(said).items()):
        if not owner.startswith(BASE):
            raise InputRefused(f"{place}: <{owner[:120]}> is no name of a thing here; <{BASE}KIND/SLUG> is")
        if not owner.startswith(_TRIAL) and any(v.source != known.name for v, _ in base.store.stating([owner])):
            continue
        slug = owner.removeprefix(_TRIAL) if owner.startswith(_TRIAL) else owner.removeprefix(BASE).replace("/", "-")
        lines = "\n".join(f"{quad.triple} ." for subject in subjects for quad in said[subject]) + "\n"
        row = Statements(origin=Origin(place, 0), record_source=known.name, record_id=slug, ntriples=lines)
        yield Unit(known.name, slug, (row,), place)
