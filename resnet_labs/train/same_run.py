"""Whether a checkpoint is from this run; another would fail midway, or give a run that no settings describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs import checkpoint, optim
from resnet_labs.errors import InputError

# Does not change a step: the same number of images may be split into other batches.
_MAY_CHANGE = ("epochs", "accumulate")
# What is kept besides the parts.
_ENTRIES = ("config", "steps", "trained", "rows", "random")


def check(
    state: dict[str, Any], *, path: str, parts: dict[str, Any], config: dict[str, Any], steps: int, trained: list[str]
) -> None:
    """Compare everything that was kept with this run; nothing is changed.

    Args:
        state: what was kept.
        path: the checkpoint's.
        parts: by name, everything with a state_dict() that the run changes.
        config: the settings of this run.
        steps: optimizer steps per epoch.
        trained: the names of the parameters that train.

    Raises:
        InputError: it is from another run.
    """
    missing = [name for name in (*parts, *_ENTRIES) if name not in state]
    if missing:
        raise InputError(
            f"The checkpoint {path!r} is not from a run of this version: it lacks {', '.join(missing)}.",
            "Give another checkpoint path.",
        )
    changed = [name for name in config if name not in _MAY_CHANGE and state["config"].get(name) != config[name]]
    if changed or state["steps"] != steps:
        raise InputError(
            f"The checkpoint {path!r} is from another run: {', '.join(changed) or 'steps per epoch'} differ.",
            "Give another checkpoint path, or the settings of that run.",
        )
    for name, title in (("model", "network"), ("loss", "loss")):
        if not isinstance(state[name], Mapping):
            raise ValueError(f"the state of the {title} is none")
        differences = checkpoint.state_dict_differences(parts[name].state_dict(), state[name])
        if differences:
            raise InputError(
                f"The checkpoint {path!r} is from another {title}: {differences}.",
                f"Give another checkpoint path, or the {title} of that run.",
            )
    if state["trained"] != trained:
        differing = sorted({*state["trained"]} ^ {*trained}) or ["their order"]
        raise InputError(
            f"The checkpoint {path!r} is from a run that trained {len(state['trained'])} parameters, and this one "
            f"trains {len(trained)}; they differ in {checkpoint.first_names(differing)}.",
            "Freeze the same layers, or give another checkpoint path.",
        )
    if parts["scaler"].state_dict() and not state["scaler"]:
        raise InputError(
            f"The checkpoint {path!r} is from a run that did not scale its loss, but this one does: its precision is "
            "fp16.",
            "Go on with a device like that run's, or give another checkpoint path.",
        )
    _check_epochs(state, path, config, steps)


def _check_epochs(state: dict[str, Any], path: str, config: dict[str, Any], steps: int) -> None:
    """Reject other epochs unless those that are kept have the learning rates of this run's first ones."""
    kept, before, now = len(state["rows"]), state["config"]["epochs"], config["epochs"]
    if not isinstance(before, int):
        raise ValueError("the number of epochs is none")
    if any(_factor(step, before, config, steps) != _factor(step, now, config, steps) for step in range(kept * steps)):
        raise InputError(
            f"The checkpoint {path!r} is from a run of {before} epochs, and this one has {now}: under the "
            f"{config['schedule']} schedule the epochs that are kept would have had other learning rates.",
            f"Ask for {before} epochs; or train on in a second run, with a configuration and a checkpoint path of its "
            f"own, from the model that load_weights(model, {path!r}) gives.",
        )
    if kept > now:
        raise InputError(
            f"The checkpoint {path!r} holds {kept} epochs, and this run has {now}.",
            f"Ask for at least {kept} epochs, or give another checkpoint path.",
        )
    columns = [*state["rows"][0]]
    if [row["epoch"] for row in state["rows"]] != [*range(1, kept + 1)] or any(
        [*row] != columns for row in state["rows"]
    ):
        raise ValueError("rows are not one per epoch")


def _factor(step: int, epochs: int, config: dict[str, Any], steps: int) -> float:
    return optim.learning_rate_factor(
        step, num_steps=epochs * steps, warmup_steps=config["warmup_epochs"] * steps, schedule=config["schedule"]
    )


def check_optimizer(optimizer: torch.optim.Optimizer, before: list[dict[str, Any]]) -> None:
    """Find values in an optimizer, just loaded, with which a step would fail.

    Args:
        optimizer: after loading.
        before: its groups before loading.

    Raises:
        ValueError: there are some.
    """
    for old, new in zip(before, optimizer.param_groups, strict=True):
        # Settings such as `fused` depend on the device, and may be None.
        odd = [name for name in old if None not in (old[name], new[name]) and type(old[name]) is not type(new[name])]
        if odd:
            raise ValueError(f"the optimizer's {odd} are of another kind")
    if len({frozenset(entry) for entry in optimizer.state.values()}) > 1:
        raise ValueError("the optimizer knows more of one parameter than of another")
    for parameter, entry in optimizer.state.items():
        for name, value in entry.items():
            fits = isinstance(value, Tensor) and (value.shape == parameter.shape or value.numel() == 1)
            if value is not None and not fits:
                raise ValueError(f"the optimizer's {name} does not fit its parameter")


def trained(parts: dict[str, Any]) -> list[str]:
    """Return the names of what trains: an optimizer's state depends on their order and has no names."""
    modules = [(name, part) for name, part in parts.items() if isinstance(part, nn.Module)]
    return [f"{name}.{key}" for name, part in modules for key, value in part.named_parameters() if value.requires_grad]
