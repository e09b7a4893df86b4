"""Tables: files of one kind of rows, read as one stream, and their columns as arrays."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

from adcli.data.layout import Group, at_row, listed
from adcli.data.points import Points, open_points
from adcli.errors import AdcliError, DataError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from adcli.data.blocks import Block
    from adcli.function import Function

    Array = NDArray[np.float64]

Missing = Literal["error", "drop"]
MISSING: tuple[Missing, ...] = ("error", "drop")

_DROP = "--missing drop leaves out rows with missing values"
_WHAT_IS_MISSING = "a missing value is an empty cell, NA, N/A, null, none or nan"
_ALIKE = "the files of a table have the same columns, in any order"
_HINTS = (
    *(("--points FILE holds points", "--data FILE holds a table"), ("a file of points", "a file")),
    ("--points", "--data"),
)
"""What is said of points, and what of tables."""


class Table:
    """Files with the same columns as one table; a context manager.

    Files are read again for every pass over `blocks`; standard input can be read once.
    """

    def __init__(
        self,
        paths: Sequence[str],
        format: str | None,
        stdin: BinaryIO | None,
        progress: Callable[[int | None], Any] | None = None,
    ) -> None:
        self._paths = list(paths)
        self._format = format
        self._stdin = stdin
        self._progress = progress
        self._opened: dict[int, Points] = {}
        self.layout = self._open(0).layout
        self.name = self._opened[0].name
        try:
            for number in range(1, len(self._paths)):
                self._check_columns(self._open(number))
                if self._paths[number] != "-":
                    self._opened.pop(number).close()
        except BaseException:
            self.close()
            raise

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, as they came."""
        return self.layout.columns

    def find(self, name: str) -> Group | None:
        """The variable (its shape and flat columns) that a name in a program means, if any."""
        return self.layout.find(name)

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape of a variable in one row: () for a number. DataError if there is none."""
        try:
            return self.layout.require(name, self.name).shape
        except DataError as error:
            error.hint = _of_tables(error.hint)
            raise

    def listed(self) -> str:
        """What columns there are, for messages."""
        return _of_tables(listed(self.columns)) or ""

    def blocks(self, names: Iterable[str]) -> Iterator[Block]:
        """The rows, file after file; `names` are the variables that will be asked for."""
        names = list(names)
        done = rows = 0
        with self._reading() as progress:
            for number in range(len(self._paths)):
                points = self._opened.pop(number, None) or self._open(number)
                self._opened.pop(number, None)
                with points:
                    points.select(names)
                    for block in points:
                        rows += block.rows
                        if progress is not None:
                            progress.advance(done + points.bytes_done, rows)
                        yield block
                    done += points.bytes_done

    def _reading(self) -> Any:
        return self._progress(_total_size(self._paths)) if self._progress else nullcontext()

    def close(self) -> None:
        """Close what is open."""
        while self._opened:
            self._opened.popitem()[1].close()

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self, number: int) -> Points:
        path = self._paths[number]
        if path == "-":
            if self._stdin is None:
                raise UsageError("standard input can be read once", "save it to a file")
            stdin, self._stdin = self._stdin, None
        else:
            stdin = None
        try:
            points = open_points(path, format=self._format, stdin=stdin)
        except AdcliError as error:
            error.hint = _of_tables(error.hint)
            raise
        self._opened[number] = points
        return points

    def _check_columns(self, points: Points) -> None:
        """Raise DataError where a further file has other columns than the first."""
        ours, theirs = self.layout, points.layout
        for name, group in ours.groups.items():
            found = theirs.groups.get(name)
            if found is None:
                what = f"{points.name} has no column '{name}', {self.name} has one"
                raise DataError(what, _ALIKE)
            if found.shape != group.shape:
                raise DataError(
                    f"column '{name}' has the shape {list(found.shape)} in {points.name}, "
                    f"{list(group.shape)} in {self.name}",
                    _ALIKE,
                )
        for name in theirs.groups:
            if name not in ours.groups:
                what = f"{points.name} has a column '{name}', {self.name} has none"
                raise DataError(what, _ALIKE)


def _of_tables(hint: str | None) -> str | None:
    """A hint about points as one about tables."""
    for theirs, ours in _HINTS:
        hint = hint and hint.replace(theirs, ours)
    return hint


def open_table(
    paths: Sequence[str | os.PathLike[str]],
    *,
    format: str | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int | None], Any] | None = None,
) -> Table:
    """Open files, or all files that globs match, as one table; "-" is the stream `stdin`.

    `progress`, called with the number of bytes there are, gives what is told how far reading is.
    Raises UsageError for a file that is not there, and DataError for columns that differ.

        with open_table(["part-*.csv"]) as table:
            columns = read_columns(table, ["x", "y"])
    """
    found = [path for text in paths for path in _matches(os.fspath(text))]
    if not found:
        raise UsageError("a table needs a file", "--data FILE")
    return Table(found, format, stdin, progress)


def _total_size(paths: Sequence[str]) -> int | None:
    """The bytes of all files; None if one of them is a pipe."""
    if not all(map(os.path.isfile, paths)):
        return None
    return sum(os.stat(path).st_size for path in paths)


def _matches(path: str) -> list[str]:
    """The files that a name means: itself, or what a glob matches, sorted."""
    if path == "-" or os.path.exists(path) or not glob.has_magic(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        raise UsageError(f"no file matches '{path}'", "--data FILE holds a table")
    return found


def read_columns(
    table: Table,
    names: Iterable[str],
    *,
    missing: Missing = "error",
    where: Function | None = None,
) -> dict[str, Array]:
    """The columns asked for, as float64 arrays (rows,), or (rows, *shape) for array variables.

    `where` is a function of columns; rows for which it is 0 are left out. A missing value is an
    error, or with `missing` "drop" its row is left out. Raises DataError for unknown columns, for
    missing, infinite and non-numeric cells, and where no row is left.
    """
    import numpy as np

    names = list(dict.fromkeys(names))
    parts: dict[str, list[Any]] = {name: [] for name in names}
    for rows in selected(table, names, missing=missing, where=where):
        for name in names:
            parts[name].append(rows.columns[name])
    return {name: np.concatenate(parts.pop(name)) for name in names}


class Selection(NamedTuple):
    """Rows of a block that were asked for: the columns, and where each row stands in its file."""

    columns: dict[str, Array]
    block: Block
    offsets: Any

    def place(self, row: int) -> str:
        """Where a row stands, for messages."""
        return _place(self.block, int(self.offsets[row]))


def selected(
    table: Table,
    names: Sequence[str],
    *,
    missing: Missing = "error",
    where: Function | None = None,
) -> Iterator[Selection]:
    """What `read_columns` reads, a block at a time."""
    import numpy as np

    if missing not in MISSING:
        raise UsageError(f"missing is 'error' or 'drop', not '{missing}'")
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
    if not kept:
        raise _nothing_left(table, rows, where is not None)


def _filter_columns(table: Table, where: Function | None) -> list[str]:
    """The columns that a filter reads."""
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
    return list(where.inputs)


def _passes(where: Function, columns: dict[str, Array], block: Block, offsets: Any) -> Any:
    """Which rows the filter lets pass."""
    if not len(offsets):
        return offsets.astype(bool)
    try:
        values = where.map(columns, wrt=()).values
    except AdcliError as error:
        row = getattr(error, "row", None)
        if row is not None:
            error.message = f"{_place(block, int(offsets[row]))}: {error.message}"
        raise
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
        raise DataError(f"{_place(block, broken[0])}: {problem}", hint)
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
        f"{_place(block, int(offsets[row]))}: column '{label}': infinite value",
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


def _place(block: Block, offset: int) -> str:
    return at_row(block.name, block.first_row + offset, block.line_of(offset))


def _nothing_left(table: Table, rows: int, filtered: bool) -> DataError:
    if not rows:
        return DataError(f"{table.name} has no rows")
    why = "the filter lets none pass" if filtered else "each has a missing value"
    return DataError(f"no row of {table.name} is left: {why}")


def check_arrays(
    data: Mapping[str, Any], names: Iterable[str], dtype: str = "float64"
) -> dict[str, Any]:
    """Columns that came as arrays, or lists, as arrays (rows, ...) of `dtype`.

    Raises DataError for what is no array of finite numbers, and for columns of different length.
    """
    import numpy as np

    columns: dict[str, Any] = {}
    for name in names:
        try:
            given = data[name]
        except (KeyError, IndexError):
            raise DataError(f"the data have no column '{name}'", listed(list(data))) from None
        values = _as_array(given, name, dtype)
        if not values.ndim:
            raise DataError(f"column '{name}' is a number, not an array of rows")
        if not np.isfinite(values).all():
            place = tuple(np.argwhere(~np.isfinite(values))[0])
            number = float(_as_array(given, name, "float64")[place])
            large = f", too large for {dtype}" if np.isfinite(number) else ""
            raise DataError(f"row {place[0] + 1}: column '{name}': the value is {number:g}{large}")
        columns[name] = values
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"'{name}' has {rows:,}" for name, rows in list(lengths.items())[:5])
        raise DataError(f"the columns differ in their number of rows: {told}")
    if 0 in lengths.values():
        raise DataError("the data have no rows")
    return columns


def _as_array(given: Any, name: str, dtype: str) -> Any:
    """Numbers as an array of `dtype`, masked ones as nan."""
    import numpy as np

    try:
        with np.errstate(over="ignore"):
            array = np.asarray(given) if not np.ma.isMaskedArray(given) else given
            if array.dtype.kind not in "biufOUS":
                raise TypeError(f"it holds {array.dtype}")
            array = array.astype(dtype, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"column '{name}' is no array of numbers: {error}") from None
    return np.ma.filled(array, np.nan)


def digest_of(parts: Iterable[Mapping[str, Any]]) -> str:
    """A checksum by which a checkpoint knows columns again, however they are cut into parts."""
    import hashlib

    import numpy as np

    sums: dict[str, Any] = {}
    for columns in parts:
        for name, values in columns.items():
            if name not in sums:
                sums[name] = hashlib.blake2b(f"{name} {values.dtype} {values.shape[1:]}".encode())
            sums[name].update(np.ascontiguousarray(values).data)
    whole = hashlib.blake2b(digest_size=16)
    for name in sorted(sums):
        whole.update(sums[name].digest())
    return whole.hexdigest()
