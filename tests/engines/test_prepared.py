"""The one cache: bounded for each owner, shared by threads, and gone with what it was made for."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import adcli
from adcli.engines.prepared import CACHE, KEPT, prepared


class Owner:
    pass


def test_what_was_used_last_stays() -> None:
    owner, made = Owner(), []
    for k in [*range(KEPT), 0, KEPT, 0, 1]:
        assert prepared(owner, k, lambda k=k: made.append(k) or [k]) == [k]
    assert made == [*range(KEPT), KEPT, 1]  # 1 was the oldest when there was no more room
    assert list(CACHE[owner]) == [*range(3, KEPT + 1), 0, 1]


def test_owners_are_apart_and_their_things_go_with_them() -> None:
    one, other = Owner(), Owner()
    assert prepared(one, "key", lambda: [1]) == [1]
    assert prepared(other, "key", lambda: [2]) == [2]
    gone, before = weakref.ref(one), len(CACHE)
    del one
    gc.collect()
    assert gone() is None
    assert len(CACHE) < before


def test_threads_share_it() -> None:
    owner = Owner()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: prepared(owner, k % 40, lambda: k % 40), range(4_000)))
    assert found == [k % 40 for k in range(4_000)]
    assert len(CACHE[owner]) <= KEPT


def test_losses_over_arrays_are_bounded_too() -> None:
    names = [f"x{k}" for k in range(2 * KEPT)]
    f = adcli.function(f"sum(w)*({' + '.join(names)})")
    point = {"w": np.ones(60_000), **dict.fromkeys(names, 1.0)}
    for name in names:
        _, gradient = f.value_and_gradient(point, wrt=[name], engine="numpy")
        assert gradient == {name: 60_000.0}
    assert len(CACHE[f]) == KEPT
