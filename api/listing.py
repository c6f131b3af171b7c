"""A page of a list of things: those whose name holds a text, from a cursor on."""

from __future__ import annotations

import base64
import binascii
import json

from api import addresses
from api.problems import Problem, parameter
from api.schemas import Listed, Listing
from api.service import Service
from kg.vocabulary import Entry


def listing(service: Service, noun: str, text: str | None, limit: int, cursor: str | None) -> Listing:
    """Return so many things of a kind, in the order of their labels.

    Raises a problem (422) for a cursor that no list gave.
    """
    found = [entry for entry in service.base.vocabulary.entries(noun) if text is None or entry.holds(text)]
    after = _position(cursor) if cursor else None
    rest = [entry for entry in found if after is None or _key(entry) > after]
    shown = rest[:limit]
    following = _cursor(shown[-1]) if len(rest) > len(shown) else None
    return Listing(items=[_item(entry) for entry in shown], total=len(found), next=following)


def _item(entry: Entry) -> Listed:
    return Listed(
        iri=entry.iri,
        slug=entry.slug,
        label=entry.label,
        alternatives=list(entry.alternatives),
        href=addresses.page(entry.iri) or addresses.document(entry.iri),
    )


def _key(entry: Entry) -> tuple[str, str]:
    """Return what lists are ordered by, as the vocabulary orders its terms."""
    return entry.label.casefold(), entry.iri


def _cursor(entry: Entry) -> str:
    return base64.urlsafe_b64encode(json.dumps(_key(entry)).encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[str, str]:
    try:
        label, iri = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(label, str) and isinstance(iri, str):
            return label, iri
    except (ValueError, binascii.Error, TypeError):
        pass
    detail = "cursor is not one that this list gave; start without it"
    raise Problem("invalid-parameters", detail, [parameter("cursor", detail)])
