"""A review as records: its studies first, then what the review says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.sources.incoming import Incoming, Unreadable
from kg.sources.revman import analyses, studies
from kg.sources.revman.plan import Plan
from kg.sources.revman.reviewed import ReviewOf


def written(reviews: Iterable[ReviewOf]) -> Iterator[Incoming]:
    """Yield the records of reviews, one review at a time, and what of them could not be read."""
    for review in reviews:
        yield from (Unreadable(fault.place, fault.message) for fault in review.faults)
        if not review.identifier:
            continue
        plan = Plan(review)
        yield from (studies.unit(plan, study) for study in plan.studies)
        yield from analyses.units(plan)
