"""The functions of the language as people look them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.errors import UsageError, did_you_mean
from adcli.graph.library import ALIASES, LIBRARY
from adcli.graph.primitives import ELEMENTWISE, MATRIX, PRIMITIVES, SELECT, Primitive, no_derivative
from adcli.language.text import rule_inputs, rule_texts
from adcli.report.rendering import Report

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables

COMPOUND = "from its parts"
"""What stands for the rule of a function that is composed of primitives."""


class Description(NamedTuple):
    """A function: how it is written, its derivative by each input, where it is defined."""

    name: str
    written: str
    derivatives: dict[str, str]
    domain: str
    summary: str
    aliases: list[str]


@dataclass(frozen=True)
class FunctionsReport(Report):
    """A table of functions, or everything about a few (`in_full`)."""

    found: Sequence[Description]
    in_full: bool

    def records(self) -> Iterator[dict[str, Any]]:
        """An object a function."""
        return (d._asdict() for d in self.found)

    def plain(self) -> Iterator[Sequence[str]]:
        return ((d.name,) for d in self.found)

    def draw(self, tables: Tables, digits: int) -> None:
        """A row a function, or a table a function."""
        if not self.in_full:
            rows = [
                (d.written, "; ".join(d.derivatives.values()) or COMPOUND, d.summary)
                for d in self.found
            ]
            tables.words(["function", "derivative", "about"], rows)
            return
        for d in self.found:
            facts = [("written", d.written), ("about", d.summary)]
            facts += [(f"d/d{x}", rule) for x, rule in d.derivatives.items()]
            if not d.derivatives:
                facts.append(("derivative", COMPOUND))
            if d.domain:
                facts.append(("defined for", d.domain))
            if d.aliases:
                facts.append(("also", ", ".join(d.aliases)))
            tables.words([d.name, ""], facts)


def describe_functions(name: str | None = None) -> list[Description]:
    """All functions and operators, or the one of a name. Raises UsageError for an unknown name."""
    every = []
    for p in PRIMITIVES.values():
        if p.symbol and p.kind == ELEMENTWISE:
            written = f" {p.symbol} ".join(p.inputs) if len(p.inputs) > 1 else f"-{p.inputs[0]}"
            every.append(_description(p, written, [p.symbol]))
    for key, f in sorted(
        LIBRARY.items(), key=lambda found: found[1].kind not in (ELEMENTWISE, SELECT)
    ):
        aliases = [alias for alias, target in ALIASES.items() if target == key]
        every.append(_description(f, f.signature(), aliases))
    if name is None:
        return every
    wanted = ALIASES.get(name, name)
    found = [d for d in every if wanted in (d.name, *d.aliases)]
    if not found:
        hint = did_you_mean(name, [d.name for d in every]) or "'adcli functions' lists all"
        raise UsageError(f"unknown function '{name}'", hint)
    return found


def _description(row: Primitive, written: str, aliases: list[str]) -> Description:
    if row.kind not in (ELEMENTWISE, MATRIX, SELECT):
        return Description(row.word, written, {}, "", row.summary, aliases)
    derivatives = dict(zip(rule_inputs(row), rule_texts(row), strict=True))
    for name, partial in zip(row.inputs, row.partials, strict=False):
        if partial is no_derivative:
            derivatives[name] = "none"
    return Description(row.name, written, derivatives, row.domain, row.summary, aliases)
