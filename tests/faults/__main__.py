"""`python -m tests.faults`: faults of all kinds, or one of them again."""

from __future__ import annotations

from tests.faults.disturb import KINDS
from tests.fuzz.command import command

if __name__ == "__main__":
    command("tests.faults", KINDS)()
