"""Pooling asked for in JSON, as `kg pool` and `POST /pool` take it: words in, words out, the same for both."""

from kg.pooling.request.answering import pooled_as_asked
from kg.pooling.request.limits import Limits
from kg.pooling.request.many import MOST_ANALYSES, many_pooled
from kg.pooling.request.options import OPTIONS, PARTS
from kg.pooling.request.reading import Asked, read
from kg.pooling.request.refusal import RequestRefused, pointer

__all__ = [
    "MOST_ANALYSES",
    "OPTIONS",
    "PARTS",
    "Asked",
    "Limits",
    "RequestRefused",
    "many_pooled",
    "pointer",
    "pooled_as_asked",
    "read",
]
