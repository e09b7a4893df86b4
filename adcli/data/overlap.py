"""Work on items by threads while the next are read, with the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

from adcli.errors import AdcliError

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int,
    waits: Callable[[], bool] = lambda: False,
) -> Generator[tuple[Item, Result], None, None]:
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
    pending: deque[tuple[Item, Future[Result]]] = deque()
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
