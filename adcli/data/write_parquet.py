"""Results as Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

from adcli.data.blocks import Block, NotHeldError
from adcli.data.kinds import ANY, Kinds, cast, merged, odd_one
from adcli.data.output import refused_to_polars
from adcli.data.writer import FlatField, ResultWriter, as_series, blanked, check_labels

if TYPE_CHECKING:
    import polars as pl

SPOOLED_BYTES = 1 << 26  # bytes of rows held before they are spooled to a file
COMPRESSION: Literal["lz4"] = "lz4"
"""Results have all the digits of a float64: zstd takes twice as long to save 6% more."""


class _TypedRows(NamedTuple):
    """Rows ready to be held: of the columns in `kinds` as texts, and what these can be."""

    block: Block
    frame: pl.DataFrame
    kinds: dict[str, Kinds]


class ParquetWriter(ResultWriter):
    """The columns of the points, then the computed ones as Float64, then, with `errors`, `error`.

    Columns of Parquet keep their types. Those of text formats get the type that gives all values
    back (see `kinds`), which the last row may decide; a variable of the program is Float64. Many
    blocks are spooled to temporary files and put together at the end, in bounded memory.
    """

    def __init__(
        self, stream: BinaryIO, variables: Iterable[str], resources: ExitStack, errors: bool
    ) -> None:
        super().__init__(stream, variables, resources)
        self._errors = errors
        self._kinds: dict[str, Kinds] = {}
        self._held: list[pl.DataFrame] = []
        self._held_bytes = 0
        self._spool: str | None = None
        self._spooled: list[str] = []

    def _render(
        self, block: Block, columns: list[FlatField], errors: Mapping[int, str], bulk: bool
    ) -> _TypedRows:
        import polars as pl

        labels = [label for column in columns for label in column.labels]
        check_labels(block, [*labels, *["error"] * self._errors])
        kept = list(block.kept(self._used(block)))
        flat = [blanked(as_series(x), errors) for column in columns for x in column.flat]
        series = {x.name: x.series for x in kept} | dict(zip(labels, flat, strict=True))
        if self._errors:
            messages = pl.repeat(None, block.rows, dtype=pl.String, eager=True)
            if errors:
                messages = messages.scatter(list(errors), list(errors.values()))
            series["error"] = messages
        kinds = {x.name: x.kinds for x in kept if x.kinds is not None}
        return _TypedRows(block, pl.DataFrame(series), kinds)

    def put(self, rendered: _TypedRows) -> None:
        """Hold the rows, or spool what is held when it is much."""
        block, frame, kinds = rendered
        for name, found in kinds.items():
            known = self._kinds.get(name, ANY)
            both = merged(known, found)
            if both is None:
                with block.telling(name, "Parquet"):
                    raise NotHeldError(*odd_one(known, block.kinds_in(name)))
            self._kinds[name] = both
        self._held.append(frame)
        self._held_bytes += int(frame.estimated_size())
        if self._held_bytes > SPOOLED_BYTES:
            self._spool_held()

    def _spool_held(self) -> None:
        import tempfile

        import polars as pl

        if self._spool is None:
            self._spool = tempfile.mkdtemp(prefix="adcli-")
            import shutil

            self._resources.callback(shutil.rmtree, self._spool, ignore_errors=True)
        path = os.path.join(self._spool, f"{len(self._spooled):06}.parquet")
        with refused_to_polars():
            pl.concat(self._held).write_parquet(path, compression="uncompressed")
        self._spooled.append(path)
        self._held, self._held_bytes = [], 0

    def _finish(self) -> None:
        import polars as pl

        if not self._spooled:
            frame = pl.concat(self._held) if self._held else pl.DataFrame()
            with refused_to_polars(self._stream):
                self._typed(frame).write_parquet(self._stream, compression=COMPRESSION)
            return
        if self._held:
            self._spool_held()
        if self._kinds:
            for path in self._spooled:
                frame = self._typed(pl.read_parquet(path))
                with refused_to_polars():
                    frame.write_parquet(path, compression="uncompressed")
        whole = pl.scan_parquet(self._spooled, glob=False)
        with refused_to_polars(self._stream):
            whole.sink_parquet(self._stream, compression=COMPRESSION)

    def _typed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns of text in the types that all rows together allow."""
        import polars as pl

        known = self._kinds
        typed = {x.name: cast(x, known[x.name]) if x.name in known else x for x in frame}
        return pl.DataFrame(typed)
