"""Answers to 07.3 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers

from resnet_labs import losses as library

answers = Answers("07.3", "check_triplet_loss")


def distances(points):
    squares = (points[:, None] - points).square().sum(2)
    together = squares == 0
    return squares.masked_fill(together, 1).sqrt().masked_fill(together, 0)


def good(points, labels, margin, mining, *, usable_of=None, counted_of=None, own=None, mean=None):
    distance = distances(points)
    same = labels[:, None] == labels
    own = torch.eye(len(labels), dtype=torch.bool, device=labels.device) if own is None else own
    positive = same & ~own
    if mining == "hard":
        usable = positive.any(1) & ~same.all(1) if usable_of is None else usable_of(positive, same)
        farthest = distance.masked_fill(~positive, -torch.inf).amax(1)[usable]
        nearest = distance.masked_fill(same, torch.inf).amin(1)[usable]
        losses = (farthest - nearest + margin).relu()
        return losses.sum() / max(1, len(losses)) if mean is None else mean(losses)
    anchors, positives = positive.nonzero(as_tuple=True)
    losses = distance[anchors, positives][:, None] - distance[anchors] + margin
    counted = ~same[anchors] & (losses > 0)
    if mining == "semihard":
        counted &= losses < margin
    if counted_of:
        counted = counted_of(losses, ~same[anchors], mining)
    return losses.masked_fill(~counted, 0).sum() / counted.sum().clamp(min=1)


@answers.wrong("device", "torch.eye on the CPU")
def eye(points, labels, margin, mining):
    return good(points, labels, margin, mining, own=torch.eye(len(labels), dtype=torch.bool))


@answers.wrong("device", "infinity by torch.where with CPU tensors")
def cpu_inf(points, labels, margin, mining):
    if mining != "hard":
        return good(points, labels, margin, mining)
    d, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    usable = positive.any(1) & ~same.all(1)
    inf = torch.full(d.shape, torch.inf, dtype=d.dtype)
    losses = (torch.where(positive, d, -inf).amax(1) - torch.where(same, inf, d).amin(1) + margin).relu()[usable]
    return losses.sum() / max(1, len(losses))


@answers.wrong("hard", "a margin of 2, the example's")
def margin_two(points, labels, margin, mining):
    return good(points, labels, 2.0, mining)


@answers.wrong("no-loss", "semihard between 0 and 1 in place of the margin")
def semihard_one(points, labels, margin, mining):
    return good(
        points,
        labels,
        margin,
        mining,
        counted_of=lambda hinge, n, m: n & (hinge > 0) & ((hinge < 1) if m == "semihard" else True),
    )


@answers.wrong("hard-ones-in", "unknown minings are taken for all: semi-hard only by its name with a hyphen")
def hyphen(points, labels, margin, mining):
    return good(
        points, labels, margin, "semihard" if mining == "semi-hard" else ("all" if mining == "semihard" else mining)
    )


@answers.wrong("no-gradient", "empty batch: torch.tensor(0.0) without a graph")
def empty_tensor(points, labels, margin, mining):
    same = labels[:, None] == labels
    if same.all() or (same.sum(1) == 1).all():
        return torch.tensor(0.0, dtype=points.dtype, device=points.device)
    return good(points, labels, margin, mining)


@answers.wrong("not-connected", "empty batch: a zero that requires a gradient of its own, not of the points")
def empty_leaf(points, labels, margin, mining):
    same = labels[:, None] == labels
    if same.all() or (same.sum(1) == 1).all():
        return points.new_zeros((), requires_grad=True)
    return good(points, labels, margin, mining)


@answers.wrong("all-special", "1e-3 is added to the number of triplets")
def eps(points, labels, margin, mining):
    if mining == "hard":
        return good(points, labels, margin, mining)
    d, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    a, p = positive.nonzero(as_tuple=True)
    hinge = d[a, p][:, None] - d[a] + margin
    c = ~same[a] & (hinge > 0) & ((hinge < margin) if mining == "semihard" else True)
    return hinge.masked_fill(~c, 0).sum() / (c.sum() + 1e-3)


@answers.wrong("lonely-anchor", "an anchor alone in its class counts with a positive at distance 0")
def lone_anchor(points, labels, margin, mining):
    if mining != "hard":
        return good(points, labels, margin, mining)
    d, same = distances(points), labels[:, None] == labels
    losses = (d.masked_fill(~same, -torch.inf).amax(1) - d.masked_fill(same, torch.inf).amin(1) + margin).relu()
    return losses.mean() if not same.all() else losses.sum() * 0


@answers.wrong("active-only", "hard: the mean only over losses above zero")
def hard_above(points, labels, margin, mining):
    return good(points, labels, margin, mining, mean=lambda hinge: hinge.sum() / max(1, int((hinge > 0).sum())))


@answers.wrong("all-special", "twins of another place are left out: distance zero is taken for the anchor itself")
def twins(points, labels, margin, mining):
    return good(points, labels, margin, mining, own=distances(points.detach()) == 0)


@answers.wrong("semihard-special", "semihard takes a negative as far as the positive too (losses <= margin)")
def semihard_equal(points, labels, margin, mining):
    return good(
        points,
        labels,
        margin,
        mining,
        counted_of=lambda hinge, n, m: n & (hinge > 0) & ((hinge <= margin) if m == "semihard" else True),
    )


@answers.wrong("all-special", "all: zero losses count too")
def all_zero(points, labels, margin, mining):
    return good(
        points,
        labels,
        margin,
        mining,
        counted_of=lambda hinge, n, m: n & ((hinge >= 0) if m == "all" else (hinge > 0) & (hinge < margin)),
    )


@answers.wrong("hard", "labels that are not 0, 1, 2 ... (bincount of labels) are refused")
def big_labels(points, labels, margin, mining):
    torch.eye(3, device=labels.device)[labels.clamp(max=2)]
    return good(points, labels % 3, margin, mining)


@answers.wrong("changes-input", "points are normalized in place")
def in_place(points, labels, margin, mining):
    with torch.no_grad():
        points /= points.norm(dim=1, keepdim=True).clamp(min=1e-9)
    return good(points, labels, margin, mining)


@answers.wrong("leaves-behind", "default dtype set")
def dtype(points, labels, margin, mining):
    torch.set_default_dtype(torch.float64)
    return good(points, labels, margin, mining)


@answers.wrong("squared", "squared distances")
def squared(points, labels, margin, mining):
    global distances
    keep = distances

    def distances(p):
        return (p[:, None] - p).square().sum(2)

    try:
        return good(points, labels, margin, mining)
    finally:
        distances = keep


@answers.wrong("no-hinge", "no relu for hard")
def no_relu(points, labels, margin, mining):
    if mining != "hard":
        return good(points, labels, margin, mining)
    d, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    u = positive.any(1) & ~same.all(1)
    hinge = d.masked_fill(~positive, -torch.inf).amax(1)[u] - d.masked_fill(same, torch.inf).amin(1)[u] + margin
    return hinge.sum() / max(1, len(hinge))


@answers.wrong("gradient", "the negative's distance is detached")
def detached(points, labels, margin, mining):
    if mining != "hard":
        return good(points, labels, margin, mining)
    d, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    u = positive.any(1) & ~same.all(1)
    hinge = (
        d.masked_fill(~positive, -torch.inf).amax(1)[u] - d.detach().masked_fill(same, torch.inf).amin(1)[u] + margin
    ).relu()
    return hinge.sum() / max(1, len(hinge))


@answers.wrong("easiest", "hard and easy exchanged: nearest positive, farthest negative")
def easiest(points, labels, margin, mining):
    if mining != "hard":
        return good(points, labels, margin, mining)
    d, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    u = positive.any(1) & ~same.all(1)
    hinge = (
        d.masked_fill(~positive, torch.inf).amin(1)[u] - d.masked_fill(same, -torch.inf).amax(1)[u] + margin
    ).relu()
    return hinge.sum() / max(1, len(hinge))


@answers.wrong("sum", "the sum in place of the mean for all")
def total(points, labels, margin, mining):
    if mining == "hard":
        return good(points, labels, margin, mining)
    d, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    a, p = positive.nonzero(as_tuple=True)
    hinge = d[a, p][:, None] - d[a] + margin
    c = ~same[a] & (hinge > 0) & ((hinge < margin) if mining == "semihard" else True)
    return hinge.masked_fill(~c, 0).sum()


answers.wrong("library", "the library's triplet_loss is handed in (passing is fine if the check says so)")(
    lambda points, labels, margin, mining: library.triplet_loss(points, labels, margin=margin, mining=mining)
)


@answers.right
def loops(points, labels, margin, mining):
    """Three loops over Python numbers of the table."""
    d, y = distances(points), labels.tolist()
    n, losses = len(y), []
    for a in range(n):
        positives = [p for p in range(n) if p != a and y[p] == y[a]]
        negatives = [k for k in range(n) if y[k] != y[a]]
        if mining == "hard":
            if positives and negatives:
                losses.append((max(d[a, p] for p in positives) - min(d[a, k] for k in negatives) + margin).relu())
            continue
        for p in positives:
            for k in negatives:
                loss = d[a, p] - d[a, k] + margin
                if loss > 0 and (mining == "all" or d[a, k] > d[a, p]):
                    losses.append(loss)
    return torch.stack(losses).mean() if losses else points.sum() * 0


@answers.right
def cube(points, labels, margin, mining):
    """An (N, N, N) table of all triplets; torch.where."""
    d = torch.linalg.vector_norm(points[:, None] - points[None], dim=2)
    same = labels.unsqueeze(1).eq(labels.unsqueeze(0))
    other = ~torch.eye(len(labels), dtype=torch.bool, device=points.device)
    if mining == "hard":
        big = d.detach().max() + 1 if d.numel() else 1
        far = torch.where(same & other, d, d.new_tensor(-1.0)).max(1).values
        near = torch.where(same, (d * 0 + big), d).min(1).values
        mask = (same & other).any(1) & (~same).any(1)
        losses = torch.clamp(far - near + margin, min=0)[mask]
        return losses.mean() if len(losses) else points.sum() * 0
    losses = d[:, :, None] - d[:, None, :] + margin
    mask = (same & other)[:, :, None] & ~same[:, None, :] & (losses > 0)
    if mining == "semihard":
        mask = mask & (d[:, None, :] > d[:, :, None])
    return torch.where(mask, losses, torch.zeros_like(losses)).sum() / mask.sum().clamp(min=1)


@answers.right
def selected(points, labels, margin, mining):
    """Anchors in a list, rows selected; max() keeps the gradient."""
    d = distances(points)
    parts = []
    for a in range(len(labels)):
        same = labels == labels[a]
        negative = d[a][~same]
        same = same.clone()
        same[a] = False
        positive = d[a][same]
        if mining == "hard":
            if positive.numel() and negative.numel():
                parts.append((positive.max() - negative.min() + margin).clamp(min=0).reshape(1))
        else:
            table = (positive[:, None] - negative[None] + margin).flatten()
            gaps = (negative[None] - positive[:, None]).flatten()
            keep = table > 0 if mining == "all" else (table > 0) & (gaps > 0)
            parts.append(table[keep])
    losses = torch.cat(parts) if parts else points.new_zeros(0)
    return losses.mean() if losses.numel() else 0 * d.sum()


@answers.right
def again(points, labels, margin, mining):
    """Sum over a boolean index, divided by max(1, count)."""
    d, same = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist"), labels[None] == labels[:, None]
    i = torch.arange(len(labels), device=labels.device)
    pos = same & (i[:, None] != i)
    if mining == "hard":
        keep = (pos.sum(1) > 0) & (same.sum(1) < len(labels))
        rows = d[keep]
        far = (rows - 1e9 * (~pos[keep]).to(d.dtype)).amax(1) if keep.any() else rows.sum(1)
        if not keep.any():
            return points.sum() * 0
        far = torch.stack([r[m].max() for r, m in zip(rows, pos[keep], strict=False)])
        near = torch.stack([r[~m].min() for r, m in zip(rows, same[keep], strict=False)])
        return (far - near + margin).relu().mean()
    a, p, n = (pos[:, :, None] & ~same[:, None, :]).nonzero(as_tuple=True)
    loss = d[a, p] - d[a, n] + margin
    keep = loss > 0
    if mining == "semihard":
        keep &= d[a, n] > d[a, p]
    return loss[keep].sum() / max(1, int(keep.sum()))
