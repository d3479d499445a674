"""Answers to 07.3 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.3", "check_triplet_loss")


def distances(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def all_triplets(labels):
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)


def reduce(near, far, anchors, margin, mining):
    """Right: from the distances of the triplets to the loss."""
    losses = (near - far + margin).relu()
    if mining == "hard":
        worst = [losses[anchors == a].max() for a in anchors.unique()]
        return torch.stack(worst).mean() if worst else losses.sum()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (far > near)
    return losses[counted].sum() / max(1, int(counted.sum()))


@answers.right
def python_loops(points, labels, margin, mining):
    # Right: three plain loops; a batch without any triplet that counts gives 0 times the distances, so it still depends.
    apart, names = distances(points), labels.tolist()
    counted = []
    for a, name in enumerate(names):
        own = []
        for p, other in enumerate(names):
            if p == a or other != name:
                continue
            for n, third in enumerate(names):
                if third == name:
                    continue
                loss = (apart[a, p] - apart[a, n] + margin).relu()
                if mining == "hard":
                    own.append(loss)
                elif loss > 0 and (mining == "all" or apart[a, n] > apart[a, p]):
                    counted.append(loss)
        if own:
            counted.append(torch.stack(own).max())
    return torch.stack(counted).mean() if counted else apart.sum() * 0


@answers.right
def whole_cube(points, labels, margin, mining):
    # Right: the losses of all (N, N, N) index triples at once, with a table of those that are triplets.
    apart = distances(points)
    same = labels[:, None].eq(labels)
    other = torch.ones_like(same).fill_diagonal_(False)
    triplet = (same & other)[:, :, None] & ~same[:, None, :]
    cube = F.relu(apart[:, :, None] - apart[:, None, :] + margin)
    if mining == "hard":
        has = triplet.flatten(1).any(1)
        if not has.any():
            return (cube * 0).sum()
        worst = cube.masked_fill(~triplet, -1).flatten(1).max(1).values
        return worst[has].mean()
    counted = triplet & (cube > 0)
    if mining == "semihard":
        counted &= apart[:, :, None] < apart[:, None, :]
    return torch.where(counted, cube, torch.zeros_like(cube)).sum() / counted.sum().clamp(min=1)


@answers.right
def sorted_triplets(points, labels, margin, mining):
    # Right: hard mining by sorting the triplets by loss and keeping each anchor's first one; else a table of booleans.
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = torch.clamp(near - far + margin, min=0)
    if mining == "hard":
        seen, kept = set(), []
        for row in losses.detach().argsort(descending=True).tolist():
            if (anchor := int(anchors[row])) not in seen:
                seen.add(anchor)
                kept.append(row)
        chosen = losses[torch.tensor(kept, dtype=torch.long, device=points.device)]
    else:
        keep = {"all": losses > 0, "semihard": (losses > 0) & (near < far)}[mining]
        chosen = losses[keep]
    return chosen.sum() / (len(chosen) or 1)


@answers.wrong(
    "hard",
    "positives are taken from later rows only: half of the triplets; the notebook's example is symmetric and agrees",
)
def later_positives(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    later = positives > anchors
    anchors, positives, negatives = anchors[later], positives[later], negatives[later]
    apart = distances(points)
    return reduce(apart[anchors, positives], apart[anchors, negatives], anchors, margin, mining)


@answers.wrong("semihard-special", "semihard also counts a negative exactly as far as the positive")
def tie_is_semihard(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    if mining != "semihard":
        return reduce(near, far, anchors, margin, mining)
    losses = (near - far + margin).relu()
    counted = (losses > 0) & (far >= near)
    return losses[counted].sum() / max(1, int(counted.sum()))


@answers.wrong(
    "not-connected",
    "without a triplet that counts the loss is a new leaf: backward runs, but the points get no gradient",
)
def new_leaf(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    losses = (near - far + margin).relu()
    counted = losses > 0
    if mining == "semihard":
        counted = counted & (far > near)
    if len(anchors) == 0 or (mining != "hard" and not counted.any()):
        return points.new_zeros((), requires_grad=True)
    return reduce(near, far, anchors, margin, mining)


@answers.wrong("hard-special", "labels are kept as bytes: class 256 is class 0")
def labels_as_bytes(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels.to(torch.uint8))
    apart = distances(points)
    return reduce(apart[anchors, positives], apart[anchors, negatives], anchors, margin, mining)


@answers.wrong("all-special", "only the first 10,000 triplets are looked at: late anchors of a large batch are lost")
def first_ten_thousand(points, labels, margin, mining):
    anchors, positives, negatives = (rows[:10_000] for rows in all_triplets(labels))
    apart = distances(points)
    return reduce(apart[anchors, positives], apart[anchors, negatives], anchors, margin, mining)


_triplets = {}


@answers.wrong(
    "no-triplet", "the triplets are remembered by batch size: the second batch gets those of the first one's labels"
)
def remembered_triplets(points, labels, margin, mining):
    if len(labels) not in _triplets:
        _triplets[len(labels)] = all_triplets(labels)
    anchors, positives, negatives = _triplets[len(labels)]
    apart = distances(points)
    return reduce(apart[anchors, positives], apart[anchors, negatives], anchors, margin, mining)


@answers.wrong(
    "hard", "hard counts every triplet that ties for an anchor's largest loss, so anchors with ties weigh more"
)
def ties_count_twice(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    near, far = apart[anchors, positives], apart[anchors, negatives]
    if mining != "hard":
        return reduce(near, far, anchors, margin, mining)
    losses = (near - far + margin).relu()
    worst = torch.full((len(points),), -1.0, dtype=losses.dtype, device=losses.device)
    worst = worst.scatter_reduce(0, anchors, losses.detach(), "amax")
    counted = losses == worst[anchors]
    return losses[counted].sum() / max(1, int(counted.sum()))


@answers.wrong(
    "all-special", "pairwise_distance adds 1e-6 to every difference: twins are not at distance 0 and push each other"
)
def shifted_by_a_millionth(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    near = F.pairwise_distance(points[anchors], points[positives])
    far = F.pairwise_distance(points[anchors], points[negatives])
    return reduce(near, far, anchors, margin, mining)


@answers.wrong("changes-input", "labels are made to start at 0 in place: the caller's labels change")
def renumbers_labels(points, labels, margin, mining):
    labels -= labels.min()
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    return reduce(apart[anchors, positives], apart[anchors, negatives], anchors, margin, mining)


@answers.wrong(
    "lonely-anchor", "hard: an anchor without a second image of its class counts, with itself as the positive"
)
def own_positive(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    same = labels[:, None] == labels
    if mining != "hard" or bool(same.all()):
        return reduce(apart[anchors, positives], apart[anchors, negatives], anchors, margin, mining)
    farthest = apart.masked_fill(~same, -1).amax(1)
    nearest = apart.masked_fill(same, torch.inf).amin(1)
    return (farthest - nearest + margin).relu().mean()


@answers.wrong("gradient", "semihard only: the distance to the negative is detached, so negatives get no gradient")
def negatives_detached(points, labels, margin, mining):
    anchors, positives, negatives = all_triplets(labels)
    apart = distances(points)
    far = apart[anchors, negatives]
    if mining == "semihard":
        far = far.detach()
    return reduce(apart[anchors, positives], far, anchors, margin, mining)
