"""Answers to 07.3 by students who know its text alone."""

import functools

import torch
from helpers.answers import Answers

answers = Answers("07.3", "check_triplet_loss")


def distances(points):
    squares = (points[:, None] - points).square().sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def all_triplets(labels):
    """Return the anchors, positives and negatives of every triplet, (T,) each."""
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)


def _average(losses):
    return losses.sum() / max(1, losses.numel())


def _hardest(losses, anchors):
    found = [losses[anchors == a].max() for a in anchors.unique()]
    return torch.stack(found).mean() if found else losses.sum()


def _parts(points, labels, margin):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    return anchors, near, far, (near - far + margin).relu()


@answers.wrong("?", "for all and semihard the sum is divided by the number of all triplets, also of those without loss")
def divided_by_all(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return losses[counted].sum() / max(1, len(losses))


@answers.wrong("?", "an anchor whose hardest triplet has the loss zero is left out of the mean of hard mining")
def zeros_left_out(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (far > near)
    if mining == "hard":
        return _hardest(losses[counted], anchors[counted])
    return _average(losses[counted])


@answers.wrong("?", "semihard also counts negatives that are exactly as far as the positive; the text says farther")
def equally_far_counts(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far >= near
    return _average(losses[counted])


@answers.wrong(
    "?", "semihard counts all negatives beyond the positive, also those beyond the margin, whose loss is zero"
)
def easy_ones_too(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _hardest(losses, anchors)
    return _average(losses[far > near] if mining == "semihard" else losses[losses > 0])


@answers.wrong(
    "?", "semihard takes for each anchor and positive only the nearest of the semihard negatives, not all of them"
)
def nearest_semihard(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
        pairs = (anchors * len(labels) + positives)[counted]
        return _hardest(losses[counted], pairs)
    return _average(losses[counted])


@answers.wrong("?", "a batch without semihard triplets falls back to the hardest ones; its loss should be 0")
def falls_back(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    if mining == "hard" or (mining == "semihard" and not counted.any()):
        return _hardest(losses, anchors)
    return _average(losses[counted])


@answers.wrong(
    "?", "the hardest triplet is taken for each anchor and positive: too many count where a class has three examples"
)
def hardest_of_each_pair(points, labels, margin, mining):
    anchors, positives, _ = all_triplets(labels)
    _, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _hardest(losses, anchors * len(labels) + positives)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong("?", "the hardest triplet is taken for each class and not for each anchor")
def hardest_of_each_class(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _hardest(losses, labels[anchors])
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong(
    "?", "hard mining by tables: an example that is alone in its class counts as an anchor with positive distance 0"
)
def lonely_anchors(points, labels, margin, mining):
    _, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        apart, alike = distances(points), labels[:, None] == labels
        if alike.all():
            return points.sum() * 0
        farthest = apart.masked_fill(~alike, 0).amax(1)
        nearest = apart.masked_fill(alike, float("inf")).amin(1)
        return (farthest - nearest + margin).relu().mean()
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong(
    "?",
    "hard mining hides the own class by a distance of 100: for points that are farther apart the nearest negative is wrong",
)
def hidden_by_a_hundred(points, labels, margin, mining):
    _, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        apart, alike = distances(points), labels[:, None] == labels
        valid = (alike.sum(1) > 1) & ~alike.all(1)
        farthest = (apart * alike).amax(1)
        nearest = (apart + 100 * alike).amin(1).clamp(max=100)
        return _average((farthest - nearest + margin).relu()[valid]) if valid.any() else points.sum() * 0
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong(
    "?", "a batch without a triplet that counts gets a new zero: it does not depend on the points, and backward fails"
)
def new_zero(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    if not len(losses) or (mining != "hard" and not counted.any()):
        return points.new_zeros(())
    return _hardest(losses, anchors) if mining == "hard" else losses[counted].mean()


@answers.wrong(
    "?",
    "only batches without any triplet are looked after: triplets of which none has a loss give the mean of nothing, NaN",
)
def triplets_but_none_counts(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if not len(anchors):
        return 0 * points.sum()
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return losses[counted].mean()


@answers.wrong("?", "the root of the squares without a mask: anchor and positive at one point give a gradient of NaN")
def own_roots(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    near = (points[anchors] - points[positives]).square().sum(1).sqrt()
    far = (points[anchors] - points[negatives]).square().sum(1).sqrt()
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong("?", "the positives' distances are taken under no_grad: the value is right, nothing pulls the positives")
def positives_without_gradient(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    with torch.no_grad():
        near = apart[anchors, positives]
    far = apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong("?", "only the first 256 triplets of a batch are used: wrong for any larger batch")
def first_triplets_only(points, labels, margin, mining):
    anchors, positives, negatives = (rows[:256] for rows in all_triplets(labels))
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong(
    "?", "a loss up to 0.01 does not count: the text says above zero, and a small margin has only such losses"
)
def above_a_hundredth(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0.01
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong(
    "?",
    "rows are taken in pairs, 0 with 1 and 2 with 3, as in the example: wrong for unsorted labels or classes of another size",
)
def neighbours_are_pairs(points, labels, margin, mining):
    pairs = torch.arange(len(labels), device=labels.device) // 2
    anchors, near, far, losses = _parts(points, pairs, margin)
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong("?", "the last anchor that has triplets is left out of hard mining, an off by one")
def last_anchor_forgotten(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        found = losses.sum() * 0
        number = 0
        for a in range(len(labels) - 1):
            if (anchors == a).any():
                found, number = found + losses[anchors == a].max(), number + 1
        return found / max(1, number)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong("?", "points are put on the unit sphere inside the loss, which the text does not do to them")
def normalised_inside(points, labels, margin, mining):
    anchors, near, far, losses = _parts(torch.nn.functional.normalize(points), labels, margin)
    if mining == "hard":
        return _hardest(losses, anchors)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.wrong(
    "?",
    "the largest losses are written into a float32 tensor on the CPU: float64 points get a float32 loss, another device fails",
)
def collected_on_the_cpu(points, labels, margin, mining):
    anchors, near, far, losses = _parts(points, labels, margin)
    if mining == "hard":
        largest = torch.zeros(len(labels))
        for a in anchors.unique():
            largest[a] = losses[anchors == a].max()
        return largest.sum() / max(1, len(anchors.unique())) + 0 * points.sum().to(largest.dtype)
    counted = losses > 0
    if mining == "semihard":
        counted &= far > near
    return _average(losses[counted])


@answers.right
def plain_loops(points, labels, margin, mining):
    apart, classes = distances(points), labels.tolist()
    by_anchor = {}
    for a, own in enumerate(classes):
        for p, same in enumerate(classes):
            for n, other in enumerate(classes):
                if a != p and own == same and own != other:
                    by_anchor.setdefault(a, []).append((apart[a, p], apart[a, n]))
    counted = []
    for pairs in by_anchor.values():
        losses = [torch.clamp(near - far + margin, min=0) for near, far in pairs]
        if mining == "hard":
            counted.append(functools.reduce(lambda x, y: y if y > x else x, losses))
            continue
        for (near, far), loss in zip(pairs, losses):
            if loss > 0 and (mining == "all" or far > near):
                counted.append(loss)
    return sum(counted) / len(counted) if counted else 0 * points.sum()


@answers.right
def whole_cube(points, labels, margin, mining):
    apart = distances(points)
    same = labels[:, None] == labels
    other_row = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    valid = (same & other_row)[:, :, None] & ~same[:, None, :]
    loss = (apart[:, :, None] - apart[:, None, :] + margin).clamp(min=0)
    if mining == "hard":
        loss = loss.flatten(1)[valid.flatten(1).any(1)]
        valid = valid.flatten(1)[valid.flatten(1).any(1)]
        if loss.shape[0] == 0:
            return points.sum() * 0
        return loss.masked_fill(~valid, -1.0).max(dim=1).values.mean()
    keep = valid & (loss > 0)
    if mining == "semihard":
        keep = keep & (apart[:, None, :] > apart[:, :, None])
    return torch.where(keep, loss, torch.zeros_like(loss)).sum() / keep.sum().clamp(min=1)


@answers.right
def farthest_and_nearest(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    if mining == "hard":
        alike = labels.unsqueeze(1).eq(labels.unsqueeze(0))
        has_both = (alike.sum(1) > 1) & (~alike).any(1)
        rows, alike = apart[has_both], alike[has_both]
        terms = [torch.relu(row[own].max() - row[~own].min() + margin) for row, own in zip(rows, alike)]
        return torch.stack([0 * points.sum(), *terms]).sum() / max(1, len(terms))
    near, far = apart[anchors, positives], apart[anchors, negatives]
    gap = near - far + margin
    keep = {"all": gap > 0, "semihard": (gap > 0) & (near < far)}[mining]
    return (gap * keep).sum() / max(1, keep.sum().item())


class _Miner:
    def __init__(self, points, labels, margin):
        self.anchors, positives, negatives = all_triplets(labels)
        to_anchor = distances(points).t()
        self.near = to_anchor[positives, self.anchors]
        self.far = to_anchor[negatives, self.anchors]
        self.losses = torch.relu(self.near - self.far + margin)

    def all(self):
        return self.losses > 0

    def semihard(self):
        return self.all().logical_and(self.near.lt(self.far))

    def hard(self):
        chosen = torch.zeros_like(self.anchors, dtype=torch.bool)
        best = {}
        for t, (a, loss) in enumerate(zip(self.anchors.tolist(), self.losses.tolist())):
            if a not in best or loss > best[a][0]:
                best[a] = (loss, t)
        chosen[[t for _, t in best.values()]] = True
        return chosen


@answers.right
def with_a_class(points, labels, margin, mining):
    miner = _Miner(points, labels, margin)
    chosen = getattr(miner, mining)()
    return torch.dot(miner.losses, chosen.to(points.dtype)) / max(1, int(chosen.sum()))


@answers.right
def sorted_first(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels.clone())
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = torch.nn.functional.relu(near - far + margin)
    if mining == "hard":
        seen, keep = set(), []
        for t in losses.detach().argsort(descending=True).tolist():
            if int(anchors[t]) not in seen:
                seen.add(int(anchors[t]))
                keep.append(t)
        keep = torch.tensor(keep, dtype=torch.long, device=points.device)
    else:
        keep = torch.nonzero(losses > 0).flatten()
        if mining == "semihard":
            keep = keep[far[keep] > near[keep]]
    return losses.index_select(0, keep).sum() / max(1, keep.numel())


@answers.right
def scattered(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    table = distances(points).flatten()
    near = table.gather(0, anchors * len(labels) + positives)
    far = table.gather(0, anchors * len(labels) + negatives)
    losses = torch.maximum(near - far + margin, torch.zeros_like(near))
    if mining == "hard":
        start = points.new_zeros(len(labels))
        largest = start.scatter_reduce(0, anchors, losses, "amax", include_self=False)
        return largest.sum() / max(1, len(set(anchors.tolist())))
    weights = (losses > 0).to(losses.dtype)
    if mining == "semihard":
        weights = weights * (far > near)
    return (weights * losses).sum() / torch.clamp(weights.sum(), min=1)
