"""Who goes next."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.store.stopped import Busy
from kg.store.turns import Shares, Turns

SHARES = Shares(places=4, long=2, long_each=1, waiting=8, waiting_each=3, patience=5.0)


async def took(turns: Turns, client: str, *, long: bool = False, patience: float = 0.02) -> bool:
    try:
        await turns.take(client, patience, long=long)
    except Busy:
        return False
    return True


def test_long_queries_leave_places_to_short_ones() -> None:
    async def run() -> None:
        turns = Turns(SHARES)
        assert await took(turns, "a", long=True)
        assert not await took(turns, "a", long=True), "one long query of a client at a time"
        assert await took(turns, "b", long=True)
        assert not await took(turns, "c", long=True), "two long queries in all"
        assert await took(turns, "a")
        assert await took(turns, "c")
        assert turns.taken == 4
        assert not await took(turns, "d"), "no place is left"
        turns.give_back("c", long=False)
        assert await took(turns, "d")

    asyncio.run(run())


def test_a_short_query_becomes_long_only_where_there_is_a_place() -> None:
    async def run() -> None:
        turns = Turns(SHARES)
        for client in ("a", "a", "b", "c"):
            assert await took(turns, client)
        assert turns.lengthen("a")
        assert not turns.lengthen("a")
        assert turns.lengthen("b")
        assert not turns.lengthen("c")
        turns.give_back("b", long=True)
        assert turns.lengthen("c")

    asyncio.run(run())


def test_clients_are_called_in_turn() -> None:
    async def run() -> list[str]:
        turns = Turns(Shares(1, 1, 1, 100, 100, 5.0))
        await turns.take("first", 1)
        order: list[str] = []

        async def wait(client: str) -> None:
            await turns.take(client, 5)
            order.append(client)
            turns.give_back(client, long=False)

        waiting = [asyncio.create_task(wait(client)) for client in ("a", "a", "a", "b", "c")]
        await asyncio.sleep(0)
        turns.give_back("first", long=False)
        await asyncio.gather(*waiting)
        return order

    assert asyncio.run(run()) == ["a", "b", "c", "a", "a"]


def test_too_many_do_not_wait() -> None:
    async def run() -> None:
        turns = Turns(Shares(1, 1, 1, waiting=3, waiting_each=2, patience=5.0))
        await turns.take("a", 1)
        waiting = [asyncio.create_task(turns.take("a", 5)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="too many"):
            await turns.take("a", 5)
        waiting.append(asyncio.create_task(turns.take("b", 5)))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="too many"):
            await turns.take("c", 5)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        turns.give_back("a", long=False)
        assert turns.taken == 0

    asyncio.run(run())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 3)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_place_is_lost_and_none_is_given_twice(asked: list[tuple[str, bool, int]]) -> None:
    async def run() -> None:
        turns = Turns(Shares(3, 2, 1, 100, 100, 0.02))
        running: Counter[tuple[str, bool]] = Counter()

        async def one(client: str, long: bool, ticks: int) -> None:
            try:
                await turns.take(client, 0.02, long=long)
            except Busy:
                return
            running[client, long] += 1
            await used(client, long, ticks)

        async def used(client: str, long: bool, ticks: int) -> None:
            assert sum(running.values()) <= turns.taken <= 3, "those who were called count already"
            assert sum(count for (_, kind), count in running.items() if kind) <= 2
            assert all(count <= 1 for (_, kind), count in running.items() if kind)
            try:
                for _ in range(ticks):
                    await asyncio.sleep(0)
            finally:
                running[client, long] -= 1
                turns.give_back(client, long=long)

        tasks = [asyncio.create_task(one(*each)) for each in asked]
        for task in tasks[::5]:
            await asyncio.sleep(0)
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [each for each in found if isinstance(each, AssertionError)]
        assert turns.taken == 0
        await turns.take("z", 0.01, long=True)

    asyncio.run(run())


def test_a_client_leaves_places_to_others() -> None:
    async def run() -> None:
        turns = Turns(Shares(4, 2, 1, 100, 100, 5.0, each=2))
        assert await took(turns, "a")
        assert await took(turns, "a")
        assert not await took(turns, "a"), "two places of a client at a time"
        assert turns.taken_by("a") == 2
        assert await took(turns, "b")
        turns.give_back("a", long=False)
        assert await took(turns, "a")

    asyncio.run(run())


def test_whose_long_queries_wait_finds_out_about_one_at_a_time() -> None:
    async def run() -> None:
        turns = Turns(SHARES)
        assert await took(turns, "a", long=True)
        waiting = asyncio.create_task(turns.take("a", 5.0, long=True))
        await asyncio.sleep(0)
        assert await took(turns, "a")
        assert not await took(turns, "a"), "one that is not known is under way already"
        assert await took(turns, "b")
        assert await took(turns, "b"), "others are not kept from it"
        waiting.cancel()

    asyncio.run(run())
