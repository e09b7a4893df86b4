"""Mini-batches: the rows of a table, again and again, in any order, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adcli.data.table import Missing, Table, read_columns
from adcli.errors import DataError, UsageError

if TYPE_CHECKING:
    from adcli.function import Function

DTYPES = ("float32", "float64")


class Batches:
    """The rows of a table, or of arrays, in mini-batches of `size` rows (the last may be smaller).

    With `shuffle` every epoch has its own order, which `seed` and the epoch's number alone decide.
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
        where: Function | None = None,
    ) -> None:
        if size < 1:
            raise UsageError(f"a batch of {size} rows", "1 or more is meant")
        if isinstance(source, Table):
            source = read_columns(source, names, missing=missing, where=where)
        self._columns = {name: np.asarray(source[name], dtype=dtype) for name in names}
        self.rows = len(next(iter(self._columns.values())))
        self.size, self.shuffle, self.seed, self.dtype = size, shuffle, seed, dtype

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-self.rows // self.size)

    def epoch(self, number: int, skip: int = 0) -> Iterator[dict[str, Any]]:
        """The batches of an epoch: name -> array (rows, *shape); the first `skip` passed over."""
        order = np.random.default_rng([self.seed, number]).permutation(self.rows)
        for start in range(skip * self.size, self.rows, self.size):
            span: Any = slice(start, start + self.size)
            rows = order[span] if self.shuffle else span
            yield {name: values[rows] for name, values in self._columns.items()}

    def split(self, fraction: float, seed: int) -> tuple[Batches, Batches]:
        """Rows for training and, a random part of `fraction`, for validation."""
        order = np.random.default_rng(seed).permutation(self.rows)
        count = round(fraction * self.rows)
        if not 0 < count < self.rows:
            raise DataError(f"a part of {fraction:g} of {self.rows} rows")
        parts = np.sort(order[count:]), np.sort(order[:count])
        train, validation = (
            Batches(
                {name: values[part] for name, values in self._columns.items()},
                list(self._columns),
                size=self.size,
                shuffle=self.shuffle,
                seed=self.seed,
                dtype=self.dtype,
            )
            for part in parts
        )
        return train, validation

    def close(self) -> None:
        """Remove what was spooled."""

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
