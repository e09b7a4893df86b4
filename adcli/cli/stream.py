"""Points from a file: blocks in, results out, in bounded memory and in order."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, NoReturn

from adcli.ad.supports import why_infinite
from adcli.ad.tasks import Task, resolved
from adcli.cli.run_options import RunOptions
from adcli.cli.show import open_rows, show_engine, show_run
from adcli.cli.table_options import tell_levels
from adcli.cli.terminal import Progress, stdin_bytes
from adcli.data.blocks import Block
from adcli.data.levels import given_levels
from adcli.data.overlap import Ahead, in_order
from adcli.data.point_files import Points, open_points
from adcli.data.table import open_table
from adcli.data.table_columns import find_levels, known_levels
from adcli.data.writer import Field, ResultWriter
from adcli.engines.choose import choose_rows_engine
from adcli.engines.columns import Column
from adcli.engines.rows import RowResults, compute_rows
from adcli.engines.threads import available_cores
from adcli.errors import DataError, DomainError, UsageError
from adcli.explain.engine import Explanation, explain_rows
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.coded import LevelNames, coded_column
from adcli.graph.shapes import infer_shapes
from adcli.language.messages import safe
from adcli.report.numbers import exact_rows, nested, shape_of, to_json
from adcli.report.point_report import constant_fields, result_labels

MAX_WORKERS = 4
"""Threads that work on blocks: each holds some, and one thread cannot read for more."""

BLOCKS_AHEAD = 6
"""Blocks of a file that are read ahead of the work on them."""

SWITCH_SECONDS = 0.0003
"""For so long Python runs before another thread may. Reading needs Python for moments only; by
default it would wait for 5 ms at each of them while modules are imported."""

ATTENTIVE_NODES = 1000
"""Nodes of a program up to which a block takes no longer than people wait after Ctrl-C."""


def run_stream(
    f: Function,
    task: Task,
    fixed: dict[str, Any],
    held: Collection[str],
    options: RunOptions,
    levels: LevelNames,
) -> int:
    """Run a task over all points of a file; returns the exit code (1 if a row failed).

    Codes stand for `levels`; where these are not known, the file is read for them first.
    """
    begin = perf_counter()
    assert options.points is not None
    _settle_environment(f)
    with ExitStack() as stack:
        stdin = stdin_bytes() if options.points == "-" else None
        points = stack.enter_context(
            open_points(options.points, format=options.points_format, stdin=stdin)
        )
        job = _Job(f, task, fixed, held, options, points)
        coded = [name for name in job.columns if coded_column(name)]
        if coded:
            points.levels = given_levels(levels or _levels_in(job, coded))
        # The first block is worked on alone: what all need (derivatives as nodes of the graph, a
        # compiled program) is made once.
        first = next(iter(points), None) or points.empty()
        job.estimate(first)
        blocks: Iterable[Block] = points
        if job.estimated:  # a file goes on being read while this is prepared
            sys.setswitchinterval(SWITCH_SECONDS)
            blocks = stack.enter_context(closing(Ahead(points, BLOCKS_AHEAD)))
        job.settle(first)
        if options.explain_engine:
            show_engine(job.explain(first), options.form, options.output)
            return 0
        told = job.explain(first) if options.verbose else None  # before anything is written
        if options.recorder is not None:
            options.recorder.chosen(job.explain(first).choice)
        job.writer = job.open_writer()
        stack.enter_context(job.writer)
        progress = stack.enter_context(Progress(points.progress.total, sys.stderr))
        job.put(first, job.render(first))
        parts = in_order(job.render, blocks, job.workers, lambda: points.progress.waits)
        stack.enter_context(closing(parts))
        while not job.writer.is_lost and (done := next(parts, None)):
            job.put(*done)
            progress.advance(points.progress.done, job.rows)
    if told is not None:
        show_run(told, begin)
    if job.failed:
        raise DataError(f"{job.failed:,} of {job.rows:,} points failed; their results are null")
    return 0


def _levels_in(job: _Job, coded: Sequence[str]) -> LevelNames:
    """The levels of columns of the file of points, which is read for them alone."""
    options = job.options
    assert options.points is not None
    if not os.path.isfile(options.points):
        raise UsageError(
            "codes are known when all rows have been read, and a pipe can be read once",
            "save it to a file",
        )
    with open_table([options.points], format=options.points_format) as table:
        blocks = partial(table.blocks, coded)
        find_levels(table, coded, lambda: ({n: b.numbers(n) for n in coded} for b in blocks()))
    found = known_levels(table)
    tell_levels(job.f, {name: column.values for name, column in job.fixed.items()}, found)
    return found


def _settle_environment(f: Function) -> None:
    """Set what BLAS reads before there are threads, which may read the environment at any time.

    NumPy would set the first while it is imported, and take it away again. A function of numbers
    multiplies no matrices: it needs no threads that wait for that, busily.
    """
    os.environ.setdefault("OPENBLAS_MAIN_FREE", "1")
    if f.is_scalar:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class _Part(NamedTuple):
    """A block's results: what the writer puts, how many rows failed, or why the run stops."""

    rendered: Any
    failed: int
    stops: bool = False
    error: DomainError | None = None
    values: Any = None


class _Job:
    """One run over a file of points."""

    def __init__(
        self,
        f: Function,
        task: Task,
        fixed: dict[str, Any],
        held: Collection[str],
        options: RunOptions,
        points: Points,
    ) -> None:
        self.f = f
        self.task = task
        self.options = options
        self.precision = options.decimal_digits
        self.held = held
        self.fixed = {name: Column(value, False) for name, value in fixed.items()}
        source = safe(points.name)
        self.columns = [name for name in f.inputs if name not in fixed]
        self.shapes: dict[str, Shape] = {name: shape_of(value) for name, value in fixed.items()}
        f.refuse_constants(fixed)
        f.refuse_constants(points.layout.names, source)
        for name in fixed:
            if name in points.layout.columns:
                raise UsageError(
                    f"'{safe(name)}' is given by --at and is a column of {source}",
                    "take one away",
                )
        for name in self.columns:
            self.shapes[name] = points.shape_of(name)
        f.check_names([*fixed, *self.columns])
        if task.mode == "auto":
            shapes = infer_shapes(f.graph, f.order, self.shapes, f.text)
            self.task = resolved(task, f, shapes)
        self.points = points
        self.engine = options.engine
        self.threads = options.threads or available_cores()
        self.workers = 1
        self.expected = 0  # rows in all, about where they are estimated
        self.estimated = False
        self.rows = 0
        self.failed = 0
        self.writer: ResultWriter

    def estimate(self, first: Block) -> None:
        """How many rows there are, by the first block, all that was read, and the file's size."""
        total, done = self.points.progress.total, self.points.progress.done
        self.expected = first.rows
        if total is not None and done < total:
            self.estimated = True
            self.expected = int(float(f"{first.rows * total / max(done, 1):.2g}"))

    def settle(self, first: Block) -> None:
        """Choose the engine and the number of threads by the first block and what is expected."""
        if len(self.f.order) <= ATTENTIVE_NODES:
            self.workers = min(self.threads, MAX_WORKERS)
        choice = choose_rows_engine(self.f, *self._question(first), self.task.strict, once=True)
        if self.points.progress.total is not None:
            self.engine = choice.engine
        if choice.engine in ("python", "mpmath"):  # which do not let two threads compute at once
            self.workers = 1
        if self.workers > 1:
            self.threads = 1

    def explain(self, first: Block) -> Explanation:
        """The engine that was chosen by the first block, and why."""
        columns, rows, engine, precision = self._question(first)
        return explain_rows(self.f, columns, rows, self.task, engine, precision, self.estimated)

    def _question(self, first: Block) -> tuple[dict[str, Column], int, str, int | None]:
        """What the choice of an engine depends on."""
        return self._columns(first), self.expected, self.options.engine, self.precision

    def open_writer(self) -> ResultWriter:
        """The writer for the format that was asked for."""
        constants = dict(constant_fields(self.task))
        at = {n: nested(c.values) for n, c in self.fixed.items() if n not in self.held}
        if at:
            constants["at"] = at
        return open_rows(
            self.options.form,
            self.options.output,
            self.options.digits,
            [name for name in self.columns if not coded_column(name)],
            errors=self.options.on_error == "null",
            constants={key: to_json(x, self.precision) for key, x in constants.items()},
        )

    def render(self, block: Block) -> _Part:
        """Compute one block; other threads may compute others at the same time."""
        stop = self.options.on_error == "stop"
        columns = self._columns(block)
        try:
            results = compute_rows(
                self.f,
                columns,
                block.rows,
                self.task,
                stop=stop,
                engine=self.engine,
                precision=self.precision,
                threads=self.threads,
                in_all=self.expected,
            )
        except DomainError as error:
            return _Part(None, 0, True, error)
        if stop and block.problems:
            return _Part(None, 0, True)
        errors = {row: error.message for row, error in results.errors.items()}
        errors.update(block.problems)
        failed = len(errors)
        if self.options.form == "json":  # which has no infinity
            errors.update(dict.fromkeys(results.infinite, why_infinite(self.f)))
        values = None if self.options.recorder is None else results.fields
        rendered = self.writer.render(block, self._fields(results, block.rows), errors)
        return _Part(rendered, failed, values=values)

    def put(self, block: Block, part: _Part) -> None:
        """Write one block, the next in order."""
        if part.stops:
            self._stop(block, part.error)
        self.writer.put(part.rendered)
        if part.values is not None:
            self.options.recorder.add_rows(part.values, block.rows, part.failed)
        self.rows += block.rows
        self.failed += part.failed

    def _columns(self, block: Block) -> dict[str, Column]:
        values = {name: Column(block.numbers(name), True) for name in self.columns}
        if self.precision:
            values |= {
                name: Column(self._texts(block, name), True)
                for name in self.columns
                if not (self.shapes[name] or coded_column(name))
            }
        return {**values, **self.fixed}

    def _texts(self, block: Block, name: str) -> list[str]:
        """The cells as written, of which no digit is lost; `nan` where there is no number."""
        cells = block.cells(name)
        for row in block.problems:
            cells[row] = "nan"
        return cells

    def _stop(self, block: Block, error: DomainError | None) -> NoReturn:
        """Write the rows before the first that failed, then raise what is wrong with that one."""
        failed = list(block.problems)
        if error is not None and error.row is not None:
            failed.append(error.row)
        row = min(failed)
        if row > 0:
            head = block.head(row)
            self.put(head, self.render(head))
        place, hint = f"{safe(block.place(row))}: ", "--on-error null goes on without such rows"
        if error is None or row in block.problems:
            raise DataError(place + block.problems[row], hint) from None
        error.message, error.hint = place + error.message, error.hint or hint
        error.args = (error.message,)
        raise error from None

    def _fields(self, results: RowResults, rows: int) -> list[Field]:
        """The results as columns; where no row tells the shape of an array, its labels do."""
        fields = []
        for path, values in results.fields.items():
            labels = list(result_labels(path, results.outputs, self.shapes))
            if self.precision:
                values = exact_rows(values, self.precision)
            if len(results.errors) == rows and len(labels) != 1 and self.options.form != "json":
                import numpy as np

                missing: Any = "nan" if self.precision else np.nan
                kind = object if self.precision else float
                values = np.full((rows, len(labels)), missing, dtype=kind)
            fields.append(Field("/".join(path), path, values, labels))
        return fields
