"""Answers to 04.2 by students who know its text alone."""

import copy
from functools import partial

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.2", "check_freeze")


def _parts(network):
    return [part for name, part in network.named_children() if name != "fc"]


def _keep_still(part, inputs):
    part.eval()


def _stop_weights(part):
    for parameter in part.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None


# Wrong answers.


@answers.wrong("?", "requires_grad and gradients only: running statistics and dropout go on")
def weights_only(network):
    for part in _parts(network):
        _stop_weights(part)


@answers.wrong("?", "eval() once: the loop's train() takes it back")
def evaluated_once(network):
    for part in _parts(network):
        _stop_weights(part)
        part.eval()


@answers.wrong("?", "the hook returns the part, which takes the place of the input: an error in the first pass")
def hook_returns_the_part(network):
    for part in _parts(network):
        _stop_weights(part)
        part.register_forward_pre_hook(lambda part, inputs: part.eval())


@answers.wrong("?", "gradients of an earlier step are left; momentum and weight decay move the weights")
def old_gradients_left(network):
    for part in _parts(network):
        part.requires_grad_(False)
        part.register_forward_pre_hook(_keep_still)


@answers.wrong("?", "gradients of an earlier step are set to zero; momentum and weight decay still move the weights")
def zeros_for_gradients(network):
    for part in _parts(network):
        for parameter in part.parameters():
            parameter.requires_grad_(False)
            if parameter.grad is not None:
                parameter.grad.zero_()
        part.register_forward_pre_hook(_keep_still)


@answers.wrong("?", "a parameter that was frozen already is passed over, and its leftover gradient stays")
def already_frozen_passed_over(network):
    for part in _parts(network):
        for parameter in part.parameters():
            if parameter.requires_grad:
                parameter.grad = None
                parameter.requires_grad_(False)
        part.register_forward_pre_hook(_keep_still)


@answers.wrong("?", "only batch norm is kept in evaluation mode, dropout goes on")
def dropout_forgotten(network):
    for part in _parts(network):
        _stop_weights(part)
        for module in part.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.register_forward_pre_hook(_keep_still)


@answers.wrong(
    "?",
    "batch norm's momentum is 0 and dropout's share too; the counters of batches go on, and batches are normalised by their own statistics",
)
def momentum_zero(network):
    for part in _parts(network):
        _stop_weights(part)
        for module in part.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.momentum = 0.0
            if isinstance(module, nn.modules.dropout._DropoutNd):
                module.p = 0.0


@answers.wrong("?", "every name with fc in it is taken for the head; shows for a layer inside that is called fc1")
def any_fc_inside(network):
    for name, module in network.named_modules():
        if name and "fc" not in name:
            module.register_forward_pre_hook(_keep_still)
    for name, parameter in network.named_parameters():
        if "fc" not in name:
            parameter.requires_grad_(False)
            parameter.grad = None


@answers.wrong("?", "every part whose name begins with fc is taken for the head; shows for one called fc_norm")
def begins_with_fc(network):
    for name, part in network.named_children():
        if not name.startswith("fc"):
            _stop_weights(part)
            part.register_forward_pre_hook(_keep_still)


@answers.wrong("?", "the head is frozen too, nothing learns any more")
def head_frozen_too(network):
    for part in network.children():
        _stop_weights(part)
        part.register_forward_pre_hook(_keep_still)


@answers.wrong("?", "the whole network runs without gradients: the head has none")
def no_grad_around_all(network):
    for part in _parts(network):
        _stop_weights(part)
        part.register_forward_pre_hook(_keep_still)
    network.forward = torch.no_grad()(network.forward)


@answers.wrong("?", "one closure for all parts, which sees the last part of the loop only: the others are not stopped")
def late_binding(network):
    for name, part in network.named_children():
        if name == "fc":
            continue
        _stop_weights(part)
        still = part

        def keep(module, inputs):
            still.eval()

        part.register_forward_pre_hook(keep)


@answers.wrong("?", "a hook after the pass: the first pass after each train() runs in training mode")
def hook_after_the_pass(network):
    def keep(part, inputs, outputs):
        part.eval()

    for part in _parts(network):
        _stop_weights(part)
        part.eval()
        part.register_forward_hook(keep)


@answers.wrong("?", "the hook takes itself away after its first pass: the second train() is not answered")
def hook_only_once(network):
    for part in _parts(network):
        _stop_weights(part)
        handles = []

        def keep(module, inputs, handles=handles):
            module.eval()
            handles.pop().remove()

        handles.append(part.register_forward_pre_hook(keep))


@answers.wrong("?", "only the layers 1 to 4 are frozen; the first convolution and its batch norm are forgotten")
def the_stem_forgotten(network):
    for name, part in network.named_children():
        if name.startswith("layer"):
            _stop_weights(part)
            part.register_forward_pre_hook(_keep_still)


@answers.wrong("?", "gradients are turned into zeros on their way, and weight decay moves the weights all the same")
def zero_gradients_arrive(network):
    for part in _parts(network):
        for parameter in part.parameters():
            parameter.grad = None
            if parameter.requires_grad:
                parameter.register_hook(torch.zeros_like)
        part.register_forward_pre_hook(_keep_still)


@answers.wrong("?", "a copy is frozen and returned, the network itself is not")
def frozen_copy(network):
    network = copy.deepcopy(network)
    for part in _parts(network):
        _stop_weights(part)
        part.register_forward_pre_hook(_keep_still)
    return network


@answers.wrong("?", "the backbone is wrapped into one part: the names in the state dict change")
def wrapped_into_another(network):
    for name, part in list(network.named_children()):
        if name != "fc":
            _stop_weights(part)
            wrapper = nn.Sequential(part)
            wrapper.register_forward_pre_hook(_keep_still)
            setattr(network, name, wrapper)


@answers.wrong(
    "?", "new parameters share the memory of the old ones, which the optimizer still moves by their leftover gradients"
)
def new_parameters_same_memory(network):
    for part in _parts(network):
        for module in part.modules():
            for name, parameter in list(module.named_parameters(recurse=False)):
                setattr(module, name, nn.Parameter(parameter.detach(), requires_grad=False))
        part.register_forward_pre_hook(_keep_still)


# Right answers.


@answers.right
def every_module_by_itself(network):
    """A hook on each module of the backbone, whichever of them is called."""
    head = set(network.fc.modules())
    for module in network.modules():
        if module in head or module is network:
            continue
        module.register_forward_pre_hook(_keep_still)
    learning = set(network.fc.parameters())
    for parameter in network.parameters():
        if parameter not in learning:
            parameter.requires_grad, parameter.grad = False, None


class _Still:
    """A hook as an object; it needs to know nothing of its part."""

    def __call__(self, part, inputs):
        for module in part.modules():
            module.training = False


@answers.right
def with_an_object(network):
    for name in network._modules:
        if name == "fc" or network._modules[name] is None:
            continue
        part = network.get_submodule(name).requires_grad_(False)
        part.zero_grad(set_to_none=True)
        for parameter in part.parameters():
            del parameter.grad
        part.register_forward_pre_hook(_Still(), prepend=True)
    for parameter in network.parameters(recurse=False):
        parameter.requires_grad_(False).grad = None


@answers.right
def recursively(network):
    def freeze(module):
        for parameter in module._parameters.values():
            if parameter is not None:
                parameter.grad = None
                parameter.requires_grad = False
        if module is not network:
            module.register_forward_pre_hook(lambda part, inputs: (part.train(False), None)[1])
        for child in module.children():
            if child is not network.fc:
                freeze(child)

    freeze(network)


def _mode(part, args, kwargs, *, training):
    part.train(training)
    return


@answers.right
def with_partial_and_keywords(network):
    children = dict(network.named_children())
    children.pop("fc")
    names = tuple(name + "." for name in children)
    for part in children.values():
        part.register_forward_pre_hook(partial(_mode, training=False), with_kwargs=True)
        part.eval()
    for name, parameter in network.named_parameters():
        if name.startswith(names) or "." not in name:
            parameter.requires_grad_(False)
            parameter.grad = None


@answers.right
def stopped_twice(network):
    """Both: a hook on the network that stops all parts, and one on each part."""

    def stop(module, inputs):
        for name, part in module.named_children():
            if name != "fc":
                part.eval()

    network.register_forward_pre_hook(stop)
    for name, part in network.named_children():
        if name != "fc":
            part.register_forward_pre_hook(_keep_still)
    head = {id(parameter) for parameter in network.fc.parameters()}
    for parameter in filter(lambda p: id(p) not in head, network.parameters()):
        parameter.requires_grad_(False)
        parameter.grad = None


@answers.right
def everything_and_back(network):
    """All stops, then the head is as it was."""
    was = [(parameter, parameter.requires_grad, parameter.grad) for parameter in network.fc.parameters()]
    network.requires_grad_(False)
    for parameter in network.parameters():
        parameter.grad = None
    for parameter, learns, gradient in was:
        parameter.requires_grad_(learns)
        parameter.grad = gradient
    for part in network.children():
        if part is not network.fc:
            part.apply(lambda module: module.register_forward_pre_hook(_keep_still) and None)
