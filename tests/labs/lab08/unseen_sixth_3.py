"""Answers to 08.3 by students who know its text alone."""

import copy
from collections import OrderedDict

import torch
from helpers.answers import Answers
from torch import nn

answers = Answers("08.3", "check_classifier")
import functools


def _width(encoder):
    return [part for part in encoder.modules() if isinstance(part, nn.Linear)][-1].out_features


def _linears(layers):
    return [part for encoder, _ in layers for part in encoder.modules() if isinstance(part, nn.Linear)]


def _finished(parts):
    return nn.Sequential(*parts).requires_grad_(True).train()


@answers.wrong("?", "a shallow copy: the modules are new and their weights are those of the layers")
def shallow_copy(layers, num_classes):
    parts = [copy.copy(encoder) for encoder, _ in layers]
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)])


@answers.wrong(
    "?", "the encoders are thawed and put into training mode before they are copied: the given layers change too"
)
def thawed_before_the_copy(layers, num_classes):
    parts = []
    for encoder, _ in layers:
        encoder.requires_grad_(True)
        parts.append(copy.deepcopy(encoder))
    return nn.Sequential(nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)).train()


@answers.wrong("?", "gradients of the given encoders are cleared before the copy; they should keep them")
def gradients_cleared(layers, num_classes):
    parts = []
    for encoder, _ in layers:
        encoder.zero_grad()
        parts.append(copy.deepcopy(encoder))
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)])


@answers.wrong("?", "what the pretraining froze stays frozen in the copy: only the head trains")
def never_thawed(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    return nn.Sequential(nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)).train()


@answers.wrong("?", "only tables of weights are thawed: a frozen bias, a vector, stays frozen")
def biases_stay_frozen(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = nn.Sequential(nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes))
    for parameter in network.parameters():
        if parameter.dim() > 1:
            parameter.requires_grad_(True)
    return network.train()


@answers.wrong(
    "?", "new linear layers whose data are those of the old: one storage, and fine-tuning moves the pretrained layers"
)
def shared_storage(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    for part, (encoder, _) in zip(parts, layers):
        for new, old in zip(part.parameters(), encoder.parameters()):
            new.data = old.data
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)])


@answers.wrong("?", "only the weights are copied: the biases of the encoders begin at new random numbers")
def weights_without_biases(layers, num_classes):
    parts = copy.deepcopy([encoder for encoder, _ in layers])
    for encoder in parts:
        for part in encoder.modules():
            if isinstance(part, nn.Linear):
                part.bias = nn.Parameter(torch.empty_like(part.bias).uniform_(-0.1, 0.1))
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)])


@answers.wrong(
    "?",
    "a ReLU behind every linear layer of the encoders, whatever they have: codes and other functions (Tanh) come out otherwise",
)
def relu_everywhere(layers, num_classes):
    parts = []
    for linear in _linears(layers):
        parts += [copy.deepcopy(linear), nn.ReLU()]
    return _finished([nn.Flatten(), *parts, nn.Linear(parts[-2].out_features, num_classes)])


class _ListOfEncoders(nn.Module):
    def __init__(self, encoders, num_classes):
        super().__init__()
        self.encoders = encoders
        self.head = nn.Linear(_width(encoders[-1]), num_classes)

    def forward(self, images):
        rows = images.flatten(1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


@answers.wrong(
    "?", "the copies stand in a plain list: parameters() has the head's only, and no optimizer trains the encoders"
)
def plain_list(layers, num_classes):
    parts = [copy.deepcopy(encoder).requires_grad_(True).train() for encoder, _ in layers]
    return _ListOfEncoders(parts, num_classes)


class _CodesWithoutGraph(nn.Module):
    def __init__(self, encoders, num_classes):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), *encoders)
        self.head = nn.Linear(_width(encoders[-1]), num_classes)

    def forward(self, images):
        with torch.no_grad():
            codes = self.body(images)
        return self.head(codes)


@answers.wrong("?", "the encoders run under no_grad: requires_grad is on, and no gradient ever reaches them")
def codes_without_graph(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    return _CodesWithoutGraph(parts, num_classes).requires_grad_(True).train()


@answers.wrong("?", "a softmax behind the head: the outputs are shares between 0 and 1, not logits")
def softmax_at_the_end(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes), nn.Softmax(1)])


@answers.wrong("?", "the last encoder, the code, is left out: the head stands on the layer before it")
def without_the_code(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in (layers[:-1] or layers)]
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)])


@answers.wrong("?", "num_classes is never read: always ten outputs, as for the digits")
def always_ten(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), 10)])


@answers.wrong("?", "the head's width is the smallest of all layers: wrong if a layer before the last is narrower")
def narrowest_width(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    width = min(linear.out_features for linear in _linears(layers))
    return _finished([nn.Flatten(), *parts, nn.Linear(width, num_classes)])


_made = {}


@answers.wrong("?", "a network is remembered for a stack: the second fine-tuning begins where the first ended")
def remembered_network(layers, num_classes):
    key = tuple(id(encoder) for encoder, _ in layers), num_classes
    if key not in _made:
        parts = [copy.deepcopy(encoder) for encoder, _ in layers]
        network = _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)])
        _made[key] = network, layers
    return _made[key][0]


@answers.wrong("?", "the head is lazy: before its first images it has no shape, and counting the parameters fails")
def lazy_head(layers, num_classes):
    parts = [copy.deepcopy(encoder) for encoder, _ in layers]
    return _finished([nn.Flatten(), *parts, nn.LazyLinear(num_classes)])


@answers.wrong(
    "?", "the network is built in inference mode: its weights are inference tensors, which cannot be trained"
)
def built_in_inference_mode(layers, num_classes):
    with torch.inference_mode():
        parts = [copy.deepcopy(encoder) for encoder, _ in layers]
        network = nn.Sequential(nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes))
        network.requires_grad_(True)
    return network.train()


@answers.wrong("?", "the pairs are taken apart in the caller's list, which holds bare encoders afterwards")
def pairs_taken_apart(layers, num_classes):
    for k, layer in enumerate(layers):
        layers[k] = layer[0]
    parts = copy.deepcopy(layers)
    return _finished([nn.Flatten(), *parts, nn.Linear(_width(parts[-1]), num_classes)])


class _Classifier(nn.Module):
    def __init__(self, encoders, width, num_classes):
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.head = nn.Linear(width, num_classes)

    def forward(self, images):
        rows = torch.flatten(images, 1)
        return self.head(functools.reduce(lambda values, part: part(values), self.encoders, rows))


@answers.right
def own_module(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _ in layers]
    network = _Classifier(encoders, _width(encoders[-1]), num_classes)
    for part in network.modules():
        part.training = True
    for parameter in network.parameters():
        parameter.requires_grad = True
    return network


@answers.right
def named_parts(layers, num_classes):
    parts = OrderedDict(flat=nn.Flatten())
    for number, (encoder, _) in enumerate(layers, 1):
        parts[f"encoder{number}"] = copy.deepcopy(encoder).train(True)
    parts["head"] = nn.Linear(_width(layers[-1][0]), num_classes)
    network = nn.Sequential(parts)
    for _name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            parameter.requires_grad_()
    return network


@answers.right
def whole_stack_copied(layers, num_classes):
    mine = copy.deepcopy(list(layers))
    width = next(part for part in mine[-1][1].modules() if isinstance(part, nn.Linear)).in_features
    body = nn.Sequential(nn.Flatten(start_dim=1, end_dim=-1), *(encoder for encoder, _ in mine))
    network = nn.Sequential(body, nn.Linear(width, num_classes))
    network.zero_grad()
    return network.requires_grad_().train()


@answers.right
def through_a_vector(layers, num_classes):
    network = nn.Sequential(nn.Flatten())
    for encoder, _ in layers:
        numbers = nn.utils.parameters_to_vector(encoder.parameters()).detach().clone()
        new = copy.deepcopy(encoder)
        nn.utils.vector_to_parameters(numbers, new.parameters())
        network.append(new)
    network.append(nn.Linear(_width(network[-1]), num_classes))
    network.requires_grad_(True)
    network.train()
    return network


@answers.right
def copied_and_loaded(layers, num_classes):
    encoders = []
    for encoder, _ in layers:
        new = copy.deepcopy(encoder)
        new.load_state_dict({name: value.clone() for name, value in encoder.state_dict().items()})
        encoders.append(new)
    head = nn.Linear(_width(encoders[-1]), num_classes)
    weight = next(encoders[-1].parameters())
    head = head.to(weight.device, weight.dtype)
    network = nn.Sequential(nn.Sequential(nn.Flatten(), *encoders), nn.Sequential(head))
    network.apply(lambda part: part.requires_grad_(True))
    network.apply(lambda part: part.train())
    return network


def _nested(encoders, head):
    if not encoders:
        return head
    return nn.Sequential(encoders[0], _nested(encoders[1:], head))


@answers.right
def nested(layers, num_classes):
    encoders = [copy.deepcopy(encoder) for encoder, _decoder in layers]
    head = nn.Linear(in_features=_width(encoders[-1]), out_features=num_classes)
    network = nn.Sequential(nn.Flatten(), _nested(encoders, head))
    for parameter in network.parameters():
        parameter.grad = None
        parameter.requires_grad_(True)
    return network.train(mode=True)
