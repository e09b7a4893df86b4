"""Named arrays in a file: .npz (NumPy), .safetensors or .json. Nothing in a file is executed."""

from __future__ import annotations

import json
import os
import tokenize
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np

from adcli.data.output import atomic_output, extension
from adcli.data.room import check_room
from adcli.data.source import open_file
from adcli.errors import DataError, UsageError
from adcli.graph.coded import LevelNames, coded_column

NamedArrays = dict[str, Any]

PARAMETER_FORMATS = ("npz", "safetensors", "json")

NO_LEVELS: LevelNames = MappingProxyType({})

MODEL_FORMAT = "adcli model 1"
"""What a saved model says that it is."""

_LZMA = getattr(zipfile, "lzma", None)  # not every Python has it
_DAMAGED = (
    *(ValueError, TypeError, KeyError, EOFError, OverflowError, MemoryError, RuntimeError),
    *(NotImplementedError, OSError, zipfile.BadZipFile, zlib.error, SyntaxError),
    *(tokenize.TokenError, AttributeError, IndexError, AssertionError),
    *([_LZMA.LZMAError] if _LZMA else []),
)
"""What NumPy and the standard library raise for a file of arrays that is damaged or forged."""


def is_parameter_file(text: str) -> bool:
    """Whether a text is the name of a file of named arrays, by its extension."""
    return extension(text) in PARAMETER_FORMATS


def parameter_format(path: str | os.PathLike[str]) -> str:
    """The format by a file's extension. Raises UsageError for another."""
    name = extension(path)
    if name not in PARAMETER_FORMATS:
        raise UsageError(
            f"'{name}' is not a format for parameters"
            if name
            else "the format of the parameters is not known",
            "name a file that ends in .npz, .safetensors or .json",
        )
    return name


def load_parameters(
    path: str | os.PathLike[str], wanted: Collection[str] | None = None
) -> NamedArrays:
    """The numbers and arrays of a file by name; arrays as float64 or, where it has it, float32.

    With `wanted` those of the names that the file has: others may be of any size and kind. A JSON
    file has an object of numbers and nested lists, is the output of a descent or a fit, or a model
    that a fit has saved. Raises UsageError for a file that is not there, DataError for one that
    holds anything else.
    """
    form, name = parameter_format(path), os.fspath(path)
    open_file(name, "--save FILE writes one").close()
    return _LOADERS[form](name, wanted)


def check_savable(path: str | os.PathLike[str]) -> None:
    """Raise UsageError now for a name that `save_parameters` would not write to."""
    if parameter_format(path) == "safetensors":
        _safetensors()


def load_levels(path: str | os.PathLike[str], names: Collection[str]) -> dict[str, list[str]]:
    """The levels of variables such as codes(region) that a file of parameters has, by name.

    Raises DataError for a file that holds something else under such a name.
    """
    form, file = parameter_format(path), os.fspath(path)
    found: dict[str, Any] = {}
    try:
        if form == "json":
            values = _json_object(file)
            known = {**values, **values.get("levels", {})}
            for name in names:
                found[name] = known.get(name, known.get(coded_column(name)))
        else:
            for name, array in _LOADERS[form](file, names).items():
                found[name] = json.loads(array.astype(np.uint8).tobytes())
    except (ValueError, TypeError, AttributeError, OSError, RecursionError):
        raise DataError(f"{file} has no levels of a column where they should be") from None
    found = {name: texts for name, texts in found.items() if texts is not None}
    for name, texts in found.items():
        if not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
            raise DataError(f"{file}: '{name}' is not a list of texts")
    return found


def save_parameters(
    path: str | os.PathLike[str], arrays: Mapping[str, Any], levels: LevelNames = NO_LEVELS
) -> None:
    """Write arrays by name, and the levels of codes; the file appears when it is complete.

    .npz and .safetensors keep the arrays' own types, .json the shortest digits that read back to
    the same numbers. Raises DataError where the file cannot be written, UsageError for another
    extension.
    """
    form = parameter_format(path)
    found: dict[str, Any] = {n: np.asarray(value, order="C") for n, value in arrays.items()}
    write = _WRITERS[form]
    if form == "safetensors":
        _safetensors()
    for name, texts in levels.items():
        written = json.dumps(list(texts), ensure_ascii=False).encode()
        found[name] = np.array(texts) if form == "json" else np.frombuffer(written, np.uint8)
    with atomic_output(path) as stream:
        write(stream, found)


def write_npz(stream: BinaryIO, arrays: Mapping[str, Any]) -> None:
    """NumPy's archive of arrays, not compressed."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            # The date is fixed: the same arrays make the same bytes.
            member = zipfile.ZipInfo(name + ".npy")
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def read_npz(path: str | os.PathLike[str], wanted: Collection[str] | None = None) -> NamedArrays:
    """The arrays of an archive, of whatever type: all, or those `wanted` that it has.

    Raises DataError for a file that is none, and for arrays that memory does not hold.
    """
    name = os.fspath(path)
    try:
        if not zipfile.is_zipfile(name):
            raise ValueError("it is not an archive")
        # Of a file that NumPy opens itself and cannot read it leaves a handle open.
        with open(name, "rb") as file, np.load(file, allow_pickle=False) as archive:
            keys = [key for key in archive.files if wanted is None or key in wanted]
            _refuse_repeated(keys)
            return {key: _member(archive, key) for key in keys}
    except _DAMAGED as error:
        raise DataError(f"{name} is not a .npz file of arrays: {_reason(error)}") from None


def _member(archive: Any, key: str) -> Any:
    """One array. Its bytes are counted before memory is taken for what its head promises."""
    member = key if key in archive.zip.namelist() else key + ".npy"
    array_bytes = archive.zip.getinfo(member).file_size
    with archive.zip.open(member) as file:
        major, _ = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        if major > 1:
            read = np.lib.format.read_array_header_2_0
        try:
            shape, _, dtype = read(file)
        except _DAMAGED:
            raise ValueError(f"the head of '{key}' is damaged") from None
    if dtype.hasobject:
        raise ValueError(f"'{key}' holds objects of Python, not numbers")
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size > array_bytes:
        raise ValueError(f"'{key}' is cut short")
    check_room(size, f"'{key}' of {archive.zip.filename}")
    return archive[key]


def _refuse_repeated(keys: Iterable[str]) -> None:
    for key, count in Counter(keys).items():
        if count > 1:
            raise ValueError(f"it has '{key}' {count} times")


def _load_npz(name: str, wanted: Collection[str] | None) -> NamedArrays:
    return {key: _real(name, key, value) for key, value in read_npz(name, wanted).items()}


def _safetensors() -> Any:
    """The package safetensors. Raises UsageError where it is not installed."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise UsageError(
            "a .safetensors file needs safetensors, which is not installed",
            "pip install 'adcli[safetensors]', or name a .npz file",
        ) from None
    return safetensors


def _load_safetensors(name: str, wanted: Collection[str] | None) -> NamedArrays:
    library = _safetensors()
    try:
        with library.safe_open(name, framework="numpy") as file:
            found = {}
            for key in file.keys():  # noqa: SIM118 (it is not a dict)
                if wanted is not None and key not in wanted:
                    continue
                kind = file.get_slice(key).get_dtype()
                if kind not in _REAL_KINDS:
                    raise DataError(
                        f"{name}: '{key}' has the type {kind}",
                        "parameters are " + ", ".join(_REAL_KINDS),
                    )
                found[key] = _real(name, key, file.get_tensor(key))
            return found
    except (library.SafetensorError, *_DAMAGED) as error:
        raise DataError(f"{name} is not a .safetensors file: {_reason(error)}") from None


_REAL_KINDS = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U8", "BOOL")


def _write_safetensors(stream: BinaryIO, arrays: Mapping[str, Any]) -> None:
    stream.write(_safetensors().numpy.save(dict(arrays)))


def _load_json(name: str, wanted: Collection[str] | None) -> NamedArrays:
    try:
        values = _json_object(name)
    except RecursionError:
        raise DataError(f"{name} is not a JSON object of numbers and arrays: too deep") from None
    except (ValueError, OSError) as error:
        raise DataError(f"{name} is not a JSON object of numbers and arrays: {error}") from None
    if isinstance(values.get("point"), dict):  # the output of an earlier descent
        values = values["point"]
    elif values.get("format") == MODEL_FORMAT:
        values = {**_object(name, values, "parameters"), **_object(name, values, "fixed")}
    found = {}
    for key, value in values.items():
        if wanted is not None and key not in wanted:
            continue
        try:
            found[key] = np.asarray(value, dtype=float)
        except (TypeError, ValueError, OverflowError):
            hint = None
            if isinstance(value, dict) and value.keys() == {"shape"}:
                hint = "a training's output has no large arrays: --save writes them"
            raise DataError(f"{name}: '{key}' is not a number or array", hint) from None
    return {key: array if array.shape else float(array) for key, array in found.items()}


def _json_object(name: str) -> dict[str, Any]:
    """The object of a JSON file. Raises ValueError for anything else."""
    with open(name, encoding="utf-8-sig") as file:
        values = json.load(file, object_pairs_hook=_object_of)
    if not isinstance(values, dict):
        raise ValueError("it is not an object")
    return values


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises ValueError for a name that is there twice: one value would win."""
    _refuse_repeated(key for key, _ in pairs)
    return dict(pairs)


def _object(name: str, values: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    """A part of a saved model that has values by name. Raises DataError where it is missing."""
    found = values.get(part)
    if not isinstance(found, dict):
        raise DataError(f"the model {name} is damaged: it has no {part}")
    return found


def _write_json(stream: BinaryIO, arrays: Mapping[str, Any]) -> None:
    record = {name: array.tolist() for name, array in arrays.items()}
    stream.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def _real(name: str, key: str, array: Any) -> Any:
    """The array as float32 or float64. Raises DataError for one that has no real numbers."""
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name}: '{key}' holds no real numbers but {array.dtype}")
    dtype = np.float32 if array.dtype.kind == "f" and array.dtype.itemsize <= 4 else np.float64
    array = np.array(array, dtype=dtype, order="C")
    return array if array.shape else float(array)


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "it promises more than fits into memory"
    text = str(error.args[0] if isinstance(error, KeyError) else error).partition("\n")[0]
    starts_a_sentence = text[:1].isupper() and text[1:2].islower()
    return (text[:1].lower() + text[1:] if starts_a_sentence else text) or type(error).__name__


_LOADERS = {"npz": _load_npz, "safetensors": _load_safetensors, "json": _load_json}
_WRITERS = {"npz": write_npz, "safetensors": _write_safetensors, "json": _write_json}
