"""Right and wrong answers to exercise 06.2: mixup."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from helpers.answers import Answers


def _mix(images, labels, num_classes, kept, order, label_kept=None):
    label_kept = kept if label_kept is None else label_kept
    one_hot = F.one_hot(labels, num_classes).float()
    kept, label_kept = kept.to(images.device), label_kept.to(images.device)
    by_image = kept.view(-1, 1, 1, 1)
    mixed = by_image * images + (1 - by_image) * images[order]
    return mixed, label_kept.view(-1, 1) * one_hot + (1 - label_kept.view(-1, 1)) * one_hot[order]


def _draw(alpha, size=(1,)):
    return torch.distributions.Beta(alpha, alpha).sample(size)


answers = Answers("06.2", "check_mixup")


@answers.wrong("shapes")
def labels_stay_numbers(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha), torch.randperm(len(images)))[0], labels


@answers.wrong("channels")
def a_ratio_for_each_channel(images, labels, num_classes, alpha):
    kept, order = _draw(alpha, (len(images), images.shape[1], 1, 1)).to(images.device), torch.randperm(len(images))
    mixed = kept * images + (1 - kept) * images[order]
    return mixed, _mix(images, labels, num_classes, kept.mean(1).flatten(), order)[1]


@answers.wrong("labels-not-mixed")
def labels_not_mixed(images, labels, num_classes, alpha):
    mixed, _ = _mix(images, labels, num_classes, _draw(alpha), torch.randperm(len(images)))
    return mixed, F.one_hot(labels, num_classes).float()


@answers.wrong("labels-exchanged")
def ratio_exchanged_in_the_labels(images, labels, num_classes, alpha):
    kept = _draw(alpha)
    return _mix(images, labels, num_classes, kept, torch.randperm(len(images)), 1 - kept)


@answers.wrong("labels")
def two_ratios(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha), torch.randperm(len(images)), _draw(alpha))


@answers.wrong("labels")
def two_orders(images, labels, num_classes, alpha):
    kept = _draw(alpha)
    mixed, _ = _mix(images, labels, num_classes, kept, torch.randperm(len(images)))
    return mixed, _mix(images, labels, num_classes, kept, torch.randperm(len(images)))[1]


@answers.wrong("weights")
def ratio_counted_twice(images, labels, num_classes, alpha):
    kept, order = _draw(alpha), torch.randperm(len(images))
    return kept * images + kept * images[order], _mix(images, labels, num_classes, kept, order)[1]


@answers.wrong("weights")
def a_ratio_for_each_pixel(images, labels, num_classes, alpha):
    kept, order = _draw(alpha, images.shape), torch.randperm(len(images))
    _, mixed = _mix(images, labels, num_classes, kept.mean((1, 2, 3)), order)
    return kept * images + (1 - kept) * images[order], mixed


@answers.wrong("constant")
def always_half(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, torch.tensor([0.5]), torch.randperm(len(images)))


@answers.wrong("uniform")
def uniform_ratio(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, torch.rand(1), torch.randperm(len(images)))


@answers.wrong("larger-share")
def second_parameter_left_at_one(images, labels, num_classes, alpha):
    kept = torch.distributions.Beta(alpha, 1.0).sample((1,))
    return _mix(images, labels, num_classes, kept, torch.randperm(len(images)))


@answers.wrong("not-mixed")
def no_partner(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha), torch.arange(len(images)))


@answers.wrong("one-partner")
def one_partner_for_all(images, labels, num_classes, alpha):
    order = torch.randint(len(images), (1,)).expand(len(images))
    return _mix(images, labels, num_classes, _draw(alpha), order)


@answers.wrong("dtype")
def in_double_precision(images, labels, num_classes, alpha):
    kept = torch.from_numpy(np.random.beta(alpha, alpha, len(images)))
    return _mix(images, labels, num_classes, kept, torch.randperm(len(images)))


@answers.wrong("changes-input")
def changes_the_images(images, labels, num_classes, alpha):
    kept, order = _draw(alpha), torch.randperm(len(images))
    _, mixed = _mix(images, labels, num_classes, kept, order)
    images.mul_(kept).add_((1 - kept) * images[order])
    return images, mixed


@answers.right
def mixup_one_ratio_a_batch(images, labels, num_classes, alpha):
    kept, order = float(np.random.beta(alpha, alpha)), torch.randperm(len(images))
    classes = torch.eye(num_classes, device=labels.device)[labels]
    return torch.lerp(images[order], images, kept), torch.lerp(classes[order], classes, kept)


@answers.right
def mixup_one_ratio_an_image(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha, (len(images),)), torch.randperm(len(images)))


@answers.wrong("same-partners")
def mixup_with_the_batch_reversed(images, labels, num_classes, alpha):
    kept = _draw(alpha, (len(images),))
    return _mix(images, labels, num_classes, torch.maximum(kept, 1 - kept), torch.arange(len(images)).flip(0))


@answers.right
def mixup_in_double_labels(images, labels, num_classes, alpha):
    mixed, classes = _mix(
        images, labels, num_classes, _draw(alpha), torch.from_numpy(np.random.permutation(len(images)))
    )
    return mixed, classes.double()


@answers.wrong("turned")
def partners_by_turning(images, labels, num_classes, alpha):
    order = torch.arange(len(images)).roll(int(torch.randint(len(images), ())))
    return _mix(images, labels, num_classes, _draw(alpha), order)
