"""Ten right answers that nobody's solution looks like, handed in as editors leave them: full marks, every time."""

from __future__ import annotations

import json
import os
from fractions import Fraction

import pytest
from helpers.submitted import bundle, code, solution, untouched, without_ids

from resnet_labs.grading import command, release, result, sandbox

ANSWERS = {
    "03": [
        """
def wilson_interval(right, total):
    wrong = total - right
    spread = z * math.sqrt(right * wrong / total + z * z / 4)
    return tuple((right + z * z / 2 + sign * spread) / (total + z * z) for sign in (-1, 1))
""",
        """
def mcnemar(first, second):
    pairs = Counter(zip(first.tolist(), second.tolist()))
    b, c = pairs[True, False], pairs[False, True]

    def chance(k, n=b + c):
        return math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))

    return b, c, min(2 * sum(map(chance, range(min(b, c) + 1))), 1)
""",
        """
smallest_difference = lambda accuracy, total: 2.8 * (2 * accuracy * (1 - accuracy) / total) ** 0.5
needed = 2 * 0.98153 * 0.01847 / (0.0004 / 2.8) ** 2
""",
        """
class Keeper:
    def __init__(self):
        self.storages = {}

    def __call__(self, tensor):
        storage = tensor.untyped_storage()
        self.storages[storage._cdata] = storage
        return tensor


def training_bytes(network, images, numbers_per_weight):
    everything = [*network.buffers(), *network.parameters()]
    size = lambda tensors: sum(tensor.nelement() * tensor.element_size() for tensor in tensors)
    learned = size(p for p in network.parameters() if p.requires_grad)
    keeper = Keeper()
    with torch.autograd.graph.saved_tensors_hooks(keeper, lambda tensor: tensor):
        kept = network(images)
    for tensor in everything:
        keeper.storages.pop(tensor.untyped_storage()._cdata, None)
    del kept
    held = sum(storage.nbytes() for storage in keeper.storages.values())
    return size(everything), learned, learned * numbers_per_weight, held
""",
        """
def run_all(makers, batches, release):
    histories = []
    for maker in makers:
        network, history = maker(), []
        sgd = torch.optim.SGD(params=network.parameters(), lr=1e-1)
        loss = None
        for pair in batches:
            loss = F.cross_entropy(network(pair[0]), pair[1], reduction="none").mean()
            sgd.zero_grad(set_to_none=False)
            loss.backward()
            sgd.step()
            history.append(float(loss))
        del network, sgd, loss
        release()
        histories.append(history)
    return histories
""",
    ],
    "06": [
        """
def smooth_cross_entropy(logits, labels, smoothing):
    surprise = logits.logsumexp(dim=-1, keepdim=True) - logits
    if labels.is_floating_point():
        own = torch.einsum("nk,nk->n", labels, surprise)
    else:
        own = surprise[range(len(labels)), labels]
    return torch.lerp(own, surprise.mean(dim=-1), smoothing).mean()
""",
        """
def mixup(images, labels, num_classes, alpha):
    share = torch.distributions.Beta(alpha, alpha).sample()
    partners = torch.randperm(images.size(0))
    rows = torch.eye(num_classes)[labels]
    return torch.lerp(images[partners], images, share), torch.lerp(rows[partners], rows, share)
""",
        """
def learning_rate_factor(step, num_steps, warmup_steps):
    done = step - warmup_steps
    return (step + 1) / warmup_steps if done < 0 else math.cos(math.pi / 2 * done / (num_steps - warmup_steps)) ** 2
""",
        """
def clip_by_norm_(parameters, limit):
    gradients = list(filter(lambda gradient: gradient is not None, (p.grad for p in parameters)))
    norm = math.hypot(*(float(gradient.norm()) for gradient in gradients))
    for gradient in gradients if norm > limit else ():
        gradient *= limit / norm
    return norm
""",
        """
def write_submission(path, logits):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\\n")
        rows.writerows([("id", "label"), *enumerate(int(row.argmax()) for row in logits)])
""",
    ],
}


def handed_in(lab):
    """A notebook without ids, with the imports in a cell of its own at the top."""
    notebook = without_ids(untouched(lab))
    stubs = [cell.source for cell in bundle(lab).cells if cell.role == "answer"]
    answered = iter(ANSWERS[lab])
    kept = []
    for each in notebook["cells"]:
        if "".join(each["source"]) not in stubs:
            kept.append(each)
        elif (text := next(answered, None)) is not None:
            kept.append(code(text))
    return {**notebook, "cells": [code("import csv\nfrom collections import Counter"), *kept]}


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.skipif(sandbox.tiers.detect()[0] is None, reason="this machine has no sandbox")
@pytest.mark.parametrize("lab", ANSWERS)
def test_right_answers_get_full_marks_in_every_variant(lab):
    made = release.with_references(bundle(lab), solution(lab).answers, command._ask)
    content = json.dumps(handed_in(lab)).encode()
    limits = sandbox.Limits(cell_seconds=300, total_seconds=1800)
    students = {made.variant(f"student{number}"): f"student{number}" for number in range(200)}
    scores = set()
    for _, student in sorted(students.items())[: int(os.environ.get("VARIANTS", "2"))]:
        facts = {"schema": 1, "student": student, "version": made.version}
        found = result.grade(made, student, content, sandbox.chosen(), limits, facts)
        wrong = {each["exercise"]: each for each in found["exercises"] if each["points"] != each["max_points"]}
        assert not wrong, wrong
        scores.add(Fraction(found["score"]))
    assert scores == {sum((Fraction(points) for points in solution(lab).points.values()), Fraction(0))}
