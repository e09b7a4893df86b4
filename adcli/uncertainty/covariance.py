"""How measured quantities vary together: correlations and covariances, checked, from files too."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.data.source import read_file
from adcli.errors import DataError, UsageError, did_you_mean
from adcli.given import NOT_REAL, is_path, real

MOST_BYTES = 1 << 26
ROUNDED = 1e-6
"""Eigenvalues of a correlation matrix down to this far below 0 are rounding of its numbers."""
_REMEDY = "a matrix with its names: names,L,T / L,1e-6,2e-7 / T,2e-7,4e-6"


@dataclass(frozen=True)
class CovarianceMatrix:
    """Variances and covariances of quantities by name; `source` is what messages call them."""

    names: Sequence[str]
    matrix: Any
    source: str = "the covariance"


def check_covariance(found: CovarianceMatrix) -> CovarianceMatrix:
    """The same, symmetric to the last bit. Raises UsageError, which names the place, unless it is
    symmetric and positive semidefinite."""
    names, source = list(found.names), found.source
    for k, name in enumerate(names):
        if name in names[:k]:
            raise UsageError(f"{source} names '{name}' twice", "a quantity has one row")
    try:
        matrix = real(found.matrix)
    except NOT_REAL:
        raise UsageError(f"{source} is not a matrix of numbers", _REMEDY) from None
    if matrix.shape != (len(names), len(names)):
        size = "x".join(map(str, matrix.shape)) or "scalar"
        raise UsageError(f"{source} is {size} for {len(names)} names", _REMEDY)
    for i, j in np.argwhere(~np.isfinite(matrix))[:1]:
        raise UsageError(f"{source} is not finite at '{names[i]}', '{names[j]}'", _REMEDY)
    for i in np.flatnonzero(np.diag(matrix) < 0)[:1]:
        hint = "a variance is the square of a standard uncertainty"
        raise UsageError(f"{source}: the variance of '{names[i]}' is {matrix[i, i]:g}", hint)
    u = np.sqrt(np.diag(matrix))
    uneven = np.abs(matrix - matrix.T) > 1e-9 * np.maximum(np.abs(matrix), np.abs(matrix.T))
    for i, j in np.argwhere(uneven)[:1]:
        raise UsageError(
            f"{source} is not symmetric: {matrix[i, j]:g} at '{names[i]}', '{names[j]}', and "
            f"{matrix[j, i]:g} at '{names[j]}', '{names[i]}'",
            "both are the covariance of the two",
        )
    matrix = (matrix + matrix.T) / 2
    lonely = (u == 0)[:, None] & (matrix != 0)
    for i, j in np.argwhere(lonely)[:1]:
        raise UsageError(
            f"{source}: '{names[i]}' has the variance 0, and a covariance with '{names[j]}'",
            "what is known exactly does not vary with anything",
        )
    scale = np.where(u > 0, u, 1.0)
    check_correlation(names, matrix / scale[:, None] / scale, source)
    return CovarianceMatrix(names, matrix, source)


def check_correlation(names: Sequence[str], matrix: Any, source: str) -> None:
    """Raise UsageError for correlations beyond 1, or that contradict one another.

    `matrix` (n, n) is symmetric; its diagonal does not count.
    """
    matrix = matrix.copy()
    np.fill_diagonal(matrix, 1.0)
    for i, j in np.argwhere(np.abs(matrix) > 1 + 1e-9)[:1]:
        raise UsageError(
            f"{source}: the correlation of '{names[i]}' and '{names[j]}' is {matrix[i, j]:.6g}",
            "a correlation is from -1 to 1; a covariance, at most the product of the uncertainties",
        )
    least = float(np.linalg.eigvalsh(matrix)[0]) if len(matrix) else 0.0
    if least < -ROUNDED:
        raise UsageError(
            f"{source} is not positive semidefinite: its correlations contradict one another "
            f"(eigenvalue {least:.3g})",
            "no quantities vary together in this way; give the numbers with more digits if they "
            "were rounded",
        )


def read_covariance(path: str | os.PathLike[str]) -> CovarianceMatrix:
    """The matrix of a CSV file (names in the first row, perhaps in the first column, too) or of
    JSON: {"names": [...], "covariance": [[...]]}, or {"covariance": {"L": {"L": 1e-6, ...}, ...}}
    as `fit --format json` writes it. Raises DataError for another file."""
    name = os.fspath(path)
    data = read_file(name, "a covariance matrix has names and numbers", MOST_BYTES)
    if len(data) == MOST_BYTES:
        raise DataError(f"{name} is too large for a covariance matrix", _REMEDY)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{name} is not UTF-8 text", _REMEDY) from None
    if name.lower().endswith(".json") or text.lstrip()[:1] in ("{", "["):
        return _of_json(name, text)
    try:
        rows = [row for row in csv.reader(text.splitlines()) if any(map(str.strip, row))]
    except csv.Error as error:
        raise DataError(f"{name} is not CSV: {error}", _REMEDY) from None
    cells = [[cell.strip() for cell in row] for row in rows]
    if not cells:
        raise DataError(f"{name} is empty", _REMEDY)
    names, body = cells[0], cells[1:]
    if len(names) == len(body) + 1:  # the first column has names, too
        names, said = names[1:], [row[0] for row in body]
        body = [row[1:] for row in body]
        for first, second in zip(names, said, strict=True):
            if first != second:
                hint = "rows and columns have the same order"
                raise DataError(f"{name}: the row of '{second}' stands for '{first}'", hint)
    for number, row in enumerate(body, 2):
        if len(row) != len(names):
            raise DataError(f"{name}, row {number}: {len(row)} cells for {len(names)}", _REMEDY)
    for number, row in enumerate(body, 2):
        for column, cell in zip(names, row, strict=True):
            if not _is_number(cell):
                raise DataError(f"{name}, row {number}, '{column}': '{cell}' is not a number")
    return CovarianceMatrix(names, [[float(cell) for cell in row] for row in body], name)


def _is_number(cell: str) -> bool:
    try:
        return "_" not in cell and bool(float(cell) or True)
    except ValueError:
        return False


def _of_json(name: str, text: str) -> CovarianceMatrix:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError(f"{name} is not JSON", _REMEDY) from None
    named = body.get("names") if isinstance(body, dict) else None
    body = body.get("covariance", body) if isinstance(body, dict) else body
    if isinstance(body, dict):
        with_rows = all(
            isinstance(row, dict) and row.keys() == body.keys() for row in body.values()
        )
        if not body or not with_rows:
            raise DataError(f"{name} has no covariance of names with names", _REMEDY)
        return CovarianceMatrix(list(body), [[r[n] for n in body] for r in body.values()], name)
    if not isinstance(body, list) or not isinstance(named, list):
        raise DataError(f"{name} has no names with a covariance", _REMEDY)
    return CovarianceMatrix([str(n) for n in named], body, name)


def as_covariance(given: Any) -> CovarianceMatrix:
    """What a caller gives: a file's name, (names, matrix), or numbers by name and name."""
    if isinstance(given, CovarianceMatrix):
        return given
    if is_path(given):
        return read_covariance(given)
    if isinstance(given, Mapping):
        names = list(given)
        try:
            return CovarianceMatrix(names, [[given[a][b] for b in names] for a in names])
        except (KeyError, TypeError, IndexError):
            raise UsageError("the covariance has not all pairs of its names", _REMEDY) from None
    if isinstance(given, Sequence) and len(given) == 2:
        return CovarianceMatrix(list(given[0]), given[1])
    raise UsageError("the covariance is not names with a matrix", "(['L', 'T'], [[...], [...]])")


def place_of(label: str, labels: Mapping[str, int], known: Iterable[str], what: str) -> int:
    """The place of a quantity among those that are uncertain. Raises UsageError for another one."""
    if label in labels:
        return labels[label]
    if label in known:
        raise UsageError(
            f"{what}: '{label}' has no uncertainty", f"give it one: --at '{label}=2±0.1'"
        )
    hint = did_you_mean(label, labels) or f"there are {', '.join(list(labels)[:8])}"
    raise UsageError(f"{what}: there is no quantity '{label}'", hint)
