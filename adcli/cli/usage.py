"""Click's complaints in our words: one message, with what would be right."""

from __future__ import annotations

import click

from adcli.errors import UsageError
from adcli.language.suggestion import did_you_mean


def usage_error(error: click.ClickException, arguments: list[str]) -> UsageError:
    """Our error for one of click's."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "adcli"
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error, arguments, command)
    if isinstance(error, click.FileError):
        return UsageError(f"cannot open {error.ui_filename}: {error.message}")
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    return UsageError(message, f"see '{command} --help'")


def _no_such_option(error: click.NoSuchOption, arguments: list[str], command: str) -> UsageError:
    name = error.option_name
    for argument in arguments:
        starts = argument.startswith(name) or argument.startswith("-" + name.lstrip("-"))
        if starts and not argument.startswith("--") and _looks_like_mathematics(argument):
            return UsageError(
                f"'{argument}' is taken for an option",
                f"an expression that starts with a minus goes after --: {command} -- '{argument}'",
            )
    known = []
    if error.ctx is not None:
        known = [o for p in error.ctx.command.params for o in p.opts if o.startswith("--")]
    hint = did_you_mean(name, known) or f"see '{command} --help'"
    return UsageError(f"no such option: {name}", hint)


def _looks_like_mathematics(argument: str) -> bool:
    rest = argument[1:]
    return bool(rest) and (not rest.isalpha() or len(rest) == 1 or rest in ("pi", "inf"))
