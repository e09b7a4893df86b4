"""Pictures of graphs, read from the SVG: nothing overlaps, is cut, or crosses needlessly."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from adcli.cli.inputs import assignments
from adcli.function import function
from adcli.language.messages import columns
from adcli.report.graph import drawing_of
from adcli.report.graph_picture import FONT, WIDE, GraphPicture, picture_of
from adcli.report.routing import Area, Position, crossings, within
from adcli.report.sum_nodes import with_sums
from adcli.report.svg import svg_text
from tests.terminal import run_here
from tests.texts import record_of

SVG = "{http://www.w3.org/2000/svg}"
NETWORK = "tanh(W2@tanh(W1@x + b1) + b2)@[1, 1]"
NETWORK_AT = "W1=[[1,2],[3,4],[5,6]],x=[1,2],b1=[0,0,0],W2=[[1,2,3],[0,1,2]],b2=[0,0]"
PROGRAMS = [
    # program, point, crossings of the best drawing
    ("x", "x=1", 0),
    ("x*x", "x=1", 0),
    ("x1*x2 + sin(x1)", "x1=2,x2=3", 0),
    ("x1*x2 + sin(x1)", "", 0),
    ("3*(x1^2 + x2*x3)", "x1=2,x2=3,x3=4", 0),
    ("x1 + x2 + x3 + x4", "x1=1,x2=2,x3=3,x4=4", 0),
    ("(1 - x)^2 + 100(y - x^2)^2", "x=-1.2,y=1", 0),
    ("sin(x)*cos(y) + exp(x*y)", "x=1,y=2", 0),
    ("x*y + y*z + z*x", "x=1,y=2,z=3", 1),  # no drawing in which all goes down has less
    ("x*y, x/y", "x=1,y=2", 0),
    ("exp(-(x - m)^2/(2s^2))/(s*sqrt(2pi))", "x=1,m=0,s=2", 0),
    ("a = x + y; b = a*z; sin(b)/b + a", "x=1,y=2,z=3", 0),
    ("where(x > 0, log(x), floor(x))", "x=1.5", 0),
    ("f(x) = x^2 + 1; f(f(f(x)))", "x=0.5", 0),
    (NETWORK, NETWORK_AT, 0),
    ("sum((A@x - b)^2)", "A=[[1,2],[3,4]],x=[1,1],b=[0,1]", 0),
    ("y = x\n" + "y = y*z + sin(y)\n" * 4 + "y", "x=1,z=0.5", 0),
    ("`a long name`*exp(`a long name`/123456) + log(`a long name`)", "`a long name`=2", 0),
    ("[u, v]@[[1, 2], [3, 4]]@[v, u]", "u=1,v=2", 1),
]
each_way = pytest.mark.parametrize("flow", ["down", "right"])
each_program = pytest.mark.parametrize(("text", "at", "least"), PROGRAMS, ids=range(len(PROGRAMS)))


def drawn(text: str, at: str) -> Any:
    return with_sums(drawing_of(function(text), assignments((at,) if at else (), "--at", None)))


def overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def text_area(element: ElementTree.Element) -> Area:
    """What the letters of a text take: DejaVu Sans Mono rises 0.76 and falls 0.24 of its size."""
    x, y = (float(element.get(name, "nan")) for name in "xy")
    half = columns(element.text or "") * FONT * WIDE / 2
    assert element.get("text-anchor") == "middle"
    return (x - half, y - 0.76 * FONT, x + half, y + 0.24 * FONT)


def lines_of(path: str) -> list[list[Position]]:
    """The lines of a path, a curve by its control points."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", part)]
        for part in path.split("M")[1:]
    ]


@each_way
@each_program
def test_svg_is_legible(text: str, at: str, least: int, flow: str) -> None:
    root = ElementTree.fromstring(svg_text(drawn(text, at), flow == "right"))
    width, height = (float(root.get(name, "nan")) for name in ("width", "height"))
    assert root.get("viewBox") == f"0 0 {width:.0f} {height:.0f}"
    style = root.findtext(f"{SVG}style") or ""
    assert set(re.findall(r"font[^:;]*: *(\d+)px", style)) == {f"{FONT:g}"}, (
        "labels as large as nodes"
    )
    boxes, labels = [], []
    for group in root.findall(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        left, top, across, down = (float(rect.get(n, "nan")) for n in ("x", "y", "width", "height"))
        boxes.append((left, top, left + across, top + down))
        for element in group.findall(f"{SVG}text"):
            x0, y0, x1, y1 = text_area(element)
            assert left < x0 < x1 < left + across
            assert top < y0 < y1 < top + down
    labels = [text_area(element) for element in root.findall(f"{SVG}text")]
    for one, other in combinations([*boxes, *labels], 2):
        assert not overlap(one, other)
    for left, top, right, bottom in [*boxes, *labels]:
        assert 0 < left < right < width
        assert 0 < top < bottom < height
    for path in root.findall(f"{SVG}path[@class]"):
        for line in lines_of(path.get("d", "")):
            for label in labels:
                assert not any(within(piece, label) for piece in pairwise(line))
            assert all(0 < x < width and 0 < y < height for x, y in line)


def crossed(picture: GraphPicture) -> int:
    """How many pairs of edges cross."""
    lines = [[p for stroke in a.strokes for piece in stroke for p in piece] for a in picture.edges]
    return sum(crossings(one, other) > 0 for one, other in combinations(lines, 2))


@each_way
@each_program
def test_only_what_must_cross_crosses(text: str, at: str, least: int, flow: str) -> None:
    assert crossed(picture_of(drawn(text, at), flow == "right")) == least


def test_most_edges_are_straight() -> None:
    bends = {}
    for text, at, _ in PROGRAMS:
        picture = picture_of(drawn(text, at))
        bent = sum(any(len(s) > 2 for s in arrow.strokes) for arrow in picture.edges)
        bends[text] = bent / max(1, len(picture.edges))
    assert sum(bends.values()) / len(bends) < 0.15, bends


def boxes(text: str, at: str) -> dict[str, list[str]]:
    """What boxes say: the first line -> the others."""
    found = picture_of(drawn(text, at)).nodes
    return {box.lines[0][1]: [line for _, line in box.lines[1:]] for box in found}


def test_values_and_adjoints_are_in_the_nodes() -> None:
    assert boxes("3*(x1^2 + x2*x3)", "x1=2,x2=3,x3=4") == {
        "x1": ["2", "x̄1 = 12"],
        "x2": ["3", "x̄2 = 12"],
        "x3": ["4", "x̄3 = 9"],
        "w4 = x1^2": ["4", "w̄4 = 3"],
        "w5 = x2*x3": ["12", "w̄5 = 3"],
        "w6 = w4 + w5": ["16", "w̄6 = 3"],
        "w7 = 3*w6": ["48", "w̄7 = 1"],
    }
    assert boxes("x*y, x/y", "x=1,y=2")["x"] == ["1"], "of several results there is no adjoint"
    assert boxes("x + y", "") == {"x": [], "y": [], "w3 = x + y": []}


def test_shapes_are_in_words() -> None:
    found = boxes("sum(W@v)", "W=[[1,2],[3,4],[5,6]],v=[1,2]")
    assert found["W"] == ["3×2 matrix", "W̄ = 3×2 matrix"]
    assert found["v"] == ["[1, 2]", "v̄ = [9, 12]"]
    assert boxes("sum(v^2)", "v=[1,2,3,4,5,6,7,8,9,10]")["v"] == [
        "vector of 10",
        "v̄ = vector of 10",
    ]


@pytest.mark.parametrize(
    ("text", "at", "node", "labels"),
    [
        ("x1 + x2 + x3 + x4", "", "w7 = x1 + x2 + x3 + x4", ["1"] * 4),
        ("x1 + x2 - x3 + 1 + x4", "x1=1,x2=1,x3=1,x4=1", None, ["1", "1", "-1", "1"]),
        ("sum([x, y, z])", "x=1,y=2,z=3", "w5 = sum([x, y, z])", ["1"] * 3),
        ("x + y + x", "x=1,y=2", "w4 = x + y + x", ["1"] * 3),
        ("s = x + y; s + z", "", "w5 = s + z", ["1", "1"]),  # the program names it
        ("a = x + y; a + z + a", "", None, ["1", "1", "1"]),
        ("x + y + v", "x=1,y=2,v=[1,2]", None, ["[1, 1]", "[[1, 0], [0, 1]]"]),  # another shape
        ("sum([v, v + 1])", "v=[1,2]", None, ["[[1, 1], [1, 1]]"]),
    ],
)
def test_a_sum_is_one_node(text: str, at: str, node: str | None, labels: list[str]) -> None:
    found = drawn(text, at)
    (result,) = found.steps.outputs
    if node is not None:
        assert found.label(result) == node
    assert [line.label for line in found.lines[result]] == labels


def test_the_true_graph_is_behind_a_sum() -> None:
    point = assignments(("x1=1,x2=2,x3=3",), "--at", None)
    whole = drawing_of(function("x1 + x2 + x3"), point)
    assert len(record_of(whole)["nodes"]) == 5
    assert [node["adjoint"] for node in record_of(whole)["nodes"]] == [1.0] * 5
    assert "<title>w4 = x1 + x2; w5 = w4 + x3</title>" in svg_text(with_sums(whole))


@each_way
def test_png_and_pdf_are_of_the_size_of_the_svg(flow: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from PIL import Image

    line = ["graph", "x1*x2 + sin(名前)", "--at", "x1=2,x2=3,名前=1", "--flow", flow, "-o"]
    for name in ("g.svg", "g.png", "g.pdf", "again.png", "again.pdf"):
        outcome = run_here([*line, str(tmp_path / name)])
        assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "", "")
    root = ElementTree.parse(tmp_path / "g.svg").getroot()
    size = [float(root.get(name, "nan")) for name in ("width", "height")]
    with Image.open(tmp_path / "g.png") as image:
        assert image.size == pytest.approx([3 * n for n in size], abs=3)
        colors = image.convert("RGB").getcolors(1 << 20)
        assert colors is not None
        assert len(colors) > 50
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    pdf = (tmp_path / "g.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    assert box is not None
    assert [float(n) for n in box.groups()] == pytest.approx(size, abs=1)
    for form in ("png", "pdf"):
        assert (tmp_path / f"g.{form}").read_bytes() == (tmp_path / f"again.{form}").read_bytes()


def test_without_matplotlib_a_png_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in ("g.png", "g.pdf"):
        outcome = run_here(["graph", "x", "-o", str(tmp_path / name)])
        assert outcome.code == 2
        assert "adcli[plot]" in outcome.stderr
        assert not (tmp_path / name).exists()
    assert run_here(["graph", "x", "-o", str(tmp_path / "g.svg")]).code == 0
