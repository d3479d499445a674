"""More answers to 04.2 by someone who knew the exercise and not its check."""

import copy
from functools import partial

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.2", "check_freeze")


def _stop_weights(part):
    for parameter in part.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None


def _hold(part, inputs):
    part.eval()


# One hook on the network itself, which reaches all parts before they run.
@answers.right
def one_hook(network):
    def hold(whole, inputs):
        for name, part in whole.named_children():
            if name != "fc":
                part.eval()

    for name, parameter in network.named_parameters():
        if name.split(".")[0] != "fc":
            parameter.requires_grad, parameter.grad = False, None
    network.register_forward_pre_hook(hold)


# Hooks on the smallest modules, by partial, with keyword arguments.
def _quiet(module, args, kwargs, mode):
    module.training = mode


@answers.right
def each_leaf(network):
    head = set(network.fc.modules())
    for module in network.modules():
        if module not in head and module is not network:
            module.register_forward_pre_hook(partial(_quiet, mode=False), with_kwargs=True)
    for parameter in set(network.parameters()) - set(network.fc.parameters()):
        parameter.requires_grad_(False)
        parameter.grad = None


# A class with __call__ as hook; the parts go to evaluation mode at once, too.
class _Keeper:
    def __call__(self, part, inputs):
        part.train(False)


@answers.right
def by_keeper(network):
    keeper = _Keeper()
    for name in [name for name, _ in network.named_children() if name != "fc"]:
        part = network.get_submodule(name)
        keeper(part, ())
        part.register_forward_pre_hook(keeper)
        part.requires_grad_(False)
        part.zero_grad(set_to_none=True)


@answers.wrong(
    "undone-by-train", "evaluation mode once: the loop's next network.train() takes it back, running statistics move"
)
def eval_once(network):
    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            part.eval()


@answers.wrong("stale-gradients", "gradients that are left stay: the optimizer's next step moves the weights")
def gradients_stay(network):
    for name, part in network.named_children():
        if name != "fc":
            part.requires_grad_(False)
            part.register_forward_pre_hook(_hold)


@answers.wrong(
    "stale-gradients", "gradients are set to zero, not None: momentum and weight decay still move the weights"
)
def gradients_zero(network):
    for name, part in network.named_children():
        if name != "fc":
            part.zero_grad(set_to_none=False)
            part.requires_grad_(False)
            part.register_forward_pre_hook(_hold)


@answers.wrong(
    "stale-gradients", "only gradients of weights that still ask for one are removed, after none does: all stay"
)
def removes_too_late(network):
    for name, part in network.named_children():
        if name != "fc":
            part.requires_grad_(False)
            for parameter in part.parameters():
                if parameter.requires_grad:
                    parameter.grad = None
            part.register_forward_pre_hook(_hold)


@answers.wrong("dropout", "batch norm alone is held: dropout goes on dropping in training mode")
def norms_only(network):
    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            for module in part.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.register_forward_pre_hook(_hold)


@answers.wrong(
    "running-statistics",
    "the batch norm of the stem alone is held: those within the blocks are no children of the network",
)
def stem_only(network):
    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            if isinstance(part, nn.BatchNorm2d):
                part.register_forward_pre_hook(_hold)


@answers.wrong(
    "still-counts", "momentum 0 in batch norm: the counter goes on, and training mode still normalises by the batch"
)
def momentum_zero(network):
    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            for module in part.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.momentum = 0.0
                elif isinstance(module, nn.Dropout):
                    module.p = 0.0


@answers.wrong("replaced", "running statistics are thrown away: their names are missing in the state dict")
def no_statistics(network):
    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            for module in part.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.track_running_stats = False
                    module.running_mean = module.running_var = module.num_batches_tracked = None


@answers.wrong("head-frozen", "the head is frozen, too")
def everything(network):
    for part in network.children():
        _stop_weights(part)
        part.register_forward_pre_hook(_hold)


@answers.wrong("still-trains", "only layer1 to layer4 are frozen: the stem's convolution and norm train on")
def without_stem(network):
    for name, part in network.named_children():
        if name.startswith("layer"):
            _stop_weights(part)
            part.register_forward_pre_hook(_hold)


@answers.wrong(
    "running-statistics",
    "the hook removes itself after the first pass: from the second network.train() on statistics move",
)
def first_pass_only(network):
    def once(part):
        def hold(part, inputs):
            part.eval()
            handle.remove()

        handle = part.register_forward_pre_hook(hold)

    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            once(part)


@answers.wrong(
    "replaced", "parts are replaced by frozen copies: an optimizer and a checkpoint that know the old ones lose them"
)
def copies(network):
    for name, part in list(network.named_children()):
        if name != "fc":
            part = copy.deepcopy(part)
            _stop_weights(part)
            part.register_forward_pre_hook(_hold)
            setattr(network, name, part)


@answers.wrong("raises", "every pass runs under no_grad: the head gets no gradient either")
def without_gradients(network):
    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            part.register_forward_pre_hook(_hold)
    network.forward = torch.no_grad()(network.forward)


@answers.wrong("raises", "the pre-hook returns the part, which takes the place of the input: the next pass crashes")
def hook_returns(network):
    for name, part in network.named_children():
        if name != "fc":
            _stop_weights(part)
            part.register_forward_pre_hook(lambda part, inputs: part.eval())
