"""Quantities that follow from the parameters of a fit, as statements: `half = log(2)/k`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from adcli.errors import UsageError, did_you_mean
from adcli.function import Function, function
from adcli.graph.constants import CONSTANTS

_NAMED = re.compile(r"\s*(`[^`\n]+`|[^\W\d][\w\u0300-\u036f]*)\s*=(?!=)")

WrittenQuantities = Mapping[str, str] | Iterable[str] | None
"""Quantities as callers give them: expressions by name, or texts NAME = EXPR."""


class Quantity(NamedTuple):
    """One statement: its name, its text, and the function of other names that it means."""

    name: str
    text: str
    f: Function

    @property
    def expression(self) -> str:
        """What stands to the right of the name."""
        found = _NAMED.match(self.text)
        return self.text[found.end() :].strip() if found else self.text


def read_quantities(given: WrittenQuantities, option: str) -> tuple[Quantity, ...]:
    """The quantities that an `option` gives, which messages name.

    Raises UsageError for what is not a statement NAME = EXPR, and for a name given twice;
    LanguageError, with the place, for an expression that is none.
    """
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Mapping | list | tuple | None):
        raise UsageError(
            f"{option} is expressions by name, or texts, not {type(given).__name__}",
            "for example {'half': 'log(2)/k'}, or ['half = log(2)/k']",
        )
    if isinstance(given, Mapping):
        texts = [f"{_written(name)} = {text}" for name, text in given.items()]
    else:
        texts = list(given or ())
    found: dict[str, Quantity] = {}
    for text in texts:
        quantity = _read(text, option)
        if quantity.name in found:
            raise UsageError(f"{option} gives '{quantity.name}' twice", "take one away")
        found[quantity.name] = quantity
    return tuple(found.values())


def _written(name: Any) -> str:
    return f"`{name}`" if not str(name).isidentifier() or name in CONSTANTS else str(name)


def _read(text: Any, option: str) -> Quantity:
    if not isinstance(text, str):
        raise UsageError(f"{option}: a quantity is a text, not {type(text).__name__}")
    named = _NAMED.match(text)
    if not named or "\n" in text.strip() or ";" in text:
        raise UsageError(
            f"{option} '{text}' is not one statement NAME = EXPR",
            "an array is given as a whole: v = [a, 2a]"
            if "[" in text.partition("=")[0]
            else "for example half = log(2)/k; more of them one by one",
        )
    name = unicodedata.normalize("NFKC", named[1].strip("`"))
    f = function(text)
    if name in f.inputs:
        raise UsageError(
            f"{option}: '{name}' is defined by itself",
            "a quantity follows from other names",
            span=f.graph.span(f.inputs[name]),
            text=text,
        )
    return Quantity(name, text, f)


def ordered(quantities: Sequence[Quantity], option: str) -> list[Quantity]:
    """The quantities so that each stands behind those it is computed from.

    Raises UsageError where they go round in a circle.
    """
    waiting = {q.name: q for q in quantities}
    found: list[Quantity] = []
    while waiting:
        ready = [q for q in waiting.values() if not any(n in waiting for n in q.f.inputs)]
        if not ready:
            names = ", ".join(waiting)
            raise UsageError(f"{option}: {names} are defined by one another", "leave one free")
        found += ready
        for q in ready:
            del waiting[q.name]
    return found


def check_quantities(
    quantities: Sequence[Quantity], option: str, known: Iterable[str], columns: Iterable[str]
) -> None:
    """Raise UsageError for names that clash with those `known`, the parameters, or with columns,
    and for expressions of other names than these and of quantities before."""
    names, columns = list(known), set(columns)
    for q in quantities:
        q.f.refuse_constants([*names, *columns])
        if q.name in columns:
            raise UsageError(f"{option}: '{q.name}' is a column of the data", "take another name")
        if q.name in names:
            raise UsageError(
                f"{option}: '{q.name}' is a parameter of the model already", "take another name"
            )
        for name, node in q.f.inputs.items():
            if name in names:
                continue
            what, hint = f"{option} names '{name}', which is not a parameter", ""
            if name in columns:
                what = f"{option} names '{name}', which is a column of the data"
                hint = "a quantity is of parameters; --predict FILE computes the model for rows"
            hint = hint or did_you_mean(name, names) or f"there are {', '.join(names[:8])}"
            raise UsageError(what, hint, span=q.f.graph.span(node), text=q.text)
        names.append(q.name)
