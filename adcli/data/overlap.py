"""Reading by a thread while others work on what was read, with the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, Generic, TypeVar

from adcli.errors import AdcliError

Given = TypeVar("Given")
Done = TypeVar("Done")


class Ahead(Generic[Given]):
    """An iterator over items that a thread of its own reads from now on, `held` in advance.

    An exception of `items` comes in its turn. Close it: that waits for the item being read, for a
    second at most.
    """

    def __init__(self, items: Iterable[Given], held: int) -> None:
        from queue import SimpleQueue
        from threading import Semaphore, Thread

        self._items = items
        self._ready: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self._room = Semaphore(held)
        self._wanted = True
        # An interruption may come before anybody can close this: the process ends all the same.
        self._thread = Thread(target=self._read, name="adcli-reader", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for item in self._items:
                self._ready.put(("item", item))
                self._room.acquire()
                if not self._wanted:
                    return
            self._ready.put(("end", None))
        except BaseException as error:  # whoever takes the items has to know
            self._ready.put(("error", error))

    def __iter__(self) -> Iterator[Given]:
        return self

    def __next__(self) -> Given:
        kind, found = self._ready.get()
        if kind == "item":
            self._room.release()
            item: Given = found
            return item
        self._ready.put((kind, found))  # for whoever asks again
        raise StopIteration if kind == "end" else found

    def close(self) -> None:
        """End the thread."""
        self._wanted = False
        self._room.release()
        self._thread.join(1.0)


def in_order(
    work: Callable[[Given], Done],
    items: Iterable[Given],
    threads: int,
    waits: Callable[[], bool] = lambda: False,
) -> Generator[tuple[Given, Done], None, None]:
    """Each item with work(item), in the order of the items.

    The caller's thread reads items and takes results, `threads` others work; as many items as
    these and two more are held. With one thread the caller's does all. Where the next read `waits`,
    the results of what was read come before it.

    An exception of `work` comes in its turn, an AdcliError of `items` after the results of the
    items before it. Close the generator to stop early: it waits for work that has begun.
    """
    if threads < 2:
        for item in items:
            yield item, work(item)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    source = iter(items)
    pending: deque[tuple[Given, Future[Done]]] = deque()
    failure: AdcliError | None = None
    pool = ThreadPoolExecutor(threads, "adcli")
    try:
        while True:
            while pending and (len(pending) > threads or waits()):
                item, future = pending.popleft()
                yield item, future.result()
            try:
                item = next(source)
            except StopIteration:
                break
            except AdcliError as error:
                failure = error
                break
            pending.append((item, pool.submit(work, item)))
        for item, future in pending:
            yield item, future.result()
        if failure is not None:
            raise failure
    finally:
        pool.shutdown(cancel_futures=True)
