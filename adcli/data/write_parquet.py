"""Results as Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, Literal

from adcli.data.blocks import Block
from adcli.data.output import refused_to_polars
from adcli.data.writer import Column, ResultWriter, as_series, blanked, check_labels

if TYPE_CHECKING:
    import polars as pl

HELD_BYTES = 1 << 26  # bytes of rows held before they are spooled to a file
COMPRESSION: Literal["lz4"] = "lz4"
"""Results have all the digits of a float64: zstd takes twice as long to save 6% more."""


class ParquetWriter(ResultWriter):
    """The columns of the points, then the computed ones as Float64, then `error`.

    Many blocks are spooled to temporary files and put together at the end, in bounded memory.
    """

    def __init__(self, stream: BinaryIO, variables: Iterable[str], resources: ExitStack) -> None:
        super().__init__(stream, variables, resources)
        self._held: list[pl.DataFrame] = []
        self._held_bytes = 0
        self._spool: str | None = None
        self._spooled: list[str] = []

    def _render(
        self, block: Block, columns: list[Column], errors: Mapping[int, str], bulk: bool
    ) -> pl.DataFrame:
        import polars as pl

        labels = [label for column in columns for label in column.labels]
        check_labels(block, [*labels, "error"])
        used = self._used(block)
        frame = block.frame()
        kept = [
            series if _is_whole(series) or i not in used else as_series(block.numbers_at(i))
            for i, series in enumerate(frame.get_columns())
        ]
        flat = [blanked(as_series(x), errors) for column in columns for x in column.flat]
        messages = pl.repeat(None, block.rows, dtype=pl.String, eager=True)
        if errors:
            messages = messages.scatter(list(errors), list(errors.values()))
        names = [*block.layout.labels, *labels, "error"]
        series = [*kept, *flat, messages]
        return pl.DataFrame([x.alias(name) for x, name in zip(series, names, strict=True)])

    def put(self, rendered: pl.DataFrame) -> None:
        """Hold the rows, or spool what is held when it is much."""
        self._held.append(rendered)
        self._held_bytes += int(rendered.estimated_size())
        if self._held_bytes > HELD_BYTES:
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
            with refused_to_polars():
                frame.write_parquet(self._stream, compression=COMPRESSION)
            return
        if self._held:
            self._spool_held()
        whole = pl.scan_parquet(self._spooled, glob=False)
        with refused_to_polars():
            whole.sink_parquet(self._stream, compression=COMPRESSION)


def _is_whole(series: pl.Series) -> bool:
    """Whether a column has a float64 in every row."""
    import polars as pl

    return series.dtype == pl.Float64 and not series.null_count()
