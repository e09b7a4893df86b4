"""What a descent and a training write when they have ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adcli.cli.run import screen, write_text
from adcli.cli.terminal import is_terminal, remark
from adcli.language.messages import safe


def report(
    result: Any,
    parsed: Mapping[str, Any],
    json_record: Callable[[Any], str],
    panel_text: Callable[..., str],
    pictures: Sequence[Any],
) -> int:
    """Write the object or the panel, then the pictures; returns the exit code."""
    for text in result.moved:
        remark(safe(text) + "\n")
    if parsed["form"] == "json":
        text = json_record(result)
    else:
        timed = is_terminal(sys.stdout)
        text = panel_text(result, parsed["digits"], *screen(parsed["output"]), timed)
    write_text(parsed["output"], text)
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
