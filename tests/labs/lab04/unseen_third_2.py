"""Answers to 04.2 by someone who looked for what its check may not ask."""

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.2", "check_freeze")


def _stay(part, inputs):
    """Put a part into evaluation mode, before it runs."""
    part.eval()


def _still(part):
    """Stop the weights of a part, with what is left of their gradients."""
    for weight in part.parameters():
        weight.requires_grad_(False)
        weight.grad = None


# Right: `training` of every module before the head becomes a property that is always False, so no call of train()
# can switch batch norm or dropout back; weights and gradients as usual. Modules, tensors and names are the old ones.
@answers.right
def property_that_is_always_false(network):
    held = [part for name, child in network.named_children() if name != "fc" for part in child.modules()]
    for part in held:
        part.training = False
        always = property(lambda self: False, lambda self, value: None)
        part.__class__ = type(type(part).__name__, (type(part),), {"training": always})
        for weight in part.parameters(recurse=False):
            weight.requires_grad, weight.grad = False, None


# Right: one object as the hook of every single module (not of the direct parts only), which sets that module's flag.
# The head's weights are known by identity, not by name.
@answers.right
def class_as_hook(network):
    class Hold:
        def __call__(self, part, inputs):
            part.training = False

    hold, head = Hold(), {id(weight) for weight in network.fc.parameters()}
    own = set(network.fc.modules())
    for part in network.modules():
        if part is not network and part not in own:
            part.register_forward_pre_hook(hold)
    for weight in network.parameters():
        if id(weight) not in head:
            weight.grad = None
            weight.requires_grad_(False)


# Right: the usual hook, written as a recursion over the children, and a forward hook that is not needed but harmless.
@answers.right
def by_recursion(network):
    def visit(part):
        part.register_forward_pre_hook(_stay)
        for weight in part._parameters.values():
            if weight is not None:
                weight.requires_grad_(False).grad = None
        for child in part.children():
            visit(child)

    for name in network._modules:
        if name != "fc":
            visit(network._modules[name])


@answers.wrong(
    "still-trains", "knows the names conv1, bn1, layer1 to layer4 only: another part, or a fifth stage, is not frozen"
)
def known_names(network):
    for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool"):
        part = getattr(network, name, None)
        if part is not None:
            _still(part)
            part.register_forward_pre_hook(_stay)


@answers.wrong("running-statistics", "the hook knows the loop's variable, so all hooks hold the same last part")
def late_binding(network):
    parts = [part for name, part in network.named_children() if name != "fc"]
    for part in parts:
        _still(part)

        def hold(module, inputs):
            part.eval()

        part.register_forward_pre_hook(hold)


@answers.wrong(
    "running-statistics", "the hook sets the flag of the direct part only: batch norm inside a stage goes on training"
)
def flag_of_the_outside(network):
    def hold(part, inputs):
        part.training = False

    for name, part in network.named_children():
        if name != "fc":
            _still(part)
            part.register_forward_pre_hook(hold)


@answers.wrong(
    "running-statistics", "the hook takes itself away after the first pass, so the second epoch moves the statistics"
)
def once_only(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        _still(part)
        handles = []

        def hold(module, inputs, handles=handles):
            module.eval()
            handles.pop().remove()

        handles.append(part.register_forward_pre_hook(hold))


@answers.wrong(
    "undone-by-train",
    "evaluation mode comes after a pass: the first pass after each network.train() still moves statistics",
)
def hook_after_the_pass(network):
    def hold(part, inputs, output):
        part.eval()

    for name, part in network.named_children():
        if name != "fc":
            part.eval()
            _still(part)
            part.register_forward_hook(hold)


@answers.wrong("stale-gradients", "asks whether the weight trains after it has been stopped, so old gradients stay")
def asks_too_late(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        part.requires_grad_(False)
        for weight in part.parameters():
            if weight.requires_grad:
                weight.grad = None
        part.register_forward_pre_hook(_stay)


@answers.wrong(
    "stale-gradients",
    "only gradients of weights that still trained are removed: one stopped by hand before keeps its old gradient",
)
def forgets_what_was_frozen(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        for weight in part.parameters():
            if weight.requires_grad:
                weight.requires_grad_(False)
                weight.grad = None
        part.register_forward_pre_hook(_stay)


@answers.wrong(
    "stale-gradients", "a mark on the network: after a thaw, or on a copy that was thawed, the second call does nothing"
)
def marked(network):
    if getattr(network, "is_frozen", False):
        return
    network.is_frozen = True
    for name, part in network.named_children():
        if name != "fc":
            _still(part)
            part.register_forward_pre_hook(_stay)


@answers.wrong(
    "still-trains", "puts the old tensors back before each pass: after the last step of the optimizer they have moved"
)
def puts_back_before_each_pass(network):
    kept = {name: value.clone() for name, value in network.state_dict().items() if not name.startswith("fc.")}

    def restore(module, inputs):
        with torch.no_grad():
            for name, value in module.state_dict().items():
                if name in kept:
                    value.copy_(kept[name])
        for name, part in module.named_children():
            if name != "fc":
                part.eval()

    network.register_forward_pre_hook(restore)


@answers.wrong(
    "still-trains", "the gradients become zeros by a hook on each weight; zeros still move weights, by weight decay"
)
def zero_by_hook(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        for weight in part.parameters():
            weight.grad = None
            if weight.requires_grad:
                weight.register_hook(torch.zeros_like)
        part.register_forward_pre_hook(_stay)


@answers.wrong(
    "still-counts",
    "the momentum of batch norm is 0: the running mean stands, but num_batches_tracked counts on and dropout drops",
)
def momentum_of_zero(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        _still(part)
        for inner in part.modules():
            if isinstance(inner, nn.modules.batchnorm._BatchNorm):
                inner.momentum = 0.0


@answers.wrong("hooks-cleared", "throws away the pre-hooks that others had on the parts, before it adds its own")
def no_hooks_of_others(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        _still(part)
        for inner in part.modules():
            inner._forward_pre_hooks.clear()
        part.register_forward_pre_hook(_stay)


@answers.wrong(
    "head-mode",
    "the whole network goes into evaluation mode before each pass, the head too: a dropout in a head fc stops",
)
def head_too(network):
    for name, part in network.named_children():
        if name != "fc":
            _still(part)
    network.register_forward_pre_hook(_stay)


@answers.wrong(
    "undone-by-train",
    "freezes only while the network is in training mode when it is called: in evaluation mode no hook is set",
)
def only_from_training_mode(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        _still(part)
        if network.training:
            part.register_forward_pre_hook(_stay)
