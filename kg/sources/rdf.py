"""RDF files in our own vocabulary: Turtle, N-Triples, TriG, N-Quads, JSON-LD; nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import RdfFormat, Triple, parse

from kg.errors import InputRefused
from kg.iris import BASE

FORMS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".trig": RdfFormat.TRIG,
    ".nq": RdfFormat.N_QUADS,
    ".jsonld": RdfFormat.JSON_LD,
}
LARGEST = 64 * 1024 * 1024


def read(path: Path) -> Iterator[Triple]:
    """Read the statements of a file, whatever graph they stand in.

    Raises InputRefused for a suffix that is not known, a file that is too large, or text that does not parse.
    """
    form = FORMS.get(path.suffix)
    if form is None:
        raise InputRefused(f"{path.name}: {path.suffix or 'no suffix'} is no form read here; use {', '.join(FORMS)}")
    try:
        if path.stat().st_size > LARGEST:
            raise InputRefused(f"{path.name}: larger than {LARGEST // 1024**2} MiB; split it")
        for quad in parse(path=str(path), format=form, base_iri=BASE):
            yield Triple(quad.subject, quad.predicate, quad.object)
    except (SyntaxError, ValueError) as error:
        raise InputRefused(f"{path.name}: does not parse ({error}); mend the file") from error
    except OSError as error:
        raise InputRefused(f"{path.name}: cannot be read ({error.strerror or error}); check the path") from error
