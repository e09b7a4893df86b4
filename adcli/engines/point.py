"""One point: a task by the engine that suits it, with results that are checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adcli.ad.evaluate import Run
from adcli.ad.kinks import find_kink, kink_error
from adcli.ad.tasks import Entry, Task, compute_finite, resolved
from adcli.engines.choose import choose_algebra, choose_point_engine
from adcli.engines.columns import is_number
from adcli.errors import DomainError, KinkError, UsageError
from adcli.given import NOT_REAL, check_kinds
from adcli.graph.axes import Shape
from adcli.graph.program import Program
from adcli.graph.shapes import infer_shapes

Point = Mapping[str, Any]
"""A value for each variable: a number, nested lists of numbers, or a NumPy array."""


class Results:
    """The results of a task at one point, all of them finite.

    `by_path` has the values under each path, one for each result of the program. A value is
    infinite where a log density is, outside its support: `infinity` says so.
    """

    infinity: DomainError | None = None

    def __init__(
        self, program: Program, task: Task, by_path: dict[tuple[str, ...], list[Any]]
    ) -> None:
        self.function = program
        self.task = task
        self.by_path = by_path

    def kink_taken(self) -> KinkError | None:
        """The first kink at which a convention was taken, as the error that `strict` makes of it.
        Where no sweep has all values between (large arrays) nothing is known."""
        return None

    def fields(self) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Each result with its path, the value first; a list where the program has several."""
        several = len(self.function.outputs) > 1
        for path, found in self.by_path.items():
            yield path, found if several else found[0]

    def nested(self) -> tuple[Any, Any]:
        """The value, and the rest by the names of the paths."""
        result: dict[str, Any] = {}
        for path, found in self.fields():
            place = result
            for name in path[:-1]:
                place = place.setdefault(name, {})
            place[path[-1]] = found
        return result.pop("value"), result


class PointResults(Results):
    """The results of a task by sweeps, checked: nothing that is not finite gets out.

    `inputs` are the packed values of the variables by node. Raises DomainError (KinkError) with the
    operation to blame.
    """

    def __init__(self, program: Program, algebra: Any, inputs: dict[int, Any], task: Task) -> None:
        super().__init__(program, task, {})
        self.algebra = algebra
        graph, order, text = program.graph, program.order, program.text
        shapes: dict[int, Shape] = {}
        if algebra.shaped:
            given = {graph.attrs[i]: algebra.shape(x) for i, x in inputs.items()}
            shapes = infer_shapes(graph, order, given, text)
        self.task = task = resolved(task, program, shapes)
        self.run = Run.at(graph, order, inputs, algebra, 1)
        bad = [o for o in program.outputs if not algebra.is_finite(self.run.values[o])]
        if bad:
            from adcli.ad.blame import blame_value, value_error
            from adcli.ad.supports import are_right

            blamed = blame_value(self.run, bad[0])
            error = value_error(self.run, blamed, text)
            is_right = task.kind == "value" and graph.ops[blamed[0]].support is not None
            if not (is_right and are_right(self.run, bad)):
                raise error
            self.infinity = error
        kink = self.kink_taken() if task.strict else None
        if kink is not None:
            raise kink
        entries = compute_finite(self.run, program, task)
        for entry in entries:
            if entry.path != ("value",) and not algebra.is_finite(entry.value):
                raise self._derivative_error(entry)
        for entry in entries:
            self.by_path.setdefault(entry.path, []).append(algebra.unpack(entry.value))

    def _derivative_error(self, entry: Entry) -> DomainError:
        from adcli.ad.blame import blame_derivative

        run, algebra = entry.run, self.algebra
        inputs, directions = self.function.inputs, self.task.direction
        nodes = [entry.node] if directions is None else [inputs[name] for name in directions]
        wrt = [node for node in nodes if node is not None]
        active = run.graph.dependents(run.order, wrt)
        for seed in algebra.basis(run.values[entry.output], 2):  # one component at a time
            error = blame_derivative(run, {entry.output: seed}, active, self.function.text)
            if error.span is not None:
                break
        return error

    def kink_taken(self) -> KinkError | None:
        task = self.task
        if task.kind == "value" or task.mode == "finite":
            return None
        return self.kink(task.wrt if task.direction is None else task.direction)

    def kink(self, names: Iterable[str]) -> KinkError | None:
        """The error that names the first kink on the way from some variables to the results."""
        program, run = self.function, self.run
        active = run.graph.dependents(run.order, [program.inputs[n] for n in names])
        with self.algebra.context():
            kink = find_kink(run, program.outputs, active)
            return None if kink is None else kink_error(run, kink, program.text)


def compute_point(
    program: Program,
    point: Point,
    task: Task,
    engine: str = "auto",
    precision: int | None = None,
) -> Results:
    """The results of a task at one point, by `engine` or with `precision` decimal digits.

    Raises UsageError for missing or unknown variables and for a task that the engine cannot do,
    LanguageError for shapes that clash, DomainError for what is not finite.
    """
    check_kinds(point=point)
    choice = choose_point_engine(program, point, task, engine, precision)
    found = None
    if choice.engine in ("numpy", "llvm"):
        found = _planned(program, point, task, choice.engine, alone=engine == "auto")
    return found or sweep_point(program, point, task, choice.engine, precision)


def sweep_point(
    program: Program,
    point: Point,
    task: Task,
    engine: str = "auto",
    precision: int | None = None,
) -> PointResults:
    """The results of a task at one point by sweeps, which keep the value of every node.

    Arguments and errors are those of `compute_point`.
    """
    scalars = program.is_scalar and all(is_number(v) for v in point.values())
    algebra = choose_algebra(scalars, engine, precision)
    with algebra.context():
        return PointResults(program, algebra, pack(program, point, algebra), task)


def _planned(
    program: Program, point: Point, task: Task, engine: str, alone: bool
) -> Results | None:
    """The results of a program over long arrays; None if they are not finite, or it is none
    (`alone`: none that the llvm engine does without the numpy engine)."""
    from adcli.algebras.arrays import Arrays
    from adcli.engines.plan import loss_plan

    inputs = {node: x[0] for node, x in pack(program, point, Arrays()).items()}
    by_path = None
    if engine == "llvm":
        from adcli.engines.llvm import compiled_tasks

        by_path = compiled_tasks.compiled_point(program, inputs, task, alone)
    if by_path is None:
        arrays = {name: inputs[node] for name, node in program.inputs.items()}
        by_path = loss_plan.planned_point(program, arrays, task)
    return None if by_path is None else Results(program, task, by_path)


def pack(program: Program, point: Point, algebra: Any) -> dict[int, Any]:
    """The inputs of an evaluation by node. Raises UsageError for missing or unknown names."""
    program.check_names(point)
    packed = {}
    for name, node in program.inputs.items():
        try:
            packed[node] = algebra.pack(point[name])
        except NOT_REAL as error:
            raise UsageError(f"the value of '{name}' is not a number or array: {error}") from None
    return packed
