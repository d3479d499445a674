"""Answers to 04.2 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs import freeze

answers = Answers("04.2", "check_freeze")


def hold(part, inputs):
    part.eval()


def good(network):
    for name, child in network.named_children():
        if name != "fc":
            for parameter in child.parameters():
                parameter.requires_grad_(False)
                parameter.grad = None
            child.register_forward_pre_hook(hold)


@answers.wrong(
    "still-trains", "only the names of a torchvision ResNet are frozen: another part (dropout, a projection) trains"
)
def by_names(network):
    for name in ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4"):
        child = getattr(network, name, None)
        if child is not None:
            for parameter in child.parameters():
                parameter.requires_grad_(False)
                parameter.grad = None
            child.register_forward_pre_hook(hold)


@answers.wrong("still-trains", "four stages at most")
def four_stages(network):
    good_children = [(n, c) for n, c in network.named_children() if n != "fc"][:6]
    for _, child in good_children:
        for parameter in child.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        child.register_forward_pre_hook(hold)


@answers.wrong("3: parameters that lie in the network itself, not in a child, go on training")
def children_only(network):
    good(network)


answers.wrongs.pop()  # the lab's own solution does the same: left out


# Passes, for good or bad: one convolution deep in a block goes on training
def fc_in_name(network):
    good(network)
    for name, parameter in network.named_parameters():
        if "1.0.conv1" in name:
            parameter.requires_grad_(True)


@answers.wrong("head-frozen", "the head is frozen too")
def freezes_head(network):
    good(network)
    network.fc.requires_grad_(False)


@answers.wrong("stale-gradients", "gradients are set to zero in place of None")
def zero_gradients(network):
    good(network)
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.grad = torch.zeros_like(parameter)


@answers.wrong("hooks-cleared", "hooks of others are cleared")
def clears_all_hooks(network):
    for layer in network.modules():
        layer._forward_pre_hooks.clear()
        layer._forward_hooks.clear()
    good(network)


@answers.wrong("head-mode", "the head is held in evaluation mode (doubtful while the head is a plain linear layer)")
def holds_head(network):
    good(network)
    network.fc.register_forward_pre_hook(hold)


@answers.wrong("head-changed", "the head's weights are drawn anew")
def resets_head(network):
    good(network)
    network.fc.reset_parameters()


@answers.wrong("leaves-behind", "grad mode is switched off for good")
def grad_off(network):
    good(network)
    torch.set_grad_enabled(False)


@answers.wrong(
    "head-mode",
    "network.train is replaced so that the head no longer gets into training mode (doubtful while the head is a plain linear layer)",
)
def no_train(network):
    good(network)
    network.eval()
    network.train = lambda mode=True: network


@answers.wrong(
    "running-statistics", "momentum 0 of the norms holds the mean, but not the count, and normalizes by the batch"
)
def momentum_zero(network):
    for name, child in network.named_children():
        if name != "fc":
            for parameter in child.parameters():
                parameter.requires_grad_(False)
                parameter.grad = None
            for layer in child.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.momentum = 0.0
                if isinstance(layer, nn.Dropout):
                    layer.p = 0.0


@answers.wrong("undone-by-train", "norms are put into evaluation mode once")
def eval_once(network):
    for name, child in network.named_children():
        if name != "fc":
            for parameter in child.parameters():
                parameter.requires_grad_(False)
                parameter.grad = None
            child.eval()


@answers.wrong("dropout", "only batch norm is held, dropout drops")
def norms_only(network):
    for name, child in network.named_children():
        if name != "fc":
            for parameter in child.parameters():
                parameter.requires_grad_(False)
                parameter.grad = None
    for layer in network.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.register_forward_pre_hook(hold)


@answers.wrong(
    "head-mode",
    "a hook on the network puts the head into evaluation mode too (doubtful while the head is a plain linear layer)",
)
def whole_eval(network):
    good(network)
    network.register_forward_pre_hook(lambda part, inputs: part.eval() and None)


@answers.wrong("replaced", "parameters are detached copies: the optimizer's old ones are no longer in the network")
def replaced(network):
    good(network)
    for layer in network.children():
        if layer is network.fc:
            continue
        for part in layer.modules():
            for name, parameter in list(part.named_parameters(recurse=False)):
                part.register_parameter(name, nn.Parameter(parameter.detach().clone(), requires_grad=False))


@answers.wrong("raises", "the hook returns what eval gives")
def returns_part(network):
    good(network)
    network.layer1.register_forward_pre_hook(lambda part, inputs: part.eval())


@answers.wrong("still-trains", "weights only, biases and norms train")
def weights_only(network):
    for name, child in network.named_children():
        if name != "fc":
            for layer in child.modules():
                if isinstance(layer, nn.Conv2d):
                    layer.weight.requires_grad_(False)
                    layer.weight.grad = None
            child.register_forward_pre_hook(hold)


@answers.wrong("stale-gradients", "stale gradients stay")
def stale(network):
    for name, child in network.named_children():
        if name != "fc":
            child.requires_grad_(False)
            child.register_forward_pre_hook(hold)


@answers.wrong("7: the library's function is handed in (passing is fine if the check says so)")
def library(network):
    freeze.linear_probe_(network)


answers.wrongs.pop()
answers.wrong("library", "the library's own linear_probe_ is handed in (passing is fine if the check says so)")(
    freeze.linear_probe_
)


@answers.right
def library_parts(network):
    """The library's freeze_ on every child."""
    for name, child in network.named_children():
        if name != "fc":
            freeze.freeze_(child)


@answers.right
def leaves(network):
    """A hook on every leaf, grads cleared by zero_grad."""
    head = set(network.fc.modules())
    for layer in network.modules():
        if layer in head or layer is network:
            continue
        layer.requires_grad_(False)
        layer.zero_grad(set_to_none=True)
        layer.register_forward_pre_hook(lambda part, inputs: (part.train(False), None)[1])


@answers.right
def own_train(network):
    """train() of every part is replaced by one that stays in evaluation mode."""
    for child in (c for n, c in network.named_children() if n != "fc"):
        for part in child.modules():
            part.eval()
            part.train = lambda mode=True, part=part: part
        for parameter in child.parameters():
            parameter.requires_grad, parameter.grad = False, None


@answers.right
def one_hook(network):
    """One hook on the network, for all parts but the head."""
    frozen = [child for name, child in network.named_children() if name not in {"fc"}]

    def settle(module, inputs):
        for part in frozen:
            part.eval()

    network.register_forward_pre_hook(settle)
    kept = {id(p) for p in network.fc.parameters()}
    for parameter in network.parameters():
        if id(parameter) not in kept:
            parameter.requires_grad_(False).grad = None
