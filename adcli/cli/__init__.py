"""The command line: one file a command, thin; errors and exit codes in one place."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn, TextIO

from adcli.cli.interruption import came, settle
from adcli.cli.limits import INTERRUPTED, heed_limits, run_apart
from adcli.data.outlet import Outlet, outlet_of
from adcli.errors import AdcliError

COLLECT_EVERY = (200_000, 20, 100)
"""Graphs are large and hold no cycles: looking for cycles as often as Python does costs a tenth."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run adcli and exit with its code. Never shows a traceback (unless ADCLI_DEBUG is set)."""
    gc.set_threshold(*COLLECT_EVERY)
    _occupy_closed_streams()
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        try:
            settle()
            limited = heed_limits()
            _settle_streams()
            code = run_apart(lambda: _run(given), _lack_memory) if limited else execute(given)
        except KeyboardInterrupt:  # the second one, or one that was passed on
            code = INTERRUPTED
        _leave(code)
    except KeyboardInterrupt:  # at the last moment
        _remove_unfinished()
        os._exit(INTERRUPTED)


def _run(arguments: list[str]) -> int:
    """Run one command line to its end in a process of its own."""
    try:
        return execute(arguments)
    finally:
        _remove_unfinished()
        _flush()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):  # `execute` has said what is wrong with it
                stream.flush()


def _occupy_closed_streams() -> None:
    """Let no file that is opened later get the number of a standard stream that is closed: what is
    meant for the stream would go there, and libraries wait for ever for files of their own."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDONLY)  # gets the lowest number that is free


def _settle_streams() -> None:
    """Make the standard streams outlets: one that nobody reads stops nothing.

    Messages get a descriptor of their own, so that what a library in machine code writes to
    standard error before it fails can be held back.
    """
    sys.stdout = _through_outlet(1, sys.stdout)
    if sys.stderr is not None:
        sys.stderr = _through_outlet(os.dup(2), sys.stderr)


def _through_outlet(descriptor: int, old: Any) -> TextIO:
    """A stream of text like the old one, which is None where it is closed."""
    buffer = io.BufferedWriter(Outlet(descriptor, "w", closefd=False))
    if old is None:
        return io.TextIOWrapper(buffer, "utf-8")
    return io.TextIOWrapper(buffer, old.encoding, old.errors, line_buffering=old.line_buffering)


def _remove_unfinished() -> None:
    """Remove the files that a second signal kept the first one from removing."""
    output = sys.modules.get("adcli.data.output")
    if output is not None:
        output.remove_unfinished()


def _leave(code: int) -> NoReturn:
    """End the process here and now. Python would take its modules apart first, for 3 to 20 ms, and
    under the feet of threads that still read or compile; the system takes all back at once."""
    _remove_unfinished()
    if os.environ.get("ADCLI_DEBUG"):
        sys.exit(code)  # profilers and debuggers have something to do at the end
    _flush()
    os._exit(code)


def execute(arguments: list[str]) -> int:
    """Run one command line and return its exit code; messages go to standard error."""
    try:
        code = _dispatch(arguments)
        return _report_lost() or code
    except AdcliError as error:
        return _report(error)
    except KeyboardInterrupt:
        return _report_text("interrupted", INTERRUPTED)
    except MemoryError:
        return _lack_memory()
    except OSError as error:
        if error.errno == errno.ENOMEM or "os error 12" in str(error):  # the latter of polars
            return _lack_memory()
        return _report_text(_system_message(error), 1)
    except Exception as error:  # a defect of ours: say so in one line
        if came:
            return _report_text("interrupted", INTERRUPTED)
        if str(error) == "can't start new thread":
            return _report_text(
                f"error: not enough memory, or processes, for a thread\n  hint: {_LIMITED}", 1
            )
        if os.environ.get("ADCLI_DEBUG"):
            raise
        return _report_text(_defect(error), 1)
    except BaseException as error:
        if came or "KeyboardInterrupt" in str(error):
            return _report_text("interrupted", INTERRUPTED)
        if type(error).__name__ == "PanicException" and not os.environ.get("ADCLI_DEBUG"):
            return _report_text(_defect(error), 1)  # of a library in Rust
        raise


def _report_lost() -> int:
    """The exit code of results that standard output did not take, 0 where there are none.

    A reader who leaves is no error. Files that were asked for have been written all the same.
    """
    sys.stdout.flush()
    outlet = outlet_of(sys.stdout)
    if outlet is None or outlet.lost is None or outlet.lost.errno == errno.EPIPE:
        return 0
    if outlet.lost.errno == errno.EBADF:
        return _report_text("error: standard output is closed", 1)
    reason = str(outlet.lost.strerror).lower()
    return _report_text(f"error: cannot write standard output: {reason}", 1)


def _lack_memory() -> int:
    return _report_text(f"error: not enough memory\n  hint: {_LIMITED}", 1)


_LIMITED = "'ulimit -a' shows what is limited"


def _dispatch(arguments: list[str]) -> int:
    import click

    from adcli.cli.app import application

    if not arguments:
        from adcli.cli.show import write_text
        from adcli.cli.terminal import page

        formatter = page()
        application.format_welcome(click.Context(application), formatter)
        write_text(None, formatter.getvalue())
        return 0
    try:
        result = application.main(arguments, prog_name="adcli", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        from adcli.cli.usage import usage_error

        raise usage_error(error, arguments) from None


def _report(error: AdcliError) -> int:
    from adcli.cli.terminal import width
    from adcli.language.messages import WIDTH, render

    return _report_text(render(error, width(sys.stderr, WIDTH)), error.exit_code)


def _defect(error: BaseException) -> str:
    """A defect of ours in one line; what an error quotes may hold anything."""
    from adcli.language.messages import safe, shortened

    what = shortened(safe(" ".join(str(error).split())))
    return (
        f"error: internal error: {type(error).__name__}: {what}"
        "\n  hint: set ADCLI_DEBUG=1 to see where"
    )


def _system_message(error: OSError) -> str:
    """What the operating system refused, in one line."""
    from adcli.language.messages import safe

    reason = safe((error.strerror or str(error) or type(error).__name__).lower())
    if error.filename:
        return f"error: {safe(str(error.filename))}: {reason}"
    return f"error: {reason}"


def _report_text(message: str, code: int) -> int:
    """Write a message to standard error; returns the exit code that goes with it."""
    from adcli.cli.terminal import emphasise, is_coloured, remark

    remark((emphasise(message) if is_coloured(sys.stderr) else message) + "\n")
    return code
