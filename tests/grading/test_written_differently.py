"""Ten right answers that nobody's solution looks like, handed in as editors leave them: full marks, every time."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from fractions import Fraction

import pytest
from helpers.submitted import bundle, code, solution, solved, untouched, without_ids

from resnet_labs import cli
from resnet_labs.grading import bundle as bundles
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
    "09": [
        """
def possible_sizes(accuracies, decimals, largest):
    # Whole numbers only: is there a count between n (2m - 1) / 2u and n (2m + 1) / 2u?
    unit = 2 * 10**decimals
    doubled = [2 * round(a * 10**decimals) for a in accuracies]
    found = []
    for n in range(1, largest + 1):
        if all(-(-n * (m - 1) // unit) <= n * (m + 1) // unit for m in doubled):
            found.append(n)
    return found
""",
        """
def class_sizes(runs, decimals, largest):
    columns = ([run[place] for run in runs] for place in range(len(runs[0])))
    return list(map(lambda column: possible_sizes(column, decimals, largest), columns))
""",
        "total = 10 * 10**2",
        """
def which_score(figure, decimals, confusion):
    printed = Fraction(round(figure * 10**decimals), 10**decimals)
    half = Fraction(1, 2 * 10**decimals)
    accuracy = Fraction(sum(confusion[k][k] for k in range(len(confusion))), sum(map(sum, confusion)))
    recall = sum(Fraction(row[k], sum(row)) for k, row in enumerate(confusion)) / len(confusion)
    named = (("accuracy", accuracy), ("macro recall", recall))
    fits = {name for name, score in named if abs(score - printed) <= half}
    return "both" if len(fits) == 2 else next(iter(fits), "neither")
""",
        """
def batch_sizes(loss_sum, num_images, lowest, highest):
    sizes = numpy.arange(1, num_images + 1)
    means = loss_sum / ((num_images + sizes - 1) // sizes)
    return sizes[(means >= lowest) & (means <= highest)].tolist()
""",
        """
def difference(first_right, first_total, second_right, second_total):
    first, second = wilson_interval(first_right, first_total), wilson_interval(second_right, second_total)
    p, q = first_right / first_total, second_right / second_total
    below = abs(complex(p - first[0], second[1] - q))
    above = abs(complex(first[1] - p, q - second[0]))
    return (p - q, p - q - below, p - q + above)
""",
    ],
}


IMPORTS = "import csv\nfrom collections import Counter\nfrom fractions import Fraction\n\nimport numpy"


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
    return {**notebook, "cells": [code(IMPORTS), *kept]}


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


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.skipif(sandbox.tiers.detect()[0] is None, reason="this machine has no sandbox")
def test_ten_right_submissions_get_one_score_however_often_they_are_graded(tmp_path):
    made = release.with_references(bundle("09"), solution("09").answers, command._ask)
    bundle_file, handed = tmp_path / "bundle.json", tmp_path / "handed"
    bundles.write(made, bundle_file)
    handed.mkdir()
    for number in range(10):
        notebook = handed_in("09") if number % 2 else solved("09")
        (handed / f"student{number}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    seen = set()
    for time in range(int(os.environ.get("TIMES", "20"))):
        out = tmp_path / f"out{time}"
        options = ["grade", str(handed), "--lab", "09", "--bundle", str(bundle_file), "--out", str(out), "-j", "2"]
        assert cli.main(options) == 0
        seen.add((out / "gradebook.csv").read_bytes())
        shutil.rmtree(out)
    (gradebook,) = seen
    rows = list(csv.DictReader(io.StringIO(gradebook.decode())))
    assert {row["score"] for row in rows} == {row["max"] for row in rows}
    assert len(rows) == 10
