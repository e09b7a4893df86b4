"""Parameters that start by `auto`, vectors and their elements among them."""

from __future__ import annotations

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError
from tests.terminal import run_here

X = np.linspace(0, 2, 14)
DATA = {
    "x": X,
    "B": np.stack([np.ones(14), X, X**2], axis=1),
    "P": np.stack([X, np.sin(X)], axis=1),
    "y": 1 + 2 * X - 0.5 * X**2 + 0.01 * np.cos(9 * X),
    "g": np.arange(14) % 2,
}

MODELS = [
    # (model, starts by auto, the same with all starts)
    ("y ~ v[0] + v[1]*x", {"v": "auto"}, {"v": [0.0, 0.0]}),
    ("y ~ v[0] + v[-1]*x", {"v": "auto"}, {"v": [0.0, 0.0]}),
    ("y ~ B @ v", {"v": "auto"}, {"v": [0.0, 0.0, 0.0]}),
    ("y ~ B @ v + P @ w", {"v": "auto", "w": "auto"}, {"v": np.zeros(3), "w": np.zeros(2)}),
    ("y ~ v[0] + v[1]*exp(-k*x)", {"v": "auto", "k": 1.0}, {"v": [1.0, 1.0], "k": 1.0}),
    ("y ~ v[0] + v[1]*exp(-v[2]*x)", {"v": ["auto", "auto", 1.0]}, {"v": [1.0, 1.0, 1.0]}),
    ("y ~ v[0] + v[1]*x", {"v": [0.0, "auto"]}, {"v": [0.0, 0.0]}),
    ("y ~ B @ W @ [1, 0]", {"W": [["auto", 0]] * 3}, {"W": np.zeros((3, 2))}),
    ("y ~ v*x + c", {"v": "auto", "c": "auto"}, {"v": 0.0, "c": 0.0}),
    ("y ~ v[g] + b*x", {"v": "auto", "b": "auto"}, {"v": [0.0, 0.0], "b": 0.0}),
]


@pytest.mark.parametrize(("model", "automatic", "started"), MODELS)
def test_auto(model, automatic, started):
    found, expected = (adcli.fit(model, DATA, s) for s in (automatic, started))
    for name, value in expected.point.items():
        assert np.shape(found.point[name]) == np.shape(value)
        if "W" not in model:  # of which a part is not determined
            assert found.point[name] == pytest.approx(value, rel=1e-6)
    assert found.rss == pytest.approx(expected.rss, rel=1e-9)
    for label, x in found.parameters.items():
        element = np.ravel(np.array(automatic[label.partition("[")[0]], dtype=object))
        if "auto" not in element.tolist():
            assert x.start is not None


WRONG = [
    ("y ~ v[0] + v[1]*exp(-v[2]*x)", {"v": "auto"}, "does not follow from the others"),
    ("y ~ v[0] + v[1]*x", {"v": ["auto"]}, "does not follow"),
    ("y ~ v[0] + v[1]*x", {"v": ["auto", "b"]}, "not a number or array"),
    ("y ~ v[0] + v[1]*x", {"v": ["auto", ["auto"]]}, "not a number or array"),
]


@pytest.mark.parametrize(("model", "start", "message"), WRONG)
def test_what_is_wrong_is_said(model, start, message):
    with pytest.raises(AdcliError) as error:
        adcli.fit(model, DATA, start)
    assert message in error.value.message


LINES = [
    ("v=auto", 0, ""),
    ("v=[auto,auto]", 0, ""),
    ("v=[auto, 2+1]", 0, ""),
    ("v=[2auto,1]", 2, "'auto' stands alone"),
    ("v=[auto/0,1]", 2, "'auto' stands alone"),
    ("v=auto + 1", 2, "'auto' stands alone"),
    ("v=[auto,b]", 2, "'auto' is a name"),
]


@pytest.mark.parametrize(("start", "code", "message"), LINES)
def test_the_command_line(tmp_path, monkeypatch, start, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.csv").write_text("x,y\n0,1\n1,2.1\n2,2.9\n3,4.2\n")
    asked = ["fit", "y ~ v[0] + v[1]*x", "--data", "d.csv", "--start", start, "--format", "csv"]
    found = run_here(asked)
    assert found.code == code, found
    assert message in found.stderr
