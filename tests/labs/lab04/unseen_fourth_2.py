"""Answers to 04.2 by students who know its text alone."""

import copy
from functools import partial

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.2", "check_freeze")


def body(network):
    return [part for name, part in network.named_children() if name != "fc"]


def stop_weights(network):
    for part in body(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None


def stay_in_eval(part, inputs):
    part.eval()


# Right: no hook; every part answers train() by staying in evaluation mode.
@answers.right
def deaf_to_train(network):
    head = set(map(id, network.fc.parameters()))
    for parameter in network.parameters():
        if id(parameter) not in head:
            parameter.requires_grad, parameter.grad = False, None
    for part in body(network):
        for module in part.modules():
            module.training = False
            module.train = partial(lambda module, mode=True: module, module)


# Right: one hook on the whole network, an object, which puts all parts but the head into evaluation mode.
class Guard:
    def __call__(self, network, inputs):
        for part in body(network):
            for module in part.modules():
                module.training = False


@answers.right
def guarded(network):
    for name, parameter in network.named_parameters():
        if name.split(".")[0] != "fc":
            parameter.requires_grad_(False)
            parameter.grad = None
    network.register_forward_pre_hook(Guard())


# Right: a hook on every module of the body, a lambda that returns None; requires_grad_ and zero_grad of the modules.
@answers.right
def lambdas(network):
    for part in body(network):
        part.requires_grad_(False).zero_grad(set_to_none=True)
        for parameter in part.parameters():
            parameter.grad = None
        for module in part.modules():
            module.register_forward_pre_hook(lambda module, _: (module.eval(), None)[1])


@answers.wrong(
    "undone-by-train",
    "eval() once, without a hook: the loop's next network.train() takes it back, running statistics move",
)
def eval_once(network):
    stop_weights(network)
    for part in body(network):
        part.eval()


@answers.wrong(
    "stale-gradients",
    "left-over gradients are set to zero, not to None: momentum and weight decay still move the weights",
)
def zeros_left(network):
    for part in body(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            if parameter.grad is not None:
                parameter.grad.zero_()
        part.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "stale-gradients", "left-over gradients stay: the next step of an optimizer over all parameters moves the weights"
)
def gradients_left(network):
    for part in body(network):
        part.requires_grad_(False)
        part.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "raises",
    "the hook is a lambda that returns part.eval(), the part: it takes the place of the input, the next pass crashes",
)
def returns_the_part(network):
    stop_weights(network)
    for part in body(network):
        part.register_forward_pre_hook(lambda part, inputs: part.eval())


@answers.wrong("head-frozen", "the head is frozen as well: network.fc.weight has requires_grad False, nothing trains")
def head_too(network):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    for part in body(network):
        part.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "dropout", "only batch norms are kept in evaluation mode: dropout before the head still drops in training mode"
)
def batch_norm_only(network):
    stop_weights(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "still-counts",
    "batch norm's momentum is set to 0: the means stay, but num_batches_tracked counts on, and dropout drops",
)
def zero_momentum(network):
    stop_weights(network)
    for part in body(network):
        for module in part.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.0


@answers.wrong("raises", "the whole pass runs under no_grad: the head gets no gradient, backward() raises")
def without_gradients(network):
    stop_weights(network)
    for part in body(network):
        part.register_forward_pre_hook(stay_in_eval)
    network.forward = torch.no_grad()(network.forward)


@answers.wrong("still-trains", "a copy is frozen: the network that was given trains as before")
def on_a_copy(network):
    network = copy.deepcopy(network)
    stop_weights(network)
    for part in body(network):
        part.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "running-statistics",
    "the hook takes itself off after the first pass: the second epoch's train() sets the statistics moving",
)
def first_pass_only(network):
    stop_weights(network)
    for part in body(network):

        def hook(part, inputs, handles):
            part.eval()
            handles.pop().remove()

        handles = []
        handles.append(part.register_forward_pre_hook(partial(hook, handles=handles)))


@answers.wrong("still-trains", "only layer1 to layer4 are frozen: the stem, conv1 and bn1, trains on")
def stem_forgotten(network):
    for name, part in network.named_children():
        if name.startswith("layer"):
            for parameter in part.parameters():
                parameter.requires_grad_(False)
                parameter.grad = None
            part.register_forward_pre_hook(stay_in_eval)


@answers.wrong(
    "running-statistics",
    "hooks on batch norms and dropouts that are direct children only: those inside the blocks follow train()",
)
def not_nested(network):
    stop_weights(network)
    for part in network.children():
        if isinstance(part, (nn.BatchNorm2d, nn.Dropout)):
            part.register_forward_pre_hook(stay_in_eval)
