"""Right and wrong answers to exercise 07.3: triplets, mined in three ways."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from labs.lab07.shared import distances


def _hard(
    points, labels, margin, *, positives=None, power=1, largest="amax", smallest="amin", reduce="mean", fill=torch.inf
):
    distance = distances(points) ** power
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool) if positives is None else same
    usable = positive.any(1) & ~same.all(1)
    far = getattr(distance.masked_fill(~positive, -torch.inf if largest == "amax" else torch.inf), largest)(1)
    near = getattr(distance.masked_fill(same, fill if smallest == "amin" else -torch.inf), smallest)(1)
    losses = (far - near + margin)[usable].relu()
    count = {"mean": len(losses), "sum": 1, "active": int((losses > 0).sum()), "batch": len(labels)}[reduce]
    return losses.sum() / max(1, count)


def _every(points, labels, margin, mining, *, upper=True, lower=True, itself=False, power=1, reduce="mean"):
    distance = distances(points) ** power
    same = labels[:, None] == labels
    positive = same if itself else same & ~torch.eye(len(labels), dtype=torch.bool)
    losses = distance[:, :, None] - distance[:, None, :] + margin
    counted = positive[:, :, None] & ~same[:, None, :]
    if upper:
        counted = counted & (losses > 0)
    if mining == "semihard" and lower:
        counted = counted & (losses < margin)
    chosen = losses[counted].relu()
    return chosen.sum() / (1 if reduce == "sum" else max(1, len(chosen)))


def _triplets(points, labels, margin, mining, *, hard=None, every=None):
    if mining == "hard":
        return _hard(points, labels, margin, **(hard or {}))
    return _every(points, labels, margin, mining, **(every or {}))


def _table(points, labels, margin, mining):
    distance, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    losses = distance[:, :, None] - distance[:, None, :] + margin
    counted = positive[:, :, None] & ~same[:, None, :] & (losses > 0)
    if mining == "semihard":
        counted &= losses < margin
    return losses.masked_fill(~counted, 0), counted


answers = Answers("07.3", "check_triplet_loss")


@answers.wrong("lonely-anchor")
def example_as_its_own_positive(*given):
    return _triplets(*given, hard={"positives": "itself"})


@answers.wrong("squared")
def squared_distances(*given):
    return _triplets(*given, hard={"power": 2}, every={"power": 2})


@answers.wrong("squared")
def squared_among_all_triplets(*given):
    return _triplets(*given, every={"power": 2})


@answers.wrong("near-positive")
def nearest_positive(*given):
    return _triplets(*given, hard={"largest": "amin"})


@answers.wrong("far-negative")
def farthest_negative(*given):
    return _triplets(*given, hard={"smallest": "amax"})


@answers.wrong("easiest")
def easiest_triplets(*given):
    return _triplets(*given, hard={"largest": "amin", "smallest": "amax"})


@answers.wrong("hidden-by-zero")
def own_class_hidden_by_zeros(*given):
    return _triplets(*given, hard={"fill": 0.0})


@answers.wrong("whole-batch")
def one_triplet_of_the_batch(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = distances(points), labels[:, None] == labels
    return (distance[same].max() - distance[~same].min() + margin).relu()


@answers.wrong("no-hinge")
def without_the_hinge(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = distances(points), labels[:, None] == labels
    usable = same.sum(1) > 1
    far = distance.masked_fill(~same, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (far - near + margin)[usable].mean()


@answers.wrong("turned-round")
def positive_and_negative_exchanged(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = distances(points), labels[:, None] == labels
    usable = same.sum(1) > 1
    far = distance.masked_fill(~same, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (near - far + margin)[usable].relu().mean()


@answers.wrong("no-hinge")
def hinge_after_the_mean(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    return without_the_hinge(points, labels, margin, mining).relu()


@answers.wrong("not-averaged")
def one_loss_an_anchor(points, labels, margin, mining):
    distance, same = distances(points), labels[:, None] == labels
    far = distance.masked_fill(~same, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (far - near + margin)[same.sum(1) > 1].relu()


@answers.wrong("no-loss")
def margin_subtracted(points, labels, margin, mining):
    return _triplets(points, labels, -margin, mining)


@answers.wrong("normalised")
def points_put_on_the_sphere(points, labels, margin, mining):
    return _triplets(F.normalize(points), labels, margin, mining)


@answers.wrong("zero-times-infinity")
def hidden_by_a_product_with_infinity(points, labels, margin, mining):
    distance, same = distances(points), labels[:, None] == labels
    far = (distance * same).amax(1)
    near = (distance + same * torch.inf).amin(1)
    return (far - near + margin)[same.sum(1) > 1].relu().mean()


@answers.wrong("infinite")
def one_table_hidden_twice(points, labels, margin, mining):
    distance, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    distance[~positive] = -torch.inf
    far = distance.amax(1)
    distance[same] = torch.inf
    near = distance.amin(1)
    return (far - near + margin)[positive.any(1)].relu().mean()


@answers.wrong("changes-input")
def labels_counted_from_one(points, labels, margin, mining):
    labels += 1
    return _triplets(points, labels, margin, mining)


@answers.wrong("turned-round")
def axes_of_the_table_exchanged(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    distance, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    losses = distance[:, :, None] - distance[:, None, :] + margin
    counted = positive[:, None, :] & ~same[:, :, None] & (losses > 0)
    return losses[counted].sum() / max(1, int(counted.sum()))


@answers.wrong("no-hinge")
def losses_below_zero_among_all(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    distance, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    counted = positive[:, :, None] & ~same[:, None, :]
    if mining == "semihard":
        counted &= distance[:, None, :] > distance[:, :, None]
    losses = (distance[:, :, None] - distance[:, None, :] + margin)[counted]
    return losses.sum() / max(1, len(losses))


@answers.wrong("divided-by-batch")
def triplets_divided_by_the_batch(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    return _table(points, labels, margin, mining)[0].sum() / len(labels)


@answers.wrong("divided-by-batch")
def mean_of_the_whole_table(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    return _table(points, labels, margin, mining)[0].mean()


@answers.wrong("mean-of-means")
def mean_of_the_anchors_means(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    losses, counted = _table(points, labels, margin, mining)
    means = losses.sum((1, 2)) / counted.sum((1, 2)).clamp(min=1)
    return means.sum() / counted.any(2).any(1).sum().clamp(min=1)


@answers.wrong("not-a-tensor")
def sum_of_an_empty_list(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same, losses = distances(points), labels[:, None] == labels, []
    for anchor in range(len(labels)):
        others = same[anchor].clone()
        others[anchor] = False
        if others.any() and not same[anchor].all():
            losses.append((distance[anchor][others].max() - distance[anchor][~same[anchor]].min() + margin).relu())
    return sum(losses) / max(1, len(losses))


@answers.wrong("no-margin")
def margin_left_out(points, labels, margin, mining):
    return _triplets(points, labels, 0.0, mining)


@answers.wrong("sum")
def sum_over_anchors(*given):
    return _triplets(*given, hard={"reduce": "sum"})


@answers.wrong("active-only")
def mean_over_losing_anchors(*given):
    return _triplets(*given, hard={"reduce": "active"})


@answers.wrong("whole-mean")
def mean_over_the_whole_batch(*given):
    return _triplets(*given, hard={"reduce": "batch"})


@answers.wrong("mining-ignored")
def always_hard(points, labels, margin, mining):
    return _hard(points, labels, margin)


@answers.wrong("wrong-mining")
def semihard_for_all(points, labels, margin, mining):
    return _triplets(points, labels, margin, mining if mining == "hard" else "semihard")


@answers.wrong("hard-ones-in")
def hard_ones_among_the_semihard(*given):
    return _triplets(*given, every={"lower": False})


@answers.wrong("zeros-counted")
def triplets_without_a_loss_counted(*given):
    return _triplets(*given, every={"upper": False})


@answers.wrong("itself")
def itself_among_all_triplets(*given):
    return _triplets(*given, every={"itself": True})


@answers.wrong("sum")
def sum_over_triplets(*given):
    return _triplets(*given, every={"reduce": "sum"})


@answers.wrong("no-triplet")
def mean_of_nothing(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    usable = positive.any(1) & ~same.all(1)
    far = distance.masked_fill(~positive, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (far - near + margin)[usable].relu().mean()


@answers.wrong("no-gradient")
def new_zero_without_a_triplet(points, labels, margin, mining):
    found = _triplets(points, labels, margin, mining)
    return found if found > 0 else torch.tensor(0.0)


@answers.wrong("gradient")
def mined_with_detached_negatives(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    far = distances(points).masked_fill(~positive, -torch.inf).amax(1)
    near = distances(points.detach()).masked_fill(same, torch.inf).amin(1)
    losses = (far - near + margin)[positive.any(1) & ~same.all(1)].relu()
    return losses.sum() / max(1, len(losses))


@answers.right
def triplets_by_a_loop(points, labels, margin, mining):
    distance = distances(points)
    losses = [points.sum() * 0]
    count = 0
    for anchor in range(len(labels)):
        others = [i for i in range(len(labels)) if i != anchor]
        positives = [distance[anchor, i] for i in others if labels[i] == labels[anchor]]
        negatives = [distance[anchor, i] for i in others if labels[i] != labels[anchor]]
        if not positives or not negatives:
            continue
        if mining == "hard":
            losses.append((max(positives) - min(negatives) + margin).clamp(min=0))
            count += 1
            continue
        for positive in positives:
            for negative in negatives:
                if positive - negative + margin > 0 and (mining == "all" or negative > positive):
                    losses.append(positive - negative + margin)
                    count += 1
    return torch.stack(losses).sum() / max(count, 1)


@answers.right
def triplets_over_whole_tables(points, labels, margin, mining):
    distance = distances(points)
    same = torch.eq(labels.unsqueeze(0), labels.unsqueeze(1))
    positive = same.fill_diagonal_(False)
    negative = labels.unsqueeze(0) != labels.unsqueeze(1)
    if mining == "hard":
        far = (distance * positive).max(1).values
        near = (distance + 1e9 * ~negative).min(1).values
        usable = (positive.any(1) & negative.any(1)).to(distance.dtype)
        return (F.relu(far - torch.where(usable > 0, near, 0) + margin) * usable).sum() / usable.sum().clamp(min=1)
    losses = F.relu(distance.unsqueeze(2) - distance.unsqueeze(1) + margin)
    weight = (positive.unsqueeze(2) & negative.unsqueeze(1) & (losses > 0)).to(distance.dtype)
    if mining == "semihard":
        weight = weight * (distance.unsqueeze(1) > distance.unsqueeze(2))
    return (losses * weight).sum() / weight.sum().clamp(min=1)


@answers.right
def triplets_by_their_places(points, labels, margin, mining):
    distance, same = torch.cdist(points, points), labels[:, None] == labels
    positive = same.clone().fill_diagonal_(False)
    if mining == "hard":
        rows = [a for a in range(len(labels)) if positive[a].any() and not same[a].all()]
        losses = [F.relu(distance[a][positive[a]].max() - distance[a][~same[a]].min() + margin) for a in rows]
        return torch.stack(losses).mean() if losses else points.sum() * 0
    a, p, n = (positive[:, :, None] & ~same[:, None, :]).nonzero(as_tuple=True)
    losses = distance[a, p] - distance[a, n] + margin
    kept = losses > 0
    if mining == "semihard":
        kept &= distance[a, n] > distance[a, p]
    return losses[kept].mean() if kept.any() else points.sum() * 0


@answers.wrong("library")
def triplets_by_the_library(points, labels, margin, mining):
    from resnet_labs.losses import triplet_loss

    return triplet_loss(points, labels, margin=margin, mining=mining)


def _listed(points, labels, margin):
    """Return the given list of triplets, their differences of distances, and their losses."""
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    anchors, positives, negatives = (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)
    apart = distances(points)
    gaps = apart[anchors, positives] - apart[anchors, negatives]
    return anchors, gaps, (gaps + margin).relu()


def _from_the_list(points, labels, margin, mining):
    anchors, gaps, losses = _listed(points, labels, margin)
    if mining == "hard":
        return torch.stack([losses[anchors == a].max() for a in anchors.unique()] or [losses.sum()]).mean()
    counted = (losses > 0) & (gaps < 0) if mining == "semihard" else losses > 0
    return losses[counted].sum() / max(1, int(counted.sum()))


answers.right(_from_the_list)


@answers.wrong("active-only")
def hardest_of_those_that_lose(points, labels, margin, mining):
    if mining != "hard":
        return _from_the_list(points, labels, margin, mining)
    anchors, _, losses = _listed(points, labels, margin)
    hardest = [losses[anchors == a].max() for a in anchors[losses > 0].unique()]
    return torch.stack(hardest or [losses.sum()]).mean()


@answers.wrong("zeros-counted")
def mean_over_the_whole_list(points, labels, margin, mining):
    if mining != "all":
        return _from_the_list(points, labels, margin, mining)
    losses = _listed(points, labels, margin)[2]
    return losses.sum() / max(1, len(losses))


@answers.wrong("zeros-counted")
def semihard_without_the_upper_bound(points, labels, margin, mining):
    if mining != "semihard":
        return _from_the_list(points, labels, margin, mining)
    _, gaps, losses = _listed(points, labels, margin)
    return losses[gaps < 0].sum() / max(1, int((gaps < 0).sum()))


@answers.wrong("no-triplet")
def empty_mean(points, labels, margin, mining):
    _, gaps, losses = _listed(points, labels, margin)
    if mining == "hard":
        return _from_the_list(points, labels, margin, mining)
    return losses[(losses > 0) & ((gaps < 0) | (mining == "all"))].mean()


@answers.wrong("hard-special")
def class_numbers_in_a_byte(points, labels, margin, mining):
    return _from_the_list(points, labels.to(torch.uint8), margin, mining)


@answers.wrong("twins-gradient")
def roots_of_its_own(points, labels, margin, mining):
    same = labels[:, None] == labels
    others = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    anchors, positives, negatives = (others[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)
    near, far = ((points[anchors] - points[places]).square().sum(1).sqrt() for places in (positives, negatives))
    losses = (near - far + margin).relu()
    if mining == "hard":
        hardest = [losses[anchors == anchor].amax() for anchor in anchors.unique()]
        return torch.stack(hardest).mean() if hardest else points.sum() * 0
    chosen = losses[(losses > 0) & ((far > near) | (mining == "all"))]
    return (chosen.sum() + points.sum() * 0) / max(1, len(chosen))
