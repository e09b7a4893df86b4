"""Two runs side by side: the same bit for bit, the same to rounding, or different, and why."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adcli.data.run_record import RunRecord, read_record
from adcli.errors import DataError, UsageError

SAME, ROUNDING, DIFFERENT = "same", "rounding", "different"
"""The verdicts on two runs."""

TOLERANCE = 1e-6
"""Results agree to rounding if no number differs by more than this part of its size: descents end
where a step would move nothing by more than 1e-8 of its size, here or there."""

LITTLE = 1e-5
"""A number that is smaller than this part of the largest of its kind is taken to be that large."""

MOST_DIGITS = 16.0

WAY = ("iterations", "evaluations", "gradient", "gradient_norm", "seconds", "best_epoch")
"""Results that tell of the way and of rounding errors at its end; they are the same bit for bit, or
say nothing."""

WORDS = ("reason", "reasons", "warnings", "error", "seconds", "start_value", "start_point")
"""Results that say in words what others say in numbers, the time, and the sizes at the start."""


@dataclass(frozen=True)
class Change:
    """What a run has that another has not: `kind` is program, setting, data, engine, version or
    machine; None where one has nothing of the name."""

    kind: str
    name: str
    then: Any
    now: Any


@dataclass(frozen=True)
class Difference:
    """A result that is not the same bit for bit, by its path; `digits` in which two numbers agree,
    None for what are not two numbers."""

    path: str
    then: Any
    now: Any
    digits: float | None


@dataclass(frozen=True)
class Replay:
    """How a run compares with the one that a record keeps.

    verdict       same (bit for bit), rounding, or different
    digits        in which all numbers agree; None for the same
    because       a sentence: why
    changes       what differs of program, settings, data, engine, versions and machine
    differences   results that differ
    then, now     the records
    """

    verdict: str
    digits: float | None
    because: str
    changes: list[Change]
    differences: list[Difference]
    then: RunRecord = field(repr=False)
    now: RunRecord = field(repr=False)

    @property
    def exit_code(self) -> int:
        """The exit code of the command: 1 if the runs are different."""
        return int(self.verdict == DIFFERENT)


def replay(path: str | os.PathLike[str], against: str | os.PathLike[str] | None = None) -> Replay:
    """Run again what a record keeps, in a process of its own, and compare; or compare two records.

    Files are those of the paths in the record, from the working folder. Nothing that the first run
    wrote is written again. Raises UsageError for a file that is not there, DataError for one that
    is no record, and for a run that fails.
    """
    then = read_record(path)
    if against is not None:
        return compare_runs(then, read_record(against))
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "adcli", "replay", os.fspath(path), "--format", "json"],
        env={**os.environ, "PYTHONPATH": paths, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    try:
        now = json.loads(done.stdout)["now"]
    except (ValueError, KeyError):
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it ended early"]
        message = next((x for x in lines if x.startswith("error: ")), lines[-1])
        kind = UsageError if done.returncode == 2 else DataError
        raise kind(f"the run failed: {message.removeprefix('error: ')}") from None
    return compare_runs(then, now)


def compare_runs(then: RunRecord, now: RunRecord) -> Replay:
    """How two runs compare."""
    changes = list(_changes(then, now))
    differences = list(_differences(then["results"], now["results"]))
    for name in ("status", "exit_code"):
        if then[name] != now[name]:
            differences.append(Difference(name, then[name], now[name], None))
    judged = [x for x in differences if x.path.partition(".")[0] not in WAY]
    known = [x.digits for x in differences if x.digits is not None]
    digits = min([x.digits for x in judged if x.digits is not None], default=MOST_DIGITS)
    is_close = all(x.digits is not None and x.digits >= -math.log10(TOLERANCE) for x in judged)
    if then["command"] != now["command"]:
        is_close = False
    verdict = SAME if not differences and is_close else ROUNDING if is_close else DIFFERENT
    because = _because(verdict, changes, then)
    return Replay(
        verdict, digits if known or judged else None, because, changes, differences, then, now
    )


def _because(verdict: str, changes: list[Change], then: RunRecord) -> str:
    kinds = list(dict.fromkeys(change.kind for change in changes))
    told = {
        "program": "another program",
        "setting": "other settings",
        "data": "other data",
        "engine": "another engine",
        "version": "other versions",
        "machine": "another machine",
    }
    threads = {"cores", "threads of BLAS"}
    if {change.name for change in changes if change.kind == "machine"} <= threads:
        told["machine"] = "another number of threads"
    listed = [told[kind] for kind in told if kind in kinds]
    joined = ", ".join(listed[:-1]) + " and " * bool(listed[1:]) + (listed[-1] if listed else "")
    if verdict == SAME:
        return f"though with {joined}" if listed else "nothing has changed"
    if listed:
        return joined
    if then["status"] == "interrupted":
        return "the first run was interrupted"
    if (then["settings"].get("max_seconds") or {}).get("value") is not None:
        return "a run that ends by the clock ends elsewhere each time"
    return "nothing that the record knows of has changed"


# ---- what has changed ----


def _changes(then: RunRecord, now: RunRecord) -> Iterator[Change]:
    if then["command"] != now["command"]:
        yield Change("program", "command", then["command"], now["command"])
    if then["program"] != now["program"]:
        yield Change("program", "program", then["program"], now["program"])
    values = [{name: x["value"] for name, x in run["settings"].items()} for run in (then, now)]
    yield from _changed("setting", *values)
    yield from _changed("data", _files(then), _files(now))
    engines = [(run["engine"] or {}).get("name") for run in (then, now)]
    if engines[0] != engines[1]:
        yield Change("engine", "engine", *engines)
    yield from _changed("version", then["versions"], now["versions"])
    yield from _changed("machine", then["machine"], now["machine"])


def _files(run: RunRecord) -> dict[str, Any]:
    """Checksums by option and place: a path alone makes no other data."""
    found: dict[str, Any] = {}
    count: dict[str, int] = {}
    for each in run["inputs"]:
        option = each["option"]
        count[option] = number = count.get(option, 0) + 1
        place = f" ({number})" if number > 1 else ""
        found[f"{option} {os.path.basename(each['path'])}{place}"] = each["sha256"]
    return found


def _changed(kind: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*then, *now]):
        if then.get(name) != now.get(name):
            yield Change(kind, name, then.get(name), now.get(name))


# ---- what came out ----


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*then, *now]):
        a, b = (dict(_leaves(run[name], name)) if name in run else {} for run in (then, now))
        numbers = [x for x in (*a.values(), *b.values()) if _is_number(x)]
        scale = LITTLE * max(map(abs, numbers), default=0.0)
        for path in dict.fromkeys([*a, *b]):
            x, y = a.get(path, "nothing"), b.get(path, "nothing")
            if repr(x) != repr(y):
                yield Difference(path, x, y, _digits(x, y, max(scale, _at_start(path, then))))


def _at_start(path: str, results: Mapping[str, Any]) -> float:
    """How large a value, or a variable, was at the start of a descent: what falls to nearly 0 has
    no digits of its own."""
    if path == "value":
        found = results.get("start_value")
    else:
        kind, _, label = path.partition(".")
        label = label.replace("][", ",") if kind == "point" else label.removesuffix(".value")
        starts = results.get("start_point")
        is_known = kind in ("point", "parameters") and isinstance(starts, Mapping)
        found = dict(starts or {}).get(label) if is_known else None
    return abs(found or 0.0) if _is_number(found) else 0.0


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values of nested results by their paths: `point.v[0]`; those that WORDS names are left
    out."""
    stack = [(path, value)]
    while stack:
        path, value = stack.pop()
        if path.rpartition(".")[2] in WORDS:
            continue
        if isinstance(value, Mapping):
            stack += [(f"{path}.{name}", part) for name, part in reversed(list(value.items()))]
        elif isinstance(value, list):
            stack += [(f"{path}[{k}]", x) for k, x in reversed(list(enumerate(value)))]
        else:
            yield path, value


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _digits(x: Any, y: Any, least: float) -> float | None:
    """In how many digits two numbers agree, of the larger one or of `least`; a checksum of numbers
    that differ says nothing of how many, so that figures beside it decide."""
    if isinstance(x, str) and isinstance(y, str) and len(x) == len(y) == 64:
        return MOST_DIGITS
    if not (_is_number(x) and _is_number(y)):
        return None
    size = max(abs(x), abs(y), least)
    change = abs(x - y) / size if size else 0.0
    return MOST_DIGITS if change == 0 else max(0.0, min(MOST_DIGITS, -math.log10(change)))
