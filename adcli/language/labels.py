"""What a program calls its nodes: the names that it binds, and the calls of its functions.

A program is read once more for them, by a builder that takes notes, so that whoever only computes
pays nothing. The same text gives the same nodes: the notes hold for the first graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from adcli.errors import Span
from adcli.graph.graph import Graph
from adcli.language.builder import Builder
from adcli.language.names import Signature, StatementValue, UserFunction
from adcli.language.parser import Parser

MAX_INNER = 100
"""Calls that the body of a function makes, directly and within others, of which names are noted:
calls within calls multiply."""


class UserCall(NamedTuple):
    """A call of a function of the program: its name, the nodes of its arguments and its result."""

    name: str
    arguments: tuple[int, ...]
    node: int


class Labels(NamedTuple):
    """The names of a program in the order of its text.

    bound      names of values: (name, node); a name that is bound again is there again
    calls      calls, outer ones before those that they make; each different one once
    functions  names of the functions that the program defines
    numbers    numbers that the text has in one place, so that a name of one means this place
    """

    bound: list[tuple[str, int]]
    calls: list[UserCall]
    functions: list[str]
    numbers: frozenset[int] = frozenset()

    def name_of(self, node: int) -> str | None:
        """The first name that is bound to a value; None for one without a name."""
        return next((name for name, bound in self.bound if bound == node), None)


def find_labels(parser: Parser, text: str, form: str = "value") -> Labels:
    """The names of a program whose text is known to be one; `form` as in `build_program`."""
    builder = LabellingBuilder(text, form=form)
    last: StatementValue = parser.parse(text, builder)
    if last.defined is not None:
        builder.program_of(*last.defined)
    once = frozenset([node for node, count in builder.places.items() if count == 1])
    return Labels(builder.given, list(builder.calls), list(builder.functions), once)


class LabellingBuilder(Builder):
    """Notes names and calls; the calls in a function's body are those of each of its calls."""

    def __init__(self, text: str, graph: Graph | None = None, form: str = "value") -> None:
        super().__init__(text, graph, form)
        self.given: list[tuple[str, int]] = []
        self.calls: dict[UserCall, None] = {}
        self.places: Counter[int] = Counter()
        self._outside: dict[UserCall, None] = {}
        self._within: dict[str, dict[UserCall, None]] = {}

    def assign(self, span: Span, node: int) -> None:
        super().assign(span, node)
        self.given.append((self.written(span), node))

    def _number(self, text: str, span: Span) -> int:
        node = super()._number(text, span)
        self.places[node] += 1
        return node

    def open_signature(self, name: Span, _: Span, arguments: list[Any], __: Span) -> Signature:
        self._outside, self.calls = self.calls, {}
        return super().open_signature(name, _, arguments, __)

    def define(self, signature: Signature, _: Span, value: Any) -> StatementValue:
        statement = super().define(signature, _, value)
        self._within[signature.name] = dict(islice(self.calls.items(), MAX_INNER))
        self.calls = self._outside
        return statement

    def program_of(self, function: UserFunction, places: list[Span]) -> tuple[int, list[int]]:
        result, variables = super().program_of(function, places)
        (name,) = [name for name, known in self.functions.items() if known is function]
        self._note(name, function, variables, result)
        return result, variables

    def _call_user(self, name: str, user: UserFunction, arguments: list[Any], span: Span) -> int:
        result = super()._call_user(name, user, arguments, span)
        self._note(name, user, [self.resolve(a) for a in arguments], result)
        return result

    def _note(self, name: str, user: UserFunction, values: Iterable[int], result: int) -> None:
        """Note a call, and those that the body makes in it."""
        replaced = dict(zip(user.parameters, values, strict=True))
        self.calls[UserCall(name, tuple(replaced.values()), result)] = None
        if self._within[name]:
            new = self.graph.replaced(user.affected, replaced)
            for inner, arguments, node in self._within[name]:
                values = tuple([new.get(a, a) for a in arguments])
                self.calls[UserCall(inner, values, new.get(node, node))] = None
