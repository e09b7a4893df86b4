"""Which engine runs a program: at one point, or at many."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.engines.columns import is_number, is_over_numbers
from adcli.errors import UsageError, did_you_mean
from adcli.given import check_kinds
from adcli.graph.structure import GATHER

if TYPE_CHECKING:
    from adcli.ad.tasks import Task
    from adcli.engines.columns import Column
    from adcli.graph.program import Program

ENGINES = ("auto", "python", "numpy", "llvm", "mpmath")
DESCENT_ENGINES = ("auto", "python", "numpy", "llvm")
FIT_ENGINES = ("auto", "numpy", "llvm")
SWEEP_ENGINES = ("auto", "python", "numpy", "mpmath")
"""The engines of programs, of the functions that descents minimise, of models over rows, and of
sweeps at a point, which keep all values."""

WORK_WORTH_NUMPY = 20_000
"""Operations (rows times nodes) below which importing NumPy costs more than it saves."""

ROWS_WORTH_ARRAYS = 8
"""Rows below which an operation on an array costs more than one on a number for each."""

WORK_WORTH_COMPILING = 10_000_000
"""Operations (rows times nodes) below which compiling costs more than it saves, with the import of
LLVM."""

PLACE_WORK = 4
"""Operations on arrays that take about as long as one that takes elements at places."""

ROWS_WORTH_COMPILING = 4_000
"""Rows below which compiling a node takes longer than computing it for each of them."""

SWEEPS_APART = ("forward", "finite")
"""Modes that take a sweep or more for each element of an array."""


class Choice(NamedTuple):
    """An engine, by name, and why it was chosen."""

    engine: str
    reason: str


def check_engine(engine: str, known: Sequence[str] = ENGINES, command: str = "adcli") -> None:
    """Raise UsageError for an engine that is none of those known to a command."""
    if not isinstance(engine, str) or engine not in known:
        hint = did_you_mean(engine, known) or "the engines are " + ", ".join(known)
        raise UsageError(f"{command} has no engine '{engine}'", hint)


def choose_algebra(scalars: bool, engine: str = "auto", digits: int | None = None) -> Any:
    """The algebra of an engine for a program of scalars only, or of arrays.

    `engine` is one of ENGINES; `digits` are decimal digits (mpmath). Raises UsageError for an
    engine that cannot run the program.
    """
    _check(engine, digits)
    if engine == "mpmath" or digits is not None:
        from adcli.algebras.digits import DigitArrays, Digits

        count = 50 if digits is None else digits
        return Digits(count) if scalars else DigitArrays(count)
    if engine == "numpy" or (engine != "python" and not scalars):
        from adcli.algebras.arrays import Arrays

        return Arrays()
    if not scalars:
        raise UsageError(
            "the python engine has no arrays", "use the engine 'numpy', or 'auto' which chooses it"
        )
    from adcli.algebras.floats import Floats

    return Floats()


def choose_point_engine(
    program: Program,
    point: Mapping[str, Any],
    task: Task,
    engine: str = "auto",
    precision: int | None = None,
    runs: int = 1,
) -> Choice:
    """The engine for a task at one point, or at `runs` points one after another.

    Raises UsageError for an unknown engine, and for a precision that the engine does not have.
    """
    if (asked := _asked(engine, precision)) is not None:
        return asked
    if program.is_scalar and all(is_number(x) for x in point.values()):
        return Choice("python", "there is one point, and numbers alone")
    rows = max(map(_length, point.values()), default=0)
    takers = sum(program.graph.ops[i] is GATHER for i in program.order)
    work = rows * (len(program.order) + (PLACE_WORK - 1) * takers)
    if engine == "auto" and not _is_worth_compiling(rows * runs, work * runs):
        return Choice("numpy", "the program has vectors or matrices")
    obstacle = compiler_obstacle(task.strict)
    if obstacle is None and rows < 2:
        obstacle = "no vector has a number for each row"
    if obstacle is None and (task.kind not in ("value", "gradient") or task.mode in SWEEPS_APART):
        obstacle = "at one point it knows values, and gradients in reverse mode"
    return _compiler(engine, obstacle, f"{work:,} operations for values over rows")


def choose_rows_engine(
    program: Program,
    columns: Mapping[str, Column],
    rows: int,
    engine: str = "auto",
    precision: int | None = None,
    strict: bool = False,
    estimated: bool = False,
    once: bool = False,
) -> Choice:
    """The engine for a program at each of `rows` rows of the columns, `estimated` or counted.

    A process that does it `once`, and ends, has to start the compiler for that alone. Where the
    llvm engine is asked for and cannot do it, the numpy engine does. Raises UsageError for an
    engine that cannot run the program.
    """
    if (asked := _asked(engine, precision)) is not None:
        return asked
    if not is_over_numbers(program, columns, rows):
        return Choice("numpy", "the program has vectors or matrices")
    work = rows * len(program.order)
    told = f"{'about ' * estimated}{work:,} operations for values"
    if engine == "auto" and (rows < ROWS_WORTH_ARRAYS or work <= WORK_WORTH_NUMPY):
        return Choice("python", f"{told} are fewer than importing NumPy is worth")
    if engine == "auto" and not _is_worth_compiling(rows, work // 2 if once else work):
        reason = f"{told} in {rows:,} rows are worth arrays, but no compiler"
        return Choice("numpy", reason)
    obstacle = compiler_obstacle(strict)
    if not rows or not any(c.per_row for c in columns.values()):
        obstacle = "no variable has a value for each row"
    return _compiler(engine, obstacle, told)


def _asked(engine: str, precision: int | None) -> Choice | None:
    """The choice where it is made already; a machine may be unable to run llvm."""
    _check(engine, precision)
    if precision is not None:
        return Choice("mpmath", f"{precision} decimal digits were asked for")
    return None if engine in ("auto", "llvm") else Choice(engine, "it was asked for")


def _compiler(engine: str, obstacle: str | None, work: str) -> Choice:
    if obstacle is not None:
        return Choice("numpy", f"the llvm engine is not used: {obstacle}")
    return Choice("llvm", "it was asked for" if engine == "llvm" else f"{work} are worth compiling")


def _is_worth_compiling(rows: int, work: int) -> bool:
    return rows >= ROWS_WORTH_COMPILING and work >= WORK_WORTH_COMPILING


def _length(value: Any) -> int:
    """The number of elements of a vector; 0 for anything else."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return shape[0] if len(shape) == 1 else 0
    return len(value) if isinstance(value, (list, tuple)) and all(map(is_number, value)) else 0


def _check(engine: str, precision: int | None) -> None:
    check_engine(engine)
    if precision is None:
        return
    check_kinds(precision=precision)
    if engine not in ("auto", "mpmath"):
        raise UsageError("a precision needs the engine 'mpmath'", "leave the engine out")


def compiler_obstacle(strict: bool = False) -> str | None:
    """Why nothing is compiled, if there is a reason that does not depend on the program."""
    if not has_llvmlite():
        return "llvmlite is not installed"
    return "--strict looks at every operation" if strict else None


def has_llvmlite() -> bool:
    """Whether llvmlite is installed."""
    if sys.modules.get("llvmlite") is not None:
        return True
    from importlib.util import find_spec

    return find_spec("llvmlite") is not None
