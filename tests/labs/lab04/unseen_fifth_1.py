"""Answers to 04.1 by students who know its text alone."""

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.1", "check_new_head")


# --- wrong: common mistakes -------------------------------------------------------------


@answers.wrong(
    "num-classes", "only the label out_features is changed, the weights stay those of the old classes; any network"
)
def only_the_label(network, num_classes, learning_rate):
    network.fc.out_features = num_classes
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("old-head", "the optimizer is made before the new layer and moves the old head; any network")
def optimizer_too_early(network, num_classes, learning_rate):
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=network.fc.weight.device)
    return optimizer


@answers.wrong("all-parameters", "the optimizer holds all parameters, not the new layer's only; any network")
def moves_everything(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.parameters(), lr=learning_rate)


@answers.wrong("not-linear", "a softmax follows the linear layer, so the outputs are no logits; any input")
def softmax_head(network, num_classes, learning_rate):
    device = network.fc.weight.device

    class Probabilities(nn.Linear):
        def forward(self, inputs):
            return super().forward(inputs).softmax(dim=1)

    network.fc = Probabilities(network.fc.in_features, num_classes, device=device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


# --- wrong: right on the visible example ------------------------------------------------


@answers.wrong("raises", "512 features are taken for granted; a network with another number, such as a ResNet-50")
def always_512(network, num_classes, learning_rate):
    network.fc = nn.Linear(512, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("num-classes", "num_classes is never read, there are always five flowers; num_classes other than 5")
def always_five(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, 5, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("learning-rate", "learning_rate is never read, Adam's own 1e-3 is used; any other rate")
def default_rate(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters())


@answers.wrong(
    "head-frozen",
    "the new layer inherits requires_grad of the old one; a network whose old head was frozen: nothing moves",
)
def inherits_the_freeze(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    network.fc.weight.requires_grad = old.weight.requires_grad
    network.fc.bias.requires_grad = old.weight.requires_grad
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


# --- wrong: a broken promise ------------------------------------------------------------


@answers.wrong("device", "the new layer is always on the CPU; a network on another device")
def always_on_the_cpu(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("not-adam", "torch.optim.AdamW decays the weights, which Adam does not; every step")
def adam_with_decay(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=network.fc.weight.device)
    return torch.optim.AdamW(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "weights-lost",
    "the number of features is measured by a pass in whatever mode the network has, which moves running statistics; a network in training mode",
)
def measures_by_a_pass(network, num_classes, learning_rate):
    device, seen = network.fc.weight.device, []
    handle = network.fc.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape[1]))
    with torch.no_grad():
        network(torch.zeros(2, 3, 32, 32, device=device))
    handle.remove()
    network.fc = nn.Linear(seen[0], num_classes, device=device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong(
    "touched-requires-grad",
    "all other layers are switched off from learning on the way; any network whose layers learn",
)
def freezes_the_rest(network, num_classes, learning_rate):
    device = network.fc.weight.device
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


# --- right ------------------------------------------------------------------------------


@answers.right
def under_a_device_context(network, num_classes, learning_rate):
    features, place = network.fc.in_features, network.fc.weight.device
    with torch.device(place):
        network.fc = nn.Linear(out_features=num_classes, in_features=features)
    group = {"params": [network.fc.weight, network.fc.bias], "lr": learning_rate}
    return torch.optim.Adam([group])


class FlowerHead(nn.Linear):
    """A linear layer that is made to follow another one."""

    @classmethod
    def after(cls, old, num_classes):
        return cls(old.weight.shape[1], num_classes).to(old.weight.device)


@answers.right
def by_a_class(network, num_classes, learning_rate):
    head = FlowerHead.after(network.get_submodule("fc"), num_classes)
    network.register_module("fc", head)
    return torch.optim.Adam(list(head.parameters()), learning_rate)


@answers.right
def bare_weights(network, num_classes, learning_rate):
    old = network._modules["fc"]
    new = nn.utils.skip_init(nn.Linear, old.in_features, num_classes, device=old.weight.device)
    bound = old.in_features**-0.5
    for tensor in (new.weight, new.bias):
        nn.init.uniform_(tensor, -bound, bound)
    network.fc = new
    return torch.optim.Adam((parameter for _, parameter in new.named_parameters()), lr=learning_rate)
