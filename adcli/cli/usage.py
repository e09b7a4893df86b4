"""Click's complaints in our words: one message, with what would be right."""

from __future__ import annotations

import os
import shlex
from typing import Any

import click

from adcli.errors import UsageError, closest

_LEFT_OUT = {
    "at": "as in --at x=2,y=3",
    "output": "as in -o results.json; '-' is standard output",
    "points": "as in --points points.csv; '-' is standard input",
    "source": "as in -f program.txt; '-' is standard input",
    "wrt": "as in --wrt x,y",
    "direction": "as in --direction x=1,y=0",
}
"""Option -> an example, where its value is left out."""

_INSTEAD = {
    ("diff", "--at"): "adcli grad evaluates the derivative at a point: adcli grad 'x^2' --at x=2",
    ("diff", "--points"): "adcli grad evaluates the derivative at points",
    ("descend", "--at"): "the start of a descent is --start x=2,y=3",
    ("fit", "--at"): "the starting values of parameters are --start a=1,b=0",
    ("grad", "--start"): "the point is --at x=2,y=3; adcli descend starts from one",
    (
        "propagate",
        "--data",
    ): "rows with columns x and u(x) are --points FILE; repeated observations --observations FILE",
    ("propagate", "--start"): "the values are --at 'x=2±0.1,y=3(1)'",
    ("eval", "--start"): "the point is --at x=2,y=3; adcli descend starts from one",
}
"""(command, option of another) -> what to write."""

_ALSO = {"start": "at", "points": "data", "lr": "rate", "learning-rate": "rate"}
"""Option of another command or program -> one that may be meant, where there is one."""

_EXAMPLES = {
    "descend": "'x^2 + y^2' --start x=2,y=3",
    "fit": "'y ~ a*x + b' --data rows.csv --start a=1,b=0",
    "diff": "'x^2 + y'",
}
"""Command -> an expression in quotes and what goes with it, for those that take no --at."""


def usage_error(error: click.ClickException, arguments: list[str]) -> UsageError:
    """Our error for one of click's."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "adcli"
    if not arguments:
        hint = "for example: adcli grad 'x^2' --at x=3; all commands: adcli --help"
        return UsageError("there is no command", hint)
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error, arguments, command)
    if isinstance(error, click.BadOptionUsage):
        return _bad_option(error, arguments)
    if isinstance(error, click.MissingParameter):
        return _missing(error, command)
    if isinstance(error, click.BadParameter):
        return _bad_value(error, command)
    if isinstance(error, click.FileError):
        return UsageError(f"cannot open {error.ui_filename}: {error.message}")
    message = error.format_message().rstrip(".")
    if "unexpected extra argument" in message:
        return _extra_argument(message, arguments, command)
    message = message[:1].lower() + message[1:]
    return UsageError(message, f"see '{command} --help'")


def _extra_argument(message: str, arguments: list[str], command: str) -> UsageError:
    extra = message.partition("(")[2].removesuffix(")")
    behind = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    if behind and any(word.startswith("--") for word in behind[1:]):
        others = shlex.join([*arguments[1 : arguments.index("--")], *behind[1:]])
        return UsageError(
            "nothing after '--' is an option",
            f"the expression goes last: {command} {others} -- {shlex.quote(behind[0])}",
        )
    return UsageError(f"'{extra}' is one argument too many", _place_of(extra, arguments, command))


def _place_of(extra: str, arguments: list[str], command: str) -> str:
    """What to write instead of an argument that cannot stand where it does."""
    options = {o for parameter in _parameters(arguments[0]) for o in parameter.opts}
    for option in {"--at", "--start"} & set(arguments):
        first = (arguments[arguments.index(option) + 1 :] or "=")[0]
        if "=" in extra or "=" not in first:
            return f"names and values, without spaces: {option} x=2,y=3"
    if "--data" in arguments and os.path.isfile(extra):
        return f"several files are --data a.csv --data {extra}, or a glob in quotes: --data '*.csv'"
    for option in ("--points", "--data"):
        if option in options and os.path.isfile(extra):
            return f"a file goes after an option: {option} {extra}"
    name, sign, _ = extra.partition("=")
    for option in ("--at", "--start"):
        if sign and name.isidentifier() and option in options:
            return f"values go behind an option: {option} {extra}"
    if command.endswith("diff") and extra.replace(",", "").isidentifier():
        return f"the variable to differentiate for: --wrt {extra}"
    if not {"--file", "-f"} & options:
        return f"see '{command} --help'"
    example = _EXAMPLES.get(arguments[0], "'x^2 + y' --at x=2,y=3")
    return f"put the whole expression in quotes: {command} {example}"


def _parameters(command: str) -> list[click.Parameter]:
    from adcli.cli.app import application

    found = application.get_command(click.Context(application), command)
    return found.params if found is not None else []


def _bad_option(error: click.BadOptionUsage, arguments: list[str]) -> UsageError:
    message = error.message.rstrip(".")
    message = message[:1].lower() + message[1:]
    name = error.option_name
    hint = None
    command = arguments[0]
    for parameter in _parameters(command):
        if name in parameter.opts:
            usual = f"as in {name} {parameter.metavar}" if parameter.metavar else None
            hint = _LEFT_OUT.get(parameter.name or "") or _taken(parameter) or usual
    if "requires an argument" in message:
        message = f"{name} needs a value behind it"
    return UsageError(message, hint or f"see 'adcli {command} --help'")


def _missing(error: click.MissingParameter, command: str) -> UsageError:
    name = getattr(error.param, "name", None) or ""
    return UsageError(
        f"{name.upper()} is missing", _taken(error.param) or f"see '{command} --help'"
    )


def _bad_value(error: click.BadParameter, command: str) -> UsageError:
    """A value that an option does not take: what it takes."""
    name = _name(error.param) if error.param is not None else command
    taken = _taken(error.param)
    if taken is None:
        return UsageError(f"{name}: {error.message.rstrip('.')}", f"see '{command} --help'")
    value = _value(error)
    meant = closest(value, getattr(getattr(error.param, "type", None), "choices", ()))
    hint = f"did you mean '{meant}'? {taken}" if meant else taken
    return UsageError(f"{name} cannot be '{value}'", hint)


def _value(error: click.BadParameter) -> str:
    """The value that click complains of: in quotes, or the first word of the message."""
    message = error.message
    if message.startswith("'"):
        return message[1:].partition("' is not ")[0]
    return message.partition(" ")[0]


def _name(parameter: click.Parameter) -> str:
    options = [o for o in parameter.opts if o.startswith("--")]
    return options[0] if options else (parameter.name or "").upper()


def _taken(parameter: Any) -> str | None:
    """What an option takes, where its kind can tell."""
    kind = getattr(parameter, "type", None)
    if isinstance(kind, click.Choice):
        return "the choices are " + ", ".join(map(str, kind.choices))
    return getattr(kind, "meant", None)


def _no_such_option(error: click.NoSuchOption, arguments: list[str], command: str) -> UsageError:
    name = error.option_name
    for argument in arguments:
        starts = argument.startswith(name) or argument.startswith("-" + name.lstrip("-"))
        if starts and not argument.startswith("--") and _looks_like_mathematics(argument):
            others = shlex.join(a for a in arguments[1:] if a != argument)
            whole = f"{command} {others} -- '{argument}'".replace("  ", " ")
            return UsageError(
                f"'{argument}' is taken for an option",
                f"an expression that starts with a minus goes last, after --: {whole}",
            )
    instead = _INSTEAD.get((command.rpartition(" ")[2], name))
    if instead is not None:
        return UsageError(f"no such option: {name}", instead)
    known: dict[str, str] = {}
    word = name.lstrip("-")
    if error.ctx is not None:
        for parameter in error.ctx.command.params:
            kind = parameter.type
            if isinstance(kind, click.Choice) and word in kind.choices:
                return UsageError(f"no such option: {name}", f"write {_name(parameter)} {word}")
            known.update({o[2:]: o for o in parameter.opts if o.startswith("--")})
    meant = _ALSO[word] if _ALSO.get(word) in known else closest(word, known)
    hint = f"did you mean '{known[meant]}'?" if meant else None
    return UsageError(f"no such option: {name}", hint or f"see '{command} --help'")


def _looks_like_mathematics(argument: str) -> bool:
    rest = argument[1:]
    return bool(rest) and (not rest.isalpha() or len(rest) == 1 or rest in ("pi", "inf"))
