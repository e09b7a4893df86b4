"""Columns that only pass through come out as they went in, from every format into every format.

A table for each format that is read: what stands in a column that the program does not use, and
what each format that is written has of it: its text, its type and values, or an error that names
row and column. Each case goes by every way that rows can take: few rows, one block of polars, many
blocks that are spooled.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from adcli.cli import execute
from adcli.data import read_csv, read_parquet, write_parquet
from adcli.data import writer as writer_module
from adcli.data.json_blocks import ObjectBlock
from adcli.data.point_files import open_points
from adcli.data.result_files import open_results
from adcli.errors import DataError

WAYS = ("few", "bulk", "many")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param != "few":
        monkeypatch.setattr(read_csv, "SMALL_BYTES", 0 if request.param == "bulk" else 24)
        monkeypatch.setattr(writer_module, "BULK_ROWS", 0)
    if request.param == "many":
        monkeypatch.setattr(read_parquet, "PARQUET_ROWS", 2)
        monkeypatch.setattr(read_parquet, "FIRST_ROWS", 1)
        monkeypatch.setattr(write_parquet, "SPOOLED_BYTES", 0)
    return request.param


def converted(path: Path, target: Path, way: str, name: str = "t") -> Any:
    """What a file has of the column `name` when the points of another have passed through."""
    block_bytes = 24 if way == "many" else 1 << 21
    with (
        open_points(path, block_bytes=block_bytes) as points,
        open_results(target, variables=("x",)) as writer,
    ):
        for block in points:
            writer.write(block, {"value": block.numbers("x")})
    return _column(target, name)


def _column(path: Path, name: str) -> Any:
    if path.suffix == ".csv":
        header, *rows = csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))
        return [row[header.index(name)] for row in rows]
    if path.suffix == ".jsonl":
        start = f'"{name}": '
        lines = path.read_bytes().decode().removesuffix("\n").split("\n")
        return [line.partition(start)[2].rpartition(', "value": ')[0][:-1] for line in lines]
    import polars as pl

    return pl.read_parquet(path)[name]


def _same(series: Any, dtype: Any, values: list[Any]) -> bool:
    found = series.to_list()
    return series.dtype == dtype and list(map(repr, found)) == list(map(repr, values))


# ---- from CSV ----


class Cells(NamedTuple):
    """Cells of CSV; what JSON has, and the type and the values of Parquet."""

    cells: list[str]
    json: list[str]
    dtype: str
    values: list[Any]


def texts(*cells: str) -> Cells:
    """Cells that are texts everywhere."""
    shown = ["null" if not cell else json.dumps(cell, ensure_ascii=False) for cell in cells]
    return Cells(list(cells), shown, "String", [cell or None for cell in cells])


def numbers(dtype: str, *cells: str, **values: Any) -> Cells:
    """Cells that are numbers of JSON."""
    found = [None if not c else float(c) if dtype == "Float64" else int(c) for c in cells]
    return Cells(list(cells), [c or "null" for c in cells], dtype, values.get("values", found))


def kept_numbers(*cells: str) -> Cells:
    """Cells that JSON has as numbers, and Parquet as texts: no number type has all of them."""
    return Cells(list(cells), [c or "null" for c in cells], "String", [c or None for c in cells])


CSV = {
    "integers": numbers("Int64", "1", "-20", "0", "9007199254740993"),
    "the ends of int64": numbers("Int64", "9223372036854775807", "-9223372036854775808"),
    "uint64": numbers("UInt64", "1", "18446744073709551615"),
    "beyond uint64": kept_numbers("1", "18446744073709551616"),
    "negative and uint64": kept_numbers("-1", "18446744073709551615"),
    "floats": numbers("Float64", "0.1", "-2.5e-7", "1e300", "5e-324", "1.7976931348623157e308"),
    "floats of others": numbers("Float64", "1e-05", "1E+5", "1.2345678901234568E-05", "1e16"),
    "trailing zeros": numbers("Float64", "1.50", "2.00", "-0.10"),
    "negative zero": numbers("Float64", "-0.0", "0.5"),
    "integers, then floats": numbers("Float64", "1", "2", "3", "4", "0.5"),
    "integers of 2^53 and floats": kept_numbers("9007199254740993", "0.5"),
    "negative integer zero": numbers("Float64", "-0", "1", values=[-0.0, 1.0]),
    "more digits than float64": kept_numbers("0.1000000000000000055511", "0.5"),
    "too large for float64": kept_numbers("1e400", "1"),
    "too small for float64": kept_numbers("1e-400", "1"),
    "not finite": Cells(
        ["NaN", "inf", "-inf", "1.5"], ['"NaN"', '"inf"', '"-inf"', "1.5"], "Float64",
        [nan, inf, -inf, 1.5],
    ),
    "not finite otherwise": texts("nan", "Infinity", "-Inf"),
    "leading zeros": texts("007", "012"),
    "plus signs": texts("+5", "+1.5"),
    "bare points": texts(".5", "5."),
    "what only Python reads": texts("1_000", "0x10", "١"),
    "numbers, then words": Cells(
        ["1", "2", "3", "4", "5", "six"], ["1", "2", "3", "4", "5", '"six"'], "String",
        ["1", "2", "3", "4", "5", "six"],
    ),
    "truth values": Cells(["true", "false", ""], ['"true"', '"false"', "null"], "Boolean",
                          [True, False, None]),
    "truth values otherwise": texts("True", "FALSE", "yes"),
    "missing": numbers("Int64", "1", "", "3"),
    "nothing": texts("", "", ""),
    "other words for nothing": texts("NA", "null", "None", "-"),
    "dates": texts("2024-01-02", "2024-01-02T03:04:05+01:00", "PT5S"),
    "spaces": texts("  ", " a", "b "),
    "quotes": texts('a "b"', "c,d", "e;f", "'g'", '"'),
    "letters": texts("größe", "数", "é\u0301", "😀", "\u2028"),
    "backslashes": texts("a\\b", "\\n", "\\"),
    "long": texts("x" * 70_000, "y"),
    "JSON": texts("[1, 2]", '{"a": 1}'),
    "base": texts("-", "e", "E5", "--1", "1e", "1.2.3"),
}  # fmt: skip
LINES = {"line ends": texts("a\nb", "c\r\nd", "e\rf"), "tabs": texts("a\tb", "\t")}


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("kind", [*CSV, *LINES])
def test_from_csv(kind: str, form: str, target: str, way: str, tmp_path: Path) -> None:
    case = {**CSV, **LINES}[kind]
    path = tmp_path / f"in.{form}"
    with path.open("w", encoding="utf-8", newline="") as file:
        quoting = csv.QUOTE_ALL if kind in LINES else csv.QUOTE_MINIMAL
        delimiter = "," if form == "csv" else "\t"
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n", quoting=quoting)
        writer.writerows([("x", "t"), *((k, cell) for k, cell in enumerate(case.cells))])
    found = converted(path, tmp_path / f"out.{target}", way)
    if target == "csv":
        assert found == case.cells
    elif target == "jsonl":
        assert found == case.json
    else:
        assert (str(found.dtype), list(map(repr, found))) == (
            case.dtype, list(map(repr, case.values))
        )  # fmt: skip


# ---- from JSON Lines ----


class Row(NamedTuple):
    """An error: the row, counted from 1, and a piece of the message."""

    number: int
    piece: str


class Values(NamedTuple):
    """Values of JSON; the cells of CSV, and the type and the values of Parquet."""

    texts: list[str]
    cells: list[str] | Row
    parquet: tuple[Any, list[Any]] | Row


def scalars(dtype: str, *found: str, values: list[Any] | Row) -> Values:
    """Numbers and the like, which CSV has as they are."""
    cells = ["" if text == "null" else text for text in found]
    return Values(list(found), cells, values if isinstance(values, Row) else (dtype, values))


BIG = "1" + "0" * 400
JSON = {
    "integers": scalars("Int64", "1", "-2", "9007199254740993", values=[1, -2, 9007199254740993]),
    "uint64": scalars("UInt64", "0", "18446744073709551615", values=[0, 18446744073709551615]),
    "beyond uint64": scalars("", "1", "18446744073709551616", values=Row(2, "float64")),
    "beyond float64": scalars("", "1", BIG, values=Row(2, "digits")),
    "5000 digits": scalars("", "7" * 5000, values=Row(1, "digits")),
    "floats": scalars("Float64", "1.50", "1e5", "2E-3", "-0.0", values=[1.5, 1e5, 2e-3, -0.0]),
    "integers, then floats": scalars("Float64", "1", "2", "3", "0.5", values=[1.0, 2.0, 3.0, 0.5]),
    "negative and uint64": scalars("", "-1", "18446744073709551615",
                                   values=Row(2, "beyond int64 where .* negative integers")),
    "too large": scalars("", "1", "1e400", values=Row(2, "digits")),
    "too many digits": scalars("", "1", "0.1000000000000000055511", values=Row(2, "digits")),
    "2^53 and floats": scalars("", "9007199254740993", "0.5", values=Row(2, "integers")),
    "not finite": scalars("Float64", "NaN", "Infinity", "-Infinity", values=[nan, inf, -inf]),
    "truth values": scalars("Boolean", "true", "false", "null", values=[True, False, None]),
    "nothing": scalars("String", "null", "null", values=[None, None]),
    "missing": scalars("Int64", "null", "1", values=[None, 1]),
    "texts": Values(['"a"', '""', "null", '"007"', '"1.50"'], ["a", "", "", "007", "1.50"],
                    ("String", ["a", "", None, "007", "1.50"])),
    "odd texts": Values(['"a,\\"b\\""', '"\\n"', '"\\u00e4"', '"😀"'], ['a,"b"', "\n", "ä", "😀"],
                        ("String", ['a,"b"', "\n", "ä", "😀"])),
    "half a pair": Values(['"a"', '"\\ud800"'], Row(2, "surrogates"), Row(2, "surrogates")),
    "long": Values([json.dumps("x" * 70_000)], ["x" * 70_000], ("String", ["x" * 70_000])),
    "numbers, then texts": Values(["1", "2", '"c"'], ["1", "2", "c"], Row(3, "texts")),
    "truth values, then numbers": Values(["true", "2"], ["true", "2"], Row(2, "integers")),
    "numbers, then objects": Values(["1", '{"a": 1}'], ["1", '{"a": 1}'], Row(2, "objects")),
    "objects": Values(['{"a": 1, "b": "x"}', "null", '{"b": "y", "a": 2}'],
                      ['{"a": 1, "b": "x"}', "", '{"b": "y", "a": 2}'],
                      ("Struct({'a': Int64, 'b': String})",
                       [{"a": 1, "b": "x"}, None, {"a": 2, "b": "y"}])),
    "exact numbers within": Values(['{"a": 1.50}', '{"a": 2}'], ['{"a": 1.50}', '{"a": 2}'],
                                   ("Struct({'a': Float64})", [{"a": 1.5}, {"a": 2.0}])),
    "NaN within": Values(['{"a": NaN}'], ['{"a": NaN}'], ("Struct({'a': Float64})", [{"a": nan}])),
    "other keys": Values(['{"a": 1}', '{"b": 1}'], ['{"a": 1}', '{"b": 1}'], Row(2, "keys")),
    "no keys": Values(["{}", "{}"], ["{}", "{}"], Row(1, "an empty object")),
    "no elements": Values(["[]", "[1.50, 2]"], ["[]", "[1.50, 2]"],
                          ("List(Float64)", [[], [1.5, 2.0]])),
    "never an element": Values(["[]", "[]"], ["[]", "[]"], ("List(String)", [[], []])),
    "ragged within": Values(["[[1], [2, 3]]", "[]"], ["[[1], [2, 3]]", "[]"],
                            ("List(List(Int64))", [[[1], [2, 3]], []])),
    "lists of texts and numbers": Values(["null", '[1, "a"]'], None, Row(2, "mixed types")),
    "ragged": Values(["[1]", "[1, 2]"], Row(2, "shape"), ("List(Int64)", [[1], [1, 2]])),
}  # fmt: skip


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("kind", JSON)
def test_from_json(kind: str, target: str, way: str, tmp_path: Path) -> None:
    case = JSON[kind]
    path = tmp_path / "in.jsonl"
    lines = [f'{{"x": {k}, "t": {text}}}\n' for k, text in enumerate(case.texts)]
    path.write_text("".join(lines), "utf-8")
    wanted: Any = {"csv": case.cells, "jsonl": case.texts, "parquet": case.parquet}[target]
    if wanted is None:
        return
    if isinstance(wanted, Row):
        with pytest.raises(DataError, match=rf"row {wanted.number} .*'t'.*{wanted.piece}"):
            converted(path, tmp_path / f"out.{target}", way)
        assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]
        return
    found = converted(path, tmp_path / f"out.{target}", way)
    if target == "parquet":
        assert (str(found.dtype), list(map(repr, found.to_list()))) == (
            wanted[0], list(map(repr, wanted[1]))
        )  # fmt: skip
    else:
        assert found == wanted


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    "text", ['"x": 2, "t": 3, "t": 4', '"x": 2, "t": {"a": 1, "b": [{"c": 1, "c": 2}]}']
)
def test_a_key_that_is_there_twice_loses_nothing(text: str, target: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"x": 1, "t": 1}}\n{{{text}}}\n')
    with pytest.raises(DataError, match=r"row 2 .*more than one '[tc]'"):
        converted(path, tmp_path / f"out.{target}", "few")


def test_rows_of_which_a_variable_is_rewritten_keep_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    rest = '"n": 1.50, "o": {"a": [NaN, 1e400, 12345678901234567890]}, "s": "\\ud800 ü"'
    path.write_text(f'{{"x": "2.50", {rest}}}\n', "utf-8")
    assert converted(path, tmp_path / "out.jsonl", "few", "x") == [
        "2.5, " + rest.replace("ü", "\\u00fc")
    ]


# ---- from Parquet ----


class Typed(NamedTuple):
    """A column of Parquet: its type, its values, the cells of CSV and the texts of JSON."""

    dtype: str
    values: list[Any]
    cells: list[str] | Row
    json: list[str] | Row


def alike(dtype: str, values: list[Any], *shown: str) -> Typed:
    """What CSV and JSON have with the same text."""
    return Typed(dtype, values, [x if x != "null" else "" for x in shown], list(shown))


def words(dtype: str, values: list[Any], *shown: str) -> Typed:
    """What CSV has as text, and JSON in quotes."""
    return Typed(dtype, values, list(shown), [json.dumps(x, ensure_ascii=False) for x in shown])


TIME = datetime.datetime(2024, 7, 2, 3, 4, 5, 678900)
PARQUET = {
    "int64": alike("pl.Int64", [2**53 + 1, -(2**63), None],
                   "9007199254740993", "-9223372036854775808", "null"),
    "uint64": alike("pl.UInt64", [2**64 - 1], "18446744073709551615"),
    "int8": alike("pl.Int8", [-128, 127], "-128", "127"),
    "int128": alike("pl.Int128", [2**100], "1267650600228229401496703205376"),
    "float64": alike("pl.Float64", [0.1, -0.0, 1.5, None], "0.1", "-0.0", "1.5", "null"),
    "float32": Typed("pl.Float32", [0.1, 1.5], ["0.1", "1.5"], ["0.10000000149011612", "1.5"]),
    "not finite": Typed("pl.Float64", [1.5, nan, -inf], ["1.5", "NaN", "-inf"], Row(2, "NaN")),
    "infinite": Typed("pl.Float32", [1.5, 2.5, -inf], ["1.5", "2.5", "-inf"], Row(3, "-inf")),
    "decimals": alike("pl.Decimal(20, 3)", [Decimal("1.500"), Decimal("-0.001"), None],
                      "1.500", "-0.001", "null"),
    "truth values": alike("pl.Boolean", [True, False, None], "true", "false", "null"),
    "null": alike("pl.Null", [None, None], "null", "null"),
    "texts": words("pl.String", ["a", "007", "1.50", 'b,"c"', "d\ne", "é"],
                   "a", "007", "1.50", 'b,"c"', "d\ne", "é"),
    "empty texts": Typed("pl.String", ["", None, "a"], ["", "", "a"], ['""', "null", '"a"']),
    "categories": words("pl.Categorical", ["b", "a", "b", "c"], "b", "a", "b", "c"),
    "enum": words("pl.Enum(['b', 'a'])", ["a", "b"], "a", "b"),
    "dates": words("pl.Date", [datetime.date(2024, 1, 2)], "2024-01-02"),
    "times": words("pl.Time", [datetime.time(1, 2, 3, 4)], "01:02:03.000004"),
    "datetimes": words("pl.Datetime('us')", [TIME], "2024-07-02 03:04:05.678900"),
    "milliseconds": words("pl.Datetime('ms')", [TIME.replace(microsecond=5000)],
                          "2024-07-02 03:04:05.005"),
    "nanoseconds": words("pl.Datetime('ns')", [1234567890123456789],
                         "2009-02-13 23:31:30.123456789"),
    "zones": words("pl.Datetime('us', 'Europe/Berlin')", [TIME.replace(tzinfo=datetime.UTC)],
                   "2024-07-02 05:04:05.678900+02:00"),
    "durations": words("pl.Duration('ns')", [1, -90_000_000_000],
                       "PT0.000000001S", "-PT1M30S"),
    "binary": Typed("pl.Binary", [None, b"\x00a"], Row(2, "binary"), Row(2, "binary")),
    "lists": Typed("pl.List(pl.Int64)", [[1, 2], [3, 4]], None, ["[1, 2]", "[3, 4]"]),
    "arrays": Typed("pl.Array(pl.Float32, 2)", [[1, 2], [3, 4]], None,
                    ["[1.0, 2.0]", "[3.0, 4.0]"]),
    "ragged": Typed("pl.List(pl.Int64)", [[1, 2], None, [], [3]], Row(3, "shape"),
                    ["[1, 2]", "null", "[]", "[3]"]),
    "no elements": Typed("pl.List(pl.Int64)", [[], [1]], ["[]", "[1]"], ["[]", "[1]"]),
    "lists of texts": alike("pl.List(pl.String)", [["a", None], []], '["a", null]', "[]"),
    "lists of nothing": alike("pl.List(pl.Null)", [[], [None]], "[]", "[null]"),
    "structs": alike("pl.Struct({'a': pl.Int64, 'b': pl.List(pl.Float64)})",
                     [{"a": 1, "b": [0.5]}, {"a": None, "b": []}, None],
                     '{"a": 1, "b": [0.5]}', '{"a": null, "b": []}', "null"),
    "nested times": alike("pl.List(pl.Datetime('ns'))", [[], [1234567890123456789]],
                          "[]", '["2009-02-13 23:31:30.123456789"]'),
    "NaN within": Typed("pl.Struct({'a': pl.List(pl.Float64)})", [{"a": [1.5]}, {"a": [2.5, nan]}],
                        Row(2, "NaN"), Row(2, "NaN")),
    "binary within": Typed("pl.List(pl.Binary)", [[], None, [b"a"]], Row(3, "binary"),
                           Row(3, "binary")),
}  # fmt: skip


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("kind", PARQUET)
def test_from_parquet(kind: str, target: str, way: str, tmp_path: Path) -> None:
    import polars as pl

    case = PARQUET[kind]
    series = pl.Series("t", case.values, dtype=eval(case.dtype), strict=False)
    path = tmp_path / "in.parquet"
    frame = pl.DataFrame([pl.Series("x", range(len(series)), dtype=pl.Float64), series])
    frame.write_parquet(path)
    wanted = {"csv": case.cells, "jsonl": case.json, "parquet": None}[target]
    if isinstance(wanted, Row):
        with pytest.raises(DataError, match=rf"row {wanted.number}:? .*'t'.*{wanted.piece}"):
            converted(path, tmp_path / f"out.{target}", way)
        return
    if target == "csv" and wanted is None:
        found = converted(path, tmp_path / "out.csv", way, "t[1]")
        assert list(map(float, found)) == [row[1] for row in case.values]
        return
    found = converted(path, tmp_path / f"out.{target}", way)
    if target == "parquet":
        assert found.dtype == series.dtype
        assert list(map(repr, found.to_list())) == list(map(repr, series.to_list()))
    else:
        assert found == wanted


def test_nothing_and_an_empty_text_are_told_apart_in_csv(way: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"x": 1, "t": ""}\n{"x": 2, "t": null}\n')
    converted(path, tmp_path / "out.csv", way)
    assert (tmp_path / "out.csv").read_text() == 'x,t,value\n1,"",1.0\n2,,2.0\n'


def test_the_types_of_an_empty_file_stay(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(schema={"x": pl.Int8, "t": pl.List(pl.Date)})
    frame.write_parquet(tmp_path / "in.parquet")
    source, target = str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet")
    assert execute(["eval", "x", "--points", source, "-o", target]) == 0
    assert pl.read_parquet(target).schema == {**frame.schema, "value": pl.Float64}


# ---- variables of the program, and commands ----

POINTS = {
    "csv": "x,i,t,b,\n1.50,3,007,true,a\n2,4,abc,false,\n",
    "tsv": "x\ti\tt\tb\t\n1.50\t3\t007\ttrue\ta\n2\t4\tabc\tfalse\t\n",
    "jsonl": '{"x": 1.50, "i": 3, "t": "007", "b": true, "": "a"}\n'
    '{"x": 2, "i": 4, "t": "abc", "b": false, "": null}\n',
}


@pytest.mark.parametrize("command", ["eval", "grad", "jacobian", "hessian"])
@pytest.mark.parametrize("form", POINTS)
def test_commands_pass_columns_on(form: str, command: str, tmp_path: Path) -> None:
    import polars as pl

    path, target = tmp_path / f"in.{form}", tmp_path / "out.parquet"
    path.write_text(POINTS[form])
    assert execute([command, "x^2", "--points", str(path), "-o", str(target)]) == 0
    frame = pl.read_parquet(target)
    assert frame.columns[:5] == ["x", "i", "t", "b", ""]
    assert "error" not in frame.columns
    assert [str(t) for t in frame.dtypes[:5]] == ["Float64", "Int64", "String", "Boolean", "String"]
    assert frame.rows()[0][:5] == (1.5, 3, "007", True, "a")
    assert frame.rows()[1][:5] == (2.0, 4, "abc", False, None)
    line = [command, "x^2", "--points", str(path), "-o", str(target), "--on-error", "null"]
    assert execute(line) == 0
    assert pl.read_parquet(target)["error"].to_list() == [None, None]
    target = tmp_path / "out.csv"
    assert execute([command, "x^2", "--points", str(path), "-o", str(target)]) == 0
    rows = list(csv.reader(io.StringIO(target.read_text())))
    assert [row[:5] for row in rows[1:]] == [
        ["1.50", "3", "007", "true", "a"],
        ["2", "4", "abc", "false", ""],
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_predictions_pass_columns_on(form: str, tmp_path: Path) -> None:
    import polars as pl

    data, path, target = tmp_path / "data.csv", tmp_path / f"in.{form}", tmp_path / "out.parquet"
    data.write_text("x,y\n1,2\n2,4.5\n3,6\n4,8\n")
    path.write_text(POINTS[form])
    line = ["fit", "y ~ a*x", "--data", str(data), "--start", "a=1", "--predict", str(path)]
    assert execute([*line, "-o", str(target)]) == 0
    frame = pl.read_parquet(target)
    assert frame.columns == ["x", "i", "t", "b", "", "prediction", "standard_error", "lower",
                             "upper"]  # fmt: skip
    assert frame.rows()[0][:5] == (1.5, 3, "007", True, "a")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_variable_that_is_no_number_is_null_where_rows_may_fail(
    form: str, tmp_path: Path
) -> None:
    import polars as pl

    path, target = tmp_path / f"in.{form}", tmp_path / "out.parquet"
    path.write_text({"csv": "x,t\n1,a\n,b\nnan,c\nz,d\n"}.get(
        form, '{"x": 1, "t": "a"}\n{"x": null, "t": "b"}\n{"x": NaN, "t": "c"}\n'
              '{"x": "z", "t": "d"}\n'))  # fmt: skip
    line = ["eval", "x^2", "--points", str(path), "-o", str(target), "--on-error", "null"]
    assert execute(line) == 1
    frame = pl.read_parquet(target)
    assert list(map(repr, frame["x"].to_list())) == ["1.0", "None", "nan", "None"]
    assert frame["t"].to_list() == ["a", "b", "c", "d"]
    assert [text is None for text in frame["error"]] == [True, False, False, False]


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
def test_an_array_of_many_elements_is_taken_apart_once(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    plain = ObjectBlock._flatten
    monkeypatch.setattr(ObjectBlock, "_flatten", lambda *given: calls.append(1) or plain(*given))
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"v": list(range(500)), "s": "a"}) + "\n")
    output = tmp_path / f"o.{target}"
    assert execute(["grad", "sum(v)", "--points", str(path), "-o", str(output)]) == 0
    assert len(calls) <= 2  # as numbers, and digit for digit
