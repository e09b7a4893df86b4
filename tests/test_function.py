"""The Python API: names, points, results, many points."""

from __future__ import annotations

import importlib
import math
from gc import collect
from typing import Any
from weakref import ref

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from tests.ways import as_lists, ways


def test_all_public_names_are_listed() -> None:
    names = {"function", "descend", "fit", "train", "load_model", "Function", "Fit", "UsageError"}
    assert names <= set(dir(adcli))
    assert all(hasattr(adcli, name) for name in dir(adcli))


def test_the_function_is_not_hidden_by_the_module_of_its_name() -> None:
    module = importlib.import_module("adcli.function")
    assert adcli.function is module.function
    assert adcli.function("x + 1").value({"x": 1.0}) == 2.0


EXAMPLES: tuple[tuple[str, dict[str, Any], float, dict[str, Any]], ...] = (
    (
        "x1*x2 + sin(x1)",
        {"x1": 2.0, "x2": 3.0},
        6.0 + math.sin(2.0),
        {"x1": 3.0 + math.cos(2.0), "x2": 2.0},
    ),
    (
        "3*(x1^2 + x2*x3)",
        {"x1": 2.0, "x2": 3.0, "x3": 4.0},
        48.0,
        {"x1": 12.0, "x2": 12.0, "x3": 9.0},
    ),
    ("(x + y)*z", {"x": 1.0, "y": 2.0, "z": 3.0}, 9.0, {"x": 3.0, "y": 3.0, "z": 3.0}),
    ("2x^3 + 7", {"x": 2.0}, 23.0, {"x": 24.0}),
    (
        "sum(W @ v)",
        {"W": [[1.0, 2.0]], "v": [3.0, 4.0]},
        11.0,
        {"W": [[3.0, 4.0]], "v": [1.0, 2.0]},
    ),
    ("x + 0*y", {"x": 1.0, "y": 2.0}, 1.0, {"x": 1.0, "y": 0.0}),
)


@pytest.mark.parametrize(("text", "point", "value", "gradient"), EXAMPLES)
def test_examples(text: str, point: dict[str, Any], value: float, gradient: dict[str, Any]) -> None:
    f = adcli.function(text)
    assert f.variables == tuple(point)
    for way in ways(f, point):
        found, slopes = f.value_and_gradient(point, **way)
        assert float(found) == pytest.approx(value, rel=1e-15)
        assert as_lists(slopes) == gradient, way


@pytest.mark.parametrize(("text", "point", "value", "gradient"), EXAMPLES)
def test_the_text_of_a_function_means_the_function(
    text: str, point: dict[str, Any], value: float, gradient: dict[str, Any]
) -> None:
    f = adcli.function(text)
    again = adcli.function(str(f))
    found, slopes = again.value_and_gradient({name: point[name] for name in again.variables})
    assert float(found) == pytest.approx(value, rel=1e-15)
    assert as_lists(slopes) == {name: gradient[name] for name in again.variables}
    assert repr(f) == f"Function({str(f)!r})"


def test_a_derivative_shows_its_formula() -> None:
    f = adcli.function("x^2*y + sin(x*y)^2")
    assert str(f.derivative("y")) == "t1 = x*y\nx^2 + 2*x*cos(t1)*sin(t1)"
    assert repr(adcli.function("x^3").derivative("x")) == "Function('3*x^2')"
    assert str(adcli.function("x^3").derivative("x").shown) == "3*x^2"
    long = adcli.function("+".join(f"sin(x{k})" for k in range(99)))
    assert repr(long) == "<Function of 99 variables: 296 nodes>"


def test_finite_differences() -> None:
    f = adcli.function("x1*x2 + sin(x1)")
    _, gradient = f.value_and_gradient({"x1": 2.0, "x2": 3.0}, mode="finite")
    assert gradient["x1"] == pytest.approx(3.0 + math.cos(2.0), rel=1e-9)
    assert gradient["x1"] != 3.0 + math.cos(2.0)


def test_wrt_gives_what_is_asked_in_that_order() -> None:
    f = adcli.function("x*y*z")
    _, gradient = f.value_and_gradient({"x": 2.0, "y": 3.0, "z": 5.0}, wrt=["z", "x"])
    assert list(gradient.items()) == [("z", 6.0), ("x", 15.0)]


@pytest.mark.parametrize("options", [{}, {"engine": "numpy"}, {"precision": 30}])
@pytest.mark.parametrize(
    ("text", "point", "direction", "series"),
    [
        ("x^y", {"x": -2.0, "y": 3.0}, {"x": 1.0, "y": 0.0}, [-8, 12, -6, 1, 0]),
        ("x^y", {"x": 0.0, "y": 2.0}, {"x": 1.0, "y": 0.0}, [0, 0, 1, 0, 0]),
        ("x*sqrt(y)", {"x": 3.0, "y": 0.0}, {"x": 1.0, "y": 0.0}, [0, 0, 0, 0, 0]),
        (
            "sum(v^w)",
            {"v": [-1.0, 2.0], "w": [2.0, 3.0]},
            {"v": [1.0, 1.0], "w": [0.0, 0.0]},
            [9, 10, 7, 1, 0],
        ),
    ],
)
def test_a_variable_that_does_not_move_needs_no_derivative(
    text: str, point: Any, direction: Any, series: list[float], options: dict[str, Any]
) -> None:
    f = adcli.function(text)
    assert f.directional(point, direction, **options) == (series[0], series[1])
    assert f.taylor(point, direction, order=4, precision=options.get("precision")) == series


def test_directional_derivative() -> None:
    f = adcli.function("x*y, x + y")
    assert f.directional({"x": 2.0, "y": 3.0}, {"x": 1.0, "y": -1.0}) == ([6.0, 5.0], [1.0, 0.0])
    assert f.directional({"x": 2.0, "y": 3.0}, {"y": 2.0}) == ([6.0, 5.0], [4.0, 2.0])


def test_the_jacobian_has_the_shape_of_value_and_variable() -> None:
    f = adcli.function("W @ v")
    point = {"W": np.arange(6.0).reshape(2, 3), "v": np.ones(3)}
    value, jacobian = f.jacobian(point)
    assert value.shape == (2,)
    assert jacobian["W"].shape == (2, 2, 3)
    assert np.array_equal(jacobian["v"], point["W"])


def test_the_hessian() -> None:
    f = adcli.function("x^2*y + sum(v)^2")
    _, hessian = f.hessian({"x": 2.0, "y": 3.0, "v": [1.0, 2.0]})
    assert hessian["x"]["x"] == 6.0
    assert hessian["x"]["y"] == hessian["y"]["x"] == 4.0
    assert hessian["y"]["y"] == 0.0
    assert np.array_equal(hessian["v"]["v"], [[2.0, 2.0], [2.0, 2.0]])
    assert np.array_equal(hessian["x"]["v"], [0.0, 0.0])


def test_derivatives_of_derivatives() -> None:
    f = adcli.function("x^5")
    slopes = [f := f.derivative("x") for _ in range(6)]
    assert [g.value({"x": 2.0}) for g in slopes] == [80.0, 160.0, 240.0, 240.0, 120.0, 0.0]


def test_a_derivative_has_the_same_variables() -> None:
    slope = adcli.function("x + y*sum(v)").derivative("x")
    point = {"x": 1.0, "y": 2.0, "v": [1.0, 2.0]}
    assert slope.variables == ("x", "y", "v")
    for mode in ("reverse", "forward", "symbolic", "finite"):
        value, gradient = slope.value_and_gradient(point, mode=mode)
        assert (value, as_lists(gradient)) == (1.0, {"x": 0.0, "y": 0.0, "v": [0.0, 0.0]})


@pytest.mark.parametrize("kind", ["list", "array", "numpy number"])
def test_points_of_any_type(kind: str) -> None:
    f = adcli.function("sum(v)*x")
    v = [1.0, 2.0] if kind == "list" else np.array([1.0, 2.0])
    x = np.float64(3.0) if kind == "numpy number" else 3
    value, gradient = f.value_and_gradient({"v": v, "x": x})
    assert (value, gradient["x"]) == (9.0, 3.0)
    assert isinstance(value, float)


def test_a_function_without_variables() -> None:
    f = adcli.function("2 + 2")
    assert f.variables == ()
    assert f.value_and_gradient({}) == (4.0, {})


def test_evaluating_leaves_nothing_behind() -> None:
    f = adcli.function("sin(x)*x")
    first = f.value_and_gradient({"x": 1.0})
    for mode in ("symbolic", "forward", "reverse"):
        f.hessian({"x": 2.0}, mode=mode)
    assert f.value_and_gradient({"x": 1.0}) == first
    size = len(f.graph)
    f.hessian({"x": 3.0})
    assert len(f.graph) == size


WRONG: tuple[tuple[str, dict[str, Any], dict[str, Any], str], ...] = (
    # program, point, options, part of the message
    ("x + y", {"x": 1.0}, {}, "no value for the variable 'y'"),
    ("x + y + z", {"x": 1.0}, {}, "no value for the variables 'y', 'z'"),
    ("x", {"x": 1.0, "y": 2.0}, {}, "no variable 'y'"),
    ("x", {"x": "one"}, {}, "'x'"),
    ("x", {"x": [[1.0, 2.0], [3.0]]}, {}, "'x'"),
    ("x", {"x": 1.0}, {"mode": "backward"}, "backward"),
    ("x", {"x": 1.0}, {"engine": "cupy"}, "cupy"),
    ("x", {"x": 1.0}, {"wrt": ["y"]}, "no variable 'y'"),
    ("x", {"x": 1.0}, {"precision": 0}, "precision"),
    ("x, x", {"x": 1.0}, {}, "one result"),
    ("x", {"x": [1.0, 2.0]}, {}, "a number as the result"),
    ("sum(x)", {"x": 1.0}, {"engine": "python"}, "python"),
)


@pytest.mark.parametrize(("text", "point", "options", "message"), WRONG)
def test_wrong_usage(
    text: str, point: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    f = adcli.function(text)
    with pytest.raises(adcli.UsageError) as caught:
        f.value_and_gradient(point, **options)
    assert message in caught.value.message


def test_many_points() -> None:
    f = adcli.function("x*y + sin(x)")
    x, y = np.linspace(-3.0, 3.0, 7), np.linspace(1.0, 2.0, 7)
    batch = f.map({"x": x, "y": y})
    assert np.allclose(batch.values, x * y + np.sin(x), rtol=1e-15)
    assert np.allclose(batch.gradients["x"], y + np.cos(x), rtol=1e-15)
    assert np.array_equal(batch.gradients["y"], x)
    assert not batch.errors


def test_many_points_share_a_number_and_count_their_errors() -> None:
    f = adcli.function("sqrt(x)*y")
    batch = f.map({"x": [4.0, -1.0, 0.0, 9.0], "y": 2.0}, on_error="null")
    assert np.array_equal(batch.values, [4.0, np.nan, np.nan, 6.0], equal_nan=True)
    assert list(batch.errors) == [1, 2]
    assert "sqrt(-1)" in batch.errors[1]
    with pytest.raises(adcli.DomainError, match=r"sqrt\(-1\)"):
        f.map({"x": [4.0, -1.0], "y": 2.0})


@pytest.mark.parametrize(
    "call",
    [
        lambda f: adcli.function(None),
        lambda f: adcli.function(b"x"),
        lambda f: f.value(None),
        lambda f: f.value({"x": 10**400}),
    ],
)
def test_what_is_no_program_or_point_is_refused(call):
    with pytest.raises(adcli.UsageError):
        call(adcli.function("x"))


def test_map_of_no_rows():
    batch = adcli.function("x*y").map({"x": [], "y": []})
    assert len(batch.values) == len(batch.gradients["x"]) == 0


LARGE_PROGRAMS = {
    "loss": "mean((y - a*exp(-b*x))^2)",
    "norms": "norm(x - a) + std(y*b) + max(x*y) + logsumexp(a*x)",
    "guarded": "sum(where(x > 1, sqrt(x - 1), 0)*a) + b*sum(max(y, 0))",
    "matrix": "sum((reshape(x, [200, 300])@reshape(y, [300, 200]))^2)*a*b",
}


@pytest.mark.parametrize("engine", ["auto", "numpy", "llvm"])
@pytest.mark.parametrize("text", LARGE_PROGRAMS.values(), ids=LARGE_PROGRAMS)
def test_large_arrays_are_planned_and_give_what_sweeps_give(text: str, engine: str) -> None:
    rng = np.random.default_rng(5)
    point = {"x": rng.uniform(0.5, 2, 60_000), "y": rng.normal(size=60_000), "a": 0.7, "b": 1.3}
    f = adcli.function(text)
    task = Task("gradient", wrt=list(f.variables))
    value, rest = f.at(point, task, engine).nested()
    wanted, swept = f.swept(point, task, "numpy").nested()
    assert value == pytest.approx(wanted, rel=1e-12)
    for name, gradient in rest["gradient"].items():
        expected = swept["gradient"][name]
        assert np.shape(gradient) == np.shape(point[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-13 * abs(value))
    assert f.value(point, engine=engine) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("engine", ["auto", "numpy", "llvm"])
def test_large_arrays_fail_as_small_ones(engine: str) -> None:
    x = np.linspace(1.0, 2.0, 60_000)
    x[41_000] = -1.0
    f = adcli.function("sum(log(x))")
    with pytest.raises(adcli.DomainError, match=r"log\(-1\) is nan"):
        f.value_and_gradient({"x": x}, engine=engine)
    with pytest.raises(adcli.LanguageError, match="needs a number as the result"):
        adcli.function("log(x)").value_and_gradient({"x": np.abs(x)}, engine=engine)
    with pytest.raises(adcli.LanguageError, match="needs a number as the result"):
        adcli.function("x*2").value_and_gradient({"x": x}, engine=engine)
    with pytest.raises(adcli.LanguageError) as caught:
        adcli.function("sum(x + y)").value({"x": x, "y": x[:-1]}, engine=engine)
    assert caught.value.span is not None
    assert adcli.function("2x").value({"x": x}, engine=engine).shape == x.shape


def test_what_is_kept_for_a_function_goes_with_it() -> None:
    f = adcli.function("sum(exp(x))")
    for engine in ("numpy", "llvm"):
        f.value_and_gradient({"x": np.ones(60_000)}, engine=engine)
    known = ref(f)
    del f
    collect()
    assert known() is None


def test_of_unknown_names_the_nearest_is_told() -> None:
    with pytest.raises(adcli.UsageError) as caught:
        adcli.function("alpha*x").value({"aaa": 2.0, "alpah": 1.0, "x": 3.0})
    assert "'alpah' is given" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sort(trunc(v))[1] + v[0]*0", ["v"]),
        ("sort(trunc(v))[1]", ["v"]),
        ("v[floor(g)]", ["v"]),
        ("v[g]*(g > 1)", ["v"]),
        ("where(g > 0, v[g], 0)", ["v"]),
        ("v[g] + round(g)", ["v", "g"]),
    ],
)
def test_the_variables_that_are_nothing_but_indices(text: str, names: list[str]) -> None:
    assert adcli.function(text).names(None) == names
