"""Answers to 04.1 by students who know its text alone."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.1", "check_new_head")


@answers.wrong("?", "makes the new layer on the CPU, wherever the old head is")
def on_the_cpu(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes, device="cpu")
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "takes the number of features from conv2 of the last block: 512 in a ResNet-152, which has 2,048")
def from_conv2(network, num_classes, learning_rate):
    old = network.fc.weight
    features = [m for name, m in network.named_modules() if name.endswith("conv2")][-1].out_channels
    network.fc = nn.Linear(features, num_classes, device=old.device, dtype=old.dtype)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the optimizer moves the whole network, not the new layer alone")
def everything(network, num_classes, learning_rate):
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    return torch.optim.Adam(network.parameters(), lr=learning_rate)


@answers.wrong("?", "the optimizer is made before the change and holds the old head")
def old_head(network, num_classes, learning_rate):
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    return optimizer


@answers.wrong("?", "learning_rate is never read: Adam's default of 1e-3")
def default_rate(network, num_classes, learning_rate):
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    return torch.optim.Adam(network.fc.parameters())


@answers.wrong("?", "freezes all other layers, though whether they learn should stay as it is")
def freezes(network, num_classes, learning_rate):
    old = network.fc.weight
    network.requires_grad_(False)
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "calls network.train(): parts that were in evaluation mode do not stay so")
def to_train(network, num_classes, learning_rate):
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    network.train()
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the new layer has no bias: 2,560 parameters for the expected 2,565")
def no_bias(network, num_classes, learning_rate):
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, bias=False, device=old.device, dtype=old.dtype)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the optimizer gets the weight and not the bias of the new layer")
def weight_only(network, num_classes, learning_rate):
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    return torch.optim.Adam([network.fc.weight], lr=learning_rate)


@answers.wrong("?", "AdamW, with its weight decay of 0.01, for Adam")
def adamw(network, num_classes, learning_rate):
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    return torch.optim.AdamW(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "changes a deep copy; the network itself keeps its old head")
def on_a_copy(network, num_classes, learning_rate):
    network = copy.deepcopy(network)
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the new layer takes requires_grad from the old one: where that was frozen, nothing learns")
def like_the_old(network, num_classes, learning_rate):
    old = network.fc.weight
    layer = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    network.fc = layer.requires_grad_(old.requires_grad)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "a softmax after the linear layer, where the text wants a linear layer that gives logits")
def with_softmax(network, num_classes, learning_rate):
    old = network.fc.weight
    layer = nn.Linear(old.shape[1], num_classes, device=old.device, dtype=old.dtype)
    network.fc = nn.Sequential(layer, nn.Softmax(dim=1))
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "builds five outputs, as in the visible example, whatever num_classes is")
def always_five(network, num_classes, learning_rate):
    old = network.fc.weight
    network.fc = nn.Linear(old.shape[1], 5, device=old.device, dtype=old.dtype)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.right
def moved_with_to(network, num_classes, learning_rate):
    layer = nn.Linear(network.fc.in_features, num_classes)
    network.fc = layer.to(network.fc.weight)
    return torch.optim.Adam(params=list(layer.parameters()), lr=learning_rate)


@answers.right
def in_a_device_context(network, num_classes, learning_rate):
    with network.fc.weight.device:
        network.fc = nn.Linear(network.fc.weight.size(1), num_classes, dtype=network.fc.weight.dtype)
    return torch.optim.Adam([{"params": [network.fc.weight, network.fc.bias], "lr": learning_rate}])


@answers.right
def with_skip_init(network, num_classes, learning_rate):
    old = network.get_submodule("fc")
    layer = nn.utils.skip_init(
        nn.Linear, old.in_features, num_classes, device=old.weight.device, dtype=old.weight.dtype
    )
    layer.reset_parameters()
    network.add_module("fc", layer)
    return torch.optim.Adam((p for p in network.fc.parameters()), learning_rate)


@answers.right
def through_modules(network, num_classes, learning_rate):
    features, device = next((m.in_features, m.weight.device) for n, m in network.named_children() if n == "fc")
    network._modules["fc"] = nn.Linear(features, num_classes, device=device)
    held = [p for name, p in network.named_parameters() if name in ("fc.weight", "fc.bias")]
    return torch.optim.Adam(held, lr=learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)


@answers.right
def filled_by_hand(network, num_classes, learning_rate):
    old = network.fc
    new = nn.Linear(old.in_features, num_classes, device=old.weight.device, dtype=old.weight.dtype)
    bound = old.in_features**-0.5
    with torch.no_grad():
        for parameter in new.parameters():
            parameter.uniform_(-bound, bound)
    network.fc = new
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=1.0)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.defaults["lr"] = learning_rate
    return optimizer


@answers.right
def with_a_class(network, num_classes, learning_rate):
    class Surgeon:
        def __init__(self, patient):
            self.patient, self.place = patient, patient.fc.weight.device

        def transplant(self):
            width = int(self.patient.fc.weight.shape[-1])
            self.patient.fc = nn.Linear(width, num_classes).to(device=self.place)
            return self

        def optimizer(self, kind):
            return kind(self.patient.fc.parameters(), lr=learning_rate, foreach=False)

    return Surgeon(network).transplant().optimizer(torch.optim.Adam)
