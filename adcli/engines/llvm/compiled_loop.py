"""Loops of steps as machine code: the state stays in registers from step to step."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

import numpy as np

from adcli.engines.llvm.code import Code
from adcli.engines.llvm.compile import assemble, compile_module
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.operations import PREDICATES, Values
from adcli.engines.lower import is_foreign
from adcli.engines.source.loop import Condition, Loop, LoopRecords, RunLoop
from adcli.graph.primitives import CONSTANT, NAMED, Primitive

MAX_LOOP_NODES = 2_000
"""Longer bodies take too long to compile, and no longer fit the registers anyway."""


def fits(loop: Loop) -> bool:
    """Whether a loop can be compiled to do just what Python does."""
    order = loop.graph.reach([*loop.watched, *loop.later])
    return len(order) <= MAX_LOOP_NODES and not any(differs(loop.graph.ops[i]) for i in order)


def differs(op: Primitive) -> bool:
    """Whether a function's last digit, or its value, is not that of Python's floats."""
    return is_foreign(op) or bool(op.libraries) or op.name == "hypot"


def compile_loop(loop: Loop, machine: Machine) -> RunLoop:
    """The loop as machine code. Raises MissingFunctionError for what the C library has not."""
    code = Code(machine, 1)
    head = "define void @loop(ptr %numbers, ptr %rows) nounwind {"
    text = "\n".join([head, *_lines(loop, code), "}"])
    compiled = compile_module(*assemble([text], [code]), machine)
    function = compiled.function("loop", None, [ctypes.c_void_p] * 2)
    width = len(loop.recorded)

    def run(numbers: Sequence[float]) -> tuple[Sequence[float], LoopRecords]:
        memory = (ctypes.c_double * (len(numbers) + 1))(*numbers)
        begin, end = numbers[:2]
        rows = np.empty((int(max(end - begin, 0.0)) + 1, width) if width else (0, 0))
        function(memory, rows.ctypes.data)
        assert compiled
        return list(memory), rows[: int(memory[0] - begin) + 1]

    return run


def _lines(loop: Loop, code: Code) -> list[str]:
    """One block for what is decided, one for the step; every variable is a phi between them."""
    count = len(loop.point)
    names = ["%t", "%best", "%before"]
    names += [f"%{letter}{k}" for letter in "bp" for k in range(count)]
    names += [f"%x{k}" for k in range(len(loop.changing))]
    best_point, before_point, changing = (
        names[3 : 3 + count],
        names[3 + count :][:count],
        names[3 + 2 * count :],
    )
    places = [0, 2, 3, *range(4, 4 + len(names) - 3)]
    code.lines.append("entry:")
    end = code.load("double", "numbers", 1)
    starts = [code.load("double", "numbers", place) for place in places]
    code.lines += ["br label %look", "look:"]
    for name, start in zip(names, starts, strict=True):
        code.lines.append(f"{name} = phi double [ {start}, %entry ], [ {name}.next, %step ]")
    known = {loop.counter: "%t", loop.best: "%best", loop.before: "%before"}
    known.update(zip(loop.before_point, before_point, strict=True))
    known.update(zip(loop.changing, changing, strict=True))
    known.update({node: code.number(value) for node, value in loop.held.items()})
    values = Values(code, loop.graph, known)
    _make(values, loop.watched)
    _record(values, loop.recorded, starts[0])
    better = _all(values, loop.better)
    code.rename(code.choose(better, values[loop.value], "%best"), "%best.next")
    for old, x in zip(best_point, changing, strict=False):
        code.rename(code.choose(better, x, old), f"{old}.next")
    ended = code.compare("oge", "%t", end)
    later = code.compare("one", "%t", starts[0])
    halted = code.emit(f"and i1 {later}, {code.emit(f'xor i1 {_all(values, loop.going)}, true')}")
    code.lines += [
        f"br i1 {code.emit(f'or i1 {ended}, {halted}')}, label %leave, label %decide",
        "decide:",
    ]
    _make(values, loop.later)
    moved = [values[node] for node in loop.later]
    same = [code.compare("oeq", new, old) for new, old in zip(moved, changing, strict=True)]
    code.lines += [
        f"br i1 {_conjunction(code, same)}, label %leave, label %step",
        "step:",
        "%t.next = fadd double %t, 1.0",
        f"%before.next = fadd double {values[loop.value]}, -0.0",
    ]
    for old, new in zip([*before_point, *changing], [*changing[:count], *moved], strict=True):
        code.lines.append(f"{old}.next = fadd double {new}, -0.0")
    code.lines += [
        "br label %look",
        "leave:",
        "%fixed = phi double [ 0.0, %look ], [ 1.0, %decide ]",
    ]
    results = ["%t", values[loop.value], "%best.next", "%before", "%fixed"]
    results += [f"{name}.next" for name in best_point] + before_point + changing
    for place, operand in enumerate(results):
        where = code.emit(f"getelementptr double, ptr %numbers, i64 {place}")
        code.lines.append(f"store double {operand}, ptr {where}")
    code.lines.append("ret void")
    return code.lines


def _record(values: Values, nodes: Sequence[int], begin: str) -> None:
    """Append what writes the row of this point."""
    code = values.code
    if nodes:
        step = code.emit(f"fptosi double {code.subtract('%t', begin)} to i64")
        first = code.emit(f"mul i64 {step}, {len(nodes)}")
        row = code.emit(f"getelementptr double, ptr %rows, i64 {first}")
    for k, node in enumerate(nodes):
        place = code.emit(f"getelementptr double, ptr {row}, i64 {k}")
        code.lines.append(f"store double {values[node]}, ptr {place}")


def _make(values: Values, nodes: Iterable[int]) -> None:
    graph = values.graph
    for i in graph.reach(nodes):
        if graph.args[i] or graph.ops[i] in (CONSTANT, NAMED):
            values.make(i)


def _all(values: Values, conditions: Iterable[Condition]) -> str:
    code = values.code
    masks = [code.compare(PREDICATES[c.name], values[c.left], values[c.right]) for c in conditions]
    return _conjunction(code, masks)


def _conjunction(code: Code, masks: Sequence[str]) -> str:
    joint, *rest = masks
    for mask in rest:
        joint = code.emit(f"and i1 {joint}, {mask}")
    return joint
