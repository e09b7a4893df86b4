"""Pictures in files, by matplotlib (the `plot` extra)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from warnings import catch_warnings, filterwarnings

from adcli.data.cells import shortened
from adcli.data.output import atomic_output
from adcli.errors import UsageError
from adcli.language.messages import safe

PICTURE_FORMATS = ("png", "svg", "pdf")
SLIDE = (10.67, 6.0)
"""Inches of a plot with two panels: 1600 to 900 pixels as a PNG."""
PANEL, TALL = (7.0, 5.6), (9.0, 7.2)
"""Inches of a plot with one panel, and with another one below it."""
TITLE, LABEL, LEGEND = 14, 13, 12
"""Sizes of text, legible in a third of a slide."""
MARGIN = 0.15
"""White around a plot, and between its panels, in inches."""


def picture_format(name: str) -> str:
    """`png`, `svg` or `pdf`, by the file's name. Raises UsageError for another."""
    ending = name.rpartition(".")[2].lower()
    if ending not in PICTURE_FORMATS:
        raise UsageError(
            f"'{ending}' is not a format for pictures"
            if "." in name
            else "the picture's format is not known",
            "name a file that ends in .png, .svg or .pdf",
        )
    return ending


def film_format(name: str) -> None:
    """Raise UsageError for the name of a file that is no film."""
    if not name.lower().endswith(".gif"):
        raise UsageError("the film's format is not known", "name a file that ends in .gif")


def figure_class() -> Any:
    """matplotlib's Figure. Raises UsageError where it is not installed."""
    try:
        import matplotlib.figure
    except ImportError:
        raise UsageError(
            "a picture needs matplotlib, which is not installed", "pip install 'adcli[plot]'"
        ) from None
    return matplotlib.figure.Figure


def plain_text(text: str, most: int | None = None) -> str:
    """Text that matplotlib takes for no formula, of at most so many characters."""
    cut = text if most is None else shortened(text, most)
    return safe(cut).replace("$", r"\$")


def dress(axes: Any, columns: int = 1, legend: str = "below") -> None:
    """Give finished axes their grid, their sizes of text, and a legend of all that has a label, in
    so many columns: below them, where it hides nothing, or at another place."""
    axes.grid(True, which="major", linewidth=0.3)
    axes.tick_params(labelsize=LEGEND)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_size(LABEL)
    axes.title.set_size(TITLE)
    if axes.get_legend_handles_labels()[0]:
        place: Any = {"loc": legend}
        if legend == "below":
            place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16), "frameon": False}
        axes.legend(fontsize=LEGEND, ncols=columns, **place)


class PictureFile:
    """A picture whose file's name, and whose library, are checked now, before the work is done."""

    def __init__(self, path: str) -> None:
        self.path = path
        picture_format(path)
        figure_class()


def write_figure(figure: Any, path: str) -> None:
    """Write a plot as PNG, SVG or PDF, with a white margin."""
    set_margins(figure)
    form = picture_format(path)
    with atomic_output(path) as stream:
        save_figure(figure, stream, form)


def set_margins(figure: Any) -> None:
    """Leave white around a plot whose layout is constrained."""
    figure.get_layout_engine().set(w_pad=MARGIN, h_pad=MARGIN)


def save_figure(figure: Any, stream: Any, form: str, dpi: float = 150) -> None:
    """Write a figure to a stream; the same figure makes the same bytes."""
    import matplotlib

    dates: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    settings: Any = {"svg.hashsalt": "adcli", "pdf.fonttype": 42}
    with matplotlib.rc_context(settings), without_glyph_warnings():
        figure.savefig(stream, format=form, dpi=dpi, metadata=dates.get(form, {}))


@contextmanager
def without_glyph_warnings() -> Iterator[None]:
    """Say nothing of signs that no font has: they are shown as boxes."""
    with catch_warnings():
        filterwarnings("ignore", "Glyph .* missing from font")
        yield


def canvas_of(figure: Any) -> Any:
    """What a figure is drawn on, in memory."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    return FigureCanvasAgg(figure)


def frame_of(canvas: Any) -> Any:
    """What a canvas shows now, as a frame of a film; the ground, seen in its corner, keeps its
    colour."""
    from PIL import Image

    pixels: Any = Image.frombuffer("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    frame: Any = pixels.convert("P", palette=Image.Palette.ADAPTIVE)
    colors, place = frame.getpalette(), 3 * frame.getpixel((0, 0))
    colors[place : place + 3] = pixels.getpixel((0, 0))[:3]
    frame.putpalette(colors)
    return frame


def save_film(frames: list[Any], times: list[int], stream: Any) -> None:
    """Write frames as GIF, each shown for so many milliseconds, over and over."""
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
