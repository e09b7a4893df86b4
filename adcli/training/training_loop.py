"""The training loop: batch after batch, epoch after epoch, until the plan or a limit ends it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcli.data.batches import Batches
from adcli.descent.blockwise import BlockwiseUpdate
from adcli.descent.checkpoint import Saving
from adcli.descent.problem import Problem
from adcli.descent.stepper import Stepper
from adcli.descent.stopping import DEPTH, GROWTH, Ended, Outcome, RunLimits, Status
from adcli.engines.plan.loss_plan import LossPlan
from adcli.errors import DataError, DomainError, WrongIndexError
from adcli.language.messages import counted
from adcli.training.state import Epoch, TrainingState, save_training
from adcli.training.training_plan import TrainingPlan

RowBatch = dict[str, Any]


class TrainingWatcher:
    """Somebody who looks at a training; this one looks away."""

    def begin(self, training: Training) -> None:
        """The training is about to start: all that was asked for can be meant."""

    def see_batch(self, training: Training) -> None:
        """A batch is done."""

    def see_epoch(self, training: Training, epoch: Epoch) -> None:
        """An epoch is done."""


class Training:
    """One run over `batches` from the problem's start, or from `state`.

    `validation` are rows whose loss decides which parameters are best; without them the training
    loss does, to which weight decay belongs. Where weight decay shrinks the parameters themselves
    (adamw) the steps minimise no function, and the last parameters are kept unless validation rows
    or a patience ask for the best. `saving` says where checkpoints are, with which `identity`.
    """

    def __init__(
        self,
        problem: Problem,
        stepper: Stepper,
        batches: Batches,
        validation: Batches | None,
        plan: TrainingPlan,
        limits: RunLimits,
        watchers: Sequence[TrainingWatcher] = (),
        interrupted: Callable[[], bool] = lambda: False,
        state: TrainingState | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.problem, self.stepper, self.plan, self.limits = problem, stepper, plan, limits
        self.batches, self.validation = batches, validation
        self.watchers, self.interrupted = watchers, interrupted
        self.loss = LossPlan(problem.function, problem.free, plan.dtype)
        start = problem.start.astype(plan.dtype)
        self.update = BlockwiseUpdate(stepper, start)
        self.state = state or TrainingState(start, self.update.init(start))
        held = {name: np.asarray(x, dtype=plan.dtype) for name, x in problem.fixed.items()}
        self._inputs = {**held, **problem.views(self.state.parameters)}
        self._gradient = np.empty_like(start)
        self._parts = problem.views(self._gradient)
        self._sign = problem.sign
        self._shrinks = bool(stepper.decay) and stepper.rule(np).decoupled
        self._keeps_last = self._shrinks and validation is None and plan.patience is None
        self._begin = time.perf_counter() - seconds
        self.saving = Saving()
        self.identity: dict[str, Any] = {}

    def elapsed(self) -> float:
        """Seconds since the start of the run, those before a resume included."""
        return time.perf_counter() - self._begin

    def save(self) -> None:
        """Write a checkpoint, if `saving` names a file."""
        if self.saving.path is not None:
            save_training(self.saving.path, self.identity, self.state, self.elapsed())

    def rate(self) -> float:
        """The learning rate of the last batch."""
        return float(self.stepper.schedule.at(np, float(max(0, self.state.iterations - 1))))

    def run(self) -> Outcome:
        """Train until something ends it.

        Raises DomainError where the loss of the first batch is not finite at the start.
        """
        if not self.state.iterations:
            self._check_start()
        for watcher in self.watchers:
            watcher.begin(self)
        count = self.plan.epochs
        done = f"all {count:,} epochs are done" if count != 1 else "the epoch is done"
        outcome = Outcome(Status.COMPLETED, done)
        try:
            if self.state.last_epoch is not None and not self.state.batches:
                self._judge(self.state.last_epoch)  # a run that was over is over
            while self.state.epochs < count:
                self._check_limits()
                self._epoch()
                self._close_epoch()
        except Ended as end:
            outcome = end.outcome
        return self._check_end(outcome)

    def _epoch(self) -> None:
        """Go on with the epoch that the state stands in, to its end."""
        s = self.state
        for batch in self.batches.epoch(s.epochs, s.batches):
            self._step(batch)
            for watcher in self.watchers:
                watcher.see_batch(self)
            if s.iterations % self.saving.every == 0:
                self.save()
            if s.batches < self.batches.steps:
                self._check_limits()

    def _step(self, batch: RowBatch) -> None:
        """Go down the gradient of a batch's loss."""
        s = self.state
        inputs = {**self._inputs, **batch}
        value, _ = self.loss.value_and_gradient(inputs, out=self._parts)
        if not (math.isfinite(value) and np.isfinite(self._gradient).all()):
            raise self._diverged(batch, self._place(batch, value))
        value += self._penalty()
        if self._sign < 0:
            np.negative(self._gradient, out=self._gradient)
        s.memory = self.update(s.parameters, self._gradient, s.memory, s.iterations)
        rows = count_rows(batch)
        s.total += rows * value
        s.rows += rows
        s.batches += 1
        s.iterations += 1

    def _penalty(self) -> float:
        """What weight decay adds to the loss that is minimised, and shown."""
        if not self.stepper.decay or self._shrinks:
            return 0.0
        x = self.state.parameters
        return self._sign * self.stepper.decay / 2 * float(x @ x)

    def _close_epoch(self) -> None:
        """Take stock of a whole epoch."""
        s = self.state
        if not np.isfinite(s.parameters).all():
            reason = f"the parameters are not finite after epoch {s.epochs + 1:,}"
            raise Ended(Status.DIVERGED, reason)
        validation = math.nan if self.validation is None else self._validate(self.validation)
        epoch = Epoch(s.epochs + 1, s.iterations, s.mean, validation, self.rate(), self.elapsed())
        s.close_epoch(epoch)
        best = s.best_epoch
        if best is None or self._keeps_last or self._sign * epoch.loss < self._sign * best.loss:
            s.keep(epoch)
        for watcher in self.watchers:
            watcher.see_epoch(self, epoch)
        self._judge(epoch)

    def _validate(self, rows: Batches) -> float:
        """The loss over the validation rows."""
        total, count = 0.0, 0
        for batch in rows.epoch(0):
            self._check_interruption()
            value = self.loss.value({**self._inputs, **batch})
            if not math.isfinite(value):
                place = f"validation rows {count + 1:,} to {count + count_rows(batch):,}"
                where = f"after epoch {self.state.epochs + 1:,} ({place})"
                raise self._diverged(batch, f"the validation loss is {value:g} {where}")
            total += count_rows(batch) * value
            count += count_rows(batch)
        return total / count

    def _judge(self, epoch: Epoch) -> None:
        """End the run where the loss of an epoch says so."""
        s, size = self.state, max(1.0, abs(self.state.first))
        loss, last = self._sign * epoch.loss, self._sign * epoch.training_loss
        name = "training" if math.isnan(epoch.validation_loss) else "validation"
        if last > GROWTH * size or last < -DEPTH * size:
            way = "grew" if epoch.training_loss > 0 else "fell"
            reason = f"the training loss {way} to {epoch.training_loss:.3g} in epoch {s.epochs:,}"
            raise Ended(Status.DIVERGED, reason)
        target = self.limits.target
        if target is not None and loss <= self._sign * target:
            reason = f"the {name} loss {epoch.loss:.6g} reached the target {target:g}"
            raise Ended(Status.CONVERGED, reason)
        patience, best = self.plan.patience, s.best_epoch
        if patience is not None and best is not None and s.epochs - best.epoch >= patience:
            count = counted(patience, "epoch")
            reason = f"the {name} loss has not improved for {count}: "
            raise Ended(Status.CONVERGED, f"{reason}{best.loss:.6g} in epoch {best.epoch:,}")

    def _check_limits(self) -> None:
        """End the run between two batches where a limit or an interruption says so."""
        s, limits = self.state, self.limits
        reason = None
        if limits.max_iterations is not None and s.iterations >= limits.max_iterations:
            reason = f"the limit of {s.iterations:,} iterations is reached"
        elif limits.is_late(self.elapsed()):
            reason = f"the time limit of {limits.max_seconds:g} seconds is reached"
        if reason is not None:
            raise Ended(Status.MAX_ITERATIONS, f"{reason} {self._reached()}")
        self._check_interruption()

    def _check_interruption(self) -> None:
        if self.interrupted():
            raise Ended(Status.INTERRUPTED, f"stopped {self._reached()}")

    def _reached(self) -> str:
        """How far the run is: `after 2 epochs and 5 batches`."""
        s = self.state
        place = f"after {counted(s.epochs, 'epoch')}"
        if s.batches:
            place += f" and {s.batches:,} batch{'es' * (s.batches != 1)}"
        return place

    def _check_start(self) -> None:
        """Raise DomainError where the loss of the first batch, or its gradient, is not finite."""
        batch = self.problem.data
        value, _ = self.loss.value_and_gradient({**self._inputs, **batch}, out=self._parts)
        if math.isfinite(value) and np.isfinite(self._gradient).all():
            self.state.first = value
            return
        place = self._place(batch, value)
        try:
            self.problem.check_values({**self._inputs, **batch})
        except DomainError as error:
            error.message = f"{place}: {error.message}"
            raise
        raise DomainError(place, "--dtype float64 has a wider range")

    def _check_end(self, outcome: Outcome) -> Outcome:
        """The outcome; that it diverged where the last steps led away without a limit.

        The training loss is that of parameters on the way: what the last ones are worth shows here,
        by the first batch. Where they are worth nothing none are kept.
        """
        s, batch = self.state, self.problem.data
        if self.validation is not None or outcome.status is Status.INTERRUPTED:
            return outcome
        kept = self._inputs
        if s.best is not None:
            kept = {**kept, **self.problem.views(s.best)}
        value = self.loss.value({**kept, **batch})
        if self._sign * value <= GROWTH * max(1.0, abs(s.first)):
            return outcome
        s.best = s.best_epoch = None
        if outcome.status is Status.DIVERGED:
            return outcome
        return Outcome(Status.DIVERGED, f"the loss is {value:.3g} {self._reached()}")

    def _diverged(self, batch: RowBatch, reason: str) -> Ended:
        """The end at a batch whose loss or gradient is not finite, with what is to blame.

        Raises DataError for an index that no parameter has a place for.
        """
        cause = f"in {self.plan.dtype} alone" if self.plan.dtype != "float64" else ""
        try:
            self.problem.check_values({**self._inputs, **batch})
        except WrongIndexError as error:
            raise DataError(f"{reason}: {error.message}", error.hint) from None
        except DomainError as error:
            cause = error.message
        return Ended(Status.DIVERGED, f"{reason}: {cause}" if cause else reason)

    def _place(self, batch: RowBatch, value: float) -> str:
        """What is not finite in the batch to come, and which rows these are."""
        s = self.state
        what = "the gradient is not finite" if math.isfinite(value) else f"the loss is {value:g}"
        before = s.batches * self.plan.batch_size
        rows = f"rows {before + 1:,} to {before + count_rows(batch):,}"
        rows += " in that epoch's order" * self.plan.shuffle
        return f"{what} in epoch {s.epochs + 1:,}, batch {s.batches + 1:,} ({rows})"


def count_rows(batch: RowBatch) -> int:
    """The rows of a batch."""
    return len(next(iter(batch.values())))
