"""Content codings: which of those that a client accepts results are packed with."""

from __future__ import annotations

CODINGS = ("zstd", "gzip")


def coding(accept_encoding: str | None) -> str:
    """Return the best coding that an Accept-Encoding header allows; nothing where results are to be sent plain.

    Follows RFC 9110, section 12.5.3.
    """
    if not accept_encoding:
        return ""
    weights: dict[str, float] = {}
    for item in accept_encoding.split(",")[:100]:
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weights[name] = _weight(parameters)
    best, most = "", weights.get("identity", 0.0)
    for name in CODINGS:
        weight = weights.get(name, weights.get("*", 0.0))
        if weight > 0 and (weight > most or (not best and weight == most)):
            best, most = name, weight
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
