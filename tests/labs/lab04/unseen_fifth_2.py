"""Answers to 04.2 by students who know its text alone."""

from functools import partial

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.2", "check_freeze")


def backbone_of(network):
    return [part for name, part in network.named_children() if name != "fc"]


def stay_in_eval(part, inputs):
    part.eval()


# --- wrong: common mistakes -------------------------------------------------------------


@answers.wrong(
    "running-statistics",
    "requires_grad alone: running statistics, dropout and left-over gradients go on; any training pass",
)
def requires_grad_alone(network):
    for part in backbone_of(network):
        part.requires_grad_(False)


@answers.wrong(
    "undone-by-train", "eval() is called once, and the loop's network.train() takes it back; any training pass"
)
def eval_once(network):
    for part in backbone_of(network):
        part.eval()
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None


@answers.wrong(
    "stale-gradients",
    "left-over gradients are set to zero, not removed, so momentum and weight decay still move weights; an optimizer that has stepped before",
)
def gradients_of_zero(network):
    for part in backbone_of(network):
        part.requires_grad_(False)
        for parameter in part.parameters():
            if parameter.grad is not None:
                parameter.grad.zero_()
        part.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "still-trains",
    "gradients are multiplied by zero in a hook instead of not being asked for, so weight decay moves the weights; any step",
)
def hooks_that_return_zero(network):
    for part in backbone_of(network):
        for parameter in part.parameters():
            parameter.grad = None
            if parameter.requires_grad:
                parameter.register_hook(torch.zeros_like)
        part.register_forward_pre_hook(stay_in_eval)


# --- wrong: right on a plain network or in the first pass -------------------------------


@answers.wrong(
    "dropout",
    "only nn.BatchNorm2d is held, dropout and other batch norms are forgotten; a backbone with dropout or BatchNorm1d",
)
def batch_norm_2d_only(network):
    for part in backbone_of(network):
        for module in part.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.register_forward_pre_hook(stay_in_eval)
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None


@answers.wrong(
    "still-trains",
    "whatever has fc anywhere in its name is left out; a backbone with a part such as layer1.0.fc1 or fc_old",
)
def fc_anywhere_in_the_name(network):
    for name, parameter in network.named_parameters():
        if "fc" not in name:
            parameter.requires_grad_(False)
            parameter.grad = None
    for name, module in network.named_modules():
        if name and "fc" not in name:
            module.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "still-trains",
    "a list of names of the usual ResNet is frozen; a network with other parts, such as a stem or a fifth stage",
)
def usual_names(network):
    names = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")
    for name in names:
        part = getattr(network, name, None)
        if part is None:
            continue
        part.requires_grad_(False)
        for parameter in part.parameters():
            parameter.grad = None
        part.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "running-statistics",
    "the hook removes itself after the first pass; the second pass after network.train() moves the statistics",
)
def hook_for_one_pass(network):
    for part in backbone_of(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        handles = []

        def once(part, inputs, handles=handles):
            part.eval()
            handles.pop().remove()

        handles.append(part.register_forward_pre_hook(once))


# --- wrong: a broken promise ------------------------------------------------------------


@answers.wrong(
    "still-counts",
    "momentum 0 holds mean and variance, but the counter num_batches_tracked moves, batches are normalised by themselves, and dropout drops; any training pass",
)
def momentum_of_zero(network):
    for part in backbone_of(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        for module in part.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.momentum = 0.0


class Frozen(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner.requires_grad_(False).eval()
        for parameter in inner.parameters():
            parameter.grad = None

    def train(self, mode=True):
        return self

    def forward(self, inputs):
        with torch.no_grad():
            return self.inner(inputs)


@answers.wrong(
    "replaced", "every part is wrapped in another module, so the names in the state dict change; any network"
)
def wraps_the_parts(network):
    for name, part in list(network.named_children()):
        if name != "fc":
            setattr(network, name, Frozen(part))


@answers.wrong("raises", "the whole pass runs without gradients, so the head cannot train either; loss.backward()")
def whole_pass_without_gradients(network):
    for part in backbone_of(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        part.register_forward_pre_hook(stay_in_eval)
    forward = network.forward

    def quietly(*inputs):
        with torch.no_grad():
            return forward(*inputs)

    network.forward = quietly


@answers.wrong(
    "hooks-cleared",
    "pre-hooks that others put on the parts are thrown away; a network with hooks, such as one that normalises its input",
)
def throws_hooks_away(network):
    for part in (network, *backbone_of(network)):
        for module in part.modules():
            module._forward_pre_hooks.clear()
    for part in backbone_of(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        part.register_forward_pre_hook(stay_in_eval)


# --- right ------------------------------------------------------------------------------


def off(module, inputs):
    module.training = False


@answers.right
def hook_on_every_module(network):
    head = set(network.fc.modules())
    for module in network.modules():
        if module is network or module in head:
            continue
        module.training = False
        module.register_forward_pre_hook(off)
    for name, parameter in network.named_parameters():
        if name.split(".")[0] != "fc":
            parameter.requires_grad, parameter.grad = False, None


def no_train(module, mode=True):
    for child in module.children():
        child.train(False)
    module.training = False
    return module


@answers.right
def train_that_does_nothing(network):
    """Every module of the backbone has its own train(), which always means eval()."""

    def still(module):
        for child in module.children():
            still(child)
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
            parameter.grad = None
        module.eval()
        module.train = partial(no_train, module)

    for name, part in network._modules.items():
        if name != "fc" and part is not None:
            still(part)
    for parameter in network.parameters(recurse=False):
        parameter.requires_grad_(False)
        parameter.grad = None


@answers.right
def all_but_the_head(network):
    """Freeze the rest by subtraction, with one hook for each direct part."""
    learns = {id(parameter) for parameter in network.fc.parameters()}
    rest = filter(lambda parameter: id(parameter) not in learns, network.parameters())
    for parameter in rest:
        del parameter.grad
        parameter.requires_grad_(False)
    parts = dict(network.named_children())
    parts.pop("fc")

    class Hold:
        def __call__(self, part, inputs):
            for module in part.modules():
                if module.training:
                    module.train(False)

    for part in parts.values():
        part.register_forward_pre_hook(Hold())
