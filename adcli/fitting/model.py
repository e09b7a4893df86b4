"""A model of data, `response ~ model`, and which of its names are columns and which parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from adcli.descent.vector_layout import VectorLayout
from adcli.errors import LanguageError, UsageError, did_you_mean
from adcli.fitting.quantities import Quantity, ordered
from adcli.function import Function
from adcli.graph.axes import Shape, show_shape
from adcli.graph.coded import LevelNames, axis_names
from adcli.graph.graph import Graph
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import STACK
from adcli.graph.symbols import Expression, Symbols
from adcli.language import parse_model

OBSERVED, WHICH = "(observed)", "(response)"
"""Columns of several responses one below the other; no text can name them."""

Vector = Any
"""numpy.ndarray of float64, one axis."""

KEPT_TEXTS, KEPT_LENGTH = 64, 10_000
"""Texts whose models are kept, and how long they are at most: a fit of few rows takes no longer
than to read its model and prepare it."""


@dataclass(frozen=True, eq=False)
class Model:
    """`response ~ prediction`: two functions over one graph. `ties` bind parameters to others."""

    text: str
    response: Function
    prediction: Function
    ties: tuple[Quantity, ...] = ()

    @property
    def graph(self) -> Graph:
        """The graph of both."""
        return self.prediction.graph

    @property
    def has_several(self) -> bool:
        """Whether it has several responses: [y1, y2] ~ [f1, f2]."""
        (node,) = self.response.outputs
        return self.graph.ops[node] is STACK and self.graph.attrs[node] == 0

    @cached_property
    def responses(self) -> tuple[Function, ...]:
        """Each response as a function of columns."""
        if not self.has_several:
            return (self.response,)
        nodes = self.graph.args[self.response.outputs[0]]
        return tuple(Function(self.graph, [node], self.text) for node in nodes)

    @cached_property
    def long(self) -> Model:
        """The model of all responses one below the other: the column OBSERVED has them, WHICH says
        which one a row is of. Raises LanguageError where there is not a prediction for each."""
        graph, count = self.graph, len(self.responses)
        (node,) = self.prediction.outputs
        is_list = graph.ops[node] is STACK and graph.attrs[node] == 0
        if not is_list or len(graph.args[node]) != count:
            found = f"{len(graph.args[node])} predictions" if is_list else "one prediction"
            raise LanguageError(
                f"the model has {count} responses and {found}",
                "write one for each: [y1, y2] ~ [a*x, b*x]",
                span=graph.span(node),
                text=self.text,
            )
        m = Symbols(graph, graph.span(node))
        *others, chosen = (Expression(m, part) for part in graph.args[node])
        which = Expression(m, graph.variable(WHICH))
        for k, part in reversed(list(enumerate(others))):
            chosen = m.where(m.less_equal(which, float(k)), part, chosen)
        observed = graph.variable(OBSERVED)
        response, prediction = (Function(graph, [i], self.text) for i in (observed, chosen.node))
        return Model(self.text, response, prediction, self.ties)

    @property
    def names(self) -> list[str]:
        """All names, those of the response first."""
        return list(dict.fromkeys([*self.response.inputs, *self.prediction.inputs]))


def read_model(text: str) -> Model:
    """The model that a text means, the same one for the same text. Raises LanguageError, with the
    place."""
    if not isinstance(text, str):
        raise UsageError(f"a model is a text, not {type(text).__name__}", "write y ~ a*x + b")
    return _read(text) if len(text) > KEPT_LENGTH else _read_once(text)


def _read(text: str) -> Model:
    program = parse_model(text)
    response, prediction = (Function(program.graph, [o], text) for o in program.outputs)
    return Model(text, response, prediction)


_read_once = lru_cache(KEPT_TEXTS)(_read)


def tied(model: Model, ties: Sequence[Quantity]) -> Model:
    """The model in which some parameters are expressions of others, bound before its own lines.

    Raises UsageError for names that it does not have, LanguageError for one that it binds itself.
    """
    if not ties:
        return model
    ties = ordered(ties, "set")
    taken = [*model.names, *(name for q in ties for name in q.f.inputs)]
    for q in ties:
        if q.name not in taken:
            listed = ", ".join(list(dict.fromkeys(taken))[:8])
            hint = did_you_mean(q.name, taken) or f"its names are {listed}"
            raise UsageError(f"set names '{q.name}', which the model does not have", hint)
    ends = ["\n" if "#" in q.text else "; " for q in ties]
    text = "".join(q.text.strip() + end for q, end in zip(ties, ends, strict=True)) + model.text
    return replace(read_model(text), ties=tuple(ties))


def check_shape(model: Model, shapes: Mapping[str, Shape], rows: int) -> None:
    """Raise LanguageError unless the model gives one number for each row, or for all of them.

    `shapes` are those of the columns and of the parameters.
    """
    f = model.prediction
    shape = infer_shapes(f.graph, f.order, shapes, f.text)[f.outputs[0]]
    if shape not in ((), (rows,)):
        raise LanguageError(
            f"the model gives an array of {show_shape(shape)} for {rows:,} rows",
            "a model gives one number for each row",
            span=f.graph.span(f.outputs[0]),
            text=f.text,
        )


class Parameters(VectorLayout):
    """The free parameters of a model as one vector of numbers.

    `shapes` gives every parameter's shape. `nodes` are the scalar variables of the numbers, in the
    order of `labels` (`b1`, `v[0]`); `prediction` is the model's node as a function of them: an
    array parameter is written as the array of its numbers.
    """

    def __init__(
        self, model: Model, shapes: Mapping[str, Shape], levels: LevelNames = MappingProxyType({})
    ) -> None:
        graph, inputs = model.graph, model.prediction.inputs
        super().__init__({name: shapes[name] for name in inputs if name in shapes})
        self.names = axis_names(graph, model.prediction.order, levels)
        self.nodes: list[int] = []
        stacked: dict[int, int] = {}
        labels = iter(self.labels)
        for name, shape in self.shapes.items():
            own = list(islice(labels, prod(shape)))
            if not shape:
                self.nodes.append(inputs[name])
                continue
            span = graph.span(inputs[name])
            nodes = [graph.variable(label, span) for label in own]
            self.nodes += nodes
            stacked[inputs[name]] = _stack(graph, nodes, shape)
        (node,) = model.prediction.outputs
        affected = graph.affected(node, stacked)
        self.prediction = graph.substitute(node, affected, stacked) if stacked else node


def _stack(graph: Graph, nodes: list[int], shape: Shape) -> int:
    """The node of an array whose elements are nodes."""
    if len(shape) > 1:
        step = len(nodes) // shape[0]
        nodes = [
            _stack(graph, nodes[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])
        ]
    return graph.node(STACK, tuple(nodes), 0)


def constant_node(graph: Graph, value: Any) -> int:
    """The node of a number, or of an array of numbers."""
    array = np.asarray(value, dtype=float)
    nodes = [graph.constant(x) for x in array.reshape(-1).tolist()]
    return _stack(graph, nodes, array.shape) if array.shape else nodes[0]


def check_names(
    model: Model,
    data: Mapping[str, Any],
    known: Iterable[str],
    start: Mapping[str, Any],
    fix: Mapping[str, Any],
    bounds: Mapping[str, Any],
) -> None:
    """Raise UsageError for names of options that are columns, tied, or not in the model, and for
    one that is fixed and started or bounded. `known` are the names of all columns."""
    inputs = model.prediction.inputs
    tied = [q.name for q in model.ties]
    for what, names in (("the start", start), ("fix", fix), ("bounds", bounds)):
        for name in names:
            if name in data:
                raise UsageError(
                    f"'{name}' is a column of the data; {what} cannot name it",
                    "take it away, or give the parameter another name in the model",
                )
            if name in tied:
                raise UsageError(
                    f"'{name}' is tied to other parameters; {what} cannot name it",
                    "take one away, or say it of the parameters that it follows from",
                )
            if name not in inputs:
                raise unknown_name(model, name, known, what)
    for name in fix:
        if name in start:
            raise UsageError(f"'{name}' is started and fixed", "take one away")
        if name in bounds:
            raise UsageError(f"'{name}' is fixed and has bounds", "take one away")


def unknown_name(model: Model, name: str, columns: Iterable[str], what: str) -> UsageError:
    """The error for a name of an option that the model has not."""
    names = model.prediction.inputs
    parameters = [n for n in names if n not in set(columns)]
    listed = "its parameters are " + ", ".join(parameters[:8])
    hint = did_you_mean(name, names) or (listed if parameters else "all of its names are columns")
    return UsageError(f"{what} names '{name}', which the model does not have", hint)
