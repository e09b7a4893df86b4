"""Mini-batches: the rows of a table, again and again, in any order, in bounded memory."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import Any

from adcli.data.array_columns import check_arrays, digest_of
from adcli.data.row_store import HeldRows, RowStore, collect
from adcli.data.table import Table
from adcli.data.table_columns import (
    Missing,
    Predicate,
    find_levels,
    known_levels,
    selected,
)
from adcli.errors import DataError, UsageError

DTYPES = ("float32", "float64")


class Batches(AbstractContextManager["Batches", None]):
    """The rows of a table, or of arrays, in mini-batches; a context manager.

        size      rows of a batch; the last one of an epoch may be smaller
        shuffle   another order for every epoch, which `seed` and the epoch's number alone decide
        dtype     float32 or float64
        missing, where   of a table's rows, as in `read_columns`; for arrays they are an error

    Of a table up to 128 MiB are held in memory, and shuffled uniformly. More is written, once, to a
    temporary file and shuffled in windows (see SpooledRows), so that memory does not grow with the
    table. Arrays stay where they are.

    Raises UsageError for settings that cannot be meant, DataError for bad data as `read_columns`.

    >>> batches = Batches({"x": [1.0, 2.0, 3.0]}, ["x"], size=2)
    >>> [batch["x"].tolist() for batch in batches.epoch(0)]
    [[1.0, 2.0], [3.0]]
    """

    def __init__(
        self,
        source: Table | Mapping[str, Any],
        names: Sequence[str],
        *,
        size: int,
        shuffle: bool = False,
        seed: int = 0,
        dtype: str = "float64",
        missing: Missing = "error",
        where: Predicate | None = None,
    ) -> None:
        if size < 1:
            raise UsageError(f"batches of {size} rows", "a batch has 1 row or more")
        if seed < 0:
            raise UsageError(f"the seed is {seed}", "a seed is 0 or more")
        if dtype not in DTYPES:
            raise UsageError(f"unknown dtype '{dtype}'", "there are " + ", ".join(DTYPES))
        if missing not in ("error", "drop"):
            raise UsageError(f"'missing' is {reprlib.repr(missing)}, not 'error' or 'drop'")
        if not (where is None or hasattr(where, "inputs")):
            raise UsageError(f"'where' is {reprlib.repr(where)}, not a function of the columns")
        names = list(dict.fromkeys(names))
        if not names:
            raise UsageError("batches of no columns", "name one or more")
        self.size, self.shuffle, self.seed, self.dtype = size, shuffle, seed, dtype
        if isinstance(source, Table):
            shapes = {name: source.shape_of(name) for name in names}
            chosen = partial(selected, source, names, missing=missing, where=where)
            find_levels(source, names, lambda: (rows.columns for rows in chosen()))
            self.levels = known_levels(source)
            self._store: RowStore = collect(chosen(), shapes, dtype)
        else:
            if where is not None or missing != "error":
                raise UsageError(
                    "'where' and 'missing' select rows of a table, not of arrays",
                    "select them before, or name a file",
                )
            columns = check_arrays(source, names, dtype)
            self.levels = columns.levels
            self._store = HeldRows(columns)

    @property
    def rows(self) -> int:
        """The number of rows of an epoch."""
        return self._store.rows

    @property
    def steps(self) -> int:
        """The number of batches of an epoch."""
        return -(-self.rows // self.size)

    def epoch(self, number: int, skip: int = 0) -> Iterator[dict[str, Any]]:
        """The batches of epoch `number`, as name -> array (size, *shape) of `dtype`.

        Every row comes once. The same seed and number give the same order; `skip` batches are
        passed over without being read.
        """
        key = [self.seed, number] if self.shuffle else None
        return self._store.batches(self.size, key, skip)

    def split(self, fraction: float, seed: int) -> tuple[Batches, Batches]:
        """Batches for training and, of a random part of the rows, for validation.

        The part has `fraction` of the rows, rounded; its batches are not shuffled. Close all three.
        """
        if not 0 < fraction < 1:
            raise UsageError(f"a part of {fraction:g} of the rows", "it is above 0 and below 1")
        if not 0 < round(fraction * self.rows) < self.rows:
            raise DataError(
                f"{fraction:g} of {self.rows:,} rows leaves one of two parts without a row",
                "take another part, or name a table of its own",
            )
        train, validation = self._store.split(fraction, [seed])
        return self._like(train, self.shuffle), self._like(validation, False)

    def _like(self, store: RowStore, shuffle: bool) -> Batches:
        other = object.__new__(Batches)
        other._store = store
        other.size, other.shuffle, other.seed = self.size, shuffle, self.seed
        other.dtype, other.levels = self.dtype, self.levels
        return other

    @cached_property
    def digest(self) -> str:
        """A checksum by which a checkpoint knows the rows again; reads all of them."""
        return digest_of(self._store.batches(1 << 16, None))

    def close(self) -> None:
        """Release the rows and the temporary file."""
        self._store.close()

    def __exit__(self, *exception: object) -> None:
        self.close()
