"""Copied answers are shown however they were disguised; answers of one's own are not."""

from __future__ import annotations

import re

from helpers.submitted import bundle, solution

from resnet_labs.grading import similar

OWN = '''\
def precision_recall_f(confusion):
    """My own."""
    count = len(confusion)
    totals = {"p": 0.0, "r": 0.0, "f": 0.0}
    for k in range(count):
        hit = float(confusion[k, k])
        said, was = float(confusion[:, k].sum()), float(confusion[k].sum())
        p = hit / said if said else 0.0
        r = hit / was if was else 0.0
        totals["p"] += p / count
        totals["r"] += r / count
        totals["f"] += (2 * p * r / (p + r) if p + r else 0.0) / count
    return totals["p"], totals["r"], totals["f"]
'''
ANOTHER = """\
def precision_recall_f(confusion):
    hits = torch.diagonal(confusion).to(torch.float64)
    by_column = confusion.sum(dim=0).to(torch.float64)
    by_row = confusion.sum(dim=1).to(torch.float64)
    p = torch.where(by_column > 0, hits / by_column, torch.zeros_like(hits))
    r = torch.where(by_row > 0, hits / by_row, torch.zeros_like(hits))
    f = torch.nan_to_num(2 * p * r / (p + r))
    return float(p.mean()), float(r.mean()), float(f.mean())
"""


def renamed(source):
    """Other names, comments and layout, and a line that does nothing."""
    for number, name in enumerate(("count", "totals", "hit", "said", "was", "k", "p", "r")):
        source = re.sub(rf"\b{name}\b(?!\")", f"variable_{number}", source)
    return source.replace('"""My own."""', "# mine\n    unused = 0").replace(
        "\n    return", "\n\n    # done\n    return"
    )


def found(**answers):
    return [
        pair.students for pair in similar.pairs({name: {"02.3": text} for name, text in answers.items()}, bundle("02"))
    ]


def test_a_copy_with_other_names_is_shown():
    assert found(ann=OWN, ben=renamed(OWN), cy=ANOTHER) == [("ann", "ben")]


def test_part_of_a_copy_among_other_code_is_shown():
    longer = "def helper(x):\n    return [y**2 for y in x if y > 3]\n\n" + renamed(OWN)
    assert found(ann=OWN, ben=longer) == [("ann", "ben")]


def test_answers_of_ones_own_and_the_labs_own_text_are_not_shown():
    stub = next(cell.source for cell in bundle("02").cells if cell.id == "answer-02-3")
    assert found(ann=OWN, ben=ANOTHER, cy=stub, di=stub, ed="", fay="(((") == []


def test_short_answers_are_not_shown_since_they_are_alike_by_nature():
    short = "def precision_recall_f(confusion):\n    return 0, 0, 0\n"
    assert found(ann=short, ben=short) == []


def test_what_most_of_a_class_wrote_is_not_shown():
    usual = dict(solution("02").answers)["02.3"]
    assert found(**{f"student{number}": usual for number in range(12)}, ann=OWN, ben=OWN) == [("ann", "ben")]


def test_exercises_are_compared_one_by_one():
    answers = {"ann": {"02.3": OWN}, "ben": {"02.1": OWN}}
    assert similar.pairs(answers, bundle("02")) == []
    answers = {"ann": {"02.3": OWN, "02.1": OWN}, "ben": {"02.1": OWN}}
    assert [(pair.exercise, pair.share) for pair in similar.pairs(answers, bundle("02"))] == [("02.1", 1.0)]
