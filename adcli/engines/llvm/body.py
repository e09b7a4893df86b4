"""The body of a loop over rows: in one piece, or in several functions if it is long.

The time to compile a function grows faster than its length, so a long body is cut into pieces
that hand their values on through a scratch area, whose places are used again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adcli.engines.llvm.code import Code, Values
from adcli.engines.llvm.machine import Machine
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, NAMED

PIECE = 300
"""Operations in one function."""


class Body:
    """Operations of a graph inside a loop.

    `functions` are the definitions of its pieces, `codes` what they need declared, `places` how
    many values the scratch area has: known when the body is written.
    """

    def __init__(self, graph: Graph, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        self.graph = graph
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        order = graph.reach(outputs)
        self.order = [i for i in order if graph.args[i]]
        self.constants = [i for i in order if graph.ops[i] in (CONSTANT, NAMED)]
        self.functions: list[str] = []
        self.codes: list[Code] = []
        self.places = 0

    @property
    def is_long(self) -> bool:
        """Whether the body is cut into pieces."""
        return len(self.order) > PIECE

    def write(self, code: Code, inputs: Mapping[int, str]) -> list[str]:
        """Append the operations; the operands of the outputs."""
        if self.is_long:
            return self._write_pieces(code, inputs)
        values = Values(code, self.graph, inputs)
        for i in [*self.constants, *self.order]:
            values.make(i)
        return [values[o] for o in self.outputs]

    def _write_pieces(self, code: Code, inputs: Mapping[int, str]) -> list[str]:
        """Calls of the pieces; values that cross their borders are in `%scratch`."""
        pieces = [self.order[k : k + PIECE] for k in range(0, len(self.order), PIECE)]
        places, self.places = _places(self.graph, self.inputs, self.outputs, pieces)
        for node in self.inputs:
            if node in places:
                _store(code, places[node], inputs[node])
        for number, piece in enumerate(pieces):
            name = f"piece{number}"
            self.functions.append(self._piece(name, piece, places, code.machine, code.lanes))
            code.lines.append(f"call void @{name}(ptr %scratch)")
        found = []
        for o in self.outputs:
            if o in self.constants:
                values = Values(code, self.graph, {})
                values.make(o)
                found.append(values[o])
            else:
                found.append(_load(code, places[o]))
        return found

    def _piece(
        self, name: str, piece: list[int], places: Mapping[int, int], machine: Machine, lanes: int
    ) -> str:
        code = Code(machine, lanes)
        inside = set(piece)
        values = Values(code, self.graph, {})
        for i in piece:
            for a in self.graph.args[i]:
                if a in values.known or a in inside:
                    continue
                if a in places:
                    values.known[a] = _load(code, places[a])
                else:
                    values.make(a)
            values.make(i)
            if i in places:
                _store(code, places[i], values[i])
        self.codes.append(code)
        lines = "\n".join(code.lines)
        return f"define internal void @{name}(ptr %scratch) noinline {{\n{lines}\nret void\n}}"


def _places(
    graph: Graph, inputs: Sequence[int], outputs: Sequence[int], pieces: list[list[int]]
) -> tuple[dict[int, int], int]:
    """The place in the scratch area of every value that crosses a border, and how many there are.

    A place is free again after the last piece that reads it.
    """
    home = {i: number for number, piece in enumerate(pieces) for i in piece}
    home.update(dict.fromkeys(inputs, -1))
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
    count = 0
    for number in range(-1, len(pieces)):
        for node in inputs if number < 0 else pieces[number]:
            if node in last:
                if not free:
                    free.append(count)
                    count += 1
                places[node] = free.pop()
        free += [places[node] for node in ending.get(number, ())]
    return places, count


def _place(code: Code, number: int) -> str:
    return code.emit(f"getelementptr {code.real}, ptr %scratch, i64 {number}")


def _load(code: Code, number: int) -> str:
    return code.emit(f"load {code.real}, ptr {_place(code, number)}, align 8")


def _store(code: Code, number: int, operand: str) -> None:
    code.lines.append(f"store {code.real} {operand}, ptr {_place(code, number)}, align 8")
