"""Wrong answers to lab 07, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

import torch
import torch.nn.functional as F

# exercise 07.1


def summed(logits, labels):
    return F.cross_entropy(logits, labels, reduction="sum")


def without_the_minus(logits, labels):
    return logits.log_softmax(1)[range(len(labels)), labels].mean()


def probability_in_place_of_its_log(logits, labels):
    return -logits.softmax(1)[range(len(labels)), labels].mean()


def softmax_over_the_batch(logits, labels):
    return -logits.log_softmax(0)[range(len(labels)), labels].mean()


def mean_over_a_one_hot_table(logits, labels):
    return -(F.one_hot(labels, logits.shape[1]) * logits.log_softmax(1)).mean()


def every_row_at_every_label(logits, labels):
    return -logits.log_softmax(1)[:, labels].mean()


def logits_as_they_are(logits, labels):
    return -logits[range(len(labels)), labels].mean()


def softmax_of_the_softmax(logits, labels):
    return F.cross_entropy(logits.softmax(1), labels)


def one_loss_an_example(logits, labels):
    return F.cross_entropy(logits, labels, reduction="none")


def log_of_a_quotient_of_exponentials(logits, labels):
    shares = logits.exp() / logits.exp().sum(1, keepdim=True)
    return -shares[range(len(labels)), labels].log().mean()


def log_of_the_softmax(logits, labels):
    return -logits.softmax(1)[range(len(labels)), labels].log().mean()


def a_small_number_under_the_log(logits, labels):
    return -(logits.softmax(1)[range(len(labels)), labels] + 1e-12).log().mean()


def as_a_python_number(logits, labels):
    return F.cross_entropy(logits, labels).item()


def exponentials_summed_over_the_batch(logits, labels):
    return (logits.logsumexp(0).mean() - logits[range(len(labels)), labels]).mean()


def one_sum_for_the_whole_batch(logits, labels):
    return (logits.logsumexp((0, 1)) - logits[range(len(labels)), labels]).mean()


def sum_without_its_log(logits, labels):
    return (logits.exp().sum(1) - logits[range(len(labels)), labels]).mean()


def divided_by_the_number_of_classes(logits, labels):
    return F.cross_entropy(logits, labels, reduction="sum") / logits.shape[1]


def table_as_wide_as_the_labels(logits, labels):
    return -(F.one_hot(labels) * logits.log_softmax(1)).sum(1).mean()


def largest_logit_of_the_batch_taken_off(logits, labels):
    logits = logits - logits.max()
    return (logits.exp().sum(1).log() - logits[range(len(labels)), labels]).mean()


def largest_logit_taken_off_in_place(logits, labels):
    logits -= logits.amax(1, keepdim=True)
    return (logits.exp().sum(1).log() - logits[range(len(labels)), labels]).mean()


def loss_of_torch(logits, labels):
    return F.cross_entropy(logits, labels)


def other_loss_of_torch(logits, labels):
    return torch.nn.NLLLoss()(logits.log_softmax(1), labels)


def losses_as_a_list(logits, labels):
    return [-row.log_softmax(0)[label] for row, label in zip(logits, labels, strict=True)]


def cut_off(logits, labels):
    return F.cross_entropy(logits.detach(), labels)


# exercise 07.2


def _gaps(points):
    return points[:, None] - points


def square_root_forgotten(points):
    return _gaps(points).square().sum(2)


def city_block(points):
    return _gaps(points).abs().sum(2)


def mean_of_squares(points):
    return _root(_gaps(points).square().mean(2))


def upper_triangle(points):
    return _root(_gaps(points).square().sum(2)).triu()


def inner_products(points):
    return points @ points.T


def plus_twice_the_product(points):
    squares = points.square().sum(1)
    return (squares[:, None] + squares + 2 * points @ points.T).clamp(min=0).sqrt()


def bare_square_root(points):
    return _gaps(points).square().sum(2).sqrt()


def square_root_hidden_afterwards(points):
    squares = _gaps(points).square().sum(2)
    return torch.where(squares > 0, squares.sqrt(), 0)


def expanded_without_a_clamp(points):
    squares = points.square().sum(1)
    squares = squares[:, None] + squares - 2 * points @ points.T
    zero = squares.abs() < 1e-12
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def lower_triangle(points):
    return _root(_gaps(points).square().sum(2)).tril()


def product_once(points):
    squares = points.square().sum(1)
    return _root((squares[:, None] + squares - points @ points.T).clamp(min=0))


def ones_left_on_the_diagonal(points):
    squares = _gaps(points).square().sum(2)
    return squares.masked_fill(squares == 0, 1).sqrt()


def diagonal_alone_replaced(points):
    diagonal = torch.eye(len(points), dtype=torch.bool)
    return _gaps(points).square().sum(2).masked_fill(diagonal, 1).sqrt().masked_fill(diagonal, 0)


def small_distances_taken_for_zero(points):
    squares = _gaps(points).square().sum(2)
    near = squares < 1e-3
    return squares.masked_fill(near, 1).sqrt().masked_fill(near, 0)


def diagonal_filled_in_place(points):
    return _gaps(points).square().sum(2).fill_diagonal_(1).sqrt().fill_diagonal_(0)


def points_centered_in_place(points):
    points -= points.mean(0)
    return torch.cdist(points, points)


def one_end_held_fast(points):
    return torch.cdist(points, points.detach())


def pairs_with_the_library_s_small_number(points):
    return F.pairwise_distance(points[:, None], points)


def large_number_under_the_root(points):
    return (_gaps(points).square().sum(2) + 1e-6).sqrt()


def distances_by_a_loop(points):
    return torch.stack([_root((points - point).square().sum(1)) for point in points])


def distances_as_a_list(points):
    return torch.pdist(points)


def _root(squares):
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def distances_cut_off(points):
    return torch.cdist(points.detach(), points.detach())


# exercise 07.3


def _distances(points):
    return _root(_gaps(points).square().sum(2))


def _hard(
    points, labels, margin, *, positives=None, power=1, largest="amax", smallest="amin", reduce="mean", fill=torch.inf
):
    distance = _distances(points) ** power
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool) if positives is None else same
    usable = positive.any(1) & ~same.all(1)
    far = getattr(distance.masked_fill(~positive, -torch.inf if largest == "amax" else torch.inf), largest)(1)
    near = getattr(distance.masked_fill(same, fill if smallest == "amin" else -torch.inf), smallest)(1)
    losses = (far - near + margin)[usable].relu()
    count = {"mean": len(losses), "sum": 1, "active": int((losses > 0).sum()), "batch": len(labels)}[reduce]
    return losses.sum() / max(1, count)


def _every(points, labels, margin, mining, *, upper=True, lower=True, itself=False, power=1, reduce="mean"):
    distance = _distances(points) ** power
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


def example_as_its_own_positive(*given):
    return _triplets(*given, hard={"positives": "itself"})


def squared_distances(*given):
    return _triplets(*given, hard={"power": 2}, every={"power": 2})


def squared_among_all_triplets(*given):
    return _triplets(*given, every={"power": 2})


def nearest_positive(*given):
    return _triplets(*given, hard={"largest": "amin"})


def farthest_negative(*given):
    return _triplets(*given, hard={"smallest": "amax"})


def easiest_triplets(*given):
    return _triplets(*given, hard={"largest": "amin", "smallest": "amax"})


def own_class_hidden_by_zeros(*given):
    return _triplets(*given, hard={"fill": 0.0})


def one_triplet_of_the_batch(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = _distances(points), labels[:, None] == labels
    return (distance[same].max() - distance[~same].min() + margin).relu()


def without_the_hinge(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = _distances(points), labels[:, None] == labels
    usable = same.sum(1) > 1
    far = distance.masked_fill(~same, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (far - near + margin)[usable].mean()


def positive_and_negative_exchanged(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = _distances(points), labels[:, None] == labels
    usable = same.sum(1) > 1
    far = distance.masked_fill(~same, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (near - far + margin)[usable].relu().mean()


def hinge_after_the_mean(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    return without_the_hinge(points, labels, margin, mining).relu()


def one_loss_an_anchor(points, labels, margin, mining):
    distance, same = _distances(points), labels[:, None] == labels
    far = distance.masked_fill(~same, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (far - near + margin)[same.sum(1) > 1].relu()


def margin_subtracted(points, labels, margin, mining):
    return _triplets(points, labels, -margin, mining)


def points_put_on_the_sphere(points, labels, margin, mining):
    return _triplets(F.normalize(points), labels, margin, mining)


def hidden_by_a_product_with_infinity(points, labels, margin, mining):
    distance, same = _distances(points), labels[:, None] == labels
    far = (distance * same).amax(1)
    near = (distance + same * torch.inf).amin(1)
    return (far - near + margin)[same.sum(1) > 1].relu().mean()


def one_table_hidden_twice(points, labels, margin, mining):
    distance, same = _distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    distance[~positive] = -torch.inf
    far = distance.amax(1)
    distance[same] = torch.inf
    near = distance.amin(1)
    return (far - near + margin)[positive.any(1)].relu().mean()


def labels_counted_from_one(points, labels, margin, mining):
    labels += 1
    return _triplets(points, labels, margin, mining)


def _table(points, labels, margin, mining):
    distance, same = _distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    losses = distance[:, :, None] - distance[:, None, :] + margin
    counted = positive[:, :, None] & ~same[:, None, :] & (losses > 0)
    if mining == "semihard":
        counted &= losses < margin
    return losses.masked_fill(~counted, 0), counted


def axes_of_the_table_exchanged(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    distance, same = _distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    losses = distance[:, :, None] - distance[:, None, :] + margin
    counted = positive[:, None, :] & ~same[:, :, None] & (losses > 0)
    return losses[counted].sum() / max(1, int(counted.sum()))


def losses_below_zero_among_all(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    distance, same = _distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    counted = positive[:, :, None] & ~same[:, None, :]
    if mining == "semihard":
        counted &= distance[:, None, :] > distance[:, :, None]
    losses = (distance[:, :, None] - distance[:, None, :] + margin)[counted]
    return losses.sum() / max(1, len(losses))


def triplets_divided_by_the_batch(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    return _table(points, labels, margin, mining)[0].sum() / len(labels)


def mean_of_the_whole_table(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    return _table(points, labels, margin, mining)[0].mean()


def mean_of_the_anchors_means(points, labels, margin, mining):
    if mining == "hard":
        return _hard(points, labels, margin)
    losses, counted = _table(points, labels, margin, mining)
    means = losses.sum((1, 2)) / counted.sum((1, 2)).clamp(min=1)
    return means.sum() / counted.any(2).any(1).sum().clamp(min=1)


def sum_of_an_empty_list(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same, losses = _distances(points), labels[:, None] == labels, []
    for anchor in range(len(labels)):
        others = same[anchor].clone()
        others[anchor] = False
        if others.any() and not same[anchor].all():
            losses.append((distance[anchor][others].max() - distance[anchor][~same[anchor]].min() + margin).relu())
    return sum(losses) / max(1, len(losses))


def margin_left_out(points, labels, margin, mining):
    return _triplets(points, labels, 0.0, mining)


def sum_over_anchors(*given):
    return _triplets(*given, hard={"reduce": "sum"})


def mean_over_losing_anchors(*given):
    return _triplets(*given, hard={"reduce": "active"})


def mean_over_the_whole_batch(*given):
    return _triplets(*given, hard={"reduce": "batch"})


def always_hard(points, labels, margin, mining):
    return _hard(points, labels, margin)


def semihard_for_all(points, labels, margin, mining):
    return _triplets(points, labels, margin, mining if mining == "hard" else "semihard")


def hard_ones_among_the_semihard(*given):
    return _triplets(*given, every={"lower": False})


def triplets_without_a_loss_counted(*given):
    return _triplets(*given, every={"upper": False})


def itself_among_all_triplets(*given):
    return _triplets(*given, every={"itself": True})


def sum_over_triplets(*given):
    return _triplets(*given, every={"reduce": "sum"})


def mean_of_nothing(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    distance, same = _distances(points), labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    usable = positive.any(1) & ~same.all(1)
    far = distance.masked_fill(~positive, -torch.inf).amax(1)
    near = distance.masked_fill(same, torch.inf).amin(1)
    return (far - near + margin)[usable].relu().mean()


def new_zero_without_a_triplet(points, labels, margin, mining):
    found = _triplets(points, labels, margin, mining)
    return found if found > 0 else torch.tensor(0.0)


def mined_with_detached_negatives(points, labels, margin, mining):
    if mining != "hard":
        return _every(points, labels, margin, mining)
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    far = _distances(points).masked_fill(~positive, -torch.inf).amax(1)
    near = _distances(points.detach()).masked_fill(same, torch.inf).amin(1)
    losses = (far - near + margin)[positive.any(1) & ~same.all(1)].relu()
    return losses.sum() / max(1, len(losses))


# exercise 07.4


def _pull(features, labels, centers):
    return (features - centers[labels]).square().sum(1).mean() / 2


def _moved(features, labels, centers, alpha, *, plus=1):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (plus + labels.bincount(minlength=len(centers)))[:, None]


def half_forgotten(features, labels, centers):
    return (features - centers[labels]).square().sum(1).mean()


def pull_summed(features, labels, centers):
    return (features - centers[labels]).square().sum() / 2


def pull_averaged_over_features(features, labels, centers):
    return (features - centers[labels]).square().mean() / 2


def pull_not_squared(features, labels, centers):
    return (features - centers[labels]).norm(dim=1).mean() / 2


def pull_of_every_center(features, labels, centers):
    return (features[:, None] - centers).square().sum(2).mean() / 2


def pull_by_the_mean_squared_error(features, labels, centers):
    return F.mse_loss(features, centers[labels])


def half_within_the_square(features, labels, centers):
    return ((features - centers[labels]) / 2).square().sum(1).mean()


def pull_for_each_example(features, labels, centers):
    return (features - centers[labels]).square().sum(1) / 2


def features_centered_in_place(features, labels, centers):
    features -= centers[labels]
    return features.square().sum(1).mean() / 2


def pull_cut_off(features, labels, centers):
    return _pull(features.detach(), labels, centers)


def centers_move_away(features, labels, centers, alpha):
    return 2 * centers - _moved(features, labels, centers, alpha)


def step_in_place_of_centers(features, labels, centers, alpha):
    return _moved(features, labels, centers, alpha) - centers


def alpha_forgotten(features, labels, centers, alpha):
    return _moved(features, labels, centers, 1.0)


def last_example_wins(features, labels, centers, alpha):
    moved = centers.clone()
    moved[labels] -= alpha * (centers[labels] - features)
    return moved


def last_example_wins_divided(features, labels, centers, alpha):
    moved = centers.clone()
    counts = labels.bincount(minlength=len(centers))[labels][:, None]
    moved[labels] -= alpha * (centers[labels] - features) / (1 + counts)
    return moved


def sum_not_divided(features, labels, centers, alpha):
    return centers - alpha * torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)


def divided_by_n(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / labels.bincount(minlength=len(centers)).clamp(min=1)[:, None]


def divided_by_n_with_a_missing_class(features, labels, centers, alpha):
    return _moved(features, labels, centers, alpha, plus=0)


def divided_by_the_batch(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + len(labels))


def part_of_the_way_to_the_mean(features, labels, centers, alpha):
    means = torch.stack([features[labels == label].mean(0) for label in range(len(centers))])
    counts = labels.bincount(minlength=len(centers))[:, None]
    return centers - alpha * counts / (1 + counts) * (centers - means)


def means_of_the_classes(features, labels, centers, alpha):
    return torch.stack([features[labels == label].mean(0) for label in range(len(centers))])


def centers_as_they_were(features, labels, centers, alpha):
    return centers


def counts_up_to_the_largest_label(features, labels, centers, alpha):
    sums = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
    return centers - alpha * sums / (1 + labels.bincount())[:, None]


def classes_of_the_batch_alone(features, labels, centers, alpha):
    return _moved(features, labels, centers, alpha)[labels.unique()]


def centers_as_a_list(features, labels, centers, alpha):
    return list(_moved(features, labels, centers, alpha))


def centers_moved_in_place(features, labels, centers, alpha):
    centers.copy_(_moved(features, labels, centers, alpha))
    return centers


# exercise 07.5


def _means(known, labels, num_classes):
    return torch.stack([known[labels == label].mean(0) for label in range(num_classes)])


def _by_mean(known, labels, asked, num_classes):
    return -torch.cdist(asked, _means(known, labels, num_classes))


def _top_k(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).float().mean().item()


def _by_class(scores, labels):
    right = (scores.argmax(1) == labels).double()
    return torch.stack([right[labels == label].mean() for label in range(scores.shape[1])])


def distances_as_scores(known, labels, asked, num_classes):
    return torch.cdist(asked, _means(known, labels, num_classes))


def sums_of_the_classes(known, labels, asked, num_classes):
    return -torch.cdist(asked, torch.stack([known[labels == label].sum(0) for label in range(num_classes)]))


def nearest_example(known, labels, asked, num_classes):
    between = torch.cdist(asked, known)
    return -torch.stack([between[:, labels == label].amin(1) for label in range(num_classes)], 1)


def products_with_the_means(known, labels, asked, num_classes):
    return asked @ _means(known, labels, num_classes).T


def angles_to_the_means(known, labels, asked, num_classes):
    return F.normalize(asked) @ F.normalize(_means(known, labels, num_classes)).T


def medians_of_the_classes(known, labels, asked, num_classes):
    medians = [known[labels == label].median(0).values for label in range(num_classes)]
    return -torch.cdist(asked, torch.stack(medians))


def sums_divided_by_all_examples(known, labels, asked, num_classes):
    sums = torch.zeros(num_classes, known.shape[1]).index_add_(0, labels, known)
    return -torch.cdist(asked, sums / len(known))


def mean_distance_to_the_examples(known, labels, asked, num_classes):
    between = torch.cdist(asked, known)
    return -torch.stack([between[:, labels == label].mean(1) for label in range(num_classes)], 1)


def city_block_to_the_means(known, labels, asked, num_classes):
    return -torch.cdist(asked, _means(known, labels, num_classes), p=1)


def scores_as_an_array(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).numpy()


def examples_centered_in_place(known, labels, asked, num_classes):
    asked -= known.mean(0)
    known -= known.mean(0)
    return _by_mean(known, labels, asked, num_classes)


def classes_in_rows(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).T


def predictions_in_place_of_scores(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).argmax(1)


def top_one_always(scores, labels, k):
    return _top_k(scores, labels, 1)


def divided_by_k(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).float().mean().item()


def lowest_scores(scores, labels, k):
    return (scores.topk(k, largest=False).indices == labels[:, None]).any(1).float().mean().item()


def kth_place_alone(scores, labels, k):
    return (scores.topk(k).indices[:, -1] == labels).float().mean().item()


def values_in_place_of_classes(scores, labels, k):
    return (scores.topk(k).values == labels[:, None]).any(1).float().mean()


def labels_without_an_axis(scores, labels, k):
    return (scores.topk(k).indices == labels).any(1).float().mean()


def one_place_more(scores, labels, k):
    return _top_k(scores, labels, min(k + 1, scores.shape[1]))


def hit_or_not_of_each_example(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).float()


def percents(scores, labels, k):
    return 100 * _top_k(scores, labels, k)


def share_of_misses(scores, labels, k):
    return 1 - _top_k(scores, labels, k)


def count_of_hits(scores, labels, k):
    return (scores.topk(k).indices == labels[:, None]).any(1).sum()


def shares_of_what_was_named(scores, labels):
    named = scores.argmax(1)
    return torch.stack([(labels[named == label] == label).double().mean() for label in range(scores.shape[1])])


def shares_of_all_examples(scores, labels):
    right = scores.argmax(1) == labels
    return torch.stack([(right & (labels == label)).double().mean() for label in range(scores.shape[1])])


def hits_of_each_class(scores, labels):
    return labels.bincount((scores.argmax(1) == labels).double(), scores.shape[1])


def mean_over_the_classes(scores, labels):
    return _by_class(scores, labels).mean()


def percents_of_each_class(scores, labels):
    return 100 * _by_class(scores, labels)


def misses_of_each_class(scores, labels):
    return 1 - _by_class(scores, labels)


def hits_up_to_the_last_hit(scores, labels):
    return labels[scores.argmax(1) == labels].bincount() / labels.bincount()


def accuracies_as_a_list(scores, labels):
    return _by_class(scores, labels).tolist()


def accuracy_over_all(scores, labels):
    return (scores.argmax(1) == labels).double().mean()


# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_cross_entropy": [
        ((summed,), "07.1/sum"),
        ((without_the_minus,), "07.1/sign"),
        ((probability_in_place_of_its_log,), "07.1/no-log"),
        ((softmax_over_the_batch,), "07.1/wrong-axis"),
        ((mean_over_a_one_hot_table,), "07.1/divided-by-classes"),
        ((every_row_at_every_label,), "07.1/all-pairs"),
        ((logits_as_they_are,), "07.1/no-softmax"),
        ((softmax_of_the_softmax,), "07.1/softmax-twice"),
        ((one_loss_an_example,), "07.1/not-averaged"),
        ((log_of_a_quotient_of_exponentials,), "07.1/overflow"),
        ((log_of_the_softmax,), "07.1/overflow"),
        ((a_small_number_under_the_log,), "07.1/clipped"),
        ((exponentials_summed_over_the_batch,), "07.1/wrong-axis"),
        ((one_sum_for_the_whole_batch,), "07.1/whole-batch"),
        ((sum_without_its_log,), "07.1/no-log"),
        ((divided_by_the_number_of_classes,), "07.1/divided-by-classes"),
        ((table_as_wide_as_the_labels,), "07.1/raises"),
        ((largest_logit_of_the_batch_taken_off,), "07.1/overflow"),
        ((largest_logit_taken_off_in_place,), "07.1/changes-input"),
        ((loss_of_torch,), "07.1/torchs-loss"),
        ((other_loss_of_torch,), "07.1/torchs-loss"),
        ((losses_as_a_list,), "07.1/not-a-tensor"),
        ((as_a_python_number,), "07.1/not-a-tensor"),
        ((cut_off,), "07.1/no-gradient"),
    ],
    "check_distances": [
        ((square_root_forgotten,), "07.2/squared"),
        ((city_block,), "07.2/city-block"),
        ((mean_of_squares,), "07.2/mean-of-squares"),
        ((upper_triangle,), "07.2/one-triangle"),
        ((inner_products,), "07.2/products"),
        ((plus_twice_the_product,), "07.2/sign"),
        ((bare_square_root,), "07.2/nan-gradient"),
        ((square_root_hidden_afterwards,), "07.2/nan-gradient"),
        ((expanded_without_a_clamp,), "07.2/negative-root"),
        ((large_number_under_the_root,), "07.2/epsilon"),
        ((lower_triangle,), "07.2/one-triangle"),
        ((product_once,), "07.2/one-product"),
        ((ones_left_on_the_diagonal,), "07.2/zeros-not-put-back"),
        ((diagonal_alone_replaced,), "07.2/diagonal-only"),
        ((small_distances_taken_for_zero,), "07.2/coarse-zero"),
        ((diagonal_filled_in_place,), "07.2/in-place"),
        ((points_centered_in_place,), "07.2/changes-input"),
        ((one_end_held_fast,), "07.2/gradient"),
        ((pairs_with_the_library_s_small_number,), "07.2/gradient"),
        ((distances_by_a_loop,), "07.2/loop"),
        ((distances_as_a_list,), "07.2/values-shape"),
        ((distances_cut_off,), "07.2/no-gradient"),
    ],
    "check_triplet_loss": [
        ((example_as_its_own_positive,), "07.3/lonely-anchor"),
        ((squared_distances,), "07.3/squared"),
        ((squared_among_all_triplets,), "07.3/squared"),
        ((nearest_positive,), "07.3/near-positive"),
        ((farthest_negative,), "07.3/far-negative"),
        ((easiest_triplets,), "07.3/easiest"),
        ((own_class_hidden_by_zeros,), "07.3/hidden-by-zero"),
        ((one_triplet_of_the_batch,), "07.3/whole-batch"),
        ((without_the_hinge,), "07.3/no-hinge"),
        ((positive_and_negative_exchanged,), "07.3/turned-round"),
        ((hinge_after_the_mean,), "07.3/no-hinge"),
        ((one_loss_an_anchor,), "07.3/not-averaged"),
        ((margin_subtracted,), "07.3/no-loss"),
        ((points_put_on_the_sphere,), "07.3/normalised"),
        ((hidden_by_a_product_with_infinity,), "07.3/zero-times-infinity"),
        ((one_table_hidden_twice,), "07.3/infinite"),
        ((labels_counted_from_one,), "07.3/changes-input"),
        ((axes_of_the_table_exchanged,), "07.3/turned-round"),
        ((losses_below_zero_among_all,), "07.3/no-hinge"),
        ((triplets_divided_by_the_batch,), "07.3/divided-by-batch"),
        ((mean_of_the_whole_table,), "07.3/divided-by-batch"),
        ((mean_of_the_anchors_means,), "07.3/mean-of-means"),
        ((sum_of_an_empty_list,), "07.3/not-a-tensor"),
        ((margin_left_out,), "07.3/no-margin"),
        ((sum_over_anchors,), "07.3/sum"),
        ((mean_over_losing_anchors,), "07.3/active-only"),
        ((mean_over_the_whole_batch,), "07.3/whole-mean"),
        ((always_hard,), "07.3/mining-ignored"),
        ((semihard_for_all,), "07.3/wrong-mining"),
        ((hard_ones_among_the_semihard,), "07.3/hard-ones-in"),
        ((triplets_without_a_loss_counted,), "07.3/zeros-counted"),
        ((itself_among_all_triplets,), "07.3/itself"),
        ((sum_over_triplets,), "07.3/sum"),
        ((mean_of_nothing,), "07.3/no-triplet"),
        ((new_zero_without_a_triplet,), "07.3/no-gradient"),
        ((mined_with_detached_negatives,), "07.3/gradient"),
    ],
    "check_center_loss": [
        ((half_forgotten, _moved), "07.4/no-half"),
        ((pull_summed, _moved), "07.4/sum"),
        ((pull_averaged_over_features, _moved), "07.4/mean-over-features"),
        ((pull_not_squared, _moved), "07.4/not-squared"),
        ((pull_of_every_center, _moved), "07.4/every-center"),
        ((pull_by_the_mean_squared_error, _moved), "07.4/mean-over-features"),
        ((half_within_the_square, _moved), "07.4/half-squared"),
        ((pull_for_each_example, _moved), "07.4/not-averaged"),
        ((features_centered_in_place, _moved), "07.4/changes-input"),
        ((pull_cut_off, _moved), "07.4/no-gradient"),
        ((_pull, centers_move_away), "07.4/away"),
        ((_pull, step_in_place_of_centers), "07.4/step-only"),
        ((_pull, alpha_forgotten), "07.4/no-alpha"),
        ((_pull, last_example_wins), "07.4/last-example"),
        ((_pull, last_example_wins_divided), "07.4/last-example"),
        ((_pull, sum_not_divided), "07.4/not-divided"),
        ((_pull, divided_by_n), "07.4/plain-mean"),
        ((_pull, divided_by_n_with_a_missing_class), "07.4/plain-mean"),
        ((_pull, part_of_the_way_to_the_mean), "07.4/missing-class"),
        ((_pull, means_of_the_classes), "07.4/class-means"),
        ((_pull, centers_as_they_were), "07.4/not-moved"),
        ((_pull, counts_up_to_the_largest_label), "07.4/raises"),
        ((_pull, classes_of_the_batch_alone), "07.4/missing-class"),
        ((_pull, centers_as_a_list), "07.4/centers-type"),
        ((_pull, divided_by_the_batch), "07.4/divided-by-batch"),
        ((_pull, centers_moved_in_place), "07.4/changes-input"),
    ],
    "check_judging": [
        ((distances_as_scores, _top_k, _by_class), "07.5/nearest-last"),
        ((sums_of_the_classes, _top_k, _by_class), "07.5/sums"),
        ((medians_of_the_classes, _top_k, _by_class), "07.5/medians"),
        ((nearest_example, _top_k, _by_class), "07.5/nearest-example"),
        ((products_with_the_means, _top_k, _by_class), "07.5/products"),
        ((angles_to_the_means, _top_k, _by_class), "07.5/angles"),
        ((sums_divided_by_all_examples, _top_k, _by_class), "07.5/divided-by-all"),
        ((mean_distance_to_the_examples, _top_k, _by_class), "07.5/mean-distance"),
        ((city_block_to_the_means, _top_k, _by_class), "07.5/city-block"),
        ((scores_as_an_array, _top_k, _by_class), "07.5/scores-shape"),
        ((examples_centered_in_place, _top_k, _by_class), "07.5/changes-input"),
        ((classes_in_rows, _top_k, _by_class), "07.5/scores-shape"),
        ((predictions_in_place_of_scores, _top_k, _by_class), "07.5/scores-shape"),
        ((_by_mean, top_one_always, _by_class), "07.5/only-first"),
        ((_by_mean, divided_by_k, _by_class), "07.5/divided-by-k"),
        ((_by_mean, lowest_scores, _by_class), "07.5/lowest"),
        ((_by_mean, kth_place_alone, _by_class), "07.5/exactly-kth"),
        ((_by_mean, values_in_place_of_classes, _by_class), "07.5/none"),
        ((_by_mean, labels_without_an_axis, _by_class), "07.5/every"),
        ((_by_mean, one_place_more, _by_class), "07.5/one-more"),
        ((_by_mean, hit_or_not_of_each_example, _by_class), "07.5/not-averaged"),
        ((_by_mean, percents, _by_class), "07.5/percent"),
        ((_by_mean, share_of_misses, _by_class), "07.5/errors"),
        ((_by_mean, count_of_hits, _by_class), "07.5/not-averaged"),
        ((_by_mean, _top_k, shares_of_what_was_named), "07.5/precision"),
        ((_by_mean, _top_k, shares_of_all_examples), "07.5/share-of-all"),
        ((_by_mean, _top_k, hits_of_each_class), "07.5/counts"),
        ((_by_mean, _top_k, accuracy_over_all), "07.5/one-number"),
        ((_by_mean, _top_k, mean_over_the_classes), "07.5/one-number"),
        ((_by_mean, _top_k, percents_of_each_class), "07.5/percent"),
        ((_by_mean, _top_k, misses_of_each_class), "07.5/errors"),
        ((_by_mean, _top_k, hits_up_to_the_last_hit), "07.5/raises"),
        ((_by_mean, _top_k, accuracies_as_a_list), "07.5/class-accuracy-type"),
    ],
}


# right answers, written differently


def entropy_by_logsumexp(logits, labels):
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None]).squeeze(1)).mean()


def entropy_with_the_largest_taken_off(logits, labels):
    logits = logits - logits.amax(1, keepdim=True)
    own = (F.one_hot(labels, logits.shape[1]) * logits).sum(1)
    return (logits.exp().sum(1).log() - own).sum() / len(labels)


def entropy_by_a_mask(logits, labels):
    own = torch.arange(logits.shape[1]) == labels[:, None]
    return -torch.log_softmax(logits, dim=-1)[own].mean()


def entropy_by_a_loop(logits, labels):
    losses = [torch.logsumexp(row, 0) - row[label] for row, label in zip(logits, labels, strict=True)]
    return torch.stack(losses).mean()


def distances_by_cdist(points):
    return torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")


def distances_by_a_norm(points):
    return torch.linalg.vector_norm(points.unsqueeze(0) - points.unsqueeze(1), dim=-1)


def distances_expanded(points):
    points = points - points.mean(0)
    lengths = (points * points).sum(1, keepdim=True)
    squares = (lengths + lengths.T - 2 * points @ points.T).clamp(min=0)
    near = squares < 1e-9
    return torch.where(near, 0, torch.where(near, 1, squares).sqrt())


def distances_written_where_positive(points):
    squares = _gaps(points).square().sum(2)
    found = torch.zeros_like(squares)
    found[squares > 0] = squares[squares > 0].sqrt()
    return found


def distances_with_a_tiny_number(points):
    return (_gaps(points).square().sum(2) + 1e-14).sqrt()


def triplets_by_a_loop(points, labels, margin, mining):
    distance = _distances(points)
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


def triplets_over_whole_tables(points, labels, margin, mining):
    distance = _distances(points)
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


def triplets_by_the_library(points, labels, margin, mining):
    from resnet_labs.losses import triplet_loss

    return triplet_loss(points, labels, margin=margin, mining=mining)


def pull_by_a_loop(features, labels, centers):
    return sum(((row - centers[label]) ** 2).sum() for row, label in zip(features, labels, strict=True)) / (
        2 * len(labels)
    )


def pull_by_mse(features, labels, centers):
    return 0.5 * features.shape[1] * F.mse_loss(features, centers.index_select(0, labels))


def pull_by_one_hot(features, labels, centers):
    table = F.one_hot(labels, len(centers)).float()
    return 0.5 * torch.linalg.vector_norm(features - table @ centers, dim=1).pow(2).mean()


def moved_by_a_loop(features, labels, centers, alpha):
    moved = []
    for label, center in enumerate(centers):
        own = features[labels == label]
        moved.append(center - alpha * (center - own).sum(0) / (1 + len(own)))
    return torch.stack(moved)


def moved_from_plain_zeros(features, labels, centers, alpha):
    sums = torch.zeros(len(centers), centers.shape[1]).index_add_(0, labels, centers[labels] - features)
    counts = torch.zeros(len(centers)).index_add_(0, labels, torch.ones(len(labels)))
    return centers - alpha * sums / (1 + counts)[:, None]


def moved_by_a_table(features, labels, centers, alpha):
    table = F.one_hot(labels, len(centers)).to(features.dtype)
    counts = table.sum(0)[:, None]
    return centers + alpha * (table.T @ features - counts * centers) / (counts + 1)


def scores_by_squares(known, labels, asked, num_classes):
    table = F.one_hot(labels, num_classes).to(known.dtype)
    means = table.T @ known / table.sum(0)[:, None]
    return -(asked[:, None] - means).square().sum(2)


def scores_as_chances(known, labels, asked, num_classes):
    return _by_mean(known, labels, asked, num_classes).softmax(1)


def scores_by_index_add(known, labels, asked, num_classes):
    sums = torch.zeros(num_classes, known.shape[1]).index_add_(0, labels, known)
    return 1 / (1 + torch.cdist(asked, sums / labels.bincount(minlength=num_classes)[:, None]))


def top_k_by_ranks(scores, labels, k):
    return ((scores > scores[range(len(labels)), labels][:, None]).sum(1) < k).double().mean()


def top_k_by_a_loop(scores, labels, k):
    hits = sum(int(label) in row.argsort(descending=True)[:k].tolist() for row, label in zip(scores, labels))  # noqa: B905
    return hits / len(labels)


def classes_by_counts(scores, labels):
    hits = labels[scores.argmax(1) == labels].bincount(minlength=scores.shape[1])
    return hits / labels.bincount(minlength=scores.shape[1])


def classes_by_the_confusion_matrix(scores, labels):
    num_classes = scores.shape[1]
    table = (labels * num_classes + scores.argmax(1)).bincount(minlength=num_classes**2).reshape(num_classes, -1)
    return table.diag() / table.sum(1)


RIGHT = {
    "check_cross_entropy": [
        (entropy_by_logsumexp,),
        (entropy_with_the_largest_taken_off,),
        (entropy_by_a_loop,),
        (entropy_by_a_mask,),
    ],
    "check_distances": [
        (distances_by_cdist,),
        (distances_by_a_norm,),
        (distances_expanded,),
        (distances_written_where_positive,),
        (distances_with_a_tiny_number,),
    ],
    "check_triplet_loss": [
        (triplets_by_a_loop,),
        (triplets_over_whole_tables,),
        (triplets_by_their_places,),
        (triplets_by_the_library,),
    ],
    "check_center_loss": [
        (pull_by_a_loop, moved_by_a_loop),
        (pull_by_mse, moved_by_a_table),
        (pull_by_one_hot, moved_from_plain_zeros),
    ],
    "check_judging": [
        (scores_by_squares, top_k_by_ranks, classes_by_counts),
        (scores_as_chances, top_k_by_a_loop, _by_class),
        (scores_by_index_add, _top_k, classes_by_the_confusion_matrix),
    ],
}
