"""What a program may not have been meant to say, although it is one."""

from __future__ import annotations

import re

from adcli.errors import LanguageError, Span

MOST_TEXT = 2_000
"""Characters of a text that somebody typed; longer ones are not looked through."""

_COMMENT = r"#[^\n]*"
_DECIMAL_COMMA = r"(?<![\w.,])(\d+),(\d+)(?![\w.]*,)"
_DIVISOR = r"/\s*(?P<number>(?>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))(?=[^\W\d]|\()"


def remarks(text: str, at_terminal: bool) -> list[LanguageError]:
    """The remarks on a program, each with its place and what to write instead.

    `3,5*x` is two results. `1/3x` divides by 3x: a rule of the language that somebody `at_terminal`
    may not know. Patterns are compiled only where their sign occurs: starting up must cost nothing.
    """
    if len(text) > MOST_TEXT:
        return []
    program = re.sub(_COMMENT, lambda comment: " " * len(comment[0]), text)
    found = []
    for match in re.finditer(_DECIMAL_COMMA, program) if "," in program else ():
        before = program[: match.start()]
        if all(before.count(a) == before.count(b) for a, b in ("()", "[]")):
            hint = f"a decimal number is written with a point: {match[1]}.{match[2]}"
            found.append(_remark(text, match.span(), "a comma separates results", hint))
    for match in re.finditer(_DIVISOR, program) if at_terminal and "/" in program else ():
        number = match["number"]
        what = f"the divisor is the product that starts with {number}"
        hint = f"(1/{number}) in brackets is a factor"
        found.append(_remark(text, (match.start("number"), match.end() + 1), what, hint))
    return found


def _remark(text: str, span: Span, message: str, hint: str) -> LanguageError:
    return LanguageError(message, hint, span=span, text=text)
