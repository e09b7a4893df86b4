"""Texts: results as people and scripts get them, characters of messages, marked places."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from adcli.report.rendering import Report, Screen, rendered


def text_of(report: Report, form: str, width: int = 100) -> str:
    """A result in a format; tables without colour."""
    return "".join(rendered(report, form, 6, Screen(width, False)))


def record_of(report: Report) -> Any:
    """A result as it comes back from its JSON."""
    return json.loads(text_of(report, "json"))


def is_shown(character: str) -> bool:
    """Whether a terminal shows a character, or ends a line at it; no other may be in a message."""
    return character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")


def marked_place(marked: str) -> tuple[str, tuple[int, int] | None]:
    """A text without its marks « and », and the place between them; None for a text without marks.

    Where nothing is between them, as at the end of a text, the place is that of one character.
    """
    if "«" not in marked:
        return marked, None
    start, stop = marked.index("«"), marked.index("»") - 1
    return marked.replace("«", "").replace("»", ""), (start, max(stop, start + 1))
