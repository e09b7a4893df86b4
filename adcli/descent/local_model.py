"""The piecewise linear function that a function with kinks is close to around a point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.descent.pieces import ChoosingNode, Pieces
from adcli.descent.rules import Vector

PARALLEL = 1e-9
"""A `where` has a kink, and no jump, if the difference of its branches grows along with that of the
sides of its condition: one less the cosine between the two gradients is at most this."""


@dataclass
class LocalModel:
    """The piecewise linear function around a point: rows are alternatives, `owner` the output of a
    kink that each belongs to; `chosen` is the row that each output takes, `sense` 1 or -1 where it
    is the largest or least one, 0 where the choice is left as it is."""

    value: float
    slope: Vector
    output_slope: Vector
    outputs: Vector
    values: Vector
    jacobian: Any
    inner: Any
    owner: Any
    chosen: Any
    sense: Any

    def prices(self, weights: Vector) -> Vector:
        """How fast the value grows with each output, where the outputs behind it are weighted."""
        inner, found = self.inner.tocsc(), self.output_slope.copy()
        for e in range(len(found) - 1, -1, -1):
            part = slice(inner.indptr[e], inner.indptr[e + 1])
            rows = inner.indices[part]
            found[e] += (inner.data[part] * weights[rows]) @ found[self.owner[rows]]
        return found


def model_at(pieces: Pieces, point: Vector) -> LocalModel | None:
    """The model around a point; None where it is not finite."""
    outputs = pieces.outputs(point)
    (value, *values), (slope, *jacobians) = pieces.parts(point, outputs)
    starts = np.concatenate([[0], np.cumsum(pieces.sizes)])
    tables, blocks, count = [], [], 0
    parts = zip(values, jacobians, strict=True)
    for k, kink in enumerate(pieces.kinks):
        inside = pieces.inner_slopes(point, outputs, k) if k in pieces.nested else {}
        table = _Alternatives(kink, np.ravel(outputs[k]))
        for a in range(len(kink.alternatives)):
            spread = table.add(*next(parts))
            for j, slopes in inside.items():
                row = count + (a * len(spread))
                blocks.append((row, int(starts[j]), slopes[a][spread]))
        if kink.decider is not None:
            table.decide(*next(parts))
        tables.append((table, count, int(starts[k])))
        count += table.count
    model = LocalModel(
        float(np.ravel(value)[0]),
        slope[0],
        pieces.slopes(point, outputs),
        np.concatenate([np.ravel(x) for x in outputs]).astype(float),
        np.concatenate([x for table, _, _ in tables for x in table.values]),
        np.concatenate([x for table, _, _ in tables for x in table.jacobians]),
        _sparse(blocks, count, int(starts[-1])),
        np.concatenate([table.owner + start for table, _, start in tables]),
        np.concatenate([table.chosen + first for table, first, _ in tables]),
        np.concatenate([table.sense for table, _, _ in tables]),
    )
    finite = all(np.isfinite(x).all() for x in (model.values, model.jacobian, model.slope))
    return _oriented(model) if finite else None


class _Alternatives:
    """The alternatives of one kink at a point: values, Jacobians, and what is chosen."""

    def __init__(self, kink: ChoosingNode, outputs: Vector) -> None:
        self.kink, self.outputs = kink, outputs.astype(float)
        self.values: list[Any] = []
        self.jacobians: list[Any] = []
        self.sense = np.full(len(outputs), float(kink.sense))

    @property
    def count(self) -> int:
        """The number of rows."""
        return sum(map(len, self.values))

    def add(self, value: Any, jacobian: Any) -> Any:
        """Take an alternative; returns the places of its numbers, broadcast."""
        shape = np.shape(value)
        spread = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), self.kink.row_shape)
        places = spread.ravel()
        self.values.append(np.ravel(value)[places])
        self.jacobians.append(jacobian[places])
        return places

    def decide(self, value: Any, jacobian: Any) -> None:
        """Take what decides a `where`, which tells whether it is the larger or smaller branch."""
        shape = np.shape(value)
        spread = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), self.kink.row_shape)
        turn = jacobian[spread.ravel()] * (1.0 if self.kink.greater else -1.0)
        apart = self.jacobians[0] - self.jacobians[1]
        along = (apart * turn).sum(axis=1)
        sizes = np.sqrt((apart**2).sum(axis=1) * (turn**2).sum(axis=1))
        with np.errstate(all="ignore"):
            cosine = np.where(sizes > 0, along / sizes, 0.0)
        self.sense = np.where(1 - np.abs(cosine) <= PARALLEL, np.sign(cosine), 0.0)

    @property
    def owner(self) -> Any:
        """The output that each row belongs to."""
        kink = self.kink
        whole = np.arange(len(self.outputs))
        if not kink.reduces:
            return np.tile(whole, len(self.values))
        if not kink.shape:
            return np.zeros(self.count, dtype=int)
        axes = kink.axis if isinstance(kink.axis, tuple) else (kink.axis,)
        axes = tuple(sorted(a % len(kink.row_shape) for a in axes))
        kept = np.expand_dims(whole.reshape(kink.shape), axes)
        return np.broadcast_to(kept, kink.row_shape).ravel()

    @property
    def chosen(self) -> Any:
        """The row that each output is."""
        owner = self.owner
        distance = np.abs(np.concatenate(self.values) - self.outputs[owner])
        order = np.lexsort((distance, owner))
        _, firsts = np.unique(owner[order], return_index=True)
        return order[firsts]


def _sparse(blocks: list[tuple[int, int, Any]], rows: int, columns: int) -> Any:
    """Blocks at their first rows and columns as one sparse matrix."""
    from scipy.sparse import coo_array, csr_array

    parts = [coo_array(block) for _, _, block in blocks]
    if not parts:
        return csr_array((rows, columns))
    row = np.concatenate([x.coords[0] + r for x, (r, _, _) in zip(parts, blocks, strict=True)])
    column = np.concatenate([x.coords[1] + c for x, (_, c, _) in zip(parts, blocks, strict=True)])
    data = np.concatenate([x.data for x in parts])
    return csr_array(coo_array((data, (row, column)), shape=(rows, columns)))


def _oriented(model: LocalModel) -> LocalModel:
    """The model with the choice left as it is where the function is concave at a kink: the larger a
    maximum is, the larger must the value be, and so with minima. From the outermost kink on."""
    inner, sense = model.inner.tocsc(), model.sense
    for e in range(len(sense) - 1, -1, -1):
        wants = [model.output_slope[e]]
        part = slice(inner.indptr[e], inner.indptr[e + 1])
        if part.stop > part.start:
            wants += list(inner.data[part] * sense[model.owner[inner.indices[part]]])
        if (sense[e] > 0 and min(wants) < 0) or (sense[e] < 0 and max(wants) > 0):
            sense[e] = 0.0
    return model
