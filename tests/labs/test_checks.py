"""Every lab's checks are proved by wrong answers, and accept right ones that are written differently."""

from __future__ import annotations

import importlib
import itertools
import re
from collections import Counter

import pytest
from helpers import answers
from helpers.places import SOLUTIONS

from resnet_labs import labs
from resnet_labs.checks._engine import CheckFailed

WRITTEN = [lab for lab in labs.LABS if lab.notebook]
ANSWERS = {lab: list(answers.of_lab(lab.number)) for lab in WRITTEN}
WRONG = [
    pytest.param(lab, exercise.check, given, code, id=f"{code}-{answer.name}")
    for lab, exercises in ANSWERS.items()
    for exercise in exercises
    for answer in exercise.wrongs
    for given, code in [answer]
]
RIGHT = [
    pytest.param(lab, exercise.check, answer.given, id=f"{exercise.exercise}-{answer.name}")
    for lab, exercises in ANSWERS.items()
    for exercise in exercises
    for answer in exercise.rights
]

SEEDS = range(1, 6)
MANY_SEEDS = range(1_000, 1_060)  # one false alarm in 20 draws would be missed in 5 % of the weeks


def source(lab):
    return (SOLUTIONS / f"{lab.stem}.py").read_text(encoding="utf-8")


def face(lab):
    return importlib.import_module(f"resnet_labs.checks.lab{lab.number}")


@pytest.mark.parametrize(("lab", "check", "given", "code"), WRONG)
def test_wrong_answer_gets_its_own_message_and_a_hint_that_the_lab_has(lab, check, given, code):
    with pytest.raises(CheckFailed) as failure:
        getattr(face(lab), check)(*given, seed=1)
    assert failure.value.code == code
    for part in ("Tested:", "Expected:", "Got:", "Likely:", "Hint:"):
        assert part in str(failure.value)
    hint = str(failure.value).split('open "')[1].split('"')[0]
    assert f"<summary>{hint}:" in source(lab)


@pytest.mark.parametrize(("lab", "check", "given"), RIGHT)
def test_right_answer_in_another_style_passes(lab, check, given, capsys):
    getattr(face(lab), check)(*given, seed=1)
    assert "passed" in capsys.readouterr().out


@pytest.mark.parametrize("lab", WRITTEN, ids=lambda lab: lab.stem)
def test_every_check_that_the_lab_calls_has_a_file_of_its_own_and_answers_enough(lab):
    called = set(re.findall(rf"checks\.lab{lab.number}\.(check_\w+)\(", source(lab)))
    assert called == set(face(lab).__all__)
    assert sorted(exercise.check for exercise in ANSWERS[lab]) == sorted(called)
    for check in called:
        assert getattr(face(lab), check).__module__ == f"{face(lab).__name__}.{check.removeprefix('check_')}"
    for exercise in ANSWERS[lab]:
        assert len(Counter(answer.code for answer in exercise.wrongs)) >= 6, exercise.exercise
        assert len(exercise.rights) >= 3, exercise.exercise


# Answers by others are loaded when they are asked: that takes seconds, once a week.
UNSEEN = [
    pytest.param(lab, path, id=f"{lab.number}-{path.stem}") for lab in WRITTEN for path in answers.unseen(lab.number)
]


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("lab", "path"), UNSEEN)
def test_answers_by_someone_who_did_not_know_the_check(lab, path):
    exercise = answers.load(path)
    asked = [(answer, said(lab, exercise.check, answer)) for answer in (*exercise.wrongs, *exercise.rights)]
    # The reasons in these files are those of one draw, so that any failure will do.
    assert [(answer.name, answer.code, found) for answer, found in asked if bool(answer.code) != bool(found)] == []


def said(lab, check, answer, **how):
    """Return the code of the message that an answer gets, empty if it is accepted."""
    try:
        getattr(face(lab), check)(*answer.given, **how)
    except CheckFailed as failure:
        return failure.code
    return ""


OWN = [
    pytest.param(lab, exercise, answer, id=f"{exercise.exercise}-{answer.code or 'right'}-{answer.name}")
    for lab, exercises in ANSWERS.items()
    for exercise in exercises
    for answer in (*exercise.wrongs, *exercise.rights)
]


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.parametrize(("lab", "exercise", "answer"), OWN)
def test_what_an_answer_is_told_does_not_hang_on_the_numbers_that_are_drawn(lab, exercise, answer):
    for seed in SEEDS:
        assert bool(answer.code) == bool(said(lab, exercise.check, answer, seed=seed))


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("lab", "exercise"),
    [pytest.param(lab, exercise, id=exercise.exercise) for lab in WRITTEN for exercise in ANSWERS[lab]],
)
def test_right_answers_pass_whatever_is_drawn(lab, exercise):
    others = [answers.load(path) for path in answers.unseen(lab.number)]
    rights = [right for each in (exercise, *others) if each.exercise == exercise.exercise for right in each.rights]
    asked = [(seed, answer) for seed, answer in zip(MANY_SEEDS, itertools.cycle(rights))]
    refused = [(seed, answer.name, said(lab, exercise.check, answer, seed=seed)) for seed, answer in asked]
    assert [each for each in refused if each[-1]] == []
