"""Arrays of every layout through the Python API: whatever the strides, the numbers are the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import adcli
from adcli.errors import AdcliError
from tests.fuzz.campaign import Finding
from tests.fuzz.choices import Choices
from tests.ways import MODES

PROGRAMS: dict[str, tuple[str, ...]] = {
    # program -> its variables: a capital is a matrix, v and u are vectors
    "x*y + sin(x)": ("x", "y"),
    "x^2": ("x",),
    "where(x > y, exp(-x), x/(y^2 + 1))": ("x", "y"),
    "max(x, y)*abs(x)": ("x", "y"),
    "sum(v^2) + x": ("v", "x"),
    "v[0]*x": ("v", "x"),
    "dot(v, u)": ("v", "u"),
    "sum(W@v)": ("W", "v"),
    "logsumexp(v)": ("v",),
    "norm(W)": ("W",),
    "W[0, 0]*W[1, 1] + trace(W)": ("W",),
    "sum(sin(v)*u)": ("v", "u"),
    "hypot(x, y) + atan2(y, x)": ("x", "y"),
    "x^y*erf(x)/gamma(y + 1)": ("x", "y"),
    "max(v)*std(v) + cumsum(v)[1]": ("v",),
    'einsum("ij,j->", W, v)/prod(v)': ("W", "v"),
    "sum(W@W) + sum(transpose(W)*v)": ("W", "v"),
}
ENGINES = ("numpy", "python", "llvm", "auto")
DTYPES = ("f8", "f4", "i8", "i4", "u1", "u8", "i1", "?", ">f8", "f2", "i2", ">i4", "longdouble")
ODD: tuple[Callable[[], Any], ...] = (
    lambda: "text",
    lambda: None,
    lambda: {},
    lambda: [],
    lambda: [1, [2]],
    lambda: [[1], [2, 3]],
    lambda: 10**400,
    lambda: [10**400],
    lambda: np.array([1 + 2j]),
    lambda: 1j,
    lambda: np.array(["1", "2"]),
    lambda: np.array([b"1"]),
    lambda: np.array([None, 1], dtype=object),
    lambda: np.array([1, 2], dtype="M8[s]"),
    lambda: np.zeros(0),
    lambda: np.zeros((0, 2)),
    lambda: np.array(1.0),
    lambda: float("nan"),
    lambda: np.array([np.nan, 1.0]),
    lambda: np.ma.array([1.0, 2.0], mask=[True, False]),
    lambda: True,
    lambda: b"1",
    lambda: np.zeros((2, 2, 2, 2)),
    lambda: range(3),
    lambda: iter([1, 2]),
    lambda: (1, 2),
    lambda: {1, 2},
    lambda: object(),
    lambda: np.float32(1.5),
    lambda: np.int64(3),
    lambda: [True, False],
    lambda: [[], []],
    lambda: "1",
    lambda: ["1", "2"],
    lambda: np.array([(1.0, 2)], dtype=[("a", "f8"), ("b", "i4")]),
)
"""What may be given where a number or an array is meant."""


def layouts(c: Choices) -> str:
    """A function over columns: plain ones and others of the same numbers give the same."""
    text = c.of(tuple(PROGRAMS))
    names = PROGRAMS[text]
    rows = c.of((3, 1, 2, 5, 17))
    engine = c.of(ENGINES)
    options = {"engine": engine, "mode": c.of(MODES)}
    if c.once_in(4):
        return _odd(c, text, names, options)
    plain, laid, told = {}, {}, []
    for name in names:
        shape = (rows, *((2, 2) if name.isupper() else (2,) if name in "vu" else ()))
        dtype = c.of(DTYPES)
        values = _numbers(c, shape).astype(dtype)
        changed, how = layout(c, values)
        plain[name], laid[name] = values.astype("f8"), changed
        told.append(f"{name}: {values.tolist()} as {dtype}, {how}")
    c.case = f"function({text!r}).map({told}, {options})"
    expected, found = _map(text, plain, options), _map(text, laid, options)
    if isinstance(expected, str) or isinstance(found, str):
        if expected != found:
            raise Finding(f"{engine}: a layout is refused: {_kind(found)}", f"{c.case}\n  {found}")
        return "refused"
    if not all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True)):
        if all(np.allclose(a, b, 1e-12, 1e-300) for a, b in zip(expected, found, strict=True)):
            return "rounded"
        raise Finding(f"{engine}: another layout gives other numbers", f"{c.case}\n  {found}")
    return "same"


def _kind(found: list[Any] | str) -> str:
    return found.partition(":")[0] if isinstance(found, str) else "numbers"


@cache
def _function(text: str) -> adcli.Function:
    return adcli.function(text)


def _map(text: str, columns: dict[str, Any], options: dict[str, Any]) -> list[Any] | str:
    try:
        batch = _function(text).map(columns, **options)
    except AdcliError as error:
        return f"{type(error).__name__}: {error}"
    return [batch.values, *batch.gradients.values()]


def _odd(c: Choices, text: str, names: tuple[str, ...], options: dict[str, Any]) -> str:
    """Something odd for a variable: an answer or an error of ours."""
    columns: dict[str, Any] = {name: np.array([0.5, 1.5]) for name in names}
    names = tuple(c.some(names, 2, 1))
    numbers = [c.below(len(ODD)) for _ in names]
    for name, number in zip(names, numbers, strict=True):
        columns[name] = ODD[number]()
    f = _function(text)
    call = c.of(("map", "value_and_gradient", "value", "hessian", "directional", "jacobian"))
    c.case = f"function({text!r}).{call}({columns}, {options})"
    if call == "value":
        del options["mode"]
    given = {**columns} if call != "directional" else dict.fromkeys(f.variables, 1.0)
    arguments = (given, columns) if call == "directional" else (given,)
    if call == "directional":
        del options["mode"]
    if call != "map" and options["engine"] == "llvm":
        options["engine"] = "auto"
    try:
        getattr(f, call)(*arguments, **options)
    except AdcliError:
        return "odd: refused"
    return "odd: taken"


def _numbers(c: Choices, shape: tuple[int, ...]) -> Any:
    """Small whole numbers and halves, which every type holds."""
    count = int(np.prod(shape))
    start = c.below(3)
    return (np.arange(start, start + count) % 7).reshape(shape) + 1.0


def layout(c: Choices, values: Any) -> tuple[Any, str]:
    """The same numbers in memory in another way, and which."""
    ways: tuple[tuple[str, Callable[[Any], Any]], ...] = (
        ("plain", lambda a: a),
        ("list", lambda a: a.tolist()),
        ("fortran", np.asfortranarray),
        ("transposed", lambda a: np.ascontiguousarray(a.T).T),
        ("every other", _every_other),
        ("backwards", lambda a: np.ascontiguousarray(a[::-1])[::-1]),
        ("inner", lambda a: _every_other(a.T).T),
        ("field", _field),
        ("read-only", _read_only),
        ("shifted", _shifted),
        ("repeated", lambda a: np.broadcast_to(a[:1], a.shape) if len(a) == 1 else a),
        ("masked", np.ma.asarray),
        ("object", lambda a: a.astype(object)),
        ("tuple", lambda a: tuple(a.tolist())),
        ("subclass", lambda a: a.view(_Sub)),
    )
    name, change = c.of(ways)
    return change(values), name


class _Sub(np.ndarray):
    """An array of another class."""


def _every_other(a: Any) -> Any:
    wide = np.zeros((2 * len(a), *a.shape[1:]), a.dtype)
    wide[::2] = a
    return wide[::2]


def _field(a: Any) -> Any:
    records = np.zeros(a.shape, [("before", "u1"), ("it", a.dtype)])
    records["it"] = a
    return records["it"]


def _read_only(a: Any) -> Any:
    a = a.copy()
    a.flags.writeable = False
    return a


def _shifted(a: Any) -> Any:
    """Not aligned: one byte off."""
    raw = np.zeros(a.nbytes + 1, "u1")[1:]
    moved = raw.view(a.dtype).reshape(a.shape) if a.nbytes else a
    if a.nbytes:
        moved[...] = a
    return moved
