"""Files of parameters: what goes in comes out, and what is none is refused in one message."""

from __future__ import annotations

import io
import json
import pickle
import re
import struct
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from adcli.data.parameters import (
    PARAMETER_FORMATS,
    check_savable,
    is_parameter_file,
    load_parameters,
    parameter_format,
    read_npz,
    save_parameters,
    write_npz,
)
from adcli.errors import DataError, UsageError

pytest.importorskip("safetensors")

VALUES: dict[str, Any] = {
    "W": np.arange(6.0).reshape(2, 3) / 7,
    "b₁": np.array([1e-300, -0.0, 5e-324, 1.7976931348623157e308]),
    "s": 0.1,
    "my col": np.zeros((2, 1, 3)),
    "point": 2.5,
}


def same(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("form", PARAMETER_FORMATS)
def test_what_goes_in_comes_out(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"saved.{form}"
    save_parameters(path, VALUES)
    found = load_parameters(path)
    assert list(found) == sorted(VALUES, key=list(found).index)
    assert all(same(found[name], VALUES[name]) for name in VALUES)
    assert type(found["s"]) is float
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    first = path.read_bytes()
    save_parameters(path, VALUES)
    assert path.read_bytes() == first


@pytest.mark.parametrize("form", ["npz", "safetensors"])
def test_float32_stays_float32(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"saved.{form}"
    values = {"W": np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4).T}
    save_parameters(path, values)
    assert same(load_parameters(path)["W"], np.ascontiguousarray(values["W"]))


@settings(max_examples=30)
@given(
    st.sampled_from(PARAMETER_FORMATS),
    arrays_of.arrays(
        np.float64,
        arrays_of.array_shapes(min_dims=0, max_dims=3, max_side=4),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    ),
)
def test_any_array_comes_back(form: str, array: Any) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"saved.{form}"
        save_parameters(path, {"x": array})
        assert same(load_parameters(path)["x"], array)


def test_other_programs_read_and_write_them(tmp_path: Path) -> None:
    import safetensors.numpy

    save_parameters(tmp_path / "a.npz", VALUES)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert same(archive["W"], VALUES["W"])
    save_parameters(tmp_path / "a.safetensors", VALUES)
    assert same(safetensors.numpy.load_file(tmp_path / "a.safetensors")["W"], VALUES["W"])
    np.savez_compressed(
        tmp_path / "b.npz", W=np.arange(4, dtype=">i2"), f=np.asfortranarray(VALUES["W"])
    )
    found = load_parameters(tmp_path / "b.npz")
    assert same(found["W"], np.arange(4.0))
    assert same(found["f"], VALUES["W"])
    half = {"h": np.array([0.5, 1], np.float16), "i": np.array([3], np.int64)}
    safetensors.numpy.save_file(half, tmp_path / "b.safetensors")
    found = load_parameters(tmp_path / "b.safetensors")
    assert same(found["h"], np.array([0.5, 1], np.float32))
    assert same(found["i"], np.array([3.0]))


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def archive(name: str, *contents: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive with a member, maybe several of one name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for content in contents:
            file.writestr(name, content)
    return stream.getvalue()


def squeezed(compression: int) -> bytes:
    """An archive of an array whose compressed bytes are damaged."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.arange(200.0))
    whole = archive("W.npy", stream.getvalue(), compression=compression)
    return whole[:60] + bytes(x ^ 0x55 for x in whole[60:90]) + whole[90:]


def member(shape: str, descr: str = "<f8", data: bytes = b"") -> bytes:
    """An .npz whose only array says that it has a shape."""
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return archive("W.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data)


def tensors(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Bomb:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("/tmp/adcli-must-not-exist"),))


GOOD = npz(W=np.arange(100.0))
BROKEN: list[tuple[str, bytes]] = [
    *[("npz", data) for data in (b"", b"PK", b"no archive at all", GOOD[:-40], GOOD[:60])],
    ("npz", GOOD[:200] + bytes([GOOD[200] ^ 255]) + GOOD[201:]),
    ("npz", npz(W=np.array([{"a": 1}], dtype=object))),
    ("npz", npz(W=np.array(["text"]))),
    ("npz", npz(W=np.array([1j]))),
    ("npz", npz(W=np.zeros(2, dtype=[("a", float)]))),
    ("npz", npz(W=np.zeros(2, dtype="M8[s]"))),
    ("npz", pickle.dumps(Bomb())),
    ("npz", archive("W.npy", pickle.dumps(Bomb()))),
    ("npz", archive("W.npy", b"")),
    ("npz", archive("W.txt", b"hello")),
    ("npz", member("(1000000000000,)")),
    ("npz", member("(-1,)")),
    ("npz", member("(10, 10)", data=b"\0" * 80)),
    ("npz", member("('a',)")),
    ("npz", member("(2,)", descr="|O", data=b"\0" * 16)),
    ("npz", member("__import__('os')")),
    ("npz", member("(10**12,)")),
    ("npz", member("(" * 3000)),
    ("npz", member("(2,)", descr="<f9")),
    *(("npz", squeezed(c)) for c in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)),
    ("npz", archive("W.npy", b"a", b"b")),
    ("safetensors", b""),
    ("safetensors", b"\xff" * 8),
    ("safetensors", struct.pack("<Q", 2**62) + b"{}"),
    ("safetensors", tensors(b"[]")),
    ("safetensors", tensors(b"{" * 3000)),
    (
        "safetensors",
        tensors({"W": {"dtype": "F64", "shape": [2], "data_offsets": [0, 8]}}, b"\0" * 8),
    ),
    ("safetensors", tensors({"W": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}})),
    ("safetensors", tensors({"W": {"dtype": "F64", "shape": [2**62], "data_offsets": [0, 16]}})),
    ("safetensors", tensors({"W": {"dtype": "F64", "shape": [2], "data_offsets": [16, 0]}})),
    (
        "safetensors",
        tensors({"W": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}, b"\0\0"),
    ),
    ("safetensors", tensors({"W": {"dtype": "X", "shape": [1], "data_offsets": [0, 2]}}, b"\0\0")),
    ("json", b""),
    ("json", b"[1, 2]"),
    ("json", b'{"W": "x"}'),
    ("json", b'{"W": 1, "W": 2}'),
    ("json", b'{"point": {"W": 1, "W": 1}}'),
    ("json", b'{"W": ' * 3000),
    ("json", b'{"W": 1' + b"0" * 400 + b"}"),
    ("json", b'{"W": [1, [2, 3]]}'),
    ("json", b'{"W": {"shape": [3]}}'),
    ("json", b'{"point": {"W": "x"}}'),
    ("json", b"\xff\xfe"),
    ("json", b"[" * 100_000),
]


@pytest.mark.parametrize(("form", "data"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_none_is_refused(form: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"bad.{form}"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        load_parameters(path)
    assert f"bad.{form}" in caught.value.message
    assert not re.search(r"\n| at 0x|recursion|: [a-z]{1,2}[A-Z]", caught.value.message)
    assert not Path("/tmp/adcli-must-not-exist").exists()


@settings(max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_changed_byte_passes_unnoticed_or_ends_in_a_traceback(place: int, change: int) -> None:
    import tempfile

    data = bytearray(GOOD)
    data[place] ^= change
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        file.write(data)
        file.flush()
        try:
            found = load_parameters(file.name)
        except DataError:
            return
        if set(found) == {"W"}:
            assert same(found["W"], np.arange(100.0))


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        load_parameters(tmp_path / "nothing.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        load_parameters(tmp_path / "folder.npz")
    with pytest.raises(UsageError, match="there is no folder"):
        save_parameters(tmp_path / "no" / "such.npz", VALUES)
    for check in (check_savable, lambda path: save_parameters(path, VALUES)):
        with pytest.raises(UsageError, match="'txt' is not a format for parameters"):
            check(tmp_path / "saved.txt")
    check_savable(tmp_path / "later.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npz"]


def test_without_the_library_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.safetensors"
    save_parameters(path, VALUES)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for use in (load_parameters, check_savable, lambda path: save_parameters(path, VALUES)):
        with pytest.raises(UsageError, match="not installed") as caught:
            use(path)
        assert "pip install 'adcli[safetensors]'" in (caught.value.hint or "")


def test_names_of_files() -> None:
    assert is_parameter_file("a.npz")
    assert is_parameter_file("A.SafeTensors")
    assert not is_parameter_file("x")
    with pytest.raises(UsageError, match="the format of the parameters is not known"):
        parameter_format("saved")


def test_an_archive_of_anything_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "any"
    with path.open("wb") as stream:
        write_npz(stream, {"bytes": np.frombuffer(b"abc", np.uint8)})
    assert read_npz(path)["bytes"].tobytes() == b"abc"
