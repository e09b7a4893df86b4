"""`python -m tests.fuzz`: a campaign over all kinds of cases, or one case again."""

from __future__ import annotations

import resource

from tests.fuzz.command import command
from tests.fuzz.kinds import KINDS

MEMORY = 12 << 30
"""Bytes of addresses that the process may take: more is a mistake of a case, not of the machine."""


def begin() -> None:
    """Limit the memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    command("tests.fuzz", KINDS, begin)()
