"""Numbers that a caller gives, as float64 (or float32): what would lose a part of them is refused.

NumPy drops imaginary parts with a warning, takes dates for counts and masked values for numbers,
and what it cannot convert raises one of three errors; here that is one message.
"""

from __future__ import annotations

import reprlib
from dataclasses import fields
from numbers import Real
from typing import TYPE_CHECKING, Any

from adcli.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_REAL = (TypeError, ValueError, OverflowError)
"""What `real` raises for what is no number, and no array of numbers."""

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


def real_value(value: Any, what: str) -> Any:
    """A number as a float, or an array of float64. Raises UsageError, which calls it `what`."""
    try:
        array = real(value)
    except NOT_REAL as error:
        raise UsageError(f"{what} is no number or array: {error}") from None
    return array if array.ndim else float(array)
