"""Dates and moments as people write them: each stands for its whole span, so that a day ends at midnight."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from kg.errors import InputRefused

FORMS: Final = "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ"
_PARTS = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(?:\.([0-9]{1,6}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def last_day(text: str, what: str = "the date") -> date:
    """Return the last day of a year, a month, a day or the day of a moment; a year alone means its 31 December.

    Raises InputRefused; ``what`` is how the message names the date.
    """
    wanted = text.strip()
    match = _PARTS.fullmatch(wanted)
    try:
        if match is None:
            return datetime.fromisoformat(last_moment(wanted, what)).date()
        year, month = int(match[1]), int(match[2] or 12)
        return date(year, month, int(match[3] or calendar.monthrange(year, month)[1]))
    except (ValueError, calendar.IllegalMonthError) as error:
        raise _refused(text, what) from error


def last_moment(text: str, what: str = "the date") -> str:
    """Return the last millisecond that a date or a moment stands for, in UTC, such as 2026-11-25T23:59:59.999Z.

    A time without a zone is UTC. Raises InputRefused; ``what`` is how the message names the date.
    """
    wanted = text.strip()
    match = _TIME.fullmatch(wanted)
    if match is None:
        if not _PARTS.fullmatch(wanted):
            raise _refused(text, what)
        return f"{last_day(wanted, what).isoformat()}T23:59:59.999Z"
    try:
        moment = datetime.fromisoformat(wanted)
        zoned = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise _refused(text, what) from error
    if match[1] is None:
        zoned += timedelta(seconds=59)
    if match[2] is None:
        zoned = zoned.replace(microsecond=999_000)
    elif len(match[2]) < 3:
        zoned += timedelta(microseconds=10 ** (6 - len(match[2])) - 1)
    return written(zoned)


def written(moment: datetime) -> str:
    """Return a moment in UTC as the journal writes it, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _refused(text: str, what: str) -> InputRefused:
    return InputRefused(f"{what} is {text!r}, which is no date; write {FORMS}")
