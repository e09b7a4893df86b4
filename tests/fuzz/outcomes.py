"""What every command line must hold to, whatever it asks for."""

from __future__ import annotations

import json
import os
import re
import warnings

from tests.fuzz.campaign import Finding
from tests.fuzz.passing import changed
from tests.terminal import Outcome, run_here
from tests.texts import is_shown

CODES = {
    "descend": {0, 1, 2, 3, 4, 5},
    "fit": {0, 1, 2, 3, 4, 5},
}
ONE_POINT = ("eval", "grad", "jacobian", "hessian", "diff", "trace", "graph")
LEAKS = re.compile(
    r"Traceback|internal error|Warning|Exception ignored|panicked|<class|object at 0x|NoneType"
    r"|a defect of adcli"
)
"""What belongs to Python or a library and must not reach the user, or takes a right rule for a
wrong one."""

_COLOR = re.compile(r"\x1b\[[\d;]*m")
_NUMBERS = re.compile(r"[-+]?\d[\d.e+-]*")


def check_command(
    arguments: list[str],
    stdin: bytes,
    given: set[str],
    table: bytes | None = None,
    is_whole: bool = True,
) -> str:
    """Run a command in this folder, which has the files `given`; raise Finding for a broken
    promise. Returns the exit code for the counts, and removes what the command wrote. `table` is
    the text that it reads, if that is not the standard input as it is; all of it, if `is_whole`."""
    case = f"{arguments} < {stdin[:2000]!r}"
    with warnings.catch_warnings():
        warnings.simplefilter("always", RuntimeWarning)
        outcome = run_here(arguments, stdin, {"ADCLI_DEBUG": "1"})
    left = set(os.listdir(".")) - given
    for name in left:
        os.unlink(name) if not os.path.isdir(name) else os.rmdir(name)
    broken = _broken(arguments, stdin if table is None else table, outcome, left)
    if broken is None and table is not None and is_whole:
        difference = changed(arguments, outcome.code, table, outcome.stdout)
        broken = None if difference is None else "a value changes on its way"
        case += f"\n  {difference}"
    if broken is not None:
        name = arguments[0] if arguments else ""
        raise Finding(f"{broken} ({name})", f"{case}\n  {_short(outcome)} left {sorted(left)}")
    return f"exit {outcome.code}"


def _broken(arguments: list[str], table: bytes, outcome: Outcome, left: set[str]) -> str | None:
    """The first promise that does not hold, if there is one."""
    code, stdout, stderr = outcome
    if any("always" in each for each in arguments):
        stderr = _COLOR.sub("", stderr)
    command = arguments[0] if arguments else ""
    if code not in CODES.get(command, {0, 1, 2}):
        return f"exit code {code}"
    leak = LEAKS.search(stderr)
    if leak is not None:
        line = next(line for line in stderr.splitlines() if leak[0] in line)
        return f"leaks {leak[0]}: {_NUMBERS.sub('N', line)[:120]}"
    for character in stderr:
        if not is_shown(character):
            return f"control character {ord(character):#x} on standard error"
    errors = len(re.findall(r"^error: ", stderr, re.MULTILINE))
    if errors != (code in (1, 2)) and not (command == "compare" and code == 1):
        return f"{errors} errors for exit code {code}"
    streams = any(each.startswith(("--points", "--on-error")) for each in arguments)
    if stdout and (code == 2 or (code == 1 and command in ONE_POINT and not streams)):
        return "a failed run writes to standard output"
    if left and code == 2:
        return "wrong usage leaves files"
    if any(name.startswith(".") or name.endswith(".tmp") for name in left):
        return "a temporary file is left"
    formats = [each for each in arguments if each.startswith("--f")]
    if formats == ["--format"] and arguments[arguments.index("--format") + 1] == "json":
        return _broken_json(stdout, table)
    return None


def _broken_json(text: str, given: bytes) -> str | None:
    """What is not JSON; a value that only passes through keeps its text, NaN included."""

    def refuse(constant: str) -> None:
        if constant.encode() not in given:
            raise ValueError(f"{constant} in JSON")

    try:
        for line in text.splitlines():
            json.loads(line, parse_constant=refuse)
    except ValueError as error:
        return f"no JSON: {_NUMBERS.sub('N', str(error))}"
    return None


def _short(outcome: Outcome) -> str:
    return (
        f"exit {outcome.code}, stdout {outcome.stdout[-300:]!r}, stderr {outcome.stderr[-900:]!r}"
    )
