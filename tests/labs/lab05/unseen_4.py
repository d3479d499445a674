"""Answers to 05.4 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers

answers = Answers("05.4", "check_kept")


def nearest(features, k):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(k, largest=False).indices


def good(features, positions, k, near=nearest):
    before, after = near(features, k), near(positions, k)
    return (before[:, :, None] == after[:, None, :]).any(2).double().mean().item()


@answers.wrong("device", "masks of zeros on the CPU")
def cpu_masks(features, positions, k):
    a, b = (torch.zeros(len(features), len(features)).scatter(1, nearest(x, k), 1.0) for x in (features, positions))
    return (a * b).sum().item() / (len(features) * k)


@answers.wrong("kept", "divided by ten neighbours")
def by_ten(features, positions, k):
    return good(features, positions, k) * k / 10


@answers.wrong("kept", "never more than five neighbours")
def five(features, positions, k):
    return good(features, positions, min(k, 5))


@answers.wrong("lost", "the first column is dropped: twins")
def drops_first(features, positions, k):
    return good(features, positions, k, lambda x, k: torch.cdist(x, x).topk(k + 1, largest=False).indices[:, 1:])


@answers.wrong("kept", "distance zero is taken for the row itself")
def no_twins(features, positions, k):
    def near(x, k):
        d = torch.cdist(x, x)
        d[d == 0] = torch.inf
        return d.topk(k, largest=False).indices

    return good(features, positions, k, near)


@answers.wrong("kept-with-itself", "the row itself is among its neighbours")
def with_self(features, positions, k):
    return good(features, positions, k, lambda x, k: torch.cdist(x, x).topk(k, largest=False).indices)


@answers.wrong("any-row", "both are made float16 first")
def half(features, positions, k):
    return good(features.bfloat16().float(), positions.bfloat16().float(), k)


@answers.wrong("changes-input", "positions are scaled in place")
def in_place(features, positions, k):
    positions /= positions.abs().max()
    return good(features, positions, k)


@answers.wrong("changes-input", "features are centered in place")
def in_place_features(features, positions, k):
    features.sub_(features.mean(0))
    return good(features, positions, k)


@answers.wrong("leaves-behind", "grad mode off")
def grad_off(features, positions, k):
    torch.set_grad_enabled(False)
    return good(features, positions, k)


@answers.wrong("by-place", "the order counts")
def ordered(features, positions, k):
    return (nearest(features, k) == nearest(positions, k)).float().mean().item()


@answers.wrong("jaccard", "shared over all of both (Jaccard)")
def jaccard(features, positions, k):
    before, after = nearest(features, k).tolist(), nearest(positions, k).tolist()
    return sum(len({*a} & {*b}) / len({*a} | {*b}) for a, b in zip(before, after, strict=False)) / len(before)


@answers.wrong("any-row", "at least one is kept")
def at_least_one(features, positions, k):
    before, after = nearest(features, k), nearest(positions, k)
    return (before[:, :, None] == after[:, None, :]).any(2).any(1).float().mean().item()


@answers.wrong("kept", "divided by the number of rows squared")
def over_all(features, positions, k):
    return good(features, positions, k) * k / len(features)


@answers.wrong("kept-not-divided", "the number in place of the share")
def number(features, positions, k):
    return good(features, positions, k) * k


@answers.wrong("lost", "what is lost")
def lost(features, positions, k):
    return 1 - good(features, positions, k)


@answers.wrong("any-row", "anywhere in the set: isin over all rows")
def isin(features, positions, k):
    return torch.isin(nearest(features, k), nearest(positions, k)).float().mean().item()


@answers.wrong("any-row", "the positions' neighbours among positions alone")
def positions_only(features, positions, k):
    return good(positions, positions, k)


@answers.right
def sets(features, positions, k):
    """Sets of Python numbers."""
    before, after = nearest(features, k).tolist(), nearest(positions, k).tolist()
    return sum(len(set(a) & set(b)) for a, b in zip(before, after, strict=False)) / (k * len(before))


@answers.right
def masks(features, positions, k):
    """Masks by scatter; a tensor without axes."""
    a, b = (torch.zeros(len(x), len(x), device=x.device).scatter_(1, nearest(x, k), 1.0) for x in (features, positions))
    return torch.einsum("ij,ij->", a, b) / (k * len(a))


@answers.right
def row_isin(features, positions, k):
    """A loop of torch.isin."""
    shares = [
        torch.isin(a, b).double().mean() for a, b in zip(nearest(features, k), nearest(positions, k), strict=False)
    ]
    return torch.stack(shares).mean().item()


@answers.right
def unique_counts(features, positions, k):
    """Repeated numbers in the sorted joint list."""
    joint = torch.cat([nearest(features, k), nearest(positions, k)], 1).sort(1).values
    return float((joint[:, 1:] == joint[:, :-1]).double().sum(1).mean() / k)
