"""Pages of `adcli diff`: derivatives and derivations in a browser, on a screen and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adcli.cli import execute

HARMFUL = "`</script><img src=x onerror=alert(1)>`"
WIDE = "atan2(exp(sin(a_max*x) + cos(b_long*y))*sqrt(1 + x^2*y^2), log(1 + x^2*y^4) + rate*y)"


@pytest.mark.parametrize(
    ("arguments", "least"),
    [
        ([f"{HARMFUL}^2*x"], 4),
        ([f"{HARMFUL}^2*x", "--steps"], 12),
        ([WIDE], 10),
        ([WIDE, "--steps", "--wrt", "x"], 40),
        (["x*y, sin(x)/y", "--order", "2"], 6),
        (["norm(A@x - b)", "--wrt", "x", "--shape", "A=5x3,x=3,b=5", "--steps"], 8),
    ],
)
def test_a_page(opened: Any, tmp_path: Path, arguments: list[str], least: int) -> None:
    path = tmp_path / "made.html"
    assert execute(["diff", *arguments, "-o", str(path)]) == 0
    page = opened(path.read_text("utf-8"))
    assert page.locator("img, script").count() == 1
    assert page.locator("math").count() >= least
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert min(page.locator("math").evaluate_all(HEIGHTS)) > 5


HEIGHTS = "all => all.map((math) => math.getBoundingClientRect().height)"


def test_wide_formulas_are_smaller_on_paper(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "made.html"
    terms = " + ".join([f"velocity_{k}*x" for k in range(14)])
    assert execute(["diff", f"x^2/({terms})", "--wrt", "x", "--steps", "-o", str(path)]) == 0
    page = opened(path.read_text("utf-8"), locale="en")
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    wide = page.locator(".wider").first
    before = wide.evaluate(size)
    page.emulate_media(media="print")
    assert wide.evaluate(size) < before
