"""The evaluation trace without a point: what each step is and how derivatives pass it, in formulas.

Rules are there twice: with the names of the partial derivatives, `w̄3·∂w3/∂w1`, and with what
these are, `w̄3·w2`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adcli.errors import LanguageError, UsageError
from adcli.function import Function
from adcli.graph.axes import Shape, show_shape
from adcli.graph.shapes import infer_shapes
from adcli.language.messages import counted
from adcli.report.chain_rule import ChainRule, ChainRules, left_out, shown_slopes
from adcli.report.rendering import Report
from adcli.report.steps import Notation, Steps
from adcli.report.sums_and_products import joined
from adcli.report.trace import MAX_SEED_VECTORS, MAX_TERMS, cut, thinned

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables

MAX_CHAINS = 100
"""Variables with the chain rule in a record."""


@dataclass(frozen=True)
class FormulaTrace(Report):
    """The steps of a program with their rules.

    `wrt` are the nodes of the variables to differentiate for, `active` flags the nodes that depend
    on them; `uses` has for each step that an adjoint comes to the operations that it comes from,
    (operation, place of the input), the last one first. `chains` is the chain rule by variable.
    """

    steps: Steps
    wrt: list[int]
    active: bytearray
    mode: str
    uses: Mapping[int, list[tuple[int, int]]]
    chains: Mapping[str, ChainRule]
    separator = "\t"

    @property
    def is_forward(self) -> bool:
        """Whether there are tangents."""
        return self.mode != "reverse"

    @property
    def visited(self) -> list[int]:
        """The steps that have an adjoint, in the order of the reverse sweep."""
        return [node for node in sorted(self.uses, reverse=True) if node in self.steps.names]

    def tangents(self, node: int) -> tuple[str, str]:
        """The rule of a tangent, with names of partials and with partials: `∂w3/∂w1·w1'`, ..."""
        steps = self.steps
        if not steps.graph.args[node]:
            return ("seed", "seed") if self.active[node] else ("0", "0")
        inputs = dict.fromkeys([j for j in steps.graph.moving(node) if self.active[j]])
        terms = [
            f"{steps.partial(node, j)}{steps.notation.times}{steps.tangent(j)}" for j in inputs
        ]
        return joined(terms) or "0", steps.tangent_rule(node, self.active)

    def adjoints(self, node: int, limit: int | None = None) -> tuple[str, str]:
        """The sum of an adjoint, with names of partials and with partials."""
        steps, uses = self.steps, sorted(self.uses[node])
        if not uses:
            return "seed", "seed"
        sources = dict.fromkeys([source for source, _ in uses])
        named = [self.named_contribution(source, node) for source in sources]
        return _sum(named, limit), _sum([steps.contribution_rule(*use) for use in uses], limit)

    def named_contribution(self, source: int, node: int) -> str:
        """What the adjoint of a node gets from an operation: `w̄3·∂w3/∂w1`."""
        steps = self.steps
        return f"{steps.adjoint(source)}{steps.notation.times}{steps.partial(source, node)}"

    def row(self, node: int) -> list[str]:
        """A step: its name, what it stands for, and the rule of its tangent in both forms."""
        steps = self.steps
        rules = self.tangents(node) if self.is_forward else ()
        return [steps.names[node], steps.definition(node) or "input", *rules]

    def record(self) -> dict[str, Any]:
        """Steps, adjoints in their order, the chain rule by variable."""
        steps = self.steps
        record: dict[str, Any] = {
            "variables": [steps.graph.attrs[node] for node in self.wrt],
            "mode": self.mode,
            "steps": [self._step(node) for node in steps.nodes],
        }
        if self.mode != "forward":
            record["adjoints"] = [self._adjoint(node) for node in self.visited]
        if self.chains:
            record["derivatives"] = [
                {"derivative": self.derivative(name), "chain_rule": chain.record()}
                for name, chain in self.chains.items()
            ]
        return record

    def derivative(self, name: str) -> str:
        """The name of the derivative by a variable: `∂f/∂x`."""
        written = self.steps.notation.spelling.own(self.steps.graph.variables())
        return self.steps.derivative(self.steps.naming.result, written[name])

    def _step(self, node: int) -> dict[str, Any]:
        steps = self.steps
        step: dict[str, Any] = {"name": steps.names[node], "formula": steps.formula(node)}
        if node in steps.naming.aliases:
            step["also"] = steps.naming.aliases[node]
        if steps.shape(node):
            step["shape"] = list(steps.shape(node))
        if self.is_forward:
            step["tangent"], step["tangent_rule"] = self.tangents(node)
        return step

    def _adjoint(self, node: int) -> dict[str, Any]:
        steps = self.steps
        named, rule = self.adjoints(node)
        contributions = [
            {
                "from": steps.names[source],
                "partial": steps.partial(source, node),
                "formula": steps.partial_formula(source, k),
                "rule": steps.contribution_rule(source, k),
            }
            for source, k in sorted(self.uses[node])
        ]
        name = steps.names[node]
        return {"name": name, "adjoint": named, "rule": rule, "contributions": contributions}

    def rows(self) -> Iterator[Sequence[str]]:
        """A header and a row a step."""
        header = ["step", "formula"]
        header += ["tangent", "tangent_rule"] if self.is_forward else []
        header += ["adjoint", "adjoint_rule"] if self.mode != "forward" else []
        yield header
        for node in self.steps.nodes:
            yield self._line(node)

    def plain(self) -> Iterator[Sequence[str]]:
        """A line a step, with tabs between its texts."""
        return map(self._line, self.steps.nodes)

    def _line(self, node: int) -> list[str]:
        row = self.row(node)
        if self.mode != "forward":
            row += self.adjoints(node) if node in self.uses else ("0", "0")
        return row

    def draw(self, tables: Tables, digits: int) -> None:
        """The steps with their tangents, the adjoints in the order of the sweep, the chain rule."""
        steps, forward = self.steps, ["tangent", "with its partials"] if self.is_forward else []
        tables.heading("Evaluation and forward mode" if forward else "Evaluation")
        shapes = any(map(steps.shape, steps.nodes))

        def cells(node: int) -> list[str]:
            shape = [show_shape(steps.shape(node))] if shapes else []
            return [*map(cut, self.row(node)), *shape]

        rows = thinned(steps.nodes, cells)
        tables.rows(["", "formula", *forward, *["shape"] * shapes], rows, limit=None, texts=5)
        if self.mode != "forward":
            self._draw_adjoints(tables)
        if any(chain.forms for chain in self.chains.values()):
            tables.heading("The chain rule")
        listed = dict(list(self.chains.items())[:MAX_SEED_VECTORS])
        for name, chain in listed.items():
            for line in chain.lines(self.derivative(name)):
                tables.note(line)
        for slope, text in shown_slopes(listed.values()):
            tables.note(f"{slope} = {text}")
        for reason in left_out(listed.values()):
            tables.sentence(reason)
        more = len(self.wrt) - MAX_SEED_VECTORS
        if more > 0:
            tables.note(f"... and {counted(more, 'more variable')}; --wrt names those to be shown")

    def _draw_adjoints(self, tables: Tables) -> None:
        steps = self.steps
        tables.heading("Reverse mode: adjoints in the order in which they are computed")

        def cells(node: int) -> list[str]:
            return [steps.adjoint(node), *map(cut, self.adjoints(node, MAX_TERMS))]

        rows = thinned(self.visited, cells)
        tables.rows(["", "contributions", "with their partials"], rows, limit=None, texts=3)
        for node in [node for node in self.wrt if node in self.uses][:MAX_SEED_VECTORS]:
            name = str(steps.graph.attrs[node])
            tables.note(f"{self.derivative(name)} is {steps.adjoint(node)}")


def formula_trace(
    f: Function, wrt: list[str], mode: str, shapes: Mapping[str, Shape], notation: Notation
) -> FormulaTrace:
    """The trace of a program in formulas; `shapes` are those of variables that are not numbers.

    Raises UsageError for several results, or one that is no number, unless the mode is forward, and
    LanguageError where shapes do not fit.
    """
    known = known_shapes(f, shapes)
    nodes = f.nodes(wrt)
    if mode != "forward":
        hint = "--mode forward traces all of them"
        check_one_number(f, known, "a reverse sweep starts", hint)
    steps = Steps(f, None, notation, shapes=known)
    active = f.graph.dependents(f.order, nodes)
    uses = {} if mode == "forward" else _uses(f, active)
    chains = {}
    if len(f.outputs) == 1 and not known[f.outputs[0]]:
        rules = ChainRules(f, notation, shapes)
        chains = {name: rules.by(name) for name in wrt[:MAX_CHAINS]}
    return FormulaTrace(steps, nodes, active, mode, uses, chains)


def known_shapes(f: Function, shapes: Mapping[str, Shape]) -> dict[int, Shape]:
    """The shapes of all nodes. Raises LanguageError where they do not fit, with the remedy."""
    try:
        return infer_shapes(f.graph, f.order, shapes, f.text)
    except LanguageError as error:
        if not shapes:
            error.hint = "--shape x=3,A=3x2 says which variables are vectors and matrices"
        raise


def check_one_number(f: Function, shapes: Mapping[int, Shape], what: str, hint: str) -> None:
    """Raise UsageError unless the program has one result, and that is a number.

    `what` starts there, and `hint` says what to do about several."""
    if len(f.outputs) > 1:
        raise UsageError(f"{what} at one result, the program has {len(f.outputs)}", hint)
    shape = shapes[f.outputs[0]]
    if shape:
        raise UsageError(
            f"{what} at a number, not at an array of shape {show_shape(shape)}",
            "sum(...) makes it a number",
            span=f.graph.span(f.outputs[0]),
            text=f.text,
        )


def _uses(f: Function, active: bytearray) -> dict[int, list[tuple[int, int]]]:
    """Where the adjoint of each node comes from; there are those nodes that one comes to."""
    found: dict[int, list[tuple[int, int]]] = {f.outputs[0]: []}
    for i in reversed(f.order):
        if i in found:
            for k, j in f.graph.moving_places(i):
                if active[j]:
                    found.setdefault(j, []).append((i, k))
    return found


def _sum(terms: list[str], limit: int | None) -> str:
    if limit is None or len(terms) <= limit:
        return joined(terms)
    return f"{joined(terms[: limit - 1])} + ... ({len(terms) - limit + 1:,} more)"
