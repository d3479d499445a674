"""Every probe gives right answers all of its cases, however they are written, and wrong ones never all of them."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from fractions import Fraction

import pytest
import torch
from helpers import answers
from helpers.probed import LABS, arguments, failures, inputs, look, namespace, probes, references
from helpers.submitted import solution

from resnet_labs.grading import compare
from resnet_labs.grading.bundle import NUM_VARIANTS

EXERCISES = [exercise for lab in LABS for exercise in probes(lab)]
ANSWERS = {each.exercise: each for lab in LABS for each in answers.of_lab(lab)}

# Faults that no value shows.
UNSEEN = {
    **{f"{exercise}/library": "the values are right; the import rule refuses it" for exercise in EXERCISES},
    "01.1/misfit": "shapes that do not fit are no case",
    "01.2/norm-options": "weights are set by the probe; how a block begins is not probed",
    "01.4/copied": "copies give the same; how a network begins is not probed",
    "01.4/made-once": "each case has a network of its own",
    "02.1/head-cut": "the head's weights are drawn; its shape is probed",
    "02.1/shared": "each case has a network of its own",
    "02.1/touched-inference": "the network computes the same; training is not probed",
    "02.1/touched-thawed": "the network computes the same; training is not probed",
    "02.2/many-classes": "the probe's networks have few classes",
    "03.5/weights-held": "the losses are right; memory is no value",
    "04.3/remembered": "each case has a network of its own",
    "05.1/with-gradients": "the features are right; how much memory the passes take is not probed",
    "05.3/draws": "the neighbours are right; the random generators are not probed",
    "05.4/above-one": "with ties there is no one right share",
    "06.2/turned": "each image has a partner and a ratio; that the order is a shuffle is not probed",
    "06.3/not-a-number": "the factor is right to seven digits; its type is not probed",
    "06.4/new-gradients": "the gradients are right; who else holds the old ones is not probed",
    "07.1/gradients-on": "the loss is right; the mode that is left behind is not probed",
    "07.2/not-zero": "a distance so small is within the tolerance",
    "07.3/semihard-special": "the values are right; the import rule refuses it",
    "07.4/changes-input": "the loss is right; what requires a gradient is not probed",
    "07.4/nan-gradient": "no feature of the probe lies exactly at its center",
    "08.1/drifts": "nothing is frozen in the probe",
    "08.1/frozen-gradient": "nothing is frozen in the probe",
    "08.1/two-modules": "a sequence of two modules can be unpacked into the two, so it works as the pair does",
    "08.2/kept-batches": "the batches of the probe are the same in each pass",
    "08.4/not-zero": "a gradient so small is within the tolerance",
    "09.1/stored": "the sizes are right; who owns the list is not probed",
    "09.1/twice": "the sizes are right; how often each is listed is not probed",
}


def given(exercise, answer):
    """The names that an answer of the lab's own tests replaces."""
    return dict(zip(arguments(exercise[:2], ANSWERS[exercise].check), answer.given, strict=True))


def test_every_exercise_of_every_lab_has_a_probe_with_the_lab_s_points():
    assert sorted(EXERCISES) == sorted(ANSWERS)
    for lab in LABS:
        points = {exercise: Fraction(str(worth)) for exercise, worth in solution(lab).points.items()}
        assert {exercise: one.points for exercise, (one, _) in probes(lab).items()} == points


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_probe_is_small_and_asks_unlike_things_of_every_name(exercise):
    one, module = probes(exercise[:2])[exercise]
    assert set(one.answers) == set(arguments(exercise[:2], ANSWERS[exercise].check))
    assert len(inputs(exercise)) >= 4
    assert max(len(str(each)) for each in [*inputs(exercise), *references(exercise)]) < 2**16
    assert len(inspect.getsource(module).splitlines()) < 110
    imports = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(one.source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert not [each for each in imports if any(f"{each}.".startswith(f"{name}.") for name in one.withheld)]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_is_withheld_from_our_package_or_torch_is_there(exercise):
    for name in probes(exercise[:2])[exercise][0].withheld:
        if name.split(".")[0] in ("resnet_labs", "torch"):
            assert pkgutil.resolve_name(name)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_is_right_on_any_number_of_threads_and_gives_the_same_bits_twice(exercise):
    (one, _), names = probes(exercise[:2])[exercise], namespace(exercise[:2])
    threads = torch.get_num_threads()
    assert [case["observed"] for case in look(exercise, names, inputs(exercise))] == references(exercise)
    try:
        torch.set_num_threads(threads + 1)
        seen = look(exercise, names, inputs(exercise))
    finally:
        torch.set_num_threads(threads)
    assert all(case.passed for case in compare.verdicts(one, {"cases": seen}, references(exercise)))


@pytest.mark.parametrize("exercise", EXERCISES)
def test_right_answers_in_other_styles_get_every_case(exercise):
    for answer in ANSWERS[exercise].rights:
        assert failures(exercise, given(exercise, answer)) == [], answer.name


@pytest.mark.parametrize("exercise", EXERCISES)
def test_wrong_answers_fail_a_case(exercise):
    passed = {
        answer.code: answer.name
        for answer in ANSWERS[exercise].wrongs
        if not failures(exercise, given(exercise, answer), first=True)
    }
    assert passed.keys() <= UNSEEN.keys(), passed


@pytest.mark.parametrize("exercise", EXERCISES)
def test_names_that_hold_nothing_get_no_case(exercise):
    one, _ = probes(exercise[:2])[exercise]
    nothing = dict.fromkeys(one.answers)
    assert len(failures(exercise, nothing)) == len(references(exercise))
    nothing = {name: lambda *given, **named: None for name in one.answers}
    assert len(failures(exercise, nothing)) == len(references(exercise))


# What all right answers share is the same for many draws: what a mixture is made of, how a split counts.
SHARED = ("04.4", "06.2")


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.parametrize("variant", range(1, NUM_VARIANTS))
@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_variant_tells_right_from_wrong(exercise, variant):
    if exercise not in SHARED:
        assert references(exercise, variant) != references(exercise, 0)
    for answer in ANSWERS[exercise].rights:
        assert failures(exercise, given(exercise, answer), variant=variant) == [], answer.name
    for answer in ANSWERS[exercise].wrongs:
        if answer.code not in UNSEEN:
            assert failures(exercise, given(exercise, answer), variant=variant, first=True), answer.name
