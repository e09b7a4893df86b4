"""The languages of generated functions, and the names that variables have in them."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adcli.export.definitions import C_NAMES

_NAMED = {"pi": "3.141592653589793", "tau": "6.283185307179586", "e": "2.718281828459045"}
_PYTHON = {name: f"math.{name}" for name in (*_NAMED, "inf", "nan")}
_NUMPY = {"pi": "np.pi", "tau": "(2.0*np.pi)", "e": "np.e", "inf": "np.inf", "nan": "np.nan"}


@dataclass(frozen=True)
class Target:
    """What differs between the languages.

    constants    spelling of pi, e, tau, inf and nan
    mask         a comparison as a number, with #1 for the comparison
    choice       where(c, a, b)
    reserved     names that variables must not have
    """

    name: str
    title: str
    constants: Mapping[str, str]
    mask: str
    choice: str
    reserved: frozenset[str]


TARGETS = {
    "python": Target(
        "python",
        "Python without NumPy",
        _PYTHON,
        "float(#1)",
        "(#2 if #1 else #3)",
        frozenset({*keyword.kwlist, *keyword.softkwlist, "math", "float"}),
    ),
    "numpy": Target(
        "numpy",
        "NumPy",
        _NUMPY,
        "np.where(#1, 1.0, 0.0)",
        "np.where(#1, #2, #3)",
        frozenset({*keyword.kwlist, *keyword.softkwlist, "math", "np", "float"}),
    ),
    "c": Target(
        "c",
        "C",
        {**_NAMED, "inf": "INFINITY", "nan": "NAN"},
        "(double)(#1)",
        "(#1 ? #2 : #3)",
        C_NAMES,
    ),
}


def identifiers(
    names: Iterable[str], reserved: Iterable[str], ascii_only: bool = False
) -> dict[str, str]:
    """An identifier for each name, as near to it as may be, all different.

    >>> identifiers(["x", "my col", "x′", "for"], ["for"])
    {'x': 'x', 'my col': 'my_col', 'x′': 'x_', 'for': 'for_'}
    """
    taken = set(reserved)
    found = {}
    for name in names:
        plain = "".join(_spelled_out(c) if ascii_only else c for c in name)
        plain = re.sub(r"\W", "_", unicodedata.normalize("NFKC", plain))
        if not plain.isidentifier():
            plain = f"_{plain}" if f"_{plain}".isidentifier() else "x_"
        while plain in taken:
            plain += "_"
        taken.add(plain)
        found[name] = plain
    return found


def _spelled_out(character: str) -> str:
    """α as alpha; other letters that are not ASCII by their number."""
    if character.isascii():
        return character
    words = unicodedata.name(character, "").split()
    if words[:1] == ["GREEK"] and len(words) >= 4 and words[2] == "LETTER":
        return words[3].title() if words[1] == "CAPITAL" else words[3].lower()
    return f"u{ord(character):x}"
