"""What the exercises of lab 05 share: nearest rows, with a switch for each mistake."""

from __future__ import annotations

import torch


def nearest(features, count, *, itself=False, power=2, largest=False):
    distances = torch.cdist(features, features, p=power)
    if not itself:
        distances.fill_diagonal_(-1.0 if largest else torch.inf)
    return distances.topk(count, largest=largest).indices
