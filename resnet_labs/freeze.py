"""Freezing that holds: weights, running statistics and dropout stay fixed until `unfreeze_`, whatever train() says.

`requires_grad_(False)` alone leaves three holes: batch norm goes on updating its running statistics in training mode,
dropout goes on dropping, and an optimizer still moves a parameter whose old gradient was left behind (by weight decay,
or by momentum when that gradient is zeroed instead of removed).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy
from torch.utils.hooks import RemovableHandle

from resnet_labs.conv import Conv2d
from resnet_labs.errors import InputError

_MARK = "_resnet_labs_freeze"

# They never look at `training`, and holding one costs about 5 microseconds per call.
_MODELESS = {nn.Sequential, nn.Identity, nn.Conv2d, Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.AdaptiveAvgPool2d}


@dataclass
class _Freeze:
    """What `freeze_` did to one module. It is stored on the module, so copies and pickles keep it."""

    stopped: set[str] = field(default_factory=set)  # its own parameters that trained before
    handles: list[RemovableHandle] = field(default_factory=list)
    mode: bool | None = None  # the module's `training` during a call


def freeze_(module: nn.Module) -> list[str]:
    """Freeze a module and everything in it (parameters, buffers, dropout); return the parameters that it froze.

    Each frozen module runs as in eval mode in every call, so running statistics stay bitwise the same. The `training`
    flags themselves still show the last call of train() or eval(). Existing gradients are removed. Keys of the state
    dict, an existing optimizer, and other hooks stay as they are; copies, pickles and `torch.save` of the model keep
    the freeze, a state dict does not. Freezing twice changes nothing. Modules added later (`convert_sync_batchnorm`)
    are not frozen, and code that `torch.compile` made earlier ignores the freeze: convert first, compile last.

    Args:
        module: a network or a part of one; changed in place.

    Returns:
        Names within `module`, in its order; parameters that were frozen already are not among them.

    Raises:
        InputError: a parameter of a lazy module before its first call.

    Source: Yosinski et al. 2014, How transferable are features, section 2 (transferred layers that are kept frozen).
    Deviations: batch norm and dropout are frozen as well. A tensor that two modules share can only be frozen in both.
    Equals: the same module in eval mode with `requires_grad_(False)`.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
        >>> freeze_(model), unfreeze_(model[2])
        (['0.weight', '0.bias', '1.weight', '1.bias', '2.weight', '2.bias'], ['weight', 'bias'])
        >>> frozen_names(model)
        ['0.weight', '0.bias', '1.weight', '1.bias']
    """
    _check_initialized(module)
    before = frozen_names(module)
    for part, stopped in [(part, _trainable_names(part)) for part in module.modules()]:
        _freeze_one(part, stopped)
    return _changed(module, before)


def unfreeze_(module: nn.Module) -> list[str]:
    """Undo `freeze_` for a module and everything in it, and nothing else; return the parameters that train again.

    A parameter that you froze yourself with `requires_grad_(False)` before stays frozen. Modules around `module` that
    were frozen with it stay frozen.

    Args:
        module: a network or a part of one; changed in place.

    Returns:
        Names within `module`, in its order.

    Equals: a module that was never frozen: training continues bitwise the same.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> _ = layer.bias.requires_grad_(False)
        >>> freeze_(layer), unfreeze_(layer)
        (['weight'], ['weight'])
    """
    before = frozen_names(module)
    for part in module.modules():
        _unfreeze_one(part)
    return _changed(module, before)


def frozen_names(model: nn.Module) -> list[str]:
    """Return the names of the parameters that do not train, whoever froze them.

    Args:
        model: any module; names are those of `named_parameters()`.

    Equals: the parameters with `requires_grad` False.

    Example:
        >>> frozen_names(nn.Linear(2, 2).requires_grad_(False))
        ['weight', 'bias']
    """
    return [name for name, parameter in model.named_parameters() if not parameter.requires_grad]


def linear_probe_(model: nn.Module) -> list[str]:
    """Freeze everything but the head; return the names of the parameters that changed, frozen or thawed.

    The head is `model.fc` or, in a model without one, the linear layer that was registered last. Afterwards it trains
    even if it was frozen, and the rest is frozen even if it trained.

    Args:
        model: a classifier; changed in place.

    Raises:
        InputError: the model has no linear layer, or the head shares a parameter with the frozen rest.

    Source: Alain and Bengio 2016, Understanding intermediate layers using linear classifier probes, section 3.
    Deviations: one probe, after the last layer.
    Equals: the head trained alone on the features that the model computes in eval mode.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
        >>> linear_probe_(model)
        ['0.weight', '0.bias']
    """
    return _train_only(model, [head_of(model)])


def last_block_(model: nn.Module) -> list[str]:
    """Freeze everything before the last residual block; return the parameters that changed, frozen or thawed.

    Afterwards only the last block of the last stage (`layer4[-1]` in a ResNet-18 to -152) and everything after it,
    which is the head, train: the step between linear probe and full fine-tuning.

    Args:
        model: a network with stages layer1, layer2, and so on, as in ours and torchvision's ResNets, or torchvision's
            vision transformer, whose blocks are in `encoder.layers`; changed in place.

    Raises:
        InputError: the model has no such stages, or the trained part shares a parameter with the frozen one.

    Source: Yosinski et al. 2014, How transferable are features, section 2 (upper layers fine-tuned).
    Deviations: one residual block, not one layer.
    Equals: freeze_(model), then unfreeze_ of the block and of the head.

    Example:
        >>> from resnet_labs.resnet import cifar_resnet
        >>> model = cifar_resnet(8)
        >>> last_block_(model)[-1]
        'layer2.0.bn2.bias'
    """
    stages = [name for name, _ in model.named_children() if re.fullmatch(r"layer\d+", name)]
    try:
        blocks = list(model.get_submodule(stages[-1] if stages else "encoder.layers").children())
    except AttributeError:
        blocks = []
    if not blocks:
        raise InputError(
            f"{type(model).__name__} has no stages layer1, layer2, ... of blocks, so its last block is unknown.",
            "Call freeze_ on the model, then unfreeze_ on the block that you mean and on the head.",
        )
    in_order = list(model.modules())
    return _train_only(model, in_order[in_order.index(blocks[-1]) :])


def head_of(model: nn.Module) -> nn.Module:
    """Return the head: `model.fc` or, in a model without one, the linear layer that was registered last.

    Args:
        model: a classifier.

    Raises:
        InputError: the model has no linear layer.

    Equals: what `linear_probe_` leaves to train.

    Example:
        >>> head_of(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))
        Linear(in_features=3, out_features=2, bias=True)
    """
    head = getattr(model, "fc", None)
    if isinstance(head, nn.Module) and any(True for _ in head.parameters()):
        return head
    layers = [part for part in model.modules() if isinstance(part, nn.Linear)]
    if not layers:
        raise InputError(
            f"{type(model).__name__} has no linear layer, so its head is unknown.",
            "Call freeze_ on the model, then unfreeze_ on its head; for features, name a stage of stage_features.",
        )
    return layers[-1]


def _train_only(model: nn.Module, parts: Iterable[nn.Module]) -> list[str]:
    """Thaw the parts and everything in them, and freeze the rest."""
    _check_initialized(model)
    thawed = {module for part in parts for module in part.modules()}
    frozen = [module for module in model.modules() if module not in thawed]
    kept = {parameter for module in frozen for parameter in module.parameters(recurse=False)}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        owner = model.get_submodule(name.rpartition(".")[0])
        if owner in thawed and parameter in kept:
            raise InputError(
                f"Parameter {name!r} would train, but the frozen part shares it.",
                "Freeze or train both owners together, or untie them with a copy of the parameter.",
            )
    before = frozen_names(model)
    for module in frozen:
        _freeze_one(module, _trainable_names(module))
    for module in thawed:
        _unfreeze_one(module)
        module.requires_grad_(True)
    return _changed(model, before)


def _check_initialized(module: nn.Module) -> None:
    lazy = [name for name, parameter in module.named_parameters() if is_lazy(parameter)]
    if lazy:
        raise InputError(
            f"Parameter {lazy[0]!r} of a lazy module has no shape yet.", "Call the model once on a batch, then freeze."
        )


def _trainable_names(module: nn.Module) -> set[str]:
    return {name for name, parameter in module.named_parameters(recurse=False) if parameter.requires_grad}


def _freeze_one(module: nn.Module, stopped: set[str]) -> None:
    mark = getattr(module, _MARK, None)
    if mark is None:
        mark = _Freeze()
        setattr(module, _MARK, mark)
        if type(module) not in _MODELESS or module._forward_pre_hooks:
            # Before other hooks: spectral_norm's looks at `training` to move its buffers.
            mark.handles.append(module.register_forward_pre_hook(_enter, prepend=True))
            mark.handles.append(module.register_forward_hook(_leave, always_call=True))
    mark.stopped |= stopped
    for parameter in module.parameters(recurse=False):
        parameter.requires_grad_(False)
        parameter.grad = None  # an optimizer skips None, but still moves with a zero gradient


def _unfreeze_one(module: nn.Module) -> None:
    mark = getattr(module, _MARK, None)
    if mark is None:
        return
    for handle in mark.handles:
        handle.remove()
    delattr(module, _MARK)
    for name, parameter in module.named_parameters(recurse=False):
        if name in mark.stopped:
            parameter.requires_grad_(True)


def _changed(module: nn.Module, before: list[str]) -> list[str]:
    changed = set(before) ^ set(frozen_names(module))
    return [name for name, _ in module.named_parameters() if name in changed]


# Every module is frozen, not only batch norm and dropout: attention, stochastic depth and a learner's own block read
# `self.training` too. Module-level functions, so that a frozen model can be pickled.
def _enter(module: nn.Module, inputs: tuple[Any, ...]) -> None:
    mark = getattr(module, _MARK)
    mark.mode, module.training = module.training, False


def _leave(module: nn.Module, inputs: tuple[Any, ...], outputs: Any) -> None:
    mark = getattr(module, _MARK)
    if mark.mode is not None:  # if another hook raised before ours, there is nothing to restore
        module.training, mark.mode = mark.mode, None
