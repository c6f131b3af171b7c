"""Keys of those who may write over HTTP: only hashes are kept, each with the name that its commits carry."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputRefused, StoreUnavailable
from kg.settings import Settings

_ENTRY = re.compile(r"([A-Za-z0-9][A-Za-z0-9._@-]{0,63}):([0-9a-f]{64})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """The hashes of keys by the names of their holders; none of them is itself a key."""

    hashes: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def holder(self, key: str) -> str | None:
        """Return the name of a key's holder, or nothing; the time it takes does not tell how close a guess was."""
        given = hashed(key)
        found = None
        for name, kept in self.hashes.items():
            if hmac.compare_digest(given, kept):
                found = name
        return found

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Read the keys that the settings name: entries ``name:hash``, or a file with one a line.

        Without a setting they are in the file ``keys`` of a store's folder. Raises StoreUnavailable where the file
        cannot be read, InputRefused where an entry is not one.
        """
        given = (settings.keys or "").split()
        if given and all(_ENTRY.fullmatch(entry) for entry in given):
            return cls(_entries(given, "EVIGRAPH_KEYS"))
        place = file_of(settings)
        if place is None or (not settings.keys and not place.is_file()):
            return cls({})
        try:
            text = place.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreUnavailable(
                f"the keys at {place} cannot be read ({error}); name a file that `kg key new` made, or unset "
                "EVIGRAPH_KEYS to serve without writing"
            ) from error
        return cls(_entries([line for line in text.splitlines() if line and not line.startswith("#")], str(place)))


def hashed(key: str) -> str:
    """Return what is kept of a key: keys are random and long, so that a plain SHA-256 cannot be searched."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def file_of(settings: Settings) -> Path | None:
    """Return the file of the keys: the one that is set, or that of the store's folder."""
    if settings.keys:
        return Path(settings.keys).expanduser()
    scheme, _, path = settings.store.partition(":")
    return Path(path).expanduser() / "keys" if scheme == "oxigraph" and path else None


def add(place: Path, name: str) -> str:
    """Make a key for a holder, keep its hash in a file, and return the key, which is kept nowhere.

    Raises InputRefused for a name that is taken or cannot be one, StoreUnavailable where the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InputRefused(f"{name[:80]!r} cannot be a holder's name: use up to 64 letters, digits, '.', '_', '@', '-'")
    try:
        known = place.read_text(encoding="utf-8") if place.exists() else ""
        if any(line.partition(":")[0] == name for line in known.splitlines()):
            raise InputRefused(f"{name} has a key in {place}; take out its line to make it void, or use another name")
        key = f"evk_{secrets.token_urlsafe(_BYTES)}"
        start = "" if not known or known.endswith("\n") else "\n"
        descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{start}{name}:{hashed(key)}\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnavailable(f"no key can be kept in {place} ({error}); build the store, or give access") from error
    return key


def _entries(lines: list[str], place: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        entry = _ENTRY.fullmatch(line.strip())
        if entry is None:
            raise InputRefused(f"{place}: entry {number} is not name:hash; make keys with `kg key new NAME`")
        if entry[1] in found:
            raise InputRefused(f"{place}: {entry[1]} stands there twice; keep one")
        found[entry[1]] = entry[2]
    return found
