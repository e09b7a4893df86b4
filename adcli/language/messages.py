r"""How an error looks: the message, the source line with a caret, and what would be right.

Names in backticks have characters that a line cannot show as \uXXXX or \UXXXXXXXX.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import accumulate

from adcli.errors import AdcliError, Span

WIDTH = 80
"""Columns of a terminal, where nobody says how many there are."""

LONGEST = 600
"""Characters of a message or a hint that are shown; names may be as long as a user likes."""


def safe(text: str) -> str:
    """Text without control characters or anything else that could steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if is_harmless(c) else c.encode("unicode_escape").decode() for c in text)


def is_harmless(c: str) -> bool:
    """Whether a character is shown as it is: no control character, nothing that has no meaning."""
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def counted(number: int, what: str) -> str:
    """`1 row`, `1,000 rows`."""
    return f"{number:,} {what}" + "s" * (number != 1)


def columns(text: str) -> int:
    """How many terminal columns the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1
        for c in text
    )


def excerpt(text: str, span: Span, width: int = WIDTH) -> str:
    """The line that holds the span, numbered, with carets under the span.

    Of a line that is wider than the terminal, the part around the place.
    """
    start = min(span[0], len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    margin = f"  {text.count(chr(10), 0, line_start) + 1} | "
    room = max(10, width - len(margin) - 1)
    left, right = _window(text, line_start, start, line_end, room)
    before = "..." * (left > line_start) + _shown(text[left:start])
    after = _shown(text[start:right]) + "..." * (right < line_end)
    place = columns(_shown(text[start : max(start, min(span[1], right))]))
    carets = "^" * max(1, place)
    return f"{margin}{before}{after}\n{' ' * (len(margin) + columns(before))}{carets}"


def _window(text: str, line_start: int, start: int, line_end: int, room: int) -> tuple[int, int]:
    """Which part of a line to show: all of it, or what fits around `start`."""
    # Every character takes a column or none, and few take none: look at no more than these.
    if line_end - line_start <= 4 * room and columns(_shown(text[line_start:line_end])) <= room:
        return line_start, line_end
    room -= 6  # the dots on both sides
    before = _widths(reversed(text[max(line_start, start - 4 * room) : start]))
    after = _widths(text[start : min(line_end, start + 4 * room)])
    left = start - sum(width <= room // 3 for width in before)
    room -= columns(_shown(text[left:start]))
    return left, start + sum(width <= room for width in after)


def _widths(characters: Iterable[str]) -> Iterator[int]:
    """The columns that the first character takes, the first two take, and so on."""
    return accumulate(columns(_shown(c)) for c in characters)


def _shown(text: str) -> str:
    return safe(text.replace("\t", " "))


def shortened(text: str) -> str:
    """A text of any length, in the middle of which something may be left out."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST * 2 // 3]} ... {text[-LONGEST // 3 :]}"


def render(error: AdcliError, width: int = WIDTH) -> str:
    """The whole message for a terminal, without colour: cause, place, hint."""
    lines = [f"error: {shortened(safe(error.message))}"]
    if error.span is not None and error.text is not None:
        lines.append(excerpt(error.text, error.span, width))
    if error.hint:
        lines.append(f"  hint: {shortened(safe(error.hint))}")
    return "\n".join(lines)


def render_note(remark: AdcliError) -> str:
    """The lines of a remark that is not an error."""
    return "note" + render(remark).removeprefix("error") + "\n"


_ESCAPE = r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})"
"""Compiled for the first name in backticks, not at every start."""


def quoted(name: str) -> str:
    r"""The name in backticks: control characters, backticks and what reads as an escape escaped.

    >>> quoted("my col"), quoted("a\x1b`b"), unquoted(quoted("\\u0041")) == "\\u0041"
    ('`my col`', '`a\\u001b\\u0060b`', True)
    """
    name = re.sub(_ESCAPE, lambda found: r"\u005c" + found[0][1:], name)
    return f"`{''.join(c if is_harmless(c) and c != '`' else _escape_of(c) for c in name)}`"


def unquoted(text: str) -> str:
    """The name that a text in backticks stands for."""
    return re.sub(_ESCAPE, _character, text[1:-1])


def _escape_of(c: str) -> str:
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def _character(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    return chr(code) if code < 0x110000 else found[0]
