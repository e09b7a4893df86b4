"""The names of constants, and the one rule about them: none is silently a column or a variable.

A name that a program uses as a constant, unquoted, and that a column, a start or an option has
besides is an error; in backticks it is a name like any other. A program that has both, `e` in
backticks and e, may be given a value for the first; beside a column of that name it is refused,
because one of the two may lack its backticks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from adcli.errors import UsageError
from adcli.graph.graph import Graph

CONSTANTS = {"pi": "pi", "π": "pi", "tau": "tau", "e": "e", "inf": "inf"}

MEANINGS = {"pi": "3.14159...", "π": "3.14159...", "tau": "2π", "e": "2.71828...", "inf": "∞"}

INSTEAD = {"pi": "π", "π": "pi", "tau": "2pi", "e": "exp(1)"}
"""How to write the constant where its name is needed for something else."""

USUAL_PARAMETERS = ("e", "tau")
"""Constants whose names are given to parameters, too: who means one finds no error in a fit."""


def refuse_constants(graph: Graph, text: str, names: Iterable[str], column_of: str = "") -> None:
    """Raise UsageError for one of `names` by which the program `text` means a constant.

    The names are those of the columns of `column_of`, else of variables. They are compared in
    their NFKC form, like those in programs.
    """
    if not graph.constants:
        return
    for name in names:
        known = unicodedata.normalize("NFKC", str(name))
        if known not in graph.constants:
            continue
        what = f"but {column_of} has a column of that name" if column_of else "not a variable"
        aim = "the column" if column_of else "a variable of that name"
        other = f", {INSTEAD[known]} for the constant" if known in INSTEAD else ""
        raise UsageError(
            f"'{known}' means the constant {MEANINGS[known]} here, {what}",
            f"write `{known}` in backticks for {aim}{other}",
            span=graph.constants[known],
            text=text,
        )
