"""Wrong answers to lab 03, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

import math
from statistics import NormalDist

import torch
import torch.nn.functional as F
from scipy import stats
from torch.autograd.graph import saved_tensors_hooks

# exercise 03.1


def _wilson(right, total, *, z=1.96, root=math.sqrt, scale=True):
    p, n = right / total, total
    middle, arm = p + z * z / (2 * n), z * root(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n if scale else 1
    return (middle - arm) / below, (middle + arm) / below


def normal_interval(right, total):
    p = right / total
    arm = 1.96 * math.sqrt(p * (1 - p) / total)
    return p - arm, p + arm


def normal_interval_cut_off(right, total):
    low, high = normal_interval(right, total)
    return max(low, 0.0), min(high, 1.0)


def one_sided_z(right, total):
    return _wilson(right, total, z=1.645)


def one_standard_error(right, total):
    return _wilson(right, total, z=1.0)


def without_root(right, total):
    return _wilson(right, total, root=lambda value: value)


def not_divided(right, total):
    return _wilson(right, total, scale=False)


def high_before_low(right, total):
    return _wilson(right, total)[::-1]


def in_per_cent(right, total):
    return tuple(100 * end for end in _wilson(right, total))


def agresti_coull(right, total):
    return normal_interval(right + 1.96**2 / 2, total + 1.96**2)


def continuity_corrected(right, total):
    return tuple(stats.binomtest(right, total).proportion_ci(0.95, method="wilsoncc"))


def z_not_squared(right, total):
    p, n, z = right / total, total, 1.96
    middle, arm = p + z / (2 * n), z * math.sqrt(p * (1 - p) / n + z / (4 * n * n))
    return (middle - arm) / (1 + z / n), (middle + arm) / (1 + z / n)


def fails_at_no_success(right, total):
    return _wilson(right, total, z=NormalDist().inv_cdf(0.975) / (right / right))


def only_the_arm(right, total):
    low, high = _wilson(right, total)
    return (high - low) / 2


# exercise 03.2


def _counts(first, second):
    return int((first & ~second).sum()), int((second & ~first).sum())


def _p(b, c):
    return min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c))


def concordant_pairs(first, second):
    b, c = int((first & second).sum()), int((~first & ~second).sum())
    return b, c, _p(b, c)


def all_that_were_right(first, second):
    b, c = int(first.sum()), int(second.sum())
    return b, c, _p(b, c)


def counts_swapped(first, second):
    c, b = _counts(first, second)
    return b, c, _p(b, c)


def one_tail(first, second):
    b, c = _counts(first, second)
    return b, c, stats.binom.cdf(min(b, c), b + c, 0.5)


def tail_of_the_first(first, second):
    b, c = _counts(first, second)
    return b, c, min(1.0, 2 * stats.binom.cdf(b, b + c, 0.5))


def tail_of_the_larger(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.cdf(max(b, c), b + c, 0.5)


def tail_of_the_second(first, second):
    b, c = _counts(first, second)
    return b, c, min(1.0, 2 * stats.binom.cdf(c, b + c, 0.5))


def beyond_one(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.cdf(min(b, c), b + c, 0.5)


def chi_squared(first, second):
    b, c = _counts(first, second)
    return b, c, stats.chi2.sf((b - c) ** 2 / (b + c), 1)


def chi_squared_corrected(first, second):
    b, c = _counts(first, second)
    return b, c, stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1)


def this_split_alone(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.pmf(b, b + c, 0.5)


def mid_p(first, second):
    b, c = _counts(first, second)
    return b, c, 2 * stats.binom.cdf(min(b, c), b + c, 0.5) - stats.binom.pmf(b, b + c, 0.5)


def two_proportions(first, second):
    b, c = _counts(first, second)
    n, p1, p2 = len(first), first.double().mean().item(), second.double().mean().item()
    p = (p1 + p2) / 2
    return b, c, 2 * stats.norm.sf(abs(p1 - p2) / math.sqrt(2 * p * (1 - p) / n))


def only_p(first, second):
    return _p(*_counts(first, second))


def never_different_is_a_nan(first, second):
    b, c = _counts(first, second)
    return b, c, _p(b, c) if b + c else math.nan


# exercise 03.3


def _smallest(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


NEEDED = 2.8**2 * 2 * 0.98153 * 0.01847 / 0.0004**2


def one_network(accuracy, total):
    return 2.8 * math.sqrt(accuracy * (1 - accuracy) / total)


def errors_added(accuracy, total):
    return 2.8 * 2 * math.sqrt(accuracy * (1 - accuracy) / total)


def without_power(accuracy, total):
    return 1.96 * math.sqrt(2 * accuracy * (1 - accuracy) / total)


def one_sided_difference(accuracy, total):
    return (1.645 + 0.84) * math.sqrt(2 * accuracy * (1 - accuracy) / total)


def in_images(accuracy, total):
    return total * _smallest(accuracy, total)


def difference_in_per_cent(accuracy, total):
    return 100 * _smallest(accuracy, total)


def variance_forgot_the_images(accuracy, total):
    return 2.8 * math.sqrt(2 * accuracy * (1 - accuracy))


def at_one_half(accuracy, total):
    return 2.8 * math.sqrt(2 * 0.25 / total)


# exercise 03.4


def _fixed(network, numbers):
    weights = sum(t.numel() * t.element_size() for t in [*network.parameters(), *network.buffers()])
    gradients = sum(p.numel() * p.element_size() for p in network.parameters() if p.requires_grad)
    return weights, gradients, numbers * gradients


def _saved(network, images):
    kept = []

    def pack(tensor):
        kept.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return kept


def _own(network):
    return {t.untyped_storage() for t in [*network.parameters(), *network.buffers()]}


def _activations(network, images):
    return sum(s.nbytes() for s in {t.untyped_storage() for t in _saved(network, images)} - _own(network))


def _bytes(tensors):
    return sum(t.numel() * t.element_size() for t in tensors)


def right_bytes(network, images, numbers):
    return *_fixed(network, numbers), _activations(network, images)


def numbers_not_bytes(network, images, numbers):
    return sum(p.numel() for p in network.parameters()), *right_bytes(network, images, numbers)[1:]


def always_four_bytes(network, images, numbers):
    weights = 4 * sum(t.numel() for t in [*network.parameters(), *network.buffers()])
    # What counts batches is an int64.
    weights += sum(4 for t in network.buffers() if t.dtype == torch.int64)
    return weights, *right_bytes(network, images, numbers)[1:]


def four_bytes_for_everything(network, images, numbers):
    weights = 4 * sum(t.numel() for t in [*network.parameters(), *network.buffers()])
    return weights, *right_bytes(network, images, numbers)[1:]


def without_buffers(network, images, numbers):
    return _bytes(network.parameters()), *right_bytes(network, images, numbers)[1:]


def gradients_of_buffers(network, images, numbers):
    weights, _, optimizer, activations = right_bytes(network, images, numbers)
    return weights, weights, optimizer, activations


def gradients_of_frozen_weights(network, images, numbers):
    weights, _, optimizer, activations = right_bytes(network, images, numbers)
    return weights, _bytes(network.parameters()), optimizer, activations


def optimizer_of_frozen_weights(network, images, numbers):
    weights, gradients, _, activations = right_bytes(network, images, numbers)
    return weights, gradients, numbers * _bytes(network.parameters()), activations


def optimizer_always_momentum(network, images, numbers):
    weights, gradients, _, activations = right_bytes(network, images, numbers)
    return weights, gradients, gradients, activations


def without_autograd(network, images, numbers):
    with torch.no_grad():
        return *_fixed(network, numbers), _activations(network, images)


def weights_among_activations(network, images, numbers):
    kept = {t.untyped_storage() for t in _saved(network, images)}
    return *_fixed(network, numbers), sum(s.nbytes() for s in kept)


def buffers_among_activations(network, images, numbers):
    kept = {t.untyped_storage() for t in _saved(network, images)}
    kept -= {p.untyped_storage() for p in network.parameters()}
    return *_fixed(network, numbers), sum(s.nbytes() for s in kept)


def counted_twice(network, images, numbers):
    own = _own(network)
    return *_fixed(network, numbers), _bytes(t for t in _saved(network, images) if t.untyped_storage() not in own)


def everything_saved(network, images, numbers):
    return *_fixed(network, numbers), _bytes(_saved(network, images))


def all_outputs(network, images, numbers):
    found = []
    hooks = [layer.register_forward_hook(lambda *given: found.append(given[-1])) for layer in network.children()]
    network(images)
    for hook in hooks:
        hook.remove()
    return *_fixed(network, numbers), _bytes(found)


def by_address(network, images, numbers):
    own = {t.data_ptr() for t in [*network.parameters(), *network.buffers()]}
    kept = {t.data_ptr(): t.untyped_storage().nbytes() for t in _saved(network, images)}
    return *_fixed(network, numbers), sum(size for place, size in kept.items() if place not in own)


def without_the_batch(network, images, numbers):
    own = {*_own(network), images.untyped_storage()}
    return *_fixed(network, numbers), sum(
        s.nbytes() for s in {t.untyped_storage() for t in _saved(network, images)} - own
    )


def their_sum(network, images, numbers):
    return sum(right_bytes(network, images, numbers))


# exercise 03.5


def _step(network, optimizer, images, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss


def _sgd(network):
    return torch.optim.SGD(network.parameters(), lr=0.1)


def _one_run(make, batches):
    network = make()
    optimizer = _sgd(network)
    return [_step(network, optimizer, *batch).item() for batch in batches]


def keeps_a_list_of_networks(makers, batches, release):
    networks, losses = [], []
    for make in makers:
        networks.append(make())
        optimizer = _sgd(networks[-1])
        losses.append([_step(networks[-1], optimizer, *batch).item() for batch in batches])
        del optimizer
        release()
    return losses


def name_still_bound(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        release()
    return losses


def makes_all_first(makers, batches, release):
    losses = []
    for network in [make() for make in makers]:
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        release()
    return losses


def loss_tensors_kept(makers, batches, release):
    def run(make):
        network = make()
        optimizer = _sgd(network)
        return [_step(network, optimizer, *batch) for batch in batches]

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return [[loss.item() for loss in row] for row in losses]


def last_loss_still_bound(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([])
        for batch in batches:
            loss = _step(network, optimizer, *batch)
            losses[-1].append(loss.item())
        del network, optimizer
        release()
    return losses


def optimizer_still_bound(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        del network
        release()
    return losses


def never_releases(makers, batches, release):
    return [_one_run(make, batches) for make in makers]


def releases_before_the_name_is_gone(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        release()
        del network, optimizer
    return losses


def releases_in_every_step(makers, batches, release):
    def run(make):
        network = make()
        optimizer = _sgd(network)
        losses = []
        for batch in batches:
            losses.append(_step(network, optimizer, *batch).item())
            release()
        return losses

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return losses


def releases_at_the_end_alone(makers, batches, release):
    losses = never_releases(makers, batches, release)
    release()
    return losses


def last_loss_of_each(makers, batches, release):
    losses = []
    for make in makers:
        losses.append(_one_run(make, batches)[-1])
        release()
    return losses


def all_in_one_list(makers, batches, release):
    losses = []
    for make in makers:
        losses += _one_run(make, batches)
        release()
    return losses


def with_momentum(makers, batches, release):
    def run(make):
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        return [_step(network, optimizer, *batch).item() for batch in batches]

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return losses


def gradients_add_up(makers, batches, release):
    def run(make):
        network = make()
        optimizer, losses = _sgd(network), []
        for images, labels in batches:
            loss = F.cross_entropy(network(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return losses


def forgets_to_return(makers, batches, release):
    for make in makers:
        _one_run(make, batches)
        release()


# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_wilson": [
        ((normal_interval,), "03.1/normal"),
        ((normal_interval_cut_off,), "03.1/normal"),
        ((one_sided_z,), "03.1/one-sided"),
        ((one_standard_error,), "03.1/no-z"),
        ((without_root,), "03.1/no-root"),
        ((not_divided,), "03.1/not-divided"),
        ((high_before_low,), "03.1/swapped"),
        ((in_per_cent,), "03.1/per-cent"),
        ((agresti_coull,), "03.1/agresti-coull"),
        ((continuity_corrected,), "03.1/corrected"),
        ((z_not_squared,), "03.1/ends"),
        ((fails_at_no_success,), "03.1/raises"),
        ((only_the_arm,), "03.1/how-many"),
    ],
    "check_mcnemar": [
        ((concordant_pairs,), "03.2/concordant"),
        ((all_that_were_right,), "03.2/all-right"),
        ((counts_swapped,), "03.2/swapped"),
        ((one_tail,), "03.2/one-sided"),
        ((tail_of_the_first,), "03.2/larger-tail"),
        ((tail_of_the_larger,), "03.2/larger-tail"),
        ((tail_of_the_second,), "03.2/larger-tail"),
        ((beyond_one,), "03.2/above-one"),
        ((chi_squared,), "03.2/chi-squared"),
        ((chi_squared_corrected,), "03.2/chi-squared"),
        ((this_split_alone,), "03.2/one-outcome"),
        ((mid_p,), "03.2/mid-p"),
        ((two_proportions,), "03.2/unpaired"),
        ((only_p,), "03.2/how-many"),
        ((never_different_is_a_nan,), "03.2/p"),
    ],
    "check_smallest_difference": [
        ((one_network, NEEDED), "03.3/one-network"),
        ((errors_added, NEEDED), "03.3/errors-added"),
        ((without_power, NEEDED), "03.3/no-power"),
        ((one_sided_difference, NEEDED), "03.3/one-sided"),
        ((in_images, NEEDED), "03.3/images"),
        ((difference_in_per_cent, NEEDED), "03.3/per-cent"),
        ((variance_forgot_the_images, NEEDED), "03.3/no-total"),
        ((at_one_half, NEEDED), "03.3/difference"),
        ((_smallest, NEEDED / 2), "03.3/needed-one-network"),
        ((_smallest, NEEDED * (1.96 / 2.8) ** 2), "03.3/needed-no-power"),
        ((_smallest, NEEDED / 10_000), "03.3/needed-per-cent"),
        ((_smallest, 7500 * _smallest(0.98153, 7500) / 0.0004), "03.3/needed-linear"),
        ((_smallest, 7500), "03.3/needed"),
    ],
    "check_training_bytes": [
        ((numbers_not_bytes,), "03.4/not-bytes"),
        ((always_four_bytes,), "03.4/weights"),
        ((four_bytes_for_everything,), "03.4/always-four"),
        ((without_buffers,), "03.4/no-buffers"),
        ((gradients_of_buffers,), "03.4/buffers-trained"),
        ((gradients_of_frozen_weights,), "03.4/frozen-counted"),
        ((optimizer_of_frozen_weights,), "03.4/optimizer-all"),
        ((optimizer_always_momentum,), "03.4/optimizer-one"),
        ((without_autograd,), "03.4/nothing-kept"),
        ((weights_among_activations,), "03.4/weights-kept"),
        ((buffers_among_activations,), "03.4/buffers-kept"),
        ((counted_twice,), "03.4/twice"),
        ((everything_saved,), "03.4/twice"),
        ((all_outputs,), "03.4/outputs"),
        ((by_address,), "03.4/address"),
        ((without_the_batch,), "03.4/no-images"),
        ((their_sum,), "03.4/four-numbers"),
    ],
    "check_run_all": [
        ((keeps_a_list_of_networks,), "03.5/network-held"),
        ((name_still_bound,), "03.5/network-held"),
        ((makes_all_first,), "03.5/all-at-once"),
        ((loss_tensors_kept,), "03.5/weights-held"),
        ((last_loss_still_bound,), "03.5/weights-held"),
        ((optimizer_still_bound,), "03.5/weights-held"),
        ((never_releases,), "03.5/no-release"),
        ((releases_before_the_name_is_gone,), "03.5/too-early"),
        ((releases_in_every_step,), "03.5/release-each-step"),
        ((releases_at_the_end_alone,), "03.5/no-release"),
        ((last_loss_of_each,), "03.5/losses-shape"),
        ((all_in_one_list,), "03.5/losses-shape"),
        ((with_momentum,), "03.5/losses"),
        ((gradients_add_up,), "03.5/gradients-added"),
        ((forgets_to_return,), "03.5/no-return"),
    ],
}


# right answers, written differently


def wilson_by_roots(right, total):
    """The two accuracies that lie just z of their own standard errors from the one measured."""
    z2, n = NormalDist().inv_cdf(0.975) ** 2, total
    a, b, c = 1 + z2 / n, -(2 * right / n + z2 / n), (right / n) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def wilson_in_tensors(right, total):
    p, z = torch.tensor(right / total, dtype=torch.float64), 1.96
    signs = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return (p + z**2 / (2 * total) + signs * z * (p * (1 - p) / total + (z / (2 * total)) ** 2).sqrt()) / (
        1 + z**2 / total
    )


def wilson_by_scipy(right, total):
    return stats.binomtest(right, total).proportion_ci(0.95, method="wilson")


def mcnemar_by_scipy(first, second):
    b, c = _counts(first, second)
    return b, c, stats.binomtest(b, b + c).pvalue if b + c else 1.0


def mcnemar_by_both_tails(first, second):
    gap = first.int() - second.int()
    b, c = (gap > 0).sum(), (gap < 0).sum()
    tosses = int(b + c)
    chances = [math.comb(tosses, k) * 0.5**tosses for k in range(tosses + 1)]
    return [b, c, sum(p for p in chances if p <= chances[int(b)] * (1 + 1e-9))]


def mcnemar_in_a_loop(first, second):
    b = c = 0
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        b += one and not other
        c += other and not one
    return b, c, _p(b, c)


def difference_from_exact_quantiles(accuracy, total):
    normal = NormalDist()
    variance = accuracy * (1 - accuracy) / total
    return (normal.inv_cdf(0.975) + normal.inv_cdf(0.8)) * (variance + variance) ** 0.5


def difference_in_tensors(accuracy, total):
    return 2.8 * torch.tensor(2 * accuracy * (1 - accuracy) / total).sqrt()


def bytes_with_a_dictionary(network, images, numbers):
    kept = {}

    def pack(tensor):
        kept[tensor.untyped_storage()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        output = network(images)
    for tensor in [*network.parameters(), *network.buffers()]:
        kept.pop(tensor.untyped_storage(), None)
    del output
    return [*_fixed(network, numbers), sum(kept.values())]


def bytes_by_nbytes(network, images, numbers):
    weights = sum(t.nbytes for t in network.state_dict().values())
    gradients = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    return torch.tensor([weights, gradients, gradients * numbers, _activations(network, images)])


def run_all_with_del(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        curve = []
        for images, labels in batches:
            loss = _step(network, optimizer, images, labels)
            curve.append(loss.item())
            del loss
        losses.append(curve)
        del network, optimizer
        release()
    return losses


def run_all_with_a_function(makers, batches, release):
    losses = []
    for make in makers:
        losses.append(tuple(_one_run(make, batches)))
        release()
    return losses


def run_all_with_detached_losses(makers, batches, release):
    def run(make):
        network = make()
        optimizer = _sgd(network)
        return torch.stack([_step(network, optimizer, *batch).detach() for batch in batches])

    def run_and_release(make):
        losses = run(make)
        release()
        return losses

    return [run_and_release(make) for make in makers]


RIGHT = {
    "check_wilson": [(_wilson,), (wilson_by_roots,), (wilson_in_tensors,), (wilson_by_scipy,)],
    "check_mcnemar": [(mcnemar_by_scipy,), (mcnemar_by_both_tails,), (mcnemar_in_a_loop,)],
    "check_smallest_difference": [
        (_smallest, NEEDED),
        (difference_from_exact_quantiles, 1_778_000),
        (difference_in_tensors, torch.tensor(NEEDED)),
    ],
    "check_training_bytes": [(right_bytes,), (bytes_with_a_dictionary,), (bytes_by_nbytes,)],
    "check_run_all": [(run_all_with_del,), (run_all_with_a_function,), (run_all_with_detached_losses,)],
}
