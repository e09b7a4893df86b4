"""The evaluation trace in LaTeX: display formulas with arrays, for amsmath."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from adcli.graph.axes import index_label
from adcli.language.latex import (
    accented_name,
    distinct_names,
    latex_name,
    latex_names,
    numbered_name,
    to_latex,
)
from adcli.report.step_names import Spelling
from adcli.report.steps import Notation
from adcli.report.trace import MAX_SEEDS, TraceReport, shown, thinned

LATEX = Notation(
    spelling=Spelling(
        step="{}_{{{}}}",
        own=distinct_names,
        version=numbered_name,
        call=lambda name, arguments: rf"{latex_name(name)}\left({', '.join(arguments)}\right)",
        leaf=lambda f, node: to_latex(f.graph, node),
    ),
    tangent=lambda name: accented_name(name, r"\dot"),
    adjoint=lambda name, bars: reduce(lambda x, _: accented_name(x, r"\bar"), range(bars), name),
    times=r" \cdot ",
    partial=r"\frac{{\partial {}}}{{\partial {}}}",
    only_where=r"\left[{}\right]",
    transposed=r"{}^{{\mathsf{{T}}}}",
    product=r"{} \, {}",
    call=r"\operatorname{{{}}}\left({}\right)",
    at=r"{} \text{{ at }} [{}]",
    printer=lambda graph, node, names: to_latex(graph, node, names=names),
)
"""Steps are w_1, w_2, ...; a dot marks tangents, a bar adjoints."""

GAP = (r"\vdots", r"\text{{{:,} more}}")


def latex_text(report: TraceReport, digits: int) -> str:
    """The evaluation with its tangents, then the adjoints; `report.steps` is in `LATEX`."""

    def number(value: Any) -> str:
        return latex_number(shown(value, digits, report.precision))

    parts = [_evaluation(report, number)]
    if report.is_reverse:
        parts.append(_adjoints(report, number))
    return "\n".join(parts)


def latex_number(text: str) -> str:
    r"""A number, or several, as a table shows them.

    >>> latex_number("1e-05"), latex_number("[1, 2.5e+10]"), latex_number("-inf")
    ('10^{-5}', '[1, 2.5 \\cdot 10^{10}]', '-\\infty')
    """
    if text.startswith("[") or ":" in text:
        shape, colon, numbers = text.rpartition(":")
        inner = ", ".join([_bracketed(part) for part in numbers.strip().split(", ")])
        return shape.replace("x", r" \times ") + colon + inner
    return _bracketed(text)


def _bracketed(text: str) -> str:
    """One number with the brackets of the array around it."""
    core = text.strip("[]")
    left, right = text[: text.find(core)], text[text.find(core) + len(core) :]
    mantissa, e, exponent = core.partition("e")
    if core.endswith("inf"):
        core = core.replace("inf", r"\infty")
    elif core == "nan":
        core = r"\mathrm{nan}"
    elif core == "...":
        core = r"\ldots"
    elif e:
        power = f"10^{{{int(exponent)}}}"
        core = power if mantissa == "1" else rf"{mantissa} \cdot {power}"
    return left + core + right


def _array(columns: str, heads: list[str], rows: list[list[str]]) -> str:
    lines = [r"\[", rf"\begin{{array}}{{{columns}}}"]
    lines.append(" & ".join(heads) + r" \\ \hline")
    lines += [" & ".join(row) + r" \\" for row in rows]
    return "\n".join([*lines, r"\end{array}", r"\]"]) + "\n"


def _evaluation(report: TraceReport, number: Callable[[Any], str]) -> str:
    steps, trace = report.steps, report.trace
    seeds = trace.seeds[:MAX_SEEDS] if report.is_forward else []
    heads = ["", r"\text{formula}", r"\text{value}"]
    if report.is_forward:
        heads.append(r"\text{tangent}")
    written = latex_names(steps.graph)
    for seed in seeds:
        name = written[steps.graph.attrs[seed.node]] + index_label(seed.component)
        heads.append(rf"\partial {steps.naming.letters}/\partial {name}")

    def cells(node: int) -> list[str]:
        row = [steps.names[node], steps.definition(node) or r"\text{input}"]
        row.append(number(trace.values[node]))
        if report.is_forward:
            start = r"\text{seed}" if report.active[node] else "0"
            row.append(report.tangent_rule(node) or start)
        return [*row, *[number(s.tangents.get(node, 0.0)) for s in seeds]]

    rows = thinned(steps.nodes, cells, GAP)
    return _array("llr" + "l" * report.is_forward + "r" * len(seeds), heads, rows)


def _adjoints(report: TraceReport, number: Callable[[Any], str]) -> str:
    steps, trace = report.steps, report.trace

    def cells(node: int) -> list[str]:
        rule = report.adjoint_rule(node) or r"\text{seed}"
        return [steps.adjoint(node), rule, number(trace.adjoints[node])]

    rows = thinned(report.visited, cells, GAP)
    return _array("llr", ["", r"\text{contributions}", r"\text{adjoint}"], rows)
