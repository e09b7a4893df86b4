"""Tables: several files as one, columns as arrays, and what is wrong with data."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adcli
from adcli.cli import execute
from adcli.data.array_columns import check_arrays, digest_of
from adcli.data.table import open_table
from adcli.data.table_columns import read_columns
from adcli.errors import AdcliError, DataError, UsageError

FORMATS = ("csv", "tsv", "jsonl", "parquet")
Cells = dict[str, list[Any]]


def write(folder: Path, name: str, columns: Cells) -> Path:
    """A table as a file, None being a missing value; arrays are lists."""
    path = folder / name
    rows = list(zip(*columns.values(), strict=True))
    if name.endswith(".parquet"):
        pl.DataFrame(columns, strict=False).write_parquet(path)
    elif name.endswith(".jsonl"):
        lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in rows]
        path.write_text("".join(line + "\n" for line in lines))
    else:
        separator = "," if name.endswith(".csv") else "\t"
        labels = [
            label
            for key, cells in columns.items()
            for label in (
                [f"{key}[{k}]" for k in range(len(cells[0]))]
                if isinstance(cells[0], list)
                else [key]
            )
        ]
        lines = [labels, *([cell for value in row for cell in _flat(value)] for row in rows)]
        path.write_text("".join(separator.join(map(_text, line)) + "\n" for line in lines))
    return path


def _flat(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def read(*paths: Path | str, names: str = "x y", **options: Any) -> dict[str, Any]:
    with open_table(paths, format=options.pop("format", None)) as table:
        return read_columns(table, names.split(), **options)


def as_lists(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: values.tolist() for name, values in columns.items()}


# ---- good data ----


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("rows", [1, 3, 10_000])
def test_columns_are_arrays_in_every_format(form: str, rows: int, tmp_path: Path) -> None:
    x = [k / 7 for k in range(rows)]
    v = [[k, -k / 3, 0.1] for k in range(rows)]
    columns = read(write(tmp_path, f"t.{form}", {"x": x, "v": v}), names="v x")
    assert list(columns) == ["v", "x"]
    assert columns["x"].dtype == columns["v"].dtype == np.float64
    assert columns["v"].shape == (rows, 3)
    assert as_lists(columns) == {"x": x, "v": v}


@pytest.mark.parametrize(("first", "second"), [*itertools.product(FORMATS, repeat=2)])
def test_several_files_are_one_table(first: str, second: str, tmp_path: Path) -> None:
    a = write(tmp_path, f"a.{first}", {"x": [1.0, 2.0], "y": [3.0, 4.0]})
    b = write(tmp_path, f"b.{second}", {"y": [6.0], "x": [5.0]})
    assert as_lists(read(a, b)) == {"x": [1.0, 2.0, 5.0], "y": [3.0, 4.0, 6.0]}


def test_a_glob_is_its_files_in_order(tmp_path: Path) -> None:
    for k in (2, 0, 1):
        write(tmp_path, f"part-{k}.csv", {"x": [k]})
    write(tmp_path, "other.csv", {"x": [9]})
    assert read(str(tmp_path / "part-*.csv"), names="x")["x"].tolist() == [0, 1, 2]


def test_a_name_with_brackets_is_a_file_if_there_is_one(tmp_path: Path) -> None:
    path = write(tmp_path, "part[1].csv", {"x": [1]})
    assert read(path, names="x")["x"].tolist() == [1]


def test_compressed_files_and_another_extension(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"x\n1\n"))
    (tmp_path / "b.dat").write_text("x\n2\n")
    assert read(tmp_path / "a.csv.gz", names="x")["x"].tolist() == [1]
    assert read(tmp_path / "b.dat", names="x", format="csv")["x"].tolist() == [2]


def test_standard_input_is_one_of_the_files_and_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", {"x": [1.0]})
    with open_table([path, "-"], stdin=io.BytesIO(b"x\n2\n3\n")) as table:
        assert read_columns(table, ["x"])["x"].tolist() == [1, 2, 3]
        with pytest.raises(UsageError, match="can be read once"):
            read_columns(table, ["x"])


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="needs /dev/fd")
def test_pipes_are_read_where_files_are() -> None:
    """As a shell's <(command) gives them."""
    paths = []
    for text in (b"x\n1\n2\n", b"x\n3\n"):
        read_end, write_end = os.pipe()
        os.write(write_end, text)
        os.close(write_end)
        paths.append(f"/dev/fd/{read_end}")
    assert read(*paths, names="x")["x"].tolist() == [1, 2, 3]
    for path in paths:
        os.close(int(path.rpartition("/")[2]))


def test_files_are_read_again_for_every_pass(tmp_path: Path) -> None:
    with open_table([write(tmp_path, "a.csv", {"x": [1.0], "y": [2.0]})] * 2) as table:
        for _ in range(3):
            assert read_columns(table, ["y"])["y"].tolist() == [2, 2]


def test_elements_of_arrays_and_odd_names_are_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", {"v": [[1, 2]], "my col": [3], "e": [4], "x₁": [5]})
    with open_table([path]) as table:
        found = read_columns(table, ["v[1]", "my col", "e", "x1"])
    assert as_lists(found) == {"v[1]": [2], "my col": [3], "e": [4], "x1": [5]}


# ---- missing values and filters ----


@pytest.mark.parametrize("form", FORMATS)
def test_rows_with_missing_values_are_dropped_if_asked(form: str, tmp_path: Path) -> None:
    columns = {"x": [1.0, None, 3.0, 4.0], "y": [1.0, 2.0, None, 4.0], "z": [None, 1.0, 1.0, 1.0]}
    path = write(tmp_path, f"t.{form}", columns)
    assert as_lists(read(path, missing="drop")) == {"x": [1, 4], "y": [1, 4]}
    assert read(path, names="x", missing="drop")["x"].tolist() == [1, 3, 4]
    whole = adcli.function("z > 0")
    assert read(path, names="x", missing="drop", where=whole)["x"].tolist() == [3, 4]


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "NULL", "null", "None", "nan", "NaN"])
def test_texts_for_a_missing_value(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"x,y\n1,2\n{text},4\n")
    assert read(tmp_path / "t.csv", missing="drop")["y"].tolist() == [2]
    with pytest.raises(DataError, match=r"row 2 \(line 3\): column 'x': missing value"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize("form", FORMATS)
def test_a_filter_decides_which_rows_are_looked_at(form: str, tmp_path: Path) -> None:
    columns = {"x": [1.0, None, 3.0, 4.0], "k": [0.0, 1.0, 2.0, 3.0], "y": [5.0, 6.0, None, 8.0]}
    path = write(tmp_path, f"t.{form}", columns)
    f = adcli.function("(k == 0) + (k > 2.5)")
    assert as_lists(read(path, where=f)) == {"x": [1, 4], "y": [5, 8]}


def test_a_filter_takes_infinite_rows_away(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", {"x": [1.0, "inf", "-inf", 4.0]})
    f = adcli.function("abs(x) < inf")
    assert read(path, names="x", where=f)["x"].tolist() == [1, 4]


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3)), min_size=1), st.integers(-3, 3))
def test_a_filter_is_that_of_the_language(cells: list[int | None], limit: int) -> None:
    text = "k,x\n" + "".join(f"{k},{_text(cell)}\n" for k, cell in enumerate(cells))
    kept = [k for k, cell in enumerate(cells) if cell is not None and cell > limit]
    with open_table(["-"], format="csv", stdin=io.BytesIO(text.encode())) as table:
        f = adcli.function(f"x > {limit}")
        if not kept:
            with pytest.raises(DataError, match="no row of standard input is left"):
                read_columns(table, ["k"], missing="drop", where=f)
        else:
            found = read_columns(table, ["k"], missing="drop", where=f)["k"]
            assert found.tolist() == kept


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("z > 0", "has no column 'z'"),
        ("1 > 0", "the filter names no column"),
        ("x > 0, y > 0", "a filter has one result"),
        ("[x, y] > 0", "one number a row, not an array"),
        ("log(x)", r"row 2 \(line 3\): log\(0\) is -inf"),
    ],
)
def test_filters_that_cannot_be_meant(program: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", {"x": [1.0, 0.0], "y": [1.0, 1.0]})
    with pytest.raises(AdcliError, match=message):
        read(path, where=adcli.function(program))


# ---- bad data ----


class Bad(NamedTuple):
    """A file, and what is said of it."""

    name: str
    text: str
    message: str
    hint: str = ""


EVERYWHERE: list[tuple[Cells, str]] = [
    ({"x": [1, 2], "y": [3, None]}, "column 'y': missing value"),
    ({"x": [1, "abc"], "y": [3, 4]}, "column 'x': 'abc' is not a number"),
    ({"x": [1.0, float("inf")], "y": [3, 4]}, "column 'x': infinite value"),
    ({"x": [1.0, -float("inf")], "y": [3, 4]}, "column 'x': infinite value"),
    ({"x": [1.0, float("nan")], "y": [3, 4]}, "column 'x': missing value"),
]
TEXTS = [
    Bad("t.csv", "", "t.csv is empty"),
    Bad("t.csv", "x,y\n", "t.csv has no rows"),
    Bad("t.csv", "x,y\n1,2\n3\n", "row 2 (line 3): 1 cell where 2 were expected"),
    Bad("t.csv", "x,y\n1,2,3\n", "row 1 (line 2): 3 cells where 2 were expected"),
    Bad("t.tsv", "x\ty\n1\n", "row 1 (line 2): 1 cell where 2 were expected"),
    Bad("t.csv", "x,y,x\n1,2,3\n", "more than one column 'x'"),
    Bad("t.csv", "x,z\n1,2\n", "has no column 'y'", "the columns are 'x', 'z'"),
    Bad("t.csv", "x;y\n1;2\n", "has no column 'x'", "semicolons"),
    Bad("t.tsv", "x,y\n1,2\n", "has no column 'x'", "--data-format csv"),
    Bad("t.csv", "PAR1....", "is not a text file", "--data-format parquet"),
    Bad("t.dat", "x,y\n1,2\n", "does not tell its format", "--data-format"),
    Bad("t.csv", 'x,y\n1,"2\n', "a quoted cell is not closed"),
    Bad("t.csv", "x,y\n1,1e999\n", "column 'y': infinite value", "abs(y) < inf"),
    Bad("t.csv", "x,y\n1,1_0\n", "'1_0' is not a number", "a missing value is"),
    Bad("t.csv", "x,y\n1,2020-01-01\n", "'2020-01-01' is not a number"),
    Bad("t.csv", "x,y\n" + "1,2\n" * 50_000 + "3,\n", "row 50001 (line 50002): column 'y'"),
    Bad("t.jsonl", "", "t.jsonl is empty"),
    Bad("t.jsonl", '{"x":1,"y":2}\n{"x":1}\n', "row 2 (line 2): no 'y'"),
    Bad("t.jsonl", '{"x":1,"x":2,"y":3}\n', "more than one column 'x'"),
    Bad("t.jsonl", '{"x":1,"y":[1,2]}\n{"x":1,"y":[1]}\n', "column 'y' has shape (1)"),
    Bad("t.jsonl", '{"x":1,"y":{}}\n', "'{}' is not a number"),
    Bad("t.parquet", "x,y\n1,2\n", "cannot read"),
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("columns", "message"), EVERYWHERE)
def test_bad_cells_are_named_in_every_format(
    form: str, columns: Cells, message: str, tmp_path: Path
) -> None:
    if form == "parquet" and "abc" in columns["x"]:
        columns = {**columns, "x": ["1", "abc"]}
    path = write(tmp_path, f"t.{form}", columns)
    with pytest.raises(DataError, match=r"column '[xy]'") as caught:
        read(path)
    line = {"csv": " (line 3)", "tsv": " (line 3)", "jsonl": " (line 2)", "parquet": ""}[form]
    assert caught.value.message == f"{path}, row 2{line}: {message}"
    assert caught.value.hint
    if "missing" not in message:
        with pytest.raises(DataError) as dropped:
            read(path, missing="drop")
        assert dropped.value.message == caught.value.message


@pytest.mark.parametrize("bad", TEXTS, ids=lambda bad: f"{bad.name}: {bad.message[:40]}")
def test_bad_files(bad: Bad, tmp_path: Path) -> None:
    (tmp_path / bad.name).write_text(bad.text)
    with pytest.raises(AdcliError) as caught:
        read(tmp_path / bad.name)
    assert bad.message in caught.value.message
    assert bad.hint in (caught.value.hint or "")


def test_types_of_parquet_that_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame = pl.DataFrame({"x": ["2020-01-01"], "y": [True]}).with_columns(pl.col("x").str.to_date())
    frame.write_parquet(path)
    assert read(path, names="y")["y"].tolist() == [1]
    with pytest.raises(DataError, match="column 'x' holds Date, not numbers"):
        read(path)


def test_of_parquet_only_the_columns_asked_for_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adcli.data.read_parquet.PARQUET_ROWS", 4)
    monkeypatch.setattr("adcli.data.read_parquet.SLICE_BYTES", 16 * 8 * 10)
    rows = 1000
    columns = {"v": [[k, -k] for k in range(rows)], "x": [*range(rows)], "text": ["a"] * rows}
    path = write(tmp_path, "t.parquet", columns)
    with open_table([path]) as table:
        blocks = list(table.blocks(["v[1]"]))
        assert [block.first_row for block in blocks] == list(range(1, rows, 4))
        assert [block.numbers("v").tolist()[0] for block in blocks[:2]] == [[0, 0], [4, -4]]
        assert blocks[-1]._frame.columns == ["v"]
        found = read_columns(table, ["x", "v[1]"], where=adcli.function("v[0] > 990"))
    assert as_lists(found) == {"x": [*range(991, rows)], "v[1]": [*range(-991, -rows, -1)]}


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_left_is_an_error(form: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"t.{form}", {"x": [1.0, None], "y": [None, 1.0]})
    with pytest.raises(DataError, match=r"no row of .* is left: each has a missing value"):
        read(path, missing="drop")
    with pytest.raises(DataError, match=r"no row of .* is left: the filter lets none pass"):
        read(path, missing="drop", where=adcli.function("x > 1"))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"x": [1]}, "b.csv has no column 'y'"),
        ({"x": [1], "y": [1], "z": [1]}, "b.csv has a column 'z'"),
        ({"x": [1], "y": [[1, 2]]}, r"column 'y' has the shape \[2\] in .*b.csv, \[\] in"),
    ],
)
def test_files_with_other_columns(second: Cells, message: str, tmp_path: Path) -> None:
    a = write(tmp_path, "a.csv", {"x": [1], "y": [2]})
    with pytest.raises(DataError, match=message):
        open_table([a, write(tmp_path, "b.csv", second)])


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "a table needs a file"),
        (["none.csv"], "there is no file 'none.csv'"),
        (["none-*.csv"], r"no file matches 'none-\*.csv'"),
        (["."], "'.' is a folder"),
        (["-"], "standard input"),
    ],
)
def test_files_that_are_not_there(paths: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_table(paths)


# ---- arrays ----


def test_arrays_are_checked_and_cast() -> None:
    found = check_arrays({"x": [1, 2], "m": np.ones((2, 3), dtype="f4"), "s": "unused"}, ["x", "m"])
    assert found["x"].dtype == found["m"].dtype == np.float64
    assert check_arrays({"x": [1, 2]}, ["x"], "float32")["x"].dtype == np.float32
    exact = np.arange(3.0)
    assert check_arrays({"x": exact}, ["x"])["x"] is exact


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"x": [1, 2]}, "the data have no column 'y'"),
        ({"x": [1, 2], "y": [1, 2, 3]}, "'x' has 2, 'y' has 3"),
        ({"x": [1, 2], "y": 3.0}, "column 'y' is a number"),
        ({"x": [1, 2], "y": ["a", "b"]}, "column 'y' is not an array of numbers"),
        ({"x": [1, 2], "y": [[1], [1, 2]]}, "column 'y' is not an array of numbers"),
        ({"x": [1, 2], "y": [1, None]}, "row 2: column 'y': the value is nan"),
        ({"x": [1, 2], "y": [-np.inf, 1]}, "row 1: column 'y': the value is -inf"),
        ({"x": [1, 2], "y": [1j, 1]}, "column 'y' is not an array of numbers"),
        ({"x": [1, 2], "y": np.array(["2020-01-01"] * 2, "M8[D]")}, "not an array of numbers"),
        ({"x": [1, 2], "y": np.ma.masked_equal([1, 2], 2)}, "row 2: column 'y': the value is nan"),
        ({"x": [], "y": []}, "the data have no rows"),
    ],
)
def test_bad_arrays(data: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_arrays(data, ["x", "y"])


def test_a_number_too_large_for_float32_is_named() -> None:
    with pytest.raises(DataError, match=r"row 2: column 'x': the value is 1e\+39, too large"):
        check_arrays({"x": [1.0, 1e39]}, ["x"], "float32")


def test_a_digest_is_that_of_the_columns_however_they_are_cut() -> None:
    x, m = np.arange(5.0), np.arange(10.0).reshape(5, 2)
    whole = digest_of([{"x": x, "m": m}])
    assert digest_of([{"m": m[:2], "x": x[:2]}, {"m": m[2:], "x": x[2:]}]) == whole
    others = [{"x": x, "n": m}, {"x": x + 1, "m": m}, {"x": x, "m": m.T}, {"x": x}]
    others.append({"x": x.astype("f4"), "m": m})
    assert len({whole, *(digest_of([other]) for other in others)}) == 6


# ---- against a second reader ----

CELLS = ("1", "2.5", "-3e2", " 4 ", '"5"', "0", "", "NA", "nan", "inf", "abc")
NUMBER = st.sampled_from([*CELLS[:6]] * 3 + [*CELLS])


def expected(rows: list[list[str]], is_filtered: bool, missing: str) -> list[list[float]] | None:
    """The rows that are kept of the columns x and y where x > 0, one by one; None: an error."""
    kept = []
    for row in rows:
        values: list[float] = []
        for cell in row:
            text = cell.strip('" ').lower()
            values.append(
                float("nan" if text in ("", "na") else "1e999" if text == "abc" else text)
            )
        wanted = values[:1] if is_filtered else values
        is_text = ["abc" in cell for cell in row]
        if (is_filtered and is_text[0]) or (missing == "error" and any(x != x for x in wanted)):
            return None
        if is_filtered and not values[0] > 0:
            continue
        if any(is_text) or (missing == "error" and any(x != x for x in values)):
            return None
        if any(x != x for x in values):
            continue
        if any(abs(x) == float("inf") for x in values):
            return None
        kept.append(values)
    return kept or None


@given(
    rows=st.lists(st.lists(NUMBER, min_size=2, max_size=2), min_size=1, max_size=8),
    before=st.sampled_from([*[0] * 9, 20_000]),
    is_filtered=st.booleans(),
    missing=st.sampled_from(["error", "drop"]),
)
def test_columns_are_those_of_a_reader_that_goes_cell_by_cell(
    rows: list[list[str]], before: int, is_filtered: bool, missing: Any
) -> None:
    rows = [["1", "2"]] * before + rows  # many are read by polars
    text = "x,y\n" + "".join(f"{x},{y}\n" for x, y in rows)
    wanted = expected(rows, is_filtered, missing)
    where = adcli.function("x > 0") if is_filtered else None
    with open_table(["-"], format="csv", stdin=io.BytesIO(text.encode())) as table:
        if wanted is None:
            with pytest.raises(DataError):
                read_columns(table, ["x", "y"], missing=missing, where=where)
        else:
            found = read_columns(table, ["x", "y"], missing=missing, where=where)
            assert np.stack([found["x"], found["y"]], axis=1).tolist() == wanted


# ---- matrices in columns of their own ----


@pytest.mark.parametrize("form", FORMATS)
def test_columns_of_a_matrix_in_every_format(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"X[0]": [1.0, 2.0, 3.0, 4.0], "X[1]": [1.0, 0.0, 2.0, 5.0], "y": [5.0, 4, 12, 23]}
    path = str(write(tmp_path, f"t.{form}", columns))
    with open_table([path]) as table:
        assert table.shape_of("X") == (2,)
        assert read_columns(table, ["X"])["X"].tolist() == [[1, 1], [2, 0], [3, 2], [4, 5]]
        assert read_columns(table, ["X[1]"])["X[1]"].tolist() == [1, 0, 2, 5]
    assert execute(["grad", "X @ [2, 3]", "--points", path, "--format", "csv"]) == 0
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header == "X[0],X[1],y,value,df/dX[0],df/dX[1]"
    assert [float(cell) for cell in first.split(",")] == [1, 1, 5, 5, 2, 3]
    line = ["--data", path, "--start", "b=[0,0]", "--format", "json"]
    assert execute(["descend", "mean((y - X @ b)^2)", *line]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "converged"
    out = str(tmp_path / "out.parquet")
    assert execute(["fit", "y ~ X @ b", *line, "--predict", path, "-o", out]) == 0
    assert "b[1]" in json.loads(capsys.readouterr().out)["parameters"]
    assert pl.read_parquet(out).columns[:4] == ["X[0]", "X[1]", "y", "prediction"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_matrix_with_a_gap_says_so(form: str, tmp_path: Path) -> None:
    path = str(write(tmp_path, f"t.{form}", {"X[0]": [1.0], "X[2]": [2.0], "y": [1.0]}))
    with open_table([path]) as table, pytest.raises(DataError, match="no column 'X'") as caught:
        table.shape_of("X")
    assert "must be complete, from X[0] on; there are X[0], X[2]" in (caught.value.hint or "")


def test_lists_and_columns_of_elements_in_one_file(tmp_path: Path) -> None:
    path = write(tmp_path, "t.jsonl", {"v": [[1, 2]], "w[1]": [3], "w[0]": [4], "s": [5]})
    with open_table([path]) as table:
        assert [table.shape_of(name) for name in ("v", "w", "s")] == [(2,), (2,), ()]
        assert read_columns(table, ["w", "v"])["w"].tolist() == [[4, 3]]
    path = write(tmp_path, "u.jsonl", {"v": [[1, 2]], "v[0]": [3]})
    with pytest.raises(DataError, match=r"more than one column 'v\[0\]'"):
        open_table([path])
