"""The Python API: a function read from text, its values and its derivatives."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from adcli.ad.blame import blame_derivative, blame_value, value_error
from adcli.ad.derivatives import Run
from adcli.ad.kinks import find_kink, kink_error
from adcli.ad.symbolic import gradient_nodes, tangent_node
from adcli.ad.tasks import Entry, Task, compute_finite, resolved
from adcli.engines.choose import choose_algebra, choose_point_engine, is_number
from adcli.errors import DomainError, KinkError, UsageError
from adcli.given import NOT_REAL, check_kinds
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import VARIABLE
from adcli.graph.shapes import infer_shapes, is_scalar_program
from adcli.language import parse
from adcli.language.constants import refuse_constants
from adcli.suggestion import closest, did_you_mean

if TYPE_CHECKING:
    from adcli.engines.rows import Batch

Point = Mapping[str, Any]
"""A value for each variable: a number, nested lists of numbers, or a NumPy array."""


HARD_TWICE = ("norm", "std", "logsumexp", "softmax", "abs", "hypot")
"""Functions that have another form where the derivative is differentiated again."""
SHORT_NODES, SHORT_TEXT = 100, 200
"""Nodes and characters up to which a function is shown as its program."""


def function(text: str) -> Function:
    """The function that a program in adcli's language means.

    Raises LanguageError, with the place, for a text that is no program.

    >>> function("x1*x2 + sin(x1)").variables
    ('x1', 'x2')
    """
    if not isinstance(text, str):
        raise UsageError(f"a program is a text, not {type(text).__name__}", "function('x^2')")
    program = parse(text)
    found = Function(program.graph, program.outputs, text)
    found.is_written = True
    return found


def as_function(f: Function | str) -> Function:
    """The function that a caller gives, maybe as its program."""
    return f if isinstance(f, Function) else function(f)


class Function:
    """A function of named variables, with one result or several.

    Variables may be scalars, vectors or matrices; what they are is known when a point is given.
    """

    is_written = False
    """Whether `text` is its program, not that of a function that it is the derivative of."""

    def __init__(
        self, graph: Graph, outputs: Sequence[int], text: str, variables: Iterable[int] = ()
    ) -> None:
        """`variables` are nodes of variables to keep although no result may depend on them."""
        self.graph = graph
        self.outputs = list(outputs)
        self.text = text
        self._kept = list(variables)
        self._map_tasks: dict[Any, Task] = {}

    @cached_property
    def order(self) -> list[int]:
        """The nodes that the results depend on, arguments first."""
        return self.graph.reach([*self.outputs, *self._kept])

    @cached_property
    def inputs(self) -> dict[str, int]:
        """The variables' nodes by name, in the order of their first appearance."""
        graph = self.graph
        found = [i for i in self.order if not graph.args[i] and graph.varying[i]]
        return {graph.attrs[i]: i for i in sorted(found, key=graph.span)}

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order of their first appearance."""
        return tuple(self.inputs)

    @cached_property
    def twice(self) -> Function:
        """The same function in the form whose derivatives keep their digits when they are
        differentiated again, as matrices of derivatives and `derivative` need it; itself where
        there is no other."""
        if not (self.is_written and any(name in self.text for name in HARD_TWICE)):
            return self
        program = parse(self.text, twice=True)
        return Function(program.graph, program.outputs, self.text)

    @cached_property
    def is_scalar(self) -> bool:
        """Whether the program itself has no operation on vectors or matrices."""
        return is_scalar_program(self.graph, self.order)

    def __str__(self) -> str:
        """The function as a program: what occurs more than once has a name, on a line of its own.

        >>> print(function("x^2*y").derivative("x"))
        2*x*y
        """
        from adcli.graph.simplify import simplify
        from adcli.language.text import to_text

        outputs = self.outputs
        if self.is_scalar:  # for numbers: v - v is 0, but of an array it is an array of zeros
            outputs = [
                short if self._variables_of(short) == self._variables_of(long) else long
                for long, short in zip(outputs, simplify(self.graph, outputs), strict=True)
            ]
        return to_text(self.graph, outputs, share=True)

    def _variables_of(self, node: int) -> set[int]:
        return {i for i in self.graph.reach([node]) if self.graph.ops[i] is VARIABLE}

    def __repr__(self) -> str:
        """The program of a short function, the size of a long one."""
        if len(self.order) <= SHORT_NODES and len(text := str(self)) <= SHORT_TEXT:
            return f"Function({text!r})"
        return f"<Function of {len(self.inputs):,} variables: {len(self.order):,} nodes>"

    # ---- one point ----

    def value(self, point: Point, *, engine: str = "auto", precision: int | None = None) -> Any:
        """The value at a point: a float, an array, or a list of them for several results.

        `precision` asks for that many decimal digits; values are then mpmath numbers. Raises
        UsageError for missing or unknown variables, LanguageError for shapes that clash, and
        DomainError, naming the operation, for a value that is not finite.
        """
        return self.at(point, Task("value"), engine, precision).nested()[0]

    def value_and_gradient(
        self,
        point: Point,
        *,
        mode: str = "reverse",
        wrt: Iterable[str] | None = None,
        engine: str = "auto",
        precision: int | None = None,
        strict: bool = False,
    ) -> tuple[Any, dict[str, Any]]:
        """The value and the gradient at a point: (number, variable -> derivative in its shape).

        `mode` is "reverse", "forward", "symbolic" or "finite" (central differences); `wrt` names
        the variables to differentiate for (default: all). At a kink the derivative is the
        subgradient of least norm; with `strict` it is a KinkError. Raises as `value` does, and
        DomainError for a derivative that is not finite.

        >>> function("x1*x2 + sin(x1)").value_and_gradient({"x1": 0.0, "x2": 3.0})
        (0.0, {'x1': 4.0, 'x2': 0.0})
        """
        task = Task("gradient", mode, self.names(wrt), strict=strict)
        value, rest = self.at(point, task, engine, precision).nested()
        return value, rest.get("gradient", {})

    def directional(
        self,
        point: Point,
        direction: Point,
        *,
        engine: str = "auto",
        precision: int | None = None,
        strict: bool = False,
    ) -> tuple[Any, Any]:
        """The value and the derivative along a direction (a JVP): one forward sweep.

        `direction` gives a number (or array) for each variable; those left out count as 0. The
        derivative has the shape of the value.
        """
        check_kinds(direction=direction)
        self.names(direction)
        task = Task("directional", direction=direction, strict=strict)
        value, rest = self.at(point, task, engine, precision).nested()
        return value, rest["derivative"]

    def taylor(
        self,
        point: Point,
        along: str | Point | None = None,
        order: int = 10,
        *,
        precision: int | None = None,
        strict: bool = False,
    ) -> list[Any]:
        """The Taylor coefficients c_0 ... c_order of f(point + t d) in t: c_k k! is a derivative.

        `along` names a variable that is a number, or gives a direction d as `directional` takes it;
        a program of one variable needs neither. Order n takes about n^2 operations for each one of
        the program. Where these are below a million each coefficient is right to the last digit.
        At a kink they are those of the convention (see `value_and_gradient`), taken at the point.
        Raises as `value_and_gradient` does, for any order.

        >>> function("1/(1 - x)").taylor({"x": 0.0}, order=3)
        [1.0, 1.0, 1.0, 1.0]
        """
        from adcli.engines.power_series import expand

        return expand(self, point, along, order, precision, strict).coefficients

    def jacobian(
        self,
        point: Point,
        *,
        mode: str = "auto",
        wrt: Iterable[str] | None = None,
        engine: str = "auto",
        precision: int | None = None,
        strict: bool = False,
    ) -> tuple[Any, dict[str, Any]]:
        """The value and the Jacobian: variable -> array of shape (*value, *variable).

        Several results count as one more leading axis. `mode` "auto" takes forward sweeps where
        there are fewer inputs than outputs, else reverse ones.
        """
        task = Task("jacobian", mode, self.names(wrt), strict=strict)
        value, rest = self.twice.at(point, task, engine, precision).nested()
        return value, rest.get("jacobian", {})

    def hessian(
        self,
        point: Point,
        *,
        mode: str = "reverse",
        wrt: Iterable[str] | None = None,
        engine: str = "auto",
        precision: int | None = None,
        strict: bool = False,
    ) -> tuple[Any, dict[str, dict[str, Any]]]:
        """The value and the Hessian: variable -> variable -> array of both shapes joined.

        The gradient's graph is differentiated again, by sweeps of `mode`.
        """
        task = Task("hessian", mode, self.names(wrt), strict=strict)
        value, rest = self.twice.at(point, task, engine, precision).nested()
        return value, rest.get("hessian", {})

    def derivative(self, variable: str, shapes: Mapping[str, Shape] | None = None) -> Function:
        """The derivative with respect to one variable, as a Function of the same variables.

        `shapes` are those of the variables that are not scalars. For a scalar function of an array
        the derivative has the array's shape.
        """
        check_kinds(shapes=shapes)
        self._nodes(shapes or ())
        if self.twice is not self:
            return self.twice.derivative(variable, shapes)
        (node,) = self._nodes([variable])
        shapes = shapes or {}
        if shapes.get(variable):
            (output,) = self.outputs
            found = gradient_nodes(self.graph, self.order, output, [node], shapes)
        else:
            found = [tangent_node(self.graph, self.order, o, node, shapes) for o in self.outputs]
        return Function(self.graph, found, self.text, self.inputs.values())

    # ---- many points ----

    def map(
        self,
        columns: Mapping[str, Any],
        *,
        mode: str = "reverse",
        wrt: Iterable[str] | None = None,
        engine: str = "auto",
        on_error: str = "stop",
    ) -> Batch:
        """Values and gradients at many points: each row of the columns is a point.

        Columns have the shape (rows,) or (rows, *variable); a single number holds for all rows.
        Returns Batch(values (rows,), gradients variable -> (rows, *variable), errors). With
        `on_error` "stop" the first row that is not finite raises DomainError; with "null" its
        numbers are nan and `errors` says why. With no name in `wrt` there are only
        values, which may be arrays.
        """
        from adcli.engines.rows import map_rows

        asked = None if wrt is None else tuple(self.names(wrt))
        task = self._map_tasks.get((str(mode), asked))
        if task is None:
            names = self.names(asked)
            task = Task("gradient", mode, names) if names or wrt is None else Task("value")
            self._map_tasks[mode, asked] = task
        return map_rows(self, columns, task, engine, on_error)

    # ---- inside ----

    def at(
        self, point: Point, task: Task, engine: str = "auto", precision: int | None = None
    ) -> Results:
        """The checked results of a task at one point."""
        check_kinds(point=point)
        choice = choose_point_engine(self, point, task, engine, precision)
        found = None
        if choice.engine in ("numpy", "llvm"):
            found = self._planned(point, task, choice.engine, alone=engine == "auto")
        return found or self.swept(point, task, choice.engine, precision)

    def swept(
        self, point: Point, task: Task, engine: str = "auto", precision: int | None = None
    ) -> PointResults:
        """The checked results of a task at one point by sweeps, which have all values between."""
        scalars = self.is_scalar and all(is_number(v) for v in point.values())
        algebra = choose_algebra(scalars, engine, precision)
        with algebra.context():
            return PointResults(self, algebra, self.pack(point, algebra), task)

    def _planned(self, point: Point, task: Task, engine: str, alone: bool) -> Results | None:
        """The results of a program over long arrays; None if they are not finite, or it is none
        (`alone`: none that the llvm engine does without the numpy engine)."""
        from adcli.engines import array_program
        from adcli.engines.numpy import Arrays

        inputs = {node: x[0] for node, x in self.pack(point, Arrays()).items()}
        by_path = None
        if engine == "llvm":
            from adcli.engines.llvm.prepared import compute_point

            by_path = compute_point(self, inputs, task, alone)
        if by_path is None:
            arrays = {name: inputs[node] for name, node in self.inputs.items()}
            by_path = array_program.compute_point(self, arrays, task)
        return None if by_path is None else Results(self, task, by_path)

    def pack(self, point: Point, algebra: Any) -> dict[int, Any]:
        """The inputs of an evaluation by node. Raises UsageError for missing or unknown names."""
        self.check_names(point)
        packed = {}
        for name, node in self.inputs.items():
            try:
                packed[node] = algebra.pack(point[name])
            except NOT_REAL as error:
                raise UsageError(f"the value of '{name}' is no number or array: {error}") from None
        return packed

    def check_names(self, names: Iterable[str]) -> None:
        """Raise UsageError unless the names are the function's variables."""
        names = set(names)
        self.refuse_constants(names)
        if names == self.inputs.keys():
            return
        missing = [name for name in self.inputs if name not in names]
        unknown = sorted(str(name) for name in names - set(self.inputs))
        if missing:
            listed = ", ".join(f"'{name}'" for name in missing[:5]) + ", ..." * (len(missing) > 5)
            span = self.graph.span(self.inputs[missing[0]])
            meant = closest(missing[0], unknown)
            hint = f"'{meant}' is given, but the program has no such variable" if meant else None
            plural = "s" * (len(missing) > 1)
            message = f"no value for the variable{plural} {listed}"
            raise UsageError(
                message, hint or f"give one: --at {missing[0]}=...", span=span, text=self.text
            )
        if unknown:
            raise self.no_variable(unknown[0])

    def refuse_constants(self, names: Iterable[str], column_of: str = "") -> None:
        """Raise UsageError for a column or a variable whose name means a constant here."""
        if not column_of:
            names = [name for name in names if str(name) not in self.inputs]
        refuse_constants(self.graph, self.text, names, column_of)

    def no_variable(self, name: str) -> UsageError:
        """The error for a name that is no variable. Raises that for the name of a constant."""
        self.refuse_constants([name])
        hint = did_you_mean(name, self.inputs) or self.listed()
        return UsageError(f"the program has no variable '{name}'", hint)

    def listed(self) -> str:
        """What variables there are, for messages."""
        names = list(self.inputs)
        return "its variables are " + ", ".join(names[:8]) if names else "it has none"

    def names(self, wrt: Iterable[str] | None) -> list[str]:
        """The variables to differentiate for: all, or those given (checked)."""
        if not isinstance(wrt, (Iterable, type(None))):
            raise UsageError(f"'wrt' is {reprlib.repr(wrt)}, not a list of names")
        names = [wrt] if isinstance(wrt, str) else list(self.inputs if wrt is None else wrt)
        self._nodes(names)
        return names

    def _nodes(self, names: Iterable[str]) -> list[int]:
        nodes = []
        for name in names:
            if not isinstance(name, str) or name not in self.inputs:
                raise self.no_variable(name)
            nodes.append(self.inputs[name])
        return nodes


class Results:
    """The results of a task at one point, all of them finite.

    `by_path` has the values under each path, one for each result of the program.
    """

    def __init__(
        self, function: Function, task: Task, by_path: dict[tuple[str, ...], list[Any]]
    ) -> None:
        self.function = function
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

    def __init__(
        self, function: Function, algebra: Any, inputs: dict[int, Any], task: Task
    ) -> None:
        super().__init__(function, task, {})
        self.algebra = algebra
        graph, order, text = function.graph, function.order, function.text
        shapes: dict[int, Shape] = {}
        if algebra.shaped:
            given = {graph.attrs[i]: algebra.shape(x) for i, x in inputs.items()}
            shapes = infer_shapes(graph, order, given, text)
        self.task = task = resolved(task, function.outputs, function.inputs, shapes)
        self.run = Run.at(graph, order, inputs, algebra, 1)
        for output in function.outputs:
            if not algebra.is_finite(self.run.values[output]):
                raise self._value_error(output)
        kink = self.kink_taken() if task.strict else None
        if kink is not None:
            raise kink
        entries = compute_finite(self.run, function.outputs, function.inputs, task, text)
        for entry in entries:
            if not algebra.is_finite(entry.value):
                raise self._derivative_error(entry)
        for entry in entries:
            self.by_path.setdefault(entry.path, []).append(algebra.unpack(entry.value))

    def _value_error(self, output: int) -> DomainError:
        graph, values, algebra = self.function.graph, self.run.values, self.algebra
        place = blame_value(graph, output, values, algebra)
        return value_error(graph, place, values, algebra, self.function.text)

    def _derivative_error(self, entry: Entry) -> DomainError:
        run, algebra = entry.run, self.algebra
        inputs, directions = self.function.inputs, self.task.direction
        nodes = [entry.node] if directions is None else [inputs[name] for name in directions]
        wrt = [node for node in nodes if node is not None]
        active = run.graph.dependents(run.order, wrt)
        for seed in algebra.basis(run.values[entry.output], 2):  # one component at a time
            error = blame_derivative(
                run.graph,
                run.order,
                run.values,
                {entry.output: seed},
                active,
                algebra,
                self.function.text,
            )
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
        function, run, algebra = self.function, self.run, self.algebra
        active = run.graph.dependents(run.order, [function.inputs[n] for n in names])
        with algebra.context():
            kink = find_kink(run.graph, run.order, run.values, function.outputs, active, algebra)
            if kink is None:
                return None
            return kink_error(run.graph, kink, run.values, algebra, function.text)
