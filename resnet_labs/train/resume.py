"""Saving a run after every epoch, and continuing it from there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from resnet_labs import checkpoint, distributed, lock
from resnet_labs.errors import InputError
from resnet_labs.train import same_run
from resnet_labs.train.config import TrainConfig
from resnet_labs.train.history import History, Stopped


class KeptRun:
    """The checkpoint of one run; without a path nothing is kept. `num_epochs` is how many epochs it holds.

    Args:
        path: the file; None to keep nothing.
        parts: by name, everything with a state_dict() that the run changes.
        config: the settings of the run.
        steps: optimizer steps per epoch.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, parts: dict[str, Any], *, config: TrainConfig, steps: int
    ) -> None:
        self.path, self.parts, self.config, self.steps = path, parts, asdict(config), steps
        self.trained = same_run.trained(parts)
        self.num_epochs = 0

    @property
    def _name(self) -> str:
        return "" if self.path is None else os.fspath(self.path)

    def __str__(self) -> str:
        if self.path is None or self.num_epochs == 0:
            return ""
        held = "Epoch 1 is" if self.num_epochs == 1 else f"Epochs 1 to {self.num_epochs} are"
        return f"{held} kept in {self._name!r}; a run with the same steps continues from there."

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Reserve the checkpoint for this run until the end of the block.

        Raises:
            InputError: another process trains with it.
        """
        if self.path is None or not distributed.is_writer():
            yield
            return
        path = Path(self.path)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
        # A folder that cannot be written is left to `restore`: reading a finished run needs no lock.
        with lock.alone(path) if os.access(path.parent, os.W_OK) else nullcontext():
            yield

    def save(self, history: History) -> None:
        """Save the present state of the run.

        Raises:
            Stopped: the file cannot be written. What was kept before still is.
        """
        if self.path is None:
            return
        if distributed.is_writer():
            state = {name: part.state_dict() for name, part in self.parts.items()}
            state |= {"config": self.config, "steps": self.steps, "trained": self.trained, "rows": history.rows}
            try:
                checkpoint.save(self.path, state | {"random": checkpoint.random_states()})
            except InputError as error:
                memory = f"The model in memory is that of epoch {len(history.rows)}."
                raise Stopped(error.problem, error.fix, history, here=memory) from error
        self.num_epochs = len(history.rows)

    def restore(self, history: History) -> None:
        """Continue from what was kept, if anything was.

        Raises:
            InputError: it is from another run, or is damaged, or the next epoch could not be kept. Nothing has changed.
        """
        if self.path is None:
            return
        state = None
        if distributed.is_writer():
            state = checkpoint.load(self.path) if checkpoint.exists(self.path) else None
            rows = None if state is None else state.get("rows")
            if not isinstance(rows, list) or len(rows) < self.config["epochs"]:
                checkpoint.check_writable(self.path, self._num_bytes())
        state = distributed.from_writer(state)
        if state is None:
            return
        try:
            self._load(state)
        except InputError:
            raise
        except Exception as error:  # values of other kinds can raise anything
            raise InputError(
                f"The checkpoint {self._name!r} does not hold the state of a run.", "Give another checkpoint path."
            ) from error
        history.rows.extend(state["rows"])
        self.num_epochs = len(history.rows)

    def _num_bytes(self) -> int:
        """Return how large a checkpoint will be: tensors, and the optimizer's state from the first step on."""
        modules = [part for part in self.parts.values() if isinstance(part, nn.Module)]
        kept = (value for part in modules for value in part.state_dict().values())
        held = sum(value.nbytes for value in kept if isinstance(value, Tensor))
        trained = sum(value.nbytes for part in modules for value in part.parameters() if value.requires_grad)
        return held + trained * (1 if self.config["optimizer"] == "sgd" else 2)  # momentum; Adam's two means

    def _load(self, state: dict[str, Any]) -> None:
        """Load what was kept; the modules, which are the caller's, come last, when nothing can fail."""
        optimizer, random = self.parts["optimizer"], checkpoint.random_states()
        same_run.check(
            state, path=self._name, parts=self.parts, config=self.config, steps=self.steps, trained=self.trained
        )
        groups = [dict(group) for group in optimizer.param_groups]
        optimizer.load_state_dict(state["optimizer"])
        same_run.check_optimizer(optimizer, groups)
        self.parts["scaler"].load_state_dict(state["scaler"])
        try:
            checkpoint.restore_random_states(state["random"])
        except Exception:
            checkpoint.restore_random_states(random)
            raise
        for name in ("model", "loss"):
            self.parts[name].load_state_dict(state[name])
