"""Simplification of formulas that are read: as short as a computer algebra system writes them.

`adcli.graph.simplify` keeps the range of float64 and the domain; here formulas are equal in real
arithmetic wherever the original is defined, no more. Where the simplified one is defined elsewhere
too (x/x is 1), a condition says so. What is printed computes the same, but for the digits that
textbook forms lose: 1 - tanh(x)^2 is 0 where sech(x)^2 is 1e-17.

Sums and products that several nodes use are taken apart if they are short: the walk stays linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from adcli.graph.axes import Shape
from adcli.graph.exact import Number
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    LINEAR,
    MAXIMUM,
    MINIMUM,
    MULTILINEAR,
    MULTIPLY,
    NEGATIVE,
    POWER,
    PRIMITIVES,
    Primitive,
)
from adcli.graph.readable_factors import (
    ABS,
    DEFINED,
    EXP,
    NOT_NEGATIVE,
    NOT_ZERO,
    SQRT,
)
from adcli.graph.readable_sums import ReadableSums
from adcli.graph.simplify import simplify
from adcli.graph.simplify_nodes import OUTCOMES
from adcli.graph.structure import INDEX, MATMUL, SUM

LONGEST = 3000
"""Operations, written out, of a formula that is not read: it is simplified as for computing."""

_DEEPEST = 20
"""Functions of functions of which an element is taken inside."""

_MAX_PASSES = 8
_SCATTER, _EINSUM, _EYE, _TRANSPOSE, _SOLVE = (
    PRIMITIVES[name] for name in ("scatter", "einsum", "eye", "transpose", "solve")
)
_LENGTHS = {"norm", "hypot", "std"}
"""Functions with a kink where they are 0, which their powers and products do not have."""
_ODD = {"sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "cbrt", "sign"}
_ODD |= {"cot", "csc", "csch", "coth"}

_INVERSES = {
    "log": ("exp",),
    "log1p": ("expm1",),
    "expm1": ("log1p",),
    **{f: (f"a{f}",) for f in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "asinh": ("sinh",),
    "atanh": ("tanh",),
    "sigmoid": ("logit",),
    "logit": ("sigmoid",),
}
"""Functions, and those whose values they take back to the argument."""

_OPPOSITES = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
}

Conditions = set[tuple[int, int]]
"""Nodes, and what is asked of each: NOT_ZERO, NOT_NEGATIVE and DEFINED are bits."""


def to_be_read(
    graph: Graph,
    nodes: Iterable[int],
    shapes: Mapping[str, Shape] | None = None,
    walk_over: Callable[..., Readable] | None = None,
) -> tuple[list[int], list[Conditions]]:
    """Nodes equal to `nodes` wherever these are defined, as short as they get.

    `shapes` are those of the variables (absent: scalar). Beside it, for each result, what `nodes`
    ask for and it does not: where that fails it has a value all the same. `walk_over` makes each
    walk, as the class of walks does.
    """
    current = list(nodes)
    lost: list[Conditions] = [set() for _ in current]
    if _is_long(graph, current):
        return simplify(graph, current, shapes), lost
    decimals = _has_decimals(graph, current)
    for _ in range(_MAX_PASSES):
        walk = (walk_over or Readable)(graph, current, shapes or {}, decimals=decimals)
        found = walk.run()
        if walk.lost:
            gathered = _gathered(graph, walk.order, walk.lost)
            for conditions, node in zip(lost, current, strict=True):
                conditions |= gathered[node]
        if found == current:
            break
        current = found
    return current, lost


def _is_long(graph: Graph, nodes: list[int]) -> bool:
    """Whether a formula has more operations, written out, than anybody reads."""
    sizes: dict[int, int] = {}
    for i in graph.reach(nodes):
        args = graph.args[i]
        sizes[i] = min(LONGEST, 1 + sum([sizes[a] for a in args])) if args else 0
    return any(sizes[node] == LONGEST for node in nodes)


def _gathered(
    graph: Graph, order: list[int], stated: Mapping[int, Conditions]
) -> dict[int, Conditions]:
    """By node what is stated of it and of what it is made of. Few conditions: sets are shared."""
    found: dict[int, Conditions] = {}
    for i in order:
        sets = {id(s): s for s in [found[a] for a in graph.args[i]] if s}
        own = stated.get(i)
        if own:
            sets[id(own)] = own
        found[i] = (
            set().union(*sets.values()) if len(sets) > 1 else next(iter(sets.values()), set())
        )
    return found


def still_lost(graph: Graph, node: int, lost: Conditions, program: int) -> Conditions:
    """The conditions without those that the formula `node` asks for in another place, each node
    once; and without a length that is only 0 where its own derivative, not the program's, has a
    kink: norm(x)^2. Nor does x^(n - 1) divide by x, though it is the same as x^n/x."""
    if not lost:
        return lost
    asked = _asked(graph, node)
    powers = {graph.args[i][0] for i in graph.reach([program]) if graph.ops[i] is POWER}
    divisors = {i for i, c in _asked(graph, program).items() if c & NOT_ZERO}
    names = {graph.ops[i].name for i in divisors}
    left: dict[int, int] = {}
    for base, condition in lost:
        if graph.ops[base].name in _LENGTHS - names or base in powers - divisors:
            condition &= ~NOT_ZERO
        left[base] = left.get(base, 0) | condition & ~asked.get(base, 0)
    return {(base, condition) for base, condition in left.items() if condition}


def _asked(graph: Graph, node: int) -> dict[int, int]:
    """What a formula asks of its divisors and of what it takes roots and logarithms of."""
    asked: dict[int, int] = {}
    for i in graph.reach([node]):
        op, args = graph.ops[i], graph.args[i]
        if (k := op.positive_input) is not None:
            asked[args[k]] = asked.get(args[k], 0) | NOT_ZERO | NOT_NEGATIVE
        elif op is SQRT:
            asked[args[0]] = asked.get(args[0], 0) | NOT_NEGATIVE
        elif op is DIVIDE:
            for divisor in _factors(graph, args[1]):
                asked[divisor] = asked.get(divisor, 0) | NOT_ZERO
        asked[i] = asked.get(i, 0) | DEFINED
    return asked


def _factors(graph: Graph, node: int) -> set[int]:
    """The nodes of which none is 0 where a node is not."""
    found, waiting = {node}, [node]
    while waiting:
        i = waiting.pop()
        if graph.ops[i] in (MULTIPLY, POWER, SQRT, DIVIDE, ABS, NEGATIVE):
            new = set(graph.args[i][: 1 if graph.ops[i] in (POWER, DIVIDE) else 2]) - found
            found |= new
            waiting += new
    return found


def _has_decimals(graph: Graph, nodes: list[int]) -> bool:
    """Whether a number with a decimal point is in the formulas: then halves are 0.5."""
    return any(
        graph.ops[i] is CONSTANT and not float(graph.attrs[i]).is_integer()
        for i in graph.reach(nodes)
    )


class Readable(ReadableSums):
    """One walk over everything below the outputs."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self._pairs: set[tuple[int, int]] = set()
        super().__init__(*given, **options)

    def is_own(self, node: int) -> bool:
        """Everything may be taken apart."""
        return True

    def comes_first(self, x: int, y: int) -> bool:
        """A pair stays as it is first written."""
        if (y, x) in self._pairs:
            return False
        self._pairs.add((x, y))
        return True

    def function_of(self, op: Primitive, args: list[int]) -> int:
        """A function of simplified arguments."""
        if len(args) == 1:
            found = self._of_one(op, args[0])
            if found is not None:
                return found
        found = super().function_of(op, args)
        return self.product(1, ((found, (1,)),)) if op is EXP else found

    def compare(self, op: Primitive, x: int, y: int) -> int:
        """A comparison. max(x, 0) > 1 is x > 1, as is min(x, 2) > 1."""
        graph, limit = self.graph, self.number(y)
        if graph.ops[x] in (MAXIMUM, MINIMUM) and limit is not None and len(graph.args[x]) == 2:
            inner, bound = graph.args[x]
            number = self.number(bound)
            low, high = (number, limit) if graph.ops[x] is MAXIMUM else (limit, number)
            if low is not None and high is not None and low < high:
                return self.compare(op, inner, y)
        return super().compare(op, x, y)

    def choose(self, condition: int, a: int, b: int) -> int:
        """A choice. where(x >= 1, 0, x > 0) is (x < 1)*(x > 0)."""
        graph = self.graph
        opposite = _OPPOSITES.get(graph.ops[condition].name)
        if opposite and self.number(b) == 0 and graph.ops[a] in OUTCOMES:
            return self.product(1, ((a, (1,)), (condition, (1,))))
        if opposite and self.number(a) == 0 and graph.ops[b] in OUTCOMES:
            other = self.compare(PRIMITIVES[opposite], *graph.args[condition])
            return self.product(1, ((b, (1,)), (other, (1,))))
        return super().choose(condition, a, b)

    def _of_one(self, op: Primitive, x: int) -> int | None:
        if op is SQRT:
            return self.product(1, ((x, (Fraction(1, 2),)),))
        if self.number(x) is not None:
            return None
        inside = self.graph.ops[x].name
        if inside in _INVERSES.get(op.name, ()):
            (found,) = self.graph.args[x]
            if self.graph.ops[x].domain != "all numbers":
                self.lose(x, DEFINED)
            return found
        c, factors = self.split(x)
        if op is ABS:
            return self._absolute(x, c)
        if c < 0 and (op.even or op.name in _ODD):
            positive = self.function_of(op, [self.product(-c, factors)])
            return positive if op.even else self.product(-1, ((positive, (1,)),))
        return None

    def _absolute(self, x: int, c: Any) -> int | None:
        if self.sign_of(x) or self.graph.ops[x] is ABS:
            return x
        if c == 1:
            return None
        return self.product(abs(c), ((self.function_of(ABS, [self.rest(x)]), (1,)),))

    def power_of(self, x: int, y: int) -> int:
        """A power of simplified nodes."""
        exponent, base = self.number(y), self.number(x)
        if base == 1 and self.is_total(y):
            return x
        if exponent is None:
            return self.product(1, ((self.node(POWER, x, y), (1,)),))
        if exponent == 0:
            if not self.is_total(x):
                self.lose(x, DEFINED)
            return self.product(1, ())
        return self.product(1, ((x, (exponent,)),))

    def structural_of(self, i: int, op: Primitive, args: list[int]) -> int:
        """An operation on arrays. Beside numbers, scalar factors go in front of a linear one."""
        single = op.kind == LINEAR and len(args) == 1
        if self.shaped and (single or op.kind == MULTILINEAR):
            front: list[tuple[int, tuple[Number, ...]]] = []
            inner = [self._without_scalars(a, front) for a in args]
            if op is _EINSUM:
                front += [(a, (1,)) for a in inner if self._is_symbol(a)]
                inner = [self.constant(1) if self._is_symbol(a) else a for a in inner]
            if front:
                node = super().structural_of(i, op, inner)
                return self.product(1, (*front, (self.bare(node), (1,))))
        return super().structural_of(i, op, args)

    def rearranged(
        self, op: Primitive, args: list[int], attr: Any, shape: Shape
    ) -> tuple[Number, int]:
        """As for formulas to be computed; and exp(v)[0] is exp(v[0]), sum(a*scatter(v, place)) is
        sum(a[place]*v), sum(A*eye(n)) is trace(A), and A @ eye(n) is A."""
        if op is INDEX and self.graph.ops[args[0]].kind == ELEMENTWISE:
            return 1, self._element(args[0], attr)
        if op is SUM and shape == () and self.shape(args[0]):
            scattered = self._scattered(args[0])
            if scattered is not None:
                return self.rearranged(op, [scattered[0]], None, shape)
            diagonal = self._without_unit(args[0])
            if diagonal is not None:
                return 1, self.node(_EINSUM, diagonal, attr="ii->")
        if op is _TRANSPOSE and self._is_unit(args[0]):
            return 1, args[0]
        if op is _SOLVE:  # linear in what stands on the right
            c, _ = self.split(args[1])
            return c, self.node(op, args[0], self.rest(args[1]), attr=attr)
        if op is MATMUL:
            for unit, other in (args, args[::-1]):
                if self._is_unit(unit):
                    return 1, other
        if op is _EINSUM and attr == "ii->" and self.graph.ops[args[0]] is _TRANSPOSE:
            args = list(self.graph.args[args[0]])
        return super().rearranged(op, args, attr, shape)

    def _is_unit(self, node: int) -> bool:
        return self.graph.ops[node] is _EYE and len(set(self.shape(node))) == 1

    def _without_unit(self, x: int) -> int | None:
        """The factors beside a unit matrix, which takes their diagonal."""
        c, factors = self.split(x)
        units = [f for f in factors if self._is_unit(f[0]) and f[1] == (1,)]
        others = tuple([f for f in factors if f not in units])
        if len(units) != 1 or not others:
            return None
        rest = self.product(c, others)
        (rest,) = self.graph.args[rest] if self.graph.ops[rest] is _TRANSPOSE else (rest,)
        return rest if self.shape(rest) == self.shape(x) else None

    def product_at(self, top: int) -> int:
        """A product; where it is 0 but for some places, of their elements alone."""
        node = super().product_at(top)
        scattered = self._scattered(node) if self.shaped and self.shape(node) else None
        if scattered is None:
            return node
        elements, attr = scattered
        return self.node(_SCATTER, elements, attr=attr)

    def _scattered(self, x: int) -> tuple[int, Any] | None:
        """What a product is where it is not 0 because of a factor that is, and the attribute that
        says where."""
        graph, (c, factors) = self.graph, self.split(x)
        for k, (base, exponents) in enumerate(factors):
            if graph.ops[base] is not _SCATTER or exponents != (1,):
                continue
            key, shape = graph.attrs[base]
            others = [*factors[:k], *factors[k + 1 :]]
            if any(self.shape(b) not in ((), shape) for b, _ in others):
                return None
            taken: list[tuple[int, tuple[Number, ...]]] = [(graph.args[base][0], exponents)]
            taken += [(self._element(b, key), x_b) for b, x_b in others]
            return self.product(c, tuple(taken)), graph.attrs[base]
        return None

    def _element(self, node: int, key: Any, depth: int = 0) -> int:
        """Elements of an array; those of a function are the function of elements."""
        op = self.graph.ops[node]
        shape = self.shape(node)
        if shape == ():
            return node
        args = self.graph.args[node]
        is_own = op.kind == ELEMENTWISE and all(self.shape(a) in ((), shape) for a in args)
        if is_own and depth < _DEEPEST:
            return self.node(op, *[self._element(a, key, depth + 1) for a in args])
        return self.node(INDEX, node, attr=key)

    def _is_symbol(self, node: int) -> bool:
        """Whether a node is a scalar other than a number."""
        return self.shape(node) == () and self.number(node) is None

    def _without_scalars(self, node: int, front: list[tuple[int, tuple[Number, ...]]]) -> int:
        """An array without the factors that are numbers, which go to the front."""
        if not self.shape(node):
            return node
        c, factors = self.split(node)
        scalars = [f for f in factors if self.shape(f[0]) == ()]
        rest = tuple([f for f in factors if f not in scalars])
        if not scalars or self.shape(left := self.product(c, rest)) != self.shape(node):
            return node
        front += scalars
        return left

    def _rewrite(self, i: int) -> int:
        self.at = i
        return super()._rewrite(i)
