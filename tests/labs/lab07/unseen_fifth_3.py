"""Answers to 07.3 by students who know its text alone."""

import functools

import torch
from helpers.answers import Answers

answers = Answers("07.3", "check_triplet_loss")


def all_triplets(labels):
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)


def distances(points):
    squares = (points[:, None] - points).square().sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def mean_of(losses, counted):
    return losses[counted].sum() / max(1, int(counted.sum()))


def hardest(losses, anchors):
    if not len(anchors):
        return losses.sum()
    return torch.stack([losses[anchors == a].max() for a in anchors.unique()]).mean()


def parts(points, labels, margin):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    return anchors, near, far, (near - far + margin).relu()


# ---- wrong: what students commonly do
@answers.wrong("semihard", "all and semihard divide by the number of all triplets, those without a loss too")
def mean_over_every_triplet(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        return hardest(losses, anchors)
    if mining == "semihard":
        losses = losses * (far > near)
    return losses.sum() / max(1, len(losses))


@answers.wrong("gradient", "the plain root for the distances: gradients are NaN")
def plain_root(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = (points[:, None] - points).square().sum(-1).sqrt()
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return hardest(losses, anchors)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


@answers.wrong("no-triplet", "a batch without a triplet that counts gives NaN, the mean of nothing")
def mean_of_nothing(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        return hardest(losses, anchors) if len(anchors) else losses.mean()
    return losses[(losses > 0) & (far > near) if mining == "semihard" else losses > 0].mean()


@answers.wrong(
    "not-connected",
    "the zero for a batch without triplets that count is a new leaf: backward runs but the points get no gradient",
)
def unconnected_zero(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    counted = (losses > 0) & (far > near) if mining == "semihard" else losses > 0
    if not len(anchors) or (mining != "hard" and not counted.any()):
        return torch.zeros((), dtype=points.dtype, device=points.device, requires_grad=True)
    return hardest(losses, anchors) if mining == "hard" else losses[counted].mean()


# ---- wrong, but right on the visible example
@answers.wrong(
    "active-only", "hard leaves out anchors whose largest loss is zero: shows once a class lies far from the others"
)
def hard_without_zeros(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        if not len(anchors):
            return losses.sum()
        largest = torch.stack([losses[anchors == a].max() for a in anchors.unique()])
        return mean_of(largest, largest > 0)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


@answers.wrong(
    "semihard-special",
    "semihard takes negatives exactly as far as the positive, too: points -1, 0, 1 with anchor 0 show it",
)
def semihard_with_ties(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        return hardest(losses, anchors)
    return mean_of(losses, (losses > 0) & (far >= near) if mining == "semihard" else losses > 0)


@answers.wrong(
    "lonely-anchor",
    "hard: an anchor without another example of its class counts, with itself as positive (labels 0, 0, 1)",
)
def lonely_anchor_counts(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        if not len(anchors):
            return losses.sum()
        apart, alike = distances(points), labels[:, None] == labels
        farthest = apart.masked_fill(~alike, 0).amax(1)
        nearest = apart.masked_fill(alike, torch.inf).amin(1)
        return (farthest - nearest + margin).relu().mean()
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


@answers.wrong("no-hinge", "hard without max(0, .): well separated anchors give negative losses")
def hard_below_zero(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        return hardest(near - far + margin, anchors)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


@answers.wrong(
    "hard",
    "each pair of anchor and positive only once, the anchor first in the batch: half of the triplets, and unlike losses in general",
)
def each_pair_once(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    once = anchors < positives
    anchors, positives, negatives = anchors[once], positives[once], negatives[once]
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return hardest(losses, anchors)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


@answers.wrong(
    "mining-ignored",
    "semihard takes one triplet for each anchor, the one with the largest loss, in place of all that qualify",
)
def semihard_one_each(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        return hardest(losses, anchors)
    if mining == "semihard":
        counted = (losses > 0) & (far > near)
        return hardest(losses[counted], anchors[counted])
    return mean_of(losses, losses > 0)


@answers.wrong(
    "semihard-special", "semihard falls back to all triplets where none is semi-hard, in place of a loss of 0"
)
def semihard_falls_back(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        return hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard" and (counted & (far > near)).any():
        counted &= far > near
    return mean_of(losses, counted)


@answers.wrong(
    "hard",
    "hard reshapes to one row of triplets for each example: error or wrong rows when classes have unlike numbers of examples",
)
def as_many_for_each(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        if not len(losses):
            return losses.sum()
        return losses[: len(losses) // len(points) * len(points)].reshape(len(points), -1).amax(1).mean()
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


# ---- wrong: a promise broken
@answers.wrong("gradient", "the distance to the negative is detached: negatives are not pushed away, values are right")
def negatives_detached(points, labels, margin, mining):
    anchors, near, far, _ = parts(points, labels, margin)
    losses = (near - far.detach() + margin).relu()
    if mining == "hard":
        return hardest(losses, anchors)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


_known = {}


@answers.wrong(
    "no-triplet", "keeps the triplets of the first batch of each size: the next batch of that size has other labels"
)
def remembers_triplets(points, labels, margin, mining):
    if len(labels) not in _known:
        _known[len(labels)] = all_triplets(labels)
    anchors, positives, negatives = _known[len(labels)]
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return hardest(losses, anchors)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


@answers.wrong(
    "draws",
    "draws 200 triplets where there are more: another loss in each call, and the random state moves on (12 examples of 3 classes suffice)",
)
def draws_triplets(points, labels, margin, mining):
    anchors, near, far, losses = parts(points, labels, margin)
    if len(anchors) > 200:
        some = torch.randperm(len(anchors))[:200]
        anchors, near, far, losses = anchors[some], near[some], far[some], losses[some]
    if mining == "hard":
        return hardest(losses, anchors)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


@answers.wrong("changes-input", "renumbers the caller's labels in place")
def renumbers_labels(points, labels, margin, mining):
    labels.copy_(labels.unique(return_inverse=True)[1])
    anchors, near, far, losses = parts(points, labels, margin)
    if mining == "hard":
        return hardest(losses, anchors)
    return mean_of(losses, (losses > 0) & (far > near) if mining == "semihard" else losses > 0)


# ---- right
@answers.right
def cube_of_triplets(points, labels, margin, mining):
    apart = distances(points)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    other_self = same.clone().fill_diagonal_(False)
    exists = other_self.unsqueeze(2) & same.logical_not().unsqueeze(1)
    losses = torch.clamp(apart.unsqueeze(2) - apart.unsqueeze(1) + margin, min=0)
    if mining == "hard":
        count = exists.any(2).any(1).sum()
        total = torch.where(exists, losses, torch.zeros_like(losses)).flatten(1).max(1).values.sum()
    else:
        counted = exists & (losses > 0)
        if mining == "semihard":
            counted = counted & (apart.unsqueeze(1) > apart.unsqueeze(2))
        count, total = counted.sum(), torch.where(counted, losses, torch.zeros_like(losses)).sum()
    return total / count.clamp(min=1) if len(points) else points.sum()


@answers.right
def triplet_by_triplet(points, labels, margin, mining):
    names = labels.tolist()
    table = distances(points)
    per_anchor = []
    for a, own in enumerate(names):
        here = []
        for p in (i for i, name in enumerate(names) if name == own and i != a):
            for n in (i for i, name in enumerate(names) if name != own):
                here.append((table[a, p], table[a, n]))
        per_anchor.append(here)
    kept = []
    for here in per_anchor:
        each = [(torch.relu(p - n + margin), p, n) for p, n in here]
        if mining == "hard" and each:
            kept.append(max(each, key=lambda item: item[0].item())[0])
        elif mining == "all":
            kept.extend(loss for loss, _, _ in each if loss.item() > 0)
        elif mining == "semihard":
            kept.extend(loss for loss, p, n in each if loss.item() > 0 and p.item() < n.item())
    return sum(kept[1:], kept[0]) / len(kept) if kept else (points * 0).sum()


class _Miner:
    def hard(self):
        best = self.losses.new_zeros(self.size).scatter_reduce(0, self.anchors, self.losses, "amax")
        return best[torch.bincount(self.anchors, minlength=self.size) > 0]

    def all(self):
        return self.losses[self.losses > 0]

    def semihard(self):
        return self.losses[(self.losses > 0) & (self.near < self.far)]

    def __init__(self, points, labels, margin):
        self.size = len(points)
        self.anchors, positives, negatives = all_triplets(labels)
        norm = functools.partial(torch.linalg.vector_norm, dim=-1)
        self.near = norm(points[self.anchors] - points[positives])
        self.far = norm(points[self.anchors] - points[negatives])
        self.losses = torch.maximum(self.near - self.far + margin, torch.zeros_like(self.near))


@answers.right
def by_a_miner(points, labels, margin, mining):
    chosen = getattr(_Miner(points, labels, margin), mining)()
    return chosen.mean() if chosen.numel() else chosen.sum()


@answers.right
def weights_and_losses(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    violation = apart[anchors, positives] - apart[anchors, negatives] + margin
    with torch.no_grad():
        active = violation > 0
        if mining == "semihard":
            active &= apart[anchors, positives] < apart[anchors, negatives]
        weights = torch.zeros_like(violation)
        if mining == "hard":
            groups = [torch.nonzero(anchors == a).flatten() for a in set(anchors.tolist())]
            for group in groups:
                best = group[violation[group].argmax()]
                weights[best] = float(violation[best] > 0) / len(groups)
        elif active.any():
            weights[active] = 1.0 / int(active.sum())
    return torch.dot(weights, violation)
