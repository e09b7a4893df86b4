"""The layout of arrays in memory: what lives at the same time does not overlap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adcli.engines.plan.arena import ALIGNMENT, Offsets, aligned_memory


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 6), st.booleans()), max_size=40))
def test_layout(arrays: list[tuple[int, int, bool]]) -> None:
    """Each array lives for some time, or takes over the place of one that ends when it begins."""
    layout = Offsets()
    live: dict[int, tuple[int, int]] = {}  # offset -> (end, last time)
    for now, (size, span, takes_over) in enumerate(arrays):
        live = {offset: place for offset, place in live.items() if place[1] >= now}
        dying = [offset for offset, place in live.items() if place[1] == now]
        if takes_over and dying:
            layout.take_over(dying[0], now + span)
            live[dying[0]] = live[dying[0]][0], now + span
            continue
        offset = layout.place(size, now, now + span)
        assert offset % ALIGNMENT == 0
        assert offset + size <= layout.size
        assert all(
            offset + max(size, 1) <= begin or end <= offset for begin, (end, _) in live.items()
        )
        live[offset] = offset + max(size, 1), now + span


def test_places_are_used_again() -> None:
    layout = Offsets()
    for now in range(100):
        layout.place(1000, now, now + 1)
    assert layout.size == 2 * 1024
    assert layout.place(2048, 200, 200) == 0
    assert layout.size == 2048


def test_memory_begins_at_a_cache_line() -> None:
    assert all(aligned_memory(size).ctypes.data % ALIGNMENT == 0 for size in (1, 100, 10**6))
    assert aligned_memory(100).size == 100
