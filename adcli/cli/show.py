"""How results leave a command: in the format that was asked for, to a file or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO

from adcli.cli.terminal import is_coloured, is_terminal, remark, stdout_bytes, width
from adcli.data.outlet import is_lost
from adcli.errors import UsageError
from adcli.report.rendering import DIGITS, Report, Screen, rendered

if TYPE_CHECKING:
    from adcli.data.writer import ResultWriter
    from adcli.explain.engine import Explanation

SHOWN_ELSEWHERE = ("expression", "source", "form", "output", "digits", "color")
"""Options that a page of a result does not list: it shows what they say."""


def show(report: Report, form: str, output: str | None, digits: int = DIGITS) -> None:
    """Write a result to a file or to standard output (None, "-")."""
    write_text(output, rendered(report, form, digits, screen(output)))


def show_engine(found: Explanation, form: str, output: str | None) -> None:
    """Write which engine was chosen as the result of the command."""
    from adcli.report.engine import EngineReport

    show(EngineReport(found), "json" if form == "json" else "plain", output)


def show_run(found: Explanation, begin: float) -> None:
    """Say on standard error what computed, and for how long since `begin`."""
    from adcli.report.engine import EngineReport

    text = "".join(rendered(EngineReport(found), "plain"))
    remark(f"{text}ran for {perf_counter() - begin:.3g} s\n")


def open_rows(
    form: str, output: str | None, digits: int, variables: Sequence[str], **settings: Any
) -> ResultWriter:
    """A writer of results of many rows to a file or to standard output (None, "-").

    `settings` are those of `open_results`, for the formats that scripts read.
    """
    from adcli.data.result_files import open_results
    from adcli.report.row_tables import open_texts

    target = stdout_bytes() if output is None or output == "-" else output
    if form in ("table", "plain"):
        return open_texts(target, form, variables, digits, screen(output))
    return open_results(target, form, variables=variables, **settings)


def write_text(output: str | None, text: str | Iterable[str]) -> None:
    """Write to a file, which appears when it is complete, or to standard output (None, "-").

    A long text comes in pieces.
    """
    pieces = [text] if isinstance(text, str) else text
    if output in (None, "-"):
        _write(stdout_bytes(), pieces)
        return
    from adcli.data.output import atomic_output

    with atomic_output(output) as stream:
        _write(stream, pieces)


def write_bytes(output: str | None, data: bytes) -> None:
    """Write to a file, which appears when it is complete, or to standard output (None, "-").

    Raises UsageError for a terminal, which shows no bytes.
    """
    if output in (None, "-"):
        if is_terminal(sys.stdout):
            raise UsageError("a picture of this kind cannot be shown here", "-o FILE keeps it")
        stdout_bytes().write(data)
        return
    from adcli.data.output import atomic_output

    with atomic_output(output) as stream:
        stream.write(data)


def _write(stream: BinaryIO, pieces: Iterable[str]) -> None:
    for piece in pieces:
        if is_lost(stream):
            return
        stream.write(piece.encode("utf-8", "surrogateescape"))


def screen(output: str | None) -> Screen:
    """The width and the colour for a table."""
    stream = sys.stdout if output in (None, "-") else None
    return Screen(width(stream), is_coloured(stream))
