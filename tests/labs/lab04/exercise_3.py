"""Right and wrong answers to exercise 04.3: features, once."""

from __future__ import annotations

import copy

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating


def _catch(network, batches, *, keep=lambda inputs, outputs: inputs[0]):
    found = []
    handle = network.fc.register_forward_hook(lambda module, inputs, outputs: found.append(keep(inputs, outputs)))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return found


answers = Answers("04.3", "check_features")


@answers.wrong("training-mode")
def in_training_mode(network, batches):
    head, network.fc = network.fc, nn.Identity()
    with torch.no_grad():
        found = [network(images) for images, _ in batches]
    network.fc = head
    return torch.cat(found)


@answers.wrong("keeps-graph")
def with_gradients(network, batches):
    head, network.fc = network.fc, nn.Identity()
    with evaluating(network):
        found = torch.cat([network(images) for images, _ in batches])
    network.fc = head
    return found


@answers.wrong("logits")
def the_logits(network, batches):
    return torch.cat(_catch(network, batches, keep=lambda inputs, outputs: outputs))


@answers.wrong("last-batch")
def the_last_batch(network, batches):
    return _catch(network, batches)[-1]


@answers.wrong("first-batch")
def the_first_batch(network, batches):
    return _catch(network, batches)[0]


@answers.wrong("short-batch-lost")
def without_the_short_batch(network, batches):
    return torch.cat(_catch(network, batches)[:-1])


@answers.wrong("a-list")
def a_list(network, batches):
    return _catch(network, batches)


@answers.wrong("not-pooled")
def maps_before_the_mean(network, batches):
    found = []
    handle = network.layer1.register_forward_hook(lambda module, inputs, output: found.append(output))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("reordered")
def sorted_by_class(network, batches):
    labels = torch.cat([labels for _, labels in batches])
    return torch.cat(_catch(network, batches))[labels.argsort(stable=True)]


@answers.wrong("not-flat")
def not_flattened(network, batches):
    return torch.cat(_catch(network, batches))[:, :, None, None]


@answers.wrong("raises")
def stacked(network, batches):
    return torch.stack(_catch(network, batches))


@answers.wrong("features")
def length_one(network, batches):
    return nn.functional.normalize(torch.cat(_catch(network, batches)))


@answers.wrong("left-parts")
def head_thrown_away(network, batches):
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong("left-hooks")
def hook_left(network, batches):
    found = []
    network.fc.register_forward_pre_hook(lambda module, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.cat(found)


@answers.wrong("left-modes")
def mode_left(network, batches):
    found = torch.cat(_catch(network, batches))
    network.eval()
    return found


@answers.wrong("left-modes")
def everything_to_training_mode(network, batches):
    found = torch.cat(_catch(network, batches))
    network.train()
    return found


@answers.wrong("left-requires-grad")
def gradients_left_off(network, batches):
    network.requires_grad_(False)
    return torch.cat(_catch(network, batches))


@answers.right
def features_by_a_hook(network, batches):
    return torch.cat(_catch(network, batches))


@answers.right
def features_by_identity(network, batches):
    head, modes = network.fc, {part: part.training for part in network.modules()}
    network.fc = nn.Identity()
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(images) for images, labels in batches])
    network.fc = head
    for part, mode in modes.items():
        part.training = mode
    return found.clone()


@answers.right
def features_of_a_copy(network, batches):
    network = copy.deepcopy(network).eval()
    network.fc = nn.Identity()
    with torch.no_grad():
        return torch.vstack([row for images, _ in batches for row in network(images).unbind()])


_FOUND = {}


@answers.wrong("remembered")
def kept_for_each_network(network, batches):
    if network not in _FOUND:
        _FOUND[network] = torch.cat(_catch(network, batches))
    return _FOUND[network]
