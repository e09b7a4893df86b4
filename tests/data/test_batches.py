"""Mini-batches: every epoch is a permutation, told by seed and number, in memory and spooled."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adcli
from adcli.data import row_store
from adcli.data.batches import Batches
from adcli.data.row_store import HeldRows, SpooledRows
from adcli.data.table import open_table
from adcli.errors import AdcliError, DataError, UsageError

STORES = ("arrays", "held", "spooled")


class Small:
    """Limits so low that a few rows are spooled, in chunks of a few rows, in many windows."""

    def __init__(self, held: int = 0, chunk: int = 64, window: int = 3) -> None:
        self._limits = {"HELD_BYTES": held, "CHUNK_BYTES": chunk, "WINDOW_CHUNKS": window}

    def __enter__(self) -> None:
        self._before = {name: getattr(row_store, name) for name in self._limits}
        vars(row_store).update(self._limits)

    def __exit__(self, *exception: object) -> None:
        vars(row_store).update(self._before)


def columns_of(rows: int) -> dict[str, Any]:
    k = np.arange(rows, dtype=float)
    return {"k": k, "v": np.stack([k, -k], axis=1), "w": k / 7}


def open_batches(store: str, rows: int, **options: Any) -> Batches:
    """The columns of `columns_of` as Batches, from arrays, or from a table held or spooled."""
    columns = columns_of(rows)
    if store == "arrays":
        return Batches(columns, list(columns), **options)
    lines = ["k,v[0],v[1],w", *(f"{k},{k},-{k},{k / 7!r}" for k in range(rows))]
    stdin = io.BytesIO("\n".join(lines).encode())
    with Small(0 if store == "spooled" else 1 << 28), open_table(["-"], stdin=stdin) as table:
        return Batches(table, list(columns), **options)


def rows_of(epoch: Iterator[dict[str, Any]]) -> list[int]:
    """The numbers of the rows, in their order; each batch is checked to be rows of the columns."""
    found: list[int] = []
    for batch in epoch:
        k = batch["k"]
        assert batch["v"].shape == (len(k), 2)
        assert (batch["v"] == np.stack([k, -k], axis=1)).all()
        assert (batch["w"] == (k.astype(float) / 7).astype(batch["w"].dtype)).all()
        found += k.astype(int).tolist()
    return found


@pytest.mark.parametrize("store", STORES)
def test_where_the_rows_are(store: str) -> None:
    with open_batches(store, 10, size=3) as batches:
        kind = SpooledRows if store == "spooled" else HeldRows
        assert isinstance(batches._store, kind)


@given(
    store=st.sampled_from(STORES),
    rows=st.integers(1, 60),
    size=st.integers(1, 70),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**70),
    number=st.integers(0, 10),
    data=st.data(),
)
def test_an_epoch_is_all_rows_once_and_can_be_entered_anywhere(
    store: str, rows: int, size: int, shuffle: bool, seed: int, number: int, data: st.DataObject
) -> None:
    with (
        Small(),
        open_batches(store, rows, size=size, shuffle=shuffle, seed=seed) as batches,
    ):
        whole = list(batches.epoch(number))
        order = rows_of(iter(whole))
        assert batches.rows == rows
        assert batches.steps == len(whole)
        assert [len(batch["k"]) for batch in whole[:-1]] == [size] * (len(whole) - 1)
        assert 0 < len(whole[-1]["k"]) <= size
        assert sorted(order) == list(range(rows))
        if not shuffle:
            assert order == list(range(rows))
        skip = data.draw(st.integers(0, batches.steps + 1))
        rest = list(batches.epoch(number, skip))
        assert rows_of(iter(rest)) == order[skip * size :]
        assert [len(b["k"]) for b in rest] == [len(b["k"]) for b in whole[skip:]]
        with open_batches(store, rows, size=size, shuffle=shuffle, seed=seed) as again:
            assert rows_of(again.epoch(number)) == order


@given(
    store=st.sampled_from(STORES),
    rows=st.integers(2, 60),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 100),
)
def test_a_split_is_a_partition(store: str, rows: int, fraction: float, seed: int) -> None:
    wanted = round(fraction * rows)
    with Small(), open_batches(store, rows, size=7, shuffle=True) as batches:
        if not 0 < wanted < rows:
            with pytest.raises(DataError, match="leaves one of two parts without a row"):
                batches.split(fraction, seed)
            return
        train, validation = batches.split(fraction, seed)
        with train, validation:
            held_out = rows_of(validation.epoch(0))
            assert len(held_out) == validation.rows == wanted
            assert held_out == sorted(held_out)
            assert sorted(rows_of(train.epoch(0)) + held_out) == list(range(rows))
            again, again_held_out = batches.split(fraction, seed)
            with again, again_held_out:
                assert rows_of(again_held_out.epoch(0)) == held_out
                assert rows_of(again.epoch(3)) == rows_of(train.epoch(3))
            if train.rows > 3:  # a part can be split again
                first, second = train.split(0.5, 1)
                with first, second:
                    both = rows_of(first.epoch(0)) + rows_of(second.epoch(0))
                assert sorted(both) == sorted(rows_of(train.epoch(0)))


@pytest.mark.parametrize("store", STORES)
def test_seeds_and_epochs_have_their_own_orders(store: str) -> None:
    orders = []
    with Small():
        for seed in (0, 1, 2):
            with open_batches(store, 50, size=8, shuffle=True, seed=seed) as batches:
                orders += [tuple(rows_of(batches.epoch(number))) for number in range(4)]
    assert len(set(orders)) == 12


@pytest.mark.parametrize("store", ["held", "spooled"])
def test_shuffling_mixes_places(store: str) -> None:
    """Of sorted rows, the means of batches spread as those of random samples, nearly."""
    rows, size = 20_000, 100
    columns = columns_of(rows)
    with Small(0, 1 << 10, 64):
        if store == "held":
            batches = Batches(columns, ["k"], size=size, shuffle=True)
        else:
            frame = io.BytesIO(b"k\n" + b"".join(b"%d\n" % k for k in range(rows)))
            with open_table(["-"], stdin=frame) as table:
                batches = Batches(table, ["k"], size=size, shuffle=True)
        with batches:
            assert isinstance(batches._store, HeldRows if store == "held" else SpooledRows)
            means = [batch["k"].mean() for batch in batches.epoch(0)]
    random = rows / np.sqrt(12 * size)
    assert random / 2 < np.std(means) < 3 * random  # unshuffled: 10 times as much


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_have_the_dtype_and_lie_in_one_piece(store: str, dtype: str) -> None:
    with Small(), open_batches(store, 20, size=6, shuffle=True, dtype=dtype) as batches:
        for batch in batches.epoch(0):
            assert {x.dtype.name for x in batch.values()} == {dtype}
            assert all(x.flags.c_contiguous for x in batch.values())
        rows_of(batches.epoch(1))


@pytest.mark.parametrize("store", ["held", "spooled"])
def test_a_batch_is_the_callers_own(store: str) -> None:
    with Small(), open_batches(store, 20, size=6, shuffle=True) as batches:
        for batch in batches.epoch(0):
            for values in batch.values():
                values[:] = -1
        rows_of(batches.epoch(0))


def test_epochs_run_side_by_side() -> None:
    with Small(), open_batches("spooled", 50, size=4, shuffle=True) as batches:
        alone = [rows_of(batches.epoch(n)) for n in (0, 1)]
        pairs = list(zip(batches.epoch(0), batches.epoch(1), strict=True))
        assert [rows_of(iter(side)) for side in zip(*pairs, strict=True)] == alone


def test_missing_values_and_filters_are_those_of_the_table() -> None:
    for held in (0, 1 << 28):
        stdin = io.BytesIO(b"x,y\n1,2\n,3\n4,5\n6,7\n")
        with Small(held), open_table(["-"], stdin=stdin) as table:
            f = adcli.function("y < 6")
            with Batches(table, ["x"], size=9, missing="drop", where=f) as batches:
                assert [b["x"].tolist() for b in batches.epoch(0)] == [[1, 4]]


def test_digests_tell_rows_apart_however_they_are_kept() -> None:
    digests = set()
    for store in STORES:
        for size, shuffle in ((3, False), (50, True)):
            with Small(), open_batches(store, 30, size=size, shuffle=shuffle) as batches:
                digests.add(batches.digest)
    assert len(digests) == 1
    with open_batches("arrays", 31, size=3) as other:
        assert other.digest not in digests


@pytest.mark.parametrize(
    ("kind", "message", "options"),
    [
        (UsageError, "batches of 0 rows", {"size": 0}),
        (UsageError, "the seed is -1", {"size": 1, "seed": -1}),
        (UsageError, "unknown dtype 'int8'", {"size": 1, "dtype": "int8"}),
        (UsageError, "batches of no columns", {"size": 1, "names": []}),
        (DataError, "no column 'z'", {"size": 1, "names": ["z"]}),
        (DataError, "row 2: column 'x': the value is nan", {"size": 1, "names": ["bad"]}),
    ],
)
def test_what_cannot_be_meant(
    kind: type[AdcliError], message: str, options: dict[str, Any]
) -> None:
    data = {"x": [1.0, 2.0], "bad": [1.0, np.nan]}
    with pytest.raises(kind, match=message.replace("'x'", "'bad'")):
        Batches(data, **{"names": ["x"], **options})


@pytest.mark.parametrize("fraction", [0, 1, -0.5, float("nan")])
def test_parts_that_cannot_be_meant(fraction: float) -> None:
    with pytest.raises(UsageError, match=r"a part of .* of the rows"):
        Batches({"x": [1.0, 2.0]}, ["x"], size=1).split(fraction, 0)


@pytest.mark.parametrize("held", [0, 1 << 28])
def test_a_number_beyond_float32_is_named(held: int) -> None:
    stdin = io.BytesIO(b"x\n1\n1e39\n")
    with (
        Small(held),
        open_table(["-"], stdin=stdin) as table,
        pytest.raises(DataError, match=r"row 2 \(line 3\): column 'x': 1e\+39 is too large"),
    ):
        Batches(table, ["x"], size=1, dtype="float32")


# ---- the temporary file ----


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = open_files()
    with Small():
        with open_batches("spooled", 100, size=5) as batches:
            assert list(tmp_path.iterdir()) == []  # it has no name
            assert open_files() > before
            for part in batches.split(0.5, 0):
                part.close()
        bad = io.BytesIO(b"x\n" + b"1\n" * 100_000 + b"abc\n")
        with open_table(["-"], stdin=bad) as table, pytest.raises(DataError, match="'abc'"):
            Batches(table, ["x"], size=5)
    assert open_files() == before
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(DataError, match="cannot write the rows") as caught:
        open_batches("spooled", 10, size=5)
    assert "TMPDIR" in (caught.value.hint or "")


MEASURED = """
import resource, sys
from adcli.data import row_store
from adcli.data.batches import Batches
from adcli.data.table import open_table
row_store.HELD_BYTES = row_store.HELD_BYTES // 16
row_store.WINDOW_CHUNKS //= 16
with open_table(sys.argv[1:]) as table:
    with Batches(table, ["x", "y"], size=256, shuffle=True) as batches:
        total = sum(batch["y"].sum() for batch in batches.epoch(0))
        train, validation = batches.split(0.1, 0)
        total -= sum(b["y"].sum() for part in (train, validation) for b in part.epoch(0))
        print(batches.rows, abs(total) < 1e-6, type(batches._store).__name__)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_table(form: str, tmp_path: Path) -> None:
    """160 MB of numbers, ten times what may be held: little more memory than for a few rows."""
    import polars as pl

    generator = np.random.default_rng(0)
    path = tmp_path / f"big.{form}"
    frame = pl.DataFrame({name: generator.standard_normal(1_000_000) for name in "xy"})
    frame.write_csv(path) if form == "csv" else frame.write_parquet(path)
    small = tmp_path / f"small.{form}"
    frame.head(10_000).write_csv(small) if form == "csv" else frame.head(10_000).write_parquet(
        small
    )

    def measure(*paths: Path) -> tuple[list[str], int]:
        command = [sys.executable, "-c", MEASURED, *map(str, paths)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        told, memory = ran.stdout.splitlines()
        return told.split(), int(memory)

    told, most = measure(*[path] * 10)
    assert told == ["10000000", "True", "SpooledRows"]
    told, least = measure(small)
    assert told == ["10000", "True", "HeldRows"]
    assert most - least < 50, (most, least)
