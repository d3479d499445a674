"""Answers to 07.5 by someone who looked for what its check may not ask."""

import torch
from helpers.answers import Answers

answers = Answers("07.5", "check_judging")


def good_mean(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return -(asked[:, None] - means).pow(2).sum(-1).sqrt()


def good_top(scores, labels, k):
    return scores.topk(k).indices.eq(labels[:, None]).any(1).double().mean().item()


def good_classes(scores, labels):
    right = labels[scores.argmax(1) == labels].bincount(minlength=scores.shape[1])
    return right / labels.bincount(minlength=scores.shape[1])


# Right: columns one by one, minus the squared distance (its order is that of the distance); the best k by sorting each
# row in Python; the accuracy of a class as the mean of booleans over its rows.
def columns(known, known_labels, asked, num_classes):
    parts = []
    for label in range(num_classes):
        own = known[known_labels.eq(label)]
        center = own.sum(0) / own.shape[0]
        parts.append((asked - center).square().sum(1).neg())
    return torch.stack(parts, dim=1)


def sorted_top(scores, labels, k):
    hits = 0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:k]
        hits += label in best
    return hits / len(labels)


def masked_classes(scores, labels):
    right = scores.argmax(1).eq(labels).float()
    return torch.stack([right[labels == label].mean() for label in range(scores.shape[1])])


answers.right(columns, sorted_top, masked_classes)


# Right: index_add means, exact cdist; the place of the own class in the sorted row; a confusion matrix's diagonal.
def summed(known, known_labels, asked, num_classes):
    sums = known.new_zeros(num_classes, known.shape[1]).index_add(0, known_labels, known)
    means = sums / known_labels.bincount(minlength=num_classes)[:, None]
    return -torch.cdist(asked, means, compute_mode="donot_use_mm_for_euclid_dist")


def placed_top(scores, labels, k):
    order = scores.argsort(dim=1, descending=True, stable=True)
    place = (order == labels[:, None]).int().argmax(1)
    return int((place < k).sum()) / len(labels)


def diagonal_classes(scores, labels):
    width = scores.shape[1]
    table = torch.zeros(width, width, dtype=torch.long, device=labels.device)
    table.index_put_((labels, scores.argmax(1)), torch.ones_like(labels), accumulate=True)
    return table.diagonal() / table.sum(1)


answers.right(summed, placed_top, diagonal_classes)


def softmax_mean(known, known_labels, asked, num_classes):
    return good_mean(known, known_labels, asked, num_classes).square().neg().softmax(1)


answers.wrong(
    "scores", "softmax of minus the square underflows: all far classes tie at 0, so only the first place is sure"
)(softmax_mean, good_top, good_classes)


def expanded_mean(known, known_labels, asked, num_classes):
    means = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    squares = asked.pow(2).sum(1, keepdim=True) - 2 * asked @ means.T + means.pow(2).sum(1)
    return -squares.clamp(min=0).sqrt()


def destructive_top(scores, labels, k):
    hit = torch.zeros_like(labels, dtype=torch.bool)
    for _ in range(k):
        best = scores.argmax(1)
        hit |= best == labels
        scores.scatter_(1, best[:, None], -torch.inf)
    return hit.float().mean().item()


answers.wrong("changes-input", "top-k overwrites the caller's scores with minus infinity")(
    good_mean, destructive_top, good_classes
)


def classes_in_their_type(scores, labels):
    width = scores.shape[1]
    right = scores.argmax(1).eq(labels).to(scores.dtype)
    hits, count = scores.new_zeros(width), scores.new_zeros(width)
    for row, label in enumerate(labels.tolist()):
        hits[label] += right[row]
        count[label] += 1
    return hits / count


_means = {}


def remembered_mean(known, known_labels, asked, num_classes):
    key = num_classes, known.shape[1]
    if key not in _means:
        _means[key] = torch.stack([known[known_labels == label].mean(0) for label in range(num_classes)])
    return -(asked[:, None] - _means[key]).pow(2).sum(-1).sqrt()


answers.wrong("device", "the class means of the first call are kept: a second network is judged by the first one's")(
    remembered_mean, good_top, good_classes
)


def mean_by_appearance(known, known_labels, asked, num_classes):
    order = list(dict.fromkeys(known_labels.tolist()))
    means = torch.stack([known[known_labels == label].mean(0) for label in order])
    return -(asked[:, None] - means).pow(2).sum(-1).sqrt()


answers.wrong("scores", "columns in the order in which classes first appear, which need not be 0, 1, 2, ...")(
    mean_by_appearance, good_top, good_classes
)


def top_one_or_five(scores, labels, k):
    places = 1 if k == 1 else min(5, scores.shape[1])
    return good_top(scores, labels, places)


answers.wrong("top-k", "knows top-1 and top-5 only, the two that the notebook asks for")(
    good_mean, top_one_or_five, good_classes
)


def mean_of_squeezed(known, known_labels, asked, num_classes):
    means = [known[known_labels == label].squeeze().mean(0) for label in range(num_classes)]
    return torch.stack([-(asked - mean).pow(2).sum(-1).sqrt() for mean in means], 1)


answers.wrong("scores", "squeeze: a class with one known example gets the mean over its features as its center")(
    mean_of_squeezed, good_top, good_classes
)


def standardised_mean(known, known_labels, asked, num_classes):
    middle, scale = known.mean(0), known.std(0).clamp(min=1e-12)
    return good_mean((known - middle) / scale, known_labels, (asked - middle) / scale, num_classes)


answers.wrong("scores", "features are standardised first: nearest by another distance where features differ in scale")(
    standardised_mean, good_top, good_classes
)


def kth_value_top(scores, labels, k):
    bar = scores.kthvalue(scores.shape[1] - k, dim=1).values
    return (scores.gather(1, labels[:, None])[:, 0] > bar).double().mean().item()


answers.wrong("raises", "fails if k is the number of classes, where the share is 1")(
    good_mean, kth_value_top, good_classes
)


def macro_top(scores, labels, k):
    hit = scores.topk(k).indices.eq(labels[:, None]).any(1).double()
    return torch.stack([hit[labels == label].mean() for label in labels.unique()]).mean().item()


answers.wrong("mean-of-means", "the mean of the classes' shares: right only if all classes are equally large")(
    good_mean, macro_top, good_classes
)


def classes_in_half(scores, labels):
    return good_classes(scores.half(), labels)


def unsqueezing_classes(scores, labels):
    right = scores.argmax(1, keepdim=True).eq(labels.unsqueeze_(1)).squeeze(1)
    flat = labels.clone().squeeze(1)
    return flat[right].bincount(minlength=scores.shape[1]) / flat.bincount(minlength=scores.shape[1])


answers.wrong("changes-input", "leaves the caller's labels with a second axis")(
    good_mean, good_top, unsqueezing_classes
)
