"""Rows of numbers that are gone through many times, in memory or in a temporary file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from adcli.errors import DataError

if TYPE_CHECKING:
    from adcli.data.table_columns import Selection

HELD_BYTES = 1 << 27
"""Rows that take more than this, together with a permutation of them, go to a temporary file."""

CHUNK_BYTES = 1 << 16
WINDOW_CHUNKS = 256
"""Spooled rows are shuffled in windows: so many chunks, drawn at random, of so many bytes each."""

PERMUTED_BYTES = 8
"""What a row takes in a permutation."""

Columns: TypeAlias = dict[str, Any]
RowNumbers: TypeAlias = Sequence[int]

RowStore: TypeAlias = "HeldRows | SpooledRows"
"""Rows that can be gone through again and again."""


class HeldRows:
    """Rows in memory: all of some columns' rows, or those at `index`."""

    def __init__(self, columns: Columns, index: Any = None) -> None:
        self._columns = columns
        self._index = index
        self.rows = len(next(iter(columns.values())) if index is None else index)

    def batches(self, size: int, key: RowNumbers | None, skip: int = 0) -> Iterator[Columns]:
        """The rows in batches of `size`, as name -> array (size, *shape); the last may be smaller.

        In their own order, or in the one that the key of a random generator gives: each permutation
        is as likely. The first `skip` batches are passed over without being read.
        """
        order = self._index
        if key is not None:
            order = np.random.default_rng(key).permutation(self.rows if order is None else order)
        for start in range(skip * size, self.rows, size):
            if order is None:
                yield {name: x[start : start + size] for name, x in self._columns.items()}
            else:
                rows = order[start : start + size]
                yield {name: x.take(rows, axis=0) for name, x in self._columns.items()}

    def split(self, fraction: float, key: RowNumbers) -> tuple[RowStore, RowStore]:
        """The rows without a random part, `round(fraction * rows)` of them, and this part. Both
        share the columns."""
        order = np.arange(self.rows) if self._index is None else self._index
        chosen = _choose(np.random.default_rng(key), self.rows, round(fraction * self.rows))
        return HeldRows(self._columns, order[~chosen]), HeldRows(self._columns, order[chosen])

    def close(self) -> None:
        """Release the arrays."""
        self._columns = {}


class SpooledRows:
    """Rows in a temporary file that has no name, so that nothing is left of it in any event.

    A row is a record of `dtype` numbers, its variables side by side. The file is read in windows of
    chunks. To shuffle, the chunks of all the file are put in random order, and the rows of each
    window then are: this is not uniform over all permutations, but rows meet others from hundreds
    of places of the file, at the speed of reading, and in no more memory than a window.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], dtype: Any) -> None:
        import tempfile

        self.rows = 0
        self._shapes = dict(shapes)
        self._dtype = np.dtype(dtype)
        self._width = sum(math.prod(shape) for shape in shapes.values())
        self._chunk = max(1, CHUNK_BYTES // max(1, self._dtype.itemsize * self._width))
        try:
            self._file = tempfile.TemporaryFile(prefix="adcli-")  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from None

    def append(self, columns: Mapping[str, Any]) -> None:
        """Write rows behind those that are there."""
        parts = [
            columns[name].reshape(len(columns[name]), math.prod(shape))
            for name, shape in self._shapes.items()
        ]
        records = np.concatenate(parts, axis=1, dtype=self._dtype)
        try:
            self._file.write(records.data)
            self._file.flush()
        except OSError as error:
            raise _no_room(error) from None
        self.rows += len(records)

    def batches(self, size: int, key: RowNumbers | None, skip: int = 0) -> Iterator[Columns]:
        """The rows in batches, as of HeldRows; `key` shuffles in windows."""
        parts: list[Any] = []
        missing = size
        for window, order in self._windows(key, skip * size):
            at, rows = 0, len(window if order is None else order)
            while at < rows:
                count = min(missing, rows - at)
                if order is None:
                    parts.append(window[at : at + count].copy())
                else:
                    parts.append(window.take(order[at : at + count], axis=0))
                at += count
                missing -= count
                if not missing:
                    yield self._columns(parts)
                    parts, missing = [], size
        if parts:
            yield self._columns(parts)

    def split(self, fraction: float, key: RowNumbers) -> tuple[RowStore, RowStore]:
        """Two parts, as of HeldRows; both have rows of all places of the file in proportion."""
        generator = np.random.default_rng(key)
        parts = Collector(self._shapes, self._dtype), Collector(self._shapes, self._dtype)
        done = taken = 0
        for columns in self.batches(self._chunk * WINDOW_CHUNKS, None):
            rows = len(next(iter(columns.values())))
            done += rows
            chosen = _choose(generator, rows, round(fraction * done) - taken)
            taken += int(chosen.sum())
            for part, mask in zip(parts, (~chosen, chosen), strict=True):
                part.append({name: x[mask] for name, x in columns.items()})
        return parts[0].finish(), parts[1].finish()

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def _windows(self, key: RowNumbers | None, start: int) -> Iterator[tuple[Any, Any]]:
        """The records in windows from row `start` of the order on, with the order in each."""
        chunks = np.arange(-(-self.rows // self._chunk))
        if key is not None:
            chunks = np.random.default_rng(key).permutation(chunks)
        buffer = np.empty((self._chunk * WINDOW_CHUNKS, self._width), dtype=self._dtype)
        for first in range(0, len(chunks), WINDOW_CHUNKS):
            members = chunks[first : first + WINDOW_CHUNKS]
            counts = np.minimum(self._chunk, self.rows - members * self._chunk)
            rows = int(counts.sum())
            if start >= rows:
                start -= rows
                continue
            ends = np.cumsum(counts)
            for chunk, count, end in zip(members.tolist(), counts, ends, strict=True):
                self._read(chunk * self._chunk, buffer[end - count : end])
            if key is None:
                yield buffer[start:rows], None
            else:
                order = np.random.default_rng([*key, 1 + first]).permutation(rows)
                yield buffer[:rows], order[start:]
            start = 0

    def _read(self, row: int, into: Any) -> None:
        self._file.seek(row * self._width * self._dtype.itemsize)
        if self._file.readinto(into.data) < into.nbytes:
            raise DataError("the temporary file of the rows is cut short")

    def _columns(self, parts: list[Any]) -> Columns:
        """Records as columns, each in one piece of memory."""
        records = parts[0] if len(parts) == 1 else np.concatenate(parts)
        ends = np.cumsum([math.prod(shape) for shape in self._shapes.values()])
        columns = zip(self._shapes.items(), np.split(records, ends[:-1], axis=1), strict=True)
        return {n: np.ascontiguousarray(x).reshape(len(x), *shape) for (n, shape), x in columns}


class Collector:
    """Takes rows as they come: holds them, or spools them when there are many."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], dtype: Any) -> None:
        self._shapes = dict(shapes)
        self._dtype = np.dtype(dtype)
        self._parts: list[Columns] = []
        self._rows = 0
        self._spool: SpooledRows | None = None
        width = sum(math.prod(shape) for shape in shapes.values())
        self._row_bytes = width * self._dtype.itemsize + PERMUTED_BYTES

    def append(self, columns: Columns) -> None:
        """Take rows: name -> array (rows, *shape)."""
        if self._spool is not None:
            self._spool.append(columns)
            return
        self._parts.append({n: x.astype(self._dtype, copy=False) for n, x in columns.items()})
        self._rows += len(next(iter(columns.values())))
        if self._rows * self._row_bytes > HELD_BYTES:
            self._spool = SpooledRows(self._shapes, self._dtype)
            for part in self._parts:
                self._spool.append(part)
            self._parts = []

    def finish(self) -> RowStore:
        """The rows that were taken, as a store."""
        if self._spool is not None:
            return self._spool
        if not self._parts:
            return HeldRows({n: np.empty((0, *s), self._dtype) for n, s in self._shapes.items()})
        return HeldRows({n: np.concatenate([p.pop(n) for p in self._parts]) for n in self._shapes})

    def close(self) -> None:
        """Remove what was spooled, when something went wrong."""
        if self._spool is not None:
            self._spool.close()


def collect(
    selections: Iterable[Selection], shapes: Mapping[str, tuple[int, ...]], dtype: Any
) -> RowStore:
    """The rows of a table. Raises DataError for a number that `dtype` does not hold."""
    collector = Collector(shapes, dtype)
    try:
        for part in selections:
            columns = {name: cast(part, name, dtype) for name in shapes}
            collector.append(columns)
        return collector.finish()
    except BaseException:
        collector.close()
        raise


def cast(part: Selection, name: str, dtype: Any) -> Any:
    """A column as `dtype`. Raises DataError for a number that `dtype` does not hold."""
    with np.errstate(over="ignore"):
        values = part.columns[name].astype(dtype, copy=False)
    if values is not part.columns[name] and not np.isfinite(values).all():
        place = tuple(np.argwhere(~np.isfinite(values))[0])
        number = part.columns[name][place]
        raise DataError(
            f"{part.place(int(place[0]))}: column '{name}': {number:g} is too large for {dtype}",
            "float64 holds it: --dtype float64",
        )
    return values


def _choose(generator: np.random.Generator, rows: int, count: int) -> Any:
    """A mask of `count` rows at random."""
    chosen = np.zeros(rows, dtype=bool)
    chosen[generator.permutation(rows)[:count]] = True
    return chosen


def _no_room(error: OSError) -> DataError:
    reason = (error.strerror or str(error)).lower()
    return DataError(
        f"cannot write the rows to a temporary file: {reason}",
        "they do not fit into memory; the environment variable TMPDIR names another folder",
    )
