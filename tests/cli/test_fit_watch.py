"""What a terminal shows while a fit of many rows goes on."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from adcli.cli import fit_watch, terminal
from tests.terminal import run_here, words

FIT = "adcli fit 'y ~ a*exp(-k*x) + c' --data rows.parquet --start a=1,k=1,c=0 --format plain"


@pytest.mark.parametrize("shown", [True, False])
def test_passes_over_the_rows_are_told_and_taken_back(shown, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.linspace(0, 5, 40_000)
    y = 2 * np.exp(-1.3 * x) + 0.5 + 0.1 * np.sin(1e4 * x)
    pl.DataFrame({"x": x, "y": y}).write_parquet("rows.parquet")
    plain = run_here(words(FIT))
    assert plain.code == 0
    assert plain.stderr == ""
    monkeypatch.setattr(terminal, "is_terminal", lambda stream: shown)
    monkeypatch.setattr(fit_watch, "PATIENCE", 0.0)
    monkeypatch.setattr(fit_watch, "BREATH", 0.0)
    told = run_here(words(FIT))
    assert told.stdout == plain.stdout
    stages = told.stderr.split("\r\x1b[K")[1:]
    assert bool(stages) is shown
    if shown:
        assert "fit: pass 1 over 40,000 rows, 41% done ..." in stages
        assert any(s.startswith("fit: pass 3 over 40,000 rows, 0% done, cost ") for s in stages)
        assert max(map(len, stages)) < 60
        assert stages[-1] == ""
