"""Text to graph and back: the grammar's tables, the parser, the builder, messages with a place."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _parser() -> Any:
    from adcli.language.grammar import load_tables
    from adcli.language.parser import Parser

    return Parser(load_tables())


def parse(text: str, *, form: str = "value") -> Any:
    """The program of a text: a `Program` with its graph, its results and its inputs.

    `form` as in `build_program`.
    Raises LanguageError, with the place, for a text that is not a program.
    """
    from adcli.language.builder import build_program

    return build_program(_parser(), text, form=form)


def parse_model(text: str) -> Any:
    """The program of `response ~ model`, perhaps after other statements: both are its outputs.

    Raises LanguageError, with the place, for a text that is no such program.
    """
    from adcli.language.builder import build_program

    return build_program(_parser(), text, model=True)


def labels_of(text: str, form: str = "value") -> Any:
    """What a text that is a program calls its nodes: a `Labels`; `form` as in `build_program`."""
    from adcli.language.labels import find_labels

    return find_labels(_parser(), text, form)


def whole_program(text: str) -> Any:
    """The program of a text that is one, its calls left whole: a `WholeProgram`."""
    from adcli.language.whole_calls import whole_calls

    return whole_calls(_parser(), text)


def parse_beside(program: str, comparisons: Any) -> Any:
    """A program, perhaps of a model, and texts of comparisons beside it in one graph: a `Compared`.

    Raises LanguageError, with the place in the whole text, for what is none.
    """
    from adcli.language.beside import compare_beside

    return compare_beside(_parser(), program, comparisons)
