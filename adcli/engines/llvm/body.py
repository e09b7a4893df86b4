"""The body of a loop over rows: in one piece, or in several functions if it is long.

The time to compile a function grows faster than its length, so a long body is cut into pieces
that hand their values on through a scratch area, whose places are used again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from adcli.engines.llvm.code import Code
from adcli.engines.llvm.operations import Values
from adcli.engines.llvm.vector_math import written
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, NAMED

PIECE = 300
"""Operations in one function."""

STORES = 50
"""Outputs in one function: stores take longest to compile."""

IN_PLACE = 12
"""Functions that are written in place rather than called: an eighth of the time, for programs that
still compile in no time."""


Read = Callable[[Code, int], str]
"""What gives the operand of an input node, or of an output by its number, in some code."""


class Body:
    """Operations of a graph inside a loop.

    `functions` are the definitions of its pieces, `codes` what they need declared, `places` how
    many values the scratch area has: known when the body is written. The first `kept` of these are
    the caller's.
    """

    def __init__(
        self, graph: Graph, inputs: Sequence[int], outputs: Sequence[int], kept: int = 0
    ) -> None:
        self.graph = graph
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        order = graph.reach(outputs)
        self.order = [i for i in order if graph.args[i]]
        self.constants = [i for i in order if graph.ops[i] in (CONSTANT, NAMED)]
        self.functions: list[str] = []
        self.codes: list[Code] = []
        self.places = kept

    @property
    def is_long(self) -> bool:
        """Whether the body is cut into pieces."""
        return len(self.order) + len(self.inputs) + len(self.outputs) > PIECE

    def write(self, code: Code, read: Read) -> Read:
        """Append the operations, to a block `loop`; what gives the outputs. Those of a long body
        can be taken in any piece, those of a short one in `code` only."""
        if self.is_long:
            return self._write_pieces(code, read)
        known = written(code.machine, code.lanes)
        if 0 < sum(self.graph.ops[i].name in known for i in self.order) <= IN_PLACE:
            operands = self._write_in_place(code, read)
        else:
            operands = self._compute(code, read)
        return lambda _, k: operands[k]

    def _compute(self, code: Code, read: Read) -> list[str]:
        """Append the operations of a short body; the outputs."""
        values = Values(code, self.graph, {i: read(code, i) for i in self.inputs})
        for i in [*self.constants, *self.order]:
            values.make(i)
        return [values[o] for o in self.outputs]

    def _write_in_place(self, code: Code, read: Read) -> list[str]:
        """Append the operations without a call and a branch for each function that is written out:
        rows in which one of them needs care are computed again, by a function of their own."""
        code.rare = []
        quick = self._compute(code, read)
        some = code.rare[0]
        for mask in code.rare[1:]:
            some = code.emit(f"or {code.mask} {some}, {mask}")
        code.rare = None
        bits = f"i{code.lanes}"
        flags = code.emit(f"bitcast {code.mask} {some} to {bits}")
        none = code.emit(f"icmp eq {bits} {flags}, 0")
        code.lines += [f"br i1 {none}, label %joined, label %careful", "careful:"]
        first, self.places = self.places, self.places + len(quick)

        def compute(part: Code) -> None:
            for k, operand in enumerate(self._compute(part, read)):
                store_place(part, first + k, operand)

        self._write_piece(code, compute)
        careful = [load_place(code, first + k) for k in range(len(quick))]
        code.lines += ["br label %joined", "joined:"]
        return [
            code.emit(f"phi {code.real} [ {x}, %loop ], [ {y}, %careful ]")
            for x, y in zip(quick, careful, strict=True)
        ]

    def write_all(
        self,
        code: Code,
        count: int,
        write: Callable[[range, Code], None],
        out: str = "%out",
        row: str = "%i",
    ) -> None:
        """Append what `write` appends for each of `count` outputs: a part of them in each piece of
        a long body, where `%out` and `%i` are `out` and `row`."""
        if self.is_long:
            for first in range(0, count, STORES):
                some = range(first, min(count, first + STORES))
                self._write_piece(code, partial(write, some), out, row)
        else:
            write(range(count), code)

    def _write_piece(
        self, code: Code, write: Callable[[Code], None], out: str = "%out", row: str = "%i"
    ) -> None:
        """Append the call of a new function, whose lines `write` appends to its code."""
        part = Code(code.machine, code.lanes)
        write(part)
        name = f"piece{len(self.functions)}"
        head = "ptr %columns, ptr %shared, ptr %out, ptr %scratch, i64 %i"
        lines = [
            f"define internal void @{name}({head}) noinline #0 {{",
            *part.lines,
            "ret void",
            "}",
        ]
        self.codes.append(part)
        self.functions.append("\n".join(lines))
        given = f"ptr %columns, ptr %shared, ptr {out}, ptr %scratch, i64 {row}"
        code.lines.append(f"call void @{name}({given})")

    def _write_pieces(self, code: Code, read: Read) -> Read:
        """Calls of the pieces; values that cross their borders are in `%scratch`."""
        graph, known = self.graph, frozenset(self.inputs)
        pieces = [self.order[k : k + PIECE] for k in range(0, len(self.order), PIECE)]
        places, self.places = _places(graph, self.outputs, pieces, self.places)

        def take(values: Values, i: int) -> None:
            if i in values.known or i in values.masks:
                return
            if i in known:
                values.known[i] = read(values.code, i)
            elif i in places:
                values.known[i] = load_place(values.code, places[i])
            else:
                values.make(i)

        def compute(piece: list[int], part: Code) -> None:
            values = Values(part, graph, {})
            inside = frozenset(piece)
            for i in piece:
                for a in graph.args[i]:
                    if a not in inside:
                        take(values, a)
                values.make(i)
                if i in places:
                    store_place(part, places[i], values[i])

        for piece in pieces:
            self._write_piece(code, partial(compute, piece))

        def result(part: Code, k: int) -> str:
            values = Values(part, graph, {})
            take(values, self.outputs[k])
            return values[self.outputs[k]]

        return result


def _places(
    graph: Graph, outputs: Sequence[int], pieces: list[list[int]], count: int
) -> tuple[dict[int, int], int]:
    """The place in the scratch area of every value that crosses a border, and how many there are
    then; the first `count` are taken.

    A place is free again after the last piece that reads it.
    """
    home = {i: number for number, piece in enumerate(pieces) for i in piece}
    last: dict[int, int] = {}
    for number, piece in enumerate(pieces):
        for i in piece:
            for a in graph.args[i]:
                if home.get(a, number) < number:
                    last[a] = number
    last.update({o: len(pieces) for o in outputs if o in home})
    ending: dict[int, list[int]] = {}
    for node, number in last.items():
        ending.setdefault(number, []).append(node)
    places: dict[int, int] = {}
    free: list[int] = []
    for number, piece in enumerate(pieces):
        for node in piece:
            if node in last:
                if not free:
                    free.append(count)
                    count += 1
                places[node] = free.pop()
        free += [places[node] for node in ending.get(number, ())]
    return places, count


def _place(code: Code, number: int) -> str:
    return code.emit(f"getelementptr {code.real}, ptr %scratch, i64 {number}")


def load_place(code: Code, number: int) -> str:
    """A value in the scratch area."""
    return code.emit(f"load {code.real}, ptr {_place(code, number)}, align 8")


def store_place(code: Code, number: int, operand: str) -> None:
    """Put a value into the scratch area."""
    code.lines.append(f"store {code.real} {operand}, ptr {_place(code, number)}, align 8")


Join = Callable[[Code, int, str, str], str]
"""(code, number of the output, its operand, the number carried) -> the number carried on."""


class Carry:
    """The numbers `starts` in all lanes, carried through a loop around a body.

    They are in registers, or with a long body in the first places of its scratch area. The output k
    changes the number `targets[k]`.
    """

    def __init__(
        self, code: Code, body: Body, starts: Sequence[float], targets: Sequence[int]
    ) -> None:
        self.code = code
        self.body = body
        self.starts = [code.number(x) for x in starts]
        self.targets = targets
        self._first_line = 0
        self._now = [f"%carry{k}" for k in range(len(starts))]

    def start(self) -> None:
        """Append what comes in front of the loop."""
        if self.body.is_long:
            self.body.write_all(self.code, len(self.starts), self._start, row="0")

    def _start(self, some: range, part: Code) -> None:
        for k in some:
            store_place(part, k, self.starts[k])

    def enter(self) -> None:
        """Append what comes at the head of the loop."""
        if not self.body.is_long:
            self._first_line = len(self.code.lines)
            self.code.lines += [""] * len(self.starts)  # known when the loop is written

    def take(self, result: Read, join: Join, before: str) -> None:
        """Append what the outputs change; `before` is the label of the block before the loop, whose
        last one is `latch`."""
        if self.body.is_long:
            self.body.write_all(self.code, len(self.targets), partial(self._join, result, join))
            return
        names = list(self._now)
        for k, target in enumerate(self.targets):
            self._now[target] = join(self.code, k, result(self.code, k), self._now[target])
        for k, (name, start) in enumerate(zip(names, self.starts, strict=True)):
            sources = f"[ {start}, %{before} ], [ {self._now[k]}, %latch ]"
            self.code.lines[self._first_line + k] = f"{name} = phi {self.code.real} {sources}"

    def _join(self, result: Read, join: Join, some: range, part: Code) -> None:
        now: dict[int, str] = {}
        for k in some:
            target = self.targets[k]
            if target not in now:
                now[target] = load_place(part, target)
            now[target] = join(part, k, result(part, k), now[target])
        for target, x in now.items():
            store_place(part, target, x)

    def value(self, part: Code, k: int) -> str:
        """A number after the loop."""
        return load_place(part, k) if self.body.is_long else self._now[k]
