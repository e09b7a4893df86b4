"""Update rules in symbols and in numbers, read off the rules themselves.

A rule runs on nodes of a graph, as it does to be compiled; what it computes is printed with names
for its operands, or with their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from adcli.descent.stepper import Stepper
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, NEGATIVE, SUBTRACT
from adcli.graph.symbols import Expression, Symbols
from adcli.language.text import to_text
from adcli.report.numbers import bracketed

STATES = {
    **dict.fromkeys(("momentum", "nesterov"), "b"),
    **dict.fromkeys(("adagrad", "rmsprop"), "s"),
    "adadelta": "sd",
    **dict.fromkeys(("adam", "adamw"), "mvpq"),
    "amsgrad": "mvpqh",
    "nadam": "mvpqrw",
    "lion": "m",
}
"""Method -> the letters of the numbers that its rule remembers, in order."""


class RuleLine(NamedTuple):
    """`b ← 0.9·b + g`: what gets a value, and the node of it."""

    target: str
    node: int


class WrittenRule:
    """A rule as lines: what is remembered, then the point, then what is remembered until the next.

    x is a number of the point, g the gradient in it, rate the learning rate. Letters that `taken`
    has get an underscore.
    """

    def __init__(self, stepper: Stepper, taken: Collection[str] = ()) -> None:
        self.graph = graph = Graph()
        symbols = Symbols(graph)
        letters = STATES.get(stepper.method, "")
        self.letters = [x + "_" * (x in taken) for x in letters]
        rule = stepper.rule(symbols)
        point, gradient, rate, *state = (
            symbols.of(graph.variable(name, (0, 0))) for name in ("x", "g", "rate", *self.letters)
        )
        change, new = rule.step(gradient, tuple(state), rate)
        moved = point
        if stepper.decay and rule.decoupled:
            moved = point - (rate * stepper.decay) * point
        self.leaves = [x.node for x in (point, gradient, rate, *state)]
        found = [symbols.expression(x).node for x in new]
        self.moved = self._difference(symbols, moved, change).node
        early = self._early([x.node for x in state], found)
        lines = [RuleLine(x, node) for x, node in zip(self.letters, found, strict=True)]
        before = [line for line, is_early in zip(lines, early, strict=True) if is_early]
        after = [line for line, is_early in zip(lines, early, strict=True) if not is_early]
        self.lines = [*before, RuleLine("x", self.moved), *after]
        self._known = {line.node: line.target for line in before}
        self._constants = {  # 1 - 0.9 is 0.1 to its reader
            i: f"{graph.attrs[i]:.6g}" for i in range(len(graph)) if graph.ops[i] is CONSTANT
        }

    def _difference(self, symbols: Symbols, moved: Expression, change: Expression) -> Expression:
        """The point and its change, as a difference where the change is minus something."""
        if self.graph.ops[change.node] is NEGATIVE:
            (inner,) = self.graph.args[change.node]
            return symbols.apply(SUBTRACT, moved, symbols.of(inner))
        return moved + change

    def _early(self, old: Sequence[int], new: Sequence[int]) -> list[bool]:
        """Whether each remembered number may be replaced before the point moves: what moves it
        does not use the old one any more."""
        early = [True] * len(old)
        while True:
            known = {node for node, is_early in zip(new, early, strict=True) if is_early}
            used, open_nodes = set(), [self.moved]
            while open_nodes:
                node = open_nodes.pop()
                used.add(node)
                if node not in known:
                    open_nodes += [j for j in self.graph.args[node] if j not in used]
            late = [e and node in used for e, node in zip(early, old, strict=True)]
            if not any(late):
                return early
            early = [e and not x for e, x in zip(early, late, strict=True)]

    def in_symbols(self) -> list[str]:
        """The lines with names: `x ← x - rate·b`."""
        return [f"{line.target} ← {self._text(line, {}, self._known)}" for line in self.lines]

    def in_numbers(
        self, values: Sequence[float], results: Mapping[str, float], show: Callable[[Any], str]
    ) -> list[tuple[str, str]]:
        """The lines with numbers: what gets a value, and `2 - 0.01·12`.

        `values` are x, g, the rate and what is remembered, `results` the new values by name.
        """
        numbers = {node: bracketed(show(x)) for node, x in zip(self.leaves, values, strict=True)}
        known = {node: bracketed(show(results[x])) for node, x in self._known.items()}
        return [(line.target, self._text(line, numbers, known)) for line in self.lines]

    def _text(self, line: RuleLine, numbers: Mapping[int, str], known: Mapping[int, str]) -> str:
        names = {**self._constants, **numbers}
        names.update({node: x for node, x in known.items() if node != line.node})
        return to_text(self.graph, line.node, names=names).replace("*", "·")
