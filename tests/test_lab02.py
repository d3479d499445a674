"""Lab 02's checks are proved by wrong answers, and accept right ones that are written differently."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from resnet_labs.checks import lab02
from resnet_labs.checks._engine import CheckFailed

ROOT = Path(__file__).parent.parent
_spec = importlib.util.spec_from_file_location("mutants_lab02", ROOT / "tests" / "mutants" / "lab02.py")
answers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(answers)

MUTANTS = [
    pytest.param(check, given, code, id=given[0].__name__.strip("_") + "-" + code)
    for check, cases in answers.MUTANTS.items()
    for given, code in cases
]
RIGHT = [
    pytest.param(check, given, id=given[0].__name__.strip("_"))
    for check, cases in answers.RIGHT.items()
    for given in cases
]


@pytest.mark.parametrize(("check", "given", "code"), MUTANTS)
def test_wrong_answer_gets_its_own_message(check, given, code):
    with pytest.raises(CheckFailed) as failure:
        getattr(lab02, check)(*given)
    assert failure.value.code == code
    for part in ("Tested:", "Expected:", "Got:", "Likely:", "Hint:"):
        assert part in str(failure.value)


@pytest.mark.parametrize(("check", "given"), RIGHT)
def test_right_answer_in_another_style_passes(check, given, capsys):
    getattr(lab02, check)(*given)
    assert "passed" in capsys.readouterr().out


def test_every_hint_that_a_message_names_is_in_the_lab():
    lab = (ROOT / "labs" / "solutions" / "lab02_digits.py").read_text(encoding="utf-8")
    for check, cases in answers.MUTANTS.items():
        for given, _ in cases:
            with pytest.raises(CheckFailed) as failure:
                getattr(lab02, check)(*given)
            hint = str(failure.value).split('open "')[1].split('"')[0]
            assert f"<summary>{hint}:" in lab


def test_messages_of_one_exercise_differ():
    for cases in answers.MUTANTS.values():
        codes = {code for _, code in cases}
        assert len(codes) >= 7


@pytest.mark.real_data
def test_digit_counts_of_the_lab_are_those_of_mnist():
    import os

    if not os.environ.get("RESNET_LABS_DATA"):
        pytest.skip("RESNET_LABS_DATA names no folder with data sets")
    from resnet_labs import data

    counts = data.load("mnist", split="test").labels.bincount(minlength=10)
    assert tuple(counts.tolist()) == lab02.MNIST_TEST_COUNTS


def test_digit_counts_of_the_lab_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    counts = torch.from_numpy(load_digits().target).bincount(minlength=10)
    lab = (ROOT / "labs" / "solutions" / "lab02_digits.py").read_text(encoding="utf-8")
    assert f"digits_counts = torch.tensor({counts.tolist()})" in lab
    assert f"mnist_counts = torch.tensor({list(lab02.MNIST_TEST_COUNTS)})" in lab
