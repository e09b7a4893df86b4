"""Columns of a table as arrays: missing values, filters, and what is wrong with cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from adcli.data.levels import CodedColumns
from adcli.data.table import Table
from adcli.errors import AdcliError, DataError, UsageError
from adcli.graph.coded import coded_column

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from adcli.data.blocks import Block

    Array = NDArray[np.float64]

Missing = Literal["error", "drop"]

_DROP = "--missing drop leaves out rows with missing values"
_WHAT_IS_MISSING = (
    "a missing value is an empty cell, NA, N/A, null, none or nan; codes(column) numbers texts"
)

Predicate: TypeAlias = Any
"""A Function of columns that chooses rows: those for which its only result is not 0."""


def read_columns(
    table: Table,
    names: Iterable[str],
    *,
    missing: Missing = "error",
    where: Predicate | None = None,
) -> CodedColumns:
    """The columns asked for, as float64 arrays (rows,), or (rows, *shape) for array variables;
    codes with their levels.

    `where` leaves out the rows for which it is 0. A missing value is an error, or with `missing`
    "drop" its row is left out. Raises DataError for unknown columns, for missing, infinite and
    non-numeric cells, and where no row is left.
    """
    names = list(dict.fromkeys(names))
    columns: dict[str, Array] = {}
    count = 0
    for rows in selected(table, names, missing=missing, where=where):
        _append(columns, rows.columns, count)
        count += len(rows.offsets)
    columns = {name: values[:count] for name, values in columns.items()}
    for name in columns.keys() & table.levels.keys():
        columns[name] = table.levels[name].settle(columns[name])
    return CodedColumns(columns, known_levels(table))


def _append(columns: dict[str, Array], part: Mapping[str, Array], count: int) -> None:
    """Put the rows of a part behind the first `count` rows of columns that have room for more.

    Room that is not written to takes no memory, and the part takes none when the next one is read:
    a table takes what its numbers do.
    """
    import numpy as np

    for name, values in part.items():
        before, after = columns.get(name, values[:0]), count + len(values)
        if after > len(before):
            columns[name] = np.empty((2 * after, *values.shape[1:]))
            columns[name][:count] = before[:count]
        columns[name][count:after] = values


def known_levels(table: Table) -> dict[str, list[str]]:
    """The names of the levels of variables such as codes(region)."""
    return {name: levels.names for name, levels in table.levels.items()}


def find_levels(
    table: Table, names: Iterable[str], parts: Callable[[], Iterable[Mapping[str, Any]]]
) -> None:
    """Settle the levels of the codes among `names` that are not known yet: `parts` reads the rows
    for them, if there are any."""
    import numpy as np

    unknown = {name for name in names if coded_column(name)} - table.levels.keys()
    found: dict[str, list[Any]] = {name: [np.zeros(0)] for name in unknown}
    for columns in parts() if unknown else ():
        for name, codes in found.items():
            own = np.asarray(columns[name])
            codes.append(np.unique(own[~np.isnan(own)]))
    for name, codes in found.items():
        table.levels[name].settle(np.concatenate(codes))


class Selection(NamedTuple):
    """Rows of a block that were asked for: the columns, and where each row stands in its file."""

    columns: dict[str, Array]
    block: Block
    offsets: Any

    def place(self, row: int) -> str:
        """Where a row stands, for messages."""
        return self.block.place(int(self.offsets[row]))


def selected(
    table: Table,
    names: Sequence[str],
    *,
    missing: Missing = "error",
    where: Predicate | None = None,
) -> Iterator[Selection]:
    """The rows that `read_columns` reads, a block at a time."""
    import numpy as np

    for name in names:
        table.shape_of(name)
    wanted = _filter_columns(table, where)
    kept = rows = 0
    for block in table.blocks([*names, *wanted]):
        rows += block.rows
        offsets = np.arange(block.rows)
        if where is not None:
            columns, offsets = _present(block, wanted, offsets, missing)
            passed = _passes(where, columns, block, offsets)
            offsets = offsets[passed]
        columns, offsets = _present(block, names, offsets, missing)
        _refuse_infinite(block, columns, offsets)
        if len(offsets):
            kept += len(offsets)
            yield Selection(columns, block, offsets)
    if not rows:
        raise DataError(f"{table.name} has no rows", "there are column names alone")
    if not kept:
        why = "the filter lets none pass" if where is not None else "each has a missing value"
        hint = "change --where" if where is not None else None
        raise DataError(f"no row of {table.name} is left: {why}", hint)


def _filter_columns(table: Table, where: Predicate | None) -> list[str]:
    if where is None:
        return []
    if len(where.outputs) != 1:
        raise UsageError(
            "a filter has one result", "join conditions by *: --where '(x > 0)*(y > 0)'"
        )
    if not where.inputs:
        raise UsageError("the filter names no column", "for example --where 'x > 0'")
    for name in where.inputs:
        table.shape_of(name)
        if coded_column(name):
            raise UsageError(
                "a filter cannot take codes, which number the levels of the rows that it leaves",
                "select by a column of numbers",
            )
    return list(where.inputs)


def _passes(where: Predicate, columns: dict[str, Array], block: Block, offsets: Any) -> Any:
    """A mask of the rows that pass the filter."""
    if not len(offsets):
        return offsets.astype(bool)
    try:
        values = where.map(columns, wrt=()).values
    except AdcliError as error:
        row = getattr(error, "row", None)
        if row is not None:
            error.message = f"{block.place(int(offsets[row]))}: {error.message}"
        raise
    if values.ndim > 1:
        raise UsageError(
            "a filter gives one number a row, not an array", "min(v > 0) is 1 if all are"
        )
    return values != 0


def _present(
    block: Block, names: Sequence[str], offsets: Any, missing: Missing
) -> tuple[dict[str, Array], Any]:
    """The columns in the rows at `offsets` that have all values, and these rows' offsets."""
    import numpy as np

    columns = {}
    whole = len(offsets) == block.rows
    good = np.ones(len(offsets), dtype=bool)
    for name in names:
        values = np.asarray(block.numbers(name), dtype=float)
        columns[name] = values = values if whole else values[offsets]
        holes = np.isnan(values)
        if holes.any():
            good &= ~holes.reshape(len(holes), -1).any(axis=1)
    if good.all():
        return columns, offsets
    bad = np.flatnonzero(~good)
    broken = [o for o in offsets[bad].tolist() if missing == "error" or o in block.unreadable]
    if broken:
        problem = block.unreadable.get(broken[0])
        hint = _WHAT_IS_MISSING if problem else _DROP
        if problem is None:
            problem = f"column '{_label(block, columns, int(bad[0]), np.isnan)}': missing value"
        raise DataError(f"{block.place(broken[0])}: {problem}", hint)
    return {name: values[good] for name, values in columns.items()}, offsets[good]


def _refuse_infinite(block: Block, columns: dict[str, Array], offsets: Any) -> None:
    """Raise DataError for the first infinite number."""
    import numpy as np

    if all(np.isfinite(values).all() for values in columns.values()):
        return
    rows = [np.isfinite(x).reshape(len(x), -1).all(axis=1) for x in columns.values()]
    row = int(np.flatnonzero(~np.all(rows, axis=0))[0])
    label = _label(block, columns, row, np.isinf)
    name = label if label.isidentifier() else f"`{label}`"
    raise DataError(
        f"{block.place(int(offsets[row]))}: column '{label}': infinite value",
        f"--where 'abs({name}) < inf' leaves such rows out",
    )


def _label(block: Block, columns: dict[str, Array], row: int, test: Any) -> str:
    """The flat column in which a row passes a test first."""
    import numpy as np

    labels = []
    for name, values in columns.items():
        indexes = block.layout.require(name, block.name).indexes
        labels += [indexes[k] for k in np.flatnonzero(test(values[row]))]
    return block.layout.labels[min(labels)]
