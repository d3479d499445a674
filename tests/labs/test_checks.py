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

UNSEEN = {lab: list(answers.of_lab(lab.number, "unseen")) for lab in WRITTEN}
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


def _asked(answered):
    return [
        pytest.param(lab, exercise, answer, id=f"{exercise.exercise}-{answer.code or 'right'}-{answer.name}")
        for lab, exercises in answered.items()
        for exercise in exercises
        for answer in (*exercise.wrongs, *exercise.rights)
    ]


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("lab", "exercise", "answer"), _asked(UNSEEN))
def test_answers_by_someone_who_did_not_know_the_check(lab, exercise, answer):
    if not answer.code:
        getattr(face(lab), exercise.check)(*answer.given)
        return
    with pytest.raises(CheckFailed):  # the reasons in these files are those of one draw
        getattr(face(lab), exercise.check)(*answer.given)


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.parametrize(("lab", "exercise", "answer"), _asked(ANSWERS))
def test_what_an_answer_is_told_does_not_hang_on_the_numbers_that_are_drawn(lab, exercise, answer):
    for seed in SEEDS:
        if answer.code:
            with pytest.raises(CheckFailed):
                getattr(face(lab), exercise.check)(*answer.given, seed=seed)
        else:
            getattr(face(lab), exercise.check)(*answer.given, seed=seed)


def _rights():
    """Return every exercise with all right answers to it."""
    rights = {}
    for lab in WRITTEN:
        for exercise in (*ANSWERS[lab], *UNSEEN[lab]):
            rights.setdefault((exercise.exercise, lab, exercise.check), []).extend(exercise.rights)
    return [pytest.param(lab, check, found, id=number) for (number, lab, check), found in rights.items()]


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("lab", "check", "rights"), _rights())
def test_right_answers_pass_whatever_is_drawn(lab, check, rights):
    for seed, answer in zip(MANY_SEEDS, itertools.cycle(rights)):
        try:
            getattr(face(lab), check)(*answer.given, seed=seed)
        except CheckFailed as failure:
            pytest.fail(f"seed {seed}, {answer.name}: {failure}")
