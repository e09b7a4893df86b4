"""Fields by the kind of value that their option takes; `needs` are what the option needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import click

from adcli.cli.declare import option
from adcli.cli.formats import Endings, FormatOption
from adcli.cli.needs import Need


class FiniteNumber(click.types.FloatParamType):
    """A finite number, from `least` to `most` if there are such ends; no text that float64 makes
    an infinity or 0 of."""

    def __init__(self, least: float = -math.inf, most: float = math.inf) -> None:
        self.least, self.most = least, most

    @property
    def meant(self) -> str:
        """The numbers that are taken, in words."""
        ends = f"a number from {self.least:g} to {self.most:g}"
        return ends if math.isfinite(self.least) else "a finite number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        written = str(value).lower().partition("e")[0]
        underflows = number == 0 and any(c.isdigit() and c != "0" for c in written)
        if underflows or not math.isfinite(number) or not self.least <= number <= self.most:
            self.fail(f"'{value}' is not {self.meant}", param, ctx)
        return number


class WholeNumber(click.IntRange):
    """A whole number, from `min` to `max` if there is such an end."""

    @property
    def meant(self) -> str:
        """The whole numbers that are taken, in words."""
        ends = f", at least {self.min}" if self.max is None else f" from {self.min} to {self.max}"
        return f"a whole number{ends}"


def text(metavar: str, help: str, *needs: Need) -> Any:
    """A text, or the name of a file."""
    return option(needs=needs, metavar=metavar, help=help)


def texts(metavar: str, help: str, *needs: Need) -> Any:
    """Texts, of an option that may be repeated."""
    return option(needs=needs, metavar=metavar, help=help, multiple=True)


def number(
    metavar: str,
    help: str,
    *needs: Need,
    least: float = -math.inf,
    most: float = math.inf,
    **settings: Any,
) -> Any:
    """A finite number from `least` to `most`."""
    kind = FiniteNumber(least, most)
    return option(needs=needs, type=kind, metavar=metavar, help=help, **settings)


def count(
    help: str,
    *needs: Need,
    least: int = 0,
    most: int | None = None,
    metavar: str = "N",
    **settings: Any,
) -> Any:
    """A whole number from `least` to `most`."""
    kind = WholeNumber(least, most)
    return option(needs=needs, type=kind, metavar=metavar, help=help, **settings)


def flag(help: str, *needs: Need, **settings: Any) -> Any:
    """True where the option is given."""
    return option(needs=needs, is_flag=True, help=help, **settings)


def choice(choices: Sequence[str], help: str, *needs: Need, **settings: Any) -> Any:
    """One of some words."""
    return option(needs=needs, type=click.Choice(choices), help=help, **settings)


def format_choice(
    written: str,
    formats: Sequence[str],
    endings: Endings,
    help: str,
    cls: type[FormatOption] = FormatOption,
) -> Any:
    """A format: as the option says, else as the name of the output ends, else the first."""
    usual = f"The default goes by the name of -o FILE, else it is {formats[0]}."
    return option(
        written,
        type=click.Choice(formats),
        cls=cls,
        endings=endings,
        fallback=formats[0],
        help=f"{help} {usual}",
    )
