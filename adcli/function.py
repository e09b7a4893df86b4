"""The Python API: a function read from text, its values and its derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from adcli.ad.symbolic import gradient_nodes, tangent_node
from adcli.ad.tasks import Task
from adcli.engines.point import Point, PointResults, Results, compute_point, sweep_point
from adcli.errors import UsageError
from adcli.given import check_kinds
from adcli.graph.axes import Shape
from adcli.graph.primitives import VARIABLE
from adcli.graph.program import Program
from adcli.language import labels_of, parse

if TYPE_CHECKING:
    from adcli.engines.rows import Batch
    from adcli.language.labels import Labels

HARD_TWICE = ("norm", "std", "logsumexp", "softmax", "abs", "hypot", "|")
"""What has another form where the derivative is differentiated again; bars are abs."""
SHORT_NODES, SHORT_TEXT = 100, 200
"""Nodes and characters up to which a function is shown as its program."""


def function(text: str) -> Function:
    """The function that a program in adcli's language means.

    Raises LanguageError, with the place, for a text that is not a program.

    >>> function("x1*x2 + sin(x1)").variables
    ('x1', 'x2')
    """
    if not isinstance(text, str):
        raise UsageError(f"a program is a text, not {type(text).__name__}", "function('x^2')")
    program = parse(text)
    found = Function(program.graph, program.outputs, text, program.kept)
    found.is_written = True
    return found


def as_function(f: Function | str) -> Function:
    """The function that a caller gives, maybe as its program."""
    return f if isinstance(f, Function) else function(f)


class Function(Program):
    """A function of named variables, with one result or several.

    Variables may be scalars, vectors or matrices; what they are is known when a point is given.
    """

    is_written = False
    """Whether `text` is its program, not that of a function that it is the derivative of."""

    @cached_property
    def twice(self) -> Function:
        """The same function in the form whose derivatives keep their digits when they are
        differentiated again, as matrices of derivatives and `derivative` need it; itself where
        there is no other."""
        return self._in_form("twice") if any(x in self.text for x in HARD_TWICE) else self

    @cached_property
    def shown(self) -> Function:
        """The same function for formulas that are read: of its text, each function one node; itself
        where it is not what its text says."""
        return self._in_form("shown")

    def _in_form(self, form: str) -> Function:
        if not self.is_written:
            return self
        program = parse(self.text, form=form)
        return Function(program.graph, program.outputs, self.text, program.kept)

    @cached_property
    def labels(self) -> Labels:
        """What its program calls its nodes: the names that it binds, the calls of its functions.
        There are none for a derivative, or where the text has no definition."""
        has_some = self.is_written and "=" in self.text
        found: Labels = labels_of(self.text if has_some else "0")
        return found

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

    def sparse_hessian(
        self, point: Point, *, wrt: Iterable[str] | None = None
    ) -> tuple[float, Any]:
        """The value and the Hessian by all numbers of the variables, one behind the other, as a
        scipy.sparse.csr_matrix: the elements that may not be 0, as the graph says.

        Raises UsageError where there are so many that the matrix is not sparse.
        """
        from adcli.engines.sparse.at_point import sparse_hessian_at

        return sparse_hessian_at(self.twice, point, self.names(wrt))

    def derivative(self, variable: str, shapes: Mapping[str, Shape] | None = None) -> Function:
        """The derivative with respect to one variable, as a Function of the same variables.

        `shapes` are those of the variables that are not scalars. For a scalar function of an array
        the derivative has the array's shape.
        """
        check_kinds(shapes=shapes)
        self.nodes(shapes or ())
        if self.twice is not self:
            return self.twice.derivative(variable, shapes)
        (node,) = self.nodes([variable])
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

        names = self.names(wrt)
        task = Task("gradient", mode, names) if names or wrt is None else Task("value")
        return map_rows(self, columns, task, engine, on_error)

    # ---- inside ----

    def at(
        self, point: Point, task: Task, engine: str = "auto", precision: int | None = None
    ) -> Results:
        """The checked results of a task at one point."""
        return compute_point(self, point, task, engine, precision)

    def swept(
        self, point: Point, task: Task, engine: str = "auto", precision: int | None = None
    ) -> PointResults:
        """The checked results of a task at one point by sweeps, which have all values between."""
        return sweep_point(self, point, task, engine, precision)
