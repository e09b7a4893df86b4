"""The graph: an append-only arena of hash-consed nodes.

A node is a number. Its arguments were made before it, so increasing numbers are a topological
order and every walk is a plain loop: no recursion, no sorting.
"""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator
from itertools import compress
from threading import Lock
from typing import Any

from adcli.errors import LanguageError, Span
from adcli.graph.primitives import (
    CONSTANT,
    ELEMENTWISE,
    NAMED,
    NEGATIVE,
    PARAMETER,
    STATIC,
    VARIABLE,
    WHERE,
    Primitive,
)

MAX_NODES = 10_000_000
"""A program of a few lines can expand to more operations than memory holds; this is the limit."""


class Literal(float):
    """A number written with more digits than a float64 keeps; `text` has all of them."""

    text: str

    def __new__(cls, text: str) -> Literal:
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __repr__(self) -> str:
        return self.text

    def __neg__(self) -> Literal:
        return Literal(self.text[1:] if self.text[0] == "-" else f"-{self.text}")


class Graph:
    """Nodes as parallel lists: node i is primitive `ops[i]` of nodes `args[i]`.

    `attrs[i]` holds what is not a node: a constant's value, a variable's name, an axis, an index;
    None for most. `varying[i]` is 1 where the node depends on a variable. Equal nodes are one node.
    `constants` are the names of constants that the program's text uses, each with a place.
    """

    def __init__(self) -> None:
        self.ops: list[Primitive] = []
        self.args: list[tuple[int, ...]] = []
        self.attrs: list[Any] = []
        self.varying = bytearray()
        self.constants: dict[str, Span] = {}
        self._starts = array("Q")
        self._ends = array("Q")
        # Per primitive: the arguments (with the attribute, if any) of its nodes -> the node. Most
        # keys are the tuples that `args` holds anyway.
        self._known: dict[Primitive, dict[Any, int]] = {}
        # Threads that compute with one function may all make nodes of its derivatives.
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.ops)

    def node(
        self, op: Primitive, args: tuple[int, ...], attr: Any = None, span: Span = (0, 0)
    ) -> int:
        """The node `op(args)`, made if there is none; a known node keeps its first span.

        Minus a number is a number: there is one node for -2.
        """
        key = args if attr is None else (args, attr)
        known = self._known.get(op)
        if known is None:
            known = self._known[op] = {}
        number = known.get(key)
        if number is None:
            if op is NEGATIVE and self.ops[args[0]] is CONSTANT:
                number = self.constant(-self.attrs[args[0]], span)
            else:
                number = self._add(op, args, attr, span)
            known[key] = number
        return number

    def constant(self, value: float, span: Span = (0, 0)) -> int:
        """The node of a number. 0.0 and -0.0, equal for Python, are two nodes."""
        known = self._known.setdefault(CONSTANT, {})
        key = repr(value)
        number = known.get(key)
        if number is None:
            number = known[key] = self._add(CONSTANT, (), value, span)
        return number

    def named(self, name: str, span: Span = (0, 0)) -> int:
        """The node of a constant that every engine knows to its own precision: pi, e, tau, inf."""
        return self.node(NAMED, (), name, span)

    def variable(self, name: str, span: Span = (0, 0)) -> int:
        """The node of an input."""
        return self.node(VARIABLE, (), name, span)

    def variables(self) -> list[str]:
        """The names of all inputs that have a node."""
        return [name for _, name in self._known.get(VARIABLE, ())]

    def span(self, node: int) -> Span:
        """Where in the program's text the node was written."""
        return self._starts[node], self._ends[node]

    def place(self, node: int, span: Span) -> None:
        """Move the place of a node to `span`."""
        self._starts[node], self._ends[node] = span

    def _add(self, op: Primitive, args: tuple[int, ...], attr: Any, span: Span) -> int:
        with self._lock:
            number = len(self.ops)
            if number >= MAX_NODES:
                raise LanguageError(
                    f"the program expands to more than {MAX_NODES:,} operations",
                    "functions that call functions multiply; bind repeated parts to a name",
                    span=span,
                )
            varying = self.varying
            if len(args) == 2:
                varying.append(varying[args[0]] | varying[args[1]])
            elif args:
                varying.append(any(map(varying.__getitem__, args)))
            else:
                varying.append(op is VARIABLE or op is PARAMETER)
            self.ops.append(op)
            self.args.append(args)
            self.attrs.append(attr)
            self._starts.append(span[0])
            self._ends.append(span[1])
            return number

    def reach(self, nodes: Iterable[int]) -> list[int]:
        """All nodes that `nodes` depend on, themselves included, arguments before their users."""
        nodes = list(nodes)
        top = max(nodes, default=-1)
        mark = bytearray(top + 1)
        for node in nodes:
            mark[node] = 1
        args = self.args
        i = top
        while i >= 0:
            for a in args[i]:
                mark[a] = 1
            i = mark.rfind(1, 0, i)
        return list(compress(range(top + 1), mark))

    def reach_up_to(self, known: Container[int], node: int) -> list[int]:
        """What `node` depends on, itself included, but for `known` nodes and what is behind them;
        arguments before their users."""
        found: set[int] = set()
        waiting = [node]
        while waiting:
            i = waiting.pop()
            if i not in known and i not in found:
                found.add(i)
                waiting += self.args[i]
        return sorted(found)

    def dependents(self, order: list[int], sources: Iterable[int]) -> bytearray:
        """A flag for each node of the graph: whether it depends on one of `sources`."""
        flags = bytearray(len(self.ops))
        for node in sources:
            flags[node] = 1
        args = self.args
        for i in order:
            for a in args[i]:
                if flags[a]:
                    flags[i] = 1
                    break
        return flags

    def carries(self, order: Iterable[int], output: int, source: int) -> bool:
        """Whether a derivative flows from `source` to `output`, over the nodes of `order`.

        None does through floor, round, sign, comparisons and conditions: their derivatives are 0
        wherever there are any, so that a minimum cannot be found along them.
        """
        reached = {source}
        for i in order:
            if any(a in reached for a in self.moving(i)):
                reached.add(i)
        return output in reached

    def is_sloped(self, node: int) -> bool:
        """Whether a derivative flows to a node from any variable."""
        seen, todo = {node}, [node]
        while todo:
            i = todo.pop()
            if self.ops[i] is VARIABLE:
                return True
            found = set(self.moving(i)) - seen
            seen |= found
            todo += found
        return False

    def moving(self, i: int) -> Iterator[int]:
        """The arguments of a node that derivatives flow to."""
        return (a for _, a in self.moving_places(i))

    def moving_places(self, i: int) -> Iterator[tuple[int, int]]:
        """The arguments of a node that derivatives flow to, each with its place."""
        op = self.ops[i]
        for k, a in enumerate(self.args[i][: op.flows]):
            is_step = op.kind == ELEMENTWISE and op.partials[k] is None
            if not (is_step or op.kind == STATIC or (op is WHERE and k == 0)):
                yield k, a

    def affected(self, root: int, sources: Iterable[int]) -> list[int]:
        """The operations on the way from `sources` to `root`: what changes with them."""
        sources = list(sources)
        order = self.reach([root])
        flags = self.dependents(order, sources)
        return [i for i in order if flags[i] and i not in sources]

    def substitute(self, root: int, affected: Iterable[int], replaced: dict[int, int]) -> int:
        """The node `root` with some nodes replaced by others (a function's body at its call).

        `affected` are the operations that depend on what is replaced, from `affected`.
        """
        if all(old == new for old, new in replaced.items()):
            return root
        return self.replaced(affected, replaced).get(root, root)

    def replaced(self, affected: Iterable[int], replaced: dict[int, int]) -> dict[int, int]:
        """What becomes of nodes that are replaced, and of the `affected` operations on them."""
        new = dict(replaced)
        for i in affected:
            args = tuple([new.get(a, a) for a in self.args[i]])
            new[i] = self.node(self.ops[i], args, self.attrs[i], self.span(i))
        return new
