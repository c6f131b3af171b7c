"""The rows of the journal: how commits and record versions are selected and written."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select

from kg.store import canonical
from kg.store.lookups import chunks, subject_key
from kg.store.records import Commit, RecordVersion
from kg.store.schema import commits, contents, records, subjects, versions

_LATER: Final = versions.alias("later")
_RECENT: Final = versions.alias("recent")


def told() -> Select[Any]:
    """Select record versions in the order of the fields of RecordVersion."""
    return (
        select(
            records.c.source, records.c.id, versions.c.version, versions.c.commit_number, commits.c.time,
            commits.c.author, versions.c.action, versions.c.digest, versions.c.reason, versions.c.origin,
            versions.c.licence,
        )
        .join_from(versions, records, records.c.key == versions.c.record)
        .join(commits, commits.c.number == versions.c.commit_number)
    )  # fmt: skip


def latest(at: int | None) -> Select[Any]:
    """Select the newest version of each record at a commit."""
    newest = select(func.max(_LATER.c.version)).where(_LATER.c.record == versions.c.record)
    if at is not None:
        newest = newest.where(_LATER.c.commit_number <= at)
    return told().where(versions.c.version == newest.scalar_subquery())


def touched(since: int, until: int | None = None) -> Any:
    """Say that a record changed after a commit, up to another."""
    changed = select(_RECENT.c.record).where(_RECENT.c.commit_number > since)
    return versions.c.record.in_(changed if until is None else changed.where(_RECENT.c.commit_number <= until))


def named(names: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    """Say that a record is one of some, by source and id; as a list of pairs, SQLite would look at every record."""
    by_source: dict[str, list[str]] = {}
    for source, name in names:
        by_source.setdefault(source, []).append(name)
    return or_(*(and_(records.c.source == source, records.c.id.in_(ids)) for source, ids in by_source.items()))


def version_of(row: Sequence[Any]) -> RecordVersion:
    """Read a row of the columns that ``told`` selects."""
    values: list[Any] = ["" if value is None else value for value in row]
    return RecordVersion(*values)


def write(sql: Connection, commit: Commit, contents_by_digest: dict[str, bytes]) -> None:
    """Write the rows of one commit."""
    keys = _keys(sql, [(v.source, v.id) for v in commit.versions])
    sql.execute(
        insert(commits).values(
            number=commit.number, time=commit.time, author=commit.author, reason=commit.reason,
            previous_hash=commit.previous_hash, hash=commit.hash,
        )
    )  # fmt: skip
    known: set[str] = set()
    for chunk in chunks(contents_by_digest):
        known.update(sql.scalars(select(contents.c.digest).where(contents.c.digest.in_(chunk))))
    fresh = [
        {"digest": digest, "data": zlib.compress(content)}
        for digest, content in contents_by_digest.items()
        if digest not in known
    ]
    if fresh:
        sql.execute(insert(contents), fresh)
    rows = [
        {
            "record": keys[v.source, v.id], "version": v.version, "commit_number": commit.number, "action": v.action,
            "digest": v.digest or None, "reason": v.reason, "origin": v.origin, "licence": v.licence,
        }
        for v in commit.versions
    ]  # fmt: skip
    sql.execute(insert(versions), rows)
    said: dict[int, set[int]] = defaultdict(set)
    for v in commit.versions:
        if v.action == "put":
            lines = canonical.lines(contents_by_digest[v.digest])
            said[keys[v.source, v.id]].update(subject_key(canonical.subject(line)) for line in lines)
    new = {keys[v.source, v.id] for v in commit.versions if v.version == 1}
    pairs = [
        (subject, record)
        for record, about in said.items()
        for subject in (about if record in new else _unknown(sql, record, about))
    ]
    if pairs:
        sql.execute(insert(subjects), [{"subject": subject, "record": record} for subject, record in sorted(pairs)])


def _unknown(sql: Connection, record: int, about: set[int]) -> set[int]:
    """Return the subjects of a record that are not noted yet; by record alone, SQLite would look at every subject."""
    known: set[int] = set()
    for chunk in chunks(about):
        noted = select(subjects.c.subject).where(subjects.c.subject.in_(chunk), subjects.c.record == record)
        known.update(sql.scalars(noted))
    return about - known


def _keys(sql: Connection, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the key of each named record, made where it is new."""
    keys: dict[tuple[str, str], int] = {}
    for chunk in chunks(names):
        found = select(records).where(named(chunk))
        keys.update(((row.source, row.id), row.key) for row in sql.execute(found))
    fresh = [name for name in names if name not in keys]
    first = (sql.scalar(select(func.max(records.c.key))) or 0) + 1
    keys.update((name, key) for key, name in enumerate(fresh, first))
    if fresh:
        sql.execute(insert(records), [{"key": keys[name], "source": name[0], "id": name[1]} for name in fresh])
    return keys
