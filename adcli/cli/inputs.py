"""From the command line to values: the program's text, points, lists of names."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from adcli.cli.terminal import is_terminal, remark, stdin_bytes
from adcli.errors import AdcliError, DataError, DomainError, UsageError, did_you_mean
from adcli.graph.axes import Shape
from adcli.graph.constants import CONSTANTS
from adcli.language.messages import render_note, safe, unquoted

if TYPE_CHECKING:
    from adcli.function import Function

T = TypeVar("T")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*\Z")
_INFINITE = {"inf": float("inf"), "+inf": float("inf"), "-inf": -float("inf")}
_SHAPE = re.compile(r"[0-9]{1,18}(\s*[x×]\s*[0-9]{1,18})*")
_ASSIGNED = r"(`[^`\n]+`|[^\W\d][\w\u0300-\u036f]*)\s*=(?!=)"
_NAME = re.compile(r"\s*" + _ASSIGNED)
_SECOND = re.compile(r"([\s;]\s*)" + _ASSIGNED)
_FILE = re.compile(r"[\w./-]*[^\W\d]\w*\.[A-Za-z]\w*")
"""What looks like a file: there are no dots between letters in a value."""

SHAPE_HINT = "write --shape W=3x2"
VALUES = "values are numbers or constant expressions such as pi/4 or [1, 2]"


def program_text(expression: str | None, source: str | None) -> str:
    """The text of the program: EXPR, `-f FILE`, or standard input for `-`.

    Raises UsageError unless exactly one is given and DataError for a file that is not UTF-8 text.
    """
    if expression is not None and source is not None:
        raise UsageError("the program is given twice: as EXPR and with -f", "give one of them")
    if expression is None and source is None:
        raise UsageError("there is no expression", "for example: adcli grad 'x^2' --at x=3")
    if expression is not None and expression != "-":
        try:
            expression.encode()
        except UnicodeEncodeError:
            hint = "the terminal's encoding is UTF-8, its text should be too"
            raise UsageError("the expression is not valid UTF-8 text", hint) from None
        at_terminal = is_terminal(sys.stderr)
        if "," in expression or (at_terminal and any(sign in expression for sign in "/^*")):
            from adcli.language.remarks import remarks

            for note in remarks(expression, at_terminal):
                remark(render_note(note))
        return expression
    return _text_of(source or "-")


MOST_BYTES = 1 << 28
"""No program is longer: a device that never ends was named by mistake."""


def _text_of(name: str) -> str:
    """The text of a file ('-': standard input). Raises DataError where it has no end, or is not
    UTF-8 text."""
    if name == "-":
        shown, data = "standard input", stdin_bytes().read(MOST_BYTES)
    else:
        from adcli.data.source import read_file

        shown, data = safe(name), read_file(name, "-f FILE holds a program", MOST_BYTES)
    if len(data) == MOST_BYTES:
        raise DataError(f"{shown} is too long for a program", "is it the right file?")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{shown} is not UTF-8 text: byte {error.start + 1} is {data[error.start]:#04x}",
            "save it with the encoding UTF-8",
        ) from None


def split_assignments(text: str, option: str, example: str | None = None) -> list[tuple[str, str]]:
    """`x=2,v=[1,2]` as [("x", "2"), ("v", "[1,2]")]. Commas within brackets do not split.

    An `example` is the hint where something is not an assignment, and its values are not numbers.
    """
    found: list[tuple[str, str]] = []
    for part in split_commas(text):
        match = _NAME.match(part)
        if match is None:
            wrong = part.strip()
            hint = example or _assignment_hint(wrong, found, option)
            what = f"'{safe(wrong)}' is not an assignment" if wrong else "an assignment is missing"
            raise UsageError(f"{option}: {what}", hint)
        value = part[match.end() :].strip()
        name = match.group(1)
        if not value:
            raise UsageError(
                f"{option}: there is no value for '{safe(name)}'",
                example or f"write {option} {safe(name)}=2",
            )
        second = _SECOND.search(_outside_brackets(value))
        if second is not None:
            first = f"{name}={value[: second.start()]}".rstrip("; ")
            raise UsageError(
                f"{option}: '{safe(part.strip())}' holds more than one assignment",
                f"commas go between them: {option} {safe(first)},{safe(value[second.end(1) :])}",
            )
        found.append((name_of(name), value))
    return found


def _assignment_hint(part: str, found: list[tuple[str, str]], option: str) -> str:
    """How to write what may be meant by a part that is not `name=value`, after those found."""
    if found and _NUMBER.match(part):
        name, value = found[-1]
        if _NUMBER.match(value):
            return (
                f"a decimal point is a dot, {safe(name)}={safe(value)}.{safe(part)}; "
                f"a vector is {safe(name)}=[{safe(value)}, {safe(part)}]"
            )
    elif part.isidentifier():
        return f"name and value: {option} {safe(part)}=2"
    elif _NUMBER.match(part):
        return f"name and value: {option} x={safe(part)}"
    return f"write {option} x=2,y=3"


def name_of(name: str) -> str:
    """The name that an option gives: as it stands in a program, in backticks or not."""
    if name.startswith("`"):
        return unquoted(name)
    if name.isascii():
        return name
    import unicodedata

    return unicodedata.normalize("NFKC", name)


def split_commas(text: str) -> list[str]:
    places = [-1, *[i for i, c in enumerate(_outside_brackets(text, "`")) if c == ","], len(text)]
    return [text[i + 1 : j] for i, j in pairwise(places)]


def _outside_brackets(text: str, quotes: str = "") -> str:
    """The text with a `.` for what stands in brackets, or between quotes."""
    shown, depth, quoted = [], 0, False
    for c in text:
        if c in quotes:
            quoted = not quoted
        elif not quoted:
            depth += (c in "([") - (c in ")]")
        shown.append("." if quoted or depth else c)
    return "".join(shown)


def shape(name: str, text: str) -> Shape:
    """`3x2` as (3, 2), for --shape. Raises UsageError for another text."""
    if not _SHAPE.fullmatch(text):
        raise UsageError(f"'{safe(text)}' is not a shape", f"write --shape {safe(name)}=3x2")
    return tuple(int(size) for size in re.split("[x×]", text))


def constant(text: str, precision: int | None) -> Any:
    """The value of a constant expression: a float, an array, or an mpmath number.

    Raises LanguageError or DomainError with the place in `text`.
    """
    if precision is None and _NUMBER.match(text):
        number = float(text)
        if number in _INFINITE.values():
            raise UsageError(f"{safe(text)} is too large for float64", "infinity is written inf")
        return number
    if text in _INFINITE:  # may be given, although no result may be infinite
        return _INFINITE[text]
    if _FILE.fullmatch(text):
        hint = f"{VALUES}; --at FILE and --start FILE read all values of a file"
        raise UsageError(f"'{safe(text)}' is not a number", hint)
    from adcli.function import function

    f = function(text)
    if f.variables:
        name = f.variables[0]
        hint = (did_you_mean(name, CONSTANTS) if len(name) > 1 else None) or VALUES
        raise UsageError(f"'{safe(name)}' is a name, not a number", hint)
    if len(f.outputs) > 1:
        raise UsageError(f"'{safe(text)}' has several parts", "a vector is [1, 2, 3]")
    try:
        return f.value({}, precision=precision)
    except DomainError as error:
        error.hint = "a value is a finite number; infinity is written inf"
        raise


def assignments(
    options: tuple[str, ...], option: str, precision: int | None, f: Function | None = None
) -> dict[str, Any]:
    """Values by name from a repeatable option.

    Raises UsageError for a name given twice, and for one that is no variable of the program `f`.
    """
    values = values_of(options, option, lambda _, value: constant(value, precision))
    if f is not None:
        check_variables(values, option, f)
    return values


def values_of(
    options: Iterable[str],
    option: str,
    read: Callable[[str, str], T],
    example: str | None = None,
    check: Callable[[str], None] = lambda name: None,
) -> dict[str, T]:
    """What `read` makes of each name and value of a repeatable option, by name.

    Errors of `read` say which value they are about, those of `check`, which sees a name before, do
    not. `example` is a hint, as in `split_assignments`. Raises UsageError for a name given twice.
    """
    found: dict[str, T] = {}
    for text in options:
        for name, value in split_assignments(text, option, example):
            if name in found:
                raise UsageError(f"{option} gives '{safe(name)}' twice", "take one away")
            check(name)
            with about(f"{option}, the value of '{safe(name)}'"):
                found[name] = read(name, value)
    return found


def check_variables(given: Iterable[str], option: str, f: Function) -> None:
    """Raise UsageError for a name that is no variable of the program."""
    with about(option):
        for name in given:
            if name not in f.inputs:
                raise f.no_variable(name)


def check_point(given: Mapping[str, Any], option: str, f: Function) -> None:
    """Raise UsageError for a name too many. Where others are missing, that is the mistake to tell,
    when it is known what a table gives."""
    if given.keys() >= f.inputs.keys():
        check_variables(given, option, f)


@contextmanager
def about(place: str) -> Iterator[None]:
    """Let errors say where on the command line they are."""
    try:
        yield
    except AdcliError as error:
        error.message = f"{place}: {error.message}"
        raise


def is_whole_point(text: str) -> bool:
    """Whether a text names a file of parameters rather than `x=2`."""
    if "=" in text:
        return False
    from adcli.data.parameters import is_parameter_file

    return is_parameter_file(text)


def file_values(name: str, f: Function) -> dict[str, Any]:
    """The values that a file of parameters has for the variables; others are left.

    Raises UsageError for a file that has none of them.
    """
    from adcli.data.parameters import load_parameters

    values = load_parameters(name, {*f.inputs, *CONSTANTS}.difference(f.codes))
    f.refuse_constants(values)
    found = {key: value for key, value in values.items() if key in f.inputs}
    if not found:
        raise UsageError(f"{name} has no variable of the program", f.listed())
    return found


def file_levels(texts: Iterable[str], f: Function) -> dict[str, list[str]]:
    """The levels that files of parameters among `texts` have for the program's codes."""
    files = [text for text in texts if is_whole_point(text)] if f.codes else []
    if not files:
        return {}
    from adcli.data.parameters import load_levels

    return {name: x for file in files for name, x in load_levels(file, f.codes).items()}


def wrt_names(text: str | None, f: Function, option: str = "--wrt") -> list[str] | None:
    """The variables that an option lists, `x,y`. Raises UsageError for an empty, a repeated or an
    unknown one."""
    if text is None:
        return None
    found = [name_of(part.strip()) for part in split_commas(text)]
    for i, name in enumerate(found):
        if not name:
            raise UsageError(f"{option} has an empty name", f"write {option} x,y")
        if name in found[:i]:
            raise UsageError(f"{option} names '{safe(name)}' twice", "take one away")
    check_variables(found, option, f)
    return found
