"""Damaged and hostile files end in one message that names the file, and nothing else is written."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.cli import execute
from adcli.data import by_polars, room
from adcli.data.by_polars import polars_reads
from adcli.data.parameters import load_parameters
from adcli.data.point_files import open_points
from adcli.errors import AdcliError, DataError

FOLDER = Path(__file__).parent / "damaged"
PARQUET = sorted(FOLDER.glob("*.parquet"))


@pytest.mark.parametrize("path", PARQUET, ids=lambda p: p.name)
def test_a_damaged_parquet_file_is_one_message(path: Path) -> None:
    line = [sys.executable, "-m", "adcli", "grad", "x^2", "--points", str(path), "--format", "csv"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    first, *rest = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert path.name in first
    assert [text[:8] for text in rest] in ([], ["  hint: "])


def test_an_archive_whose_header_never_closes(capsys: pytest.CaptureFixture[str]) -> None:
    path = FOLDER / "tok.npz"
    assert execute(["eval", "sum(v)", "--at", str(path)]) == 1
    assert path.name in capsys.readouterr().err


@cache
def sound(kind: str) -> bytes:
    """A sound file of each kind, with a variable `x`."""
    stream = io.BytesIO()
    if kind == "parquet":
        import polars as pl

        frame = pl.DataFrame(
            {
                "x": [float(i) for i in range(300)],
                "s": pl.Series([str(i % 3) for i in range(300)]).cast(pl.Categorical),
                "v": [[1.0, 2.0]] * 300,
                "b": [True, None, False] * 100,
            }
        )
        frame.write_parquet(stream, row_group_size=100)
    elif kind == "npz":
        np.savez_compressed(stream, x=np.arange(9.0), y=np.ones((2, 3)))
    elif kind == "safetensors":
        save = pytest.importorskip("safetensors.numpy").save
        stream.write(save({"x": np.arange(9.0), "y": np.ones((2, 3))}))
    elif kind == "json":
        stream.write(json.dumps({"x": [1.5, 2.5, -0.0], "y": [[1e300], [2]]}).encode())
    elif kind == "jsonl":
        stream.write(b'{"x": 1.5, "v": [1, 2], "s": "\\u00e4"}\n' * 40)
    else:
        stream.write("x,s,größe\n".encode() + '1.5,"a ""b""",ä\n'.encode() * 40)
    return gzip.compress(stream.getvalue()) if kind.endswith(".gz") else stream.getvalue()


def damaged(data: bytes, seed: int) -> bytes:
    """The bytes with some of them flipped, cut, doubled or replaced, mostly where heads stand."""
    chance = random.Random(seed)
    found = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 6])):
        at = chance.choice([0, len(found) - 1]) if chance.random() < 0.1 else None
        at = chance.randrange(len(found)) if at is None else at
        how = chance.randrange(6)
        if how == 0:
            del found[at : at + chance.choice([1, 4, len(found)])]
        elif how == 1:
            found[at:at] = found[at : at + 9]
        elif how == 2:
            found[at] ^= 1 << chance.randrange(8)
        else:
            found[at] = chance.choice([0, 255, 127, 128, 34, 123, chance.randrange(256)])
        found = found or bytearray(b"\0")
    return bytes(found)


@pytest.mark.parametrize(
    "kind", ["parquet", "npz", "safetensors", "json", "jsonl", "jsonl.gz", "csv", "csv.gz"]
)
def test_whatever_is_damaged_is_one_error_of_ours(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data, path = sound(kind), tmp_path / f"file.{kind}"
    messages = []
    for seed in range(250):
        path.write_bytes(damaged(data, seed))
        try:
            _read(path, kind)
        except AdcliError as error:
            messages.append(error.message)
    assert len(messages) > 20
    assert not [message for message in messages if "\n" in message]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-32", "cp1252", "cp037", "gb18030"]
)
def test_another_encoding_is_told(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes("x,naïve\n1.5,é\n".encode(encoding, "replace"))
    with pytest.raises(DataError, match=r"points\.csv"):
        _read(path, "csv")


def _read(path: Path, kind: str) -> Any:
    if kind in ("npz", "safetensors", "json"):
        return load_parameters(path, ("x",))
    with open_points(path) as points:
        return [block.numbers("x") for block in points]


# ---- memory ----


def _bomb(path: Path) -> None:
    """An archive with a small array `x` and 200 MB of zeros `y`, in 200 kB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in (("x", np.ones(3)), ("y", np.zeros(25_000_000))):
            with archive.open(name + ".npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def test_only_the_arrays_that_are_named_are_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    _bomb(path)
    tracemalloc.start()
    try:
        assert load_parameters(path, ("x", "z"))["x"].tolist() == [1, 1, 1]
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def test_an_array_is_not_begun_that_memory_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.npz"
    _bomb(path)
    monkeypatch.setattr(room, "memory_left", lambda: 10**8)
    with pytest.raises(DataError, match=r"not enough memory: 'y' of .*bomb.npz takes 200 MB"):
        load_parameters(path, ("y",))


# ---- standard error ----


@contextmanager
def apart() -> Iterator[Callable[[], bytes]]:
    """What comes out of descriptor 2, while Python's standard error is elsewhere."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    true = os.dup(2)
    os.dup2(writer, 2)

    def read() -> bytes:
        try:
            return os.read(reader, 1 << 16)
        except BlockingIOError:
            return b""

    try:
        with redirect_stderr(io.StringIO()):
            yield read
    finally:
        os.dup2(true, 2)
    for descriptor in (reader, writer, true):
        os.close(descriptor)


def test_what_others_write_meanwhile_is_late_but_not_lost() -> None:
    with apart() as written:
        with polars_reads("a", "CSV"):
            with polars_reads("b", "CSV"):
                os.write(2, b"first ")
            os.write(2, b"second")
            assert written() == b""
        assert written() == b"first second"
        os.write(2, b"third")
        assert written() == b"third"


def test_the_text_of_a_panic_is_no_news() -> None:
    import polars as pl

    with apart() as written:
        with pytest.raises(DataError, match="cannot read a as CSV"):  # noqa: SIM117, PT012
            with polars_reads("a", "CSV"):
                os.write(2, b"thread panicked")
                raise pl.exceptions.PanicException("a defect")
        assert written() == b""
    with pytest.raises(pl.exceptions.PanicException), polars_reads("a", "CSV"):
        raise pl.exceptions.PanicException("KeyboardInterrupt")


def test_messages_of_python_are_never_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(io.StringIO):
        def fileno(self) -> int:
            return 2

    monkeypatch.setattr(sys, "stderr", Plain())
    before = os.fstat(2)
    with polars_reads("a", "CSV"):
        assert os.fstat(2) == before
    assert not by_polars._is_apart()
