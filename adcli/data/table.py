"""Tables: files with the same columns, read as one stream of blocks."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO

from adcli.data.column_layout import listed
from adcli.data.levels import TextLevels, given_levels
from adcli.data.point_files import Points, naming, open_points, renamed
from adcli.errors import DataError, UsageError
from adcli.graph.coded import LevelNames, coded_column

if TYPE_CHECKING:
    from adcli.data.blocks import Block

_ALIKE = "the files of a table have the same columns, in any order"
OPTION = "--data"
"""What a message calls the option that names the files."""


class Table(AbstractContextManager["Table", None]):
    """Files with the same columns as one table; a context manager.

    Files are read again for every pass over `blocks`; standard input can be read once. `levels` are
    those of variables such as codes(region), as far as they are known.
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
        self._spent: set[int] = set()
        self.levels: dict[str, TextLevels] = {}
        self.layout = self._open(0).layout
        self.name = self._opened[0].name
        try:
            for number in range(1, len(self._paths)):
                self._check_columns(self._open(number))
                if os.path.isfile(self._paths[number]):  # what is not a file can be read once
                    self._opened.pop(number).close()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int | None:
        """The bytes of all files; None if one of them is a pipe."""
        return _total_size(self._paths)

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape of a variable in one row: () for a number. DataError if there is none."""
        with naming(OPTION):
            return self.layout.require(name, self.name).shape

    def listed(self) -> str:
        """What columns there are, for messages."""
        return renamed(listed(self.layout.columns), OPTION) or ""

    def know(self, levels: LevelNames) -> None:
        """Let codes stand for these levels, whatever the rows have; another is an error."""
        self.levels.update(given_levels(levels))

    def blocks(self, names: Iterable[str]) -> Iterator[Block]:
        """The rows, file after file; `names` are the variables that will be asked for."""
        names = list(names)
        for name in names:
            column = coded_column(name)
            if column is not None:
                self.levels.setdefault(name, TextLevels(column))
        done = rows = 0
        reading = self._progress(_total_size(self._paths)) if self._progress else nullcontext()
        with reading as progress:
            for number in range(len(self._paths)):
                points = self._opened.pop(number, None) or self._open(number)
                self._opened.pop(number, None)
                if not (self._paths[number] == "-" or os.path.isfile(self._paths[number])):
                    self._spent.add(number)
                with points:
                    points.select(names)
                    points.levels = self.levels
                    for block in points:
                        rows += block.rows
                        if progress is not None:
                            progress.advance(done + points.progress.done, rows)
                        yield block
                    done += points.progress.done

    def close(self) -> None:
        """Close what is open."""
        while self._opened:
            self._opened.popitem()[1].close()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self, number: int) -> Points:
        path = self._paths[number]
        if number in self._spent:
            raise UsageError(f"{path} is a pipe, which can be read once", "save it to a file")
        if path == "-":
            if self._stdin is None:
                raise UsageError("standard input can be read once", "save it to a file")
            stdin, self._stdin = self._stdin, None
        else:
            stdin = None
        with naming(OPTION):
            points = open_points(path, format=self._format, stdin=stdin)
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
            columns = read_columns(table, ["x", "y"])  # adcli.data.table_columns
    """
    found = [path for text in paths for path in _matches(os.fspath(text))]
    if not found:
        raise UsageError("a table needs a file", f"{OPTION} FILE")
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
        raise UsageError(f"no file matches '{path}'", f"{OPTION} FILE holds a table")
    return found
