"""The kinds of cases: how many of each a turn has, and what makes and checks one."""

from __future__ import annotations

from tests.fuzz.agreement import agreement
from tests.fuzz.campaign import Check
from tests.fuzz.commands import commands
from tests.fuzz.files import files
from tests.fuzz.layouts import layouts
from tests.fuzz.rows import rows
from tests.fuzz.series import series
from tests.fuzz.tables import tables
from tests.fuzz.texts import texts

KINDS: dict[str, tuple[int, Check]] = {
    "agreement": (50, agreement),
    "rows": (20, rows),
    "series": (5, series),
    "commands": (20, commands),
    "texts": (200, texts),
    "layouts": (100, layouts),
    "tables": (20, tables),
    "files": (10, files),
}
