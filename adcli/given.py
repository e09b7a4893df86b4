"""What callers of the Python API give: an argument of a wrong kind is a UsageError that names it.

Numbers become float64 (or float32): what would lose a part of them is refused.

NumPy drops imaginary parts with a warning, takes dates for counts and masked values for numbers,
and what it cannot convert raises one of three errors; here that is one message.
"""

from __future__ import annotations

import os
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from numbers import Real
from typing import TYPE_CHECKING, Any

from adcli.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_REAL = (TypeError, ValueError, OverflowError)
"""What `real` raises for anything but a number or an array of numbers."""

_HELD = {"c": "complex numbers", "M": "dates", "m": "durations", "V": "records"}


def real(value: Any, dtype: Any = "float64") -> NDArray[Any]:
    """Numbers as an array of `dtype`, of shape () for one; a masked or missing one is nan.

    Texts of numbers count as numbers. Raises one of NOT_REAL for anything else: complex numbers
    (whatever their imaginary part), dates, records, lists of different lengths, integers beyond the
    range of float64.
    """
    import numpy as np

    if np.ma.isMaskedArray(value):
        return np.where(np.ma.getmaskarray(value), np.nan, real(value.filled(0), dtype))
    array = np.asarray(value)
    if array.dtype.kind in _HELD:
        raise TypeError(f"it holds {_HELD[array.dtype.kind]}")
    with np.errstate(over="ignore"):
        return array.astype(dtype, copy=False)


def real_number(value: Any) -> float:
    """One number. Raises one of NOT_REAL for anything else, arrays of one number among them."""
    array = real(value)
    if array.ndim:
        raise TypeError("it is an array")
    return float(array)


def check_number(value: Any, what: str, whole: bool = False) -> None:
    """Raise UsageError, which calls it `what`, for a setting that is not a (`whole`) number."""
    try:
        number = float(value) if isinstance(value, Real) else None
    except OverflowError:
        number = None
    if number is None or (whole and not number.is_integer()):
        kind = "a whole number" if whole else "a number"
        raise UsageError(f"{what} is {reprlib.repr(value)}, not {kind} of float64's range")


def check_numbers(settings: Any) -> None:
    """Raise UsageError for a field of a dataclass that is to be a number by its annotation, and is
    none. None passes where it may be given."""
    for field in fields(settings):
        kind = str(field.type)
        value = getattr(settings, field.name)
        if kind.startswith(("int", "float")) and not (value is None and "None" in kind):
            check_number(value, f"'{field.name}'", kind.startswith("int"))


def check_choice(name: Any, known: Iterable[str], what: str) -> None:
    """Raise UsageError for a `what` by an unknown name."""
    if name not in tuple(known):
        hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise UsageError(f"unknown {what} '{name}'", hint)


def sort_options(options: Mapping[str, Any], kinds: Sequence[Any], command: str) -> list[Any]:
    """The `options` of a `command` by the dataclasses that have them as fields. Raises UsageError
    for one that no class has."""
    every = [field.name for kind in kinds for field in fields(kind)]
    for name in options:
        if name not in every:
            raise UsageError(f"{command} has no setting '{name}'", did_you_mean(name, every))
    return [{f.name: options[f.name] for f in fields(k) if f.name in options} for k in kinds]


def is_path(value: Any) -> bool:
    """Whether a value may name a file."""
    return isinstance(value, (str, os.PathLike)) and "\0" not in str(value)


def _is_shapes(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(shape, tuple) and all(isinstance(n, int) and n >= 0 for n in shape)
        for shape in value.values()
    )


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_watchers(value: Any) -> bool:
    return isinstance(value, Iterable) and all(hasattr(watcher, "begin") for watcher in value)


_VALUES = (_is_mapping, "a dict with a value for each name")
_PATH = (is_path, "the name of a file")
_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("point", "columns", "direction", "start", "fix"), _VALUES),
    **dict.fromkeys(("at", "points", "observations", "uncertainty", "degrees_of_freedom"), _VALUES),
    "correlation": (_is_mapping, "a dict with a number for each pair of names"),
    "bounds": (_is_mapping, "a dict with a pair (lower, upper) for each name"),
    "shapes": (_is_shapes, "a dict with a tuple of lengths for each name"),
    **dict.fromkeys(("checkpoint", "resume", "path"), _PATH),
    "watchers": (_are_watchers, "a list of watchers"),
    "interrupted": (callable, "a function without arguments"),
}
_COUNTS = ("starts", "seed", "checkpoint_every", "max_iterations", "precision")
_OPTIONAL = ("start", "fix", "bounds", "shapes", "checkpoint", "resume", *_COUNTS[3:])


def check_kinds(**arguments: Any) -> None:
    """Raise UsageError for an argument that is not of the kind that its name stands for."""
    for name, value in arguments.items():
        if value is None and name in _OPTIONAL:
            continue
        if name in _COUNTS:
            check_number(value, f"'{name}'", whole=True)
            continue
        is_kind, kind = _KINDS[name]
        if not is_kind(value):
            raise UsageError(f"'{name}' is {reprlib.repr(value)}, not {kind}")


def real_value(value: Any, what: str) -> Any:
    """A number as a float, or an array of float64. Raises UsageError, which calls it `what`."""
    try:
        array = real(value)
    except NOT_REAL as error:
        raise UsageError(f"{what} is not a number or array: {error}") from None
    return array if array.ndim else float(array)
