"""Which engine runs a program at one point."""

from __future__ import annotations

from typing import Any

from adcli.errors import UsageError

ENGINES = ("auto", "python", "numpy", "mpmath")


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


def is_number(value: Any) -> bool:
    """Whether a value is a scalar (a Python, NumPy or mpmath number, or a text of digits)."""
    if isinstance(value, (int, float, str)):
        return True
    shape = getattr(value, "shape", None)
    return shape == () if shape is not None else not isinstance(value, (list, tuple))
