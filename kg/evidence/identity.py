"""What makes an answer the same: the question with every option, the trial set, and the version of the method."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

METHOD_VERSION = "1"
"""Raised only when a number could change for the same data and question."""


def set_digest(records: Iterable[tuple[str, str]], rows: Iterable[str]) -> str:
    """Return the SHA-256 over the sorted (record, digest) pairs and the keys of the rows used."""
    lines = sorted(f"{iri} {digest}\n" for iri, digest in records) + sorted(f"{row}\n" for row in set(rows))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def answer_id(resolved: Mapping[str, Any], digest: str) -> str:
    """Return the id of an answer: a hash of the resolved question as canonical JSON, the set digest and the method."""
    text = json.dumps(
        {"question": resolved, "set": digest, "method": METHOD_VERSION},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]
