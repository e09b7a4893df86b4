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
from adcli.report.chain_rule import shown_slopes
from adcli.report.formula_trace import FormulaTrace
from adcli.report.step_names import Spelling
from adcli.report.steps import Notation
from adcli.report.trace import MAX_SEED_VECTORS, MAX_SEEDS, TraceReport, shown, thinned


def latex_derivative(of: str, by: str, is_partial: bool) -> str:
    r"""The derivative of a value by a variable, as a fraction.

    >>> latex_derivative("f", "x", False)
    '\\frac{d f}{d x}'
    """
    d = r"\partial" if is_partial else "d"
    return rf"\frac{{{d} {of}}}{{{d} {by}}}"


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
    derivative=latex_derivative,
    only_where=r"\left[{}\right]",
    transposed=r"{}^{{\mathsf{{T}}}}",
    product=r"{} \, {}",
    call=r"\operatorname{{{}}}\left({}\right)",
    at=r"{} \text{{ at }} [{}]",
    printer=lambda graph, node, names: to_latex(graph, node, names=names),
)
"""Steps are w_1, w_2, ...; a dot marks tangents, a bar adjoints."""

HIGH = r"\\[5pt]"
"""The end of a row with fractions."""
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


def _array(columns: str, heads: list[str], rows: list[list[str]], end: str = r"\\") -> str:
    lines = [r"\[", rf"\begin{{array}}{{{columns}}}"]
    lines.append(" & ".join(heads) + r" \\ \hline")
    lines += [" & ".join(row) + f" {end}" for row in rows]
    return "\n".join([*lines, r"\end{array}", r"\]"]) + "\n"


def _evaluation(report: TraceReport, number: Callable[[Any], str]) -> str:
    steps, trace = report.steps, report.trace
    seeds = trace.seeds[:MAX_SEEDS] if report.is_forward else []
    heads = ["", r"\text{formula}", r"\text{value}"]
    if report.is_forward:
        heads.append(r"\text{tangent}")
    written, d = latex_names(steps.graph), r"\partial" if steps.is_partial else "d"
    for seed in seeds:
        name = written[steps.graph.attrs[seed.node]] + index_label(seed.component)
        heads.append(rf"{d} {steps.naming.letters}/{d} {name}")

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


def formula_latex(report: FormulaTrace) -> str:
    """The trace without a point: rules with the names of partials and with these; then the chain
    rule. `report.steps` is in `LATEX`."""
    steps = report.steps

    def cells(node: int) -> list[str]:
        name, definition, *rules = report.row(node)
        return [name, *[_WORDS.get(text, text) for text in (definition, *rules)]]

    def adjoints(node: int) -> list[str]:
        return [steps.adjoint(node), *[_WORDS.get(x, x) for x in report.adjoints(node)]]

    tangents = [r"\text{tangent}", r"\text{with its partials}"] if report.is_forward else []
    heads = ["", r"\text{formula}", *tangents]
    parts = [_array("l" * len(heads), heads, thinned(steps.nodes, cells, GAP), HIGH)]
    if report.mode != "forward":
        heads = ["", r"\text{contributions}", r"\text{with their partials}"]
        parts.append(_array("lll", heads, thinned(report.visited, adjoints, GAP), HIGH))
    listed = dict(list(report.chains.items())[:MAX_SEED_VECTORS])
    equations = [
        f"{'' if k else report.derivative(name)} &= {form}"
        for name, chain in listed.items()
        for k, form in enumerate(chain.forms)
    ]
    equations += [f"{slope} &= {text}" for slope, text in shown_slopes(listed.values())]
    if equations:
        body = " \\\\\n".join(equations)
        parts.append(f"\\[\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n\\]\n")
    return "\n".join(parts)


_WORDS = {word: rf"\text{{{word}}}" for word in ("input", "seed")}
