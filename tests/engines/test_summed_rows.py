"""A loss over rows, block by block, is that over all of them; what is no sum over rows is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from adcli.engines.summed_rows import SummedRows
from tests.terminal import run_here, words

ROWS = 70_000
RNG = np.random.default_rng(0)
COLUMNS = {"x": RNG.normal(size=(ROWS, 3)), "y": RNG.poisson(1.0, ROWS).astype(float)}
FIXED = {"b": np.array([0.1, 0.2, 0.3]), "c": 0.7}

SUMS = [
    "sum(exp(x@b + c) - y*(x@b + c))",
    "mean((y - x@b - c)^2)/2 + sum(b^2)*c + 3",
    "-sum(y*(x@b))/exp(c) + mean(x^2*c) + 7*c^2 - 1",
    "dot(y - x@b, y - x@b)*c",
    "sum(where(y > 0, log(y)*c, c^2) - mean(x, axis=1)*c)",
    "c^2*(sum(y) - 2*(mean(y*c) + sum(x)))",
]
NOT_SUMS = [
    "var(y - x@b)",
    "sum((y - x@b)^2)/(2*c^2) + log(sum(y*c))",
    "max(y*c)",
    "sum((y - mean(y))*c)",
    "sum(cumsum(y)*c)",
    "norm(y*c)",
    "logsumexp(y*c)",
]


def summed(text: str) -> tuple[adcli.Function, SummedRows, dict, dict]:  # type: ignore[type-arg]
    f = adcli.function(text).twice
    columns = {name: x for name, x in COLUMNS.items() if name in f.inputs}
    fixed = {name: x for name, x in FIXED.items() if name in f.inputs}
    return f, SummedRows(f, {n: x.shape[1:] for n, x in columns.items()}, fixed), columns, fixed


@pytest.mark.parametrize("text", SUMS)
def test_blocks_add_up(text: str) -> None:
    f, rows, columns, fixed = summed(text)
    assert rows.sums is not None
    task = Task("hessian", wrt=list(fixed))
    step = 30_001
    blocks = ({n: x[k : k + step] for n, x in columns.items()} for k in range(0, ROWS, step))
    found, wanted = rows.at(blocks, task), f.at({**fixed, **columns}, task)
    for path in task.paths:
        value = np.asarray(wanted.by_path[path][0])
        np.testing.assert_allclose(
            found.by_path[path][0], value, rtol=1e-12, atol=1e-13 * np.abs(value).max()
        )


@pytest.mark.parametrize("text", NOT_SUMS)
def test_what_is_no_sum_over_rows_is_seen(text: str) -> None:
    assert summed(text)[1].sums is None


@pytest.mark.parametrize("text", ["mean((y - a*exp(b*x))^2) + a^2", "max(y*a*b*x)"])
def test_a_large_table_gives_the_same_as_one_that_is_held(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("x,y\n" + "".join(f"{k / 9},{k % 7}\n" for k in range(50)))
    line = words(
        f"adcli hessian '{text}' --at a=1,b=0.1 --data rows.csv --where 'x > 1' --format plain"
    )
    held = run_here(line)
    monkeypatch.setattr("adcli.data.row_store.HELD_BYTES", 0)
    apart = run_here(line)
    assert (held.code, apart.code) == (0, 0)
    numbers = [np.array(x.stdout.split(), float) for x in (held, apart)]
    np.testing.assert_allclose(*numbers, rtol=1e-12)
