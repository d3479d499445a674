"""More answers to 07.3 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers

answers = Answers("07.3", "check_triplet_loss")


def distances(points):
    squares = (points[:, None] - points).pow(2).sum(2)
    zero = squares == 0
    return squares.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)


def all_triplets(labels):
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)


def triplets(points, labels, margin):
    """Return anchors, loss of every triplet, and both distances."""
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    return anchors, (near - far + margin).relu(), near, far


def mean(losses):
    return losses.sum() / max(1, len(losses))


def hardest(anchors, losses):
    each = [losses[anchors == anchor].max() for anchor in anchors.unique()]
    return torch.stack(each) if each else losses


def counted(losses, near, far, mining):
    return losses[(losses > 0) & (near < far)] if mining == "semihard" else losses[losses > 0]


# The whole cube of anchors, positives and negatives; where there is no triplet, zero weight.
@answers.wrong("device", "a tensor is made on the CPU")
def cube(points, labels, margin, mining):
    apart = distances(points)
    same = labels.unsqueeze(1) == labels.unsqueeze(0)
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    valid = positive.unsqueeze(2) & same.logical_not().unsqueeze(1)
    losses = torch.relu(apart.unsqueeze(2) - apart.unsqueeze(1) + margin)
    if mining == "hard":
        best = losses.masked_fill(~valid, -1.0).flatten(1).max(1).values if len(points) else losses.sum().reshape(1)
        has = valid.flatten(1).any(1)
        return torch.where(has, best, 0.0).sum() / has.sum().clamp(min=1)
    chosen = valid & (losses > 0)
    if mining == "semihard":
        chosen = chosen & (apart.unsqueeze(2) < apart.unsqueeze(1))
    return torch.where(chosen, losses, 0.0).sum() / chosen.sum().clamp(min=1)


# Loops in Python over the rows, and a dictionary of the three ways.
def loops(points, labels, margin, mining):
    apart, names = distances(points), labels.tolist()
    groups = []
    for a, own in enumerate(names):
        group = []
        for p, other in enumerate(names):
            if p == a or other != own:
                continue
            for n, third in enumerate(names):
                if third != own:
                    group.append((apart[a, p] - apart[a, n] + margin, bool(apart[a, n] > apart[a, p])))
        if group:
            groups.append(group)
    everything = [pair for group in groups for pair in group]
    kept = {
        "hard": lambda: [max((loss for loss, _ in group), key=lambda loss: loss.item()).relu() for group in groups],
        "semihard": lambda: [loss for loss, farther in everything if farther and loss > 0],
        "all": lambda: [loss for loss, _ in everything if loss > 0],
    }[mining]()
    return sum(kept, start=0 * points.sum()) / (len(kept) or 1)


answers.right(loops)


# Hard mining by farthest positive and nearest negative of each anchor, infinities masked before they meet a gradient.
class Extremes:
    def __call__(self, points, labels, margin, mining):
        anchors, losses, near, far = triplets(points, labels, margin)
        if mining != "hard":
            weights = losses.detach().sign()
            if mining == "semihard":
                weights = weights * (far > near)
            return (weights * losses).sum() / max(1.0, float(weights.sum()))
        apart, same = distances(points), labels[:, None] == labels
        rows = anchors.unique()
        if not len(rows):
            return apart.sum() * 0
        other = ~torch.eye(len(labels), dtype=torch.bool)
        farthest = apart.masked_fill(~(same & other), -torch.inf)[rows].max(1).values
        nearest = apart.masked_fill(same, torch.inf)[rows].min(1).values
        return torch.relu(farthest - nearest + margin).mean()


answers.wrong("device", "a tensor is made on the CPU")(Extremes())


@answers.wrong(
    "whole-mean", "hard: the mean is over all rows: an anchor that has no triplet, alone in its class, counts as zero"
)
def over_all_rows(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "hard":
        return hardest(anchors, losses).sum() / len(points)
    return mean(counted(losses, near, far, mining))


@answers.wrong("zeros-counted", "all: divided by the number of all triplets, those with a loss of zero too")
def over_all_triplets(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "all":
        return mean(losses)
    return mean(hardest(anchors, losses) if mining == "hard" else counted(losses, near, far, mining))


@answers.wrong("zeros-counted", "semihard: every triplet whose negative is farther counts, also where the loss is zero")
def semihard_with_zeros(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "semihard":
        return mean(losses[near < far])
    return mean(hardest(anchors, losses) if mining == "hard" else losses[losses > 0])


@answers.wrong("semihard-special", "semihard: a negative exactly as far as the positive counts, which is not farther")
def semihard_with_ties(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "semihard":
        return mean(losses[(near <= far) & (losses > 0)])
    return mean(hardest(anchors, losses) if mining == "hard" else losses[losses > 0])


@answers.wrong("no-gradient", "a batch where no triplet counts gives a new tensor 0.0: backward fails")
def zero_without_points(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    kept = hardest(anchors, losses) if mining == "hard" else counted(losses, near, far, mining)
    return kept.mean() if len(kept) else torch.tensor(0.0)


@answers.wrong("semihard-special", "a bare mean: a batch where no triplet counts gives NaN")
def empty_mean(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    return (hardest(anchors, losses) if mining == "hard" else counted(losses, near, far, mining)).mean()


@answers.wrong("active-only", "hard: an anchor whose largest loss is zero is left out of the mean")
def hard_without_zeros(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "hard":
        each = hardest(anchors, losses)
        return mean(each[each > 0])
    return mean(counted(losses, near, far, mining))


@answers.wrong("raises", "hard: torch.stack of no anchors: a batch of one class, or of one example, crashes")
def hard_crashes(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "hard":
        return torch.stack([losses[anchors == anchor].max() for anchor in anchors.unique()]).mean()
    return mean(counted(losses, near, far, mining))


@answers.wrong(
    "gradient", "the distance to the negative is detached: values are right, no gradient pushes negatives away"
)
def negatives_detached(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives].detach()
    losses = (near - far + margin).relu()
    return mean(hardest(anchors, losses) if mining == "hard" else counted(losses, near, far, mining))


@answers.wrong("whole-batch", "hard: the largest loss of the whole batch, not one for each anchor")
def one_for_the_batch(points, labels, margin, mining):
    _anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "hard":
        return losses.max() if len(losses) else losses.sum()
    return mean(counted(losses, near, far, mining))


@answers.wrong(
    "hard-special",
    "hard: rows of the own class are put 10 farther away: wrong where the nearest negative is farther than that",
)
def ten_is_far(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, margin)
    if mining == "hard" and len(anchors):
        apart, same = distances(points), labels[:, None] == labels
        rows = anchors.unique()
        farthest = torch.where(same, apart, 0.0)[rows].amax(1)
        nearest = (apart + 10.0 * same)[rows].amin(1)
        return (farthest - nearest + margin).relu().mean()
    return mean(losses) if mining == "hard" else mean(counted(losses, near, far, mining))


@answers.wrong("hard-ones-in", "semihard is not told from all: near negatives count in it too")
def semihard_is_all(points, labels, margin, mining):
    anchors, losses, _, _ = triplets(points, labels, margin)
    return mean(hardest(anchors, losses) if mining == "hard" else losses[losses > 0])


@answers.wrong("squared", "squared distances: right only where all are 0 or 1")
def squares(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points) ** 2
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    return mean(hardest(anchors, losses) if mining == "hard" else counted(losses, near, far, mining))


@answers.wrong("hard", "the margin is never read, always 2.0")
def margin_of_two(points, labels, margin, mining):
    anchors, losses, near, far = triplets(points, labels, 2.0)
    return mean(hardest(anchors, losses) if mining == "hard" else counted(losses, near, far, mining))
