"""Pictures and films of a descent: one scale for like parameters, arrows downhill, an end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.descent.run import descend
from adcli.errors import UsageError
from adcli.report import descent_pictures
from adcli.report.descent_landscape import Landscape
from adcli.report.descent_pictures import MOVE, Film, Picture

pytest.importorskip("matplotlib")
BOWL = "3*(x - 1)^2 + x*y + y^2"
START = {"x": -2.0, "y": 3.0}


def drawn(monkeypatch: pytest.MonkeyPatch, text: str, start: dict[str, Any], **options: Any) -> Any:
    """The axes of a picture, with the ranges that it was drawn in."""
    found: list[Any] = []
    monkeypatch.setattr(descent_pictures, "write_figure", lambda figure, _: found.append(figure))
    picture = Picture("picture.png")
    picture.draw(descend(text, start, watchers=[picture], **{"rate": 0.1, **options}))
    return found[0].axes


def test_like_parameters_have_one_scale_and_arrows_across_the_contours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from matplotlib.quiver import Quiver

    _, axes = drawn(monkeypatch, BOWL, START)
    assert axes.get_aspect() == 1
    assert np.ptp(axes.get_xlim()) == pytest.approx(np.ptp(axes.get_ylim()))
    (arrows,) = [c for c in axes.collections if isinstance(c, Quiver)]
    assert len(arrows.XY) > 3
    for (x, y), *arrow in zip(arrows.XY, arrows.U, arrows.V, strict=True):
        gradient = np.array([6 * (x - 1) + y, x + 2 * y])
        assert np.dot(arrow, gradient) == pytest.approx(-np.hypot(*arrow) * np.hypot(*gradient))


def test_parameters_of_other_widths_have_scales_of_their_own() -> None:
    film = Film("a.gif")
    descend("x^2 + 1e8*y^2", {"x": 1.0, "y": 1e-4}, rate=1e-9, watchers=[film])
    assert not Landscape(film.problem, np.array([[1.0, 1e-4], [0.0, 0.0]])).is_like
    assert Landscape(film.problem, np.array([[1.0, 0.2], [0.0, 0.0]])).is_like


@pytest.mark.parametrize("maximize", [False, True])
def test_one_parameter_has_its_curve_with_the_steps_on_it(
    maximize: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "-(x^4 - 3x^2 + x)" if maximize else "x^4 - 3x^2 + x"
    _, axes = drawn(monkeypatch, text, {"x": 2.0}, rate=0.03, maximize=maximize)
    lines = {line.get_label(): np.array(line.get_data()) for line in axes.get_lines()}
    sign = -1 if maximize else 1
    for name in ("function", "iterates", "start", "best"):
        x, y = lines[name]
        assert y == pytest.approx(sign * (x**4 - 3 * x**2 + x))
    assert lines["function"][0].min() < lines["iterates"][0].min()


def test_more_parameters_have_the_values_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    (axes,) = drawn(monkeypatch, "sum(v^2)", {"v": np.ones(3)})
    assert axes.get_xlabel() == "iteration"


@pytest.mark.parametrize(("text", "start"), [(BOWL, START), ("x^2", {"x": 1.0})])
def test_a_film_ends_when_nothing_moves(text: str, start: dict[str, float], tmp_path: Path) -> None:
    from PIL import Image

    film = Film(str(tmp_path / "a.gif"))
    result = descend(text, start, rate=0.1, watchers=[film])
    film.draw(result)
    with Image.open(tmp_path / "a.gif") as image:
        assert 5 < image.n_frames < result.iterations
        image.seek(image.n_frames - 1)
        assert image.info["duration"] == 2000
        path = np.array([it.point for it in result.history])
        width = Landscape(film.problem, path).width
        shown = path[image.n_frames - 1]
        assert np.linalg.norm(shown - path[-1]) <= MOVE * width


def test_a_path_that_stays_where_it_is_has_a_window() -> None:
    film = Film("a.gif")
    descend("x^2 + y^2", {"x": 0.0, "y": 0.0}, watchers=[film])
    for point in ([0.0, 0.0], [3.0, 0.0]):
        landscape = Landscape(film.problem, np.array([point]))
        assert landscape.is_like
        assert (landscape.low < point).all()
        assert (landscape.high > point).all()


def test_a_film_of_three_parameters_is_refused() -> None:
    film = Film("a.gif")
    with pytest.raises(UsageError, match="1 or 2 parameters, there are 3"):
        descend("sum(v^2)", {"v": np.ones(3)}, watchers=[film])
