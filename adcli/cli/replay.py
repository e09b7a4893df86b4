"""`adcli replay`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from adcli.cli.declare import Options, argument, as_command
from adcli.cli.formats import JSON
from adcli.cli.kinds import format_choice, text
from adcli.cli.limits import INTERRUPTED
from adcli.cli.needs import A_TABLE
from adcli.cli.options import COLOR, OUTPUT, digits_option
from adcli.cli.show import show
from adcli.cli.terminal import is_terminal
from adcli.errors import DataError, UsageError

if TYPE_CHECKING:
    from adcli.data.run_record import RunRecord

EXAMPLES = """\b
Examples:
  adcli descend 'x^2 + 3y^2' --start x=4,y=2 --record run.json
  adcli replay run.json
  adcli descend 'x^2 + 3y^2' --start x=4,y=3 --record other.json
  adcli replay run.json --against other.json --format json > compared.json || true

\b
Exit codes: 0 the same bit for bit, or to rounding; 1 different; 2 wrong usage. 'adcli help record'
says what a record holds, and what counts as rounding."""


class ReplayOptions(Options):
    """Which record, and what it is compared with."""

    path: str = argument(metavar="RECORD")
    against: str | None = text("OTHER", "Compare with another record, and run nothing.")
    form: str = format_choice(
        "--format",
        ["table", "json", "plain"],
        JSON,
        "table for people; json, what has changed and both records; plain, the verdict alone: "
        "same, rounding or different.",
    )
    output: str | None = OUTPUT
    digits: int = digits_option(A_TABLE)
    color: None = COLOR


@as_command("replay", EXAMPLES)
def command(options: ReplayOptions) -> int:
    """Run again what a record keeps, and say whether the results are the same.

    Files are read from the paths in the record, and their checksums compared; nothing that the
    first run wrote (-o, --save, --trace, ...) is written again. Differences have their reasons:
    other data, settings, versions, or another machine.
    """
    from adcli.comparison.replay import compare_runs
    from adcli.data.run_record import read_record
    from adcli.report.replay import ReplayReport

    then = read_record(options.path)
    if options.against is None:
        found, names = compare_runs(then, run_again(then)), ("then", "now")
    else:
        found = compare_runs(then, read_record(options.against))
        names = (options.path, options.against)
    show(ReplayReport(found, names), options.form, options.output, options.digits)
    return found.exit_code


def run_again(then: RunRecord) -> RunRecord:
    """Run what a record keeps, by its command; the record of that run.

    Raises UsageError and DataError for a record that asks for what the command does not take, for
    files that are not there, and what the command raises.
    """
    from adcli.cli import descend, fit, grad
    from adcli.cli.recording import RunNotes

    name = then["command"]
    commands = {"descend": descend.command, "fit": fit.command, "grad": grad.command}
    found: click.Command = commands[name]
    arguments = list(arguments_of(then, found))
    for each in then["inputs"]:
        if each["path"] == "-":
            if is_terminal(sys.stdin):
                raise UsageError(
                    "the run read its data from standard input, which is not kept",
                    "give them again: adcli replay RECORD < FILE",
                )
        elif not os.path.exists(each["path"]):
            raise UsageError(
                f"the run read '{each['path']}' ({each['option']}), which is not there",
                "put it back, or replay in the folder of the run",
            )
    recorder = RunNotes()
    found.main(arguments, prog_name=f"adcli {name}", standalone_mode=False, obj=recorder)
    ends = recorder.body["exit_code"], then["exit_code"]
    if ends[0] == INTERRUPTED != ends[1]:  # by Ctrl-C now: half a run says nothing
        raise KeyboardInterrupt
    return recorder.body


def arguments_of(then: RunRecord, found: Any) -> Iterator[str]:
    """The command line of a record: its program, and the settings that were not left as they are.

    The result goes nowhere. Raises DataError for a setting that the command does not have.
    """
    from adcli.cli.recording import LOOKS_AND_FILES

    again = "it was made by another version of adcli, or by hand"
    fields = found.options.fields
    for name, setting in then["settings"].items():
        if setting["default"]:
            continue
        if name not in fields or name in LOOKS_AND_FILES:
            raise DataError(f"adcli {then['command']} has no setting '{name}' to replay", again)
        field, value = fields[name], setting["value"]
        written = field.parameter(name)
        values = value if isinstance(value, list) else [value]
        is_right = isinstance(value, list) == bool(field.settings.get("multiple"))
        is_right = is_right and (value is True or not written.is_flag)
        if not is_right or not all(type(x) in (str, int, float, bool) for x in values):
            raise DataError(f"the setting '{name}' of the record is not one", again)
        if written.is_flag:
            yield written.opts[-1]
            continue
        yield from (
            f"{written.opts[-1]}={x!r}" if type(x) is float else f"{written.opts[-1]}={x}"
            for x in values
        )
    yield from ("--format=json", f"--output={os.devnull}")
    if then["program"] is not None:
        yield from ("--", then["program"])
