"""What goes in comes out, whatever is in memory and whatever on the disk."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.store import spool
from kg.store.spool import Room, Spool


@given(st.lists(st.one_of(st.integers(1, 700_000), st.just(0)), max_size=40), st.sampled_from([0, 1_000_000, 1 << 30]))
@settings(max_examples=60, deadline=None)
def test_what_goes_in_comes_out_in_order(steps: list[int], room: int) -> None:
    """A step puts so many bytes, or takes a piece where it is 0."""
    left = Room(room)
    held = Spool(left)
    put, taken, byte = bytearray(), bytearray(), 0
    for step in steps:
        if step:
            byte = (byte + 1) % 256
            piece = bytes([byte]) * step
            put += piece
            held.put(piece)
        else:
            taken += held.take()
        assert bool(held) == (len(taken) < len(put))
    while held:
        taken += held.take()
    assert taken == put
    assert held.take() == b""
    assert left.left == room, "what was on the disk is given back"
    held.close()


def test_memory_is_bounded_and_so_is_the_disk() -> None:
    room = Room(3_000_000)
    held = Spool(room)
    while not held.full:
        held.put(b"x" * 100_000)
    assert room.left <= 0
    assert held._held <= spool._IN_MEMORY + 100_000
    held.close()
    assert room.left == 3_000_000
