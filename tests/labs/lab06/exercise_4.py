"""Wrong answers to lab 06, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from resnet_labs.losses import cross_entropy
from resnet_labs.optim import learning_rate_factor

# exercise 06.1


def _targets(labels, num_classes, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels, num_classes).double()
    return (1 - smoothing) * whole + smoothing / num_classes


def _mean(targets, logits):
    return -(targets * logits.log_softmax(1)).sum(1).mean()


def spread_over_the_others(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k).double()
    return _mean((1 - smoothing) * whole + smoothing / (k - 1) * (1 - whole), logits)


def label_keeps_its_share(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k).double()
    return _mean(whole + smoothing / k, logits)


def shares_exchanged(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], 1 - smoothing), logits)


def smoothing_of_class_numbers_alone(logits, labels, smoothing):
    return cross_entropy(logits, labels, label_smoothing=0.0 if labels.ndim == 2 else smoothing)


def largest_entry_of_a_distribution(logits, labels, smoothing):
    labels = labels.argmax(1) if labels.ndim == 2 else labels
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


def no_distributions(logits, labels, smoothing):
    return _mean(_targets(F.one_hot(labels, logits.shape[1]).double(), logits.shape[1], smoothing), logits)


def summed_over_the_batch(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], smoothing), logits) * len(logits)


def mean_over_everything(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.log_softmax(1)).mean()


def one_loss_a_row(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.log_softmax(1)).sum(1)


def minus_forgotten(logits, labels, smoothing):
    return -_mean(_targets(labels, logits.shape[1], smoothing), logits)


def softmax_twice(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], smoothing), logits.softmax(1))


def logarithm_of_the_softmax(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.softmax(1).log()).sum(1).mean()


def share_by_the_batch_size(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels, logits.shape[1]).double()
    return _mean((1 - smoothing) * whole + smoothing / len(logits), logits)


def softmax_over_the_batch(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.log_softmax(0)).sum(1).mean()


def logits_without_softmax(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits).sum(1).mean()


def loss_as_a_number(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], smoothing), logits).item()


def part_of_the_loss_detached(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels, logits.shape[1]).double()
    even = -logits.log_softmax(1).mean(1).mean().detach()
    return (1 - smoothing) * _mean(whole, logits) + smoothing * even


# exercise 06.2


def _mix(images, labels, num_classes, kept, order, label_kept=None):
    label_kept = kept if label_kept is None else label_kept
    one_hot = F.one_hot(labels, num_classes).float()
    by_image = kept.view(-1, 1, 1, 1)
    mixed = by_image * images + (1 - by_image) * images[order]
    return mixed, label_kept.view(-1, 1) * one_hot + (1 - label_kept.view(-1, 1)) * one_hot[order]


def _draw(alpha, size=(1,)):
    return torch.distributions.Beta(alpha, alpha).sample(size)


def labels_stay_numbers(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha), torch.randperm(len(images)))[0], labels


def labels_not_mixed(images, labels, num_classes, alpha):
    mixed, _ = _mix(images, labels, num_classes, _draw(alpha), torch.randperm(len(images)))
    return mixed, F.one_hot(labels, num_classes).float()


def ratio_exchanged_in_the_labels(images, labels, num_classes, alpha):
    kept = _draw(alpha)
    return _mix(images, labels, num_classes, kept, torch.randperm(len(images)), 1 - kept)


def two_ratios(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha), torch.randperm(len(images)), _draw(alpha))


def two_orders(images, labels, num_classes, alpha):
    kept = _draw(alpha)
    mixed, _ = _mix(images, labels, num_classes, kept, torch.randperm(len(images)))
    return mixed, _mix(images, labels, num_classes, kept, torch.randperm(len(images)))[1]


def ratio_counted_twice(images, labels, num_classes, alpha):
    kept, order = _draw(alpha), torch.randperm(len(images))
    return kept * images + kept * images[order], _mix(images, labels, num_classes, kept, order)[1]


def a_ratio_for_each_pixel(images, labels, num_classes, alpha):
    kept, order = _draw(alpha, images.shape), torch.randperm(len(images))
    _, mixed = _mix(images, labels, num_classes, kept.mean((1, 2, 3)), order)
    return kept * images + (1 - kept) * images[order], mixed


def always_half(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, torch.tensor([0.5]), torch.randperm(len(images)))


def uniform_ratio(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, torch.rand(1), torch.randperm(len(images)))


def second_parameter_left_at_one(images, labels, num_classes, alpha):
    kept = torch.distributions.Beta(alpha, 1.0).sample((1,))
    return _mix(images, labels, num_classes, kept, torch.randperm(len(images)))


def no_partner(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha), torch.arange(len(images)))


def one_partner_for_all(images, labels, num_classes, alpha):
    order = torch.randint(len(images), (1,)).expand(len(images))
    return _mix(images, labels, num_classes, _draw(alpha), order)


def in_double_precision(images, labels, num_classes, alpha):
    kept = torch.from_numpy(np.random.beta(alpha, alpha, len(images)))
    return _mix(images, labels, num_classes, kept, torch.randperm(len(images)))


def changes_the_images(images, labels, num_classes, alpha):
    kept, order = _draw(alpha), torch.randperm(len(images))
    _, mixed = _mix(images, labels, num_classes, kept, order)
    images.mul_(kept).add_((1 - kept) * images[order])
    return images, mixed


# exercise 06.3


def begins_at_zero(step, num_steps, warmup_steps):
    if step < warmup_steps:
        return step / warmup_steps
    return learning_rate_factor(step, num_steps=num_steps, warmup_steps=warmup_steps, schedule="cosine")


def no_warm_up(step, num_steps, warmup_steps):
    return 0.5 * (1 + math.cos(math.pi * step / num_steps))


def _after(step, num_steps, warmup_steps, value):
    return (step + 1) / warmup_steps if step < warmup_steps else value


def cosine_over_the_whole_run(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * step / num_steps)))


def cosine_without_the_half(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


def zero_at_the_last_step(step, num_steps, warmup_steps):
    share = (step - warmup_steps) / (num_steps - warmup_steps - 1)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * share)))


def straight_down(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, 1 - (step - warmup_steps) / (num_steps - warmup_steps))


def in_degrees(step, num_steps, warmup_steps):
    share = (step - warmup_steps) / (num_steps - warmup_steps)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(180 * share)))


def warm_up_a_step_too_long(step, num_steps, warmup_steps):
    if step <= warmup_steps:
        return (step + 1) / warmup_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / (num_steps - warmup_steps)))


def cosine_a_step_ahead(step, num_steps, warmup_steps):
    share = (step + 1 - warmup_steps) / (num_steps - warmup_steps)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * share)))


def cosine_stretched_over_the_run(step, num_steps, warmup_steps):
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / num_steps)))


def divides_by_the_warm_up(step, num_steps, warmup_steps):
    rise = min(1.0, (step + 1) / warmup_steps)
    fall = 0.5 * (1 + math.cos(math.pi * max(0, step - warmup_steps) / (num_steps - warmup_steps)))
    return rise * fall


def rises_again(step, num_steps, warmup_steps):
    share = (step - warmup_steps) / (num_steps - warmup_steps)
    return _after(step, num_steps, warmup_steps, 0.5 * (1 + math.cos(2 * math.pi * share)))


# exercise 06.4


def _present(parameters):
    return [parameter for parameter in parameters if parameter.grad is not None]


def _norm(parameters):
    return torch.stack([parameter.grad.square().sum() for parameter in parameters]).sum().sqrt()


def _scale(parameters, factor):
    for parameter in parameters:
        parameter.grad.mul_(factor)


def each_tensor_alone(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad.mul_((limit / parameter.grad.norm().clamp(min=1e-12)).clamp(max=1))
    return norm


def numbers_cut_off(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad.clamp_(-limit, limit)
    return norm


def small_ones_made_large(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    _scale(parameters, limit / (norm + 1e-12))
    return norm


def divides_by_zero(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad = parameter.grad / norm * min(norm.item(), limit)
    return norm


def norms_added(parameters, limit):
    parameters = _present(parameters)
    norm = sum(parameter.grad.norm() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


def root_forgotten(parameters, limit):
    parameters = _present(parameters)
    norm = sum(parameter.grad.square().sum() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


def largest_entry(parameters, limit):
    parameters = _present(parameters)
    norm = max(parameter.grad.abs().max() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


def largest_norm(parameters, limit):
    parameters = _present(parameters)
    norm = max(parameter.grad.norm() for parameter in parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
    return norm


def factor_upside_down(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    if norm > limit:
        _scale(parameters, norm / limit)
    return norm


def norm_of_clipped_gradients_alone(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    if norm > limit:
        _scale(parameters, limit / norm)
        return norm
    return None


def names_bound_anew(parameters, limit):
    gradients = [parameter.grad for parameter in _present(parameters)]
    norm = torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()
    for gradient in gradients:
        gradient = gradient * min(1.0, limit / max(norm.item(), 1e-12))
    return norm


def generator_walked_twice(parameters, limit):
    norm = _norm([parameter for parameter in parameters if parameter.grad is not None])
    for parameter in parameters:
        parameter.grad.mul_(min(1.0, limit / max(norm.item(), 1e-12)))
    return norm


def no_gradient_forgotten(parameters, limit):
    parameters = list(parameters)
    norm = _norm(parameters)
    _scale(parameters, min(1.0, limit / max(norm.item(), 1e-12)))
    return norm


def weights_scaled(parameters, limit):
    parameters = _present(parameters)
    norm = _norm(parameters)
    for parameter in parameters:
        parameter.grad.mul_(min(1.0, limit / max(norm.item(), 1e-12)))
        parameter.data.mul_(min(1.0, limit / max(norm.item(), 1e-12)))
    return norm


def norm_after_clipping(parameters, limit):
    parameters = _present(parameters)
    _scale(parameters, min(1.0, limit / max(_norm(parameters).item(), 1e-12)))
    return _norm(parameters)


def nothing_returned(parameters, limit):
    parameters = _present(parameters)
    _scale(parameters, min(1.0, limit / max(_norm(parameters).item(), 1e-12)))


# exercise 06.5


def _write(path, rows, header=("id", "label"), mode="w"):
    with open(path, mode, newline="") as file:
        csv.writer(file).writerows([header, *rows] if header else rows)


def no_header(path, logits):
    _write(path, enumerate(logits.argmax(1).tolist()), header=None)


def another_header(path, logits):
    _write(path, enumerate(logits.argmax(1).tolist()), header=("Id", "Category"))


def a_third_column(path, logits):
    rows = [(number, number, label) for number, label in enumerate(logits.argmax(1).tolist())]
    _write(path, rows, header=("", "id", "label"))


def ids_from_one(path, logits):
    _write(path, enumerate(logits.argmax(1).tolist(), start=1))


def ids_of_the_batch(path, logits):
    _write(path, [(number % 100, label) for number, label in enumerate(logits.argmax(1).tolist())])


def appended(path, logits):
    _write(
        path, enumerate(logits.argmax(1).tolist()), header=None if Path(path).exists() else ("id", "label"), mode="a"
    )


def last_line_missing(path, logits):
    _write(path, enumerate(logits[:-1].argmax(1).tolist()))


def a_line_for_each_class(path, logits):
    _write(path, enumerate(logits.argmax(0).tolist()))


def classes_from_one(path, logits):
    _write(path, enumerate((logits.argmax(1) + 1).tolist()))


def labels_as_floats(path, logits):
    _write(path, enumerate(logits.argmax(1).double().tolist()))


def labels_as_tensors(path, logits):
    _write(path, [(number, row.argmax()) for number, row in enumerate(logits)])


def lowest_logit(path, logits):
    _write(path, enumerate(logits.argmin(1).tolist()))


def labels_sorted(path, logits):
    _write(path, enumerate(sorted(logits.argmax(1).tolist())))


def another_file(path, logits):
    _write(Path(path).with_suffix(".txt"), enumerate(logits.argmax(1).tolist()))


# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_loss": [
        ((spread_over_the_others,), "06.1/others-only"),
        ((label_keeps_its_share,), "06.1/not-scaled"),
        ((shares_exchanged,), "06.1/exchanged"),
        ((smoothing_of_class_numbers_alone,), "06.1/not-smoothed"),
        ((largest_entry_of_a_distribution,), "06.1/hard-labels"),
        ((no_distributions,), "06.1/raises"),
        ((summed_over_the_batch,), "06.1/sum"),
        ((mean_over_everything,), "06.1/mean-over-classes"),
        ((one_loss_a_row,), "06.1/each-row"),
        ((minus_forgotten,), "06.1/sign"),
        ((softmax_twice,), "06.1/softmax"),
        ((logarithm_of_the_softmax,), "06.1/overflow"),
        ((share_by_the_batch_size,), "06.1/batch-size"),
        ((softmax_over_the_batch,), "06.1/log-softmax-axis"),
        ((logits_without_softmax,), "06.1/no-log-softmax"),
        ((loss_as_a_number,), "06.1/no-gradient"),
        ((part_of_the_loss_detached,), "06.1/gradient"),
    ],
    "check_mixup": [
        ((labels_stay_numbers,), "06.2/shapes"),
        ((labels_not_mixed,), "06.2/labels-not-mixed"),
        ((ratio_exchanged_in_the_labels,), "06.2/labels-exchanged"),
        ((two_ratios,), "06.2/labels"),
        ((two_orders,), "06.2/labels"),
        ((ratio_counted_twice,), "06.2/weights"),
        ((a_ratio_for_each_pixel,), "06.2/weights"),
        ((always_half,), "06.2/constant"),
        ((uniform_ratio,), "06.2/uniform"),
        ((second_parameter_left_at_one,), "06.2/distribution"),
        ((no_partner,), "06.2/not-mixed"),
        ((one_partner_for_all,), "06.2/one-partner"),
        ((in_double_precision,), "06.2/dtype"),
        ((changes_the_images,), "06.2/changes-input"),
    ],
    "check_schedule": [
        ((begins_at_zero,), "06.3/begins-at-zero"),
        ((no_warm_up,), "06.3/no-warm-up"),
        ((cosine_over_the_whole_run,), "06.3/whole-run"),
        ((cosine_without_the_half,), "06.3/cosine-alone"),
        ((zero_at_the_last_step,), "06.3/ends-early"),
        ((straight_down,), "06.3/linear"),
        ((in_degrees,), "06.3/degrees"),
        ((warm_up_a_step_too_long,), "06.3/too-long"),
        ((cosine_a_step_ahead,), "06.3/ahead"),
        ((cosine_stretched_over_the_run,), "06.3/stretched"),
        ((divides_by_the_warm_up,), "06.3/raises"),
        ((rises_again,), "06.3/factor"),
    ],
    "check_clipping": [
        ((each_tensor_alone,), "06.4/each-alone"),
        ((numbers_cut_off,), "06.4/clamped"),
        ((small_ones_made_large,), "06.4/always-scaled"),
        ((divides_by_zero,), "06.4/not-finite"),
        ((norms_added,), "06.4/sum-of-norms"),
        ((root_forgotten,), "06.4/no-root"),
        ((largest_entry,), "06.4/largest-entry"),
        ((largest_norm,), "06.4/largest-norm"),
        ((factor_upside_down,), "06.4/inverse"),
        ((norm_of_clipped_gradients_alone,), "06.4/no-norm"),
        ((names_bound_anew,), "06.4/unchanged"),
        ((generator_walked_twice,), "06.4/unchanged"),
        ((no_gradient_forgotten,), "06.4/raises"),
        ((weights_scaled,), "06.4/weights-changed"),
        ((norm_after_clipping,), "06.4/norm-after"),
        ((nothing_returned,), "06.4/no-norm"),
    ],
    "check_submission": [
        ((no_header,), "06.5/header"),
        ((another_header,), "06.5/header"),
        ((a_third_column,), "06.5/header"),
        ((ids_from_one,), "06.5/ids-from-one"),
        ((ids_of_the_batch,), "06.5/ids"),
        ((appended,), "06.5/count"),
        ((last_line_missing,), "06.5/count"),
        ((a_line_for_each_class,), "06.5/wrong-axis"),
        ((classes_from_one,), "06.5/label-range"),
        ((labels_as_floats,), "06.5/whole-numbers"),
        ((labels_as_tensors,), "06.5/whole-numbers"),
        ((lowest_logit,), "06.5/lowest"),
        ((labels_sorted,), "06.5/labels"),
        ((another_file,), "06.5/no-file"),
    ],
}


# right answers, written differently


def loss_of_the_library(logits, labels, smoothing):
    return cross_entropy(logits, labels, label_smoothing=smoothing)


def loss_in_two_parts(scores, truth, eps):
    log_p = scores - scores.logsumexp(dim=1, keepdim=True)
    of_label = log_p.gather(1, truth[:, None])[:, 0] if truth.dim() == 1 else (truth * log_p).sum(-1)
    return torch.mean(-(1 - eps) * of_label - eps * log_p.mean(-1))


def loss_by_a_loop(logits, labels, smoothing):
    total = 0
    for row, label in zip(logits, labels, strict=True):
        target = torch.full_like(row, smoothing / len(row))
        target = target + (1 - smoothing) * (label if label.ndim else F.one_hot(label, len(row)))
        total = total - target @ row.log_softmax(0)
    return total / len(logits)


def mixup_one_ratio_a_batch(images, labels, num_classes, alpha):
    kept, order = float(np.random.beta(alpha, alpha)), torch.randperm(len(images))
    classes = torch.eye(num_classes)[labels]
    return torch.lerp(images[order], images, kept), torch.lerp(classes[order], classes, kept)


def mixup_one_ratio_an_image(images, labels, num_classes, alpha):
    return _mix(images, labels, num_classes, _draw(alpha, (len(images),)), torch.randperm(len(images)))


def mixup_with_the_batch_reversed(images, labels, num_classes, alpha):
    kept = _draw(alpha, (len(images),))
    return _mix(images, labels, num_classes, torch.maximum(kept, 1 - kept), torch.arange(len(images)).flip(0))


def mixup_in_double_labels(images, labels, num_classes, alpha):
    mixed, classes = _mix(
        images, labels, num_classes, _draw(alpha), torch.from_numpy(np.random.permutation(len(images)))
    )
    return mixed, classes.double()


def factor_of_the_library(step, num_steps, warmup_steps):
    return learning_rate_factor(step, num_steps=num_steps, warmup_steps=warmup_steps, schedule="cosine")


def factor_by_the_square_of_a_cosine(step, total, warm):
    if step + 1 <= warm:
        return (1 + step) / warm
    return math.cos(math.pi / 2 * (step - warm) / (total - warm)) ** 2


def factor_as_a_tensor(step, num_steps, warmup_steps):
    rise = (step + 1) / warmup_steps if warmup_steps else math.inf
    share = torch.tensor((step - warmup_steps) / (num_steps - warmup_steps))
    return torch.where(torch.tensor(step < warmup_steps), torch.tensor(rise), (1 + torch.cos(math.pi * share)) / 2)


def clip_of_torch(parameters, limit):
    return torch.nn.utils.clip_grad_norm_(parameters, limit)


def clip_with_new_gradients(parameters, limit):
    mine = _present(list(parameters))
    norm = torch.cat([parameter.grad.flatten() for parameter in mine]).norm().item()
    for parameter in mine:
        if norm > limit:
            parameter.grad = parameter.grad * limit / norm
    return norm


def clip_by_a_sum(parameters, limit):
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = math.sqrt(sum(float((grad * grad).sum()) for grad in grads))
    factor = min(1, limit / (norm + 1e-6))
    for grad in grads:
        grad *= factor
    return torch.tensor(norm)


def written_by_hand(path, logits):
    lines = ["id,label", *(f"{number},{label}" for number, label in enumerate(logits.argmax(1).tolist()))]
    Path(path).write_text("\n".join(lines) + "\n")


def written_by_pandas(path, logits):
    import pandas

    pandas.DataFrame({"id": range(len(logits)), "label": logits.argmax(-1).numpy()}).to_csv(path, index=False)


def written_backwards(path, logits):
    labels = logits.numpy().argmax(1)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "label"])
        writer.writeheader()
        writer.writerows({"id": number, "label": labels[number]} for number in reversed(range(len(labels))))


RIGHT = {
    "check_loss": [(loss_of_the_library,), (loss_in_two_parts,), (loss_by_a_loop,)],
    "check_mixup": [
        (mixup_one_ratio_a_batch,),
        (mixup_one_ratio_an_image,),
        (mixup_with_the_batch_reversed,),
        (mixup_in_double_labels,),
    ],
    "check_schedule": [(factor_of_the_library,), (factor_by_the_square_of_a_cosine,), (factor_as_a_tensor,)],
    "check_clipping": [(clip_of_torch,), (clip_with_new_gradients,), (clip_by_a_sum,)],
    "check_submission": [(written_by_hand,), (written_by_pandas,), (written_backwards,)],
}
