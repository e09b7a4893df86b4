"""Points are read exactly, in order, in bounded memory, and every bad file gets one message."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adcli.data import read_csv
from adcli.data.cells import parse_number
from adcli.data.point_files import open_points
from adcli.data.source import READ_BYTES
from adcli.errors import AdcliError, DataError, UsageError


def read(data: bytes, format="csv", *, block_bytes=READ_BYTES):
    """Every row as (row number, line, texts), and the columns."""
    with open_points("-", format=format, stdin=io.BytesIO(data), block_bytes=block_bytes) as points:
        rows = []
        for block in points:
            assert block.first_row == len(rows) + 1
            texts = [block.texts_at(i) for i in range(len(block.layout.labels))]
            for offset, row in enumerate(zip(*texts, strict=True)):
                rows.append((block.first_row + offset, block.line_of(offset), row))
        return points.layout.columns, rows


def numbers(data: bytes, name: str, format="csv", *, block_bytes=READ_BYTES):
    """The values of a variable and the problems by row number."""
    with open_points("-", format=format, stdin=io.BytesIO(data), block_bytes=block_bytes) as points:
        values, problems = [], {}
        for block in points:
            column = block.numbers(name)
            values += column if isinstance(column, list) else column.tolist()
            problems |= {block.first_row + k: v for k, v in block.problems.items()}
        return values, problems


@pytest.fixture
def never_small(monkeypatch):
    """Files as short as a test's go through polars as long ones do."""
    monkeypatch.setattr(read_csv, "SMALL_BYTES", 0)


@pytest.fixture(params=["small", "large"])
def either_path(request, monkeypatch):
    if request.param == "large":
        monkeypatch.setattr(read_csv, "SMALL_BYTES", 0)


# --- What is fine --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("x,y\n1.50,007\n2,3\n", "csv"),
        ("x,y\n1.50,007\n2,3", "csv"),
        ("\ufeffx,y\n1.50,007\n2,3\n", "csv"),
        ("x,y\r\n1.50,007\r\n2,3\r\n", "csv"),
        ("x, y\n1.50,007\n2,3\n\n\n", "csv"),
        ('"x","y"\n"1.50",007\n2,"3"\n', "csv"),
        ("x\ty\n1.50\t007\n2\t3\n", "tsv"),
        ('{"x": 1.50, "y": "007"}\n{"y": 3, "x": 2}\n', "jsonl"),
        ('\ufeff{"x": 1.50, "y": "007"}\r\n\r\n{"y": 3, "x": 2}', "jsonl"),
    ],
)
@pytest.mark.usefixtures("either_path")
def test_texts_stay_as_they_came(text, format):
    columns, rows = read(text.encode(), format)
    assert columns == ("x", "y")
    assert [row for _, _, row in rows] == [("1.50", "007"), ("2", "3")]


@pytest.mark.usefixtures("either_path")
def test_quoted_cells_keep_commas_quotes_and_newlines():
    data = b'x,"a ""b"", c"\n1,"p,\nq"\n2,"""r"""\n\n3,"s"\n'
    columns, rows = read(data)
    assert columns == ("x", 'a "b", c')
    assert rows == [(1, 2, ("1", "p,\nq")), (2, 4, ("2", '"r"')), (3, 6, ("3", "s"))]


@pytest.mark.parametrize("block_bytes", range(1, 24))
@pytest.mark.usefixtures("never_small")
def test_a_quoted_cell_may_cross_blocks(block_bytes):
    data = b'x,t\n1,"p\nq\nr"\n2,z\n3,"u\r\n""v"""\n4,w\n'
    _, rows = read(data, block_bytes=block_bytes)
    assert [row for _, _, row in rows] == [
        ("1", "p\nq\nr"),
        ("2", "z"),
        ("3", 'u\r\n"v"'),
        ("4", "w"),
    ]
    assert [line for _, line, _ in rows] == [2, 5, 6, 8]


@pytest.mark.parametrize("block_bytes", range(1, 20))
def test_a_quoted_name_may_cross_blocks(block_bytes):
    columns, rows = read(b'\n"a\nb\n",c\n1,2\n3,4\n', block_bytes=block_bytes)
    assert columns == ("a\nb", "c")
    assert rows == [(1, 5, ("1", "2")), (2, 6, ("3", "4"))]


def test_long_quoted_cells():
    limit = csv.field_size_limit()
    cell = "é," * 100_000
    assert read(f'x,t\n1,"{cell}"\n'.encode())[1] == [(1, 2, ("1", cell))]
    with pytest.raises(DataError, match="16,777,216 characters; a quote not closed"):
        read(b'x,t\n1,"' + b"a\n" * (1 << 23) + b"a\n")
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_ten_thousand_columns(format, tmp_path):
    names = [f"x{i}" for i in range(10_000)]
    path = tmp_path / f"points.{format}"
    if format == "csv":
        rows = [",".join(names), *[",".join(["1.50"] * 10_000)] * 40]
        path.write_text("\n".join(rows))
    elif format == "jsonl":
        path.write_text((json.dumps(dict.fromkeys(names, 1.5)) + "\n") * 40)
    else:
        import polars as pl

        pl.DataFrame(dict.fromkeys(names, [1.5] * 40)).write_parquet(path)
    with open_points(path) as points:
        assert points.layout.columns == tuple(names)
        blocks = [(block.rows, list(block.numbers("x9999"))) for block in points]
    assert sum(rows for rows, _ in blocks) == 40
    assert all(numbers == [1.5] * rows for rows, numbers in blocks)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_large_compressed_files(end, last, format, tmp_path):
    path = tmp_path / f"points.{format}.GZ"
    if format == "csv":
        lines = ["x,t", *(f"{i / 7!r},né" for i in range(60_000))]
    else:
        lines = [f'{{"x": {i / 7!r}, "t": "né"}}' for i in range(60_000)]
    text = "\ufeff" + end.join(lines) + last.replace("\n", end)
    path.write_bytes(gzip.compress(text.encode(), 1))
    with open_points(path, block_bytes=300_001) as points:
        blocks = [(block.first_row, list(block.numbers("x")), block.cells("t")) for block in points]
    assert len(blocks) > 2
    assert [x for _, numbers, _ in blocks for x in numbers] == [i / 7 for i in range(60_000)]
    assert {t for _, _, texts in blocks for t in texts} == {"né"}


@pytest.mark.parametrize("format", ["csv", "tsv", "parquet"])
def test_no_rows_is_no_error(format, tmp_path):
    path = tmp_path / f"points.{format}"
    if format == "parquet":
        import polars as pl

        pl.DataFrame({"x": [], "y": []}).write_parquet(path)
    else:
        path.write_text("x,y\n".replace(",", "\t" if format == "tsv" else ","))
    with open_points(path) as points:
        assert points.layout.columns == ("x", "y")
        assert list(points) == []
        assert points.empty().rows == 0


CELLS = {
    "1.5": 1.5,
    " 1.5 ": 1.5,
    "+1": 1.0,
    "-0": -0.0,
    "1e5": 1e5,
    "1E-3": 1e-3,
    ".5": 0.5,
    "5.": 5.0,
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "Infinity": math.inf,
    "1e400": math.inf,
    "5e-324": 5e-324,
    "0.1000000000000000055511151231257827": 0.1,
    "abc": "'abc' is not a number",
    "1_000": "'1_000' is not a number",
    "1,5": "'1,5' is not a number (a decimal point is a dot)",
    "0x10": "'0x10' is not a number",
    "١": "'١' is not a number",
    "": "missing value",
    "  ": "missing value",
}


@pytest.mark.usefixtures("either_path")
def test_what_a_number_is():
    text = io.StringIO()
    csv.writer(text, delimiter="\t").writerows([["x", "t"], *([cell, "_"] for cell in CELLS)])
    values, problems = numbers(text.getvalue().encode(), "x", "tsv")
    for row, (value, expected) in enumerate(zip(values, CELLS.values(), strict=True), 1):
        if isinstance(expected, str):
            assert math.isnan(value)
            assert problems[row] == f"column 'x': {expected}"
        else:
            assert repr(value) == repr(expected)
            assert row not in problems


def test_json_values_as_numbers():
    cells = [
        "1",
        "-2.5e3",
        '" 7 "',
        "true",
        "NaN",
        "-Infinity",
        "null",
        '"abc"',
        '{"a": 1}',
        "1e400",
    ]
    cells.append("1" + "0" * 5000)
    data = "".join(f'{{"x": {cell}}}\n' for cell in cells).encode()
    values, problems = numbers(data, "x", "jsonl")
    nan = math.nan
    expected = [1, -2500, 7, 1, nan, -math.inf, nan, nan, nan, math.inf, math.inf]
    assert values == pytest.approx(expected, rel=0, nan_ok=True)
    assert problems == {
        7: "column 'x': missing value",
        8: "column 'x': 'abc' is not a number",
        9: "column 'x': '{\"a\": 1}' is not a number",
    }
    _, rows = read(data, "jsonl")
    assert rows[1][2] == ("-2.5e3",)
    assert rows[10][2] == (cells[10],)


@pytest.mark.parametrize("text", ["x,y\n1,2\n", '{"x": 1, "y": 2}\n'])
def test_a_pipe_tells_its_format_by_its_start(text):
    with open_points("-", stdin=io.BytesIO(text.encode())) as points:
        assert points.layout.columns == ("x", "y")
        assert points.progress.total is None


def test_compressed_files(tmp_path):
    path = tmp_path / "points.csv.gz"
    path.write_bytes(gzip.compress(b"x\n1\n2\n"))
    with open_points(path) as points:
        assert [block.cells("x") for block in points] == [["1", "2"]]
        assert points.progress.done == points.progress.total == path.stat().st_size


def test_progress(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("x\n" + "1.25\n" * 50_000)
    with open_points(path, block_bytes=50_000) as points:
        done = [points.progress.done for _ in points]
    assert done == sorted(done)
    assert 0 < done[0] < points.progress.total
    assert done[-1] == points.progress.total == path.stat().st_size


def test_names_match_as_programs_spell_them():
    with open_points("-", format="csv", stdin=io.BytesIO("x₁\n4\n".encode())) as points:
        assert points.layout.columns == ("x₁",)
        assert [block.numbers("x1") for block in points] == [[4.0]]


def test_rows_pass_on_while_a_pipe_waits():
    reading, writing = os.pipe()
    with open(reading, "rb") as stdin, open(writing, "wb", buffering=0) as feed:
        feed.write(b"x\n1\n")
        guard = threading.Timer(20, feed.close)
        guard.start()
        with open_points("-", format="csv", stdin=stdin) as points:
            blocks = iter(points)
            assert next(blocks).cells("x") == ["1"]
            feed.write(b"2\n3\n")
            assert next(blocks).cells("x") == ["2", "3"]
        guard.cancel()


# --- Arrays --------------------------------------------------------------------------------------


def as_csv(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text('s,v[0],v[1],"W[0,1]","W[0,0]"\n1,2,3,5,4\n6,7,8,10,9\n')
    return path


def as_jsonl(tmp_path):
    path = tmp_path / "points.jsonl"
    path.write_text('{"s": 1, "v": [2, 3], "W": [[4, 5]]}\n{"s": 6, "v": [7, 8], "W": [[9, 10]]}\n')
    return path


def as_parquet(tmp_path):
    import polars as pl

    path = tmp_path / "points.parquet"
    frame = pl.DataFrame({"s": [1, 6], "v": [[2, 3], [7, 8]], "W": [[[4, 5]], [[9, 10]]]})
    frame.with_columns(pl.col("v").cast(pl.Array(pl.Float32, 2))).write_parquet(path)
    return path


@pytest.mark.parametrize("make", [as_csv, as_jsonl, as_parquet])
@pytest.mark.usefixtures("either_path")
def test_arrays(make, tmp_path):
    with open_points(make(tmp_path)) as points:
        assert [points.shape_of(name) for name in "svW"] == [(), (2,), (1, 2)]
        assert points.shape_of("v[1]") == ()
        (block,) = points
        assert block.numbers("v").tolist() == [[2, 3], [7, 8]]
        assert block.numbers("W").tolist() == [[[4, 5]], [[9, 10]]]
        assert list(block.numbers("W[0,1]")) == [5, 10]
        assert block.problems == {}


def test_an_array_with_a_hole_is_no_array():
    with open_points("-", format="csv", stdin=io.BytesIO(b"v[0],v[2]\n1,2\n")) as points:
        assert points.shape_of("v[2]") == ()
        with pytest.raises(DataError, match="no column 'v'") as caught:
            points.shape_of("v")
        assert "v[0], v[2]" in caught.value.hint


def test_elements_that_are_there_twice_make_no_array():
    with open_points("-", format="csv", stdin=io.BytesIO(b"v[0],v[ 0],v[1]\n1,2,3\n")) as points:
        assert [block.numbers("v[0]") for block in points] == [[1.0]]
        with pytest.raises(DataError, match="no column 'v'"):
            points.shape_of("v")


@pytest.mark.parametrize("second", ["[1, 2, 3]", "[[1], [2]]", "3", "[1, [2]]"])
def test_ragged_arrays_name_the_row(second, tmp_path):
    data = f'{{"v": [1, 2]}}\n{{"v": null}}\n{{"v": {second}}}\n'.encode()
    with pytest.raises(DataError, match=r"row 3 \(line 3\): column 'v' has .* shape"):
        numbers(data, "v", "jsonl")


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_empty_list_in_the_first_row_hides_no_others(kind, tmp_path):
    import polars as pl

    path = tmp_path / f"p.{kind}"
    if kind == "jsonl":
        path.write_text('{"v": [], "x": 1}\n{"v": [1, 2], "x": 2}\n')
    else:
        pl.DataFrame({"v": [[], [1.0, 2.0]], "x": [1, 2]}).write_parquet(path)
    with open_points(path) as points:
        block = next(iter(points))
        assert list(block.numbers("x")) == [1, 2]
        with pytest.raises(DataError, match=r"row 1.*: column 'v' has no elements"):
            block.numbers("v")


def test_ragged_lists_in_parquet_name_the_row(tmp_path):
    import polars as pl

    path = tmp_path / "points.parquet"
    pl.DataFrame({"v": [[1, 2], None, [1, 2, 3]]}).write_parquet(path)
    with open_points(path) as points:
        (block,) = points
        with pytest.raises(DataError, match="row 3: column 'v'"):
            block.numbers("v")


def test_null_arrays_are_missing():
    values, problems = numbers(b'{"v": [1, 2]}\n{"v": null}\n{"v": [null, 3]}\n', "v", "jsonl")
    assert str(values) == "[[1.0, 2.0], [nan, nan], [nan, 3.0]]"
    assert problems == {2: "column 'v[0]': missing value", 3: "column 'v[0]': missing value"}


# --- What is not fine ----------------------------------------------------------------------------

BAD = [
    ("csv", b"", "is empty"),
    ("csv", b"\n\n", "is empty"),
    ("jsonl", b"", "is empty"),
    ("csv", b"x,x\n1,2\n", "more than one column 'x'"),
    ("jsonl", b'{"x": 1, "x": 2}\n', "more than one column 'x'"),
    ("csv", b"x,y\n1,2\n3\n4,5\n", "row 2 (line 3): 1 cell where 2 were expected"),
    ("csv", b"x,y\n1,2\n\n3,4,5\n", "row 2 (line 4): 3 cells where 2 were expected"),
    ("csv", b"x,y\n1\n3,4,5\n", "row 1 (line 2): 1 cell where 2 were expected"),
    ("csv", b"x,y\n1,2\n,\xff\n", "not UTF-8 text: byte 10, line 3"),
    ("jsonl", b'{"x": 1}\n{"x": "\xe9"}\n', "not UTF-8 text: byte 17, line 2"),
    ("csv", b"x,y\n1,\x002\n", "NUL byte at byte 7"),
    ("csv", b'x,y\n1,2\n3,"4\n5,6\n', "row 2 (line 3): a quoted cell is not closed"),
    ("csv", b'"x,y\n1,2\n', "header (line 1): a quoted cell is not closed"),
    ("csv", b'x,y\n1,"2"3\n', "row 1 (line 2): text after the closing quote"),
    ("csv", b"x,y\r1,2\r", "header (line 1): a carriage return without a line feed"),
    ("csv", b"\x1f\x8b\x08", "not a text file"),
    ("csv", b"PAR1", "not a text file"),
    ("csv", b"\xff\xfex\x00", "not a text file"),
    ("jsonl", b'{"x": 1}\n[2]\n', "row 2 (line 2): not a JSON object"),
    ("jsonl", b'[{"x": 1}]\n', "row 1 (line 1): not a JSON object"),
    ("jsonl", b'{"x": 1}\n\n{"x": 1\n', "row 2 (line 3): broken JSON: "),
    ("jsonl", b'{"x": 1} {"x": 2}\n', "row 1 (line 1): broken JSON: extra text"),
    ("jsonl", b"nonsense\n", "row 1 (line 1): broken JSON"),
    ("jsonl", b'{"x": ' + b"[" * 100_000 + b"\n", "row 1 (line 1): broken JSON: nested too deeply"),
    ("jsonl", b'{"x": ' + b"[" * 500 + b"]" * 500 + b"}\n", "broken JSON: nested too deeply"),
    ("jsonl", b'{"x": 1}\n{"x": ' + b'{"a": ' * 500 + b"1" + b"}" * 501 + b"\n", "too deeply"),
    ("jsonl", b'{"v[0]": 1, "v": [2, 3]}\n', "more than one column 'v[0]'"),
    ("jsonl", b'{"x": 1, "y": 2}\n{"x": 1}\n', "row 2 (line 2): no 'y'"),
    ("jsonl", b'{"x": 1}\n{"x": 1, "y": 2}\n', "row 2 (line 2): 'y' is not in the first row"),
    ("parquet", b"PAR1 and then nonsense", "cannot read standard input as Parquet"),
    ("parquet", b"", "cannot read standard input as Parquet"),
]


@pytest.mark.parametrize(("format", "data", "message"), BAD)
@pytest.mark.usefixtures("either_path")
def test_bad_files_get_one_message(format, data, message):
    with pytest.raises(DataError) as caught:
        read(data, format)
    assert message in caught.value.message
    assert caught.value.message.startswith(("standard input", "cannot read standard input"))


def test_a_bad_row_in_a_later_block_is_counted_from_the_start():
    lines = ["x,y", *["1.25,2"] * 50_000, "1"]
    with pytest.raises(DataError, match=r"row 50001 \(line 50002\)"):
        read("\n".join(lines).encode(), block_bytes=10_000)


def test_columns_that_are_not_there():
    with open_points("-", format="csv", stdin=io.BytesIO(b"x,y\n1,2\n")) as points:
        (block,) = points
    with pytest.raises(DataError, match="no column 'z'") as caught:
        block.numbers("z")
    assert caught.value.hint == "the columns are 'x', 'y'"


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        open_points(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="is a folder"):
        open_points(tmp_path)
    (tmp_path / "points.txt").write_text("x\n1\n")
    with pytest.raises(UsageError) as caught:
        open_points(tmp_path / "points.txt")
    assert "csv, tsv, jsonl, parquet" in caught.value.hint
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        open_points(tmp_path / "points.txt", format="xml")
    (tmp_path / "broken.csv.gz").write_bytes(gzip.compress(b"x\n1\n" * 99)[:-12])
    with pytest.raises(DataError, match="cannot read"):
        list(open_points(tmp_path / "broken.csv.gz"))


# --- Properties ----------------------------------------------------------------------------------

CELL = st.text(st.sampled_from("01.5-+e naif_\t\"',;\r\n\\é\u2028"), max_size=6)
TABLE = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6)
)


@settings(max_examples=150, deadline=None)
@given(TABLE, st.sampled_from([",", "\t"]), st.sampled_from(["\n", "\r\n"]), st.integers(1, 40))
@example([["\x1c1"]], ",", "\n", 40)
def test_what_goes_in_comes_out_on_both_paths(table, separator, end, block_bytes):
    if end == "\n":  # csv.writer leaves a carriage return bare then
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    names = [f"c{i}" for i in range(len(table[0]) if table else 2)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end).writerows([names, *table])
    data = text.getvalue().encode()
    format = "csv" if separator == "," else "tsv"
    expected = [tuple(row) for row in table]
    small = read(data, format)
    assert [row for _, _, row in small[1]] == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_csv, "SMALL_BYTES", 0)
        assert read(data, format, block_bytes=block_bytes) == small
        large = numbers(data, "c0", format, block_bytes=block_bytes)
    assert repr(large) == repr(numbers(data, "c0", format))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from('x1,\n\r" \t{}[]:\\é'), max_size=30).map(str.encode), st.data())
def test_both_paths_agree_on_any_text(data, draw):
    format = draw.draw(st.sampled_from(["csv", "tsv", "jsonl"]))
    outcomes = []
    for small in (read_csv.SMALL_BYTES, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(read_csv, "SMALL_BYTES", small)
            try:
                outcomes.append(read(data, format))
            except AdcliError as error:
                outcomes.append(error.message)
    assert outcomes[0] == outcomes[1]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40), st.sampled_from(["csv", "tsv", "jsonl", "parquet"]))
def test_random_bytes_never_end_in_a_traceback(data, format):
    with contextlib.suppress(AdcliError):
        read(data, format, block_bytes=8)


@settings(deadline=None)
@given(st.floats(allow_nan=False))
def test_shortest_texts_read_back(number):
    assert repr(parse_number(repr(number))) == repr(number)
    values, _ = numbers(json.dumps({"x": number}).encode(), "x", "jsonl")
    assert repr(values) == repr([number])


JSON_VALUE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**25), 10**25).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=30).map(str),
    st.sampled_from(["null", "true", '"1.5"', "1e400", "NaN", "[1]", "01", "1}", '1, "z": 2']),
)
JSON_LINE = st.tuples(st.sampled_from("xxxxy"), JSON_VALUE)


@settings(max_examples=200, deadline=None)
@given(st.lists(JSON_LINE, min_size=1, max_size=5), st.booleans())
def test_json_lines_are_the_same_in_later_blocks(values, windows):
    end = "\r\n" if windows else "\n"
    lines = [f'{{"x": {"1":>60}}}', *(f'{{"{key}": {value}}}' for key, value in values)]
    data = (end.join(lines) + end).encode()
    outcomes = []
    for block_bytes in (60, 1 << 20):  # the first block, which tells the keys, is always Python's
        try:
            texts = read(data, "jsonl", block_bytes=block_bytes)
            outcomes.append((texts, numbers(data, "x", "jsonl", block_bytes=block_bytes)))
        except DataError as error:
            outcomes.append(error.message)
    assert repr(outcomes[0]) == repr(outcomes[1])


# --- Cost ----------------------------------------------------------------------------------------


def run(code: str, *arguments: str) -> str:
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    return result.stdout


def test_an_output_imports_no_reader():
    code = """if True:
        import sys
        from adcli.data.output import atomic_output
        print(*sorted(x for x in sys.modules if x.startswith("adcli.data.")))
        """
    assert run(code).split() == ["adcli.data.outlet", "adcli.data.output"]


def test_small_files_import_neither_numpy_nor_polars():
    code = """if True:
        import io, sys
        from adcli.data.point_files import open_points
        from adcli.data.result_files import open_results
        for format, text in ("csv", b"x,y\\n1,2\\n"), ("jsonl", b'{"x": 1, "y": 2}'):
            with open_points("-", format=format, stdin=io.BytesIO(text)) as points:
                for block in points:
                    for kind in "csv", "json":
                        with open_results(io.BytesIO(), kind, variables=("x",)) as writer:
                            writer.write(block, {"value": block.numbers("x")})
        print({"numpy", "polars", "scipy"} & set(sys.modules))
        """
    assert run(code).strip() == "set()"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_rows(format, tmp_path):
    code = """if True:
        import sys
        from adcli.data.point_files import open_points
        from adcli.data.result_files import open_results
        def peak():  # ru_maxrss would count the process that started this one
            return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
        with open_points(sys.argv[1]) as points, open_results(sys.argv[2]) as writer:
            for block in points:
                x = block.numbers("x")
                writer.write(block, {"value": x, "df/dx": x})
                if block.first_row < 150_000:
                    early = peak()
        print(early, peak())
        """
    path = tmp_path / f"points.{format}"
    template = "{!r},{!r}\n" if format == "csv" else '{{"x": {!r}, "y": {!r}}}\n'
    with path.open("w") as file:
        file.write("x,y\n" if format == "csv" else "")
        file.writelines(template.format(i / 7, -i / 3) for i in range(300_000))
    early, late = map(int, run(code, str(path), str(tmp_path / f"out.{format}")).split())
    assert late < 220 * 1024
    assert late - early < 40 * 1024
