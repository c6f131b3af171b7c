"""RDF files in our own vocabulary: Turtle, N-Triples, TriG, N-Quads, JSON-LD; nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, Triple, parse

from kg.errors import InputRefused
from kg.iris import BASE
from kg.sources import safe_json
from kg.sources.rdf_records import complaint

FORMS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".trig": RdfFormat.TRIG,
    ".nq": RdfFormat.N_QUADS,
    ".jsonld": RdfFormat.JSON_LD,
}
LARGEST = 64 * 1024 * 1024
_LINE_BY_LINE = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
"""Forms that are read as they stream, and may be of any size."""


def reads(path: Path) -> bool:
    """Tell from its suffix whether a file is RDF."""
    return path.is_file() and path.suffix.lower() in FORMS


def read(path: Path) -> Iterator[Triple]:
    """Read the statements of a file, whatever graph they stand in.

    Raises InputRefused for a suffix that is not known, a file that is too large, or text that does not parse.
    """
    for quad in quads(path):
        yield Triple(quad.subject, quad.predicate, quad.object)


def quads(path: Path) -> Iterator[Quad]:
    """Read the statements of a file with the graphs that they stand in.

    Raises InputRefused for a suffix that is not known, a file that is too large, or text that does not parse.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise InputRefused(f"{path.name}: {path.suffix or 'no suffix'} is no form read here; use {', '.join(FORMS)}")
    try:
        if form not in _LINE_BY_LINE and path.stat().st_size > LARGEST:
            raise InputRefused(f"{path.name}: larger than {LARGEST // 1024**2} MiB; split it, or write it as N-Quads")
        if form == RdfFormat.JSON_LD:
            with path.open("rb") as stream:
                safe_json.load(stream, path.name)
        yield from parse(path=str(path), format=form, base_iri=BASE)
    except MemoryError as error:
        raise InputRefused(f"{path.name}: a text of more than 16 MiB; shorten it") from error
    except (SyntaxError, ValueError) as error:
        if isinstance(error, InputRefused):
            raise
        raise InputRefused(f"{path.name}: does not parse ({complaint(error)}); mend the file") from error
    except OSError as error:
        raise InputRefused(f"{path.name}: cannot be read ({error.strerror or error}); check the path") from error
