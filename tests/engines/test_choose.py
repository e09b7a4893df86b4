"""Which engine `auto` takes, and why; what takes the place of one that cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from adcli.engines.choose import (
    ROWS_WORTH_ARRAYS,
    ROWS_WORTH_COMPILING,
    WORK_WORTH_COMPILING,
    WORK_WORTH_NUMPY,
    Choice,
    choose_point_engine,
    choose_rows_engine,
)
from adcli.engines.columns import Column

SCALARS = adcli.function("x*y + sin(x)")  # five nodes
NODES = len(SCALARS.order)
LONG = adcli.function("x" + " + sin(x)*x" * 3000)


class Rows:
    """A column of as many rows as one likes, none of which takes memory."""

    def __init__(self, rows: int, value: Any = 1.0) -> None:
        self.rows = rows
        self.value = value

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, row: int) -> Any:
        return self.value


def columns(rows: int, value: Any = 1.0) -> dict[str, Column]:
    return {"x": Column(Rows(rows, value), True), "y": Column(2.0, False)}


ROWS = [
    # engine asked for, rows, what is chosen, a part of the reason
    ("auto", 1, "python", f"{NODES} operations for values are fewer than importing NumPy is worth"),
    ("auto", WORK_WORTH_NUMPY // NODES, "python", "fewer than importing NumPy"),
    ("auto", WORK_WORTH_NUMPY // NODES + 1, "numpy", "are worth arrays, but no compiler"),
    ("auto", WORK_WORTH_COMPILING // NODES - 1, "numpy", "are worth arrays, but no compiler"),
    (
        "auto",
        WORK_WORTH_COMPILING // NODES,
        "llvm",
        "10,000,000 operations for values are worth compiling",
    ),
    ("python", 10**9, "python", "it was asked for"),
    ("numpy", 1, "numpy", "it was asked for"),
    ("numpy", 10**9, "numpy", "it was asked for"),
    ("mpmath", 10**9, "mpmath", "it was asked for"),
    ("llvm", 1, "llvm", "it was asked for"),
    ("llvm", 10**9, "llvm", "it was asked for"),
    ("llvm", 0, "numpy", "no variable has a value for each row"),
]


@pytest.mark.parametrize(("engine", "rows", "chosen", "reason"), ROWS)
def test_rows(engine: str, rows: int, chosen: str, reason: str) -> None:
    choice = choose_rows_engine(SCALARS, columns(rows), rows, engine)
    assert choice.engine == chosen
    assert reason in choice.reason


def test_few_rows_of_a_long_program_are_not_compiled() -> None:
    few = {"x": Column(Rows(ROWS_WORTH_COMPILING - 1), True)}
    assert choose_rows_engine(LONG, few, ROWS_WORTH_COMPILING - 1).engine == "numpy"
    many = {"x": Column(Rows(ROWS_WORTH_COMPILING), True)}
    assert choose_rows_engine(LONG, many, ROWS_WORTH_COMPILING).engine == "llvm"
    one = {"x": Column(Rows(ROWS_WORTH_ARRAYS - 1), True)}
    assert choose_rows_engine(LONG, one, ROWS_WORTH_ARRAYS - 1).engine == "python"


def test_what_compiled_code_cannot_do() -> None:
    rows = WORK_WORTH_COMPILING
    for engine in ("auto", "llvm"):
        strict = choose_rows_engine(SCALARS, columns(rows), rows, engine, strict=True)
        reason = "the llvm engine is not used: --strict looks at every operation"
        assert strict == Choice("numpy", reason)
        vectors = choose_rows_engine(SCALARS, columns(rows, [1.0, 2.0]), rows, engine)
        assert vectors == Choice("numpy", "the program has vectors or matrices")
        arrays = choose_rows_engine(adcli.function("sum(x*[1, 2])"), columns(rows), rows, engine)
        assert arrays.engine == "numpy"
        numbers = {n: Column(1.0, False) for n in "xy"}
        assert choose_rows_engine(SCALARS, numbers, rows, engine).engine == "numpy"


def test_a_precision_decides() -> None:
    digits = Choice("mpmath", "30 decimal digits were asked for")
    assert choose_rows_engine(SCALARS, columns(9), 9, "auto", 30) == digits
    assert choose_point_engine(SCALARS, {"x": 1.0, "y": 2.0}, Task("value"), "auto", 30) == digits
    for engine in ("llvm", "numpy", "python"):
        with pytest.raises(adcli.UsageError, match="a precision needs the engine 'mpmath'"):
            choose_rows_engine(SCALARS, columns(9), 9, engine, 30)
    with pytest.raises(adcli.UsageError, match="no engine 'llmv'"):
        choose_rows_engine(SCALARS, columns(9), 9, "llmv")


LOSS = adcli.function("mean((y - a*x)^2)")
GRADIENT = Task("gradient", wrt=("a",))
POINTS = [
    # engine, rows, task, what is chosen, a part of the reason
    ("auto", 10, GRADIENT, "numpy", "the program has vectors or matrices"),
    (
        "auto",
        WORK_WORTH_COMPILING,
        GRADIENT,
        "llvm",
        "operations for values over rows are worth compiling",
    ),
    (
        "auto",
        WORK_WORTH_COMPILING,
        Task("value"),
        "llvm",
        "operations for values over rows are worth compiling",
    ),
    (
        "auto",
        WORK_WORTH_COMPILING,
        Task("hessian", wrt=("a",)),
        "numpy",
        "at one point it knows values",
    ),
    (
        "auto",
        WORK_WORTH_COMPILING,
        Task("gradient", "forward", ("a",)),
        "numpy",
        "gradients in reverse mode",
    ),
    (
        "auto",
        WORK_WORTH_COMPILING,
        Task("gradient", strict=True),
        "numpy",
        "--strict looks at every operation",
    ),
    ("llvm", 2, GRADIENT, "llvm", "it was asked for"),
    ("llvm", 1, GRADIENT, "numpy", "no vector has a number for each row"),
    ("numpy", WORK_WORTH_COMPILING, GRADIENT, "numpy", "it was asked for"),
]


@pytest.mark.parametrize(("engine", "rows", "task", "chosen", "reason"), POINTS)
def test_points(engine: str, rows: int, task: Task, chosen: str, reason: str) -> None:
    column = np.broadcast_to(1.0, rows)
    choice = choose_point_engine(LOSS, {"x": column, "y": column, "a": 1.0}, task, engine)
    assert choice.engine == chosen
    assert reason in choice.reason


@pytest.mark.parametrize("engine", ["auto", "llvm"])
def test_one_point_of_numbers_needs_no_compiler(engine: str) -> None:
    choice = choose_point_engine(LONG, {"x": 1.0}, Task("gradient"), engine)
    assert choice == Choice("python", "there is one point, and numbers alone")
