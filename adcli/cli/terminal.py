"""Streams, colour and a progress bar: what the user's terminal can show."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from click import HelpFormatter
    from rich.console import Console

_choice: dict[str, bool | None] = {"color": None}
"""What --color said, for this run: True, False or None (decide by the stream)."""


def choose_color(when: str) -> None:
    """Set the colour for this run: `always`, `never` or `auto`."""
    _choice["color"] = {"always": True, "never": False}.get(when)


def is_coloured(stream: Any) -> bool:
    """Whether to write colour: --color decides, then NO_COLOR, then whether it is a terminal."""
    if _choice["color"] is not None:
        return _choice["color"]
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def is_terminal(stream: Any) -> bool:
    """Whether a stream is a terminal."""
    try:
        return bool(stream is not None and stream.isatty())
    except ValueError:  # closed
        return False


def emphasise(message: str) -> str:
    """A message with its first word in bold red, carets in red and hints in cyan."""
    lines = message.split("\n")
    head, colon, rest = lines[0].partition(":")
    lines[0] = f"\x1b[1;31m{head}{colon}\x1b[0m{rest}" if colon else lines[0]
    for i, line in enumerate(lines[1:], 1):
        if line.strip("^ ") == "" and "^" in line:
            lines[i] = f"\x1b[31m{line}\x1b[0m"
        elif line.startswith("  hint:"):
            lines[i] = f"\x1b[36m  hint:\x1b[0m{line[7:]}"
    return "\n".join(lines)


def remark(text: str) -> None:
    """Write what is not a result to standard error, if there is one, and the results before it.

    Characters that its encoding lacks are escaped.
    """
    if sys.stdout is not None:
        with suppress(OSError, ValueError):  # it may be closed
            sys.stdout.flush()
    if sys.stderr is not None:
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        with suppress(OSError, ValueError):  # nobody can be told
            sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()


def stdout_bytes() -> BinaryIO:
    """Standard output for bytes. Raises DataError where it is closed."""
    return _bytes_of(sys.stdout, "standard output")


def stdin_bytes() -> BinaryIO:
    """Standard input for bytes. Raises DataError where it is closed."""
    return _bytes_of(sys.stdin, "standard input")


def _bytes_of(stream: Any, name: str) -> BinaryIO:
    from adcli.errors import DataError

    if stream is None or stream.closed:
        raise DataError(f"{name} is closed")
    result: BinaryIO = stream.buffer
    return result


def width(stream: Any, otherwise: int = 100) -> int:
    """Columns of the terminal behind a stream, `otherwise` if it is none. COLUMNS overrides."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    if is_terminal(stream):
        try:
            return os.get_terminal_size(stream.fileno()).columns or 80
        except OSError:
            return 80
    return otherwise


def page(most: int = 80) -> HelpFormatter:
    """Click's formatter, as wide as standard output and at most `most` columns."""
    from click import HelpFormatter

    columns = max(min(width(sys.stdout), most), 30) - 2
    return HelpFormatter(width=columns, max_width=columns)


def console(stream: Any) -> Console:
    """Rich's console on a stream, for what is drawn again and again."""
    from rich.console import Console

    system: Any = "standard" if is_coloured(stream) else None
    columns = width(stream)
    return Console(
        file=stream, width=columns, color_system=system, highlight=False, markup=False, emoji=False
    )


PATIENCE = 0.7
"""Seconds before a bar appears."""


class Progress:
    """Shows how much of a file is done, if it takes long and standard error is a terminal."""

    def __init__(self, total: int | None, stream: Any, what: str = "points") -> None:
        self._total = total
        self._stream = stream
        self._what = what
        self._begin = time.monotonic()
        self._bar: Any = None
        self._shown = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._bar is not None:
            self._bar.__exit__(*exception)

    def advance(self, done: int, rows: int) -> None:
        """Say how many bytes are read and how many rows are done."""
        if not is_terminal(self._stream) or time.monotonic() - self._begin < PATIENCE:
            return
        if self._bar is None:
            import click

            self._bar = click.progressbar(
                length=self._total or max(done, 1),
                file=self._stream,
                show_percent=self._total is not None,
                item_show_func=lambda rows: f"{rows:,} {self._what}" if rows else "",
            )
            self._bar.__enter__()
        if self._total is None:
            self._bar.length = done + 1
        self._bar.update(done - self._shown, rows)
        self._shown = done


class Stages:
    """Says on standard error, if that is a terminal, what is being done; and takes it back."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._is_shown = False

    def __enter__(self) -> Stages:
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._is_shown:
            remark("\r\x1b[K")

    def say(self, stage: str) -> None:
        """The next stage, in the place of the one before."""
        if is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb":
            self._is_shown = True
            remark(f"\r\x1b[K{self._what}: {stage} ...")
