"""From descend's options to values: starts, shapes, bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from adcli.cli.descent_options import StartOptions
from adcli.cli.inputs import (
    SHAPE_HINT,
    assignments,
    check_point,
    check_variables,
    constant,
    file_values,
    is_whole_point,
    shape,
    values_of,
)
from adcli.errors import UsageError
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.constants import CONSTANTS
from adcli.graph.shapes import GiantError, refuse_giant
from adcli.language.messages import safe

_RANDOM = re.compile(r"random:(\d{1,18})\Z")


def start_values(
    options: StartOptions, f: Function, held: Collection[str], drawn: Mapping[str, Any]
) -> dict[str, Any]:
    """The start: `x=1,y=2`, `random:SEED`, or a file of parameters (.json, .npz, .safetensors).

    Assignments beside a seed or a file take the place of its values, and so does `drawn`, what
    --param gives. `held` names variables that need no start.
    """
    whole = [text for text in options.start if _is_whole(text)]
    given = assignments(tuple(t for t in options.start if t not in whole), "--start", None)
    check_point(given, "--start", f)
    for name in drawn:
        if name in given:
            raise UsageError(f"'{safe(name)}' has a --start and a --param", "take one away")
    given.update(drawn)
    if len(whole) > 1:
        raise UsageError("--start names several sources", "give one seed or file")
    if not whole:
        return given
    if whole[0].partition(":")[0] != "random":
        return {**file_values(whole[0], f), **given}
    from adcli.descent.run import random_start

    match = _RANDOM.match(whole[0])
    if match is None:
        raise UsageError(f"--start: '{safe(whole[0])}' has no seed", "write --start random:1")
    wanted = {name: () for name in f.variables if name not in held and name not in given}
    return {
        **random_start({**wanted, **_shapes(options.shape, wanted, f)}, int(match.group(1))),
        **given,
    }


def drawn_values(texts: tuple[str, ...], seed: int | None, f: Function) -> dict[str, Any]:
    """The first values that --param describes, `W=normal(784,128)`, by name."""
    if not texts:
        return {}
    from adcli.training.initialisers import initial

    example = "write --param 'W=he(64,32)'"
    found = values_of(texts, "--param", lambda name, x: initial(name, x, seed or 0), example)
    check_variables(found, "--param", f)
    return found


def _is_whole(text: str) -> bool:
    return (text.partition(":")[0] == "random" and "=" not in text) or is_whole_point(text)


def _shapes(texts: tuple[str, ...], wanted: Collection[str], f: Function) -> dict[str, Shape]:
    def check(name: str) -> None:
        check_variables([name], "--shape", f)
        if name not in wanted:
            raise UsageError(
                f"--shape names '{safe(name)}', which is not started at random",
                "the shape of a value that is given is that of the value",
            )

    def read(name: str, text: str) -> Shape:
        found = shape(name, text)
        try:
            refuse_giant(found)
        except GiantError as error:
            raise UsageError(str(error), "ask for less") from None
        return found

    return values_of(texts, "--shape", read, SHAPE_HINT, check)


_BOUNDS_HINT = "write --bounds x=0:1, x=0: or x=:1"


def bound_pairs(texts: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """Bounds: `x=0:1`, `x=0:` or `x=:1`."""
    return values_of(texts, "--bounds", _range, _BOUNDS_HINT)


def _range(name: str, text: str) -> tuple[Any, Any]:
    low, colon, high = [part.strip() for part in text.partition(":")]
    if not colon or ":" in high or not (low or high):
        raise UsageError(f"'{safe(text)}' is not a range", _BOUNDS_HINT)
    for bound, sign in ((low, ">="), (high, "<=")):
        if re.fullmatch(r"[^\W\d]\w*", bound) and bound not in CONSTANTS:
            hint = f"--subject-to '{safe(name)} {sign} {safe(bound)}' holds one by another"
            raise UsageError(f"the bound '{safe(bound)}' is a name, not a number", hint)
    lower = constant(low, None) if low else -math.inf
    return lower, constant(high, None) if high else math.inf
