"""A run that is kept after every epoch, and goes on from there."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from torch import nn

from resnet_labs import checkpoint, distributed
from resnet_labs.errors import InputError
from resnet_labs.train.config import TrainConfig
from resnet_labs.train.history import History, Stopped

# Neither changes what a step is: a step over as many images may be made of other batches.
_MAY_CHANGE = ("epochs", "accumulate")
# What is kept beside the parts.
_ENTRIES = ("config", "steps", "trained", "rows", "random")


class KeptRun:
    """The checkpoint of one run; without a path it keeps nothing. `num_epochs` is how many epochs it holds.

    Args:
        path: the file, None to keep nothing.
        parts: by name, everything with a state_dict() that the run changes.
        config: the settings of the run.
        steps: optimizer steps an epoch.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, parts: dict[str, Any], *, config: TrainConfig, steps: int
    ) -> None:
        self.path, self.parts, self.config, self.steps = path, parts, asdict(config), steps
        self.trained = _trained(parts)
        self.num_epochs = 0

    def __str__(self) -> str:
        if self.path is None or self.num_epochs == 0:
            return ""
        held = "Epoch 1 is" if self.num_epochs == 1 else f"Epochs 1 to {self.num_epochs} are"
        return f"{held} kept in {os.fspath(self.path)!r}; a run with the same steps goes on from there."

    def save(self, history: History) -> None:
        """Keep what the run is now.

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
                fix = f"{error.fix} The model in memory is that of epoch {len(history.rows)}."
                raise Stopped(error.problem, fix, history) from error
        self.num_epochs = len(history.rows)

    def restore(self, history: History) -> None:
        """Go on from what was kept, where something was.

        Raises:
            InputError: it is of another run, or is damaged, or the next epoch could not be kept. Nothing has changed.
        """
        if self.path is None:
            return
        state = None
        if distributed.is_writer():
            state = checkpoint.load(self.path) if checkpoint.exists(self.path) else None
            if state is None or len(state.get("rows", ())) < self.config["epochs"]:
                checkpoint.check_writable(self.path)
        state = distributed.from_writer(state)
        if state is None:
            return
        self._check_it_is_of_this_run(state)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        checkpoint.restore_random_states(state["random"])
        history.rows.extend(state["rows"])
        self.num_epochs = len(history.rows)

    def _check_it_is_of_this_run(self, state: dict[str, Any]) -> None:
        """Find what would fail in the middle, when a part of the run is overwritten already."""
        missing = [name for name in (*self.parts, *_ENTRIES) if name not in state]
        if missing:
            raise InputError(
                f"The checkpoint is not of a run of this version: it lacks {', '.join(missing)}.",
                "Give another checkpoint path.",
            )
        fixed = [name for name in self.config if name not in _MAY_CHANGE]
        changed = [name for name in fixed if state["config"].get(name) != self.config[name]]
        if changed or state["steps"] != self.steps:
            raise InputError(
                f"The checkpoint is of another run: {', '.join(changed) or 'steps an epoch'} differ.",
                "Give another checkpoint path, or the settings of that run.",
            )
        for name, title in (("model", "network"), ("loss", "loss")):
            differences = checkpoint.state_dict_differences(self.parts[name].state_dict(), state[name])
            if differences:
                raise InputError(
                    f"The checkpoint is of another {title}: {differences}.",
                    f"Give another checkpoint path, or the {title} of that run.",
                )
        if state["trained"] != self.trained:
            differing = sorted({*state["trained"]} ^ {*self.trained}) or ["their order"]
            raise InputError(
                f"The checkpoint's run trained {len(state['trained'])} parameters, this one {len(self.trained)}, and "
                f"they differ in {checkpoint.first_names(differing)}.",
                "Freeze the same layers, or give another checkpoint path.",
            )
        if self.parts["scaler"].state_dict() and not state["scaler"]:
            raise InputError(
                "The checkpoint's run did not scale its loss, but this one does, for its precision is fp16.",
                "Go on with a device like that run's, or give another checkpoint path.",
            )


def _trained(parts: dict[str, Any]) -> list[str]:
    """Return the names of what trains: an optimizer's state goes by their order, and knows no names."""
    modules = [(name, part) for name, part in parts.items() if isinstance(part, nn.Module)]
    return [f"{name}.{key}" for name, part in modules for key, value in part.named_parameters() if value.requires_grad]
