"""Results are written exactly, in both formats, the same by Python and by polars."""

from __future__ import annotations

import csv
import io
import json
import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adcli.data import read_csv, read_parquet, write_parquet
from adcli.data import writer as writer_module
from adcli.data.point_files import open_points
from adcli.data.result_files import open_results
from adcli.data.writer import Field
from adcli.errors import DataError, UsageError
from tests.terminal import run_here

nan, inf = math.nan, math.inf
AWKWARD = [1e22, 5e-324, -0.0, 0.1 + 0.2, 1e16, 1e-5, 1e-7, 1.7976931348623157e308, 123456.0, 2.0]


@pytest.fixture(params=["small", "large"])
def either_path(request, monkeypatch):
    if request.param == "large":
        monkeypatch.setattr(read_csv, "SMALL_BYTES", 0)
        monkeypatch.setattr(writer_module, "BULK_ROWS", 0)


def convert(text, fields, output, *, format="csv", errors=None, **settings):
    """What is written for points in `text`; `fields` has as many values as there are rows."""
    stream = io.BytesIO()
    with (
        open_points("-", format=format, stdin=io.BytesIO(text.encode())) as points,
        open_results(stream, output, **settings) as writer,
    ):
        for block in points:
            writer.write(block, fields, errors)
    return stream.getvalue().decode()


GRADIENT = [
    Field("value", ("value",), [6.5, nan]),
    Field("df/dx", ("gradient", "x"), [1.0, 2.0]),
    Field("df/dy", ("gradient", "y"), [3.0, 4.0]),
]


@pytest.mark.usefixtures("either_path")
def test_csv_has_the_columns_as_they_came_then_the_computed_ones():
    text = 'x,id,"W[0,0]",note\n1.50,007,2,"a, ""b"""\n 2,,3,"c\nd"\n'
    written = convert(text, GRADIENT, "csv")
    assert written == (
        'x,id,"W[0,0]",note,value,df/dx,df/dy\n'
        '1.50,007,2,"a, ""b""",6.5,1.0,3.0\n'
        ' 2,,3,"c\nd",NaN,2.0,4.0\n'
    )


@pytest.mark.usefixtures("either_path")
def test_failed_rows_are_empty_in_csv():
    assert convert("x\n1\n2\n", GRADIENT, "csv", errors={1: "log of 0"}) == (
        "x,value,df/dx,df/dy\n1,6.5,1.0,3.0\n2,,,\n"
    )


@pytest.mark.usefixtures("either_path")
def test_json_nests_the_point_and_the_gradient():
    text = "x,id,n,note,v[0],v[1]\n1,007,1.50,h\\i,3,x\n2,,-2e5, é,5,6\n"
    written = convert(
        text,
        GRADIENT,
        "json",
        variables=("x", "v"),
        constants={"mode": '"reverse"'},
        errors={1: 'log of "0"'},
    )
    assert written.splitlines() == [
        '{"point": {"x": 1.0, "id": "007", "n": 1.50, "note": "h\\\\i", "v": [3.0, null]}, '
        '"value": 6.5, "gradient": {"x": 1.0, "y": 3.0}, "mode": "reverse"}',
        '{"point": {"x": 2.0, "id": null, "n": -2e5, "note": " é", "v": [5.0, 6.0]}, '
        '"value": null, "gradient": {"x": null, "y": null}, "mode": "reverse", '
        '"error": "log of \\"0\\""}',
    ]


@pytest.mark.usefixtures("either_path")
def test_json_points_pass_through():
    text = '{"x": 1, "t": [1, "a", {"b": null}], "big": 12345678901234567890.5}\n'
    text += '{"t": NaN, "x": "2", "big": 1}\n'
    written = convert(text, GRADIENT[:1], "json", format="jsonl", variables=("x",)).splitlines()
    assert written == [
        '{"point": ' + text.splitlines()[0] + ', "value": 6.5}',
        '{"point": {"t": NaN, "x": 2.0, "big": 1}, "value": null}',
    ]


@pytest.mark.usefixtures("either_path")
def test_json_points_in_csv():
    text = '{"x": 1.50, "v": [1, 2], "t": "a,b", "b": true, "n": null, "o": {"p": 1}}\n'
    text += '{"x": 1e5, "v": [3, 4], "t": "", "b": false, "n": 2, "o": null}\n'
    assert list(csv.reader(io.StringIO(convert(text, GRADIENT[:1], "csv", format="jsonl")))) == [
        ["x", "v[0]", "v[1]", "t", "b", "n", "o", "value"],
        ["1.50", "1", "2", "a,b", "true", "", '{"p": 1}', "6.5"],
        ["1e5", "3", "4", "", "false", "2", "", "NaN"],
    ]


@pytest.mark.usefixtures("either_path")
def test_arrays_are_flat_in_csv_and_nested_in_json():
    hessian = np.arange(8.0).reshape(2, 2, 2)
    hessian[1, 1, 1] = inf
    fields = [Field("d2f", ("hessian",), hessian), Field("e", ("e",), np.zeros((2, 0)))]
    assert convert("x\n1\n2\n", fields, "csv").splitlines() == [
        'x,"d2f[0,0]","d2f[0,1]","d2f[1,0]","d2f[1,1]"',
        "1,0.0,1.0,2.0,3.0",
        "2,4.0,5.0,6.0,inf",
    ]
    assert [json.loads(line) for line in convert("x\n1\n2\n", fields, "json").splitlines()] == [
        {"point": {"x": 1}, "hessian": [[0, 1], [2, 3]], "e": []},
        {"point": {"x": 2}, "hessian": [[4, 5], [6, None]], "e": []},
    ]


@pytest.mark.usefixtures("either_path")
def test_number_texts_of_many_digits_are_copied():
    digits = "1.41421356237309504880168872420969807857"
    fields = {"value": [digits, "nan", None]}
    assert convert("x\n1\n2\n3\n", fields, "csv").splitlines()[1:] == [f"1,{digits}", "2,nan", "3,"]
    lines = convert("x\n1\n2\n3\n", fields, "json").splitlines()
    assert lines[0] == f'{{"point": {{"x": 1}}, "value": {digits}}}'
    assert [json.loads(line)["value"] for line in lines[1:]] == [None, None]


@pytest.mark.usefixtures("either_path")
def test_number_texts_in_arrays_are_copied():
    digits = ["1.41421356237309504880168872420969807857", "-2.71828182845904523536028747e-30"]
    fields = [Field("v", ("v",), np.array([digits, ["nan", "3"]], dtype=object))]
    assert convert("x\n1\n2\n", fields, "csv").splitlines()[1] == "1," + ",".join(digits)
    lines = convert("x\n1\n2\n", fields, "json").splitlines()
    assert lines[0] == f'{{"point": {{"x": 1}}, "v": [{", ".join(digits)}]}}'
    assert json.loads(lines[1])["v"] == [None, 3]


@pytest.mark.parametrize("output", ["csv", "json"])
@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(), min_size=1, max_size=8))
def test_numbers_read_back(output, numbers):
    numbers = [*numbers, *AWKWARD]
    text = "x\n" + "1\n" * len(numbers)
    for rows in (0, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writer_module, "BULK_ROWS", rows)
            written = convert(text, {"value": np.array(numbers)}, output)
        if output == "csv":
            back = [float(line.partition(",")[2]) for line in written.splitlines()[1:]]
            assert repr(back) == repr(numbers)
        else:
            back = [json.loads(line)["value"] for line in written.splitlines()]
            finite = [x if math.isfinite(x) else None for x in numbers]
            assert repr(back) == repr(finite)


CELL = st.text(st.sampled_from("01.5-+e \t\"',;\r\n\\é\u2028\x01"), max_size=6)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_both_paths_write_the_same(rows):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([("x", "t"), *rows])
    fields = {"value": [1.5] * len(rows)}
    for output in ("csv", "json"):
        written = []
        for bulk in (0, 1 << 20):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(read_csv, "SMALL_BYTES", bulk)
                patch.setattr(writer_module, "BULK_ROWS", bulk)
                written.append(convert(text.getvalue(), fields, output))
        if output == "csv":
            tables = [list(csv.reader(io.StringIO(x, newline=""))) for x in written]
            assert tables[0] == tables[1] == [["x", "t", "value"], *([*r, "1.5"] for r in rows)]
        else:
            assert written[0] == written[1]
            assert all(json.loads(line)["value"] == 1.5 for line in written[0].split("\n")[:-1])


def test_cells_with_commas_are_quoted_where_tabs_came(monkeypatch):
    monkeypatch.setattr(read_csv, "SMALL_BYTES", 0)
    stream = io.BytesIO()
    stdin = io.BytesIO(b"x\tt\n1\ta,b\n2\tc\n")
    with (
        open_points("-", format="tsv", stdin=stdin) as points,
        open_results(stream, "csv") as writer,
    ):
        for block in points:
            assert type(block).__name__ == "FrameBlock"
            writer.write(block, {"value": block.numbers("x")})
    assert stream.getvalue().decode() == 'x,t,value\n1,"a,b",1.0\n2,c,2.0\n'


def test_parquet_in_and_out(tmp_path, monkeypatch):
    import polars as pl

    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    frame = pl.DataFrame(
        {"x": [1, 2, 3], "t": ["a", None, "c"], "v": [[1.5, 2.0], [3.0, 4.0], [5.0, 6.0]]}
    )
    frame.write_parquet(source)
    monkeypatch.setattr(read_parquet, "PARQUET_ROWS", 2)
    for held in (0, 1 << 20):
        monkeypatch.setattr(write_parquet, "SPOOLED_BYTES", held)
        with (
            open_points(source) as points,
            open_results(target, variables=("x",), errors=True) as writer,
        ):
            for block in points:
                fields = {"value": block.numbers("x") * 2}
                writer.write(block, fields, {0: "bad"} if block.first_row == 3 else None)
        assert pl.read_parquet(target).to_dict(as_series=False) == {
            **frame.to_dict(as_series=False),
            "value": [2.0, 4.0, None],
            "error": [None, None, "bad"],
        }
    assert sorted(os.listdir(tmp_path)) == ["in.parquet", "out.parquet"]


def test_parquet_points_in_text_formats(tmp_path):
    from datetime import date

    import polars as pl

    path = tmp_path / "in.parquet"
    frame = {"x": [0.1, None], "i": [1, None], "d": [date(2024, 1, 2), None], "t": ["7", 'a"b'],
             "b": [True, False], "s": [{"p": 1}, {"p": 2}]}  # fmt: skip
    pl.DataFrame(frame).write_parquet(path)
    written = {}
    for output in ("csv", "json"):
        stream = io.BytesIO()
        with open_points(path) as points, open_results(stream, output) as writer:
            for block in points:
                writer.write(block, {})
        written[output] = stream.getvalue().decode()
    assert list(csv.reader(io.StringIO(written["csv"]))) == [
        ["x", "i", "d", "t", "b", "s"],
        ["0.1", "1", "2024-01-02", "7", "true", '{"p": 1}'],
        ["", "", "", 'a"b', "false", '{"p": 2}'],
    ]
    assert [json.loads(line)["point"] for line in written["json"].splitlines()] == [
        {"x": 0.1, "i": 1, "d": "2024-01-02", "t": "7", "b": True, "s": {"p": 1}},
        {"x": None, "i": None, "d": None, "t": 'a"b', "b": False, "s": {"p": 2}},
    ]


def test_an_empty_block_makes_the_header():
    stream = io.BytesIO()
    with (
        open_points("-", format="csv", stdin=io.BytesIO(b"x\n")) as points,
        open_results(stream, "csv") as writer,
    ):
        writer.write(points.empty(), {"value": []})
    assert stream.getvalue() == b"x,value\n"


def test_labels_that_are_taken():
    with pytest.raises(DataError, match="a column 'value' already"):
        convert("x,value\n1,2\n", {"value": [1.0]}, "csv")


def test_formats(tmp_path):
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        open_results(io.BytesIO(), "xml")
    with pytest.raises(UsageError, match="no format"):
        open_results(tmp_path / "out.txt")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet"])
def test_a_failed_run_leaves_no_file(name, tmp_path):
    (tmp_path / name).write_text("old")
    stdin = io.BytesIO(b"x\n1\n")

    def interrupted():
        with (
            open_points("-", format="csv", stdin=stdin) as points,
            open_results(tmp_path / name) as writer,
        ):
            for block in points:
                writer.write(block, {"value": [1.0]})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "old"


def test_half_a_surrogate_pair_in_a_message_is_json():
    line = ["grad", "--points", "-", "--points-format", "jsonl", "--format", "json"]
    rows = b'{"x": 1}\n{"x": "\\ud800"}\n'
    outcome = run_here([*line, "--on-error", "null", "--", "x^2"], rows)
    assert outcome.code == 1
    assert "'\ud800' is not" in json.loads(outcome.stdout.splitlines()[1])["error"]
