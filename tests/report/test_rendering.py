"""One record, one renderer a format: what any result looks like."""

from __future__ import annotations

import ast
import csv
import io
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.cli import execute
from adcli.report.drawn_tables import Tables
from adcli.report.rendering import Report
from tests.texts import record_of, text_of

REPORT = Path(__file__).parents[2] / "adcli" / "report"


class Odd(Report):
    """A result with everything that a format might trip over."""

    def __init__(self, precision: int | None = None) -> None:
        self.precision = precision

    def record(self) -> Mapping[str, Any]:
        return {
            "ü": {"array": np.array([[1.0, math.nan], [math.inf, -0.0]])},
            "parts": ({"deep": [math.nan, (1.0, -math.inf)], "v": np.ones(2)}, None, "a\nb"),
        }

    def rows(self) -> Iterable[Iterable[str]]:
        return [["name", 'a "b", c'], ["1\n2", "x"]]

    def plain(self) -> Iterable[Iterable[str]]:
        return [["1", "2"], []]

    def draw(self, tables: Tables, digits: int) -> None:
        tables.lines("  as it is  " + "long " * 30)
        tables.sentence("a\x1b[31m " + "word " * 30)


@pytest.mark.parametrize("precision", [None, 20])
def test_json_has_null_for_what_is_not_finite(precision: int | None) -> None:
    assert record_of(Odd(precision)) == {
        "ü": {"array": [[1.0, None], [None, -0.0]]},
        "parts": [{"deep": [None, [1.0, None]], "v": [1.0, 1.0]}, None, "a\nb"],
    }
    assert text_of(Odd(precision), "json").startswith('{"ü": {"array": [[1.0, null]')


def test_csv_quotes_and_plain_does_not() -> None:
    found = list(csv.reader(io.StringIO(text_of(Odd(), "csv"), newline="")))
    assert found == Odd().rows()
    assert text_of(Odd(), "plain") == "1 2\n\n"


def test_sentences_wrap_and_steer_no_terminal() -> None:
    first, *sentence = text_of(Odd(), "table", 40).splitlines()
    assert len(first) > 40
    assert all(len(line) <= 40 for line in sentence)
    assert all(line.startswith("  ") for line in sentence[1:])
    assert "\x1b" not in "".join(sentence)


@pytest.mark.parametrize("path", sorted(REPORT.glob("*.py")), ids=lambda p: p.stem)
def test_json_is_written_in_one_place(path: Path) -> None:
    used = {n.attr for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute)}
    assert path.stem == "numbers" or "dumps" not in used


@pytest.mark.parametrize(
    "command",
    [
        "grad `ü`^2*3 --at `ü`=2 --format json",
        "hessian x^2*y --at x=2,y=3 --format json",
        "trace abs(`ü`) --at `ü`=0 --format json",
        "graph `ü`*y+`ü` --at `ü`=1,y=2 --paths ü --as json",
        "graph `ü`*y+`ü` --at `ü`=1,y=2 --as json",
        "taylor exp(`ü`) --at `ü`=0 --order 1 --format json",
    ],
)
def test_digits_change_numbers_alone(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Counts, truths and names are written the same, with --precision and without."""
    texts = []
    for more in ("", "--precision 20"):
        with suppress(SystemExit):
            execute([*command.split(), *more.split()])
        texts.append(capfd.readouterr().out)
    assert texts[0] == texts[1]
    assert "{" in texts[0]
