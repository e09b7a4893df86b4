"""Results as the texts that people and scripts get."""

from __future__ import annotations

import json
from typing import Any

from adcli.report.rendering import Report, Screen, rendered


def text_of(report: Report, form: str, width: int = 100) -> str:
    """A result in a format; tables without colour."""
    return "".join(rendered(report, form, 6, Screen(width, False)))


def record_of(report: Report) -> Any:
    """A result as it comes back from its JSON."""
    return json.loads(text_of(report, "json"))
