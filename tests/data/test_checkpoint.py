"""One container for all runs: what goes in comes out, what does not belong in is refused."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.data.checkpoint import read_checkpoint, write_checkpoint
from adcli.data.parameters import write_npz
from adcli.descent.checkpoint import read_descent
from adcli.descent.run import descend
from adcli.errors import AdcliError, DataError, UsageError
from adcli.training.state import read_training
from tests.fuzz.files import packed, unpacked

NAMES = ("x", "list", "float", "float64", "shape", "array", "facts", "0", "a/b", "checksum", "ü")
READERS = [read_descent, read_training]


def anything(body: Any) -> Any:
    return body


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    body = {name: {name: [np.arange(3.0), {name: np.float32(0.5)}], "y": 1} for name in NAMES}
    body["numbers"] = {"nan": math.nan, "inf": -math.inf, "small": 5e-324, "none": None, "t": True}
    body["arrays"] = [np.zeros((2, 0)), np.array(-0.0), np.float32([math.nan])]
    write_checkpoint(path, "descent", body)
    found = read_checkpoint(path, "descent", anything)
    wanted = {n: {n: [np.arange(3.0), {n: 0.5}], "y": 1} for n in NAMES}
    assert repr(found) == repr({**body, **wanted})
    assert [x.dtype for x in found["arrays"]] == [x.dtype for x in body["arrays"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_may_have_any_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    text = f"(`{name}` - 3)^2"
    descend(text, {name: 1.0}, method="adam", max_iterations=2, checkpoint=path)
    assert descend(text, method="adam", max_iterations=4, resume=path).iterations == 4


def old_descent() -> bytes:
    body = b'{"identity": {}}'
    head = {"format": "adcli checkpoint 1", "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body + b"\n"


def old_training(path: Path) -> bytes:
    facts = json.dumps({"format": "adcli training checkpoint 1", "identity": {}}).encode()
    with path.open("wb") as stream:
        write_npz(stream, {"facts": np.frombuffer(facts, np.uint8), "parameters": np.zeros(2)})
    return path.read_bytes()


@pytest.mark.parametrize("read", READERS)
def test_old_files_are_refused_with_a_way_out(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    for data in (old_descent(), old_training(path)):
        path.write_bytes(data)
        with pytest.raises(DataError, match="another version of adcli") as caught:
            read(path)
        assert "--save FILE.npz" in str(caught.value.hint)


@pytest.mark.parametrize("read", READERS)
def test_what_is_no_checkpoint_is_refused(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    with pytest.raises(UsageError, match="there is no file"):
        read(path)
    for data in (b"", b"[1]\n", b"PK\x03\x04", b"\xff" * 99, b'{"format": 1}'):
        path.write_bytes(data)
        with pytest.raises(DataError, match="is not a checkpoint"):
            read(path)
    with path.open("wb") as stream:
        write_npz(stream, {"W": np.zeros(3)})
    with pytest.raises(DataError, match="is not a checkpoint"):
        read(path)
    write_checkpoint(path, "training" if read is read_descent else "descent", {})
    with pytest.raises(DataError, match=r"is a checkpoint of a \w+, not of a \w+"):
        read(path)


@pytest.mark.parametrize(
    "change",
    [
        {"arrays": [["x"], ["y"]]},
        {"arrays": [[]]},
        {"arrays": [["x", 0]]},
        {"arrays": [["z"]]},
        {"arrays": [["l", 1]]},
        {"arrays": [["l", "x"]]},
        {"arrays": [[["x"]]]},
        {"arrays": [[{"x": 1}]]},
        {"arrays": [None]},
        {"arrays": []},
        {"arrays": 1},
        {"arrays": [["x"], ["x"]]},
        {"arrays": [["x"], ["x", 0]]},
        {"run": "x"},
        {"body": 1},
        {"body": None},
        {"more": 1},
        {"format": None},
        {"format": ["adcli checkpoint 2"]},
    ],
    ids=str,
)
def test_a_forged_container_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "saved"
    write_checkpoint(path, "descent", {"x": np.zeros(2), "y": 1, "l": [1]})
    facts, arrays = unpacked(path.read_bytes())
    path.write_bytes(packed({**facts, **change}, arrays))
    with pytest.raises(DataError):
        read_checkpoint(path, "descent", anything)
    path.write_bytes(packed({**facts, **change}, {**arrays, "1": np.zeros(1)}))
    with pytest.raises(AdcliError):
        read_checkpoint(path, "descent", anything)
