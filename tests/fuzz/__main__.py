"""`python -m tests.fuzz`: a campaign over all kinds of cases, or one case again."""

from __future__ import annotations

import resource
import sys

import click

from tests.fuzz.campaign import campaign
from tests.fuzz.kinds import KINDS

MEMORY = 12 << 30
"""Bytes of addresses that the process may take: more is a mistake of a case, not of the machine."""


@click.command()
@click.option("--seconds", type=float, default=60.0, help="How long (default 60).")
@click.option("--seed", type=int, default=0, help="Another seed, other cases (default 0).")
@click.option("--only", type=click.Choice(list(KINDS)), multiple=True, help="Kinds. Repeatable.")
@click.option("--cases", type=int, help="So many of each kind at most.")
@click.option("--first", type=int, default=0, help="The number of the first case (default 0).")
def main(seconds: float, seed: int, only: tuple[str, ...], cases: int | None, first: int) -> None:
    """Run random cases and report those that fail, each shrunk, with the line that replays it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    kinds = {kind: KINDS[kind] for kind in only or KINDS}
    report = campaign(
        kinds,
        seed=seed,
        seconds=seconds,
        cases=cases,
        first=first,
        tell=lambda text: click.echo(text, err=True),
    )
    click.echo(report.text())
    sys.exit(bool(report.found))


if __name__ == "__main__":
    main()
