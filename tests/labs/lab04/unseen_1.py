"""Answers to 04.1 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.1", "check_new_head")


def put(network, num_classes, **kinds):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device, dtype=old.weight.dtype, **kinds)
    return network.fc


@answers.wrong("device", "the new head is made on the CPU")
def on_cpu(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("device", "the device of the machine, not of the network")
def machine_device(network, num_classes, learning_rate):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.fc = nn.Linear(network.fc.in_features, num_classes).to(device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("raises", "512 features in, for any ResNet")
def features_512(network, num_classes, learning_rate):
    network.fc = nn.Linear(512, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("raises", "2048 where a bottleneck is in, else 512: not for narrow networks")
def features_512_2048(network, num_classes, learning_rate):
    width = 2048 if hasattr(network.layer1[0], "conv3") else 512
    network.fc = nn.Linear(width, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("num-classes", "five classes")
def five(network, num_classes, learning_rate):
    return torch.optim.Adam(put(network, 5).parameters(), lr=learning_rate)


@answers.wrong("learning-rate", "Adam's own rate of 0.001, the argument is not read")
def default_rate(network, num_classes, learning_rate):
    return torch.optim.Adam(put(network, num_classes).parameters())


@answers.wrong("part-of-head", "only the weight, not the bias, is given to the optimizer")
def weight_only(network, num_classes, learning_rate):
    return torch.optim.Adam([put(network, num_classes).weight], lr=learning_rate)


# Passes, for good or bad: a float64 network gets a float32 head
def float32(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


# Passes, for good or bad: the backbone is frozen, which the exercise does not ask for
def freezes(network, num_classes, learning_rate):
    network.requires_grad_(False)
    return torch.optim.Adam(put(network, num_classes).parameters(), lr=learning_rate)


@answers.wrong("touched-modes", "the network is left in evaluation mode")
def evaluates(network, num_classes, learning_rate):
    network.eval()
    return torch.optim.Adam(put(network, num_classes).parameters(), lr=learning_rate)


@answers.wrong("touched-parts", "pooling is taken away")
def no_pooling(network, num_classes, learning_rate):
    network.maxpool = nn.Identity()
    return torch.optim.Adam(put(network, num_classes).parameters(), lr=learning_rate)


# Passes, for good or bad: hooks of others are cleared
def clears_hooks(network, num_classes, learning_rate):
    network._forward_pre_hooks.clear()
    return torch.optim.Adam(put(network, num_classes).parameters(), lr=learning_rate)


@answers.wrong("weights-lost", "the running statistics are reset")
def resets(network, num_classes, learning_rate):
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    return torch.optim.Adam(put(network, num_classes).parameters(), lr=learning_rate)


@answers.wrong("leaves-behind", "seeds the generator")
def seeds(network, num_classes, learning_rate):
    torch.manual_seed(0)
    return torch.optim.Adam(put(network, num_classes).parameters(), lr=learning_rate)


@answers.wrong("settings", "weight decay was not asked for")
def decay(network, num_classes, learning_rate):
    return torch.optim.Adam(put(network, num_classes).parameters(), lr=learning_rate, weight_decay=0.01)


@answers.wrong("not-adam", "AdamW")
def adamw(network, num_classes, learning_rate):
    return torch.optim.AdamW(put(network, num_classes).parameters(), lr=learning_rate)


@answers.wrong("old-head", "the optimizer holds the old head")
def old_head(network, num_classes, learning_rate):
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
    put(network, num_classes)
    return optimizer


@answers.wrong("num-classes", "out_features is relabelled")
def relabelled(network, num_classes, learning_rate):
    network.fc.out_features = num_classes
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("head-parameters", "a hidden layer in the head")
def hidden(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Sequential(nn.Linear(old.in_features, 64), nn.ReLU(), nn.Linear(64, num_classes)).to(
        old.weight.device
    )
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.right
def groups(network, num_classes, learning_rate):
    """Weight and bias in two groups, made with `to`."""
    head = nn.Linear(network.fc.in_features, num_classes).to(network.fc.weight)
    network.fc = head
    return torch.optim.Adam([{"params": [head.weight]}, {"params": [head.bias]}], lr=learning_rate)


@answers.right
def by_shape(network, num_classes, learning_rate):
    """The number of features from the weight's shape; weights begin at zero."""
    old = network.fc.weight
    head = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    network.fc = head
    return torch.optim.Adam(head.parameters(), learning_rate)


@answers.right
def under_device(network, num_classes, learning_rate):
    """torch.device as a context."""
    with torch.device(network.fc.weight.device):
        network.fc = nn.Linear(network.fc.in_features, num_classes)
    network.fc.to(next(network.parameters()).dtype)
    return torch.optim.Adam([*network.fc.parameters()], lr=learning_rate, foreach=False)


@answers.right
def new_empty(network, num_classes, learning_rate):
    """A subclass of nn.Linear made from the old one's tensors."""
    old = network.fc
    head = nn.Linear(1, 1)
    head.in_features, head.out_features = old.in_features, num_classes
    head.weight = nn.Parameter(old.weight.detach().new_empty(num_classes, old.in_features))
    head.bias = nn.Parameter(old.weight.detach().new_zeros(num_classes))
    nn.init.xavier_uniform_(head.weight)
    network.fc = head
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
