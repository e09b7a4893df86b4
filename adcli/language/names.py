"""Names: what a name in the text means where it stands; and what the builder's rules hand to each
other where it is not a node."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from adcli.errors import LanguageError, Span
from adcli.graph.constants import CONSTANTS
from adcli.graph.graph import Graph
from adcli.graph.library import is_function, is_taken
from adcli.graph.reserved import RESERVED
from adcli.language.messages import unquoted


class UserFunction(NamedTuple):
    """A function defined in the program; `affected` are the body's operations on parameters."""

    names: list[str]
    parameters: list[int]
    body: int
    affected: list[int]


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


class Scope:
    """The names of one program, from the first statement to the one that is being read."""

    def __init__(self, text: str, graph: Graph, form: str = "value") -> None:
        """`form` is what calls take from the rows of compound functions (`build_program`)."""
        self.text = text
        self.form = form
        self.graph = graph
        self.names: dict[str, int] = {}
        self.bound: set[str] = set()
        self.functions: dict[str, UserFunction] = {}
        self.defining = ""
        """The name of the function whose body is being read."""
        self._ascii = text.isascii()
        self._first: dict[int, int] = {}  # variables: where they stand first

    @staticmethod
    def key(name: str, quoted: bool) -> str:
        """Under which name a name is known: `pi` in backticks is another than pi."""
        if quoted and is_taken(name):
            return f"`{name}`"
        return name

    def error(self, message: str, span: Span, hint: str | None = None) -> LanguageError:
        """A LanguageError at a place of this program."""
        return LanguageError(message, hint, span=span, text=self.text)

    def written(self, span: Span) -> str:
        """A name as written, normalised (NFKC), without backticks."""
        text = self.text[span[0] : span[1]]
        if text[0] == "`":
            text = unquoted(text)
            if not text:
                hint = "for example `my column`"
                raise self.error("a name in backticks needs at least one character", span, hint)
            return text
        if self._ascii:
            return text
        name = unicodedata.normalize("NFKC", text)
        if not name.isidentifier() and not name.replace("̂", "").isidentifier():
            raise self.error(f"'{text}' is not a name", span, "names start with a letter or _")
        return name

    def resolve(self, value: Any) -> int:
        """The node of an operand: names are looked up at their first use."""
        if type(value) is int:
            return value
        if type(value) is not tuple:
            raise self.error("text in quotes is for einsum only", value.span)
        known = self.names.get(self.text[value[0] : value[1]])
        if known is None:
            return self.look_up(value)
        if value[0] < self._first.get(known, 0):
            self._place(known, value)
        return known

    def _place(self, node: int, span: Span) -> None:
        """Keep where a variable stands first: in `y + x*y` the second y is looked up before."""
        self._first[node] = span[0]
        self.graph.place(node, span)

    def look_up(self, span: Span) -> int:
        """The node of a name that is read for the first time as it is written here."""
        name = self.written(span)
        quoted = self.text[span[0]] == "`"
        key = self.key(name, quoted)
        node = self.names.get(key)
        if node is None and not quoted:
            if name in CONSTANTS:
                node = self.graph.named(CONSTANTS[name], span)
                self.graph.constants.setdefault(name, span)
            elif name in self.functions or name in RESERVED:
                raise self.error(f"'{name}' is a function", span, self._call_hint(name, span))
        if node is None:
            node = self.names[key] = self.graph.variable(name, span)
            self._first[node] = span[0]
        elif span[0] < self._first.get(node, 0):
            self._place(node, span)
        if key not in self.bound:
            self.names[self.text[span[0] : span[1]]] = node
        return node

    def _call_hint(self, name: str, span: Span) -> str:
        """How to call a function that stands without its argument; how to write sin^2(x)."""
        if re.compile(r"\s*(?:\^|\*\*)\s*\(?\s*[-−]").match(self.text, span[1]):
            return self.inverse_hint(name)
        power = re.compile(r"\s*(?:\^|\*\*)\s*(\w++)\s*[\w(]").match(self.text, span[1])
        if power is not None:
            return f"the power goes behind the argument: {name}(x)^{power.group(1)}"
        return f"call it: {name}(x); a variable of this name goes in backticks: `{name}`"

    def inverse_hint(self, name: str) -> str:
        """What sin⁻¹ may mean."""
        from adcli.language.hints import INVERSES

        inverse = f"its inverse is {INVERSES[name]}(...), " if name in INVERSES else ""
        return f"{inverse}its reciprocal is 1/{name}(...)"

    def assign(self, span: Span, node: int) -> None:
        """Bind a name to a node from here on."""
        name = self.written(span)
        quoted = self.text[span[0]] == "`"
        if not quoted:
            self.refuse_taken(name, span)
        key = self.key(name, quoted)
        self.names[key] = node
        self.bound.add(key)
        self.names[self.text[span[0] : span[1]]] = node

    def refuse_taken(self, name: str, span: Span) -> None:
        """Raise LanguageError for the name of a constant or a function."""
        if name in self.functions or is_taken(name):
            what = "constant" if name in CONSTANTS else "function"
            hint = f"choose another name, or write `{name}` in backticks"
            raise self.error(f"'{name}' is a {what} and cannot be bound", span, hint)

    def is_function(self, name: str) -> bool:
        """Whether a name is that of a function here."""
        return name in self.functions or is_function(name)

    def unknown_function(self, written: str, span: Span, arguments: int) -> LanguageError:
        """The error for a name that is called and is no function."""
        from adcli.language.hints import DERIVATIVE, unknown_function_hint

        if written in self.names or written in CONSTANTS:
            what = "constant" if written in CONSTANTS else "variable"
            hint = f"write * to multiply: {written}*(...)"
            if written in self.bound:
                hint += f"; a function has its parameters: {written}(x) = ..."
            return self.error(f"'{written}' is a {what}, no function", span, hint)
        if written == self.defining:
            hint = "there is no recursion; a function knows those defined before it"
            return self.error(f"'{written}' cannot call itself", span, hint)
        if re.fullmatch(r"d[^\W\d]", written) and self.text[: span[0]].rstrip()[-2:] == "d/":
            hint = DERIVATIVE
        else:
            behind = self.text[span[1] : span[1] + 200]
            hint = unknown_function_hint(written, self.functions, arguments, behind)
        return self.error(f"unknown function '{written}'", span, hint)
