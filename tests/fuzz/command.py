"""The command line of a campaign."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import click

from tests.fuzz.campaign import Check, campaign


def command(
    name: str, kinds: Mapping[str, tuple[int, Check]], begin: Callable[[], None] = lambda: None
) -> click.Command:
    """`python -m NAME`, which runs cases of these kinds; `begin` comes first."""

    @click.command()
    @click.option("--seconds", type=float, default=60.0, help="How long (default 60).")
    @click.option("--seed", type=int, default=0, help="Another seed, other cases (default 0).")
    @click.option("--only", type=click.Choice(list(kinds)), multiple=True, help="Repeatable.")
    @click.option("--cases", type=int, help="So many of each kind at most.")
    @click.option("--first", type=int, default=0, help="The number of the first case (default 0).")
    def main(
        seconds: float, seed: int, only: tuple[str, ...], cases: int | None, first: int
    ) -> None:
        """Run random cases and report those that fail, each made simpler, with the line that
        replays it. The exit code is 1 if there are any."""
        begin()
        report = campaign(
            {kind: kinds[kind] for kind in only or kinds},
            name=name,
            seed=seed,
            seconds=seconds,
            cases=cases,
            first=first,
            tell=lambda text: click.echo(text, err=True),
        )
        click.echo(report.text())
        sys.exit(bool(report.found))

    return main
