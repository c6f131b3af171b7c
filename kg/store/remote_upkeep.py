"""Keeping a remote engine in step with its journal: finish what was begun, catch up, fill anew."""

from __future__ import annotations

from kg.errors import StoreUnavailable
from kg.store import projection
from kg.store.engine import Mark
from kg.store.journal import Journal
from kg.store.remote import Notes, RemoteEngine


def catch_up(journal: Journal, engine: RemoteEngine) -> None:
    """Bring an engine to the newest commit; what somebody broke off is finished first, to the commit it was meant for.

    Raises StoreUnavailable, with the remedy where the engine holds something else than this journal.
    """
    notes = engine.notes()
    check_own(journal, notes)
    head = journal.head()
    if notes.reached.commit == 0 and (head.number or not notes.noted):
        if not notes.noted and notes.reaching is None and (held := sum(engine.counts().values())):
            raise StoreUnavailable(
                f"the engine holds {held} triples in the graphs of a store, and no note of whose they are; "
                "`kg rebuild` puts what the journal holds, which may be nothing, in their place"
            )
        fill(journal, engine)
        return
    reached = notes.reached.commit
    for commit in sorted({notes.reaching or reached, head.number} - {reached}):
        change = projection.delta(journal, reached, commit)
        engine.apply(change.removed, change.added, Mark(commit, journal.hash_of(commit)))
        reached = commit
    engine.applied()


def fill(journal: Journal, engine: RemoteEngine) -> None:
    """Put what the journal holds in the place of all that the engine holds of a store.

    Raises StoreUnavailable.
    """
    head = journal.head()
    engine.fill(projection.whole(journal, head.number), Mark(head.number, head.hash))


def check_own(journal: Journal, notes: Notes) -> None:
    """See to it that what an engine holds comes from a journal.

    Raises StoreUnavailable.
    """
    known = notes.reaching is None or journal.hash_of(notes.reaching)
    if not known or journal.hash_of(notes.reached.commit) != notes.reached.hash:
        number = notes.reaching or notes.reached.commit
        raise StoreUnavailable(
            f"the engine holds commit {number} of another journal than {journal.place}; set EVIGRAPH_JOURNAL to that "
            "one, or let `kg rebuild` put what this one holds in its place"
        )
