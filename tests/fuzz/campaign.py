"""Runs cases of every kind, watches the clock, counts what came out and shrinks what went wrong."""

from __future__ import annotations

import faulthandler
import os
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.choices import Choices, shrink

LIMIT = 5.0
"""Seconds of the processor that a case may take."""

WAIT = 60.0
"""Seconds on the wall that it may take: it waits for nobody."""

Check = Callable[[Choices], str]
"""Makes a case from choices and checks it; returns what came out, for the counts."""


class Finding(Exception):
    """Something that must not be. `symptom` is the same for cases that fail alike."""

    def __init__(self, symptom: str, case: str) -> None:
        super().__init__(symptom)
        self.symptom = symptom
        self.case = case


class TooLong(BaseException):
    """A case takes longer than it may."""


@dataclass
class Found:
    """A failing case and how to see it again."""

    kind: str
    symptom: str
    case: str
    replay: str
    count: int = 1


@dataclass
class Report:
    """What a campaign did: cases and outcomes by kind, findings by symptom."""

    name: str
    cases: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    found: dict[tuple[str, str], Found] = field(default_factory=dict)

    def text(self) -> str:
        """A line for every kind, then the findings."""
        lines = []
        for kind, count in self.cases.items():
            rate = count / max(self.seconds[kind], 1e-9)
            told = ", ".join(f"{name} {n:,}" for name, n in self.outcomes[kind].most_common())
            lines.append(f"{kind}: {count:,} cases, {rate:,.0f} a processor's second: {told}")
        for each in self.found.values():
            lines += ["", f"FOUND {each.count:,} times: {each.symptom}", each.case, each.replay]
        lines.append(f"{sum(self.cases.values()):,} cases, {len(self.found)} findings")
        return "\n".join(lines)


def run_case(check: Check, choices: Choices) -> tuple[str, Finding | None]:
    """Run one case under the clock: its outcome, and what was found."""
    try:
        with time_limit():
            return check(choices), None
    except Finding as finding:
        return "found", finding
    except TooLong:
        return "found", Finding(f"takes longer than {LIMIT:g} s", getattr(choices, "case", "?"))
    except Exception as error:
        place = _place_of(error)
        symptom = f"{type(error).__name__} at {place}"
        return "found", Finding(symptom, f"{getattr(choices, 'case', '?')}\n  {error}")


def _place_of(error: BaseException) -> str:
    """The innermost line of the package, else of anything."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f"{os.sep}adcli{os.sep}" in f.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno} in {ours[-1].name}"


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise TooLong in what takes too long. Machine code that never returns ends the process."""

    def stop(number: int, frame: Any) -> None:
        raise TooLong

    before = [signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, LIMIT, LIMIT)
    signal.setitimer(signal.ITIMER_REAL, WAIT, WAIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGPROF, before[0])
        signal.signal(signal.SIGALRM, before[1])


def source_of(kind: str, seed: int, number: int) -> random.Random:
    """The random numbers of a case."""
    return random.Random(f"{kind} {seed} {number}")


def campaign(
    kinds: Mapping[str, tuple[int, Check]],
    *,
    name: str = "tests.fuzz",
    seed: int,
    seconds: float = float("inf"),
    cases: int | None = None,
    first: int = 0,
    tell: Callable[[str], None] = lambda text: None,
) -> Report:
    """Run cases of all kinds in turn, as many of each in a turn as its weight says.

    `cases` are those of each kind at most, `name` is the module that replays one. Works in an
    empty folder of its own.
    """
    report = Report(name, outcomes={kind: Counter() for kind in kinds})
    end = time.monotonic() + seconds
    numbers = dict.fromkeys(kinds, first)
    last = first + cases if cases is not None else None
    with working_folder():
        while time.monotonic() < end and any(n != last for n in numbers.values()):
            for kind, (weight, check) in kinds.items():
                faulthandler.dump_traceback_later(10 * WAIT, exit=True)
                begin = time.process_time()
                stop = numbers[kind] + weight
                for number in range(numbers[kind], stop if last is None else min(stop, last)):
                    _run(kind, check, seed, number, report, tell)
                    numbers[kind] = number + 1
                report.seconds[kind] += time.process_time() - begin
        faulthandler.cancel_dump_traceback_later()
    return report


def _run(
    kind: str, check: Check, seed: int, number: int, report: Report, tell: Callable[[str], None]
) -> None:
    choices = Choices(source=source_of(kind, seed, number))
    outcome, finding = run_case(check, choices)
    report.cases[kind] += 1
    report.outcomes[kind][outcome] += 1
    if finding is None:
        return
    known = report.found.get((kind, finding.symptom))
    if known is not None:
        known.count += 1
        return
    replay = f"python -m {report.name} --only {kind} --seed {seed} --first {number} --cases 1"
    found = Found(kind, finding.symptom, finding.case, replay)
    report.found[kind, finding.symptom] = found
    if report.name == "tests.fuzz" and "longer" not in finding.symptom:
        found.case = _shrunk(check, choices.taken, finding)
    tell(f"FOUND ({kind}): {found.symptom}\n{found.case}\n{found.replay}\n")


def _shrunk(check: Check, choices: list[int], finding: Finding) -> str:
    """The case, made simpler."""
    best = {"case": finding.case}

    def is_same(candidate: list[int]) -> list[int] | None:
        tried = Choices(candidate)
        _, found = run_case(check, tried)
        if found is None or found.symptom != finding.symptom:
            return None
        if (len(tried.taken), tried.taken) < (len(choices), choices):
            best["case"] = found.case
        return tried.taken

    simplest = shrink(choices, is_same)
    is_same(simplest)
    return best["case"]


@contextmanager
def working_folder() -> Iterator[Path]:
    """An empty folder as the working folder, gone afterwards."""
    before = os.getcwd()
    folder = Path(tempfile.mkdtemp(prefix="adcli-fuzz-"))
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)
