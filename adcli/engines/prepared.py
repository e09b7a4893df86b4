"""What was made once for a program, and is kept for as long as the program lives."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from adcli.given import NOT_REAL, real_number

if TYPE_CHECKING:
    from adcli.ad.tasks import Task
    from adcli.graph.program import Program

Runnable = TypeVar("Runnable")

KEPT = 16
"""Tasks that are kept for one program; the oldest makes room."""


class Prepared(NamedTuple, Generic[Runnable]):
    """A task made ready to run: the program, and the path of each of its outputs."""

    program: Runnable
    paths: list[tuple[str, ...]]


class KeptPrograms(Generic[Runnable]):
    """Prepared tasks by program and key. Threads may share it; two may make the same at once."""

    def __init__(self) -> None:
        self.known: WeakKeyDictionary[Program, dict[Any, Prepared[Runnable]]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(
        self, program: Program, key: Any, make: Callable[[], Prepared[Runnable]]
    ) -> Prepared[Runnable]:
        """What was prepared with the key, or what `make` makes now."""
        prepared = self.known.get(program, {}).get(key)
        if prepared is None:
            prepared = make()
            with self._lock:
                known = self.known.setdefault(program, {})
                while len(known) >= KEPT:
                    del known[next(iter(known))]
                known[key] = prepared
        return prepared


def _seed(value: Any) -> Any:
    """A number; of what is none, and no program can be made for, its text."""
    try:
        return real_number(value)
    except NOT_REAL:
        return repr(value)


def task_key(task: Task) -> tuple[Any, ...]:
    """What tells tasks over numbers apart."""
    direction = tuple([(n, _seed(x)) for n, x in (task.direction or {}).items()])
    return (task.kind, task.mode, tuple(task.wrt), direction)
