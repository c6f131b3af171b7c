"""Where a store on a remote engine keeps what is not on the engine: its journal, its lock, the answers given before."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from kg.errors import StoreUnavailable
from kg.settings import Remote
from kg.store.folder import Folder
from kg.store.remote_service import address

_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9.]+")
_SQLITE, _POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class RemotePlace:
    """A folder of this machine, and the database that holds the journal where it is not a file in that folder."""

    folder: Folder
    database: URL | None

    @classmethod
    def of(cls, url: str, remote: Remote) -> RemotePlace:
        """Return the place of the store at an address.

        Raises StoreUnavailable for an address that makes no sense.
        """
        service = address(url)
        name = _NOT_IN_NAMES.sub("-", service.partition("://")[2].lower()).strip("-")[:60]
        folder = Folder(remote.data / "remote" / f"{name}-{hashlib.sha256(service.encode()).hexdigest()[:8]}")
        if not remote.journal:
            return cls(folder, None)
        try:
            found = make_url(remote.journal)
        except (ArgumentError, ValueError):
            found = None
        if found is not None and found.drivername == _SQLITE and found.database:
            file = Path(found.database).expanduser().absolute()
            return cls(Folder(file.parent, file.name), None)
        if found is not None and found.get_backend_name() == _POSTGRESQL and found.database:
            return cls(folder, found.set(drivername=f"{_POSTGRESQL}+pg8000"))
        raise StoreUnavailable(
            "EVIGRAPH_JOURNAL is not the address of a journal; write postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE"
        )
