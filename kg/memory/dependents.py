"""What goes with a record that is taken out, and what would be left pointing at nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kg.intake import WARNINGS
from kg.iris import EV
from kg.memory.naming import Name
from kg.referred import check_unreferred, defined, undefined, values
from kg.store import Store

RETRACTIONS: Final = "retractions"
"""Source of the records that say which trials were retracted."""
STUDIES: Final = frozenset({EV + "RandomisedTrial", EV + "Study"})


def trials_of(store: Store, names: set[Name]) -> set[str]:
    """Return the trials that are described by no other record than these."""
    trials = {t for name in names for t in defined(store.content(*name), STUDIES)}
    kept = {
        trial
        for version, content in store.stating(trials)
        if (version.source, version.id) not in names
        for trial in defined(content, STUDIES)
    }
    return trials - kept


def records_of(store: Store, trials: Iterable[str]) -> set[Name]:
    """Return the live records that describe trials, their arms, or what these reported."""
    about = set(trials)
    for wanted in values(about):
        rows = store.select(
            f"SELECT DISTINCT ?s WHERE {{ VALUES ?t {{ {wanted} }} "
            f"{{ ?t <{EV}hasArm> ?s }} UNION {{ ?s <{EV}ofTrial> ?t ; <{EV}outcome> ?any }} }}"
        ).rows
        about |= {str(getattr(row[0], "value", row[0])) for row in rows}
    return {
        (version.source, version.id)
        for version, content in store.stating(about)
        if version.source not in (RETRACTIONS, WARNINGS) and not about.isdisjoint(defined(content))
    }


def check_unused(store: Store, names: set[Name], trials: Iterable[str]) -> None:
    """Refuse to leave a reference to what would be gone, but for a trial, of which a record stays.

    Raises InputRefused.
    """
    gone = {thing for name in names for thing in defined(store.content(*name))}
    check_unreferred(store, undefined(store, gone, names), trials)
