"""Settings: read once from the environment, frozen."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE / "bundled" if (_PACKAGE / "bundled").is_dir() else _PACKAGE.parent


def _user_data() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "evigraph"


def _user_store() -> str:
    return f"oxigraph:{_user_data()}"


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
class Remote:
    """What is to be known of a SPARQL service that holds a store, and of the store's journal; see ``docs/engines.md``.

    Nothing here is shown: credentials stay out of ``repr`` and of messages.
    """

    update: str = ""
    """Where updates go; without it, ``.../update`` beside ``.../query``, else where queries go."""
    graph_store: str = ""
    """Where the Graph Store Protocol is spoken: whole graphs are loaded through it, if it is given."""
    auth: str = ""
    """``basic``, ``digest`` or ``bearer``; without it, ``bearer`` with a token alone, ``basic`` with a user."""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    kind: str = ""
    """``virtuoso`` or ``standard``; without it, what the service says of itself."""
    seconds: float = 30.0
    """How long one answer may take."""
    journal: str = field(default="", repr=False)
    """``postgresql://...`` or ``sqlite:///FILE``; without it, a folder of the user's data, one for each service."""
    data: Path = Path()
    """The folder for journals and answers of the user."""

    @classmethod
    def read(cls) -> Remote:
        """Return what the environment says."""
        words = ("update", "graph_store", "auth", "user", "password", "token", "kind")
        said = {name: os.environ.get(f"EVIGRAPH_ENGINE_{name.upper()}", "").strip() for name in words}
        return cls(
            **said,
            seconds=_number("EVIGRAPH_ENGINE_SECONDS") or cls.seconds,
            journal=os.environ.get("EVIGRAPH_JOURNAL", "").strip(),
            data=_user_data(),
        )


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
    remote: Remote = field(default_factory=Remote.read)
    """How a store on another engine is reached."""
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
