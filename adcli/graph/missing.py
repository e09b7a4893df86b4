"""What a name without a value, or a sign of calculus, was probably meant to be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from adcli.errors import Span
from adcli.graph.constants import CONSTANTS
from adcli.graph.library import LIBRARY, is_function

DERIVATIVE = "commands differentiate: adcli diff gives the derivative, adcli grad its value"
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

NAMES = {
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), "true is 1, false is 0"),
    **dict.fromkeys(("nan", "NaN", "None", "null"), "there is no constant for a missing number"),
    "end": "the last element is x[-1]; x[1:] goes to the end",
}
"""Words for values in other languages."""

CAPITALS = {
    "E": "e",
    **dict.fromkeys(("PI", "Pi"), "pi"),
    **dict.fromkeys(("Inf", "INF", "Infinity", "infinity", "oo"), "inf"),
}
"""Names of constants in other languages."""

LONGEST_PRODUCT = 12
"""Letters of a name that may be a product of names written side by side."""


def meaning(name: str, known: Collection[str], text: str, span: Span) -> str | None:
    """A hint for a variable that has no value, if its name says what was meant.

    `known` are the other variables and the names with values; `span` is the name's first place.
    """
    if name in UNITS:
        return UNITS[name]
    if name in NAMES:
        return NAMES[name]
    if name in CAPITALS:
        return f"the constant is {CAPITALS[name]}"
    before, behind = text[: span[0]].rstrip(), text[span[1] :].lstrip()
    if name[0] == "d" and re.match(r"\w*\s*(?:(?:\^|\*\*)\s*\d|[²³])?\s*/\s*d\w", text[span[0] :]):
        return DERIVATIVE
    if name == "T" and before.endswith(("^", "**")):
        return "a matrix is turned by transpose(A)"
    if name in ("i", "j") and before[-1:].isdigit():
        return "numbers are real here: there are no complex ones"
    if re.search(r"(?<![\w.])0\Z", before) and re.fullmatch(r"x[0-9a-f]+|b[01]+|o[0-7]+", name):
        return "numbers are written in decimal digits"
    if behind.startswith("<-") and re.search(r"(?:\A|[;\n])\Z", before):
        return f"a name is bound by {name} = value"
    if behind.startswith("[") and is_function(name.lower()):
        return f"a function is called with round brackets: {name.lower()}(x)"
    if name in LIBRARY:
        return f"the function is called: {LIBRARY[name].signature()}"
    if name in WORDS and text[span[0] : span[1]] == name:
        return WORDS[name]
    if "ᵀ" in text[span[0] : span[1]]:
        return "a matrix is turned by transpose(A)"
    if any(unicodedata.decomposition(c).startswith("<super>") for c in text[slice(*span)]):
        return "a raised letter belongs to the name; a power is x^n"
    # A name that ends in e is mostly a word: rate is not rat*e.
    constants = {c for c in CONSTANTS if c != "e" or before[-1:].isdigit()}
    factors = factors_of(name, {*known, *constants})
    if factors:
        return f"a product is {'*'.join(factors)}"
    for length in range(len(name) - 1, 1, -1):
        is_value = name[length:].lstrip("0123456789") in {*known, *CONSTANTS}
        if name[:length] in LIBRARY and is_value:
            return f"the argument goes in brackets: {name[:length]}({name[length:]})"
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
