"""Whatever is not a real number is one error of ours, wherever the Python API takes numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError

DATA = {"t": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0, 5.0]}


class Odd:
    """An object that is not a number."""


BAD: dict[str, Any] = {
    "a text": "abc",
    "texts": ["a", "b", "c"],
    "an array of texts": np.array(["x", "y", "z"]),
    "a complex number": 1j,
    "complex numbers": np.array([1j, 2, 3]),
    "complex numbers on the axis": np.array([1 + 0j, 2, 3]),
    "complex64": np.ones(3, "c8"),
    "complex objects": np.array([1j, 1, 2], dtype=object),
    "ragged lists": [[1, 2], [3]],
    "numbers and lists": [1, [2]],
    "a dict": {},
    "a set": {1, 2, 3},
    "a huge integer": 10**400,
    "a huge integer in a list": [1, 10**400, 2],
    "an object": Odd(),
    "objects": [Odd()] * 3,
    "a function": len,
    "a generator": (x for x in [1.0, 2.0]),
    "dates": np.array(["2024-01-01"] * 3, "M8[D]"),
    "durations": np.array([1, 2, 3], "m8[s]"),
    "records": np.zeros(3, [("a", "f8")]),
    "nan": float("nan"),
    "missing": [None, 1.0, 2.0],
    "masked": np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]),
    "infinite": [np.inf, 1.0, 2.0],
}
GOOD: dict[str, Any] = {
    "integers": [1, 2, 3],
    "texts of numbers": ["1", "2", "3"],
    "big-endian": np.array([1, 2, 3], ">i2"),
    "truth values": np.array([True, False, True]),
    "masked nowhere": np.ma.array([1.0, 2.0, 3.0], mask=False),
    "a range": range(3),
    "huge integers": [2**60, 1, 2],
}

number, vector = adcli.function("x^2 + 1"), adcli.function("sum(v^2)")
fitted = adcli.fit("y ~ a*t", DATA, {"a": 1.0})


def points(x: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What takes numbers at points."""
    for engine in ("python", "numpy", "llvm", "mpmath"):
        yield f"value {engine}", lambda e=engine: number.value({"x": x}, engine=e)
        yield f"map {engine}", lambda e=engine: number.map({"x": x}, engine=e)
        yield (
            f"direction {engine}",
            lambda e=engine: number.directional({"x": 1}, {"x": x}, engine=e),
        )
    for engine in ("auto", "numpy", "llvm", "mpmath"):
        yield f"gradient {engine}", lambda e=engine: vector.value_and_gradient({"v": x}, engine=e)
        yield (
            f"direction of arrays {engine}",
            lambda e=engine: vector.directional({"v": [1, 2, 3]}, {"v": x}, engine=e),
        )
    rows = np.ma.stack([x, x]) if np.ma.isMaskedArray(x) else [x, x]
    yield "map of arrays", lambda: vector.map({"v": rows})
    yield "jacobian", lambda: vector.jacobian({"v": x})
    yield "hessian", lambda: vector.hessian({"v": x})


def fits(x: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What takes numbers for descents, fits and trainings."""
    few: dict[str, Any] = {"max_iterations": 3}
    for method in ("lbfgs", "adam", "newton"):
        yield (
            f"start {method}",
            lambda m=method: adcli.descend("sum((v - 1)^2)", {"v": x}, method=m, **few),
        )
    loss = "(x - 1)^2 + sum(v)"
    yield "fixed", lambda: adcli.descend(loss, {"x": 0.0}, fix={"v": x}, **few)
    yield "data", lambda: adcli.descend("mean((v - a)^2)", {"a": 0.0}, data={"v": x}, **few)
    yield "bound", lambda: adcli.descend("x^2", {"x": 0.5}, bounds={"x": (x, 9)}, **few)
    yield "start of a fit", lambda: adcli.fit("y ~ sum(a)*t", DATA, {"a": x})
    yield "data of a fit", lambda: adcli.fit("y ~ a*t", {"t": x, "y": [1, 2, 4]}, {"a": 1.0})
    yield "sigma", lambda: adcli.fit("y ~ a*t", DATA, {"a": 1.0}, sigma=x)
    yield "weights", lambda: adcli.fit("y ~ a*t", DATA, {"a": 1.0}, weights=x)
    yield "prediction", lambda: fitted.predict({"t": x})
    steps: dict[str, Any] = {"batch_size": 2, "epochs": 1, "method": "gd", "rate": 0.01}
    squares = "mean((y - sum(a)*t)^2)"
    yield "start of a training", lambda: adcli.train(squares, {"a": x}, data=DATA, **steps)
    yield (
        "data of a training",
        lambda: adcli.train(squares, {"a": [1.0]}, data={"t": x, "y": [1, 2, 4]}, **steps),
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_real_number_is_refused(kind: str) -> None:
    for name, call in [*points(BAD[kind]), *fits(BAD[kind])]:
        with pytest.raises(AdcliError) as caught:
            call()
        assert "\n" not in caught.value.message, name


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", GOOD)
def test_what_is_one_has_its_value(kind: str) -> None:
    plain = np.array([float(x) for x in GOOD[kind]])
    for engine in ("numpy", "llvm"):
        assert vector.value({"v": GOOD[kind]}, engine=engine) == (plain**2).sum()
        assert number.map({"x": GOOD[kind]}, engine=engine).values.tolist() == (
            (plain**2 + 1).tolist()
        )
    found = adcli.descend("mean((v - a)^2)", {"a": 0.0}, data={"v": GOOD[kind]})
    assert found.point["a"] == pytest.approx(plain.mean(), rel=1e-6)


@pytest.mark.parametrize("engine", ["auto", "python", "numpy", "llvm", "mpmath"])
@pytest.mark.parametrize("direction", ["[1,0,0]", "[1]", "[[1]]", "zeros(0)"])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_direction_of_another_shape(
    direction: str, engine: str, rows: int, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from adcli.cli import execute

    path = tmp_path / "p.csv"
    path.write_text("z\n" + "1\n" * rows)
    line = ["grad", "z^2", "--points", str(path), "--engine", engine, "--direction"]
    assert execute([*line, f"z={direction}"]) == 2
    assert "the direction of 'z' has not the shape of 'z'" in capsys.readouterr().err


@pytest.mark.parametrize("digits", [309, 400, 4300, 5000])
def test_integers_of_json_beyond_float64(
    digits: int, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from adcli.cli import execute

    path = tmp_path / "p.jsonl"
    path.write_text(f'{{"z": 1, "n": 1}}\n{{"z": -{"7" * digits}, "n": 1}}\n')
    for line in (["eval", "z", "--points"], ["eval", "sum(z)", "--data"]):
        assert execute([*line, str(path)]) == 1
        message = capsys.readouterr().err
        assert "row 2" in message
        assert "inf" in message


SETTINGS: dict[str, Callable[[Any], Any]] = {
    "order": lambda v: adcli.function("exp(x)").taylor({"x": 1.0}, "x", v),
    "rate": lambda v: adcli.descend("(x-1)^2", {"x": 0.5}, method="gd", rate=v),
    "decay": lambda v: adcli.descend("(x-1)^2", {"x": 0.5}, method="adam", weight_decay=v),
    "iterations": lambda v: adcli.descend("(x-1)^2", {"x": 0.5}, max_iterations=v),
    "tolerance": lambda v: adcli.descend("(x-1)^2", {"x": 0.5}, point_tolerance=v),
    "seconds": lambda v: adcli.descend("(x-1)^2", {"x": 0.5}, max_seconds=v),
    "batch": lambda v: adcli.train("mean((y-a*t)^2)", {"a": 0.0}, data=DATA, batch_size=v),
    "epochs": lambda v: adcli.train("mean((y-a*t)^2)", {"a": 0.0}, data=DATA, epochs=v),
    "loss scale": lambda v: adcli.fit("y ~ a*t", DATA, {"a": 1.0}, loss="huber", loss_scale=v),
    "confidence": lambda v: adcli.fit("y ~ a*t", DATA, {"a": 1.0}, confidence=v),
}
NO_SETTINGS = ["0.1", b"1", 1j, [1], {}, Odd(), 10**400, np.ones(3), np.datetime64("2020-01-01")]


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_are_numbers(setting: str) -> None:
    for value in NO_SETTINGS:
        with pytest.raises(AdcliError, match=r"not a (whole )?number"):
            SETTINGS[setting](value)


@pytest.mark.parametrize("setting", ["order", "iterations", "batch", "epochs"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 1.5])
def test_counts_are_whole(setting: str, value: float) -> None:
    with pytest.raises(AdcliError, match="not a whole number"):
        SETTINGS[setting](value)


@pytest.mark.parametrize("along", [b"x", 1.0, ["x"], {"x"}, np.ones(2), Odd()])
def test_a_series_goes_along_a_name_or_a_direction(along: Any) -> None:
    with pytest.raises(AdcliError, match="a variable or a direction"):
        adcli.function("exp(x)").taylor({"x": 1.0}, along, 3)


LOSS = "mean((y - a*t)^2)"
ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    "function": lambda v: adcli.function(v),
    "point": lambda v: number.value(v),
    "columns": lambda v: number.map(v),
    "mode": lambda v: number.value_and_gradient({"x": 1.0}, mode=v),
    "mode of map": lambda v: number.map({"x": [1.0]}, mode=v),
    "wrt": lambda v: number.jacobian({"x": 1.0}, wrt=v),
    "wrt of map": lambda v: number.map({"x": [1.0]}, wrt=v),
    "engine": lambda v: number.hessian({"x": 1.0}, engine=v),
    "precision": lambda v: number.value({"x": 1.0}, precision=v),
    "direction": lambda v: number.directional({"x": 1.0}, v),
    "derivative": lambda v: number.derivative(v),
    "shapes": lambda v: vector.derivative("v", shapes=v),
    "shape": lambda v: vector.derivative("v", shapes={"v": v}),
    "loss": lambda v: adcli.descend(v, {"x": 1.0}),
    "start": lambda v: adcli.descend("x^2", v),
    "fix": lambda v: adcli.descend("x^2 + y", {"x": 1.0}, fix=v),
    "bounds": lambda v: adcli.descend("x^2", {"x": 1.0}, bounds=v),
    "data": lambda v: adcli.descend(LOSS, {"a": 0.0}, data=v),
    "starts": lambda v: adcli.descend("x^2", {"x": 1.0}, starts=v),
    "method": lambda v: adcli.descend("x^2", {"x": 1.0}, method=v),
    "schedule": lambda v: adcli.descend("x^2", {"x": 1.0}, rate=0.1, schedule=v),
    "resume": lambda v: adcli.descend("x^2", {"x": 1.0}, resume=v),
    "watchers": lambda v: adcli.descend("x^2", {"x": 1.0}, watchers=v),
    "interrupted": lambda v: adcli.descend("x^2", {"x": 1.0}, interrupted=v),
    "model": lambda v: adcli.fit(v, DATA, {"a": 1.0}),
    "data of a fit": lambda v: adcli.fit("y ~ a*t", v, {"a": 1.0}),
    "robust loss": lambda v: adcli.fit("y ~ a*t", DATA, {"a": 1.0}, loss=v),
    "rows": lambda v: adcli.train(LOSS, {"a": 0.0}, data=v),
    "dtype": lambda v: adcli.train(LOSS, {"a": 0.0}, data=DATA, dtype=v),
    "validation": lambda v: adcli.train(LOSS, {"a": 0.0}, data=DATA, validation=v),
    "missing": lambda v: adcli.train(LOSS, {"a": 0.0}, data=DATA, missing=v),
    "where": lambda v: adcli.train(LOSS, {"a": 0.0}, data=DATA, where=v),
    "file of a model": lambda v: adcli.load_model(v),
}
OF_NO_KIND = [-7, 2.5, math.nan, 10**400, b"x", object(), {1: 2}, [[1]], [object()], {"q": 1j}]


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_arguments_of_a_wrong_kind(argument: str) -> None:
    for value in OF_NO_KIND:
        with pytest.raises(AdcliError) as caught:
            ARGUMENTS[argument](value)
        assert "\n" not in caught.value.message, value


@pytest.mark.parametrize("two", [2, 2.0, np.float64(2), np.int8(2)])
def test_whole_numbers_of_any_type_count(two: Any) -> None:
    assert len(adcli.function("exp(x)").taylor({"x": 0.0}, "x", two)) == 3
    assert adcli.descend("(x - 1)^2", {"x": 0.0}, starts=two, seed=two).status == "converged"
    rows = {"t": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 3.0, 4.0]}
    found = adcli.train(LOSS, {"a": 0.0}, data=rows, batch_size=two, epochs=two, seed=two)
    assert found.iterations == 4


@pytest.mark.parametrize("choice", [{"missing": "drop"}, {"where": adcli.function("t > 1")}])
def test_arrays_are_not_selected_silently(choice: dict[str, Any]) -> None:
    with pytest.raises(AdcliError, match="not of arrays"):
        adcli.train(LOSS, {"a": 0.0}, data=DATA, **choice)
