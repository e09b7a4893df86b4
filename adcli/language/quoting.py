r"""Names in backticks. Characters that a line cannot show are written \uXXXX or \UXXXXXXXX."""

from __future__ import annotations

import re

from adcli.language.messages import is_harmless

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")


def quoted(name: str) -> str:
    r"""The name in backticks: control characters, backticks and what reads as an escape escaped.

    >>> quoted("my col"), quoted("a\x1b`b"), unquoted(quoted("\\u0041")) == "\\u0041"
    ('`my col`', '`a\\u001b\\u0060b`', True)
    """
    name = _ESCAPE.sub(lambda found: r"\u005c" + found[0][1:], name)
    return f"`{''.join(c if is_harmless(c) and c != '`' else _escaped(c) for c in name)}`"


def unquoted(text: str) -> str:
    """The name that a text in backticks stands for."""
    return _ESCAPE.sub(_character, text[1:-1])


def _escaped(c: str) -> str:
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def _character(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    return chr(code) if code < 0x110000 else found[0]
