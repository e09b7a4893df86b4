"""What a name without a value was probably meant to be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from adcli.errors import Span
from adcli.graph.constants import CONSTANTS

UNITS = {
    **dict.fromkeys(
        ("deg", "degree", "degrees"), "angles are in radians: 30 degrees are 30*pi/180"
    ),
    **dict.fromkeys(("rad", "radian", "radians"), "angles are in radians without a unit"),
}
"""Units that are written behind a number."""

WORDS = {
    "not": "before a minus or a '[' it needs brackets: not (-x)",
    "if": "before a minus or a '[' it needs brackets: if (-x > 0) then a else b",
}
"""Words that are names where they cannot be words."""

LONGEST_PRODUCT = 12
"""Letters of a name that may be a product of names written side by side."""


def meaning(name: str, known: Collection[str], text: str, span: Span) -> str | None:
    """A hint for a variable that has no value, if its name says what was meant.

    `known` are the other variables and the names with values; `span` is the name's first place.
    """
    if name in UNITS:
        return UNITS[name]
    if name in WORDS and text[span[0] : span[1]] == name:
        return WORDS[name]
    if "ᵀ" in text[span[0] : span[1]]:
        return "a matrix is turned by transpose(A)"
    if any(unicodedata.decomposition(c).startswith("<super>") for c in text[slice(*span)]):
        return "a raised letter belongs to the name; a power is x^n"
    # A name that ends in e is mostly a word: rate is not rat*e.
    factors = factors_of(name, {*known, *(c for c in CONSTANTS if c != "e")})
    if factors:
        return f"a product is {'*'.join(factors)}"
    bound = re.compile(rf"(?:^|[;\n])\s*{re.escape(name)}\s*=(?!=)").search(text, span[1])
    if bound is not None:
        return f"'{name}' is bound further on; a value is bound before the line that uses it"
    return None


def factors_of(name: str, known: Collection[str]) -> list[str]:
    """The known names that make up a name side by side, the longest first; none if they do not."""
    ways: dict[int, list[str]] = {0: []}
    for end in range(1, len(name) + 1) if len(name) <= LONGEST_PRODUCT else ():
        for start in range(end):
            if start in ways and name[start:end] in known:
                ways[end] = [*ways[start], name[start:end]]
                break
    found = ways.get(len(name), [])
    return found if len(found) > 1 else []
