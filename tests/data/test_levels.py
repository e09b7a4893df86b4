"""Columns of texts as codes: the same levels however the rows come, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from adcli.data.array_columns import check_arrays
from adcli.data.batches import Batches
from adcli.data.levels import TextLevels, given_levels, in_order
from adcli.data.parameters import load_levels, load_parameters, save_parameters
from adcli.data.table import open_table
from adcli.data.table_columns import read_columns
from adcli.errors import DataError
from adcli.function import function

REGIONS = ["south", "east", " south", "Österreich", "east", "west"]
NAME = "codes(region)"


def write(folder: Path, form: str, texts: list[str | None]) -> str:
    """A table with a column of texts and one of numbers."""
    path = folder / f"table.{form}"
    rows = [{"region": text, "y": float(k)} for k, text in enumerate(texts)]
    if form == "parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text("region,y\n" + "".join(f"{x or ''},{k}\n" for k, x in enumerate(texts)))
    return str(path)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("copies", [1, 2000])
def test_levels_are_sorted_and_found_in_each_format(tmp_path, form, copies):
    path = write(tmp_path, form, REGIONS * copies)
    with open_table([path]) as table:
        columns = read_columns(table, [NAME, "y"])
    assert columns.levels == {NAME: ["east", "south", "west", "Österreich"]}
    assert columns[NAME].tolist() == [1, 0, 1, 3, 0, 2] * copies
    with open_table([path]) as table, Batches(table, [NAME], size=6) as batches:
        assert batches.levels == columns.levels
        assert next(batches.epoch(0))[NAME].tolist() == [1, 0, 1, 3, 0, 2]


def test_levels_of_a_table_are_those_of_the_rows_that_are_taken(tmp_path):
    path = write(tmp_path, "csv", REGIONS)
    with open_table([path]) as table:
        columns = read_columns(table, [NAME], where=function("y < 2"))
    assert columns.levels[NAME] == ["east", "south"]
    assert columns[NAME].tolist() == [1, 0]


def test_levels_do_not_depend_on_the_order_of_files(tmp_path):
    names = []
    for k, texts in enumerate((["b", "c"], ["a", "b"])):
        (tmp_path / str(k)).mkdir()
        names.append(write(tmp_path / str(k), "csv", texts))
    found = []
    for paths in (names, names[::-1]):
        with open_table(paths) as table:
            found.append(read_columns(table, [NAME]).levels[NAME])
    assert found == [["a", "b", "c"]] * 2


@pytest.mark.parametrize("text", ["", "NA", "null", "nan"])
def test_a_missing_text_is_a_missing_value(tmp_path, text):
    path = write(tmp_path, "csv", ["a", text, "b"])
    message = r"row 2 \(line 3\): column 'region': missing value"
    with open_table([path]) as table, pytest.raises(DataError, match=message):
        read_columns(table, [NAME])
    with open_table([path]) as table:
        assert read_columns(table, [NAME], missing="drop")[NAME].tolist() == [0, 1]


def test_a_new_level_is_named_with_its_row(tmp_path):
    path = write(tmp_path, "csv", ["a", "c", "b"])
    for missing in ("error", "drop"):
        with open_table([path]) as table:
            table.levels.update(given_levels({NAME: ["a", "b"]}))
            message = r"row 2 \(line 3\): column 'region': 'c' is a new level; there are a, b"
            with pytest.raises(DataError, match=message):
                read_columns(table, [NAME], missing=missing)
    with pytest.raises(DataError, match="row 2: column 'region': 'c' is a new level"):
        check_arrays({"region": ["a", "c"]}, [NAME], known={NAME: ["a", "b"]})


def test_arrays_of_texts_and_of_numbers():
    columns = check_arrays({"region": np.array(["b", "a", "b"])}, [NAME])
    assert (columns[NAME].tolist(), columns.levels) == ([1, 0, 1], {NAME: ["a", "b"]})
    columns = check_arrays({"region": [10, 9, 10, 100]}, [NAME])
    assert (columns[NAME].tolist(), columns.levels) == ([1, 0, 1, 2], {NAME: ["9", "10", "100"]})
    with pytest.raises(DataError, match="row 2: column 'region': missing value"):
        check_arrays({"region": ["a", None]}, [NAME])
    with pytest.raises(DataError, match="the data have no column 'codes"):
        check_arrays({"x": [1.0]}, [NAME])


def test_order_of_levels():
    assert in_order(["10", "9", "1e1", "-1"]) == ["-1", "9", "10", "1e1"]
    assert in_order(["10", "9", "x"]) == ["10", "9", "x"]
    assert in_order([]) == []


def test_a_hundred_thousand_levels():
    texts = [f"{k:07}" for k in range(100_000)]
    levels = TextLevels("id")
    codes = np.array(list(levels.codes(reversed(texts))))
    assert levels.settle(codes).tolist() == list(range(99_999, -1, -1))
    assert levels.names == texts


@pytest.mark.parametrize("form", ["npz", "json", "safetensors"])
def test_saved_parameters_keep_the_levels(tmp_path, form):
    if form == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"saved.{form}"
    levels = {NAME: ["a", "Österreich", '"']}
    save_parameters(path, {"a": [1.0, 2.0, 3.0]}, levels)
    assert load_levels(path, [NAME]) == levels
    assert load_levels(path, ["codes(x)"]) == {}
    assert load_parameters(path, ["a"])["a"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("levels", ["1", '[1, "a"]', '{"a": 1}', '"a"'])
def test_levels_that_are_none_are_refused(tmp_path, levels):
    path = tmp_path / "saved.json"
    path.write_text(f'{{"a": 1, "{NAME}": {levels}}}')
    with pytest.raises(DataError):
        load_levels(path, [NAME])
