"""Command lines that must fail, each with one message, its place, and nothing left behind."""

from __future__ import annotations

import gzip
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from adcli.language.messages import columns
from tests.terminal import COLUMNS, Outcome, run_here, words
from tests.texts import is_shown


class Bad(NamedTuple):
    """A command that must fail.

    line     the command, or its arguments
    code     exit code
    piece    a piece of the message or the hint
    caret    where the first caret stands in the line that is shown, from 1; None: none
    stdin    standard input
    files    files in the working folder
    rows     how many results come before the failure
    """

    line: str | list[str]
    code: int
    piece: str
    caret: int | None = None
    stdin: bytes = b""
    files: dict[str, bytes] = {}  # noqa: RUF012
    rows: int = 0


def text(program: str, piece: str, caret: int | None, code: int = 2) -> Bad:
    """A program that must fail."""
    return Bad(["eval", "--", program], code, piece, caret)


def points(
    name: str, data: bytes | str, piece: str, code: int = 1, options: str = "", rows: int = 0
) -> Bad:
    """A file of points with which sqrt(x)*y must fail, after `rows` results."""
    data = data if isinstance(data, bytes) else data.encode()
    line = f"adcli grad 'sqrt(x)*y' --points {name} --format json {options}"
    return Bad(line, code, piece, None, b"", {name: data}, rows)


SYNTAX = [
    text("", "no expression", 1),
    text("   ", "no expression", 1),
    text("# only a comment", "no expression", 17),
    text("\n\n;;\n# nothing\n", "no expression", 10),
    text("x +", "write a value after '+'", 4),
    text("x + \n", "write a value after '+'", 4),
    text("x**", "write a value after '**'", 4),
    text("e^", "write a value after '^'", 3),
    text("*x", "left of '*'", 1),
    text("x*/y", "write a value after '*'", 3),
    text("2sin x", "sin(x)", 2),
    text("ln x", "ln(x)", 1),
    text("sqrt 2", "sqrt(2)", 1),
    text("x1 x2", "x1*x2", 4),
    text("2 3", "operator is missing", 3),
    text("(x)(y)", "operator is missing", 4),
    text("sin^2(x)", "sin(x)^2", 1),
    text("sin", "call it: sin(x)", 1),
    text("|x", "add '|'", 3),
    text("x || y", "a > 0 or b > 0", 3),
    text("x && y", "a > 0 and b > 0", 3),
    text("x and and y", "a > 0 and b > 0", 11),
    text("x not y", "not a > 0", 3),
    text("!x", "not a > 0", 1),
    text("5!!", "(n!)!", 2),
    text("x=>3", "write >=", 3),
    text("x=<3", "write <=", 3),
    text("x < = 3", "without a space", 5),
    text("a := 3", "name = value", 3),
    text("x = y = z", "equality is ==", 7),
    text("0 < x <", "after '<'", 8),
    text("if x > 0 then 1", "where(c, a, b)", 16),
    text("x ? 1 : 2", "where(c, a, b)", 3),
    text("def f(x): x", "f(x) = x^2", 5),
    text("lambda x: x", "f(x) = x^2", 8),
    text("√2x", "√(2x)", 3),
    text("x²y", "x²*y", 3),
    text("x % 2", "mod(x, y)", 3),
    text("x'", "adcli grad", 2),
    text("90°", "radians", 3),
    text("\\frac{x}{2}", "LaTeX", 1),
    text("{x}", "( )", 1),
    text("1.2.3", "one decimal point", 4),
    text("5..", "0.5 or .5", 3),
    text("a.b", "`a.b`", 2),
    text("log(x", "'(' is not closed", 6),
    text("[1, 2", "'[' is not closed", 6),
    text("[1, 2)", "write ']'", 6),
    text("x)", "closes nothing", 2),
    text("()", "between the brackets", 2),
    text("sin(x,)", "take the comma away", 7),
    text("(1, 2)", "[1, 2]", 3),
    text("[]", "zeros(0)", 2),
    text("x[]", "counts from 0", 3),
    text("x[1:2:3:4]", "start:stop:step", 8),
    text("x[::0]", "cannot be 0", 2),
    text("x[1.5]", "whole number", 2),
    text("x[1:y]", "whole number", 2),
    text("`", "backtick", 1),
    text("``", "at least one character", 1),
    text('x + "a', "quotes", 5),
    text('y = "a"', "einsum", 5),
    text("x\ny", "only the last statement", 1),
    text("a = 1\nb = a +* 2\nb", "write a value after '+'", 8),
    text("x\x00y", "\\x00", 2),
    text("x + \x1b[31m", "\\x1b", 5),
    text("x\u202ey", "\\u202e", 2),
    text("x\u200by", "invisible", 2),
    text("温度 + * 2", "write a value after '+'", 8),
    text("y ~ a*x", "adcli fit", 3),
    text("f(1) = 2", "plain names", 1),
    text("f(x, x) = 2; 3", "given twice", 6),
    text("f(pi) = 2; 3", "constant", 3),
    text("(" * 100_000 + "x", "is not closed", None),
    text("x" * 100_000 + " +* 2", "write a value after '+'", None),
    text("+".join(["x"] * 50_000) + "+* 2", "write a value after '+'", None),
]

NAMES = [
    text("sine(x)", "did you mean 'sin'", 1),
    text("frobnicate(x)", "'adcli functions' lists", 1),
    text("flip([1, 2], axis=1e16)", "flip(x, axis=0)", 1),
    text("l.g1mexp.(x)", "names have no dots", 2),
    text("factorial(3)", "n!", 1),
    text("power(2, 3)", "x^y", 1),
    text("x(3)", "x*(...)", 1),
    text("pi(2)", "pi*(...)", 1),
    text("`a`(2)", "variable, no function", 1),
    text("f(x) = f(x - 1); f(3)", "cannot call itself", 8),
    text("f(x) = g(x); g(x) = f(x); f(1)", "g*(...)", 8),
    text("pi = 3", "constant", 1),
    text("sin = 3", "`sin`", 1),
    text("sin(x) = 3", "cannot be bound", 1),
    text("sin()", "takes 1 argument, not 0", 1),
    text("atan2(1)", "atan2(y, x)", 1),
    text("max()", "max(x, y, ...", 1),
    text("log(8, 2, 1)", "log(x)", 1),
    text("f(x, y) = x; f(1)", "f(x, y)", 14),
    text("f(x) = x; f(x=1)", "no named arguments", 13),
    text("sum([1], ax=0)", "sum(x, axis=all)", 10),
    text("sum([1], axis=0, axis=0)", "given twice", 18),
    text("sum([1], axis=0.5)", "whole number", 10),
    text("sum([1], axis=1)", "no axis 1", 1),
    text("x", "--at x=", 1),
    text("a*x1 + b", "'a', 'x1', 'b'", 1),
    text("`my column`", "my column", 1),
    text("`\x1b]0;x\x07`", "\\x1b]0;x\\x07", 1),
]

SHAPES = [
    text("[1, 2] + [1, 2, 3]", "2 and 3", 8),
    text("[[1, 2], [3]]", "differ in shape", 1),
    text("[[1, 2]] @ [[1, 2]]", "2 columns meet 1 rows", 10),
    text("[1, 2][5]", "outside", 7),
    text("1[0]", "scalar", 2),
    text("reshape([1, 2, 3], 2, 2)", "2x2", 1),
    text("log(x, 0)", "no logarithm to base 0", 1),
    text("log(8, 2 - 1)", "no logarithm to base 1", 1),
    text("linspace([1, 2], [3, 4], 2)", "from a number to a number", 1),
    text('einsum("ij,jk->iz", [[1]], [[1]])', "the axis 'z', which no array has", 17),
    text('einsum("ij->ii", [[1]])', "the axis 'i' twice", 14),
    text('einsum("i1", [1])', "letters", 10),
    text('einsum("i->i->i", [1])', "one '->'", 13),
    text('einsum("ij", [1])', "'ij'", 9),
    text('einsum("j...ji", [[1]])', "'j...ji'", 9),
    text('einsum("i,j", [1])', "name 2 arrays", 9),
    text('einsum("i,ij", [1, 2], [[1]])', "the length 2 before, and 1 here", 11),
    text('einsum("..i", [1])', "three dots", 9),
    text('einsum("...i...", [1])', "'...' stands once", 13),
    text('einsum("i, ...i->i", [1], [[1]])', "no '...' for the axes 1", 16),
    text('einsum("...i,...", [[1], [2]], [1, 2, 3])', "do not fit: 2 and 3", 14),
    text("einsum([1])", 'einsum("ij,j->i"', 1),
    text("zeros(3.5)", "whole numbers", 1),
    text("zeros(-1)", "0 to", 1),
    text("zeros(n)", "known beforehand", 1),
    text("range(0, 1, 0)", "step", 1),
    text("range(1, 2, 3, 4)", "start, stop, step", 1),
    text("trace([1, 2])", "ii", 1),
]

GIANTS = [
    text("zeros(1e12)", "1,000,000,000", 1),
    text("sum(zeros(1e9))", "too large", 5),
    text("range(1e12)", "too large", 1),
    text("range(2^53)", "too large", 1),
    text("ones(1e5, 1) + ones(1, 1e5)", "too large", None),
    text("outer(range(1e6), range(1e6))", "too large", 1),
    text("diag(ones(1e6))", "too large", 1),
    text("zeros(" + ",".join(["2"] * 70) + ")", "axes", 1),
    Bad("adcli jacobian 2v --at v=ones(1e5)", 2, "--wrt", None),
    Bad("adcli hessian 'sum(v^2)' --at v=ones(1e5)", 2, "--wrt", None),
    text("1e999", "infinity is written inf", 1),
    text("1e" + "9" * 5000, "too large", 1),
    text("9" * 5000, "too large", 1),
]

DOMAINS = [
    text("log(-1)", "log(-1) is nan", 1, 1),
    text("2*sqrt(1 - 2)", "sqrt(-1) is nan", 3, 1),
    text("1/(2 - 2)", "1 / 0 is inf", 2, 1),
    text("10^400", "beyond float64", 3, 1),
    text("exp(1000)", "exp(1000) is inf", 1, 1),
    text("acos(2)", "clip(x, -1, 1)", 1, 1),
    text("gamma(-1)", "gamma(-1)", 1, 1),
    text("(-8)^(1/3)", "cbrt(x)", 5, 1),
    text("inf", "is inf", 1, 1),
    Bad("adcli grad '3 + sqrt(x)' --at x=0", 1, "derivative of sqrt(0)", 5),
    Bad("adcli grad x^0.5 --at x=0", 1, "derivative of 0 ^ 0.5", 2),
    Bad("adcli grad 'norm(v)' --at v=[0,0] --strict", 1, "(in norm)", 1),
    Bad("adcli grad 'abs(x)' --at x=0 --strict", 1, "kink", 1),
    Bad("adcli grad x --at x=inf", 1, "the input 'x' is inf", 1),
]

POINTS_GIVEN = [
    Bad("adcli grad x --at x", 2, "--at x=2"),
    Bad("adcli grad x --at x=", 2, "no value for 'x'"),
    Bad("adcli grad x --at =3", 2, "not an assignment"),
    Bad("adcli grad x --at 3", 2, "--at x=3"),
    Bad("adcli grad x --at x=1,5", 2, "x=1.5"),
    Bad("adcli grad x --at x=1,", 2, "an assignment is missing"),
    Bad(["grad", "x", "--at", ""], 2, "--at is empty"),
    Bad("adcli grad x --at x==1", 2, "not an assignment"),
    Bad("adcli grad x --at x:1", 2, "not an assignment"),
    Bad("adcli grad x*y --at 'x=1 y=2'", 2, "--at x=1,y=2"),
    Bad("adcli grad x*y --at 'x=1;y=2'", 2, "--at x=1,y=2"),
    Bad("adcli grad x*y --at x=1 y=2", 2, "without spaces"),
    Bad("adcli grad x --at x=1 --at x=2", 2, "'x' twice"),
    Bad("adcli grad x --at x=1,x=2", 2, "'x' twice"),
    Bad("adcli grad x*y --at x=1", 2, "no value for the variable 'y'", 3),
    Bad("adcli grad x --at x=1,y=2", 2, "no variable 'y'"),
    Bad("adcli grad rate --at rat=1", 2, "'rat'", 1),
    Bad("adcli grad x --at x=y", 2, "constant expressions"),
    Bad("adcli grad x --at x=nan", 2, "'nan'"),
    Bad("adcli grad x --at x=1+", 2, "value of 'x'", 3),
    Bad("adcli grad x --at x=[1,2", 2, "is not closed", 5),
    Bad("adcli grad x --at x=1/0", 1, "1 / 0 is inf", 2),
    Bad("adcli grad x --at x=1e999", 2, "too large"),
    Bad("adcli grad x --at pi=3,x=1", 2, "no variable 'pi'"),
    Bad("adcli grad x --at 'x=(1,2)'", 2, "[1, 2]", 3),
    Bad("adcli grad x --at x=[1,2]", 2, "adcli jacobian", 1),
    Bad(["grad", "x", "--at", "`\x1b[31m`=1"], 2, "'x'", 1),
    Bad(["grad", "x", "--at", "x=1\x1b[31m"], 2, "\\x1b", 2),
    Bad(["grad", "x", "--at", "\udcff=1"], 2, "not an assignment"),
    Bad(["grad", "\udcff"], 2, "UTF-8"),
]

OPTIONS = [
    Bad("adcli grd x", 2, "did you mean 'grad'"),
    Bad("adcli x^2", 2, "adcli grad 'x^2'"),
    Bad(["\x1b[31m"], 2, "\\x1b[31m"),
    Bad("adcli grad", 2, "for example"),
    Bad("adcli grad x + y", 2, "in quotes"),
    Bad("adcli grad -x^2 --at x=1", 2, "adcli grad --at x=1 -- '-x^2'"),
    Bad("adcli grad '-sin(x)'", 2, "-- '-sin(x)'"),
    Bad("adcli grad x --att x=1", 2, "did you mean '--at'"),
    Bad("adcli grad x --json", 2, "--format json"),
    Bad("adcli eval x --wrt x", 2, "adcli eval --help"),
    Bad(["grad", "x", "--\x1b[31m"], 2, "\\x1b[31m"),
    Bad("adcli grad x --at", 2, "--at x=2,y=3"),
    Bad("adcli grad x -o", 2, "results.json"),
    Bad("adcli grad x --at x=1 --format xml", 2, "table, json, csv, plain"),
    Bad("adcli grad x --at x=1 --mode rev", 2, "did you mean 'reverse'"),
    Bad("adcli grad x --at x=1 --mode backward", 2, "reverse, forward"),
    Bad("adcli grad x --at x=1 --engine gpu", 2, "auto, python"),
    Bad("adcli grad sum(v) --at v=[1] --engine python", 2, "numpy"),
    Bad("adcli grad x --at x=1 --on-error go", 2, "stop, null"),
    Bad("adcli grad x --at x=1 --color red", 2, "always"),
    Bad("adcli grad x --at x=1 --digits 0", 2, "from 1 to 17"),
    Bad("adcli grad x --at x=1 --digits many", 2, "from 1 to 17"),
    Bad("adcli grad x --at x=1 --precision 0", 2, "from 1 to"),
    Bad("adcli grad x --at x=1 --precision 1000000000", 2, "from 1 to"),
    Bad("adcli grad x --at x=1 --precision -3", 2, "from 1 to"),
    Bad("adcli grad x --at x=1 --wrt z", 2, "no variable 'z'"),
    Bad("adcli grad x --at x=1 --wrt x,x", 2, "twice"),
    Bad(["grad", "x", "--at", "x=1", "--wrt", ""], 2, "--wrt is empty"),
    Bad("adcli grad x --at x=1 --wrt x,", 2, "empty name"),
    Bad("adcli grad x --at x=1 --direction z=1", 2, "no variable 'z'"),
    Bad("adcli grad x --at x=1 --direction x", 2, "--direction x=2"),
    Bad("adcli grad x --at x=1 --direction x=[1,2]", 2, "'x' is a number"),
    Bad("adcli grad sum(v) --at v=[1,2] --direction v=1", 2, "shape [2]"),
    Bad("adcli grad x --at x=1 --direction x=1 --wrt x", 2, "leave one out"),
    Bad("adcli grad x --at x=1 --direction x=1 --mode finite", 2, "--mode finite"),
    Bad("adcli grad '[x, x]' --at x=1", 2, "adcli jacobian", 1),
    Bad("adcli grad 'x, 2x' --at x=1", 2, "adcli jacobian", 1),
    Bad("adcli hessian 'x, 2x' --at x=1", 2, "Hessian", 1),
    Bad("adcli functions sine", 2, "did you mean 'sin'"),
    Bad("adcli completion tcsh", 2, "bash, zsh, fish"),
    Bad("adcli completion", 2, "bash, zsh, fish"),
]

FILES = [
    Bad("adcli grad -f none.adcli", 2, "no file 'none.adcli'"),
    Bad("adcli grad -f .", 2, "is a folder"),
    Bad("adcli grad -f /proc/self/mem", 1, "cannot read"),
    Bad("adcli grad x -f program", 2, "given twice", files={"program": b"x"}),
    Bad("adcli grad -f program", 2, "no expression", 1, files={"program": b""}),
    Bad("adcli grad -f program", 1, "byte 3 is 0xff", files={"program": b"x+\xff"}),
    Bad("adcli grad -f program", 1, "not UTF-8", files={"program": "x".encode("utf-16")}),
    Bad("adcli grad -f program", 2, "\\x00", 2, files={"program": b"x\0"}),
    Bad("adcli grad - --at x=1", 2, "write a value", 4, b"x +"),
    Bad("adcli grad - --at x=1", 1, "byte 1 is 0xff", None, b"\xff"),
    Bad("adcli grad - --points -", 2, "both come from standard input", None, b"x\n1\n"),
    Bad("adcli grad -f - --points -", 2, "both come from standard input", None, b"x\n1\n"),
    Bad("adcli grad x --points none.csv", 2, "no file 'none.csv'"),
    Bad(["grad", "x", "--points", "\x1b[31m\u202e.csv"], 2, "\\x1b[31m\\u202e.csv"),
    Bad("adcli grad x --points .", 2, "is a folder"),
    Bad("adcli grad x --points - --points-format xml", 2, "csv, tsv, jsonl, parquet"),
    Bad("adcli grad x --points -", 1, "standard input is empty"),
    Bad("adcli grad x --at x=1 -o none/out", 2, "no folder none"),
    Bad("adcli grad x --at x=1 -o .", 2, "it is a folder"),
    Bad("adcli grad x --at x=1 -o file/out", 1, "cannot write", files={"file": b""}),
    Bad(["grad", "x", "--at", "x=1", "-o", ""], 2, "empty"),
    Bad(["grad", "x", "--at", "x=1", "-o", "n" * 300], 1, "cannot write"),
    Bad("adcli grad x --at x=1 -o /dev/full", 1, "No space left"),
    Bad("adcli grad x --points p.csv -o /dev/full", 1, "No space left", files={"p.csv": b"x\n1\n"}),
]

BAD_POINTS = [
    points("p.csv", "", "is empty"),
    points("p.csv", "\n\n", "is empty"),
    points("p.csv", "x,y\n1,2\n3\n", "row 2 (line 3): 1 cell where 2 were"),
    points("p.csv", "x,y\n1,2\n\n3,4,5\n", "row 2 (line 4): 3 cells where 2 were"),
    points("p.csv", "x,y,x\n1,2,3\n", "more than one column 'x'"),
    points("p.csv", "x\n1\n", "no column 'y'"),
    points("p.csv", "x;y\n1;2\n", "semicolons divide it"),
    points("p.csv", "x\ty\n1\t2\n", "--points-format tsv"),
    points("p.tsv", "x,y\n1,2\n", "--points-format csv"),
    points("p.csv", "x,y\n1,2\n1,two\n", "row 2", rows=1),
    points("p.csv", "x,y\n1,two\n", "'two' is not a number"),
    points("p.csv", "x,y\n1,\n", "missing value"),
    points("p.csv", "x,y\n1,1_0\n", "'1_0' is not a number"),
    points("p.csv", "x,y\n1,0x10\n", "'0x10' is not a number"),
    points("p.csv", "x,y\n1,\x1b[31m2\n", "\\x1b[31m2"),
    points("p.csv", "x,y\n1,\u202e2\n", "\\u202e2"),
    points("p.csv", "x,y\n1," + "a" * 10_000 + "\n", "aaa..."),
    points("p.csv", "x,y\n1,nan\n", "'y' is nan"),
    points("p.csv", "x,y\n1,inf\n", "'y' is inf"),
    points("p.csv", "x,y\n1,1e999\n", "'y' is inf"),
    points("p.csv", "x,y\n1,2\n-1,2\n", "row 2", rows=1),
    points("p.csv", "x,y\n0,2\n", "derivative of sqrt(0)"),
    points("p.csv", "x,y\n1,\0\n", "NUL"),
    points("p.csv", b"x,y\n1,2\n3,\xff\n", "not UTF-8"),
    points("p.csv", "x,y\n1,2\n".encode("utf-16"), "UTF-16"),
    points("p.csv", bytes(range(256)) * 10, "NUL"),
    points("p.csv", 'x,y\n1,"2\n', "not closed"),
    points("p.csv", 'x,y\n1,"2"3\n', "closing quote"),
    points("p.csv", "x,y\r1,2\r", "carriage return"),
    points(
        "p.csv", "x,y\n" + "1,2\n" * 50_000 + "1\n", "row 50001 (line 50002)", rows=16_383
    ),  # those of the blocks before
    points("p.csv", "x,y\n" + "1,2\n" * 50_000 + "-1,2\n", "row 50001 (line 50002)", rows=50_000),
    points("p.csv", gzip.compress(b"x,y\n1,2\n"), ".gz"),
    points("p.csv.gz", b"x,y\n1,2\n", "cannot read"),
    points("p.csv.gz", gzip.compress(b"x,y\n1,2\n" * 1000)[:40], "cannot read"),
    points("p.csv", b"PK\x03\x04" + bytes(100), "export it as CSV"),
    points("p.txt", "x,y\n1,2\n", "--points-format", 2),
    points("p", "x,y\n1,2\n", "--points-format", 2),
    points("p.csv", "x,y\n1,2\n", "'y' is given by --at and is a column", 2, "--at y=1"),
    points("p.csv", "x,y\n1,2\n", "no variable 'z'", 2, "--at z=1"),
    points("p.jsonl", "", "is empty"),
    points("p.jsonl", "x,y\n1,2\n", "broken JSON"),
    points("p.jsonl", "[1, 2]\n", "not a JSON object"),
    points("p.jsonl", '{"x": 1, "y": 2}\n{"x": 1\n', "row 2 (line 2): broken JSON"),
    points("p.jsonl", '{"x": 1, "y": 2}\n{"x": 1}\n', "no 'y'"),
    points("p.jsonl", '{"x": 1, "y": 2, "y": 3}\n', "more than one column"),
    points("p.jsonl", '{"x": 1, "y": "a"}\n', "'a' is not a number"),
    points("p.jsonl", '{"x": 1, "y": null}\n', "missing value"),
    points("p.jsonl", '{"x": 1, "y": {}}\n', "is not a number"),
    points("p.jsonl", '{"x": 1, "y": ' + "[" * 100_000 + "}\n", "nested too deeply"),
    points("p.jsonl", '{"x": 1, "y": 2}\n{"x": 1, "y": [2]}\n', "shape"),
    points("p.jsonl", b'{"x": 1, "y": "\xff"}\n', "not UTF-8"),
    points("p.parquet", "", "Parquet"),
    points("p.parquet", "PAR1 and nothing else PAR1", "Parquet"),
    points("p.csv", "x,y\n1,2\n", "Parquet", 1, "--points-format parquet"),
]

CASES = [
    *(SYNTAX + NAMES + SHAPES + GIANTS + DOMAINS),
    *(POINTS_GIVEN + OPTIONS + FILES + BAD_POINTS),
]
EXCERPT = re.compile(r"  (\d+ \| )(.*)")


def label(case: Bad) -> str:
    """A short name of a case for pytest."""
    line = case.line if isinstance(case.line, str) else " ".join(case.line)
    return ascii(line)[:60] + "".join(f" {ascii(v)[:30]}" for v in case.files.values())


def arguments_of(case: Bad) -> list[str]:
    """The command line of a case as a list."""
    return words(case.line) if isinstance(case.line, str) else list(case.line)


def check_message(case: Bad, outcome: Outcome) -> None:
    """One message on standard error, harmless, within the terminal, with place and hint."""
    stderr = outcome.stderr
    assert outcome.code == case.code, stderr
    assert case.piece in stderr
    lines = stderr.splitlines()
    assert [line.startswith("error: ") for line in lines].count(True) == 1 == stderr.count("error:")
    assert "  hint: " in stderr or case.code == 1, stderr
    assert "Traceback" not in stderr
    assert "internal error" not in stderr
    assert all(map(is_shown, stderr)), ascii(stderr)
    place = caret_of(lines)
    if case.caret is not None:
        assert place == case.caret, stderr
    if place is not None:
        assert all(columns(line) <= COLUMNS for line in lines if EXCERPT.match(line)), stderr
    assert all(len(line) < 1400 for line in lines)


def caret_of(lines: list[str]) -> int | None:
    """The column of the first caret in the source line that is shown, from 1."""
    for shown, below in pairwise(lines):
        match = EXCERPT.match(shown)
        if match is not None:
            assert set(below) == {" ", "^"}, below
            return below.index("^") - 2 - len(match.group(1)) + 1
    return None


@pytest.mark.parametrize("case", CASES, ids=[label(case) for case in CASES])
def test_bad_input(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, data in case.files.items():
        Path(name).write_bytes(data)
    arguments = arguments_of(case)
    outcome = run_here(arguments, case.stdin)
    check_message(case, outcome)
    rows = outcome.stdout.splitlines()  # those before the one that failed, whole
    assert len(rows) == case.rows
    assert all(row.startswith('{"point": ') and row.endswith("}") for row in rows)
    assert set(os.listdir()) == set(case.files)
    if "-o" not in arguments and arguments[0] in ("eval", "grad", "jacobian", "hessian"):
        Path("kept.out").write_bytes(b"kept")
        for target in ("new.out", "kept.out"):
            again = run_here([arguments[0], "-o", target, *arguments[1:]], case.stdin)
            assert again.code == case.code
            assert again.stdout == ""
        assert Path("kept.out").read_bytes() == b"kept"
        assert set(os.listdir()) == {*case.files, "kept.out"}


def test_there_are_enough_cases():
    assert len(CASES) > 200
    assert len(set(map(label, CASES))) > 200
