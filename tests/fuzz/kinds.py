"""The kinds of cases: how many of each a turn has, and what makes and checks one."""

from __future__ import annotations

from tests.fuzz.agreement import agreement
from tests.fuzz.campaign import Check
from tests.fuzz.commands import commands
from tests.fuzz.files import files
from tests.fuzz.layouts import layouts
from tests.fuzz.tables import tables
from tests.fuzz.texts import texts

KINDS: dict[str, tuple[int, Check]] = {
    "agreement": (40, agreement),
    "commands": (30, commands),
    "texts": (120, texts),
    "layouts": (80, layouts),
    "tables": (30, tables),
    "files": (20, files),
}
