"""The address of the service itself, which no header of a request has a say in."""

from __future__ import annotations

from fastapi import Request


def origin(request: Request) -> str:
    """Return the address that the service is known by, or else that of the socket that the request came to."""
    public: str | None = getattr(request.app.state, "address", None)
    if public:
        return public.rstrip("/")
    host, port = request.scope.get("server") or ("127.0.0.1", 80)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
