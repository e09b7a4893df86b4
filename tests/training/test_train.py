"""Training in mini-batches: the steps, validation, best parameters, limits, divergence."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.data.batches import Batches
from adcli.descent.rules import RULES
from adcli.descent.schedules import Schedule
from adcli.descent.stepper import Stepper
from adcli.descent.stopping import Status
from adcli.errors import DataError, DomainError, LanguageError, UsageError
from adcli.training.run import TrainingResult, train
from adcli.training.training_loop import Training, TrainingWatcher

LINE = "mean((a*x + b - y)^2)"
NETWORK = "h = tanh(x@U + c); z = h@v; mean(log(1 + exp(z)) - y*z)"
RATES = {"adadelta": 1.0, "adagrad": 0.3, "lion": 0.01, "gd": 0.5}


def line_rows(count: int = 103) -> dict[str, Any]:
    """Rows of a noisy line."""
    generator = np.random.default_rng(5)
    x = generator.normal(size=count)
    return {"x": x, "y": 2 * x - 1 + 0.1 * generator.normal(size=count)}


def circle_rows(count: int = 150) -> dict[str, Any]:
    """Points, and whether they lie in a circle."""
    x = np.random.default_rng(6).normal(size=(count, 2))
    return {"x": x, "y": ((x**2).sum(axis=1) < 1).astype(float)}


def network_start() -> dict[str, Any]:
    generator = np.random.default_rng(7)
    return {"U": generator.normal(size=(2, 8)), "c": np.zeros(8), "v": generator.normal(size=8)}


def network_gradient(p: dict[str, Any], x: Any, y: Any) -> tuple[float, dict[str, Any]]:
    """The loss of NETWORK and its gradient, by hand."""
    h = np.tanh(x @ p["U"] + p["c"])
    z = h @ p["v"]
    dz = (1 / (1 + np.exp(-z)) - y) / len(y)
    dh = np.outer(dz, p["v"]) * (1 - h * h)
    loss = float(np.mean(np.log1p(np.exp(z)) - y * z))
    return loss, {"U": x.T @ dh, "c": dh.sum(axis=0), "v": h.T @ dz}


def by_hand(method: str, rate: float, epochs: int, size: int, **options: Any) -> Any:
    """The parameters and the training losses of a loop in plain NumPy over the same batches."""
    rows, p = circle_rows(), network_start()
    batches = Batches(rows, ["x", "y"], size=size, shuffle=True, seed=3)
    stepper = Stepper(method, Schedule(rate), **options)
    flat = np.concatenate([p[name].ravel() for name in p])
    state = stepper.rule(np).init(flat)
    losses, step = [], 0
    for number in range(epochs):
        total = 0.0
        for batch in batches.epoch(number):
            parts = np.split(flat, [16, 24])
            p = {"U": parts[0].reshape(2, 8), "c": parts[1], "v": parts[2]}
            loss, gradient = network_gradient(p, batch["x"], batch["y"])
            total += loss * len(batch["y"])
            g = np.concatenate([gradient[name].ravel() for name in p])
            flat, state = stepper.advance(np, flat, g, state, float(step))
            step += 1
        losses.append(total / 150)
    return flat, losses


class Last(TrainingWatcher):
    """Remembers the parameters after the last batch."""

    def see_batch(self, training: Training) -> None:
        self.parameters = training.state.parameters


def flat_point(result: TrainingResult) -> Any:
    return np.concatenate([np.ravel(result.point[name]) for name in ("U", "c", "v")])


@pytest.mark.parametrize("method", RULES)
def test_every_rule_trains_as_a_loop_in_numpy_does(method: str) -> None:
    rate, last = RATES.get(method, 0.02), Last()
    decay = RULES[method](np).decay
    expected, losses = by_hand(method, rate, 12, 32, decay=decay)
    result = train(
        NETWORK,
        network_start(),
        data=circle_rows(),
        method=method,
        rate=rate,
        batch_size=32,
        epochs=12,
        shuffle=True,
        seed=3,
        watchers=[last],
    )
    assert result.status is Status.COMPLETED
    assert result.iterations == 12 * 5
    np.testing.assert_allclose([e.training_loss for e in result.history], losses, rtol=1e-11)
    assert losses[-1] < losses[0]
    assert result.best_epoch == 1 + int(np.argmin(losses))
    np.testing.assert_allclose(last.parameters, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "options", [{"clip_norm": 0.05}, {"clip_value": 0.01}, {"weight_decay": 0.1}], ids=str
)
def test_clipping_and_decay_are_those_of_the_rules(options: dict[str, Any]) -> None:
    names, last = {"weight_decay": "decay"}, Last()
    expected, _ = by_hand("adam", 0.02, 9, 64, **{names.get(k, k): v for k, v in options.items()})
    train(
        NETWORK,
        network_start(),
        data=circle_rows(),
        method="adam",
        rate=0.02,
        batch_size=64,
        epochs=9,
        shuffle=True,
        seed=3,
        watchers=[last],
        **options,
    )
    np.testing.assert_allclose(last.parameters, expected, rtol=1e-12, atol=1e-12)


def test_a_line_is_found_and_maximize_climbs_to_it() -> None:
    options: dict[str, Any] = {"rate": 0.1, "batch_size": 20, "epochs": 30}
    result = train(LINE, {"a": 0.0, "b": 0.0}, data=line_rows(), **options)
    assert result.point == pytest.approx({"a": 2.0, "b": -1.0}, abs=0.05)
    assert all(type(x) is float for x in result.point.values())
    climbed = train(f"-{LINE}", {"a": 0.0, "b": 0.0}, data=line_rows(), maximize=True, **options)
    assert climbed.point == result.point
    assert climbed.value == -result.value


def test_float32_stays_float32_and_comes_near_float64() -> None:
    seen = []

    class Look(TrainingWatcher):
        def see_batch(self, training: Training) -> None:
            s = training.state
            seen.extend([s.parameters.dtype, *[m.dtype for m in s.memory[:2]]])
            seen.append(training._gradient.dtype)

    options: dict[str, Any] = {"epochs": 3, "batch_size": 32, "data": circle_rows()}
    narrow = train(NETWORK, network_start(), dtype="float32", watchers=[Look()], **options)
    wide = train(NETWORK, network_start(), **options)
    assert set(seen) == {np.dtype("float32")}
    assert narrow.point["U"].dtype == np.float32
    np.testing.assert_allclose(flat_point(narrow), flat_point(wide), rtol=1e-3, atol=1e-4)
    assert (flat_point(narrow) != flat_point(wide)).any()


def test_the_best_parameters_are_kept() -> None:
    """A rate that grows ends worse than it was in between."""
    options: dict[str, Any] = {
        "rate": 0.05,
        "schedule": "exponential",
        "schedule_every": 5,
        "schedule_factor": 2.0,
        "batch_size": 50,
        "data": line_rows(),
        "validation": line_rows(40),
    }
    start = {"a": 0.0, "b": 0.0}
    result = train(LINE, start, epochs=12, **options)
    losses = [epoch.validation_loss for epoch in result.history]
    assert result.best_epoch == 1 + int(np.argmin(losses)) < 12
    assert result.value == min(losses) == result.validation_loss
    shorter = train(LINE, start, epochs=result.best_epoch, **options)
    assert shorter.point == result.point
    rows = line_rows(40)
    at_best = np.mean((result.point["a"] * rows["x"] + result.point["b"] - rows["y"]) ** 2)
    assert result.validation_loss == pytest.approx(at_best, rel=1e-12)


def test_patience_ends_a_training() -> None:
    options: dict[str, Any] = {"rate": 0.05, "schedule": "exponential", "schedule_every": 5}
    options.update(schedule_factor=2.0, batch_size=50, data=line_rows(), validation=line_rows(40))
    result = train(LINE, {"a": 0.0, "b": 0.0}, epochs=100, patience=2, **options)
    assert result.status is Status.CONVERGED
    assert result.epochs == result.best_epoch + 2
    assert "has not improved for 2 epochs" in result.reason


def test_a_part_is_held_out() -> None:
    options: dict[str, Any] = {"validation": 0.2, "epochs": 2, "batch_size": 10}
    whole = train(LINE, {"a": 0.0, "b": 0.0}, data=line_rows(), **options)
    assert whole.rows == 82
    assert whole.iterations == 2 * 9
    assert math.isfinite(whole.validation_loss)
    other = train(
        LINE,
        {"a": 0.0, "b": 0.0},
        data=line_rows(),
        validation=0.2,
        epochs=2,
        seed=1,
        batch_size=10,
    )
    assert other.validation_loss != whole.validation_loss


def test_limits() -> None:
    options: dict[str, Any] = {"data": line_rows(), "batch_size": 10, "epochs": 50}
    start = {"a": 0.0, "b": 0.0}
    capped = train(LINE, start, max_iterations=25, **options)
    assert (capped.status, capped.iterations, capped.epochs) == (Status.MAX_ITERATIONS, 25, 2)
    early = train(LINE, start, max_iterations=3, **options)
    assert (early.best_epoch, early.epochs) == (0, 0)
    assert early.point["a"] != 0
    assert math.isfinite(early.value)
    reached = train(LINE, start, target=0.5, **options)
    assert reached.status is Status.CONVERGED
    assert reached.value <= 0.5
    late = train(LINE, start, max_seconds=1e-9, **options)
    assert (late.status, late.iterations) == (Status.MAX_ITERATIONS, 0)
    assert late.value == pytest.approx(np.mean(line_rows()["y"][:10] ** 2))


def test_fixed_and_bounded_parameters() -> None:
    result = train(
        LINE,
        {"a": 0.0},
        fix={"b": 0.5},
        bounds={"a": (-1, 1.5)},
        data=line_rows(),
        rate=0.1,
        epochs=20,
    )
    assert result.point == {"a": 1.5, "b": 0.5}
    assert result.fixed == ("b",)


def test_divergence_is_no_success() -> None:
    rows = line_rows()
    wild = train(LINE, {"a": 0.0, "b": 0.0}, data=rows, rate=1e200, epochs=5, batch_size=32)
    assert wild.status is Status.DIVERGED
    assert wild.status.exit_code == 4
    assert "the loss is inf in epoch 1, batch 2 (rows 33 to 64): (-" in wild.reason
    assert (wild.best_epoch, wild.point) == (0, {"a": 0.0, "b": 0.0})
    slow = train(LINE, {"a": 0.0, "b": 0.0}, data=rows, rate=3.0, epochs=50, batch_size=103)
    assert slow.status is Status.DIVERGED
    assert "the training loss grew to" in slow.reason
    assert slow.best_epoch == 1


def test_the_operation_to_blame_is_named() -> None:
    rows = {"x": np.linspace(1, 2, 10)}
    fell = train("mean(log(a - x))", {"a": 2.2}, data=rows, rate=0.3, batch_size=5, epochs=9)
    assert fell.status is Status.DIVERGED
    assert "log(-" in fell.reason
    shuffled = train(
        "mean(log(a - x))", {"a": 2.2}, data=rows, rate=0.3, batch_size=5, epochs=9, shuffle=True
    )
    assert "in that epoch's order" in shuffled.reason
    with pytest.raises(DomainError) as caught:
        train("mean(log(a - x))", {"a": 0.0}, data=rows, batch_size=5)
    assert caught.value.message == (
        "the loss is nan in epoch 1, batch 1 (rows 1 to 5): log(-1) is nan, in row 1 of 5"
    )
    assert caught.value.span == (5, 15)
    with pytest.raises(DomainError) as caught:
        train("mean(sqrt(a)*x)", {"a": 0.0}, data=rows)
    assert "the gradient is not finite in epoch 1, batch 1 (rows 1 to 10)" in caught.value.message
    seen = train(
        "mean((a - x)^2)",
        {"a": 1.0},
        data={"x": np.zeros(4)},
        validation={"x": np.full(4, 1e200)},
        epochs=1,
    )
    assert (seen.status, seen.best_epoch) == (Status.DIVERGED, 0)
    assert "the validation loss is inf after epoch 1" in seen.reason


def test_a_group_that_the_training_rows_lack_is_an_error_that_names_its_row() -> None:
    rows = {"g": np.array([0.0, 1.0, 0.0, 1.0]), "y": np.arange(4.0)}
    held_out = {"g": np.array([1.0, 0.0, 2.0]), "y": np.ones(3)}
    with pytest.raises(DataError) as caught:
        train("mean((a[g] - y)^2)", {"a": 0.0}, data=rows, validation=held_out, batch_size=2)
    assert caught.value.message == (
        "the validation loss is nan after epoch 1 (validation rows 3 to 3): the index g = 2 is "
        "outside of an axis of length 2, in row 1 of 1"
    )


def test_float32_alone_overflows() -> None:
    rows = {"x": np.full(8, 1e20)}
    with pytest.raises(DomainError, match="the loss is inf"):
        train("mean((a*x)^2)", {"a": 1.0}, data=rows, dtype="float32")


REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    (LINE, {"method": "lbfgs"}, UsageError, "lbfgs needs the whole loss"),
    (LINE, {"line_search": "wolfe"}, UsageError, "a line search needs the whole loss"),
    (LINE, {"method": "adm"}, UsageError, "unknown method 'adm'"),
    (LINE, {"batch_size": 0}, UsageError, "batch size cannot be 0"),
    (LINE, {"epochs": 0}, UsageError, "epochs cannot be 0"),
    (LINE, {"patience": 0}, UsageError, "patience cannot be 0"),
    (LINE, {"dtype": "float16"}, UsageError, "unknown type 'float16'"),
    (LINE, {"learning_rate": 0.1}, UsageError, "no setting 'learning_rate'"),
    (LINE, {"validation": 1.5}, UsageError, "the part for validation is 1.5"),
    (LINE, {"max_seconds": 0}, UsageError, "the time limit is 0 seconds"),
    (LINE, {"max_iterations": -1}, UsageError, "the iteration limit is -1"),
    (LINE, {"target": math.nan}, UsageError, "the target is not a number"),
    (LINE, {"checkpoint_every": 0, "checkpoint": "x"}, UsageError, "a checkpoint every 0"),
    (LINE, {"start": {"a": math.nan, "b": 0.0}}, UsageError, "the start a=nan is not finite"),
    (LINE, {"start": {"a": 0.0}}, UsageError, "'b' has no start and is not a column"),
    (LINE, {"data": {"x": [1.0], "y": [1.0, 2.0]}}, DataError, "number of rows"),
    ("(a*x + b - y)^2", {}, LanguageError, r"an array of shape \[64\], not one number"),
    ("sum(x), sum(y)*a*b", {}, LanguageError, "the program has 2 results"),
    ("a^2 + b^2", {}, UsageError, "the program names no column"),
]


@pytest.mark.parametrize(("text", "options", "kind", "message"), REFUSED, ids=lambda x: str(x)[:40])
def test_what_cannot_be_meant_is_refused(
    text: str, options: dict[str, Any], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    options = {"start": {"a": 0.0, "b": 0.0}, "data": line_rows(), **options}
    if "checkpoint" in options:
        options["checkpoint"] = tmp_path / options["checkpoint"]
    with pytest.raises(kind, match=message):
        train(text, **options)
