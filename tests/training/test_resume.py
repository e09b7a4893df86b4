"""Trainings that stop and go on, in the middle of an epoch, are those that never stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from adcli.data.checkpoint import read_checkpoint, write_checkpoint
from adcli.data.parameters import read_npz, write_npz
from adcli.descent.rules import RULES
from adcli.descent.stopping import Status
from adcli.errors import DataError, UsageError
from adcli.training.run import TrainingResult, train
from adcli.training.state import read_training
from adcli.training.training_loop import Training, TrainingWatcher
from tests.training.test_train import LINE, NETWORK, circle_rows, line_rows, network_start

OPTIONS: dict[str, Any] = {"data": circle_rows(), "batch_size": 16, "shuffle": True, "seed": 4}


def facts(result: TrainingResult) -> tuple[Any, ...]:
    """All of a result that does not depend on the clock."""
    point = {name: np.asarray(x).tobytes() for name, x in result.point.items()}
    history = [epoch._replace(seconds=0.0) for epoch in result.history]
    counts = (result.epochs, result.iterations, result.best_epoch)
    return result.status, result.reason, counts, repr(history), repr(result.value), point


CASES: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in RULES],
    ("adam", {"dtype": "float32", "validation": 0.2}),
    ("adam", {"validation": circle_rows(40), "patience": 3, "rate": 0.3}),
    ("momentum", {"schedule": "cosine", "schedule_every": 60, "warmup": 7, "clip_norm": 0.1}),
    ("adamw", {"weight_decay": 0.1, "shuffle": False}),
    ("gd", {"bounds": {"U": (-0.5, 0.5), "c": (-1, 1)}}),
]


@pytest.mark.parametrize(("method", "options"), CASES, ids=lambda x: str(x)[:40])
def test_resumed_trainings_are_those_that_never_stopped(
    method: str, options: dict[str, Any], tmp_path: Path
) -> None:
    start = {**network_start(), "U": np.clip(network_start()["U"], -0.4, 0.4)}
    common = {**OPTIONS, "method": method, "epochs": 5, **options}
    whole = train(NETWORK, start, **common)
    path = tmp_path / "saved"
    part = train(NETWORK, start, max_iterations=3, checkpoint=path, **common)
    assert (part.status, part.iterations) == (Status.MAX_ITERATIONS, 3)
    part = train(NETWORK, start, max_iterations=23, checkpoint=path, resume=path, **common)
    assert part.iterations == 23
    assert part.epochs in (2, 3)  # in the middle of an epoch, and some are done
    assert facts(train(NETWORK, start, resume=path, **common)) == facts(whole)
    assert facts(train(NETWORK, resume=path, **common)) == facts(whole)


def test_every_batch_is_a_place_to_go_on_from(tmp_path: Path) -> None:
    common = {**OPTIONS, "epochs": 2, "validation": 0.3}
    whole = train(NETWORK, network_start(), **common)
    for count in range(1, whole.iterations + 1):
        path = tmp_path / str(count)
        train(NETWORK, network_start(), max_iterations=count, checkpoint=path, **common)
        assert facts(train(NETWORK, resume=path, **common)) == facts(whole)


def test_more_epochs_follow_a_training_that_is_done(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    whole = train(NETWORK, network_start(), epochs=5, **OPTIONS)
    train(NETWORK, network_start(), epochs=2, checkpoint=path, **OPTIONS)
    assert facts(train(NETWORK, network_start(), epochs=5, resume=path, **OPTIONS)) == facts(whole)


def test_a_training_that_was_over_is_over(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    options = {**OPTIONS, "epochs": 50, "rate": 0.5, "method": "adam", "patience": 2}
    whole = train(NETWORK, network_start(), checkpoint=path, **options)
    assert whole.status is Status.CONVERGED
    assert facts(train(NETWORK, resume=path, **options)) == facts(whole)
    longer = train(NETWORK, resume=path, **{**options, "patience": 4})
    assert facts(longer) == facts(train(NETWORK, network_start(), **{**options, "patience": 4}))
    assert longer.epochs > whole.epochs


def test_an_interrupted_training_is_saved_and_reports_its_best(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    calls = iter(range(1000))
    part = train(
        *(NETWORK, network_start()),
        epochs=5,
        checkpoint=path,
        interrupted=lambda: next(calls) >= 25,
        **OPTIONS,
    )
    assert part.status is Status.INTERRUPTED
    assert "after 2 epochs and 5 batches" in part.reason
    assert part.best_epoch in (1, 2)
    assert read_training(path).state.iterations == part.iterations == 25
    whole = train(NETWORK, network_start(), epochs=5, **OPTIONS)
    assert facts(train(NETWORK, network_start(), epochs=5, resume=path, **OPTIONS)) == facts(whole)


def test_an_interrupted_validation_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    common = {**OPTIONS, "epochs": 2, "validation": 0.3}
    validating = []

    class Counting(TrainingWatcher):
        def see_batch(self, training: Training) -> None:
            if training.state.batches == training.batches.steps:
                validating.append(True)

    part = train(
        *(NETWORK, network_start()),
        checkpoint=path,
        watchers=[Counting()],
        interrupted=lambda: bool(validating),
        **common,
    )
    assert part.status is Status.INTERRUPTED
    assert "after 0 epochs and 7 batches" in part.reason
    whole = train(NETWORK, network_start(), **common)
    assert facts(train(NETWORK, resume=path, **common)) == facts(whole)


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    train(NETWORK, network_start(), epochs=1, checkpoint=path, **OPTIONS)

    def refused(text: str = NETWORK, **options: Any) -> str:
        with pytest.raises(UsageError) as caught:
            train(text, resume=path, **{**OPTIONS, **options})
        return caught.value.message

    assert "another expression" in refused(NETWORK + " + 0.1sum(v^2)")
    assert "another method: adam, not lion" in refused(method="lion")
    assert "another settings" in refused(method="adam", rate=0.5)
    assert "another batch size" in refused(batch_size=17)
    assert "another order" in refused(shuffle=False)
    assert "another order" in refused(seed=5)
    assert "another type" in refused(dtype="float32")
    assert "another number of validation rows" in refused(validation=circle_rows(9))
    assert "another number of rows" in refused(data=circle_rows(151))
    moved = {**circle_rows(), "y": 1 - circle_rows()["y"]}
    assert "another set of data" in refused(data=moved)
    assert "another shapes of the parameters" in refused(start={"v": np.zeros(8), "c": np.zeros(1)})


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    train(NETWORK, network_start(), epochs=1, checkpoint=path, **OPTIONS)
    data = path.read_bytes()
    middle = len(data) // 2
    flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    for damaged in (
        data[:-30],
        data[:40],
        b"",
        b"[1]\n",
        flipped,
        data.replace(b"adcli", b"adclj"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="checkpoint"):
            read_training(path)
    with pytest.raises(UsageError, match="there is no file"):
        read_training(tmp_path / "nothing")


def test_a_changed_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    train(LINE, {"a": 0.0, "b": 0.0}, data=line_rows(), epochs=2, checkpoint=path)
    arrays = read_npz(path)
    facts = arrays["facts"].tobytes().replace(b'"epochs": 2', b'"epochs": 1')
    for name, array in (("facts", np.frombuffer(facts, np.uint8)), ("0", arrays["0"] + 1)):
        with path.open("wb") as stream:
            write_npz(stream, {**arrays, name: array})
        with pytest.raises(DataError, match="checksum"):
            train(LINE, data=line_rows(), epochs=3, resume=path)


def test_rows_that_are_spooled_go_on_bit_for_bit_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory for rows is made so small that they go through a temporary file."""
    from adcli.data import row_store

    rows, path = tmp_path / "rows.csv", tmp_path / "saved"
    pl.DataFrame(line_rows(5000)).write_csv(rows)
    common: dict[str, Any] = {"data": str(rows), "batch_size": 64, "shuffle": True, "epochs": 3}
    held = train(LINE, {"a": 0.0, "b": 0.0}, validation=0.1, **common)
    monkeypatch.setattr(row_store, "HELD_BYTES", 1000)
    whole = train(LINE, {"a": 0.0, "b": 0.0}, validation=0.1, **common)
    assert whole.rows == held.rows == 4500
    part = train(
        LINE, {"a": 0.0, "b": 0.0}, validation=0.1, max_iterations=99, checkpoint=path, **common
    )
    assert (part.epochs, part.iterations) == (1, 99)
    assert facts(train(LINE, resume=path, validation=0.1, **common)) == facts(whole)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *(("numbers", {}), ("numbers.epochs", -1), ("memory", [None] * 5), ("memory", None)),
        *(("best_epoch", {}), ("history", 5), ("history", [[1]]), ("seconds", "x")),
        *(("identity", []), ("identity.type", "float32"), ("best", np.zeros((2, 2)))),
        *(("identity.shapes of the parameters", {"v": 1}), ("best", None), ("best_epoch", None)),
        *(("parameters", np.zeros(3)), ("parameters", None), ("parameters", np.arange(3))),
        *(("memory", [np.zeros(1, np.float32)]), ("more", 1), ("parameters", "x")),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, place: str, value: Any) -> None:
    path = tmp_path / "saved"
    train(NETWORK, network_start(), epochs=1, checkpoint=path, **OPTIONS)
    body = read_checkpoint(path, "training", lambda body: body)
    *way, name = place.split(".")
    (body[way[0]] if way else body)[name] = value
    write_checkpoint(path, "training", body)
    with pytest.raises(DataError, match="is damaged: '"):
        read_training(path)
