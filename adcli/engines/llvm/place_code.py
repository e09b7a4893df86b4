"""Places that are data as lines of LLVM's intermediate representation: lane by lane."""

from __future__ import annotations

import math

from adcli.engines.llvm.code import Code

MOST_PLACES = 1 << 31
"""Tables are shorter: their indices are integers of 32 bits, to which vectors of numbers turn."""


def indices(code: Code, x: str, size: int) -> tuple[str, str]:
    """The integers that are indices into a table of a size, 0 where a number is none, and the mask
    of the lanes that are."""
    whole = code.compare("oeq", code.intrinsic("floor", x), x)
    inside = code.compare("oge", x, code.number(0.0))
    below = code.compare("olt", x, code.number(float(size)))
    fine = code.emit(f"and {code.mask} {code.emit(f'and {code.mask} {whole}, {inside}')}, {below}")
    safe = code.choose(fine, x, code.number(0.0))
    return code.emit(f"fptosi {code.real} {safe} to {_integers(code)}"), fine


def gathered(code: Code, table: str, x: str, size: int) -> str:
    """The numbers of a table at places, nan where a number is none."""
    places, fine = indices(code, x, size)
    vector = "poison"
    for lane in range(code.lanes):
        number = code.emit(f"load double, ptr {_place(code, table, places, lane)}, align 8")
        if code.lanes == 1:
            vector = number
        else:
            vector = code.emit(f"insertelement {code.real} {vector}, double {number}, i32 {lane}")
    return code.choose(fine, vector, code.number(math.nan))


def add_at(code: Code, sums: str, x: str, y: str, size: int, counts: str) -> None:
    """Append what adds y to sums at the places x, lane after lane, as far as lanes count; nan
    behind the last sum where a number is no place."""
    places, fine = indices(code, x, size)
    behind = code.choose(fine, y, code.number(math.nan))
    values = code.choose(counts, behind, code.number(0.0))
    kind, last = _integers(code), _all(code, size)
    wrong = code.emit(f"select {code.mask} {fine}, {kind} {places}, {kind} {last}")
    places = code.emit(f"select {code.mask} {counts}, {kind} {wrong}, {kind} {_all(code, 0)}")
    for lane in range(code.lanes):
        place = _place(code, sums, places, lane)
        old = code.emit(f"load double, ptr {place}, align 8")
        value = values
        if code.lanes > 1:
            value = code.emit(f"extractelement {code.real} {values}, i32 {lane}")
        code.lines.append(f"store double {code.emit(f'fadd double {old}, {value}')}, ptr {place}")


def _place(code: Code, table: str, places: str, lane: int) -> str:
    place = places
    if code.lanes > 1:
        place = code.emit(f"extractelement {_integers(code)} {places}, i32 {lane}")
    far = code.emit(f"zext i32 {place} to i64")
    return code.emit(f"getelementptr double, ptr {table}, i64 {far}")


def _integers(code: Code) -> str:
    return f"<{code.lanes} x i32>" if code.lanes > 1 else "i32"


def _all(code: Code, value: int) -> str:
    if code.lanes == 1:
        return str(value)
    return "<" + ", ".join([f"i32 {value}"] * code.lanes) + ">"
