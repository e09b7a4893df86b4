"""The record of a command: what it was asked for, what it read, and what came out."""

from __future__ import annotations

import hashlib
import io
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from adcli.cli.formats import format_of
from adcli.cli.inputs import is_whole_point
from adcli.cli.surroundings import machine, versions
from adcli.data.run_record import ColumnDigest, RunRecord, inputs_of, packed, write_record
from adcli.errors import UsageError

if TYPE_CHECKING:
    from adcli.engines.choose import Choice

LOOKS_AND_FILES = (
    *("form", "output", "digits", "color", "every", "explain", "verbose", "explain_engine"),
    *("trace", "plot", "save", "animate", "checkpoint", "checkpoint_every", "record"),
    *("predict", "predict_format", "expression", "source"),
)
"""Options that change no result, or that write files: a replay has none of them."""

FILES = ("data", "points", "validation", "model", "resume")
"""Options that name files to read; so do values of POINTS_OR_FILES."""
POINTS_OR_FILES = ("at", "start")


class RunNotes:
    """Notes what a command is asked for and what comes out; `body` is the record."""

    def __init__(self) -> None:
        self.body: RunRecord = {}
        self._columns: dict[str, ColumnDigest] = {}
        self._counts = {"rows": 0, "failed": 0}
        self._stdin: _HashedInput | None = None
        self._begin = 0.0

    def run(self, command: str, options: Any, work: Callable[[Any], int]) -> int:
        """Do the work of a command, and write its record where one is wanted; the exit code.

        A command that raises leaves none.
        """
        path = vars(options).get("record")
        if path == "-":
            raise UsageError("a record goes to a file of its own", "--record FILE.json")
        format_of("--record", path, {".json": "json"}, texts=())
        stdin = sys.stdin
        options = self._started(command, options)
        try:
            code = work(options)
        finally:
            sys.stdin = stdin
        self._ended(code)
        if path:
            write_record(path, self.body)
        return code

    def _started(self, command: str, options: Any) -> Any:
        """Note what is asked for; the options with the program in place of the file that has it."""
        values = {name: getattr(options, name) for name in options.fields}
        inputs = [each for name in FILES for each in _inputs(name, values.get(name))]
        for name in POINTS_OR_FILES:
            files = [text for text in values.get(name) or () if is_whole_point(text)]
            inputs += inputs_of(f"--{name}", files)
        has_stdin = any(each["path"] == "-" for each in inputs)
        program = None
        is_given = options.expression is not None or options.source is not None
        if is_given and not (has_stdin and options.is_from_stdin):  # which the command refuses
            program = options.text
            values |= {"expression": program, "source": None}
        settings = {
            name: {"value": packed(values[name]), "default": values[name] == field.default}
            for name, field in options.fields.items()
            if name not in LOOKS_AND_FILES
        }
        if has_stdin and sys.stdin is not None:  # the command says that it is closed
            self._stdin = _HashedInput(sys.stdin)
            sys.stdin = self._stdin
        self._begin = time.perf_counter()
        self.body = {
            "command": command,
            "program": program,
            "settings": settings,
            "inputs": inputs,
            "engine": None,
            "versions": versions(),
            "machine": {},
            "status": None,
            "exit_code": 0,
            "results": {},
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": 0.0,
        }
        found = type(options)(**values)
        vars(found)["recorder"] = self
        return found

    def keep(
        self,
        results: Mapping[str, Any],
        choice: Choice | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Note results, what computed them, and the values of settings that were left to it."""
        self.body["results"] = packed(results)
        self.body["status"] = packed(results.get("status"))
        self.chosen(choice)
        for name, value in (settings or {}).items():
            own = self.body["settings"].get(name)
            if own is not None and own["value"] is None:
                own["value"] = packed(value)

    def chosen(self, choice: Choice | None) -> None:
        """Note the engine."""
        if choice is not None:
            self.body["engine"] = {"name": choice.engine, "reason": choice.reason}

    def add_rows(self, fields: Mapping[tuple[str, ...], Any], rows: int, failed: int) -> None:
        """Note the results of the next rows, by path."""
        self._counts["rows"] += rows
        self._counts["failed"] += failed
        for path, values in fields.items():
            self._columns.setdefault("/".join(path), ColumnDigest()).add(values)

    def _ended(self, code: int) -> None:
        body = self.body
        body["exit_code"] = code
        body["machine"] = machine()  # now: a run of points settles the threads of BLAS itself
        body["seconds"] = round(time.perf_counter() - self._begin, 6)
        if self._columns:
            columns = {path: column.summary() for path, column in self._columns.items()}
            body["results"] = {**self._counts, "columns": columns}
        if self._stdin is not None:
            for each in body["inputs"]:
                if each["path"] == "-":
                    each.update(self._stdin.facts())


def _inputs(name: str, value: Any) -> list[dict[str, Any]]:
    """The files that an option names; a part of the rows for --validation is none."""
    paths = value if isinstance(value, tuple) else () if value is None else (value,)
    if name == "validation":
        paths = tuple(path for path in paths if not _is_number(path))
    return inputs_of(f"--{name}", paths)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class _HashedInput:
    """Standard input whose bytes are counted and summed as they are read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.buffer = _HashedBytes(stream.buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def facts(self) -> dict[str, Any]:
        """The number of bytes that were read, and their checksum."""
        return {"bytes": self.buffer.size, "sha256": self.buffer.total.hexdigest()}


class _HashedBytes(io.BufferedIOBase):
    """A stream of bytes that passes a checksum; pipes are waited for as without it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: Any = stream
        self.total, self.size = hashlib.sha256(), 0

    def _seen(self, data: bytes) -> bytes:
        self.total.update(data)
        self.size += len(data)
        return data

    def read(self, size: int | None = -1, /) -> bytes:
        return self._seen(self._stream.read(-1 if size is None else size))

    def read1(self, size: int = -1, /) -> bytes:
        return self._seen(self._stream.read1(size))

    def fileno(self) -> int:
        return int(self._stream.fileno())

    def readable(self) -> bool:
        return True
