"""Answers to 04.1 by someone who looked for what its check may not ask."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.1", "check_new_head")


# Right: the layer is made without memory, then gets memory on the old head's device and torch's own first weights;
# in_features comes from the weight's shape. One Adam group with both parameters, and nothing else is touched.
@answers.right
def by_way_of_meta(network, num_classes, learning_rate):
    old = network.get_parameter("fc.weight")
    head = nn.Linear(old.shape[1], num_classes, device="meta", dtype=old.dtype)
    head.to_empty(device=old.device).reset_parameters()
    network.add_module("fc", head)  # an existing name is replaced in its place
    return torch.optim.Adam([{"params": [head.weight, head.bias], "lr": learning_rate}])


# Right: a subclass of Adam is an Adam, its groups are the plain ones; it makes the head itself.
@answers.right
def adam_that_brings_its_head(network, num_classes, learning_rate):
    class HeadAdam(torch.optim.Adam):
        def __init__(self, owner):
            old = owner._modules["fc"]
            owner._modules["fc"] = nn.Linear(old.in_features, num_classes, True, old.weight.device, old.weight.dtype)
            super().__init__(owner._modules["fc"].parameters(), learning_rate)

    return HeadAdam(network)


# Right: the default device holds for the one line only, and is given back by the context.
@answers.right
def device_by_context(network, num_classes, learning_rate):
    features = network.fc.in_features
    with network.fc.weight.device:
        network.fc = nn.Linear(features, num_classes)
    moves = [weight for name, weight in network.named_parameters() if name in ("fc.weight", "fc.bias")]
    return torch.optim.Adam(moves, lr=learning_rate)


@answers.wrong("part-of-head", "the optimizer holds the weight and not the bias, which never learns")
def weight_only(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    return torch.optim.Adam([network.fc.weight], lr=learning_rate)


@answers.wrong("not-adam", "AdamW (in new torch a subclass of Adam) decays the weights by 0.01, Adam does not")
def with_decay(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    return torch.optim.AdamW(network.fc.parameters(), lr=learning_rate)


_heads = {}


@answers.wrong(
    "shared-head", "keeps the head of an earlier call: a second network of the same width shares it, already trained"
)
def remembered_head(network, num_classes, learning_rate):
    weight = network.fc.weight
    key = (network.fc.in_features, num_classes, str(weight.device))
    if key not in _heads:
        _heads[key] = nn.Linear(network.fc.in_features, num_classes, device=weight.device)
    network.fc = _heads[key]
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "head-frozen", "takes over requires_grad from the old head: in a frozen network the new head does not learn"
)
def inherits_the_freeze(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    network.fc.requires_grad_(old.weight.requires_grad)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "leaves-behind",
    "sets the global seed: every head begins with the same weights, and the caller's random state is lost",
)
def seeds_the_world(network, num_classes, learning_rate):
    torch.manual_seed(0)
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("raises", "knows only the usual widths, 512 and 2,048, and not that of the old head")
def usual_widths(network, num_classes, learning_rate):
    deep = any(name.endswith("conv3") for name, _ in network.named_modules())
    network.fc = nn.Linear(2048 if deep else 512, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("learning-rate", "a learning rate of 0 becomes Adam's default of 1e-3")
def rate_or_default(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate or 1e-3)


@answers.wrong("touched-modes", "puts the whole network into evaluation mode")
def leaves_it_in_eval(network, num_classes, learning_rate):
    network.eval()
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("touched-requires-grad", "thaws everything: layers that were frozen before learn again")
def thaws_the_rest(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    network.requires_grad_(True)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("num-classes", "one class gets two outputs")
def at_least_two(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, max(2, num_classes), device=old.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("device", "guesses the device from the machine, not from the network")
def device_of_the_machine(network, num_classes, learning_rate):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "all-parameters",
    "the backbone is in a second group at rate 0: not over the head alone, a schedule that sets rates moves it",
)
def second_group_at_rest(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    rest = [weight for name, weight in network.named_parameters() if not name.startswith("fc.")]
    groups = [{"params": list(network.fc.parameters())}, {"params": rest, "lr": 0.0}]
    return torch.optim.Adam(groups, lr=learning_rate)


@answers.wrong(
    "touched-hooks", "throws away the hooks of the other layers (such as the one that normalises the images)"
)
def fresh_hooks(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    for part in network.modules():
        part._forward_hooks.clear()
        part._forward_pre_hooks.clear()
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "touched-parts",
    "replaces the other layers by copies: an optimizer or a variable that knows the old ones has lost them",
)
def copies_the_rest(network, num_classes, learning_rate):
    old = network.fc
    for name, part in list(network.named_children()):
        setattr(network, name, copy.deepcopy(part))
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
