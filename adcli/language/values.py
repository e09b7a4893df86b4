"""What the builder's rules hand to each other where it is not a node."""

from __future__ import annotations

from typing import Any, NamedTuple

from adcli.errors import Span


class Named(NamedTuple):
    """A named argument of a call: `axis=0`."""

    name: str
    value: Any
    span: Span


class QuotedText(NamedTuple):
    """A text in quotes."""

    value: str
    span: Span


class Slice(NamedTuple):
    """A slice in an index; bounds are nodes, spans of names, or None."""

    bounds: tuple[Any, ...]


class Chain(NamedTuple):
    """Comparisons one after the other: what they amount to, and the operand that comes next."""

    node: int
    last: int


class Signature(NamedTuple):
    """The head of a function's definition: its name and its parameters with their nodes."""

    name: str
    parameters: dict[str, int]
    hidden: dict[str, int | None]
    places: list[Span]


class StatementValue(NamedTuple):
    """The value of a statement: the nodes of its expressions; `bound` if it binds a name, and
    `defined` if that is a function's: the function, and where its parameters stand."""

    nodes: list[int]
    bound: bool
    defined: tuple[UserFunction, list[Span]] | None = None


class UserFunction(NamedTuple):
    """A function defined in the program; `affected` are the body's operations on parameters."""

    names: list[str]
    parameters: list[int]
    body: int
    affected: list[int]
