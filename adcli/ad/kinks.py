"""Kinks: places where a derivative is a convention, for those who want to be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from adcli.ad.algebra import NOWHERE, Place
from adcli.ad.evaluate import Run
from adcli.ad.live import live_inputs
from adcli.errors import KinkError
from adcli.graph.axes import kept_shape
from adcli.graph.primitives import ELEMENTWISE, REDUCTION, SELECT, WHERE, one


def kink_at(run: Run, i: int, active: bytearray | None = None) -> Any:
    """Nonzero where node i is at a kink, None for a primitive without kinks.

    `active` flags the nodes that change; all that depend on variables do so if nothing is said.
    """
    op, algebra = run.graph.ops[i], run.algebra
    if op is WHERE:
        return _condition_at_zero(run, i, active or run.graph.varying)
    if op.kink is None:
        return None
    if op.kind == REDUCTION:
        (j,), axis = run.graph.args[i], run.graph.attrs[i]
        x = run.values[j]
        out = algebra.m.reshape(kept_shape(algebra.shape(x), axis), run.values[i])
        return op.kink(algebra.m, x, out, axis)
    if op.kind in (ELEMENTWISE, SELECT):
        return op.kink(algebra.m, *run.operands(i))
    args = run.graph.args[i]
    xs, moving = [run.values[j] for j in args], active or run.graph.varying
    shapes = [algebra.shape(x) for x in xs]
    return op.kink(algebra.m, run.graph.attrs[i], shapes, xs, [moving[j] for j in args])


def _condition_at_zero(run: Run, i: int, active: bytearray) -> Any:
    """Where the condition of a `where` is 0 and not 0 beside that, as c is in where(c, a, b).

    What is made of comparisons alone is constant between their kinks, which are their own.
    """
    condition = run.graph.args[i][0]
    if not active[condition] or not run.graph.is_sloped(condition):
        return None
    is_zero = run.algebra.m.equal(run.values[condition], 0)
    return run.algebra.spread(is_zero, run.values[i])


def find_kink(run: Run, outputs: Iterable[int], active: bytearray) -> Place | None:
    """The first kink of `find_kinks`, in the order of evaluation."""
    if all(_is_smooth(run, i) for i in run.order):  # most often, and quickly seen
        return None
    found = list(find_kinks(run, outputs, active))
    return found[-1] if found else None


def _is_smooth(run: Run, i: int) -> bool:
    kink = kink_at(run, i)
    return kink is None or run.algebra.both(None, kink) is NOWHERE


def find_kinks(run: Run, outputs: Iterable[int], active: bytearray) -> Iterator[Place]:
    """The nodes, among those that the outputs depend on at this point, that are at a kink.

    The last one evaluated comes first. `active` flags the nodes that depend on the variables of
    interest: other kinks do not matter.
    """
    graph, algebra = run.graph, run.algebra
    needed: dict[int, Any] = dict.fromkeys(outputs)
    for i in reversed(run.order):
        if i not in needed or not active[i]:
            continue
        live = needed[i]
        flows = dict(zip(graph.args[i], graph.ops[i].partials, strict=False))
        for j, mask in live_inputs(run, i, live):
            if flows.get(j, one) is None:
                continue  # a step is constant between its own kinks, whatever kinks are behind it
            known = needed.setdefault(j, mask)
            needed[j] = None if known is None or mask is None else algebra.either(known, mask)
        kink = kink_at(run, i, active)
        if kink is not None:
            places = algebra.both(live, kink)
            if places is not NOWHERE:
                yield i, places


def kink_error(run: Run, place: Place, text: str) -> KinkError:
    """The error that names a kink."""
    from adcli.ad.blame import written_out

    op = run.graph.ops[place[0]]
    steps = op.partials[:1]
    # floor, mod, a comparison; a density at the end of its support; a condition that is a number
    jumps = (bool(steps) and steps[0] in (None, one)) or op.support is not None or op is WHERE
    taken = "derivative of the piece that the point is on" if jumps else "subgradient of least norm"
    error = KinkError(
        f"{written_out(run, place, text)} is at a kink: it has no derivative there",
        f"without --strict the {taken} is taken",
        span=run.graph.span(place[0]),
        text=text,
    )
    error.taken = taken
    return error
