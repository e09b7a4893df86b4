"""Numbers that a loop carries from one pass to the next: sums, maxima, a flag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from adcli.engines.llvm.body import Body, Read, load_place, store_place
from adcli.engines.llvm.code import Code

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
