"""Remarks on programs that may not have been meant as they are read."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from adcli.language import parse
from adcli.language.remarks import (
    MOST_TEXT,
    product_of_arrays,
    reciprocal_of_matrix,
    remarks,
    size_of_vector,
)
from tests.terminal import ROOT
from tests.texts import marked_place

PLACES = [
    # The text that a remark is about is between « and »; the rest has none.
    "«3,5»*x",
    "«25,25»*2",
    "x + «1,5»",
    "(1,5)",
    "x; «1,5»",
    "1,2,3",
    "x,2",
    "max(1,5)",
    "[1,2]",
    "[1,5, «2,5»]",
    "max(1,5, 2)",
    "[1,5, x]",
    "«1.000,5»*x",
    "x[0,1]",
    "x1,2",
    "1.5,2",
    "1, 2",
    "x # 1,5",
    "1/«3x»^3",
    "x/«2(»x+1)",
    "(x+1) / «0.5y»",
    "1/3*x",
    "x/2",
    "1/1e5",
    "1/«1e5x»",
    "x/y",
    "1/«3 x»",
    "1/3 and y",
    "x^«2y»",
    "x^«2 y»",
    "x ** -«2(»y)",
    "x^2*y",
    "x^2 or y",
    "x^2 - y",
    "2x^2",
    "x^2e3",
    "2x/y",
]


@pytest.mark.parametrize("marked", PLACES)
def test_a_remark_is_about_its_place(marked: str) -> None:
    text, place = marked_place(marked)
    found = [remark.span for remark in remarks(text, at_terminal=True)]
    assert found == ([] if place is None else [place])


def test_a_comma_before_three_digits_may_mark_thousands() -> None:
    assert [remark.hint for remark in remarks("1,000*x", False)] == [
        "a decimal number is written with a point: 1.000; thousands go without a sign: 1000"
    ]


def test_long_texts_are_not_looked_through() -> None:
    assert remarks("3,5*x", False)
    assert not remarks("3,5*x" + " " * MOST_TEXT, False)


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_product_in_a_divisor_is_remarked_upon_at_a_terminal(is_seen: bool) -> None:
    command = [sys.executable, "-m", "adcli", "eval", "1/3x", "--at", "x=1", "--format", "plain"]
    ours, theirs = pty.openpty()
    stderr = theirs if is_seen else subprocess.DEVNULL
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, cwd=ROOT, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode() if is_seen else ""
    os.close(ours)
    assert run.stdout == b"0.3333333333333333\n"
    assert ("(1/3) in brackets" in shown) == is_seen


POWERS = [
    # A program, the shape of A, and whether A^-1 in it takes the reciprocals of a square matrix.
    ("A^-1", (2, 2), True),
    ("sum(2*A⁻¹)", (3, 3), True),
    ("A^(-1)", (2, 2), True),
    ("A^-2", (2, 2), False),
    ("A^2", (2, 2), False),
    ("A^-1", (2, 3), False),
    ("A^-1", (2,), False),
    ("A^-1", (1, 1), False),
    ("A^-1", (), False),
    ("B^-1*sum(A)", (2, 2), False),
]


@pytest.mark.parametrize(("text", "shape", "is_told"), POWERS)
def test_the_reciprocal_of_a_matrix_is_told(
    text: str, shape: tuple[int, ...], is_told: bool
) -> None:
    note = reciprocal_of_matrix(parse(text), {"A": shape, "B": ()})
    assert (note is not None) == is_told


PRODUCTS = [
    # A product of v and w of some lengths, and a part of the hint.
    ("v·w", 2, "v @ w"),
    ("sum(2⋅v⋅w)", 2, "v @ w"),
    ("v × w", 3, "v[1]*w[2] - v[2]*w[1]"),
    ("v × w", 2, ""),
    ("v*w", 3, ""),
    ("2·v·2", 3, ""),
]


@pytest.mark.parametrize(("text", "length", "hint"), PRODUCTS)
def test_a_product_of_vectors_by_a_sign_of_books_is_told(text: str, length: int, hint: str) -> None:
    note = product_of_arrays(parse(text), {"v": (length,), "w": (length,)})
    assert (note is None) == (not hint)
    assert note is None or hint in (note.hint or "")


@pytest.mark.parametrize(
    ("text", "shape", "is_told"),
    [
        ("||v||", (2,), True),
        ("1 + sum(||v - 1||)", (2, 2), True),
        ("||v||", (), False),
        ("|v|", (2,), False),
        ("abs(abs(v))", (2,), False),
        ("||v| - 1|", (2,), False),
    ],
)
def test_the_size_of_a_vector_by_bars_is_told(
    text: str, shape: tuple[int, ...], is_told: bool
) -> None:
    assert (size_of_vector(parse(text), {"v": shape}) is not None) == is_told
