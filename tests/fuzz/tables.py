"""Tables, right and damaged, as points and as data."""

from __future__ import annotations

import gzip
import json
import os
import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

import adcli
from tests.fuzz import given
from tests.fuzz.choices import Choices
from tests.fuzz.outcomes import check_command

CELLS = (
    *("1", "0", "-1", "2.5", "0.7", "0.1", "1e3", "nan", "inf", "-inf", "1e400", "", "NA", "null"),
    *(
        "z",
        "1e308",
        " 1 ",
        '"1"',
        '"a,b"',
        "1_0",
        "0x1",
        "１",
        "-",
        "+1",
        ".5",
        "1.",
        "True",
        "1,5",
    ),
    *('"', '"\n"', "\x00", "\x1b[31m", "-0.0", "1e-320", "123456789012345678901234567890"),
)
VALUES = (
    *("1", "0", "-1.5", "2", "0.25", "null", "NaN", "Infinity", "1e400", "[]", "[1]", "[1,2]"),
    *('"1"', '"z"', "true", "{}", "[[1,2],[3,4]]", "[[1],[2,3]]", "-0", "1E5", '""', "[null]"),
    *("123456789012345678901234567890", '"\\u0000"', '"\\ud800"', "1.0.0", "", "1" + "0" * 320),
)
HEADS = (
    *("x,y", "x", "x,y,z", "v[0],v[1]", "x,v[0],v[1]", "W[0,0],W[0,1]", "x,y", "e,x,a b", "y,x"),
    *("x,x", ",", "x,"),
)
COLUMNS = ("x", "y", "x", "y", "v", "z", "e", "", "x", "a b", "\x1b")
ENDS = ("\n", "\r\n", "\n", "\r\n", "\n", "\r", "\n\n", "")
BYTES = (b"\x00", b"\xff", b"\n", b",", b'"', b"{", b"]", b"\x1b", b"\xe2\x82", b"9", b"-", b"PAR1")
PROGRAMS = ("x^2", "x*y", "sum(v)", "x + sum(v)", "1", "log(x)", "x/y", "`a b`", "W[0,0]", "e*x")
PROGRAMS += ("where(x > 1, x, y)", "[x, y]", "sqrt(x)", "x^y", "max(x, 0)", "norm(v)", "z*y", "W@v")
ENGINES = ("auto", "numpy", "python", "llvm")
FORMATS = ("csv", "json", "table", "plain")
OUTPUTS = ("out.csv", "out.jsonl", "out.parquet", "out.json")


def tables(c: Choices) -> str:
    """A table in a file or on standard input, and a command over it."""
    known = given.prepare()
    kind = c.of(("csv", "jsonl", "parquet", "csv", "jsonl", "tsv"))
    data = {"csv": csv, "tsv": tsv, "jsonl": json_lines, "parquet": parquet}[kind](c)
    if kind != "parquet" and c.once_in(12):
        data = b"\xef\xbb\xbf" + data
    if c.once_in(2 if kind == "parquet" else 4):
        data = damaged(c, data)
    plain = data
    packed, is_whole = c.once_in(20), True
    if packed:
        data = gzip.compress(data, 1)
        if c.once_in(2):
            data, is_whole = damaged(c, data), False
    name = f"table.{kind}" + ".gz" * packed
    with open(name, "wb") as file:
        file.write(data)
    arguments = _command(c, name, kind, plain)
    c.case = f"{arguments}, {name} {data!r}"
    try:
        return f"{kind} {check_command(arguments, data, known | {name}, plain, is_whole)}"
    finally:
        os.unlink(name)


def _command(c: Choices, name: str, kind: str, data: bytes) -> list[str]:
    source = [name] if c.below(3) else ["-", f"--points-format={kind}"]
    if c.once_in(5):
        source = [f.replace("points-format", "data-format") for f in source]
        missing = c.of(([], ["--missing", "drop"], ["--where", "x > 0"]))
        if c.once_in(2):
            fit = ["fit", "--start", "a=1,b=0", "--data", *source, *missing, "--", "y ~ a*x + b"]
            return fit if c.below(2) else [*fit[:-2], "--predict", name, *fit[-2:]]
        return ["eval", "--data", *source, *missing, "--", c.of(("sum(x)", "mean(x*y)", "sum(v)"))]
    output = c.of(([], ["--format", c.of(FORMATS)], ["-o", c.of(OUTPUTS)]))
    errors = c.of(([], ["--on-error", "null"]))
    engine = ["--engine", c.of(ENGINES)]
    command = c.of(("grad", "eval", "jacobian"))
    programs = PROGRAMS if c.once_in(4) else _over(data) or PROGRAMS
    return [command, "--points", *source, *output, *errors, *engine, "--", c.of(programs)]


def _over(data: bytes) -> list[str]:
    """The programs whose names stand in the first line of a table."""
    head = data if data.startswith(b"PAR1") else data.partition(b"\n")[0]
    words = set(re.findall(rb"[a-z]+(?: b)?", head))
    return [p for p in PROGRAMS if words.issuperset(n.encode() for n in _variables(p))]


@cache
def _variables(program: str) -> tuple[str, ...]:
    return adcli.function(program).variables


def tsv(c: Choices) -> bytes:
    """A header and rows of cells, with tabs between them."""
    return csv(c).replace(b",", b"\t")


def csv(c: Choices) -> bytes:
    """A header and rows of cells."""
    head = c.of(HEADS)
    count = head.count(",") + 1
    end = c.of(ENDS)
    rows = []
    for _ in range((3, 1, 2, 4, 0)[c.below(5)]):
        width = count if c.below(20) else c.below(5)
        rows.append(",".join(c.of(CELLS[:7] if c.below(4) else CELLS) for _ in range(width)))
    lines = [",".join(f'"{h}"' if "[" in h else h for h in _cells(head)), *rows]
    return (end.join(lines) + c.of((end, ""))).encode("utf-8", "surrogatepass")


def _cells(head: str) -> list[str]:
    return (
        head.replace("0,", "0;").replace("1,", "1;").split(",") if "W[" in head else head.split(",")
    )


def json_lines(c: Choices) -> bytes:
    """Objects, mostly with the same keys."""
    keys = [c.of(COLUMNS) for _ in range(1 + c.below(3))]
    keys = keys if c.once_in(8) else [*dict.fromkeys(keys)]
    lines = []
    for _ in range((3, 1, 2, 4, 0)[c.below(5)]):
        row = keys if c.below(8) else keys[::-1]
        pairs = [f"{json.dumps(k)}: {c.of(VALUES[:5] if c.below(3) else VALUES)}" for k in row]
        lines.append("{" + ", ".join(pairs) + "}" if c.below(20) else c.of(VALUES))
    return c.of(("\n", "\r\n")).join([*lines, ""]).encode("utf-8", "surrogatepass")


@cache
def _parquet_files() -> tuple[bytes, ...]:
    import io

    import polars as pl

    frames = (
        pl.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0.5, None, 2.5]}),
        pl.DataFrame({"x": [1, 2], "y": ["a", "1"], "v": [[1.0, 2.0], [3.0, 4.0]]}),
        pl.DataFrame({"x": [1.5], "y": [True], "z": [b"\x00"]}),
        pl.DataFrame({"x": [1.0], "y": [Decimal("1.50")], "z": [datetime(2020, 1, 2, 3)]}),
        pl.DataFrame({"x": [2**63, 1], "y": [{"a": 1}, None], "z": [[[1.0]], [[2.0, 3.0]]]}),
        pl.DataFrame({"x": [1, 2], "y": [None, None], "z": [timedelta(1), None]}),
        pl.DataFrame({"x": [0.5, 2], "z": pl.Series(["a", "b"], dtype=pl.Categorical)}),
        pl.DataFrame({"x": pl.Series([], dtype=pl.Float64), "y": pl.Series([], dtype=pl.Float32)}),
    )
    found = []
    for frame in frames:
        for packing in ("uncompressed", "zstd", "snappy"):
            stream = io.BytesIO()
            frame.write_parquet(stream, compression=packing)
            found.append(stream.getvalue())
    return tuple(found)


def parquet(c: Choices) -> bytes:
    """A small file."""
    return c.of(_parquet_files())


def damaged(c: Choices, data: bytes) -> bytes:
    """Bytes changed, cut out, cut off, put in."""
    for _ in range(c.below(4)):
        place = c.below(len(data) + 1)
        match c.below(5):
            case 0:
                data = data[:place] + bytes([c.below(256)]) + data[place + 1 :]
            case 1:
                data = data[:place] + data[place + 1 + c.below(8) :]
            case 2:
                data = data[:place]
            case 3:
                data = data[:place] + c.of(BYTES) + data[place:]
            case _:
                data = data[:place] + data[place : place + 1 + c.below(8)] + data[place:]
    return data
