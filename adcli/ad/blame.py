"""Which operation is to blame for a value or a derivative that is not finite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any

from adcli.ad.algebra import NOWHERE, Place
from adcli.ad.evaluate import Run
from adcli.ad.live import live_inputs, not_finite
from adcli.ad.reverse import first_infinite
from adcli.ad.supports import density_reason
from adcli.errors import DomainError, WrongIndexError
from adcli.graph.graph import Graph
from adcli.graph.library import LIBRARY, is_taken
from adcli.graph.primitives import (
    CONSTANT,
    ELEMENTWISE,
    MATRIX,
    NAMED,
    POWER,
    SELECT,
    VARIABLE,
    Primitive,
    no_derivative,
)
from adcli.graph.structure import INDEX, SHORT_WORDS, usual_call, usual_word

STABLE_LOGARITHMS = {
    "sigmoid": "logsigmoid(x) is log(sigmoid(x)) without underflow",
    "softmax": "log_softmax(x) is log(softmax(x)) without underflow",
    "exp": "log(exp(x)) is x",
}
"""What the logarithm of a function is that rounds to 0."""

STABLE_EXPONENTIALS = {
    ("log", "sum"): "logsumexp(x) is log(sum(exp(x)))",
    ("log", "add"): "logaddexp(x, y) is log(exp(x) + exp(y))",
    ("log", "1"): "softplus(x) is log(1 + exp(x))",
    ("divide", "sum"): "softmax(x) is exp(x)/sum(exp(x))",
    ("divide", "1"): "sigmoid(x) is exp(x)/(1 + exp(x))",
}
"""What a logarithm or a quotient of a sum of exponentials, or of 1 and one, is called."""

OVERFLOW = "the value is beyond float64 (1.8e308); a logarithm or a scale keeps it in range"

MOST_OF_OPERAND = 24
"""Characters of an operand that a remedy repeats."""

_ASKS_OF_NUMBER = r"where\(\(?-?[\d.]+(?:e[+-]?\d+)?\)? (?:>|!=)"
"""Compiled for the first remedy, not at every start."""


def blame_value(run: Run, output: int, live: Any = None) -> Place:
    """The first operation, on the way to `output`, that made a value that is not finite.

    Of `output` the places `live` count.
    """
    node, live = output, not_finite(run.values[output], run.algebra, live)
    while True:
        places = [
            (j, not_finite(run.values[j], run.algebra, mask))
            for j, mask in live_inputs(run, node, live)
        ]
        bad = [place for place in places if place[1] is not NOWHERE]
        if not bad:
            return node, live
        node, live = min(bad, key=itemgetter(0))


def value_error(run: Run, place: Place, text: str) -> DomainError:
    """The error for a node whose value is not finite at some places."""
    place, reason = density_reason(run, place)
    node, live = place
    graph, values, algebra = run.graph, run.values, run.algebra
    op = graph.ops[node]
    (result,) = algebra.describe_at([values[node]], values[node], live)
    hint = remedy(graph, node)
    if op is VARIABLE:
        message = f"the input '{graph.attrs[node]}' is {result}"
        hint = None
    elif op in (CONSTANT, NAMED):
        message = f"the value is {result}"
    elif op.name in ("gather", "scatter_add"):
        from adcli.ad.indices import wrong_index

        message, hint, wrong = wrong_index(run, node)
        refusal = WrongIndexError(message, hint, span=graph.span(node), text=text)
        return _placed(refusal, run, wrong)
    elif fault := _value_fault(run, node, live):
        message = f"{usual_word(op)} of {fault}{_within(graph, node, text)}"
    else:
        message = f"{written_out(run, place, text)} is {result}{reason}"
        overflows = not op.remedy and not reason
        if op is POWER:  # what mends 0^-1 is no help for 10^400
            base = graph.args[node][0]
            overflows = algebra.describe_at([values[base]], values[node], live) not in (
                ["0"],
                ["-0"],
            )
        if overflows and result in ("inf", "-inf"):
            hint = _stable_form(graph, run.order, node) or OVERFLOW
    error = DomainError(message, hint, span=graph.span(node), text=text)
    return _placed(error, run, place)


def remedy(graph: Graph, node: int) -> str | None:
    """A safe way to write an operation, with the program's operands in it."""
    op, inputs = graph.ops[node], graph.args[node]
    if op.name == "log":
        name, of = _compound(graph, inputs[0])
        if name in STABLE_LOGARITHMS:
            return _in_own_names(graph, ("x",), of, STABLE_LOGARITHMS[name])
        stable = [_stable_form(graph, [node], term) for term in graph.args[inputs[0]]]
        if any(stable):
            return max(stable)
    return _in_own_names(graph, op.inputs, inputs, op.remedy) or None


def _stable_form(graph: Graph, order: list[int], node: int) -> str:
    """What is made of an exponential that overflows, if a function of its own does without."""
    if graph.ops[node].name != "exp":
        return ""
    for i in order:
        name, args = graph.ops[i].name, graph.args[i]
        if name == "log" or (name == "divide" and args[0] == node):
            of, others = _sum_with(graph, args[-1], node)
            exponents = [graph.args[j][0] for j in (node, *others)]
            if (name, of) in STABLE_EXPONENTIALS:
                form = STABLE_EXPONENTIALS[name, of] + " without over- or underflow"
                return _in_own_names(graph, ("x", "y"), tuple(exponents), form)
    return ""


def _sum_with(graph: Graph, total: int, node: int) -> tuple[str, list[int]]:
    """How a sum has `node` among its terms: "sum" of it as an array, "add" to the other
    exponential that is given, or "1" for 1 and it."""
    while graph.ops[total].name == "expand":
        (total,) = graph.args[total]
    op, terms = graph.ops[total].name, graph.args[total]
    if node not in terms or op not in ("sum", "add"):
        return "", []
    others = [j for j in terms if j != node]
    if op == "add" and len(others) == 1:
        if graph.ops[others[0]] is CONSTANT and graph.attrs[others[0]] == 1:
            return "1", []
        return (op, others) if graph.ops[others[0]].name == "exp" else ("", [])
    return (op, []) if op == "sum" else ("", [])


def _in_own_names(graph: Graph, names: tuple[str, ...], nodes: tuple[int, ...], remedy: str) -> str:
    """A remedy for a row's `names`, with the program's operands instead; none that asks of a
    number how large it is.

    A long operand keeps the row's name, unless another operand has that name: then all do. So do
    calls and formulas in what follows a `;`, which is about the function in general.
    """
    if not any(graph.varying[j] for j in nodes):
        return remedy
    return _filled(remedy, names, tuple([_brief(graph, j, 2) for j in nodes]))


@lru_cache(maxsize=100)  # thousands of rows may fail at one operation
def _filled(remedy: str, names: tuple[str, ...], operands: tuple[str, ...]) -> str:
    """A remedy for `names` with the operands instead, as far as they are given."""
    shown = {name: text for name, text in zip(names, operands, strict=False) if text}
    taken = set(re.findall(r"\w+", " ".join(shown.values())))
    if not taken.isdisjoint(set(names) - set(shown)):
        return remedy
    safe, separator, aside = remedy.partition("; ")
    safe = re.sub(r"\b\w+\b", lambda word: _in_place(word, shown), safe)
    plain = {name: text for name, text in shown.items() if not text.endswith(")")}
    aside = re.sub(r"\b\w+\b", lambda word: _in_place(word, plain), aside)
    return "" if re.match(_ASKS_OF_NUMBER, safe) else safe + separator + aside


def _in_place(word: re.Match[str], shown: Mapping[str, str]) -> str:
    """What stands for a word of a remedy: in brackets only beside an operation."""
    text = shown.get(word[0], word[0])
    before, behind = word.string[: word.start()], word.string[word.end() :]
    ends = (")", ",") if re.search("[<=>]", text) else (")", ",", " >", " !=")
    is_argument = before.endswith(("(", ", ")) and behind.startswith(ends)
    return _bare(text) if is_argument else text


def _bare(text: str) -> str:
    """An operand without the brackets around it."""
    return text[1:-1] if text.startswith("(") else text


def _brief(graph: Graph, node: int, depth: int) -> str:
    """An operand as the language writes it, in brackets unless it is a name, a number or a call;
    nothing if it has more than `depth` operations one within the other, or is long."""
    op, attr, inputs = graph.ops[node], graph.attrs[node], graph.args[node]
    if op is VARIABLE:
        is_plain = attr.isidentifier() and not is_taken(attr)
        return attr if is_plain else "" if "`" in attr else f"`{attr}`"
    if op is NAMED:
        return str(attr)
    if op is CONSTANT:
        text = repr(attr).removesuffix(".0")
        return f"({text})" if text[0] == "-" else text
    if op.kind not in (ELEMENTWISE, SELECT) or not depth:
        return ""
    texts = [_brief(graph, j, depth - 1) for j in inputs]
    if not all(texts):
        return ""
    space = " " if op.symbol in ("+", "-") else ""
    if not op.symbol:
        text = f"{usual_word(op)}({', '.join(map(_bare, texts))})"
    elif len(texts) == 1:
        text = f"({op.symbol}{texts[0]})"
    else:
        if space:  # a*x + 1
            texts = [
                t if graph.ops[j].symbol in ("+", "-") else _bare(t)
                for t, j in zip(texts, inputs, strict=True)
            ]
        text = f"({texts[0]}{space}{op.symbol}{space}{texts[1]})"
    return text if len(text) <= MOST_OF_OPERAND else ""


def _compound(graph: Graph, node: int) -> tuple[str, tuple[int, ...]]:
    """The function that an operation is, or is the last of, and its operands, before an index.

    Softmax is a quotient of exp(x) and its sum.
    """
    while graph.ops[node] is INDEX:
        (node,) = graph.args[node]
    name, inputs = graph.ops[node].name, graph.args[node]
    if name == "divide":
        total = inputs[1]
        while graph.ops[total].name in ("expand", "sum"):
            (total,) = graph.args[total]
        is_share = total == inputs[0] != inputs[1] and graph.ops[total].name == "exp"
        return ("softmax", ()) if is_share else ("", ())
    return name, inputs


def derivative_error(
    run: Run, node: int, adjoint: Any, active: bytearray, text: str
) -> DomainError:
    """The error for a node whose derivative by its `active` inputs is not finite although its value
    is.

    Elements that the result depends on come first: their adjoints are not 0. What has no value can
    have none that matters, as the result has one.
    """
    algebra, out, live = run.algebra, run.values[node], None
    op, xs = run.graph.ops[node], run.operands(node)
    wanted = [k for k, j in enumerate(run.graph.args[node]) if active[j]]
    for k in wanted:
        if op.partials and op.partials[k] is no_derivative:
            message = f"{usual_word(op)} has no derivative in {op.inputs[k]}"
            advice = "--wrt names the variables to differentiate by"
            return DomainError(message, advice, span=run.graph.span(node), text=text)
    is_valued = algebra.m.equal(out - out, 0)
    for taken in (algebra.both(None, adjoint), algebra.both(None, is_valued), None):
        for partial in (op.partials[k] for k in wanted if op.partials):
            if partial is not None and live is None and taken is not NOWHERE:
                bad = not_finite(partial(algebra.m, *xs, out), algebra, taken)
                live = None if bad is NOWHERE else bad
    message = f"the derivative of {written_out(run, (node, live), text)} is not finite"
    if op.kind == MATRIX:
        fault = algebra.derivative_fault(op, run.values[run.graph.args[node][0]])
        if fault is not None:
            within = _within(run.graph, node, text)
            message = f"there is no derivative of {usual_word(op)} of {fault}{within}"
    span = run.graph.span(node)
    is_too_large = op is POWER and algebra.describe_at([out], out, live)[0] in ("inf", "-inf")
    hint = OVERFLOW if is_too_large else remedy(run.graph, node)
    error = DomainError(message, hint, span=span, text=text)
    return error if live is None else _placed(error, run, (node, live))


def _value_fault(run: Run, node: int, live: Any) -> str | None:
    """What a function of matrices finds wrong with its matrix; None for others."""
    graph, values = run.graph, run.values
    op = graph.ops[node]
    if op.kind != MATRIX:
        return None
    x = values[graph.args[node][0]]
    found: str | None = run.algebra.value_fault(op, graph.attrs[node], x, values[node], live)
    return found


def _placed(error: DomainError, run: Run, place: Place) -> DomainError:
    """The error with the first element of an array that is to blame."""
    node, live = place
    if run.algebra.shaped:
        error.index, error.shape = run.algebra.first(run.values[node], live)
    return error


def blame_derivative(
    run: Run, seeds: Mapping[int, Any], active: bytearray, text: str
) -> DomainError:
    """The error for a derivative that is not finite at a point where the value is."""
    found = first_infinite(run, seeds, active)
    if found is None:
        return DomainError(
            "the derivative is not finite here",
            "finite differences step out of a domain near its end; the other modes do not",
            text=text,
        )
    return derivative_error(run, *found, active, text)


def written_out(run: Run, place: Place, text: str) -> str:
    """The operation with the values of its inputs there: `log(-1)`, `1 / 0`, `(-8) ^ 0.5`.

    ` (in norm)` follows where the text at its place names another function.
    """
    node, live = place
    graph, values, algebra = run.graph, run.values, run.algebra
    op: Primitive = graph.ops[node]
    word, args = usual_call(op, graph.args[node], graph.attrs[node])
    xs = [values[a] for a in args]
    if op.kind in (ELEMENTWISE, SELECT):
        shown = algebra.describe_at(xs, values[node], live)
    else:
        shown = [algebra.describe(x) for x in xs]
    within = _within(graph, node, text)
    if op.symbol and len(shown) == 2:
        shown = [f"({s})" if s.startswith("-") else s for s in shown]
        return f"{shown[0]} {op.symbol} {shown[1]}{within}"
    if op.symbol and op.kind == ELEMENTWISE:
        return f"{op.symbol}({shown[0]}){within}"
    return f"{SHORT_WORDS.get(word, word)}({', '.join(shown)}){within}"


def _within(graph: Graph, node: int, text: str) -> str:
    """` (in norm)` for an operation that the text at its place does not name, else nothing."""
    start, end = graph.span(node)
    name = text[start:end].partition("(")[0].strip()
    word, _ = usual_call(graph.ops[node], graph.args[node], graph.attrs[node])
    known = name in LIBRARY and name != SHORT_WORDS.get(word, word)
    return f" (in {name})" if known else ""
