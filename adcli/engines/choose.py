"""Which engine runs a program: at one point, or at many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.errors import UsageError

if TYPE_CHECKING:
    from adcli.engines.rows import Column
    from adcli.function import Function

ENGINES = ("auto", "python", "numpy", "mpmath")

SMALL = 20_000
"""Operations (rows times nodes) below which importing NumPy costs more than it saves."""

FEW_ROWS = 8
"""Rows below which an operation on an array costs more than one on a number for each."""


class Choice(NamedTuple):
    """An engine, by name, and why it was chosen."""

    engine: str
    reason: str


def check_engine(engine: str) -> None:
    """Raise UsageError for an unknown engine."""
    if engine not in ENGINES:
        raise UsageError(f"unknown engine '{engine}'", "the engines are " + ", ".join(ENGINES))


def choose_algebra(scalars: bool, engine: str, digits: int | None) -> Any:
    """The algebra for a program of scalars only, or of arrays.

    `engine` is one of ENGINES; `digits` asks for that many decimal digits (mpmath). Raises
    UsageError for an engine that cannot run the program.
    """
    check_engine(engine)
    if digits is not None and engine not in ("auto", "mpmath"):
        raise UsageError("a precision needs the engine 'mpmath'", "leave the engine out")
    if engine == "mpmath" or digits is not None:
        from adcli.engines.mpmath import DigitArrays, Digits

        count = 50 if digits is None else digits
        return Digits(count) if scalars else DigitArrays(count)
    if engine == "numpy" or (engine == "auto" and not scalars):
        from adcli.engines.numpy import Arrays

        return Arrays()
    if not scalars:
        raise UsageError(
            "the python engine has no arrays", "use the engine 'numpy', or 'auto' which chooses it"
        )
    from adcli.engines.python import Floats

    return Floats()


def choose_rows_engine(
    function: Function,
    columns: Mapping[str, Column],
    rows: int,
    engine: str = "auto",
    precision: int | None = None,
) -> Choice:
    """The engine for a program at each of `rows` rows of the columns.

    Raises UsageError for an engine that cannot run the program.
    """
    check_engine(engine)
    if precision is not None and engine not in ("auto", "mpmath"):
        raise UsageError("a precision needs the engine 'mpmath'", "leave the engine out")
    if precision is not None:
        return Choice("mpmath", f"{precision} decimal digits were asked for")
    if engine != "auto":
        return Choice(engine, "it was asked for")
    seen = [c for c in columns.values() if rows or not c.per_row]
    if not function.is_scalar or not all(is_number(c.at(0)) for c in seen):
        return Choice("numpy", "the program has vectors or matrices")
    work = rows * len(function.order)
    if rows < FEW_ROWS or work <= SMALL:
        return Choice("python", f"{work:,} operations are fewer than importing NumPy is worth")
    return Choice("numpy", f"{work:,} operations are worth arrays")


def is_number(value: Any) -> bool:
    """Whether a value is a scalar (a Python, NumPy or mpmath number, or a text of digits)."""
    if isinstance(value, (int, float, str)):
        return True
    shape = getattr(value, "shape", None)
    return shape == () if shape is not None else not isinstance(value, (list, tuple))
