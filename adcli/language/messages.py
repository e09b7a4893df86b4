"""How an error looks: the message, the source line with a caret, and what would be right."""

from __future__ import annotations

import unicodedata

from adcli.errors import AdcliError, Span

WIDTH = 76
"""Columns of source that are shown; of a longer line, the part around the place."""


def safe(text: str) -> str:
    """Text without control characters or anything else that could steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else c.encode("unicode_escape").decode() for c in text)


def _is_harmless(c: str) -> bool:
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def columns(text: str) -> int:
    """How many terminal columns the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1
        for c in text
    )


def excerpt(text: str, span: Span) -> str:
    """The line that holds the span, numbered, with carets under the span."""
    start = min(span[0], len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    stop = max(start + 1, min(span[1], line_end))
    left, right = line_start, line_end
    if right - left > WIDTH:
        left = max(left, min(start - WIDTH // 3, right - WIDTH))
        right = min(line_end, left + WIDTH)
        stop = min(stop, right + 1)
    before = ("..." if left > line_start else "") + safe(text[left:start])
    shown = before + safe(text[start:right]) + ("..." if right < line_end else "")
    margin = f"{text.count(chr(10), 0, line_start) + 1} | "
    carets = "^" * max(1, columns(safe(text[start:stop])))
    shown = shown.replace("\\t", " ")
    indent = len(margin) + columns(before.replace("\\t", " "))
    return f"  {margin}{shown}\n  {' ' * indent}{carets}"


def render(error: AdcliError) -> str:
    """The whole message for a terminal, without colour: cause, place, hint."""
    lines = [f"error: {safe(error.message)}"]
    if error.span is not None and error.text is not None:
        lines.append(excerpt(error.text, error.span))
    if error.hint:
        lines.append(f"  hint: {safe(error.hint)}")
    return "\n".join(lines)
