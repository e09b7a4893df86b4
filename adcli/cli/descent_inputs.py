"""From descend's options to values: starts, shapes, bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from adcli.cli.inputs import assignments, constant, read_all, split_assignments
from adcli.errors import DataError, UsageError
from adcli.function import Function
from adcli.language.messages import safe

_RANDOM = re.compile(r"random:(\d{1,18})\Z")
_SHAPE = re.compile(r"(\d{1,9})(x\d{1,9})*\Z")


def start_values(
    texts: tuple[str, ...], shapes: tuple[str, ...], f: Function, held: Collection[str]
) -> dict[str, Any]:
    """The start: `x=1,y=2`, `random:SEED`, or a JSON file with an object of numbers and arrays.

    Assignments beside a seed or a file take the place of its values. `held` names variables that
    need no start.
    """
    whole = [text for text in texts if _is_whole(text)]
    given = assignments(tuple(text for text in texts if text not in whole), "--start", None)
    if len(whole) > 1:
        raise UsageError("--start names several sources", "give one seed or file")
    if shapes and not (whole and whole[0].startswith("random:")):
        raise UsageError("--shape is for --start random:SEED", "arrays have their own shape")
    if not whole:
        return given
    if not whole[0].startswith("random:"):
        return {**_from_file(whole[0]), **given}
    from adcli.descent.starts import random_start

    match = _RANDOM.match(whole[0])
    if match is None:
        raise UsageError(f"--start: '{safe(whole[0])}' has no seed", "write --start random:1")
    wanted = {name: () for name in f.variables if name not in held and name not in given}
    return {**random_start({**wanted, **_shapes(shapes, wanted)}, int(match.group(1))), **given}


def _is_whole(text: str) -> bool:
    return text.startswith("random:") or ("=" not in text and text.endswith(".json"))


def _shapes(texts: tuple[str, ...], wanted: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    found = {}
    for text in texts:
        for name, shape in split_assignments(text, "--shape"):
            if not _SHAPE.match(shape):
                raise UsageError(f"--shape: '{safe(shape)}' is no shape", "write --shape W=10x3")
            if name not in wanted:
                raise UsageError(f"--shape names '{safe(name)}', which is not started at random")
            found[name] = tuple(int(size) for size in shape.split("x"))
    return found


def _from_file(name: str) -> dict[str, Any]:
    try:
        values = json.loads(read_all(name))
        if not isinstance(values, dict):
            raise ValueError("it is no object")
    except ValueError as error:
        raise DataError(f"{safe(name)} is no JSON object of starts: {error}") from None
    values = values.get("point", values)  # the output of an earlier descent
    return {str(key): _numbers(name, key, value) for key, value in values.items()}


def _numbers(name: str, key: str, value: Any) -> Any:
    import numpy as np

    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{safe(name)}: '{safe(str(key))}' is no number or array") from None
    return array if array.shape else float(array)


def bound_pairs(texts: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """Bounds: `x=0:1`, `x=0:` or `x=:1`."""
    found: dict[str, tuple[Any, Any]] = {}
    for text in texts:
        for name, pair in split_assignments(text, "--bounds"):
            low, colon, high = pair.partition(":")
            if not colon or not (low.strip() or high.strip()):
                raise UsageError(f"--bounds: '{safe(pair)}' is no range", "write --bounds x=0:1")
            if name in found:
                raise UsageError(f"--bounds gives '{safe(name)}' twice", "take one away")
            found[name] = (
                constant(low.strip(), None) if low.strip() else -float("inf"),
                constant(high.strip(), None) if high.strip() else float("inf"),
            )
    return found
