"""The commands, by name; each is imported when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import click

from adcli import __version__
from adcli.errors import UsageError, did_you_mean

COMMANDS = {
    "eval": ("adcli.cli.eval", "Value at each point."),
    "grad": ("adcli.cli.grad", "Value and gradient at each point."),
    "jacobian": ("adcli.cli.jacobian", "Matrix of first derivatives."),
    "hessian": ("adcli.cli.hessian", "Matrix of second derivatives."),
    "diff": ("adcli.cli.diff", "The derivative as a formula: text, LaTeX, Python, NumPy or C."),
    "taylor": ("adcli.cli.taylor", "Taylor coefficients at a point: derivatives of high order."),
    "trace": ("adcli.cli.trace", "The evaluation trace, step by step, in both modes."),
    "compare": ("adcli.cli.compare", "All methods side by side, and a check of gradients."),
    "graph": ("adcli.cli.graph", "The computational graph, drawn; every path to a variable."),
    "descend": ("adcli.cli.descend", "The minimum, from a start: gradient descent and better."),
    "fit": ("adcli.cli.fit", "Least squares: a model's parameters with standard errors."),
    "propagate": ("adcli.cli.propagate", "Uncertainty of a result, with its budget."),
    "replay": ("adcli.cli.replay", "A recorded run again: the same bit for bit, or why not."),
    "functions": ("adcli.cli.functions", "The functions of the language with their derivatives."),
    "help": ("adcli.cli.help", "Pages on topics such as points, data and exit codes."),
    "completion": ("adcli.cli.completion", "Completion script for bash, zsh or fish."),
}
"""Command -> (module that defines `command`, one line of help)."""


START = (
    ("adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3", "a derivative, step by step"),
    ("adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3", "its numbers alone"),
    ("adcli help", "topics: points, data, kinks, engines, exit codes"),
)
"""Where to begin, and what is seen there."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is wanted."""

    summaries: ClassVar[Mapping[str, str]] = {name: text for name, (_, text) in COMMANDS.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS)
            if hint is None and any(c in args[0] for c in "+*/^()"):
                hint = f"name a command first: adcli grad '{args[0]}' --at ..."
            hint = hint or "the commands are " + ", ".join(COMMANDS)
            raise UsageError(f"unknown command '{args[0]}'", hint)
        if args[0] == "diff" and "--taylor" in args:
            args = ["taylor", *[a for a in args[1:] if a != "--taylor"]]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands, explained by adcli COMMAND --help"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def format_welcome(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where to begin, and the commands."""
        formatter.write("New here?\n")
        for line, reason in START:
            fits = len(line) + len(reason) + 6 <= formatter.width
            formatter.write(f"  {line}" + ("  # " if fits else "\n      # ") + f"{reason}\n")
        self.format_commands(ctx, formatter)


def _show_version(ctx: click.Context, _: Any, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"adcli {__version__}")
        ctx.exit()


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli eval 'sqrt(x^2 + y^2)' --at x=3,y=4 --format json
  adcli hessian '(1 - x)^2 + 100(y - x^2)^2' --at x=1,y=1

adcli help TOPIC explains points, data, kinks, engines and exit codes.

Exit codes: 0 done; 1 the work failed; 2 wrong usage or syntax; 130 interrupted. Of descend and fit
also: 3 iteration or time limit; 4 diverged; 5 stalled.""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def application() -> None:
    """adcli, the differentiating calculator: a function as text, its exact values and gradients."""
