"""Answers to 04.1 by students who know its text alone."""

import copy

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("04.1", "check_new_head")


def _linear(network, num_classes):
    old = network.fc
    return nn.Linear(old.in_features, num_classes, device=old.weight.device)


# Wrong answers.


@answers.wrong("?", "the new layer is made on the CPU, wherever the old one is")
def on_the_cpu(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the new layer is made on a GPU if there is one, not where the old one is; the CPU otherwise")
def where_a_gpu_is(network, num_classes, learning_rate):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.fc = nn.Linear(network.fc.in_features, num_classes, device=device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "512 features always, those of the example; shows for a ResNet of another width or depth")
def resnet18_only(network, num_classes, learning_rate):
    network.fc = nn.Linear(512, num_classes, device=network.fc.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "five flowers always, num_classes is never read")
def five_flowers(network, num_classes, learning_rate):
    network.fc = _linear(network, 5)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "only the label out_features changes, the old weights stay")
def relabelled(network, num_classes, learning_rate):
    network.fc.out_features = num_classes
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the optimizer is made before the new layer and holds the old one's weights")
def optimizer_first(network, num_classes, learning_rate):
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=learning_rate)
    network.fc = _linear(network, num_classes)
    return optimizer


@answers.wrong("?", "the optimizer holds all parameters that learn, which moves the backbone too")
def all_that_learn(network, num_classes, learning_rate):
    network.fc = _linear(network, num_classes)
    return torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=learning_rate)


@answers.wrong("?", "a second group of parameters moves the backbone at a hundredth of the rate")
def two_rates(network, num_classes, learning_rate):
    network.fc = _linear(network, num_classes)
    body = [p for name, p in network.named_parameters() if not name.startswith("fc.")]
    groups = [{"params": list(network.fc.parameters())}, {"params": body, "lr": learning_rate / 100}]
    return torch.optim.Adam(groups, lr=learning_rate)


@answers.wrong("?", "the rate is not handed on: Adam's default of 0.001")
def default_rate(network, num_classes, learning_rate=1e-3):
    network.fc = _linear(network, num_classes)
    return torch.optim.Adam(network.fc.parameters())


@answers.wrong("?", "plain SGD, not Adam")
def plain_sgd(network, num_classes, learning_rate):
    network.fc = _linear(network, num_classes)
    return torch.optim.SGD(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the optimizer holds the weight only, so the new bias never learns")
def bias_stands_still(network, num_classes, learning_rate):
    network.fc = _linear(network, num_classes)
    return torch.optim.Adam([network.fc.weight], lr=learning_rate)


@answers.wrong("?", "the other layers are frozen on the way, though they are to learn or not as before")
def freezes_too(network, num_classes, learning_rate):
    for parameter in network.parameters():
        parameter.requires_grad = False
    network.fc = _linear(network, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "train() at the end changes the mode of parts that were in evaluation mode")
def ready_to_train(network, num_classes, learning_rate):
    network.fc = _linear(network, num_classes)
    network.train()
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "a softmax after the layer: probabilities, no logits")
def with_softmax(network, num_classes, learning_rate):
    network.fc = nn.Sequential(_linear(network, num_classes), nn.Softmax(dim=1))
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the new layer is put after the old one, on a thousand logits, not in its place")
def on_top_of_the_old(network, num_classes, learning_rate):
    old = network.fc
    new = nn.Linear(old.out_features, num_classes, device=old.weight.device)
    network.fc = nn.Sequential(old, new)
    return torch.optim.Adam(new.parameters(), lr=learning_rate)


@answers.wrong("?", "the first rows of the old weights are kept: no new layer, and no more classes than before")
def first_rows_of_the_old(network, num_classes, learning_rate):
    with torch.no_grad():
        network.fc.weight = nn.Parameter(network.fc.weight[:num_classes].clone())
        network.fc.bias = nn.Parameter(network.fc.bias[:num_classes].clone())
    network.fc.out_features = num_classes
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "the new layer learns only if the old one did; shows for a network that was frozen as a whole")
def learns_as_the_old_one(network, num_classes, learning_rate):
    learns = network.fc.weight.requires_grad
    network.fc = _linear(network, num_classes).requires_grad_(learns)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "a copy gets the head, the network itself keeps its old one")
def on_a_copy(network, num_classes, learning_rate):
    network = copy.deepcopy(network)
    network.fc = _linear(network, num_classes)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "hooks of the whole network are taken away, such as the one that normalises the images")
def without_hooks(network, num_classes, learning_rate):
    network.fc = _linear(network, num_classes)
    for module in network.modules():
        module._forward_pre_hooks.clear()
        module._forward_hooks.clear()
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


@answers.wrong("?", "a new layer without a bias: W f(x), and 2,560 weights in place of 2,565")
def without_a_bias(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, bias=False, device=old.weight.device)
    return torch.optim.Adam(network.fc.parameters(), lr=learning_rate)


# Right answers.


@answers.right
def with_setattr(network, num_classes, learning_rate):
    old = network.fc
    network.fc = nn.Linear(old.weight.shape[1], num_classes).to(old.weight)
    return torch.optim.Adam([{"params": [network.fc.weight, network.fc.bias], "lr": learning_rate}])


@answers.right
def in_a_device_context(network, num_classes, learning_rate):
    with network.fc.weight.device:
        head = nn.Linear(network.fc.in_features, num_classes, dtype=network.fc.weight.dtype)
    network._modules["fc"] = head
    return torch.optim.Adam(dict(head.named_parameters()).values(), lr=learning_rate)


@answers.right
def skipped_and_initialised(network, num_classes, learning_rate):
    old = network.fc
    head = nn.utils.skip_init(
        nn.Linear,
        in_features=old.in_features,
        out_features=num_classes,
        device=old.weight.device,
        dtype=old.weight.dtype,
    )
    head.reset_parameters()
    network.add_module("fc", head)
    return torch.optim.Adam(tuple(head.state_dict(keep_vars=True).values()), lr=learning_rate)


@answers.right
def with_a_lambda(network, num_classes, learning_rate):
    make = lambda old: nn.Linear(old.in_features, num_classes, True, old.weight.device, old.weight.dtype)
    network.register_module("fc", make(network.fc))
    trained = (p for name, p in network.named_parameters() if name in ("fc.weight", "fc.bias"))
    return torch.optim.Adam(trained, learning_rate)


class _Head(nn.Linear):
    """A linear layer that is made from another."""

    @classmethod
    def after(cls, old, outputs):
        return cls(old.in_features, outputs, device=old.weight.device, dtype=old.weight.dtype)


@answers.right
def with_a_class(network, num_classes, learning_rate):
    head = _Head.after(network.fc, num_classes)
    network.fc = head
    optimizer = torch.optim.Adam(head.parameters(), lr=1.0)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    return optimizer


@answers.right
def same_layer_refilled_is_new(network, num_classes, learning_rate):
    """Own first weights, drawn where the old ones are."""
    features, like = network.fc.in_features, network.fc.weight
    head = nn.Linear(features, num_classes, device="meta", dtype=like.dtype).to_empty(device=like.device)
    bound = features**-0.5
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.uniform_(-bound, bound)
    del network.fc
    network.fc = head
    return torch.optim.Adam(params=iter([*head.parameters()]), lr=learning_rate, betas=(0.9, 0.999))
