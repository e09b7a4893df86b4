"""From reductions to the graph: what each rule of grammars/expression.lark means.

Methods are named like the grammar's aliases and get every child of the rule. The value of a token,
and so of a name that nothing has used yet, is its span; the value of an expression is its node.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from adcli.errors import LanguageError, Span
from adcli.graph.graph import Graph, Literal
from adcli.graph.library import ALIASES, LIBRARY, REQUIRED, LibraryFunction
from adcli.graph.primitives import (
    ADD,
    CONSTANT,
    DIVIDE,
    MULTIPLY,
    NEGATIVE,
    PARAMETER,
    POWER,
    PRIMITIVES,
    SUBTRACT,
    Primitive,
)
from adcli.graph.structure import INDEX, MATMUL, STACK, ShapeError
from adcli.graph.symbolic import Expression, Symbols
from adcli.language.suggestion import did_you_mean

CONSTANTS = {"pi": "pi", "π": "pi", "tau": "tau", "e": "e", "inf": "inf"}
COMPARISONS = {
    "<": "less",
    "<=": "less_equal",
    "≤": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "≥": "greater_equal",
    "==": "equal",
    "!=": "not_equal",
    "≠": "not_equal",
}
MAX_EXPANSION = 2_000_000
"""Operations of a program whose functions are written out at every call; more fill the memory."""

OTHER_NAMES = {
    "pow": "a power is x^y",
    "power": "a power is x^y",
    "factorial": "a factorial is gamma(n + 1)",
    "fact": "a factorial is gamma(n + 1)",
    "tg": "the tangent is tan(x)",
    "ctg": "the cotangent is cot(x)",
    "cosec": "the cosecant is csc(x)",
    "sh": "the hyperbolic sine is sinh(x)",
    "ch": "the hyperbolic cosine is cosh(x)",
    "th": "the hyperbolic tangent is tanh(x)",
    "lg": "the logarithm to base 10 is log10(x)",
    "lb": "the logarithm to base 2 is log2(x)",
    "ld": "the logarithm to base 2 is log2(x)",
    "logb": "the logarithm to base b is log(x)/log(b)",
    "root": "the n-th root is x^(1/n)",
    "nthroot": "the n-th root is x^(1/n)",
    "average": "the mean is mean(v)",
    "avg": "the mean is mean(v)",
    "len": "the number of elements is size(v)",
    "length": "the number of elements is size(v), the Euclidean length norm(v)",
    "matmul": "a matrix product is A @ B",
    "if": "a choice is where(condition, a, b)",
    "ifelse": "a choice is where(condition, a, b)",
    "iif": "a choice is where(condition, a, b)",
    "heaviside": "the step is where(x > 0, 1, 0)",
    "diff": "a derivative is asked for by the command: adcli grad",
    "derivative": "a derivative is asked for by the command: adcli grad",
    "grad": "a gradient is asked for by the command: adcli grad",
    "integrate": "adcli differentiates; it does not integrate",
    "vector": "a vector is written [1, 2, 3]",
    "matrix": "a matrix is written [[1, 2], [3, 4]]",
    "array": "a vector is written [1, 2, 3]",
}
"""What functions of other languages, and functions by other names, are here."""

MAX_EXACT_DIGITS = 15
"""A decimal number with no more digits is what the shortest text of its float64 says."""


class Named(NamedTuple):
    """A named argument of a call: `axis=0`."""

    name: str
    value: Any
    span: Span


class Text(NamedTuple):
    """A text in quotes."""

    value: str
    span: Span


class Slice(NamedTuple):
    """A slice in an index; bounds are nodes, spans of names, or None."""

    bounds: tuple[Any, ...]


class Signature(NamedTuple):
    """The head of a function's definition: its name and its parameters with their nodes."""

    name: str
    span: Span
    parameters: dict[str, int]
    hidden: dict[str, int | None]


class Results(NamedTuple):
    """The value of a statement: the nodes of its expressions; `bound` if it binds a name."""

    nodes: list[int]
    bound: bool


class UserFunction(NamedTuple):
    """A function defined in the program."""

    parameters: tuple[int, ...]
    body: int


class Builder:
    """Builds the graph of one program. `graph` may hold other programs' nodes already."""

    def __init__(self, text: str, graph: Graph | None = None) -> None:
        self.text = text
        self.ascii = text.isascii()
        self.graph = Graph() if graph is None else graph
        self.names: dict[str, int] = {}
        self.inputs: dict[str, int] = {}
        self.bound: set[str] = set()
        self.functions: dict[str, UserFunction] = {}
        self._defining = ""  # the name of the function whose body is being read
        self._first: dict[int, int] = {}  # variables: where they stand first
        self._numbers: dict[str, int] = {}
        self._unary = {
            name: f.primitive
            for name, f in LIBRARY.items()
            if f.primitive is not None and len(f.inputs) == 1
        }

    # ---- names ----

    @staticmethod
    def key(name: str, quoted: bool) -> str:
        """Under which name a name is known: `pi` in backticks is another than pi."""
        if quoted and (name in CONSTANTS or name in LIBRARY or name in ALIASES):
            return f"`{name}`"
        return name

    def error(self, message: str, span: Span, hint: str | None = None) -> LanguageError:
        """A LanguageError at a place of this program."""
        return LanguageError(message, hint, span=span, text=self.text)

    def written(self, span: Span) -> str:
        """A name as written, normalised (NFKC), without backticks."""
        text = self.text[span[0] : span[1]]
        if text[0] == "`":
            text = text[1:-1]
            if not text:
                hint = "for example `my column`"
                raise self.error("a name in backticks needs at least one character", span, hint)
            return text
        if self.ascii:
            return text
        name = unicodedata.normalize("NFKC", text)
        powers = [c for c in text if c in "²³¹⁰⁴⁵⁶⁷⁸⁹"]
        if powers:
            raise self.error(
                f"'{text}' has a raised digit", span, "a power is written x^2, an index x2"
            )
        if not name.isidentifier() and not name.replace("̂", "").isidentifier():
            raise self.error(f"'{text}' is no name", span, "names start with a letter or _")
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
            elif name in self.functions or name in LIBRARY or name in ALIASES:
                raise self.error(
                    f"'{name}' is a function",
                    span,
                    self._call_hint(name, span),
                )
        if node is None:
            node = self.inputs[name] = self.graph.variable(name, span)
            self.names[key] = node
            self._first[node] = span[0]
        elif span[0] < self._first.get(node, 0):
            self._place(node, span)
        if key not in self.bound:
            self.names[self.text[span[0] : span[1]]] = node
        return node

    def _call_hint(self, name: str, span: Span) -> str:
        """How a function that stands without its argument is called; of sin^2(x), what is meant."""
        power = re.compile(r"\s*(?:\^|\*\*)\s*(\w+)\s*\(").match(self.text, span[1])
        if power is not None:
            return f"the power goes behind the argument: {name}(x)^{power.group(1)}"
        return f"call it: {name}(x); a variable of this name goes in backticks: `{name}`"

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
        if name in CONSTANTS:
            raise self.error(
                f"'{name}' is a constant and cannot be bound",
                span,
                f"choose another name, or write `{name}` in backticks",
            )
        if name in LIBRARY or name in ALIASES or name in self.functions:
            raise self.error(
                f"'{name}' is a function and cannot be bound",
                span,
                f"choose another name, or write `{name}` in backticks",
            )

    # ---- statements ----

    def program_after_separator(self, _: Span, lines: Results) -> Results:
        return lines

    def program_before_separator(self, lines: Results, _: Span) -> Results:
        return lines

    def program_between_separators(self, _: Span, lines: Results, __: Span) -> Results:
        return lines

    def next_line(self, lines: Results, separator: Span, statement: Results) -> Results:
        if not lines.bound:
            node = lines.nodes[-1]
            raise self.error(
                "only the last statement is the result, and this one is not the last",
                self.graph.span(node),
                "bind it to a name, or separate several results by commas",
            )
        return statement

    def bind(self, name: Span, _: Span, value: Any) -> Results:
        node = self.resolve(value)
        self.assign(name, node)
        return Results([node], True)

    def result(self, nodes: list[Any]) -> Results:
        return Results([self.resolve(node) for node in nodes], False)

    def model(self, left: Any, tilde: Span, right: Any) -> Results:
        raise self.error(
            "'~' belongs to 'adcli fit'", tilde, "write the loss, for example mean((y - (a*x))^2)"
        )

    def open_empty_signature(self, name: Span, _: Span, __: Span) -> Signature:
        return self.open_signature(name, _, [], __)

    def open_signature(self, name: Span, _: Span, arguments: list[Any], __: Span) -> Signature:
        written = self._defining = self.written(name)
        self.refuse_taken(written, name)
        parameters: dict[str, int] = {}
        hidden: dict[str, int | None] = {}
        for argument in arguments:
            if type(argument) is not tuple:
                raise self.error(
                    "the parameters of a function are plain names", name, "r(u, v) = u^2 + v^2"
                )
            parameter = self.written(argument)
            if parameter in parameters:
                raise self.error(
                    f"the parameter '{parameter}' is given twice", argument, "rename one of them"
                )
            if parameter in CONSTANTS:
                raise self.error(
                    f"'{parameter}' is a constant, no parameter", argument, "choose another name"
                )
            node = self.graph.node(
                PARAMETER, (), (written, len(self.functions), parameter), argument
            )
            parameters[parameter] = node
            for key in {parameter, self.text[argument[0] : argument[1]]}:
                hidden[key] = self.names.get(key)
                self.names[key] = node
        return Signature(written, name, parameters, hidden)

    def define(self, signature: Signature, _: Span, value: Any) -> Results:
        body = self.resolve(value)
        for key, node in signature.hidden.items():
            if node is None:
                del self.names[key]
            else:
                self.names[key] = node
        self._defining = ""
        self.functions[signature.name] = UserFunction(tuple(signature.parameters.values()), body)
        return Results([], True)

    # ---- operators ----

    def _binary(self, op: Primitive, a: Any, b: Any, span: Span) -> int:
        if type(a) is not int:
            a = self.resolve(a)
        if type(b) is not int:
            b = self.resolve(b)
        return self.graph.node(op, (a, b), None, span)

    def add(self, a: Any, span: Span, b: Any) -> int:
        return self._binary(ADD, a, b, span)

    def subtract(self, a: Any, span: Span, b: Any) -> int:
        return self._binary(SUBTRACT, a, b, span)

    def multiply(self, a: Any, span: Span, b: Any) -> int:
        return self._binary(MULTIPLY, a, b, span)

    def divide(self, a: Any, span: Span, b: Any) -> int:
        return self._binary(DIVIDE, a, b, span)

    def matmul(self, a: Any, span: Span, b: Any) -> int:
        return self._binary(MATMUL, a, b, span)

    def power(self, a: Any, span: Span, b: Any) -> int:
        return self._binary(POWER, a, b, span)

    def compare(self, a: Any, span: Span, b: Any) -> int:
        op = PRIMITIVES[COMPARISONS[self.text[span[0] : span[1]]]]
        return self._binary(op, a, b, span)

    def coefficient(self, number: Span, factor: Any) -> int:
        return self._binary(MULTIPLY, self.number(number), factor, number)

    def negative(self, span: Span, a: Any) -> int:
        return self.graph.node(NEGATIVE, (self.resolve(a),), None, span)

    def positive(self, _: Span, a: Any) -> int:
        return self.resolve(a)

    def group(self, _: Span, a: Any, __: Span) -> int:
        # Resolved here, so that `(x) = 1` and f((x)) = 1 are no definitions.
        return self.resolve(a)

    # ---- numbers, vectors, indices ----

    def number(self, span: Span) -> int:
        text = self.text[span[0] : span[1]]
        node = self._numbers.get(text)
        if node is None:
            digits = text.replace("_", "")
            value = float(digits)
            if value in (float("inf"),):
                raise self.error(
                    f"the number {text} is too large for float64", span, "infinity is written inf"
                )
            mantissa = digits.lower().partition("e")[0].replace(".", "").lstrip("0")
            if len(mantissa) > MAX_EXACT_DIGITS and float(repr(value)) == value:
                value = Literal(digits)
            node = self._numbers[text] = self.graph.constant(value, span)
        return node

    def vector(self, left: Span, elements: list[Any], right: Span) -> int:
        nodes = tuple([self.resolve(e) for e in elements])
        return self.graph.node(STACK, nodes, 0, (left[0], right[1]))

    def first(self, element: Any) -> list[Any]:
        return [element]

    def append(self, elements: list[Any], _: Span, element: Any) -> list[Any]:
        elements.append(element)
        return elements

    first_argument = first
    append_argument = append

    def absent(self) -> None:
        return None

    def slice(self, start: Any, _: Span, stop: Any) -> Slice:
        return Slice((start, stop, None))

    def slice_step(self, start: Any, _: Span, stop: Any, __: Span, step: Any) -> Slice:
        return Slice((start, stop, step))

    def index(self, base: Any, left: Span, subscripts: list[Any], right: Span) -> int:
        span = (left[0], right[1])
        key: list[Any] = []
        for subscript in subscripts:
            if type(subscript) is Slice:
                key.append(
                    tuple(None if b is None else self.whole(b, span) for b in subscript.bounds)
                )
                if key[-1][2] == 0:
                    raise self.error(
                        "the step of a slice cannot be 0", span, "x[::2] is every second element"
                    )
            else:
                key.append(self.whole(subscript, span))
        return self.graph.node(INDEX, (self.resolve(base),), tuple(key), span)

    # ---- calls ----

    def named(self, name: Span, _: Span, value: Any) -> Named:
        return Named(self.written(name), value, name)

    def string(self, span: Span) -> Text:
        return Text(self.text[span[0] + 1 : span[1] - 1], span)

    def call_empty(self, name: Span, left: Span, right: Span) -> int:
        return self.call(name, left, [], right)

    def call(self, name: Span, _: Span, arguments: list[Any], right: Span) -> int:
        written = self.text[name[0] : name[1]]
        if len(arguments) == 1 and written not in self.functions:
            primitive = self._unary.get(written)
            if primitive is not None and type(arguments[0]) in (int, tuple):
                argument = self.resolve(arguments[0])
                return self.graph.node(primitive, (argument,), None, (name[0], right[1]))
        written = self.written(name)
        span = (name[0], right[1])
        if self.text[name[0]] == "`":
            hint = f"write * to multiply: {self.text[name[0] : name[1]]}*(...)"
            raise self.error("a name in backticks is a variable, no function", name, hint)
        user = self.functions.get(written)
        if user is not None:
            return self._call_user(written, user, arguments, span)
        function = LIBRARY.get(ALIASES.get(written, written))
        if function is None:
            raise self._unknown_function(written, name)
        return _LibraryCall(self, function, arguments, span).build()

    def _unknown_function(self, written: str, span: Span) -> LanguageError:
        if written in self.names or written in CONSTANTS:
            what = "constant" if written in CONSTANTS else "variable"
            hint = f"write * to multiply: {written}*(...)"
            return self.error(f"'{written}' is a {what}, no function", span, hint)
        if written == self._defining:
            hint = "there is no recursion; a function knows those defined before it"
            return self.error(f"'{written}' cannot call itself", span, hint)
        known = [*LIBRARY, *ALIASES, *self.functions]
        if written.lower() in OTHER_NAMES:
            hint = OTHER_NAMES[written.lower()]
        elif len(written) == 1:
            hint = f"write * to multiply: {written}*(...); define it by {written}(u) = ..."
        else:
            hint = did_you_mean(written, known) or "'adcli functions' lists all functions"
        return self.error(f"unknown function '{written}'", span, hint)

    def _call_user(self, name: str, user: UserFunction, arguments: list[Any], span: Span) -> int:
        for argument in arguments:
            if type(argument) is Named:
                raise self.error(
                    f"'{name}' takes no named arguments", argument.span, "write the value alone"
                )
        if len(arguments) != len(user.parameters):
            wants = f"{len(user.parameters)} argument" + "s" * (len(user.parameters) != 1)
            names = ", ".join(self.graph.attrs[p][-1] for p in user.parameters)
            hint = f"it is defined as {name}({names})"
            raise self.error(f"'{name}' takes {wants}, not {len(arguments)}", span, hint)
        if len(self.graph) > MAX_EXPANSION:
            raise self.error(
                f"the program grows beyond {MAX_EXPANSION:,} operations",
                span,
                "each call writes its function out: calls within calls multiply",
            )
        values = [self.resolve(a) for a in arguments]
        return self.graph.substitute(user.body, dict(zip(user.parameters, values, strict=True)))

    # ---- static values ----

    def whole(self, value: Any, span: Span) -> int:
        """A whole number that is known before any input is."""
        number = static_value(self.graph, self.resolve(value))
        if isinstance(number, float) and number.is_integer():
            return int(number)
        raise self.error(
            "an index must be a whole number that is known beforehand",
            span,
            "indices count from 0: x[0], x[-1], x[1:3]",
        )


def static_value(graph: Graph, node: int) -> Any:
    """The number of a constant scalar expression, a list for a vector written out, else None."""
    if graph.ops[node] is CONSTANT:
        return float(graph.attrs[node])
    if graph.varying[node]:
        return None
    if graph.ops[node] is STACK:
        return [static_value(graph, a) for a in graph.args[node]]
    from adcli.ad.evaluate import evaluate
    from adcli.engines.python import Floats

    try:
        return evaluate(graph, graph.reach([node]), {}, Floats())[node]
    except TypeError:  # it holds arrays
        return None


class _LibraryCall:
    """The arguments of one call of a library function, sorted into inputs and static options."""

    def __init__(
        self, builder: Builder, function: LibraryFunction, arguments: list[Any], span: Span
    ) -> None:
        self.builder = builder
        self.function = function
        self.span = span
        self.inputs: list[int] = []
        self.options: dict[str, Any] = {}
        spare = self._positional([a for a in arguments if type(a) is not Named])
        self._static(spare)
        for argument in arguments:
            if type(argument) is Named:
                self._named(argument)
        self._complete()

    def error(self, message: str, span: Span | None = None) -> LanguageError:
        """A LanguageError that shows the function's signature."""
        hint = f"it is written {self.function.signature()}"
        return self.builder.error(message, span or self.span, hint)

    def _positional(self, arguments: list[Any]) -> list[Any]:
        """Take the inputs; what remains are static options by position."""
        function = self.function
        texts = [a for a in arguments if type(a) is Text]
        if texts:
            if "spec" not in function.options or len(texts) > 1:
                raise self.builder.error("text in quotes is for einsum only", texts[0].span)
            self.options["spec"] = texts[0].value
            arguments = [a for a in arguments if type(a) is not Text]
        count = len(arguments) if function.variadic else len(function.inputs)
        self.inputs = [self.builder.resolve(a) for a in arguments[:count]]
        return arguments[count:]

    def _static(self, spare: list[Any]) -> None:
        for option in self.function.options:
            if not spare or option in self.options:
                continue
            if option in ("shape", "bounds"):
                self.options[option] = self._numbers(spare)
                return
            self._set(option, spare.pop(0), self.span)
        if spare:
            given = len(self.inputs) + len(spare)
            wants = len(self.function.inputs)
            plural = "s" * (wants != 1)
            message = f"'{self.function.name}' takes {wants} argument{plural}, not {given}"
            if self.function.name == "log":
                hint = "log(x) is the natural one; to base b it is log(x)/log(b)"
                raise self.builder.error(message, self.span, hint)
            raise self.error(message)

    def _named(self, argument: Named) -> None:
        if argument.name not in self.function.options:
            raise self.error(
                f"'{self.function.name}' has no option '{argument.name}'", argument.span
            )
        if argument.name in self.options:
            raise self.error(f"the option '{argument.name}' is given twice", argument.span)
        self._set(argument.name, argument.value, argument.span)

    def _set(self, option: str, value: Any, span: Span) -> None:
        if option == "spec":
            if type(value) is not Text:
                raise self.error("the subscripts of einsum are a text in quotes", span)
            self.options[option] = value.value
        elif option in ("shape", "bounds", "axes"):
            self.options[option] = self._numbers([value])
        elif option == "value":
            self.options[option] = self._number(value, option, span)
        else:
            self.options[option] = self._whole(value, option, span)

    def _number(self, value: Any, option: str, span: Span) -> float:
        number = static_value(self.builder.graph, self.builder.resolve(value))
        if not isinstance(number, float):
            raise self.error(f"'{option}' is a number that is known beforehand", span)
        return number

    def _whole(self, value: Any, option: str, span: Span) -> int:
        number = self._number(value, option, span)
        if not number.is_integer():
            raise self.error(f"'{option}' is a whole number that is known beforehand", span)
        return int(number)

    def _numbers(self, values: list[Any]) -> tuple[int, ...]:
        numbers: list[Any] = []
        for value in values:
            number = static_value(self.builder.graph, self.builder.resolve(value))
            numbers += number if isinstance(number, list) else [number]
        if any(not isinstance(n, float) or not n.is_integer() for n in numbers):
            raise self.error("sizes are whole numbers that are known beforehand")
        return tuple(int(n) for n in numbers)

    def _complete(self) -> None:
        function = self.function
        if len(self.inputs) < len(function.inputs):
            wants = len(function.inputs)
            least = "at least " * function.variadic
            plural = "s" * (wants != 1)
            raise self.error(
                f"'{function.name}' takes {least}{wants} argument{plural}, not {len(self.inputs)}"
            )
        for option, default in function.options.items():
            if option not in self.options:
                if default is REQUIRED:
                    raise self.error(f"'{function.name}' needs its {option}")
                self.options[option] = default
        limits = {
            "shape": (0 if function.name != "reshape" else -1, 10**9),
            "bounds": (-(2**53), 2**53),
        }
        for option, (low, high) in limits.items():
            if any(not low <= n <= high for n in self.options.get(option, ())):
                message = f"a size of '{function.name}' is out of range"
                raise self.builder.error(message, self.span, f"sizes go from {low} to {high:,}")
        if not 1 <= len(self.options.get("bounds", (0,))) <= 3:
            raise self.error(f"'{function.name}' takes 1 to 3 numbers")

    def build(self) -> int:
        """The node that the call means: of a primitive the node itself, whatever its inputs."""
        if self.function.primitive is not None:
            inputs = tuple(self.inputs)
            return self.builder.graph.node(self.function.primitive, inputs, None, self.span)
        m = Symbols(self.builder.graph, self.span)
        xs = [Expression(m, node) for node in self.inputs]
        try:
            result: Expression = self.function.build(m, *xs, **self.options)
        except ShapeError as error:
            raise self.error(str(error)) from None
        return result.node
