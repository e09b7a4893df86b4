"""Columns that came as arrays: checked, and known again by a checksum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adcli.data.column_layout import listed
from adcli.data.levels import CodedColumns, codes_of, levels_of
from adcli.errors import DataError, UsageError
from adcli.given import NOT_REAL, real
from adcli.graph.coded import LevelNames, coded_column


def names_in(data: Any) -> Iterable[str]:
    """The names of columns that came as arrays by name, or in a data frame. Raises UsageError for
    anything else."""
    if not (isinstance(data, Mapping) or hasattr(data, "columns")):
        raise UsageError(f"data are columns by name, not {type(data).__name__}", "a dict of arrays")
    return [name for name in getattr(data, "columns", data) if isinstance(name, str)]


def check_arrays(
    data: Mapping[str, Any],
    names: Iterable[str],
    dtype: str = "float64",
    known: LevelNames | None = None,
) -> CodedColumns:
    """Columns that came as arrays, or lists, as arrays (rows, ...) of `dtype`; texts as codes, of
    the levels `known` or of those there are.

    Raises DataError for anything but arrays of finite numbers of one length.
    """
    import numpy as np

    columns: dict[str, Any] = {}
    levels: dict[str, Any] = {**levels_of(data), **(known or {})}
    for name in names:
        column = coded_column(name) if name not in data else None
        try:
            given = data[name if column is None else column]
        except (KeyError, IndexError):
            raise DataError(f"the data have no column '{name}'", listed(list(data))) from None
        if column is not None:
            given, levels[name] = codes_of(given, column, levels.get(name))
        values = _as_array(given, name, dtype)
        if not values.ndim:
            raise DataError(f"column '{name}' is a number, not an array of rows")
        if not _is_finite(values):
            place = tuple(np.argwhere(~np.isfinite(values))[0])
            number = float(_as_array(given, name, "float64")[place])
            large = f", too large for {dtype}" if np.isfinite(number) else ""
            raise DataError(f"row {place[0] + 1}: column '{name}': the value is {number:g}{large}")
        columns[name] = values
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"'{name}' has {rows:,}" for name, rows in list(lengths.items())[:5])
        raise DataError(f"the columns differ in their number of rows: {told}")
    if 0 in lengths.values():
        raise DataError("the data have no rows")
    return CodedColumns(columns, {name: x for name, x in levels.items() if name in columns})


PART = 1 << 16
"""Rows that are checked together: what a check makes of all of a large table takes memory."""


def _is_finite(values: Any) -> bool:
    import numpy as np

    parts = (values[k : k + PART] for k in range(0, len(values), PART))
    return all(np.isfinite(part).all() for part in parts)


def _as_array(given: Any, name: str, dtype: str) -> Any:
    """Numbers as an array of `dtype`, masked ones as nan."""
    try:
        return real(given, dtype)
    except NOT_REAL as error:
        raise DataError(f"column '{name}' is not an array of numbers: {error}") from None


def digest_of(parts: Iterable[Mapping[str, Any]]) -> str:
    """A checksum by which a checkpoint knows columns again, however they are cut into parts."""
    import hashlib

    import numpy as np

    sums: dict[str, Any] = {}
    for columns in parts:
        for name, values in columns.items():
            if name not in sums:
                sums[name] = hashlib.blake2b(f"{name} {values.dtype} {values.shape[1:]}".encode())
            sums[name].update(np.ascontiguousarray(values).data)
    whole = hashlib.blake2b(digest_size=16)
    for name in sorted(sums):
        whole.update(sums[name].digest())
    return whole.hexdigest()
