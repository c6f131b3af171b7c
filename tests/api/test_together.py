"""Many at once: the same answers as one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from api.app import create_app
from api.recent import Recent
from kg.settings import Settings
from tests.api.asking import HTML, QUESTION
from tests.api.client import Client

PLACES = (
    "/answer?" + "&".join(f"{name}={value}" for name, value in QUESTION.items()),
    "/answer?intervention=ketamine&comparator=placebo&outcome=nausea",
    "/answer.svg?intervention=memantine&comparator=placebo&outcome=pain-intensity",
    "/answer?intervention=nmda-receptor-antagonist&comparator=placebo&outcome=pain-intensity&via=sparql",
    "/review",
    "/trials/sigtermans-2009",
    "/drugs?q=ket",
    "/queries/trials/arms",
    "/doc/record/cd015373/sigtermans-2009",
    "/answer?intervention=ketamin&comparator=placebo&outcome=nausea",
)


def test_eight_threads_get_what_one_gets(settings: Settings) -> None:
    """A fresh application, so that nothing has been read before all come at once."""
    with Client(create_app(settings)) as fresh, ThreadPoolExecutor(8) as threads:

        def ask(place: str) -> tuple[int, str, bytes]:
            found = fresh.get(place, headers=HTML if place.startswith("/drugs") else {})
            return found.status_code, found.headers.get("etag", ""), found.content

        together = list(threads.map(ask, PLACES * 8))
        alone = [ask(place) for place in PLACES]
    assert together == alone * 8
    assert [status for status, _, _ in alone] == [200] * 9 + [404]


def test_recent_keeps_the_most_recent_and_the_first_of_two() -> None:
    kept: Recent[int, object] = Recent(2)
    first = kept.get(1, object)
    assert kept.get(1, object) is first
    kept.get(2, object)
    kept.get(1, object)
    kept.get(3, object)
    assert len(kept) == 2
    assert kept.get(1, object) is first
    other: Recent[int, object] = Recent(2)
    outer = other.get(1, lambda: (other.get(1, object), object())[1])
    assert other.get(1, object) is outer
