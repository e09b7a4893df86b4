"""HTML whose texts are escaped by the way it is made."""

from __future__ import annotations

from html import escape

from adcli.language.messages import safe


class Markup(str):
    """A text that is HTML. Any other text is escaped when it becomes part of one."""

    __slots__ = ()


def markup(text: str) -> Markup:
    """A text as HTML: escaped, without control characters.

    >>> markup("a < b")
    'a &lt; b'
    """
    if isinstance(text, Markup):
        return text
    return Markup(escape("\n".join([safe(line) for line in text.split("\n")]), quote=False))


def tag(name: str, *children: str, **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is the attribute class, `data_node` is data-node; True is an attribute
    without a value, False and None are none.

    >>> tag("b", "1 < 2", class_="x", hidden=True)
    '<b class="x" hidden>1 &lt; 2</b>'
    """
    parts = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(key)
        elif value is not False and value is not None:
            shown = escape(safe(str(value)), quote=False).replace('"', "&quot;")
            parts.append(f'{key}="{shown}"')
    start = " ".join(parts)
    return Markup(f"<{start}>{join(*children)}</{name}>")


def join(*parts: str) -> Markup:
    """Parts one after the other."""
    return Markup("".join([markup(part) for part in parts]))
