"""What a file of ours must hold: every part is checked before anything is done with it.

A checksum says that a file is as it was written, not who wrote it. A check takes a value that JSON
or an archive gave, and returns it as it is used from there on; where it is something else it raises
Misfit, which names the part and what it should be.

>>> check = record(rows=whole(), rate=optional(number()))
>>> check({"rows": 3, "rate": None})
{'rows': 3, 'rate': None}
>>> check({"rows": float("nan"), "rate": None})
Traceback (most recent call last):
adcli.data.schema.Misfit: 'rows' is nan, not a whole number from 0 on
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from adcli.data.cells import shortened

Check = Callable[[Any], Any]

LARGEST_COUNT = 2**53
"""No count is larger; up to here a float64 holds every whole number."""


class Misfit(ValueError):
    """A part that is not what it should be; `place` are the names that lead to it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.place: list[str] = []

    def __str__(self) -> str:
        return f"'{'.'.join(self.place)}' {self.what}" if self.place else f"it {self.what}"


def misfit(value: Any, meant: str) -> Misfit:
    """The error of a value of the wrong kind."""
    return Misfit(f"is {shortened(' '.join(repr(value).split()))}, not {meant}")


@contextmanager
def within(name: str) -> Iterator[None]:
    """Name the part in which what does not fit is found."""
    try:
        yield
    except Misfit as error:
        error.place.insert(0, name)
        raise


def satisfying(is_right: Callable[[Any], bool], meant: str) -> Check:
    """A value that passes a test, as it is."""

    def check(value: Any) -> Any:
        if not is_right(value):
            raise misfit(value, meant)
        return value

    return check


def whole(least: int = 0, most: int = LARGEST_COUNT) -> Check:
    """A whole number from `least` to `most`."""
    meant = f"a whole number from {least} " + ("on" if most == LARGEST_COUNT else f"to {most}")
    return satisfying(lambda value: type(value) is int and least <= value <= most, meant)


def number(least: float = -math.inf, finite: bool = False) -> Check:
    """A float64 (nan, too, unless it is bounded or finite)."""
    meant = "a finite number" if finite else "a number"
    meant += "" if least == -math.inf else f" from {least:g} on"

    def check(value: Any) -> float:
        if type(value) not in (int, float):
            raise misfit(value, meant)
        try:
            found = float(value)
        except OverflowError:
            raise misfit(value, meant) from None
        if (finite and not math.isfinite(found)) or (least > -math.inf and not found >= least):
            raise misfit(value, meant)
        return found

    return check


def one_of(*values: str) -> Check:
    """One of the texts `values`."""
    return satisfying(lambda x: isinstance(x, str) and x in values, " or ".join(values))


text = satisfying(lambda value: type(value) is str, "a text")
flag = satisfying(lambda value: type(value) is bool, "true or false")


def array(*shape: int | None, dtype: str | None = None) -> Check:
    """Numbers as an array of a shape, None where an axis may have any length; without a shape any
    array, and a number as a float.

    An array stays as it is, in its `dtype` or any; (nested) lists become float64, null nan.
    """
    lengths = " x ".join("n" if n is None else f"{n:,}" for n in shape)
    meant = f"an array of {lengths} numbers" if shape else "a number or an array of numbers"
    meant += f" of type {dtype}" if dtype else ""

    def check(value: Any) -> Any:
        found = value if isinstance(value, np.ndarray) else _as_array(value)
        if found is None or found.dtype.kind != "f" or (dtype and found.dtype != np.dtype(dtype)):
            raise misfit(value, meant)
        if shape and (
            found.ndim != len(shape)
            or any(n not in (None, m) for n, m in zip(shape, found.shape, strict=True))
        ):
            raise misfit(value, meant)
        return found if found.ndim else float(found)

    return check


def _as_array(value: Any) -> Any:
    """Nested lists of numbers as float64; None for anything else."""
    try:
        given = np.array(value, dtype=object)
        if any(isinstance(x, (bool, str)) for x in given.flat):
            return None
        return given.astype(float)
    except (TypeError, ValueError, OverflowError):
        return None


def plain(value: Any) -> Any:
    """Any value of JSON, without arrays."""
    if isinstance(value, np.ndarray):
        raise misfit(value, "a plain value")
    if isinstance(value, list):
        return every(plain)(value)
    return mapping(plain)(value) if isinstance(value, dict) else value


def optional(check: Check) -> Check:
    """A value that another check takes, or null."""
    return lambda value: None if value is None else check(value)


def sequence(*checks: Check) -> Check:
    """A list of as many values as checks."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) != len(checks):
            raise misfit(value, f"a list of {len(checks)}")
        return [_named(str(k), c, x) for k, (c, x) in enumerate(zip(checks, value, strict=True))]

    return check


def every(check_one: Check) -> Check:
    """A list of any length, all values of which pass one check."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise misfit(value, "a list")
        return [_named(str(k), check_one, x) for k, x in enumerate(value)]

    return check


def mapping(check_one: Check) -> Check:
    """An object with any names, all values of which pass one check."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise misfit(value, "an object")
        return {name: _named(name, check_one, part) for name, part in value.items()}

    return check


def record(**checks: Check) -> Check:
    """An object with these names and no others."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise misfit(value, "an object")
        for name in [*checks, *value]:
            with within(name):
                if name not in value:
                    raise Misfit("is not there")
                if name not in checks:
                    raise Misfit("is not part of it")
        return {name: _named(name, checks[name], value[name]) for name in checks}

    return check


def _named(name: str, check: Check, value: Any) -> Any:
    with within(name):
        return check(value)
