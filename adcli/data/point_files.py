"""Points that stream in: CSV, TSV, JSON Lines and Parquet as blocks of rows.

A file is read block by block, so memory does not grow with it. A small file is parsed by the
standard library, since importing polars costs more than reading it; a large one by polars.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from adcli.data.blocks import Block, CellBlock, Origin
from adcli.data.column_layout import ColumnLayout
from adcli.data.levels import TextLevels
from adcli.data.read_csv import read_csv
from adcli.data.read_json import read_json
from adcli.data.read_parquet import ParquetReader
from adcli.data.source import BOM, READ_BYTES, Source, is_packed, open_source, seekable_path
from adcli.errors import AdcliError, UsageError

Opened = tuple[ColumnLayout, Iterator[Block], Source | ParquetReader]
"""The columns, the blocks of rows, and what knows how far they have come."""


def _open_csv(separator: str, source: Source, path: str, size: int, stack: ExitStack) -> Opened:
    return *read_csv(source, separator, size), source


def _open_json(source: Source, path: str, size: int, stack: ExitStack) -> Opened:
    return *read_json(source, size), source


def _open_parquet(source: Source, path: str, size: int, stack: ExitStack) -> Opened:
    reader = ParquetReader(source.name, seekable_path(path, source, stack))
    return reader.layout, reader.blocks(), reader


READERS: dict[str, Callable[[Source, str, int, ExitStack], Opened]] = {
    "csv": partial(_open_csv, ","),
    "tsv": partial(_open_csv, "\t"),
    "jsonl": _open_json,
    "parquet": _open_parquet,
}
"""Format -> what reads an open file: `(source, path, bytes of a block, stack that closes)`."""

EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
"""The end of a file's name -> its format."""


@dataclass(eq=False)
class Points(AbstractContextManager["Points", None]):
    """An open file of points: iterate over it once for its blocks; close it when done.

    `progress` has the bytes that are `done`, their `total` (None for a pipe), and whether the next
    block `waits` for a pipe. `levels` are those of variables such as codes(region).
    """

    name: str
    format: str
    layout: ColumnLayout
    _blocks: Iterator[Block]
    progress: Source | ParquetReader
    _resources: ExitStack
    levels: Mapping[str, TextLevels] = field(default_factory=dict)

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape of a variable at one point: () for a scalar. DataError if there is none."""
        return self.layout.require(name, self.name).shape

    def select(self, names: Iterable[str]) -> None:
        """Say which variables alone will be asked for, before the first block is read."""
        if isinstance(self.progress, ParquetReader):
            self.progress.select(names)

    def empty(self) -> Block:
        """A block of no rows, from which a writer can make the header of an empty result."""
        if isinstance(self.progress, ParquetReader):
            return self.progress.empty()
        return CellBlock(Origin(self.name, self.layout, 1), [])

    def __iter__(self) -> Iterator[Block]:
        for block in self._blocks:
            block.levels = self.levels
            yield block

    def close(self) -> None:
        """Close the file and remove what was spooled."""
        self._resources.close()

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_points(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    block_bytes: int = READ_BYTES,
    stdin: BinaryIO | None = None,
) -> Points:
    """Open a file of points, or the stream `stdin` for "-", to be read in blocks of rows.

    The format is `format` (csv, tsv, jsonl, parquet) or goes by the extension, .gz behind it
    allowed; a pipe without either is recognised by how it starts. Blocks have about `block_bytes`
    bytes. Array variables are columns `v[0]`, `v[1]`, ... in CSV, nested lists elsewhere.

    Raises UsageError for a file that is not there and for an unknown format, DataError for
    anything wrong in the file, here or while iterating.

        with open_points("points.csv") as points:
            for block in points:
                x = block.numbers("x")
    """
    if format is not None and format not in READERS:
        raise UsageError(f"unknown format '{format}' of points", _known_formats())
    with ExitStack() as stack:
        source = open_source(os.fspath(path), stdin, stack)
        kind = format or _format_of(os.fspath(path), source)
        opened = READERS[kind](source, os.fspath(path), block_bytes, stack)
        return Points(source.name, kind, *opened, stack.pop_all())


@contextmanager
def naming(option: str) -> Iterator[None]:
    """Let errors about files of points name another option than --points, that of a table."""
    try:
        yield
    except AdcliError as error:
        error.hint = renamed(error.hint, option)
        raise


def renamed(hint: str | None, option: str) -> str | None:
    """A hint about --points, or about --data, as one about another option."""
    if hint is None:
        return None
    hint = hint.replace("FILE holds points", "FILE holds a table").replace("--points", option)
    return hint.replace("--data FILE", f"{option} FILE")


def _known_formats() -> str:
    return f"formats are {', '.join(READERS)}; extensions {', '.join(EXTENSIONS)}"


def _format_of(path: str, source: Source) -> str:
    """The format by the extension, or by how a pipe starts."""
    extension = os.path.splitext(path[:-3] if is_packed(path) else path)[1].lower()
    if extension in EXTENSIONS:
        return EXTENSIONS[extension]
    if source.total is not None:
        raise UsageError(
            f"the name '{path}' does not tell its format",
            "--points-format jsonl, where each line is an object"
            if extension == ".json"
            else f"--points-format; {_known_formats()}",
        )
    start = source.peek(4).removeprefix(BOM).lstrip()
    if start.startswith(b"PAR1"):
        return "parquet"
    return "jsonl" if start.startswith(b"{") else "csv"
