"""Commands of memory: history, diff, retract, rebuild, backup, restore."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from kg.cli.output import Output
from kg.errors import Contradiction, InputRefused
from kg.formats.comparison import comparison_json, comparison_text
from kg.formats.history import history_json, history_text
from kg.store import Commit, Folder, Store, back_up
from kg.store import restore as put_back

_RECORD = "Record: an IRI, source/id, or the name of a trial."
_DATE = "a year, a day or a moment such as 2026-11-25T10:00:00Z, in UTC"
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(history)
    app.command()(diff)
    app.command()(retract)
    app.command()(rebuild)
    app.command()(backup)
    app.command()(restore)


def history(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="RECORD", help=_RECORD)],
) -> None:
    """Show every version of a record.

    Who wrote each, when, why and from where, and which values it changed.
    """
    from kg.memory.history import history as told  # noqa: PLC0415  (slow to load)

    out: Output = context.obj
    with out.base() as base:
        found = told(base, record)
    if out.as_json:
        out.json(history_json(found))
    else:
        out.text(history_text(found, out.width))


def diff(
    context: typer.Context,
    since: Annotated[str, typer.Argument(metavar="DATE", help=f"The earlier: {_DATE}.")],
    until: Annotated[str | None, typer.Argument(metavar="DATE", help="The later; now, if omitted.")] = None,
) -> None:
    """Show what changed between two days.

    The records that are new, changed or retracted, then the analyses of the stored protocols whose answers moved, and
    which of them crossed no effect or the smallest difference that matters.
    """
    from kg.memory.comparison import compare  # noqa: PLC0415

    out: Output = context.obj
    with out.base() as base:
        found = compare(base, since, until)
    if out.as_json:
        out.json(comparison_json(found))
    else:
        out.text(comparison_text(found, out.width))


def retract(
    context: typer.Context,
    record: Annotated[str | None, typer.Argument(metavar="RECORD", help=_RECORD)] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; every reader will see it.")] = None,
    listed: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="A CSV of the Retraction Watch database.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Take the retraction of a trial back.")] = False,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who; EVIGRAPH_AUTHOR or the user.")] = None,
) -> None:
    """Take a record out of the evidence.

    A trial goes with all its records; that it was there and why it left stays stated. With --from, the trials that the
    notices of a CSV are about; only retractions count, other notices are listed. What was known before can still be
    asked: kg ask --known-by.
    """
    if (record is None) == (listed is None):
        raise Contradiction("kg retract takes a RECORD or --from FILE, one of the two")
    out: Output = context.obj
    who = author or out.settings.author
    if listed is not None:
        if lift:
            raise Contradiction("--lift takes back the retraction of one trial; leave out --from and name the trial")
        _retract_listed(out, listed, who, reason)
        return
    from kg.memory import lifting, retraction  # noqa: PLC0415

    assert record is not None, "one of the two is given"
    retraction.check_reason(reason or "")
    with out.base("write") as base:
        if lift:
            done = lifting.lift(base, record, who, reason or "")
        else:
            done = retraction.retract(base, retraction.named(base, record), who, reason or "")
    if out.as_json:
        out.json({"commit": _commit(done.commit), "records": _records(done.commit)})
        return
    verb = {"put": "came back" if lift else "states the retraction", "retract": "is lifted" if lift else "retracted"}
    for version in done.commit.versions:
        out.text(f"{version.source}/{version.id} {verb[version.action]}")
    out.text(f"commit {done.commit.number} of {done.commit.time} by {done.commit.author}: {done.commit.reason}")


def _retract_listed(out: Output, path: Path, author: str, reason: str | None) -> None:
    from kg.memory.notices import check_any, retract_listed  # noqa: PLC0415
    from kg.sources.retraction_watch import notices  # noqa: PLC0415

    with out.base("write") as base:
        bulk = retract_listed(base, notices(path), author, reason or f"retractions listed in {path.name}")
    check_any(bulk)
    commit = bulk.retraction.commit if bulk.retraction else None
    if out.as_json:
        out.json(
            {
                "commit": _commit(commit) if commit else None,
                "records": _records(commit) if commit else [],
                "matched": [
                    {
                        "trial": m.trial,
                        "label": m.label,
                        "outcome": m.outcome,
                        "nature": m.notice.nature,
                        "reason": m.notice.reason,
                        "date": m.notice.day.isoformat() if m.notice.day else None,
                        "place": m.notice.place,
                    }
                    for m in bulk.matched
                ],
                "unmatched": [
                    {"place": n.place, "doi": n.doi, "pmid": n.pmid, "nature": n.nature} for n in bulk.unmatched
                ],
            }
        )
        return
    rows = [[m.label, m.outcome, m.notice.nature, m.notice.reason, m.notice.place] for m in bulk.matched]
    if rows:
        out.table(["Trial", "Outcome", "Notice", "Reason", "Place"], rows)
        out.text("")
    counts = Counter(m.outcome.partition(":")[0] for m in bulk.matched)
    told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "no trial matched"
    out.text(f"{told}; {len(bulk.unmatched)} notices about no trial of this store")
    for notice in bulk.unmatched[:_SHOWN] if len(bulk.unmatched) <= _SHOWN else ():
        out.text(f"  {notice.place}: {notice.doi or notice.pmid or 'no identifier'}")
    if commit:
        out.text(f"commit {commit.number} of {commit.time} by {commit.author}: {commit.reason}")


def _commit(commit: Commit) -> dict[str, Any]:
    return {"number": commit.number, "time": commit.time, "author": commit.author, "reason": commit.reason}


def _records(commit: Commit) -> list[dict[str, Any]]:
    return [{"record": v.iri, "version": v.version, "action": v.action, "reason": v.reason} for v in commit.versions]


def rebuild(context: typer.Context) -> None:
    """Make the store anew from its journal.

    Engine and checkpoints are derived; the journal is the truth. The fingerprint stays what it was.
    """
    out: Output = context.obj
    if not out.settings.store.startswith("sparql+"):
        Folder.at(out.settings.store).check_present()
    with Store.open(out.settings.store, "write", out.settings.remote, anew=True) as store:
        head, before = store.head(), store.fingerprint()
        store.rebuild()
        faults = store.verify()
        if faults:
            raise InputRefused(f"the store was rebuilt, but is not sound: {'; '.join(faults[:3])}; use `kg restore`")
        triples = sum(store.engine.counts().values())
    if out.as_json:
        out.json({"commit": head.number, "fingerprint": before, "triples": triples})
        return
    out.text(f"rebuilt from {head.number} commits: {triples} triples\nfingerprint {before}")


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet.")],
) -> None:
    """Copy the store to another folder.

    Readers and a writer may go on meanwhile. The copy is checked, and is whole or absent; kg restore reads it.
    """
    out: Output = context.obj
    made = back_up(Folder.at(out.settings.store), target)
    if out.as_json:
        out.json(asdict(made))
        return
    size = made.journal_bytes / 2**20
    out.text(f"{target}: commit {made.commit} of {made.time}, {size:.1f} MiB, {made.answers} answers")
    out.text(f"fingerprint {made.fingerprint}")


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that kg backup made.")],
    force: Annotated[bool, typer.Option("--force", help="Put a store that is there aside, and keep it.")] = False,
) -> None:
    """Make a store from a backup.

    It goes to the place that --store names, after every byte was checked. Restart a service that reads there.
    """
    out: Output = context.obj
    done = put_back(source, Folder.at(out.settings.store), force=force)
    if out.as_json:
        out.json(
            {**asdict(done.manifest), "store": out.settings.store, "aside": str(done.aside) if done.aside else None}
        )
        return
    out.text(f"{out.settings.store}: commit {done.manifest.commit} of {done.manifest.time}")
    out.text(f"fingerprint {done.manifest.fingerprint}")
    if done.aside:
        out.text(f"the store that was there is kept as {done.aside}")
