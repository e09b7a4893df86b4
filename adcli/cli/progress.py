"""A progress bar on standard error, for people who wait."""

from __future__ import annotations

import time
from typing import Any

from adcli.cli.terminal import is_terminal

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
