"""The names of constants, and the one rule about them: none is silently a column or a variable.

A name that a program uses as a constant, unquoted, and that a column, a start or an option has
besides is an error; in backticks it is a name like any other. A program that has both, `e` in
backticks and e, may be given a value for the first; beside a column of that name it is refused,
because one of the two may lack its backticks.
"""

from __future__ import annotations

CONSTANTS = {"pi": "pi", "π": "pi", "tau": "tau", "e": "e", "inf": "inf"}

MEANINGS = {"pi": "3.14159...", "π": "3.14159...", "tau": "2π", "e": "2.71828...", "inf": "∞"}

INSTEAD = {"pi": "π", "π": "pi", "tau": "2pi", "e": "exp(1)"}
"""How to write the constant where its name is needed for something else."""

USUAL_PARAMETERS = ("e", "tau")
"""Constants whose names are given to parameters, too: who means one finds no error in a fit."""
