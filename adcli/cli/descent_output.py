"""What a descent and a training write when they have ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adcli.cli.show import show, write_text
from adcli.cli.terminal import is_terminal, remark
from adcli.language.messages import safe

if TYPE_CHECKING:
    from adcli.report.descent import DescentReport
    from adcli.report.training import TrainingReport


def report(
    kind: type[DescentReport] | type[TrainingReport],
    result: Any,
    parsed: Mapping[str, Any],
    pictures: Sequence[Any],
) -> int:
    """Write the object or the panel, then the pictures; returns the exit code."""
    for text in result.moved:
        remark(safe(text) + "\n")
    show(
        kind(result, timed=is_terminal(sys.stdout)),
        parsed["form"],
        parsed["output"],
        parsed["digits"],
    )
    for picture in pictures:
        picture.draw(result)
    return int(result.status.exit_code)


def print_now(text: str) -> None:
    """Text to standard output, at once."""
    write_text(None, text)
    sys.stdout.flush()


def plot_stream(parsed: Mapping[str, Any]) -> Callable[[str], object]:
    """Where a plot in the terminal goes: beside JSON standard output has the object alone."""
    return remark if parsed["form"] == "json" else print_now
