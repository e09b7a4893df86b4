"""The lesson as a film: a frame a step, the node of the step lit in it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops

from adcli.errors import UsageError
from adcli.report import lesson_film
from adcli.report.lesson_film import COLORS, LIT, MOST_NODES, film_bytes
from tests.report.test_trace import report


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A film with few pixels takes little time."""
    monkeypatch.setattr(lesson_film, "MOST_PIXELS", 480)


BOOK, AT = "3*(x1^2 + x2*x3)", "x1=2,x2=3,x3=4"


def frames(text: str = BOOK, at: str = AT, **options: Any) -> list[Image.Image]:
    film = Image.open(BytesIO(film_bytes(report(text, at, "gif", **options), 6)))
    found = []
    for k in range(film.n_frames):
        film.seek(k)
        found.append(film.convert("RGB"))
    return found


def colored(frame: Image.Image, color: str) -> tuple[int, int, int, int] | None:
    """The box around what has a colour, give or take what a palette does to it."""
    parts = [int(color[k : k + 2], 16) for k in (1, 3, 5)]
    apart = ImageChops.difference(frame, Image.new("RGB", frame.size, tuple(parts)))
    return apart.convert("L").point(lambda far: 255 if far < 4 else 0).getbbox()


def test_a_frame_a_step_of_both_passes() -> None:
    found = frames()
    assert len(found) == 9 + 9
    lit = [colored(frame, LIT) for frame in found]
    computed = [0, 1, 2, 3, 4, 5, 6]
    assert [k for k, box in enumerate(lit) if box] == [k + 1 for k in computed] + [
        k + 10 for k in computed
    ]
    assert lit[7] == lit[10], "the result ends the forward pass and begins the backward pass"
    forward, backward = found[5], found[14]
    assert colored(forward, COLORS["value"])
    assert not colored(forward, COLORS["adjoint"])
    assert colored(backward, COLORS["adjoint"])
    assert found[0].getpixel((0, 0)) == (255, 255, 255)


def test_forward_mode_alone_has_its_seeds() -> None:
    assert len(frames("x*y", "x=2,y=3", mode="forward")) == 5 + 2 * 4
    assert len(frames("x*y", "x=2,y=3", mode="reverse")) == 5 + 5


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("7", ""),
        ("sum((A@x - b)^2)", "A=[[1,2],[3,4],[5,6]],x=[1,-1],b=[0,1,2]"),
        ("`$a_1$ $`*`变量`", "`$a_1$ $`=2,`变量`=3"),
    ],
)
def test_other_programs(text: str, at: str) -> None:
    assert len(frames(text, at, mode="reverse")) > 2


def test_a_graph_that_no_slide_has_room_for() -> None:
    text = " + ".join([f"x^{k}" for k in range(1, MOST_NODES)])
    with pytest.raises(UsageError, match=r"a film of .* nodes cannot be read"):
        film_bytes(report(text, "x=1", "gif"), 6)
