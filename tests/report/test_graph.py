"""Drawings of the graph: well-formed in every language, each node once, texts escaped."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from adcli.cli.inputs import assignments
from adcli.errors import UsageError
from adcli.function import function
from adcli.language.messages import columns
from adcli.report.graph import Drawing, dot_text, drawing_of, mermaid_text, tree_text
from adcli.report.paths import paths_to
from adcli.report.svg import svg_text
from tests.texts import record_of, text_of

SVG = "{http://www.w3.org/2000/svg}"
ODD = '`a"b\\c <i>&amp;|]--> #1;`'
PROGRAMS = [
    ("x1*x2 + sin(x1)", "x1=2,x2=3"),
    ("(x+y)*z", ""),
    (f"{ODD}*名前 + {ODD}^2", ""),
    (f"{ODD}*名前 < 2", f"{ODD}=1,名前=2"),
    ("sum((A@x - b)^2)", "A=[[1,2],[3,4]],x=[1,1],b=[0,1]"),
    ("where(x > 0, log(x), floor(x))", "x=-1.5"),
    ("x*y, x/y", "x=1,y=2"),
    ("3", ""),
    ("x", ""),
    ("x*x + [x, 1]@[1, x]", "x=2"),
    ("sum(clip(cumsum(x), x, x)) + where([x] > 0, [x], [1])[0]", "x=0.5"),  # of one element
    ('einsum("ij,j->i", A, v)[0] + max(v)', ""),
]
each_program = pytest.mark.parametrize(("text", "at"), PROGRAMS, ids=range(len(PROGRAMS)))


def drawn(text: str, at: str = "", **options: Any) -> Drawing:
    point = assignments((at,) if at else (), "--at", options.get("precision"))
    return drawing_of(function(text), point, **options)


def paths_of(text: str, at: str, name: str) -> Any:
    (found,) = paths_to(function(text), [name], assignments((at,), "--at", None)).reports
    return found


def edge_count(found: Drawing) -> int:
    return len(list(found.edges()))


@each_program
def test_svg_is_xml_with_every_node_and_edge(text: str, at: str) -> None:
    found = drawn(text, at)
    root = ElementTree.fromstring(svg_text(found))
    assert root.tag == f"{SVG}svg"
    assert len(root.findall(f"{SVG}g")) == len(found.nodes)
    assert len(root.findall(f"{SVG}path[@class]")) == 2 * edge_count(found)
    labels = [element.text for element in root.iter(f"{SVG}text")]
    for node in found.nodes:
        assert found.label(node) in labels


@each_program
def test_dot_is_well_formed(text: str, at: str) -> None:
    found = drawn(text, at)
    shown = dot_text(found)
    quoted = r'"(?:[^"\\]|\\.)*"'
    node = re.compile(rf"  n\d+ \[label={quoted}[^\"]*\];")
    edge = re.compile(rf"  n\d+ -> n\d+ \[label={quoted}[^\"]*\];")
    lines = shown.splitlines()
    assert sum(bool(node.fullmatch(line)) for line in lines) == len(found.nodes)
    assert sum(bool(edge.fullmatch(line)) for line in lines) == edge_count(found)
    assert lines[0] == "digraph adcli {"
    assert lines[-1] == "}"


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@each_program
def test_graphviz_reads_dot(text: str, at: str) -> None:
    shown = dot_text(drawn(text, at)).encode()
    ran = subprocess.run(["dot", "-Tcanon"], input=shown, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr


@each_program
def test_mermaid_is_well_formed(text: str, at: str) -> None:
    found = drawn(text, at)
    lines = mermaid_text(found).splitlines()
    label = r'"(?:[^"`<>|\\\[\]{}]|<br/>)*"'
    node = re.compile(rf"  n\d+(\(\[{label}\]\)|\[\[{label}\]\]|\[{label}\])")
    edge = re.compile(rf"  n\d+ (-->|-\.->)\|{label}\| n\d+")
    assert lines[0] == "flowchart TD"
    assert sum(bool(node.fullmatch(line)) for line in lines) == len(found.nodes)
    assert sum(bool(edge.fullmatch(line)) for line in lines) == edge_count(found)


@each_program
def test_json_has_the_graph(text: str, at: str) -> None:
    found = drawn(text, at)
    record = record_of(found)
    names = [node["name"] for node in record["nodes"]]
    assert len(set(names)) == len(names) == len(found.nodes)
    assert len(record["edges"]) == edge_count(found)
    for edge in record["edges"]:
        assert names.index(edge["to"]) < names.index(edge["from"])
    assert set(record["results"]) <= set(names)


@each_program
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_tree_draws_every_node_once_and_fits(text: str, at: str, width: int) -> None:
    found = drawn(text, at)
    lines = tree_text(found, width).splitlines()
    assert all(columns(line) <= width for line in lines), lines
    assert sum("(above)" not in line and "(below)" not in line for line in lines) == len(
        found.nodes
    )


def test_the_tree_of_the_textbook_example() -> None:
    assert tree_text(drawn("x1*x2 + sin(x1)", "x1=2,x2=3"), 80).splitlines() == [
        "w5 = w3 + w4 = 6.9093",
        "├─[1]─ w3 = x1*x2 = 6",
        "│  ├─[3]─ x1 = 2 (2 uses)",
        "│  └─[2]─ x2 = 3",
        "└─[1]─ w4 = sin(x1) = 0.909297",
        "   └─[-0.416147]─ x1 = 2 (above)",
    ]


def test_without_a_point_labels_are_formulas() -> None:
    labels = [line.label for line in drawn("x1*x2 + sin(x1)").edges()]
    assert labels == ["x2", "x1", "cos(x1)", "1", "1"]


def test_no_control_characters_get_out() -> None:
    text = "`a\x07\x1b[31m\u202eb`*2"
    for show in (dot_text, mermaid_text, svg_text, lambda d: tree_text(d, 80)):
        shown = show(drawn(text))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)
    assert record_of(drawn(text))


def test_deep_and_shared_graphs_stay_small() -> None:
    text = "y = x\n" + "y = y*y + sin(y)\n" * 5000 + "y"
    found = drawn(text)
    assert len(tree_text(found, 80)) < 200_000
    assert len(dot_text(found).splitlines()) < 50_000
    with pytest.raises(UsageError, match="cannot be read"):
        svg_text(found)


def test_a_variable_called_like_a_step_keeps_names_apart() -> None:
    names = list(drawn("w3*y + y").steps.names.values())
    assert names == ["w3", "y", "v3", "v4"]


def test_paths_as_a_record() -> None:
    record = record_of(paths_of("x1*x2 + sin(x1)", "x1=2,x2=3", "x1"))
    assert record["count"] == 2
    assert record["complete"]
    assert [path["nodes"] for path in record["paths"]] == [["w5", "w3", "x1"], ["w5", "w4", "x1"]]
    assert [path["product"] for path in record["paths"]] == [3.0, -0.4161468365471424]
    assert record["sum"] == 2.5838531634528574


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_paths_fit_the_terminal(width: int) -> None:
    text = "y = x\n" + "y = 1.1*y + sin(y)\n" * 30 + "y + 1e4*x"
    shown = text_of(paths_of(text, "x=0.5", "x"), "table", width)
    assert "1,073,741,825 paths" in shown
    assert "The largest 20 of 1,073,741,825" in shown
    for line in shown.splitlines():
        if line[:1] in "╭├│╰":
            assert columns(line) <= width
            assert line[-1] in "╮┤│╯"


def test_paths_that_cancel_are_named() -> None:
    shown = text_of(paths_of("(1e8*x + y) - 1e8*x + x", "x=1,y=1", "x"), "table", 100)
    assert "Paths cancel" in shown
    assert "∂" in shown


def test_the_picture_can_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "graph.svg"
    file.write_text(svg_text(drawn("x + 1")), encoding="utf-8")
    assert ElementTree.parse(file).getroot().get("width")
