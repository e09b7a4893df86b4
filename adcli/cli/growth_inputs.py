"""From `--growth n=1,10,100` with --at and --shape to programs at each size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adcli.cli.inputs import check_variables, constant, name_of, values_of
from adcli.errors import UsageError
from adcli.function import Function, function
from adcli.graph.library import is_taken
from adcli.language.messages import safe

MOST_SIZES, LARGEST = 20, 10_000_000
SEED, LEAST, MOST = 0, 0.5, 1.5
"""Of the numbers that fill arrays: those between have logarithms, roots and reciprocals."""


def sizes_of(text: str) -> tuple[str, list[int]]:
    """The name that grows and its sizes, in order. Raises UsageError for another text."""
    name, _, rest = text.partition("=")
    name = name_of(name.strip())
    if not name.isidentifier() or is_taken(name):
        raise _mistake(f"'{safe(name)}' is not a name that can grow")
    try:
        sizes = sorted({int(part) for part in rest.split(",")})
    except ValueError:
        raise _mistake(f"'{safe(rest)}' is not a list of sizes") from None
    if sizes[0] < 1 or sizes[-1] > LARGEST:
        raise _mistake(f"a size is from 1 to {LARGEST:,}")
    if not 2 <= len(sizes) <= MOST_SIZES:
        raise _mistake(f"it takes 2 to {MOST_SIZES} different sizes")
    return name, sizes


def _mistake(message: str) -> UsageError:
    return UsageError(f"--growth: {message}", "write --growth n=1,10,100,1000")


class GrowingProgram:
    """A program in which a name has a size, with a point of that size."""

    def __init__(self, text: str, name: str, at: tuple[str, ...], shape: tuple[str, ...]) -> None:
        self.text, self.name, self.at, self.shape = text, name, at, shape

    def __call__(self, size: int) -> tuple[Function, Mapping[str, Any]]:
        """The program and the point at a size."""
        bound = f"{self.name} = {size}; "
        f = function(bound + self.text)
        point: dict[str, Any] = values_of(
            self.at, "--at", lambda _, value: constant(_bind(bound, value), None)
        )
        if self.name in point:
            raise UsageError(
                f"--at gives '{self.name}', which --growth gives", "leave it out of --at"
            )
        shapes = values_of(self.shape, "--shape", lambda _, text: self._shape(text, size))
        import numpy as np

        draw = np.random.default_rng(SEED)
        for name, shape in shapes.items():
            if name in point:
                raise UsageError(
                    f"'{name}' has a value by --at and a shape by --shape", "leave one out"
                )
            point[name] = draw.uniform(LEAST, MOST, shape)
        check_variables(point, "--at, --shape", f)
        missing = [name for name in f.inputs if name not in point]
        if missing:
            hint = f"give it a shape, --shape {missing[0]}={self.name}, or values by --at"
            raise UsageError(f"there is no shape or value for '{missing[0]}'", hint)
        return f, point

    def _shape(self, text: str, size: int) -> Sequence[int]:
        """`3xn` at a size."""
        factor = rf"(?:[0-9]{{1,9}}|[0-9]{{0,3}}{re.escape(self.name)})"
        if not re.fullmatch(rf"{factor}(?:\s*[x×]\s*{factor})*", text):
            hint = f"write --shape W=3x{self.name}"
            raise UsageError(f"'{safe(text)}' is not a shape in {self.name}", hint)
        parts = re.findall(factor, text)
        return [
            int(part.removesuffix(self.name) or 1) * size if part.endswith(self.name) else int(part)
            for part in parts
        ]


def _bind(bound: str, value: str) -> str:
    """An expression with the name bound; a number is one anyway."""
    return value if re.fullmatch(r"[-+0-9.eE]+", value) else bound + value
