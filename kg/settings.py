"""Settings: read once from the environment, frozen."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE / "bundled" if (_PACKAGE / "bundled").is_dir() else _PACKAGE.parent


def _user_store() -> str:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return f"oxigraph:{data / 'evigraph'}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a user, as in some containers
        return "unknown"


def _number(name: str) -> float | None:
    try:
        return float(os.environ[name]) or None
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True)
class Settings:
    """Where the store is and where the bundled folders are."""

    store: str
    keys: str | None = None
    """Who may write over HTTP: a file of ``name:hash`` lines, or such entries themselves; see ``kg/keys.py``."""
    author: str = "unknown"
    """Who changes the store: the name that commits carry."""
    address: str | None = None
    """Where the public finds the service, such as https://evidence.example.org; else the address it listens on."""
    proxies: tuple[str, ...] = ()
    """Peers that are proxies of ours: they are believed whom they ask for."""
    requests: float | None = None
    """Requests a second that a client may send; without it, those on this machine may send any number."""
    endpoints: str | None = None
    """Endpoints elsewhere that may be asked, as ``name=url`` with commas between; see ``kg/federation``."""
    ontology: Path = _ROOT / "ontology"
    queries: Path = _ROOT / "queries"
    data: Path = _ROOT / "data"

    @classmethod
    def read(cls, store: str | None = None) -> Settings:
        """Return the settings: the store given wins over ``EVIGRAPH_STORE`` and the user's data folder.

        The author is ``EVIGRAPH_AUTHOR``, or the user of the process.
        """
        return cls(
            store=store or os.environ.get("EVIGRAPH_STORE") or _user_store(),
            keys=os.environ.get("EVIGRAPH_KEYS") or None,
            address=os.environ.get("EVIGRAPH_ADDRESS") or None,
            proxies=tuple(os.environ.get("EVIGRAPH_PROXIES", "").replace(",", " ").split()),
            endpoints=os.environ.get("EVIGRAPH_ENDPOINTS") or None,
            requests=_number("EVIGRAPH_REQUESTS"),
            author=os.environ.get("EVIGRAPH_AUTHOR", "").strip() or _user(),
        )
