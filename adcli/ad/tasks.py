"""What can be asked of a function at a point, and how it is computed on any engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, NamedTuple

from adcli.ad.evaluate import Run
from adcli.ad.jacobians import MODES, directional, hessian_blocks, jacobian_blocks
from adcli.ad.symbolic import NumberNodes
from adcli.errors import LanguageError, UsageError, did_you_mean
from adcli.given import NOT_REAL
from adcli.graph.axes import Shape, ShapeError
from adcli.graph.program import Program
from adcli.graph.shapes import refuse_giant
from adcli.graph.symbols import Expression

KINDS = ("value", "gradient", "directional", "jacobian", "hessian")
MAX_TURNED = 32
"""Numbers to differentiate by up to which a derivative that is not finite is computed once more, in
the other direction: each takes a sweep."""


@dataclass(frozen=True)
class Task:
    """What to compute at each point.

    kind       one of KINDS
    mode       one of MODES ("auto" for a Jacobian until `resolved`: whichever needs fewer sweeps)
    wrt        the variables to differentiate for, by name
    direction  directional: the seed of each variable, numbers or arrays
    strict     refuse a kink instead of taking the convention (not for the mode finite)
    """

    kind: str
    mode: str = "reverse"
    wrt: Sequence[str] = ()
    direction: Mapping[str, Any] | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        modes = ("auto", *MODES) if self.kind == "jacobian" else MODES
        if not isinstance(self.mode, str) or self.mode not in modes:
            hint = did_you_mean(self.mode, modes) or "the modes are " + ", ".join(modes)
            raise UsageError(f"unknown mode '{self.mode}'", hint)
        if self.strict and self.mode == "finite":
            raise UsageError(
                "finite differences see no kinks, so they cannot be strict",
                "leave strict out, or take another mode",
            )

    @property
    def paths(self) -> list[tuple[str, ...]]:
        """The paths of the results, in order: ("value",), ("gradient", "x"), ..."""
        paths: list[tuple[str, ...]] = [("value",)]
        if self.kind == "directional":
            paths.append(("derivative",))
        if self.kind in ("gradient", "hessian"):
            paths += [("gradient", a) for a in self.wrt]
        if self.kind == "jacobian":
            paths += [("jacobian", a) for a in self.wrt]
        if self.kind == "hessian":
            paths += [("hessian", a, b) for a in self.wrt for b in self.wrt]
        return paths


class Entry(NamedTuple):
    """One result: what it is called, its value, and where it comes from.

    `path` is ("value",), ("gradient", "x"), ("hessian", "x", "y"), ...; several results of a
    program have entries with the same path, in order. `run`, `output` and `node` say which node was
    differentiated with respect to which variable (None for the value itself).
    """

    path: tuple[str, ...]
    value: Any
    run: Run
    output: int
    node: int | None


def compute(
    run: Run, program: Program, task: Task, forward_gradient: bool = False, guarded: bool = False
) -> list[Entry]:
    """All results of a task, the value first. Nothing is checked for being finite.

    `run` evaluates the program. `forward_gradient` is that of `hessian_blocks`, `guarded` that of
    `forward_sweep`. Raises UsageError or LanguageError where a gradient or Hessian is asked of a
    program with several results or an array.
    """
    outputs = program.outputs
    entries = [Entry(("value",), run.values[o], run, o, None) for o in outputs]
    nodes = {name: program.inputs[name] for name in task.wrt}
    wrt = list(nodes.values())
    if task.kind in ("gradient", "hessian"):
        output = scalar_output(program, {o: run.algebra.shape(run.values[o]) for o in outputs})
    if task.kind == "gradient":
        blocks = jacobian_blocks(run, [output], wrt, task.mode, guarded)
        for name, node in nodes.items():
            entries.append(Entry(("gradient", name), blocks[output, node], run, output, node))
    elif task.kind == "jacobian":
        _refuse_giant(run, outputs, wrt, program.text)
        blocks = jacobian_blocks(run, outputs, wrt, task.mode, guarded)
        for name, node in nodes.items():
            for o in outputs:
                entries.append(Entry(("jacobian", name), blocks[o, node], run, o, node))
    elif task.kind == "hessian":
        _refuse_giant(run, wrt, wrt, program.text)
        second, rows, blocks = hessian_blocks(
            run, output, wrt, task.mode, forward_gradient, guarded
        )
        for (a, first), row in zip(nodes.items(), rows, strict=True):
            entries.append(Entry(("gradient", a), second.values[row], run, output, first))
        for (a, first), row in zip(nodes.items(), rows, strict=True):
            for b, node in nodes.items():
                entries.append(Entry(("hessian", a, b), blocks[first, node], second, row, node))
    elif task.kind == "directional":
        seeds = _direction_seeds(run, program.inputs, task.direction or {})
        for o, value in zip(outputs, directional(run, outputs, seeds, guarded), strict=True):
            entries.append(Entry(("derivative",), value, run, o, next(iter(seeds), None)))
    return entries


def compute_finite(run: Run, program: Program, task: Task) -> list[Entry]:
    """`compute`; what is not finite comes from guarded sweeps, or from sweeps in the other
    direction, if it is finite there.

    Both directions multiply the same partials. Large ones may leave the range among themselves
    before they meet the small one, such as exp(-x^2), that the other direction multiplies first:
    derivatives of any order taken by forward sweeps alone are x*(x*exp(-x^2)), never x*x*.... A
    partial that is infinite itself is so in both.
    """
    entries = compute(run, program, task)
    is_finite, shape = run.algebra.is_finite, run.algebra.shape
    if task.mode == "finite" or all(is_finite(entry.value) for entry in entries):
        return entries
    if run.algebra.shaped and (task.mode == "forward" or task.kind == "directional"):
        entries = compute(run, program, task, guarded=True)
    if task.kind not in ("gradient", "jacobian", "hessian"):
        return entries
    shapes = [shape(run.values[program.inputs[name]]) for name in task.wrt]
    if sum(map(prod, shapes)) > MAX_TURNED:
        return entries
    is_second = task.kind == "hessian"
    mode = "reverse" if task.mode == "forward" and not is_second else "forward"
    numbers = is_second and not any(shapes)
    turned = compute(run, program, replace(task, mode=mode), numbers)
    pairs = zip(entries, turned, strict=True)
    return [b if is_finite(b.value) and not is_finite(a.value) else a for a, b in pairs]


def result_nodes(program: Program, task: Task) -> list[tuple[tuple[str, ...], int]]:
    """The results of a task over numbers as nodes of the function's graph, each with its path.

    Raises UsageError and LanguageError as `compute` does.
    """
    algebra = NumberNodes(program.graph)
    inputs = {i: Expression(algebra.m, i) for i in program.inputs.values()}
    run = Run.at(program.graph, program.order, inputs, algebra, 1)
    entries = compute(run, program, resolved(task, program, {}))
    return [(entry.path, algebra.m.expression(entry.value).node) for entry in entries]


def scalar_output(program: Program, shapes: Mapping[int, Shape]) -> int:
    """The only result, by the nodes' shapes. Raises LanguageError unless it is one number."""
    graph, outputs, text = program.graph, program.outputs, program.text
    if len(outputs) != 1:
        raise LanguageError(
            f"a gradient or a Hessian needs one result, the program has {len(outputs)}",
            "'adcli jacobian' differentiates several results",
            span=(
                min(graph.span(o)[0] for o in outputs),
                max(graph.span(o)[1] for o in outputs),
            ),
            text=text,
        )
    (output,) = outputs
    shape = shapes[output]
    if shape:
        raise LanguageError(
            f"a gradient needs a number as the result, not an array of shape {list(shape)}",
            "sum(...) makes it a number; 'adcli jacobian' differentiates every element",
            span=graph.span(output),
            text=text,
        )
    return output


def resolved(task: Task, program: Program, shapes: Mapping[int, Shape]) -> Task:
    """The task with "auto" decided: forward sweeps where there are fewer inputs than outputs.

    `shapes` are those of the nodes (absent: scalar).
    """
    if task.mode != "auto":
        return task
    rows = sum(prod(shapes.get(o, ())) for o in program.outputs)
    columns = sum(prod(shapes.get(program.inputs[name], ())) for name in task.wrt)
    return replace(task, mode="forward" if columns < rows else "reverse")


def _described(shape: Shape) -> str:
    return f"an array of shape {list(shape)}" if shape else "a number"


def _refuse_giant(run: Run, rows: Sequence[int], columns: Sequence[int], text: str) -> None:
    """Raise LanguageError for a matrix of derivatives that would fill the memory."""
    shape = run.algebra.shape
    for row in rows:
        for column in columns:
            try:
                refuse_giant((*shape(run.values[row]), *shape(run.values[column])))
            except ShapeError as error:
                hint = "--wrt names some of the variables; 'adcli grad' needs no matrix"
                span = run.graph.span(row)
                raise LanguageError(f"derivatives: {error}", hint, span=span, text=text) from None


def _direction_seeds(
    run: Run, inputs: Mapping[str, int], direction: Mapping[str, Any]
) -> dict[int, Any]:
    seeds = {}
    for name, value in direction.items():
        node = inputs[name]
        shape = run.algebra.shape(run.values[node])
        try:
            seed = run.algebra.pack(value)
        except NOT_REAL:  # an array where all are numbers, too
            seed = None
        if seed is None or run.algebra.shape(seed) != shape:
            raise UsageError(
                f"the direction of '{name}' has not the shape of '{name}'",
                f"'{name}' is {_described(shape)}",
            )
        seeds[node] = seed
    return seeds
