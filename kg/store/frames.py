"""The messages between a service and the processes that read for it: a length, a kind, and bytes.

What comes from such a process is never unpickled: it has run texts of strangers.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

HEAD: Final = struct.Struct(">IB")
"""The length of what follows, and its kind."""
ASK, ANSWER, DATA, END, FAULT, HELLO = range(6)
LARGEST: Final = 1 << 20
"""Bytes of one frame of data, at most."""

REFUSED: Final = "refused"
"""The text is not accepted: a fault of whoever asked."""
UNSUPPORTED: Final = "unsupported"
"""The text is good SPARQL that this engine cannot evaluate."""
TOO_MANY_ROWS: Final = "too many rows"
TOO_MANY_BYTES: Final = "too many bytes"
NO_MEMORY: Final = "no memory"
NOT_THERE: Final = "not there"
"""The graph that was named is not in the store."""
NO_STORE: Final = "no store"
"""The store that was named cannot be opened or read."""
ENGINE_SLOW: Final = "engine slow"
ENGINE_NONSENSE: Final = "engine nonsense"
"""The engine elsewhere that holds the store does not answer in time, or not as it should."""


@dataclass(frozen=True)
class Ask:
    """What one process is asked: a text or an operation, on a store in a folder, within limits.

    ``format`` is the media type of the results; ``coding`` is ``gzip``, ``zstd`` or empty.
    """

    operation: str
    place: str
    text: str = ""
    base: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str = ""
    coding: str = ""
    seconds: float = 10.0
    most_rows: int = 1_000_000
    most_bytes: int = 256 << 20
    more: dict[str, Any] = field(default_factory=dict)

    def framed(self) -> bytes:
        """Return the frame that asks this."""
        return frame(ASK, orjson.dumps(self))

    @classmethod
    def of(cls, content: bytes) -> Ask:
        """Return what the content of a frame asks."""
        return cls.said(orjson.loads(content))

    @classmethod
    def said(cls, fields: dict[str, Any]) -> Ask:
        """Return what some fields ask, as JSON has them."""
        graphs = {name: tuple(fields[name]) for name in ("default_graphs", "named_graphs")}
        return cls(**{**fields, **graphs})

    @classmethod
    def of_graph(
        cls, operation: str, place: str, graph: str | None, data: bytes = b"", form: str = "", base: str | None = None
    ) -> Ask:
        """Return what asks to put, post or delete a graph, the default graph without a name."""
        named = () if graph is None else (graph,)
        more = {"data": base64.b64encode(data).decode()}
        return cls(operation, place, base=base, default_graphs=named, format=form, more=more)


def frame(kind: int, content: bytes) -> bytes:
    """Return a frame."""
    return HEAD.pack(len(content), kind) + content


class Frames:
    """Bytes as they come, cut into frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    def fed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take bytes, and yield kind and content of each frame that is whole now.

        Raises ValueError where they are no frames.
        """
        held = self._held
        held += data
        start = 0
        while len(held) - start >= HEAD.size:
            size, kind = HEAD.unpack_from(held, start)
            if size > LARGEST:
                raise ValueError(f"a frame of {size} bytes")
            end = start + HEAD.size + size
            if len(held) < end:
                break
            yield kind, bytes(held[start + HEAD.size : end])
            start = end
        del held[:start]
