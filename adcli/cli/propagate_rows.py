"""Uncertainties for the rows of a file, streamed: columns x and u(x) in, value and u(f) out."""

from __future__ import annotations

import math
import sys
from contextlib import ExitStack
from typing import Any

import numpy as np

from adcli.cli.propagate_inputs import correlations, measured_at, observations, program_of
from adcli.cli.propagate_options import PropagateOptions
from adcli.cli.show import open_rows
from adcli.cli.terminal import Progress, stdin_bytes
from adcli.data.blocks import Block
from adcli.data.point_files import Points, open_points
from adcli.data.writer import Field
from adcli.errors import DataError, DomainError, UsageError
from adcli.function import Function
from adcli.graph.axes import element_labels
from adcli.language.messages import safe
from adcli.report.point_report import output_rows
from adcli.uncertainty.coverage import Coverage
from adcli.uncertainty.measured import Measured
from adcli.uncertainty.measured_point import measured_point
from adcli.uncertainty.run import known_inputs
from adcli.uncertainty.uncertain_rows import RowPropagation, UncertainRows


def propagate_rows(options: PropagateOptions) -> int:
    """Write value and u(f) of each row; returns the exit code (1 if a row failed)."""
    assert options.points is not None
    if options.points == "-" and options.is_from_stdin:
        raise UsageError(
            "the program and the points cannot both come from standard input",
            "put one of them into a file",
        )
    if options.form == "html":
        raise UsageError("a page is of one point, not of the rows of a file", "-o FILE.csv")
    asked = Coverage(options.probability, options.coverage)
    f, model = program_of(options)
    values, seen = measured_at(options, f), observations(options, f)
    f, values, matrices = known_inputs(f, values, options.covariance, model, seen)
    with ExitStack() as stack:
        stdin = stdin_bytes() if options.points == "-" else None
        points = stack.enter_context(
            open_points(options.points, format=options.points_format, stdin=stdin)
        )
        columns = _RowColumns(f, points, values)
        everything = {**values, **columns.example}
        point = measured_point(f, everything, correlations(options.correlation), matrices)
        if not point.labels:
            raise UsageError(
                f"no quantity has an uncertainty: {safe(points.name)} has no column such as "
                f"u({next(iter(columns.example), 'x')})",
                "name the standard uncertainty of x u(x)",
            )
        places = {label: k for k, label in enumerate(point.labels)}
        rows = RowPropagation(f, point, asked, options.engine, options.strict)
        job = _RowJob(options, rows, columns, places)
        writer = stack.enter_context(
            open_rows(
                options.form,
                options.output,
                6,
                columns.names,
                errors=options.on_error == "null",
            )
        )
        progress = stack.enter_context(Progress(points.progress.total, sys.stderr))
        for block in points:
            if not job.expected:
                job.expect(block, points)
            block, fields, errors = job.results(block)
            writer.write(block, fields, errors)
            job.done += block.rows
            progress.advance(points.progress.done, job.done)
            if job.stopped is not None:
                raise job.stopped
            if writer.is_lost:
                return 0
        if not job.done:
            empty = points.empty()
            writer.write(*job.results(empty))
    if job.failed:
        raise DataError(f"{job.failed:,} of {job.done:,} points failed; their results are null")
    return 0


class _RowColumns:
    """The variables that are columns, and the columns of their uncertainties.

    `names` are those of all these columns. `example` has a value for each variable, in its shape;
    `spreads` by label of an element the column of its uncertainty, and the place in it.
    """

    def __init__(self, f: Function, points: Points, given: dict[str, Any]) -> None:
        self.names: list[str] = []
        self.example: dict[str, Measured] = {}
        self.spreads: dict[str, tuple[str, int | None]] = {}
        source = safe(points.name)
        f.refuse_constants(given)
        f.refuse_constants(points.layout.names, source)
        for name in given:
            if name in f.inputs and name in points.layout.columns:
                raise UsageError(
                    f"'{safe(name)}' is given a value and is a column of {source}", "take one away"
                )
            if name in f.inputs and points.layout.find(f"u({name})") is not None:
                raise UsageError(
                    f"{source} has a column 'u({safe(name)})', and the value of '{safe(name)}' is "
                    "given apart",
                    "let the file have both, or neither",
                )
        for name in f.inputs:
            if name in given:
                continue
            shape = points.shape_of(name)
            labels = list(element_labels(name, shape))
            whole = points.layout.find(f"u({name})")
            if whole is not None and whole.shape == shape:
                found = {label: (f"u({name})", k) for k, label in enumerate(labels)}
            else:
                found = {
                    label: (f"u({label})", 0)
                    for label in labels
                    if points.layout.find(f"u({label})") is not None
                }
            self.spreads |= found
            self.names += [name, *dict.fromkeys(column for column, _ in found.values())]
            u = np.array([1.0 if label in found else 0.0 for label in labels]).reshape(shape)
            self.example[name] = Measured(np.ones(shape), u)


class _RowJob:
    """One run over a file."""

    def __init__(
        self,
        options: PropagateOptions,
        rows: RowPropagation,
        columns: _RowColumns,
        places: dict[str, int],
    ) -> None:
        self.options, self.rows, self.columns = options, rows, columns
        self.places = places
        self.done = self.failed = self.expected = 0
        self.stopped: DataError | DomainError | None = None

    def expect(self, first: Block, points: Points) -> None:
        """Estimate how many rows there are, by the first block and the size of the file."""
        total, done = points.progress.total, points.progress.done
        whole = 1.0 if total is None else max(total / max(done, 1), 1.0)
        self.expected = max(round(first.rows * whole), first.rows)

    def results(self, block: Block) -> tuple[Block, list[Field], dict[int, str]]:
        """A block, its fields, and the rows that failed; with --on-error stop the rows before the
        first one that did. What is wrong with that is raised where it is the first row of all, else
        it is `stopped`."""
        values = {name: np.asarray(block.numbers(name)) for name in self.columns.example}
        spreads = self._spreads(block)
        problems = dict(block.problems)
        stop = self.options.on_error == "stop"
        try:
            found = self.rows.over(values, spreads, block.rows, stop=stop, in_all=self.expected)
        except DomainError as error:
            return self._head(block, min([error.row or 0, *problems]), error, problems)
        if stop and problems:
            return self._head(block, min(problems), None, problems)
        errors = {row: error.message for row, error in found.errors.items()} | problems
        for row in np.flatnonzero(~np.isfinite(found.standard_uncertainties).all(axis=1)).tolist():
            errors.setdefault(row, "the uncertainty is beyond float64")
        self.failed += len(errors)
        return block, self._fields(found), errors

    def _spreads(self, block: Block) -> dict[int, Any]:
        """The uncertainties by place, those that are negative told as problems."""
        found = {}
        for label, (column, k) in self.columns.spreads.items():
            numbers = np.asarray(block.numbers(column), dtype=float)
            numbers = numbers.reshape(block.rows, math.prod(numbers.shape[1:]))[:, k]
            for row in np.flatnonzero(~((numbers >= 0) & np.isfinite(numbers))).tolist():
                what = f"column '{column}': the uncertainty is {numbers[row]:g}"
                block.problems.setdefault(row, what)
            found[self.places[label]] = numbers
        return found

    def _head(
        self, block: Block, row: int, error: DomainError | None, problems: dict[int, str]
    ) -> tuple[Block, list[Field], dict[int, str]]:
        """The results of the rows before one that fails."""
        place, hint = f"{safe(block.place(row))}: ", "--on-error null goes on without such rows"
        if error is None or row in problems:
            self.stopped = DataError(place + problems[row], hint)
        else:
            error.message, error.hint = place + error.message, error.hint or hint
            self.stopped = error
        if not row:
            raise self.stopped from None
        return self.results(block.head(row))

    def _fields(self, found: UncertainRows) -> list[Field]:
        """The results as columns; the ends of intervals where these were asked for."""
        names = list(output_rows(self.rows.outputs))
        kinds = {
            "value": (found.values, "value{}"),
            "u(f)": (found.standard_uncertainties, "u(f{})"),
        }
        if self.options.coverage is not None or self.options.level is not None:
            kinds |= {"lower": (found.lower, "lower{}"), "upper": (found.upper, "upper{}")}
        return [
            Field(label, (label,), x[:, 0] if names == [""] else x, [form.format(n) for n in names])
            for label, (x, form) in kinds.items()
        ]
