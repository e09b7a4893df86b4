"""The one cache of what takes long to make: plans, kernels, tasks made ready to run."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from adcli.given import NOT_REAL, real_number

if TYPE_CHECKING:
    from adcli.ad.tasks import Task

Made = TypeVar("Made")

KEPT = 16
"""Things that are kept for one owner; the one that was not used for longest makes room."""

CACHE: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()
"""What is kept, by owner and key, for as long as the owner lives."""

_lock = RLock()  # a handler of signals may run while its own thread holds it


class PreparedTask(NamedTuple, Generic[Made]):
    """A task made ready to run: what runs it, and the path of each of its outputs."""

    runner: Made
    paths: list[tuple[str, ...]]


def prepared(owner: Any, key: Any, make: Callable[[], Made], most: int = KEPT) -> Made:
    """What was made for the owner with the key, or what `make` makes now; `most` are kept.

    What is made must not refer to its owner, which would then live for ever. Threads may call this;
    two may make the same at once.
    """
    known = CACHE.get(owner)
    found: Made | None = None if known is None else known.get(key)
    found = make() if found is None else found
    with _lock:
        known = CACHE.setdefault(owner, {})
        known.pop(key, None)
        while len(known) >= most:
            del known[next(iter(known))]
        known[key] = found  # the last one now
    return found


def task_key(task: Task) -> tuple[Any, ...]:
    """What tells tasks over numbers apart."""
    direction = task.direction and tuple([(n, _seed(x)) for n, x in task.direction.items()])
    return (task.kind, task.mode, tuple(task.wrt), direction)


def _seed(value: Any) -> Any:
    """A number; of anything else, for which nothing can be made, its text."""
    try:
        return real_number(value)
    except NOT_REAL:
        return repr(value)
