"""The Python API: a function read from text, its values and its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from adcli.ad.blame import blame_derivative, blame_value, value_error
from adcli.ad.derivatives import MODES, Run, directional, hessian_blocks, jacobian_blocks
from adcli.ad.kinks import find_kink, kink_error
from adcli.ad.symbolic import gradient_nodes, tangent_node
from adcli.engines.choose import choose_algebra
from adcli.errors import DomainError, LanguageError, UsageError
from adcli.graph.graph import Graph
from adcli.graph.shapes import infer_shapes, is_scalar_program
from adcli.graph.structure import Shape
from adcli.language import parse
from adcli.language.suggestion import did_you_mean

Point = Mapping[str, Any]
"""A value for each variable: a number, nested lists of numbers, or a NumPy array."""


def function(text: str) -> Function:
    """The function that a program in adcli's language means.

    Raises LanguageError, with the place, for a text that is no program.

    >>> function("x1*x2 + sin(x1)").variables
    ('x1', 'x2')
    """
    program = parse(text)
    return Function(program.graph, program.outputs, text)


class Function:
    """A function of named variables, with one result or several.

    Variables may be scalars, vectors or matrices; what they are is known when a point is given.
    """

    def __init__(self, graph: Graph, outputs: Sequence[int], text: str) -> None:
        self.graph = graph
        self.outputs = list(outputs)
        self.text = text

    @cached_property
    def order(self) -> list[int]:
        """The nodes that the results depend on, arguments first."""
        return self.graph.reach(self.outputs)

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
    def is_scalar(self) -> bool:
        """Whether the program itself has no operation on vectors or matrices."""
        return is_scalar_program(self.graph, self.order)

    # ---- one point ----

    def value(self, point: Point, *, engine: str = "auto", precision: int | None = None) -> Any:
        """The value at a point: a float, an array, or a list of them for several results.

        `precision` asks for that many decimal digits; values are then mpmath numbers. Raises
        UsageError for missing or unknown variables, LanguageError for shapes that clash, and
        DomainError, naming the operation, for a value that is not finite.
        """
        return self._at(point, engine, precision, lambda task: task.value())

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
        return self._at(
            point,
            engine,
            precision,
            lambda task: (task.value(), task.gradient(self._wrt(wrt), mode, strict)),
        )

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
        return self._at(
            point,
            engine,
            precision,
            lambda task: (task.value(), task.directional(direction, strict)),
        )

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
        return self._at(
            point,
            engine,
            precision,
            lambda task: (task.value(), task.jacobian(self._wrt(wrt), mode, strict)),
        )

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
        return self._at(
            point,
            engine,
            precision,
            lambda task: (task.value(), task.hessian(self._wrt(wrt), mode, strict)),
        )

    def derivative(self, variable: str, shapes: Mapping[str, Shape] | None = None) -> Function:
        """The derivative with respect to one variable, as a Function again.

        `shapes` are those of the variables that are not scalars. For a scalar function of an array
        the derivative has the array's shape.
        """
        (node,) = self._nodes([variable])
        shapes = shapes or {}
        if shapes.get(variable) or (len(self.outputs) == 1 and not shapes):
            found = [gradient_nodes(self.graph, self.order, self._single(), [node], shapes)[0]]
        else:
            found = [tangent_node(self.graph, self.order, o, node, shapes) for o in self.outputs]
        return Function(self.graph, found, self.text)

    # ---- many points ----

    def map(
        self,
        columns: Mapping[str, Any],
        *,
        mode: str = "reverse",
        wrt: Iterable[str] | None = None,
        on_error: str = "stop",
    ) -> Batch:
        """Values and gradients at many points: each row of the columns is a point.

        Columns have the shape (rows,) or (rows, *variable); a single number holds for all rows.
        Returns Batch(values (rows,), gradients variable -> (rows, *variable), errors). With
        `on_error` "stop" the first row that is not finite raises DomainError; with "null" its
        numbers are nan and `errors` says why.
        """
        from adcli.engines.rows import map_rows

        return map_rows(self, columns, Task("gradient", mode, self._wrt(wrt)), on_error)

    # ---- inside ----

    def _at(
        self,
        point: Point,
        engine: str,
        precision: int | None,
        use: Callable[[_PointTask], Any],
    ) -> Any:
        scalars = self.is_scalar and all(is_number(v) for v in point.values())
        algebra = choose_algebra(scalars, engine, precision)
        with algebra.context():
            return use(_PointTask(self, algebra, self.pack(point, algebra)))

    def pack(self, point: Point, algebra: Any) -> dict[int, Any]:
        """The inputs of an evaluation by node. Raises UsageError for missing or unknown names."""
        self.check_names(point)
        packed = {}
        for name, node in self.inputs.items():
            try:
                packed[node] = algebra.pack(point[name])
            except (TypeError, ValueError) as error:
                raise UsageError(f"the value of '{name}' is no number or array: {error}") from None
        return packed

    def check_names(self, names: Iterable[str]) -> None:
        """Raise UsageError unless the names are the function's variables."""
        names = set(names)
        missing = [name for name in self.inputs if name not in names]
        unknown = sorted(names - set(self.inputs))
        if missing:
            listed = ", ".join(f"'{name}'" for name in missing[:5]) + ", ..." * (len(missing) > 5)
            span = self.graph.span(self.inputs[missing[0]])
            hint = did_you_mean(missing[0], unknown) if unknown else None
            if hint:
                hint = f"'{unknown[0]}' is given, but the program has no such variable"
            plural = "s" * (len(missing) > 1)
            message = f"no value for the variable{plural} {listed}"
            raise UsageError(
                message, hint or f"give one: --at {missing[0]}=...", span=span, text=self.text
            )
        if unknown:
            hint = did_you_mean(unknown[0], self.inputs) or (
                "its variables are " + ", ".join(list(self.inputs)[:8])
                if self.inputs
                else "it has none"
            )
            raise UsageError(f"the program has no variable '{unknown[0]}'", hint)

    def _wrt(self, wrt: Iterable[str] | None) -> list[str]:
        if wrt is None:
            return list(self.inputs)
        names = list(wrt)
        self._nodes(names)
        return names

    def _nodes(self, names: Iterable[str]) -> list[int]:
        nodes = []
        for name in names:
            if name not in self.inputs:
                hint = did_you_mean(name, self.inputs)
                listed = "its variables are " + ", ".join(list(self.inputs)[:8])
                raise UsageError(f"the program has no variable '{name}'", hint or listed)
            nodes.append(self.inputs[name])
        return nodes

    def _single(self) -> int:
        if len(self.outputs) != 1:
            raise UsageError(
                f"a gradient needs one result, the program has {len(self.outputs)}",
                "'adcli jacobian' differentiates several results",
            )
        return self.outputs[0]


@dataclass(frozen=True)
class Task:
    """What to compute at each point. `kind`: value, gradient, directional, jacobian or hessian."""

    kind: str
    mode: str = "reverse"
    wrt: Sequence[str] = ()
    direction: Mapping[str, Any] | None = None
    strict: bool = False


@dataclass(frozen=True)
class Batch:
    """Results at many points: `values` (rows,) or (rows, *value); `gradients` by variable.

    `errors` maps the number of a failed row (from 0) to its message.
    """

    values: Any
    gradients: dict[str, Any]
    errors: dict[int, str]


def is_number(value: Any) -> bool:
    """Whether a value is a scalar (a Python, NumPy or mpmath number, or a text of digits)."""
    if isinstance(value, (int, float, str)):
        return True
    shape = getattr(value, "shape", None)
    return shape == () if shape is not None else not isinstance(value, (list, tuple))


class _PointTask:
    """The results of one evaluation at one point, checked: nothing that is not finite gets out."""

    def __init__(self, function: Function, algebra: Any, inputs: dict[int, Any]) -> None:
        self.function = function
        self.algebra = algebra
        graph, order = function.graph, function.order
        if algebra.shaped:
            shapes = {graph.attrs[i]: algebra.shape(x) for i, x in inputs.items()}
            infer_shapes(graph, order, shapes, function.text)
        self.run = Run.at(graph, order, inputs, algebra, 1)
        for output in function.outputs:
            if not algebra.is_finite(self.run.values[output]):
                raise self._value_error(output)

    def _value_error(self, output: int) -> DomainError:
        graph, values, algebra = self.function.graph, self.run.values, self.algebra
        node = blame_value(graph, output, values, algebra, algebra.is_finite)
        return value_error(graph, node, values, algebra.describe, self.function.text)

    def value(self) -> Any:
        """The value; a list where there are several results."""
        found = [self.algebra.unpack(self.run.values[o]) for o in self.function.outputs]
        return found[0] if len(found) == 1 else found

    def scalar_output(self) -> int:
        """The only output. Raises UsageError unless there is one, and it is a number."""
        output = self.function._single()
        shape = self.algebra.shape(self.run.values[output])
        if shape:
            raise LanguageError(
                f"a gradient needs a number as the result, not an array of shape {list(shape)}",
                "sum(...) makes it a number; 'adcli jacobian' differentiates every element",
                span=self.function.graph.span(output),
                text=self.function.text,
            )
        return output

    def gradient(self, wrt: list[str], mode: str, strict: bool) -> dict[str, Any]:
        """The gradient by variable."""
        output = self.scalar_output()
        return self._blocks([output], wrt, mode, strict)[0]

    def jacobian(self, wrt: list[str], mode: str, strict: bool) -> dict[str, Any]:
        """The Jacobian by variable, each of shape (*value, *variable)."""
        outputs = self.function.outputs
        if mode == "auto":
            rows = sum(self._size(self.run.values[o]) for o in outputs)
            columns = sum(self._size(self.run.values[n]) for n in self.function._nodes(wrt))
            mode = "forward" if columns < rows else "reverse"
        found = self._blocks(outputs, wrt, mode, strict)
        return found[0] if len(outputs) == 1 else {v: [b[v] for b in found] for v in wrt}

    def _size(self, value: Any) -> int:
        size = 1
        for n in self.algebra.shape(value):
            size *= n
        return size

    def _blocks(
        self, outputs: list[int], wrt: list[str], mode: str, strict: bool
    ) -> list[dict[str, Any]]:
        check_mode(mode)
        nodes = self.function._nodes(wrt)
        if strict:
            self._refuse_kinks(outputs, nodes)
        blocks = jacobian_blocks(self.run, outputs, nodes, mode)
        for output in outputs:
            for node in nodes:
                if not self.algebra.is_finite(blocks[output, node]):
                    raise self._derivative_error(self.run, output, [node])
        unpack = self.algebra.unpack
        return [
            {name: unpack(blocks[o, node]) for name, node in zip(wrt, nodes, strict=True)}
            for o in outputs
        ]

    def _derivative_error(self, run: Run, output: int, nodes: list[int]) -> DomainError:
        graph, algebra = run.graph, run.algebra
        active = graph.dependents(run.order, nodes)
        for seed in algebra.basis(run.values[output], 2):  # one component at a time
            error = blame_derivative(
                graph,
                run.order,
                run.values,
                {output: seed},
                active,
                algebra,
                algebra.is_finite,
                algebra.describe,
                self.function.text,
            )
            if error.span is not None:
                break
        return error

    def _refuse_kinks(self, outputs: list[int], nodes: list[int]) -> None:
        graph, run, algebra = self.function.graph, self.run, self.algebra
        active = graph.dependents(run.order, nodes)
        kink = find_kink(graph, run.order, run.values, outputs, active, algebra, algebra.is_true)
        if kink is not None:
            raise kink_error(graph, kink, run.values, algebra.describe, self.function.text)

    def directional(self, direction: Point, strict: bool) -> Any:
        """The derivative along a direction, in the shape of the value."""
        names = list(direction)
        nodes = self.function._nodes(names)
        if strict:
            self._refuse_kinks(self.function.outputs, nodes)
        seeds = {}
        for name, node in zip(names, nodes, strict=True):
            seed = self.algebra.pack(direction[name])
            shape = self.algebra.shape(self.run.values[node])
            if self.algebra.shape(seed) != shape:
                raise UsageError(f"the direction of '{name}' has not the shape of '{name}'")
            seeds[node] = seed
        found = directional(self.run, self.function.outputs, seeds)
        for output, t in zip(self.function.outputs, found, strict=True):
            if not self.algebra.is_finite(t):
                raise self._derivative_error(self.run, output, nodes)
        results = [self.algebra.unpack(t) for t in found]
        return results[0] if len(results) == 1 else results

    def hessian(self, wrt: list[str], mode: str, strict: bool) -> dict[str, dict[str, Any]]:
        """The Hessian by pairs of variables."""
        check_mode(mode)
        output = self.scalar_output()
        nodes = self.function._nodes(wrt)
        if strict:
            self._refuse_kinks([output], nodes)
        second, rows, blocks = hessian_blocks(self.run, output, nodes, mode)
        for row in rows:
            if not self.algebra.is_finite(second.values[row]):
                raise self._derivative_error(self.run, output, nodes)
            for node in nodes:
                if not self.algebra.is_finite(blocks[row, node]):
                    raise self._derivative_error(second, row, [node])
        return {
            a: {
                b: self.algebra.unpack(blocks[row, node])
                for b, node in zip(wrt, nodes, strict=True)
            }
            for a, row in zip(wrt, rows, strict=True)
        }


def check_mode(mode: str) -> None:
    """Raise UsageError for an unknown mode."""
    if mode not in MODES:
        hint = did_you_mean(mode, MODES) or "the modes are " + ", ".join(MODES)
        raise UsageError(f"unknown mode '{mode}'", hint)
