"""`adcli taylor`: what it says about a series beside its coefficients."""

from __future__ import annotations

import json

import pytest

from tests.terminal import run_here


@pytest.mark.parametrize(
    ("program", "is_kinked"),
    [
        ("abs(x)^3", True),
        ("max(x, 0)", True),
        ("floor(x)", True),
        ("norm([x, 2x])", True),
        ("where(x > 0, x^2, 0)", True),
        ("x^3", False),
        ("abs(x - 1)", False),
    ],
)
def test_no_radius_is_estimated_at_a_kink(program: str, is_kinked: bool) -> None:
    found = run_here(["taylor", program, "--at", "x=0", "--order", "1", "--format", "json"])
    radius = json.loads(found.stdout)["radius"]
    assert (radius["estimate"] is None and "kink" in radius["remark"]) == is_kinked
    assert ("kink" in found.stderr) == is_kinked
