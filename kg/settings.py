"""Settings: read once from the environment, frozen."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE / "bundled" if (_PACKAGE / "bundled").is_dir() else _PACKAGE.parent


def _user_store() -> str:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return f"oxigraph:{data / 'evigraph'}"


@dataclass(frozen=True)
class Settings:
    """Where the store is and where the bundled folders are."""

    store: str
    ontology: Path = _ROOT / "ontology"
    queries: Path = _ROOT / "queries"
    data: Path = _ROOT / "data"

    @classmethod
    def read(cls, store: str | None = None) -> Settings:
        """Return the settings, the store given winning over ``EVIGRAPH_STORE`` and the user's data folder."""
        return cls(store=store or os.environ.get("EVIGRAPH_STORE") or _user_store())
