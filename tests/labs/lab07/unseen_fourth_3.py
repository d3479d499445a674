"""Answers to 07.3 by students who know its text alone."""

import functools

import torch
from helpers.answers import Answers

answers = Answers("07.3", "check_triplet_loss")


def distances(points):
    """Return the distances of exercise 07.2."""
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def all_triplets(labels):
    """Return the triplets, as the notebook does."""
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)


def _parts(points, labels, margin):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    return anchors, near, far, (near - far + margin).relu()


def _hardest(losses, anchors):
    best = [losses[anchors == a].max() for a in anchors.unique()]
    return torch.stack(best) if best else losses


def _mean(losses):
    return losses.sum() / max(1, len(losses))


@answers.wrong(
    "active-only",
    "hard: an anchor whose largest loss is zero is left out of the mean, so easy anchors make the loss larger",
)
def hard_without_zeros(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        losses = _hardest(losses, anchors)
        return _mean(losses[losses > 0])
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.wrong("whole-mean", "hard: divides by N, so an anchor alone in its class counts as a zero")
def hard_over_all_rows(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _hardest(losses, anchors).sum() / len(points)
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.wrong(
    "hard",
    "hard: of an anchor's equal largest losses all count, also all its zeros: another mean than one for each anchor",
)
def hard_with_ties(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        best = torch.zeros_like(losses)
        for a in anchors.unique():
            best[anchors == a] = losses[anchors == a].max().detach()
        return _mean(losses[losses == best])
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.wrong(
    "semihard-special", "semihard: a negative exactly as far as the positive counts too, with a loss of the margin"
)
def semihard_with_equal(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _mean(_hardest(losses, anchors))
    counted = (losses > 0) & (near <= far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.wrong(
    "semihard",
    "semihard: FaceNet's, only the nearest such negative of each pair; wrong where a pair has two semi-hard negatives",
)
def semihard_of_facenet(points, labels, margin, mining):
    anchors, positives, _ = all_triplets(labels)
    _, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _mean(_hardest(losses, anchors))
    if mining == "all":
        return _mean(losses[losses > 0])
    counted = (losses > 0) & (near < far)
    losses, pairs = losses[counted], (anchors * len(points) + positives)[counted]
    return _mean(_hardest(losses, pairs))


@answers.wrong(
    "semihard-special",
    "the mean of nothing: NaN for all and semihard if no triplet has a loss, and a crash of stack for hard with one class",
)
def empty_mean(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return torch.stack([losses[anchors == a].max() for a in anchors.unique()]).mean()
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return losses[counted].mean()


@answers.wrong(
    "not-connected",
    "where nothing counts it gives a new zero that has nothing to do with the points: their gradient is None, not zeros",
)
def new_zero(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        losses = _hardest(losses, anchors)
    else:
        losses = losses[(losses > 0) & (near < far) if mining == "semihard" else losses > 0]
    if len(losses) == 0:
        return torch.zeros((), dtype=points.dtype, device=points.device, requires_grad=True)
    return losses.mean()


@answers.wrong(
    "gradient", "the distance to the negative is detached: the value is right, nothing is pushed away by the gradient"
)
def detached_negative(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives].detach()
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _mean(_hardest(losses, anchors))
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.wrong("hard", "the margin is never read: 2, that of the example, whatever is asked")
def margin_of_example(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, 2.0)
    if mining == "hard":
        return _mean(_hardest(losses, anchors))
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


_triplets_of_size = {}


@answers.wrong(
    "no-triplet",
    "keeps the triplets by batch size: a second batch of the same size and other labels gets those of the first",
)
def kept_triplets(points, labels, margin, mining):
    if len(labels) not in _triplets_of_size:
        _triplets_of_size[len(labels)] = all_triplets(labels)
    anchors, positives, negatives = _triplets_of_size[len(labels)]
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _mean(_hardest(losses, anchors))
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.wrong("device", "hard: the table of the largest losses lies on the CPU: crashes for points on a GPU")
def cpu_only(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        best = torch.zeros(len(points), dtype=points.dtype)
        best = best.scatter_reduce(0, anchors, losses, "amax")
        return best.sum() / max(1, len(anchors.unique()))
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.wrong(
    "normalised",
    "puts the points on the unit sphere first: wrong for points of any other length, and for points on a line",
)
def on_the_sphere(points, labels, margin, mining):
    anchors, near, far, losses = _parts(torch.nn.functional.normalize(points), labels, margin)
    if mining == "hard":
        return _mean(_hardest(losses, anchors))
    counted = (losses > 0) & (near < far) if mining == "semihard" else losses > 0
    return _mean(losses[counted])


@answers.right
def by_cube(points, labels, margin, mining):
    # All triples of rows in one cube, those that are no triplets masked out; no call of all_triplets.
    apart = distances(points)
    same = labels[:, None] == labels
    other = torch.arange(len(labels), device=labels.device)
    real = (same & (other[:, None] != other))[:, :, None] & ~same[:, None, :]
    cube = (apart[:, :, None] - apart[:, None, :] + margin).relu()
    if mining == "hard":
        has = real.flatten(1).any(1)
        return cube.masked_fill(~real, 0).flatten(1).amax(1)[has].sum() / has.sum().clamp(min=1)
    counted = real & (cube > 0)
    if mining == "semihard":
        counted &= apart[:, :, None] < apart[:, None, :]
    return torch.where(counted, cube, torch.zeros_like(cube)).sum() / counted.sum().clamp(min=1)


def _by_lists(points, labels, margin, mining, measure):
    # Plain Python over the triplets. The farthest positive and the nearest negative make an anchor's largest loss.
    apart, terms = measure(points), {}
    for a, p, n in zip(*(rows.tolist() for rows in all_triplets(labels)), strict=False):
        loss = (apart[a, p] - apart[a, n] + margin).clamp(min=0)
        if mining == "hard":
            terms[a] = max(terms.get(a, loss), loss)
        elif loss > 0 and (mining == "all" or apart[a, n] > apart[a, p]):
            terms[a, p, n] = loss
    return sum(terms.values(), start=apart.sum() * 0) / max(len(terms), 1)


# A partial in place of a function.
answers.right(functools.partial(_by_lists, measure=distances))


class ByWeights:
    # Every triplet has a weight, zero or one; the loss is the weighted mean.
    def __call__(self, points, labels, margin, mining):
        anchors, near, far, losses = _parts(points, labels, margin)
        weights = getattr(self, mining)(losses.detach(), anchors, near < far).to(losses.dtype)
        return (weights * losses).sum() / weights.sum().clamp(min=1)

    def all(self, losses, anchors, farther):
        return losses > 0

    def semihard(self, losses, anchors, farther):
        return (losses > 0) & farther

    def hard(self, losses, anchors, farther):
        chosen = torch.zeros_like(losses)
        for a in anchors.unique():
            rows = (anchors == a).nonzero()[:, 0]
            chosen[rows[losses[rows].argmax()]] = 1
        return chosen


answers.right(ByWeights())
