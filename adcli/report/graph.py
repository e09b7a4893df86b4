"""The computational graph as a tree, for Graphviz, for Mermaid and as a record.

Every node is there once; an edge goes from an operation to an input and is labelled with the local
partial derivative: a number at a point, else a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

from adcli.ad.evaluate import Run
from adcli.ad.reverse import reverse_sweep
from adcli.ad.tasks import Task
from adcli.explain.paths import Edge, local_partials
from adcli.function import Function
from adcli.graph.primitives import CONSTANT
from adcli.language.messages import columns, safe
from adcli.report.numbers import shape_of, shape_words
from adcli.report.rendering import Report
from adcli.report.steps import Steps
from adcli.report.trace import shown

FEW_NUMBERS = 4
MAX_ARRAY = 24
"""Numbers of an array that are written in a drawing, and their characters."""
LABEL_TEXT = 40
"""Characters of a formula in a drawing."""
MAX_LINES = 1000
"""Lines of a tree."""


class DrawnEdge(NamedTuple):
    """An edge of a drawing: from an operation to an input. `flows`: whether derivatives do."""

    source: int
    target: int
    label: str
    flows: bool
    partial: Any
    rule: str


@dataclass(frozen=True)
class Drawing(Report):
    """What is drawn: nodes in order with the names of `steps`, and edges by their operation."""

    steps: Steps
    lines: dict[int, list[DrawnEdge]]
    values: Mapping[int, Any] | None
    digits: int
    precision: int | None = None
    adjoints: Mapping[int, Any] = field(default_factory=dict)
    inner: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """The sums in between that a sum is drawn with (see sum_nodes.py)."""

    @property
    def nodes(self) -> list[int]:
        """The nodes, inputs first."""
        return [node for node in self.steps.nodes if node in self.lines]

    def label(self, node: int) -> str:
        """`w3 = x1*x2`; an input is its name alone."""
        name, definition = cut(self.steps.names[node]), cut(self.definition(node))
        return f"{name} = {definition}" if definition else name

    def definition(self, node: int) -> str:
        """What a node stands for, with all terms of a sum; of a constant with a name and a value
        nothing."""
        steps = self.steps
        is_named = node in steps.naming.own and steps.graph.ops[node] is CONSTANT
        if is_named and self.values is not None:
            return ""
        if node not in self.inner:
            return steps.definition(node)
        names = {line.target: steps.names[line.target] for line in self.lines[node]}
        formula = steps.notation.printer(steps.graph, node, names)
        return " = ".join([*steps.naming.aliases.get(node, ()), formula])

    def explained(self, node: int) -> str:
        """The operations that a node is drawn for."""
        steps = self.steps
        inner = [f"{steps.names[i]} = {steps.formula(i)}" for i in self.inner.get(node, ())]
        own = steps.formula(node)
        return "; ".join([*inner, f"{steps.names[node]} = {own}" if inner else own])

    def value(self, node: int) -> str | None:
        """The value at the point, if there is one."""
        if self.values is None:
            return None
        return shown(self.values[node], self.digits, self.precision)

    def box_lines(self, node: int) -> list[tuple[str, str]]:
        """What the box of a node says: its `name`, and at a point its `value` and its `adjoint`,
        if it has one."""
        lines = [("name", self.label(node))]
        if self.values is not None:
            lines.append(("value", brief(self.values[node], self.digits, self.precision)))
        if node in self.adjoints:
            value = brief(self.adjoints[node], self.digits, self.precision)
            lines.append(("adjoint", f"{safe(self.steps.adjoint(node))} = {value}"))
        return lines

    def edges(self) -> Iterator[DrawnEdge]:
        """All edges."""
        for node in self.nodes:
            yield from self.lines[node]

    def kind(self, node: int) -> str:
        """`input`, `result` or `step`."""
        if not self.steps.graph.args[node]:
            return "input"
        return "result" if node in self.steps.outputs else "step"

    def record(self) -> dict[str, Any]:
        """Nodes in order, edges from operations to inputs, the names of the results."""
        names, graph = self.steps.names, self.steps.graph
        nodes = []
        for node in self.nodes:
            entry: dict[str, Any] = {
                "name": names[node],
                "operation": graph.ops[node].name,
                "formula": self.steps.formula(node),
            }
            if node in self.steps.naming.aliases:
                entry["also"] = self.steps.naming.aliases[node]
            if self.values is not None:
                entry["value"] = self.values[node]
            if node in self.adjoints:
                entry["adjoint"] = self.adjoints[node]
            nodes.append(entry)
        edges = []
        for line in self.edges():
            edge: dict[str, Any] = {
                "from": names[line.source],
                "to": names[line.target],
                "rule": line.rule,
            }
            if self.values is not None:
                edge["partial"] = line.partial if line.flows else 0.0
            edges.append(edge)
        return {"nodes": nodes, "edges": edges, "results": [names[n] for n in self.steps.outputs]}


def cut(text: str, limit: int = LABEL_TEXT) -> str:
    """A text without control characters, not too long."""
    text = safe(text)
    return text if len(text) <= limit else text[: limit - 4] + " ..."


def drawing_of(
    f: Function,
    point: dict[str, Any],
    engine: str = "auto",
    precision: int | None = None,
    digits: int = 6,
) -> Drawing:
    """The drawing of a program: with the numbers at a point, else with formulas."""
    run, context = None, nullcontext()
    if point or not f.variables:
        results = f.swept(point, Task("value"), engine, precision)
        if results.infinity is not None:  # which has no partials to draw
            raise results.infinity
        run, context = results.run, results.algebra.context()
    with context:
        return drawn_steps(Steps(f, run, own_names=True), digits, precision)


def drawn_steps(steps: Steps, digits: int, precision: int | None = None) -> Drawing:
    """The drawing of steps, with the names that they have."""
    run, values, adjoints = steps.run, None, {}
    lines = {node: lines_of(steps, node, digits, precision) for node in steps.nodes}
    if run is not None:
        values = {node: run.algebra.unpack(run.values[node]) for node in steps.nodes}
        adjoints = _adjoints(steps, run)
    return Drawing(steps, lines, values, digits, precision, adjoints)


def _adjoints(steps: Steps, run: Run) -> dict[int, Any]:
    """The adjoints of what depends on variables, if there is one result and it is a number."""
    graph, algebra, first = run.graph, run.algebra, steps.outputs[0]
    if len(steps.outputs) > 1 or algebra.shape(run.values[first]) or not graph.varying[first]:
        return {}
    (one,) = algebra.basis(run.values[first], run.points)
    found = reverse_sweep(run, {first: one}, graph.varying)
    return {
        node: algebra.unpack(algebra.zero(run.values[node]) if found[node] is None else found[node])
        for node in steps.nodes
        if graph.varying[node]
    }


def lines_of(steps: Steps, node: int, digits: int, precision: int | None) -> list[DrawnEdge]:
    """The edges to the inputs of a node."""
    graph, run = steps.graph, steps.run
    found: dict[int, Edge] = {}
    if run is not None and graph.varying[node]:
        found = {edge.operand: edge for edge in local_partials(run, node, graph.varying)}
    lines = []
    for k, j in steps.operands(node):
        rule = steps.partial_formula(node, k) if graph.varying[j] else None
        edge = found.get(k)
        flows = rule is not None if run is None else edge is not None
        label = "0" if rule is None or not flows else cut(rule)
        if edge is not None:
            label = partial_text(edge, steps, digits, precision)
        partial = None if edge is None else edge.partial
        lines.append(DrawnEdge(node, j, label, flows, partial, rule or "0"))
    return lines


def brief(value: Any, digits: int, precision: int | None) -> str:
    """A number, an array of a few numbers, or what a larger one is in words: `3×2 matrix`."""
    shape = shape_of(value)
    if not shape:
        return cut(shown(value, digits, precision))
    text = shown(value, digits, precision) if prod(shape) <= FEW_NUMBERS else ""
    return text if text and len(text) <= MAX_ARRAY else shape_words(shape)


def partial_text(edge: Edge, steps: Steps, digits: int, precision: int | None) -> str:
    """A local partial as a label: a number, a short array, or what a longer one is in words."""
    if edge.partial is None:
        assert steps.run is not None
        shape, values = steps.run.algebra.shape, steps.run.values
        return shape_words((*shape(values[edge.source]), *shape(values[edge.target])))
    return brief(edge.partial, digits, precision)


# ---- the tree ----


def tree_text(drawn: Drawing, width: int) -> str:
    """The results with their inputs below them, as lines.

    A node that is used twice is drawn the first time and referred to from then on. A branch that
    would leave the screen goes on further down, so that depth is no limit.
    """
    tree = _Tree(drawn, width)
    for node in drawn.steps.outputs:
        tree.section(node)
    return tree.text()


class _Tree:
    """Writes the lines; `done` are the nodes that have been drawn, `later` those that wait."""

    def __init__(self, drawn: Drawing, width: int) -> None:
        self.drawn = drawn
        self.width = width
        self.depth = max(2, (width - 32) // 4)
        self.label = max(10, width // 4)
        self.uses = dict.fromkeys(drawn.nodes, 0)
        for line in drawn.edges():
            self.uses[line.target] += 1
        self.done: set[int] = set()
        self.later: list[int] = []
        self.written: list[str] = []

    def section(self, node: int) -> None:
        """The tree from a node on, and then those that it had no room for."""
        self.later.append(node)
        while self.later:
            root = self.later.pop(0)
            if root not in self.done:
                self._branch(root)

    def _branch(self, root: int) -> None:
        stack: list[tuple[int, str, str, str, int]] = [(root, "", "", "", 0)]
        while stack:
            node, prefix, turn, label, depth = stack.pop()
            is_number = label[-1:].isdigit() and not any(c.isalpha() and c != "e" for c in label)
            label = label if is_number else cut(label, self.label)
            edge = f"{turn}{label if label.startswith('[') else f'[{label}]'}─ " if turn else ""
            start = prefix + edge
            if node in self.done:
                self._write(start, self._texts(node), " (above)" if self.uses[node] > 1 else "")
                continue
            lines = self.drawn.lines[node]
            if lines and depth >= self.depth:
                self.later.append(node)
                self._write(start, [self.drawn.steps.names[node]], " (below)")
                continue
            self.done.add(node)
            mark = f" ({self.uses[node]} uses)" if self.uses[node] > 1 else ""
            self._write(start, self._texts(node), mark)
            below = prefix + {"": "", "├─": "│  ", "└─": "   "}[turn]
            for place, line in reversed(list(enumerate(lines))):
                turn_below = "└─" if place == len(lines) - 1 else "├─"
                stack.append((line.target, below, turn_below, line.label, depth + 1))

    def _texts(self, node: int) -> list[str]:
        """What may be said of a node: with all its names, and if there is no room, with one."""
        value, steps = self.drawn.value(node), self.drawn.steps
        end = "" if value is None else f" = {value}"
        has_more = node in steps.naming.aliases and steps.graph.args[node]
        short = [f"{cut(steps.names[node])} = {cut(steps.formula(node))}"] if has_more else []
        return [text + end for text in [self.drawn.label(node), *short]]

    def _write(self, start: str, texts: list[str], mark: str) -> None:
        room = max(8, self.width - columns(start) - columns(mark))
        text = next((text for text in texts if columns(text) <= room), texts[-1])
        if columns(text) > room:
            while columns(text) > room - 4:
                text = text[:-1]
            text += " ..."
        self.written.append(start + text + mark)

    def text(self) -> str:
        """All lines, or the first of too many."""
        lines = self.written[:MAX_LINES]
        more = len(self.written) - len(lines)
        if more:
            lines.append(f"... and {more:,} more lines; --as json has the whole graph")
        return "".join(f"{line}\n" for line in lines)


# ---- for other programs ----


def dot_text(drawn: Drawing, rightwards: bool = False) -> str:
    """The graph in Graphviz's language; edges go the way of the evaluation."""
    lines = [
        "digraph adcli {",
        f"  rankdir={'LR' if rightwards else 'TB'};",
        '  node [shape=box, style=rounded, fontname="monospace"];',
        '  edge [fontname="monospace"];',
    ]
    names = _identifiers(drawn)
    for node in drawn.nodes:
        style = {"input": ", style=filled, fillcolor=lightblue", "result": ", penwidth=2"}
        label = _dot_quoted(*[text for _, text in drawn.box_lines(node)])
        lines.append(f"  {names[node]} [label={label}{style.get(drawn.kind(node), '')}];")
    for line in drawn.edges():
        style_of = "" if line.flows else ", style=dashed"
        label = _dot_quoted(line.label)
        lines.append(f"  {names[line.target]} -> {names[line.source]} [label={label}{style_of}];")
    return "\n".join([*lines, "}"]) + "\n"


def _identifiers(drawn: Drawing) -> dict[int, str]:
    return {node: f"n{number}" for number, node in enumerate(drawn.nodes, 1)}


def _dot_quoted(*lines: str) -> str:
    escaped = [safe(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'


def mermaid_text(drawn: Drawing, rightwards: bool = False) -> str:
    """The graph as a Mermaid flowchart; edges go the way of the evaluation."""
    names = _identifiers(drawn)
    lines = [f"flowchart {'LR' if rightwards else 'TD'}"]
    for node in drawn.nodes:
        label = "<br/>".join([_mermaid_escaped(line) for _, line in drawn.box_lines(node)])
        start, end = {"input": ("([", "])"), "result": ("[[", "]]")}.get(
            drawn.kind(node), ("[", "]")
        )
        lines.append(f'  {names[node]}{start}"{label}"{end}')
    for line in drawn.edges():
        arrow = "-->" if line.flows else "-.->"
        label = _mermaid_escaped(line.label)
        lines.append(f'  {names[line.target]} {arrow}|"{label}"| {names[line.source]}')
    return "\n".join(lines) + "\n"


def _mermaid_escaped(text: str) -> str:
    """Signs that Mermaid, Markdown or HTML would read become entities by number."""
    return "".join(c if c.isalnum() or c in " =+-.,()/" else f"#{ord(c)};" for c in safe(text))
