"""A text of 100,000 variables and terms: x0^2*sin(x0)+x1^2*sin(x1)+..."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.inside import wide_point, wide_text
from tests.benchmarks.registry import Row, Settings, benchmark, has, skipped
from tests.benchmarks.runner import adcli, alternate, inside, peak, peer, ratio, seconds

VARIABLES = 100_000
MAX_MIB = 1024
ARGUMENT_CHARACTERS = 100_000
"""Linux takes no more than 131,072 in one argument, so --at is repeated."""
SYMPY_VARIABLES = 300
PEERS = {"torch": 1.0, "casadi": None}
"""Peer -> the limit of the ratio of times."""


@benchmark("wide")
def wide(settings: Settings) -> Iterator[Row]:
    """Parse and reverse gradient, points from a file, against scalar tensors of PyTorch."""
    n = settings.size(VARIABLES)
    text, points = _program(settings.folder, n), _points(settings.folder, n)
    ours = ("grad", "-f", str(text), "--format", "json")
    commands = {
        "JSON Lines": adcli(*ours, "--points", str(points["jsonl"])),
        **{name: peer(f"{name}_wide", str(points["jsonl"])) for name in PEERS if has(name)},
    }
    usages = alternate(commands, settings.runs)
    for name, limit in PEERS.items():
        if name in usages:
            yield Row(f"time / {name}", ratio(usages["JSON Lines"], usages[name]), limit=limit)
        else:
            yield skipped(f"time / {name}", name, limit)
    yield Row("peak memory", peak(usages["JSON Lines"]), "MiB", MAX_MIB)
    for name, found in usages.items():
        yield Row(f"time, {name}", seconds(found), "s")
    for part, duration in inside("phases", n).items():
        yield Row(f"inside: {part}", duration, "s")


@benchmark("wide-ways")
def wide_ways(settings: Settings) -> Iterator[Row]:
    """Every way to give the point and to get the results, against JSON Lines to JSON."""
    n = settings.size(VARIABLES)
    text, points = _program(settings.folder, n), _points(settings.folder, n)
    ours = ("grad", "-f", str(text), "--format")
    base = adcli(*ours, "json", "--points", str(points["jsonl"]))
    ways = {
        "CSV to JSON": adcli(*ours, "json", "--points", str(points["csv"])),
        "CSV to CSV": adcli(*ours, "csv", "--points", str(points["csv"])),
        "--at to JSON": adcli(*ours, "json", *_at(n)),
        "--at to CSV": adcli(*ours, "csv", *_at(n)),
        "--at to a table": adcli(*ours, "table", *_at(n)),
    }
    usages = alternate({"base": base, **ways}, max(1, settings.runs // 3))
    for name in ways:
        yield Row(f"time, {name}", ratio(usages[name], usages["base"]), limit=2.0)


@benchmark("wide-sympy")
def wide_sympy(settings: Settings) -> Iterator[Row]:
    """A few hundred variables against SymPy, which cannot do many."""
    if not has("sympy"):
        yield skipped("time / sympy", "sympy")
        return
    text, points = (
        _program(settings.folder, SYMPY_VARIABLES),
        _points(settings.folder, SYMPY_VARIABLES),
    )
    commands = {
        "adcli": adcli(
            "grad", "-f", str(text), "--format", "json", "--points", str(points["jsonl"])
        ),
        "sympy": peer("sympy_wide", str(points["jsonl"])),
    }
    usages = alternate(commands, settings.runs)
    yield Row(
        "time / sympy", ratio(usages["adcli"], usages["sympy"]), note=f"n = {SYMPY_VARIABLES}"
    )


def _program(folder: Path, n: int) -> Path:
    path = folder / f"wide-{n}.txt"
    path.write_text(wide_text(n))
    return path


def _points(folder: Path, n: int) -> dict[str, Path]:
    """The point as a file of one row, in both formats."""
    point = wide_point(n)
    lines = {
        "jsonl": [json.dumps(point)],
        "csv": [",".join(point), ",".join(map(repr, point.values()))],
    }
    paths = {form: folder / f"wide-{n}.{form}" for form in lines}
    for form, path in paths.items():
        path.write_text("\n".join(lines[form]) + "\n")
    return paths


def _at(n: int) -> list[str]:
    """The point as repeated options, each as long as the system takes."""
    arguments: list[str] = []
    part: list[str] = []
    length = 0
    for name, value in wide_point(n).items():
        part.append(f"{name}={value!r}")
        length += len(part[-1]) + 1
        if length > ARGUMENT_CHARACTERS:
            arguments += ["--at", ",".join(part)]
            part, length = [], 0
    return [*arguments, "--at", ",".join(part)] if part else arguments
