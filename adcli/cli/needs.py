"""What options need to have an effect: one without it is an error, not a silent wish.

A field of a command's options says what its option needs; where it says nothing, the option always
has an effect, or whether it has is checked where that is known: which --precision and --engine fit
together as the choice of an engine says, and what a method of descent takes in its settings. A
choice that says what happens anyway (--missing error) has its effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import click

from adcli.errors import UsageError

Parsed = Mapping[str, Any]
"""The values of all options of a command line, by name."""


class Need(NamedTuple):
    """What is said of an option, behind its name, where `met` does not hold; and a hint.

    The help of an option says it, too, if it is `in_help`.
    """

    told: str
    met: Callable[[Parsed], bool]
    hint: str = ""
    in_help: bool = True

    def hint_for(self, option: str) -> str:
        """What to do about an option that lacks this need."""
        add = "add that, or " if self.told.startswith("needs ") else ""
        return self.hint or f"{add}leave {option} out"


def has(*names: str) -> Callable[[Parsed], bool]:
    """Whether one of some options is given."""
    return lambda parsed: any(parsed[name] not in (None, (), False) for name in names)


def has_none(*names: str) -> Callable[[Parsed], bool]:
    """Whether none of some options is given."""
    return lambda parsed: not has(*names)(parsed)


def is_one(name: str, *values: Any) -> Callable[[Parsed], bool]:
    """Whether an option has one of some values."""
    return lambda parsed: parsed[name] in values


NO_WRT = Need("and --wrt exclude each other", has_none("wrt"), "leave one out")
A_TABLE = Need(
    "needs --format table",
    lambda parsed: parsed["form"] == "table" and not parsed.get("explain_engine"),
)
A_TABLE_OR_PAGE = Need("needs --format table or html", is_one("form", "table", "html"))

LOOKS = ("form", "kind", "digits", "color")
"""Options that say how results look."""


def check_needs(
    context: click.Context, parsed: Parsed, needs: Mapping[str, Sequence[Need]]
) -> None:
    """Raise UsageError for an option on the command line that has no effect.

    `parsed` are the options with the formats chosen, `needs` what each needs.
    """
    for parameter in context.command.params:
        _refuse(context, parameter, needs.get(parameter.name or "", ()), parsed)


def refuse_given(context: click.Context, names: Sequence[str], need: Need) -> None:
    """Raise UsageError for the first of the options `names` that is given and lacks its `need`."""
    for parameter in context.command.params:
        if parameter.name in names:
            _refuse(context, parameter, [need], context.params)


def _refuse(
    context: click.Context, parameter: click.Parameter, needs: Iterable[Need], parsed: Parsed
) -> None:
    name = parameter.name or ""
    if context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
        return
    is_choice = isinstance(parameter.type, click.Choice)
    if is_choice and context.params.get(name) == parameter.default:
        return  # a choice of what happens anyway
    shown = parameter.opts[-1] if isinstance(parameter, click.Option) else "EXPR"
    for need in needs:
        if not need.met(parsed):
            raise UsageError(f"{shown} {need.told}", need.hint_for(shown))


def check_repeated(given: Sequence[click.Parameter]) -> None:
    """Raise UsageError for an option that is given twice though only the last one would count.

    How results look may be said again: a script's wish, and then another.
    """
    for parameter, count in Counter(given).items():
        if not isinstance(parameter, click.Option) or parameter.name in LOOKS:
            continue
        if count > 1 and not parameter.multiple and not parameter.is_flag:
            raise UsageError(
                f"{parameter.opts[-1]} is given {count} times, and only the last would count",
                "leave the others out",
            )


def explained(text: str, needs: Iterable[Need]) -> str:
    """The help of an option, with what it needs."""
    for need in needs:
        verb, _, rest = need.told.partition(" ")
        if verb in ("needs", "is") and need.in_help:
            sentence = need.told if verb == "needs" else rest
            text += f" {sentence[0].upper()}{sentence[1:]}."
    return text
