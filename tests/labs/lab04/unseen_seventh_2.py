"""Answers to 04.2 by students who know its text alone."""

import copy
from functools import partial

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.2", "check_freeze")


def parts_of(network):
    return [part for name, part in network.named_children() if name != "fc"]


def stop_weights(part):
    for parameter in part.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None


def to_eval(part, inputs):
    part.eval()


@answers.wrong("?", "evaluation mode once, at the call: the loop's network.train() takes it back")
def eval_once(network):
    for part in parts_of(network):
        stop_weights(part)
        part.eval()


@answers.wrong("?", "leaves old gradients: momentum and weight decay still move the weights")
def gradients_left(network):
    for part in parts_of(network):
        part.requires_grad_(False)
        part.register_forward_pre_hook(to_eval)


@answers.wrong("?", "sets old gradients to zero and not to None: weight decay and momentum still move the weights")
def gradients_zero(network):
    for part in parts_of(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            if parameter.grad is not None:
                parameter.grad.zero_()
        part.register_forward_pre_hook(to_eval)


@answers.wrong("?", "the hook returns part.eval(), that is the part, which takes the place of the input")
def hook_returns(network):
    for part in parts_of(network):
        stop_weights(part)
        part.register_forward_pre_hook(lambda part, inputs: part.eval())


@answers.wrong("?", "runs the whole network under no_grad: the head gets no gradient and cannot train")
def without_gradients(network):
    for part in parts_of(network):
        stop_weights(part)
        part.register_forward_pre_hook(to_eval)
    network.forward = torch.no_grad()(network.forward)


@answers.wrong("?", "holds batch norm only: dropout in the backbone still drops")
def batch_norm_only(network):
    for part in parts_of(network):
        stop_weights(part)
        for layer in part.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.register_forward_pre_hook(to_eval)


@answers.wrong("?", "a fixed list of names: any other part, such as one called dropout or neck, is not frozen")
def fixed_names(network):
    for name in ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4"):
        part = getattr(network, name, None)
        if part is not None:
            stop_weights(part)
            part.register_forward_pre_hook(to_eval)


@answers.wrong(
    "?", "the hook sets `training` on the direct part only, not on the layers inside it: their statistics move"
)
def flag_of_the_part(network):
    def hook(part, inputs):
        part.training = False

    for part in parts_of(network):
        stop_weights(part)
        part.register_forward_pre_hook(hook)


@answers.wrong(
    "?", "leaves out every name that has `fc` in it, such as fc1 and fc2 of a squeeze-and-excitation inside a block"
)
def fc_in_the_name(network):
    for name, parameter in network.named_parameters():
        if "fc" not in name:
            parameter.requires_grad_(False)
            parameter.grad = None
    for name, part in network.named_children():
        if "fc" not in name:
            part.register_forward_pre_hook(to_eval)


@answers.wrong("?", "wraps every part in a Sequential, which changes the names in the state dict")
def wrapped(network):
    for name, part in list(network.named_children()):
        if name != "fc":
            stop_weights(part)
            box = nn.Sequential(part)
            box.register_forward_pre_hook(to_eval)
            setattr(network, name, box)


@answers.wrong("?", "batch norm's momentum to 0 instead of its mode: num_batches_tracked still counts, dropout drops")
def momentum_zero(network):
    for part in parts_of(network):
        stop_weights(part)
        for layer in part.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.momentum = 0.0


@answers.wrong("?", "the hook removes itself after the first pass: from the second epoch on all is in training mode")
def first_pass_only(network):
    for part in parts_of(network):
        stop_weights(part)
        handles = []

        def hook(part, inputs, handles=handles):
            part.eval()
            handles.pop().remove()

        handles.append(part.register_forward_pre_hook(hook))


@answers.wrong("?", "holds only what is in training mode at the call: a network frozen in evaluation mode moves later")
def if_training_now(network):
    for part in parts_of(network):
        stop_weights(part)
        if any(layer.training for layer in part.modules()):
            part.register_forward_pre_hook(to_eval)


@answers.wrong("?", "freezes and returns a deep copy; the network itself is not changed")
def on_a_copy(network):
    network = copy.deepcopy(network)
    for part in parts_of(network):
        stop_weights(part)
        part.register_forward_pre_hook(to_eval)
    return network


@answers.right
def every_module(network):
    def hold(module, inputs):
        if module.training:
            module.eval()

    for name, child in network.named_children():
        if name == "fc":
            continue
        for module in child.modules():
            module.register_forward_pre_hook(hold)
            module.eval()
        for parameter in child.parameters():
            parameter.requires_grad = False
            parameter.grad = None


@answers.right
def with_a_partial(network):
    def hook(mode, module, inputs):
        module.train(mode)

    head = {id(p) for p in network.fc.parameters()}
    for parameter in network.parameters():
        if id(parameter) not in head:
            parameter.requires_grad_(False).grad = None
    for name, module in network.named_modules():
        if name and name.split(".")[0] != "fc":
            module.register_forward_pre_hook(partial(hook, False))


@answers.right
def by_recursion(network):
    class Hold:
        def __call__(self, module, args, kwargs):
            module.eval()
            return

    def freeze(module):
        for parameter in module._parameters.values():
            if parameter is not None:
                parameter.grad = None
                parameter.requires_grad_(False)
        module.register_forward_pre_hook(Hold(), with_kwargs=True, prepend=True)
        for inner in module.children():
            freeze(inner)

    for name in dict(network.named_children()):
        if name != "fc":
            freeze(getattr(network, name))


@answers.right
def from_the_top_too(network):
    def hold_all(whole, inputs):
        for name, part in whole.named_children():
            if name != "fc":
                part.eval()

    def hold(part, inputs):
        part.eval()

    network.register_forward_pre_hook(hold_all)
    for name, part in network.named_children():
        if name != "fc":
            part.register_forward_pre_hook(hold)
            part.zero_grad(set_to_none=True)
            part.requires_grad_(False)


@answers.right
def with_apply(network):
    def hold(module, inputs):
        module.train(False)

    def stop(module):
        module.register_forward_pre_hook(hold)
        for parameter in module.parameters(recurse=False):
            parameter.grad = None
            parameter.requires_grad_(False)

    [child.apply(stop) for name, child in network._modules.items() if child is not None and name != "fc"]


@answers.right
def by_names(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.requires_grad_(False)
            if parameter.grad is not None:
                parameter.grad = None

    def quiet(module, inputs):
        for inner in module.modules():
            inner.training = False

    for name, module in network.named_modules():
        if name != "" and name != "fc" and not name.startswith("fc."):
            module.register_forward_pre_hook(quiet)
