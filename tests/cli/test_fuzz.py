"""Random and damaged programs: an answer or one message, never a traceback."""

from __future__ import annotations

import json
import random
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adcli.graph.library import LIBRARY
from tests.terminal import run_here

WORDS = """
x y v A pi e inf 2 0.5 1e3 1e-300 0 3 10 _ `a b` sin exp log sqrt sum max min norm abs
where clip dot outer einsum reshape range zeros ones softmax mod atan2 concat stack diag trace
f(x)= g(u,v)= f( g( ( ( ( ) ) ) ) [ [ ] ] , , , + - * / @ ^ ** < <= > == != = ~ : ;
# " ' ` . ! % | & ? axis=0 axis= "ij,j->i" "i->" π × − ≤ x₁ ² √
"""
TOKENS = [*WORDS.split(), "\n", "\t", " "]
VALID = [
    "x1*x2 + sin(x1)",
    "r(u, v) = sqrt(u^2 + v^2)\na = x*y  # comment\na + sin(r(x, y))",
    "where(x > 0, log(x), -2^-x)",
    'einsum("ij,j->i", [[1, 2], [3, 4]], [x, y])[0:1]',
    "y = 2; `my col`*2e-3 + 1_000 + max([x, 0], axis=0)",
    "sum(reshape(range(6), 2, 3) @ [1, 2, 3], axis=0)/norm([x, π])",
    "x, [y, 2x], -x^2",
]
INSERTED = [*"()[],;:=+-*/^<>!'\"`#.~@% \n\t0e_x²́\x00\x1b\u202e\ud800", "**", "sin", "inf"]


def check(program: str, command: str = "eval", point: str | None = None) -> int:
    """Run a program; whatever it is, the outcome must be one of those that are promised."""
    options = ["--at", point] if point else []
    code, stdout, stderr = run_here([command, *options, "--format", "json", "--", program])
    assert code in (0, 1, 2), (program, code)
    assert "Traceback" not in stderr, program
    assert "internal error" not in stderr, (program, stderr)
    if code == 0:
        assert (stderr, stdout[:1]) == ("", "{"), program
    else:
        assert stdout == "", program
        assert stderr.startswith("error: "), (program, stderr)
        assert stderr.count("error: ") == 1, (program, stderr)
        for character in stderr:
            assert character == "\n" or unicodedata.category(character) not in ("Cc", "Cf")
    return code


def random_tokens(rng: random.Random) -> str:
    """Up to 12 tokens of the language, with and without blanks between."""
    blank = rng.choice(["", " "])
    return blank.join(rng.choices(TOKENS, k=rng.randint(1, 12)))


def random_unicode(rng: random.Random) -> str:
    """Up to 20 characters from anywhere, the first planes and ASCII preferred."""
    limits = [0x7F, 0x7F, 0x2FF, 0x2FFF, 0x10FFFF]
    return "".join(chr(rng.randint(0, rng.choice(limits))) for _ in range(rng.randint(1, 20)))


def fuzz(seed: int, make, count: int) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        program = make(rng)
        check(program, rng.choice(["eval", "grad", "jacobian", "hessian"]))


def test_random_tokens():
    fuzz(1, random_tokens, 2000)


def test_random_unicode():
    fuzz(2, random_unicode, 2000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("make", [random_tokens, random_unicode])
def test_many_random_texts(seed, make):
    fuzz(1000 + seed, make, 10_000)


@pytest.mark.parametrize("program", VALID)
def test_the_programs_to_be_damaged_are_fine(program):
    code, _, stderr = run_here(["eval", "--", program])
    assert code == 0 or "no value for the variable" in stderr


@pytest.mark.parametrize("program", VALID)
def test_every_character_taken_away(program):
    for i in range(len(program)):
        check(program[:i] + program[i + 1 :])
        check(program[:i])


@given(
    st.sampled_from(VALID),
    st.integers(0, 200),
    st.sampled_from(INSERTED) | st.characters(),
    st.integers(0, 2),
    st.sampled_from(["eval", "grad", "jacobian", "hessian"]),
)
def test_damaged_programs(program, place, piece, replaced, command):
    place %= len(program) + 1
    check(program[:place] + piece + program[place + replaced :], command)


NUMBERS = [
    "0",
    "1",
    "-1",
    "0.5",
    "1e308",
    "1e-308",
    "-0.0",
    "inf",
    "[1,2]",
    "[[1,2],[3,4]]",
    "zeros(0)",
]


@pytest.mark.parametrize("command", ["eval", "grad", "jacobian", "hessian"])
def test_every_function_at_every_kind_of_value(command):
    rng = random.Random(3)
    for name, function in LIBRARY.items():
        for _ in range(6):
            count = len(function.inputs) + rng.choice([0, 0, 0, 1])
            inputs = [f"x{i}" for i in range(count)]
            options = (
                [] if not function.options else rng.choice([[], ["1"], ["axis=0"], ["2", "2"]])
            )
            program = f"{name}({', '.join([*inputs, *options])})"
            point = ",".join(f"{x}={rng.choice(NUMBERS)}" for x in inputs)
            check(program, command, point or None)


# ---- whole command lines ----

VALUES = [*NUMBERS, "2", "3.7", "[1,-1]", "[[1],[2]]", "zeros(2,0)", "zeros(0,2)", "[[[1]]]"]
CELLS = ["0", "1", "-1", "2.5", "nan", "inf", "1e308", "", "z", "0.7", "0.7", "0.7", "0.7"]
OPERATORS = ["+", "-", "*", "/", "^", "@", "<", "==", ">="]
KEYS = ["0", "-1", ":", "1:", "::2", ":,0", "0,0", "0:0"]
ARGUMENTS = [[], [], ["axis=0"], ["axis=1"], ["axis=-1"], ["2"], ["2", "2"], ["0"], ["-1"]]
SPECS = ['"ij,j->i"', '"i->"', '"ii"', '"i"', '"ij->ji"', '"->"', '""', '"i,i"']


def random_expression(rng: random.Random, depth: int) -> str:
    """An expression over x and y that is right in syntax, and perhaps in arity and shapes."""
    if depth == 0 or rng.random() < 0.25:
        return rng.choice(["x", "y", "x", "y", "1", "2", "0", "-1", "[1,2]"])

    def inner() -> str:
        return random_expression(rng, depth - 1)

    kind = rng.random()
    if kind < 0.4:
        return f"({inner()}){rng.choice(OPERATORS)}({inner()})"
    if kind < 0.5:
        return f"({inner()})[{rng.choice(KEYS)}]"
    name, function = rng.choice(sorted(LIBRARY.items()))
    arguments = [inner() for _ in function.inputs]
    if function.options:
        arguments += rng.choice(ARGUMENTS)
    if name == "einsum":
        arguments.insert(0, rng.choice(SPECS))
    return f"{name}({', '.join(arguments)})"


def random_points(rng: random.Random, names: list[str]) -> str:
    """A CSV file of three points, variables of any shape, cells of any kind."""
    header: list[str] = []
    for name in names:
        matrix = [f'"{name}[{i},{j}]"' for i in (0, 1) for j in (0, 1)]
        header += rng.choice([[name], [f"{name}[0]", f"{name}[1]"], matrix])
    rows = [rng.choices(CELLS, k=len(header)) for _ in range(3)]
    return "\n".join(",".join(row) for row in [header, *rows]) + "\n"


def random_command(rng: random.Random) -> tuple[list[str], str]:
    """A command line and its standard input."""
    program = random_expression(rng, rng.randint(1, 3))
    if rng.random() < 0.15:
        program += ", " + random_expression(rng, 1)
    names = [name for name in "xy" if re.search(rf"\b{name}\b", program)]
    command = rng.choice(["eval", "grad", "jacobian", "hessian"])
    options: list[str] = []
    stdin = ""
    if names and rng.random() < 0.4:
        stdin = random_points(rng, names)
        options += ["--points", "-", "--points-format", "csv"]
        options += rng.choice([[], ["--on-error", "null"]])
    else:
        options += [part for n in names for part in ("--at", f"{n}={rng.choice(VALUES)}")]
    if command != "eval":
        options += rng.choice([[], ["--strict"], ["--wrt", "x"]])
        options += rng.choice([[], ["--mode", rng.choice(["forward", "symbolic", "finite"])]])
    if command == "grad" and names and rng.random() < 0.2:
        options += ["--direction", f"{names[0]}={rng.choice(VALUES)}"]
    exact = [["--precision", "3"], ["--precision", "30"], ["--engine", "mpmath"]]
    options += rng.choice([[], [], [], ["--engine", "numpy"], *exact])
    options += ["--format", rng.choice(["json", "csv", "table", "plain"])]
    return [command, *options, "--", program], stdin


def fuzz_commands(seed: int, count: int) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        arguments, stdin = random_command(rng)
        code, stdout, stderr = run_here(arguments, stdin.encode())
        case = (arguments, stdin, stderr)
        assert code in (0, 1, 2), case
        assert "internal error" not in stderr, case
        assert stderr.count("error: ") == (code != 0), case
        if "json" in arguments:
            assert not re.search(r"\b(NaN|-?Infinity)\b", stdout), case
            for line in stdout.splitlines():
                json.loads(line)


def test_random_commands():
    fuzz_commands(4, 2000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_random_commands(seed):
    fuzz_commands(2000 + seed, 10_000)
