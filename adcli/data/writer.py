"""What the writers of results share: blocks and computed fields in, flat columns of values."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias

from adcli.data.blocks import Block, FrameBlock
from adcli.data.outlet import is_lost
from adcli.errors import DataError
from adcli.graph.axes import element_labels

if TYPE_CHECKING:
    import polars as pl

ColumnValues: TypeAlias = Any

BULK_ROWS = 2048
"""Rows from which on polars writes: below, importing it costs more than it saves."""


class Field(NamedTuple):
    """A computed column: `df/dx` in flat formats, at ("gradient", "x") in nested ones.

    Of arrays each component is a column in flat formats; `labels` are the names of these, where
    they are not `label` with an index.
    """

    label: str
    path: tuple[str, ...]
    values: ColumnValues
    labels: Sequence[str] | None = None


class ResultWriter(AbstractContextManager["ResultWriter", None]):
    """Writes blocks of results in order; a context manager that keeps nothing of a failed run.

    A block is rendered, by any thread and with others at the same time, and then put into the
    output, in order. `variables` are the names of the point's variables that the program uses: they
    are written as numbers where the format knows numbers.
    """

    def __init__(self, stream: BinaryIO, variables: Iterable[str], resources: ExitStack) -> None:
        self._stream = stream
        self._variables = tuple(variables)
        self._resources = resources

    def write(
        self,
        block: Block,
        fields: Sequence[Field] | Mapping[str, ColumnValues],
        errors: Mapping[int, str] | None = None,
    ) -> None:
        """Write the rows of `block` with the computed `fields` (or label -> values).

        `errors` says, for offsets in the block, why a row failed: its computed cells are left
        empty (null), and JSON tells the message. Raises DataError where a label is a column of
        the points already.
        """
        self.put(self.render(block, fields, errors))

    def render(
        self,
        block: Block,
        fields: Sequence[Field] | Mapping[str, ColumnValues],
        errors: Mapping[int, str] | None = None,
    ) -> Any:
        """A block and its computed fields in the form that `put` writes."""
        if isinstance(fields, Mapping):
            fields = [Field(label, (label,), values) for label, values in fields.items()]
        bulk = isinstance(block, FrameBlock) or block.first_row + block.rows > BULK_ROWS
        return self._render(block, flat_columns(fields, block.rows, bulk), errors or {}, bulk)

    @abstractmethod
    def _render(
        self, block: Block, columns: list[FlatField], errors: Mapping[int, str], bulk: bool
    ) -> Any: ...

    @abstractmethod
    def put(self, rendered: Any) -> None:
        """Write the next block, rendered by `render`."""

    @property
    def is_lost(self) -> bool:
        """Whether nobody gets what is put: the reader left, or there is no room."""
        return is_lost(self._stream)

    def _finish(self) -> None:
        """Write what is still held."""
        self._stream.flush()

    def _used(self, block: Block) -> frozenset[int]:
        groups = (block.layout.find(name) for name in self._variables)
        return frozenset(index for group in groups if group for index in group.indexes)

    def close(self) -> None:
        """Finish the output and let it take its place."""
        self.__exit__(None, None, None)

    def __exit__(self, kind: Any, exception: BaseException | None, traceback: Any) -> None:
        if exception is None:
            try:
                self._finish()
            except BaseException as error:
                self._resources.__exit__(type(error), error, error.__traceback__)
                raise
        self._resources.__exit__(kind, exception, traceback)


class FlatField(NamedTuple):
    """A field as flat columns, in C order, one for a scalar."""

    field: Field
    shape: tuple[int, ...]
    flat: list[Any]

    @property
    def labels(self) -> list[str]:
        """The names of the flat columns."""
        return list(self.field.labels or element_labels(self.field.label, self.shape))


def flat_columns(fields: Sequence[Field], rows: int, bulk: bool) -> list[FlatField]:
    """The fields as flat columns: plain lists of Python numbers unless there is much to write."""
    columns = []
    for field in fields:
        values = field.values
        if isinstance(values, list) and values and isinstance(values[0], list | tuple):
            import numpy as np

            values = np.asarray(values, dtype=float)
        shape = tuple(getattr(values, "shape", (0,))[1:])
        if len(values) != rows:
            raise ValueError(f"'{field.label}' has {len(values)} values for {rows} rows")
        if shape:
            matrix = values.reshape(rows, math.prod(shape))
            flat = [matrix[:, i] for i in range(matrix.shape[1])]
        else:
            flat = [values]
        if not bulk or (shape and values.dtype.kind == "O"):  # texts of many digits
            flat = [x.tolist() if hasattr(x, "tolist") else x for x in flat]
        columns.append(FlatField(field, shape, flat))
    return columns


def check_labels(block: Block, labels: Iterable[str]) -> None:
    """Raise DataError where a computed column has the name of one of the points'."""
    taken = set(block.layout.labels)
    for label in labels:
        if label in taken:
            raise DataError(
                f"{block.name} has a column '{label}' already, which is the name of a result",
                "rename the column, or write the results as JSON",
            )


def as_series(values: ColumnValues) -> pl.Series:
    """Numbers as Float64, number texts as String."""
    import polars as pl

    if isinstance(values, pl.Series):
        return values
    if isinstance(values, list | tuple):
        kind = pl.String if any(isinstance(x, str) for x in values) else pl.Float64
        return pl.Series(values, dtype=kind, strict=False)
    return pl.Series(values=values).cast(pl.Float64)


def blanked(series: pl.Series, errors: Mapping[int, str]) -> pl.Series:
    """The series with nulls in the rows that failed."""
    return series.scatter(sorted(errors), None) if errors else series
