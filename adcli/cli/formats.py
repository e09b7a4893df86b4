"""Formats by name: how the name of an output ends says what is written there.

A name with an ending that a command does not write is an error. Endings of texts (.txt, ...) and
names without an ending say nothing, nor do devices and pipes. A format that is asked for goes
before what a name says, unless that is Parquet, which is asked for by names alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

from adcli.errors import UsageError

Endings = Mapping[str, str]
"""How a name ends -> the format."""

JSON: Endings = {".json": "json", ".jsonl": "json", ".ndjson": "json"}
HTML: Endings = {".html": "html", ".htm": "html"}
RECORD: Endings = {".csv": "csv", **JSON}
ROWS: Endings = {**RECORD, ".parquet": "parquet"}
TEXTS = (".txt", ".dat", ".log", ".out", ".tmp")


class FormatOption(click.Option):
    """An option that names a format; without it the name of -o decides, else it is `fallback`."""

    def __init__(self, *names: Any, endings: Endings, fallback: str, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.endings = endings
        self.fallback = fallback

    def chosen(self, parsed: Mapping[str, Any]) -> str:
        """The format, by the values of all options. Raises UsageError for a name that tells none
        of this command."""
        return self.first(parsed, format_of("-o", parsed["output"], self.endings))

    def first(self, parsed: Mapping[str, Any], told: str | None) -> str:
        """The format asked for, or else the one that the name of the output told."""
        return told if told == "parquet" else parsed[str(self.name)] or told or self.fallback


def format_of(
    option: str, output: str | None, endings: Endings, texts: Iterable[str] = TEXTS
) -> str | None:
    """The format that a name tells, if it tells one.

    Raises UsageError for an ending that is neither one of `endings` nor one of `texts`.
    """
    if output is None or (os.path.exists(output) and not os.path.isfile(output)):
        return None  # standard output, a device, or a pipe
    ending = os.path.splitext(output)[1].lower()
    if ending in endings:
        return endings[ending]
    known = [*endings, *texts]
    if ending in texts or not ending.removeprefix(".") or _is_number(ending):
        return None
    raise UsageError(
        f"{option}: '{output}' ends in {ending}, which this command does not write",
        f"it writes {', '.join(known[:-1])} and {known[-1]}"
        if known[1:]
        else f"it writes {known[0]}",
    )


def _is_number(ending: str) -> bool:
    """Whether what follows a dot is the end of a number, as in `rate-0.5`."""
    try:
        float(ending)
    except ValueError:
        return ending[1:2].isdigit() and not any(map(str.isalpha, ending))
    return True


OUTPUTS = ("output", "save", "plot", "trace", "animate", "checkpoint", "record")
"""Options that name a file to write."""


def outputs_among(parsed: Mapping[str, Any]) -> list[str]:
    """The files to write. Raises UsageError for two of one name."""
    found: dict[str, str] = {}
    for option in OUTPUTS:
        given = parsed.get(option)
        if given is None or given == "-" or given.startswith("/dev/"):
            continue
        name = given
        with suppress(OSError):  # the working folder is gone: writing says so
            name = os.path.abspath(given)
        other = found.setdefault(name, option)
        if other != option:
            raise UsageError(f"--{other} and --{option} name the same file", "give each its own")
    return [parsed[option] for option in found.values()]


def check_outputs(names: Sequence[str]) -> None:
    """Raise for a file that cannot be written what writing it would: after the work it would be
    too late."""
    for name in names:
        from adcli.data.output import check_output

        check_output(name)
