"""One call adds a function: nothing else is edited, and it works wherever a function does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import mpmath
import pytest

import adcli
from adcli.graph import library
from adcli.graph.primitives import PRIMITIVES, elementwise
from tests.terminal import run_here

POINTS = b"x,y\n1,2\n3,4\n"
ENGINES = ("python", "numpy", "llvm", "mpmath")


@pytest.fixture(autouse=True)
def rows() -> Iterator[None]:
    """A function that its row states, and two that libraries have."""
    before = set(PRIMITIVES)
    elementwise(
        "softabs",
        lambda m, x, out: m.divide(x, out),
        value=lambda m, x: m.sqrt(1 + x * x),
        latex=r"\operatorname{softabs}",
        aliases=("smoothabs",),
        summary="sqrt(1 + x^2)",
    )
    elementwise(
        "cylinder0",
        lambda m, x, out: -m.cylinder1(x),
        libraries={"numpy": "scipy.special.j0", "mpmath": "mpmath.j0"},
        c="j0",
        latex="J_0",
        summary="Bessel function of the first kind, of order 0 (DLMF 10.2.2)",
    )
    elementwise(
        "cylinder1",
        lambda m, x, out: m.cylinder0(x) - m.divide(out, x),
        libraries={"numpy": "scipy.special.j1", "mpmath": "mpmath.j1"},
        c="j1",
        latex="J_1",
        summary="Bessel function of the first kind, of order 1",
    )
    yield
    for name in set(PRIMITIVES) - before:
        for alias in PRIMITIVES.pop(name).aliases:
            del library.ALIASES[alias]
        del library.LIBRARY[name]


CASES = {
    "softabs": (
        lambda x: mpmath.sqrt(1 + x**2),
        lambda x: x / mpmath.sqrt(1 + x**2),
        lambda x: (1 + x**2) ** mpmath.mpf(-1.5),
    ),
    "cylinder0": (
        mpmath.j0,
        lambda x: -mpmath.j1(x),
        lambda x: mpmath.j1(x) / x - mpmath.j0(x),
    ),
}
"""Value and two derivatives of each function, by mpmath."""


def show(*arguments: str, stdin: bytes = b"") -> str:
    """What a command prints; it must succeed."""
    outcome = run_here(list(arguments), stdin)
    assert outcome.code == 0, outcome.stderr
    return outcome.stdout


@pytest.mark.parametrize("name", CASES)
class TestNewFunction:
    def test_value(self, name: str) -> None:
        found = adcli.function(f"{name}(2x)").value({"x": 0.7})
        assert found == pytest.approx(float(CASES[name][0](1.4)), rel=1e-15)

    @pytest.mark.parametrize("mode", ["reverse", "forward", "symbolic", "finite"])
    def test_gradient_in_every_mode(self, name: str, mode: str) -> None:
        text = show("grad", f"y*{name}(2x)", "--at", "x=0.7,y=3", "--mode", mode, "--format=json")
        gradient = json.loads(text)["gradient"]
        digits = 1e-9 if mode == "finite" else 1e-15
        assert gradient["x"] == pytest.approx(float(6 * CASES[name][1](1.4)), rel=digits)

    def test_jacobian_and_hessian(self, name: str) -> None:
        text = show("jacobian", f"{name}([x, 2x])", "--at", "x=0.7", "--format", "json")
        expected = [float(CASES[name][1](0.7)), float(2 * CASES[name][1](1.4))]
        assert json.loads(text)["jacobian"]["x"] == pytest.approx(expected, rel=1e-15)
        text = show("hessian", f"{name}(2x)", "--at", "x=0.7", "--format", "json")
        expected_hessian = float(4 * CASES[name][2](1.4))
        assert json.loads(text)["hessian"]["x"]["x"] == pytest.approx(expected_hessian, rel=1e-14)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_rows_on_every_engine(self, name: str, engine: str) -> None:
        options = ["--points", "-", "--points-format", "csv", "--format", "csv", "--engine", engine]
        header, *lines = show("grad", f"{name}(2x)*y", *options, stdin=POINTS).splitlines()
        assert header == "x,y,value,df/dx,df/dy"
        for line in lines:
            x, y, value, slope, by_y = map(float, line.split(","))
            assert value == pytest.approx(float(y * CASES[name][0](2 * x)), rel=1e-14)
            assert slope == pytest.approx(float(2 * y * CASES[name][1](2 * x)), rel=1e-14)
            assert by_y == pytest.approx(value / y, rel=1e-14)

    def test_many_digits(self, name: str) -> None:
        text = show("grad", f"{name}(x)", "--at", "x=0.7", "--precision", "40", "--format", "json")
        with mpmath.workdps(50):
            expected = CASES[name][1](mpmath.mpf("0.7"))
            found = mpmath.mpf(json.loads(text, parse_float=str)["gradient"]["x"])
            assert abs(found - expected) < mpmath.mpf(10) ** -39

    @pytest.mark.parametrize("form", ["text", "latex", "numpy", "c"])
    def test_derivative_is_printed(self, name: str, form: str) -> None:
        text = show("diff", f"{name}(x)^3", "--as", form)
        said = {"softabs": r"softabs|sqrt", "cylinder0": r"cylinder1|J_1|j1\(x\)"}[name]
        assert any(word in text for word in said.replace("\\", "").split("|")), text

    def test_explanations(self, name: str) -> None:
        assert f"{name}(w1)" in show("trace", f"x*{name}(x)", "--at", "x=0.7")
        assert f"{name}(x)" in show("graph", f"x*{name}(x)", "--at", "x=0.7")
        assert PRIMITIVES[name].summary[:20] in show("functions", name)
        outcome = run_here(["eval", f"{name[:-1]}(x)", "--at", "x=1"])
        assert f"did you mean '{name}'" in outcome.stderr


def test_code_runs() -> None:
    for name in CASES:
        space: dict[str, object] = {}
        exec(show("diff", f"{name}(x)", "--as", "numpy"), space)
        value, (slope,) = space["f"](1.4)  # type: ignore[operator]
        assert value == pytest.approx(float(CASES[name][0](1.4)), rel=1e-15)
        assert slope == pytest.approx(float(CASES[name][1](1.4)), rel=1e-15)


def test_what_cannot_compute_it_says_so() -> None:
    outcome = run_here(["diff", "cylinder0(x)", "--as", "python"])
    assert outcome.code == 2
    assert "Python without NumPy has no spelling for 'cylinder0'" in outcome.stderr
    outcome = run_here(["compare", "cylinder0(x)", "--at", "x=0.7", "--no-times"])
    assert outcome.code == 0
    assert "there is no complex cylinder0 here" in outcome.stdout + outcome.stderr


def test_alias_is_a_name_of_the_function() -> None:
    assert adcli.function("smoothabs(x)").value({"x": 0.0}) == 1.0


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="softabs is in the table already"):
        elementwise("softabs", None, inputs="x")


@pytest.mark.parametrize(
    "question",
    [
        "'besselj' in PRIMITIVES",
        "PRIMITIVES['besselj']",
        "PRIMITIVES.get('besselj')",
        "'besselj' in list(PRIMITIVES)",
        "'besselj' in {**PRIMITIVES}",
        "len(PRIMITIVES) > 110",
        "is_function('besselj') and is_function('det')",
        "'det' in LIBRARY.keys() and LIBRARY['solve'] in LIBRARY.values()",
        "dict(LIBRARY.items())['inv'] is PRIMITIVES['inv']",
        "function_of_row(None, 'student_t_logpdf')",
        "len(adcli.function('det(W)').value({'W': [[1, 2], [3, 5]]}).hex())",
    ],
)
def test_rows_that_are_loaded_later_seem_to_be_there(question: str) -> None:
    """A fresh process has not loaded them, and finds them by any way to ask."""
    program = (
        "import sys, adcli; adcli.function('f(a) = a^2; f(x) + ln(x)*max(x, y)')\n"
        "from adcli.graph.primitives import PRIMITIVES, function_of_row\n"
        "from adcli.graph.library import LIBRARY, is_function\n"
        "later = ('adcli.graph.primitives.bessels', 'adcli.graph.matrices')\n"
        "assert not any(name in sys.modules for name in later), 'loaded early'\n"
        f"assert {question}, 'not found'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_name_of_a_row_that_is_loaded_later_is_taken() -> None:
    program = (
        "from adcli.graph.primitives import elementwise\n"
        "try: elementwise('besselj', None, inputs='x')\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "besselj is in the table already\n"
