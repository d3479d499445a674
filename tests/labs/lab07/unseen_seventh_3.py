"""Answers to 07.3 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("07.3", "check_triplet_loss")


def all_triplets(labels):
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)


def distances(points):
    squares = (points[:, None] - points).square().sum(2)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def _losses(points, labels, margin):
    """The right triplets, their two distances and their losses."""
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    return anchors, near, far, (near - far + margin).relu()


def _mean(losses):
    return losses.sum() / max(1, len(losses))


def _hardest(anchors, losses):
    return [losses[anchors == a].max() for a in anchors.unique()]


# ---------------------------------------------------------------- wrong


@answers.wrong(
    "?", "hard divides by all examples, also those without triplets; shows for an example alone in its class"
)
def hard_over_all_examples(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        return sum(_hardest(anchors, losses), losses.sum() * 0) / len(labels)
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


@answers.wrong("?", "hard leaves out anchors whose largest loss is zero, and the text counts them")
def hard_without_zeros(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        hardest = [loss for loss in _hardest(anchors, losses) if loss > 0]
        return sum(hardest, losses.sum() * 0) / max(1, len(hardest))
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


@answers.wrong(
    "?", "hard takes the largest for each pair of anchor and positive, not for each anchor; shows for 3 of a class"
)
def hard_for_each_pair(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    _, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        hardest = _hardest(anchors * len(labels) + positives, losses)
        return sum(hardest, losses.sum() * 0) / max(1, len(hardest))
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


@answers.wrong("?", "all is the mean over every triplet, also those without a loss; shows if one has none")
def all_over_every_triplet(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        return _mean(torch.stack(_hardest(anchors, losses))) if len(losses) else losses.sum()
    if mining == "semihard":
        return _mean(losses[(losses > 0) & (near < far)])
    return _mean(losses)


@answers.wrong("?", "semihard counts triplets without a loss too: the negative may lie outside the margin")
def semihard_beyond_margin(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        return _mean(torch.stack(_hardest(anchors, losses))) if len(losses) else losses.sum()
    return _mean(losses[near < far if mining == "semihard" else losses > 0])


@answers.wrong("?", "semihard counts a negative that is exactly as far as the positive; shows for ties")
def semihard_with_ties(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        return _mean(torch.stack(_hardest(anchors, losses))) if len(losses) else losses.sum()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near <= far)
    return _mean(losses[counted])


@answers.wrong("?", "semihard takes only the largest loss of each anchor, where the text takes all of them")
def semihard_hardest_only(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    counted = losses >= 0 if mining == "hard" else losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    anchors, losses = anchors[counted], losses[counted]
    if mining == "all" or not len(losses):
        return _mean(losses)
    return torch.stack(_hardest(anchors, losses)).mean()


@answers.wrong("?", "a new zero for a batch where nothing counts: it does not depend on the points, backward fails")
def zero_from_nowhere(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        losses = torch.stack(_hardest(anchors, losses)) if len(losses) else losses
    else:
        losses = losses[(losses > 0) & ((near < far) | (mining == "all"))]
    if not len(losses):
        return torch.zeros((), dtype=points.dtype, device=points.device)
    return losses.mean()


@answers.wrong("?", "squared distances: for the line of the example all is not 2")
def squared_distances(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points).square()
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _mean(torch.stack(_hardest(anchors, losses))) if len(losses) else losses.sum()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


@answers.wrong("?", "the hardest of each class, not of each anchor: labels.unique() in place of the anchors")
def hardest_of_each_class(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        hardest = _hardest(labels[anchors], losses)
        return torch.stack(hardest).mean() if hardest else losses.sum()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


@answers.wrong("?", "hard hides the own class by zeros: every anchor is its own nearest negative")
def own_class_hidden_by_zeros(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        if not len(losses):
            return losses.sum()
        apart, alike = distances(points), labels.unsqueeze(1).eq(labels)
        each = ((apart * alike).amax(1) - (apart * ~alike).amin(1) + margin).relu()
        return each[anchors.unique()].mean()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


@answers.wrong("?", "the negatives are detached: the value is right, and nothing pushes them away")
def detached_negatives(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart.detach()[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _mean(torch.stack(_hardest(anchors, losses))) if len(losses) else losses.sum()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


@answers.wrong("?", "the hardest are collected in a table on the CPU: hard fails for points on another device")
def table_on_the_cpu(points, labels, margin, mining):
    anchors, near, far, losses = _losses(points, labels, margin)
    if mining == "hard":
        table = torch.zeros(len(labels), dtype=losses.dtype)
        table = table.scatter_reduce(0, anchors, losses, "amax")
        return _mean(table[anchors.unique()])
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


_triplets_of = {}


@answers.wrong(
    "?", "remembers the triplets by the batch's size: a second batch of that size with other labels gets the first's"
)
def triplets_remembered(points, labels, margin, mining):
    if len(labels) not in _triplets_of:
        _triplets_of[len(labels)] = all_triplets(labels)
    anchors, positives, negatives = _triplets_of[len(labels)]
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _mean(torch.stack(_hardest(anchors, losses))) if len(losses) else losses.sum()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (near < far)
    return _mean(losses[counted])


# ---------------------------------------------------------------- right


@answers.right
def cube_of_losses(points, labels, margin, mining):
    apart = distances(points)
    alike = labels[None, :] == labels[:, None]
    itself = torch.eye(len(labels), device=labels.device) > 0
    there = (alike & ~itself).unsqueeze(2) & (~alike).unsqueeze(1)
    cube = torch.relu(apart.unsqueeze(2) - apart.unsqueeze(1) + margin)
    if mining == "hard":
        usable = there.flatten(1).any(1)
        each = torch.where(there, cube, torch.full_like(cube, -1.0)).flatten(1)[usable]
        return each.max(1).values.sum() / max(1, each.shape[0]) if len(each) else 0 * apart.sum()
    there = there & (cube > 0)
    if mining == "semihard":
        there = there & (apart.unsqueeze(2) < apart.unsqueeze(1))
    return torch.where(there, cube, torch.zeros_like(cube)).sum() / there.sum().clamp(min=1)


@answers.right
def one_by_one(points, labels, margin, mining):
    apart, best, counted = distances(points), {}, []
    for a, p, n in zip(*(rows.tolist() for rows in all_triplets(labels))):
        loss = torch.clamp(apart[a, p] - apart[a, n] + margin, min=0)
        if mining == "hard":
            if a not in best or loss.item() > best[a].item():
                best[a] = loss
        elif loss.item() > 0 and (mining == "all" or apart[a, p].item() < apart[a, n].item()):
            counted.append(loss)
    counted += best.values()
    if not counted:
        return (points * 0).sum()
    return torch.stack(counted).mean()


@answers.right
def farthest_and_nearest(points, labels, margin, mining):
    apart = distances(points)
    alike = labels.view(-1, 1) == labels.view(1, -1)
    if mining == "hard":
        anchors = all_triplets(labels)[0].unique()
        rows, own = apart[anchors], alike[anchors]
        if not len(anchors):
            return rows.sum()
        farthest = rows.masked_fill(~own, -float("inf")).amax(1)
        nearest = rows.masked_fill(own, float("inf")).amin(1)
        return (farthest - nearest + margin).relu().mean()
    a, p, n = all_triplets(labels)
    gap = apart[a, p] - apart[a, n]
    keep = gap + margin > 0
    if mining == "semihard":
        keep &= apart[a, p] < apart[a, n]
    return (gap + margin).masked_select(keep).sum() / max(1, keep.sum().item())


@answers.right
def scattered(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    losses = (apart[anchors, positives] - apart[anchors, negatives] + margin).relu()

    def hard():
        empty = losses.new_zeros(len(labels))
        largest = empty.scatter_reduce(0, anchors, losses, "amax", include_self=False)
        return largest[torch.bincount(anchors, minlength=len(labels)) > 0]

    def every():
        return losses[losses > 0]

    def semihard():
        return losses[(losses > 0) & (apart[anchors, positives] < apart[anchors, negatives])]

    kept = {"hard": hard, "all": every, "semihard": semihard}[mining]()
    return kept.sum() / (kept.numel() or 1)


@answers.right
def weighted_sum(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    losses = torch.relu(apart[anchors, positives] - apart[anchors, negatives] + margin)
    with torch.no_grad():
        weights = torch.zeros_like(losses)
        if mining == "hard":
            order = losses.argsort(descending=True).tolist()
            seen = set()
            for k, a in zip(order, anchors[order].tolist()):
                if a not in seen:
                    seen.add(a)
                    weights[k] = 1
        else:
            weights[losses > 0] = 1
            if mining == "semihard":
                weights[apart[anchors, positives] >= apart[anchors, negatives]] = 0
        weights /= weights.sum().clamp(min=1)
    return (weights * losses).sum()


class _Miner:
    def __init__(self, points, labels, margin):
        self.labels = labels.tolist()
        self.apart = distances(points)
        self.margin = margin
        self.nothing = self.apart.sum() * 0

    def of_anchor(self, a):
        own = [k for k, label in enumerate(self.labels) if label == self.labels[a] and k != a]
        other = [k for k, label in enumerate(self.labels) if label != self.labels[a]]
        near, far = self.apart[a][own][:, None], self.apart[a][other][None]
        return near.expand(-1, len(other)), far.expand(len(own), -1)

    def mean(self, mining):
        found, number = self.nothing, 0
        for a in range(len(self.labels)):
            near, far = self.of_anchor(a)
            losses = (near - far + self.margin).clamp_min(0)
            if not losses.numel():
                continue
            if mining == "hard":
                found, number = found + losses.max(), number + 1
                continue
            counted = losses > 0
            if mining == "semihard":
                counted = counted.logical_and(near < far)
            found, number = found + losses[counted].sum(), number + int(counted.sum())
        return found / max(number, 1)


@answers.right
def with_a_class(points, labels, margin, mining):
    return _Miner(points, labels, margin).mean(mining)
