"""Random and damaged programs: an answer or one message, never a traceback."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    from adcli.graph.library import LIBRARY

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
