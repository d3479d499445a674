"""Every lab's checks are proved by wrong answers, and accept right ones that are written differently."""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter

import pytest
from helpers.places import ROOT, SOLUTIONS

from resnet_labs import labs
from resnet_labs.checks._engine import CheckFailed

WRITTEN = [lab for lab in labs.LABS if lab.notebook]


def answers(lab):
    """Return tests/labs/labNN/mutants.py: `MUTANTS` and `RIGHT`, by the name of the check."""
    path = ROOT / "tests" / "labs" / f"lab{lab.number}" / "mutants.py"
    spec = importlib.util.spec_from_file_location(f"mutants_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def called(given):
    return getattr(given[0], "__name__", type(given[0]).__name__).strip("_")


ANSWERS = {lab: answers(lab) for lab in WRITTEN}
MUTANTS = [
    pytest.param(lab, check, given, code, id=f"{lab.number}-{called(given)}-{code}")
    for lab, module in ANSWERS.items()
    for check, cases in module.MUTANTS.items()
    for given, code in cases
]
RIGHT = [
    pytest.param(lab, check, given, id=f"{lab.number}-{called(given)}")
    for lab, module in ANSWERS.items()
    for check, cases in module.RIGHT.items()
    for given in cases
]


def check_of(lab, name):
    return getattr(importlib.import_module(f"resnet_labs.checks.lab{lab.number}"), name)


@pytest.mark.parametrize(("lab", "check", "given", "code"), MUTANTS)
def test_wrong_answer_gets_its_own_message_and_a_hint_that_the_lab_has(lab, check, given, code):
    with pytest.raises(CheckFailed) as failure:
        check_of(lab, check)(*given)
    assert failure.value.code == code
    for part in ("Tested:", "Expected:", "Got:", "Likely:", "Hint:"):
        assert part in str(failure.value)
    hint = str(failure.value).split('open "')[1].split('"')[0]
    source = (SOLUTIONS / f"{lab.stem}.py").read_text(encoding="utf-8")
    assert f"<summary>{hint}:" in source


@pytest.mark.parametrize(("lab", "check", "given"), RIGHT)
def test_right_answer_in_another_style_passes(lab, check, given, capsys):
    check_of(lab, check)(*given)
    assert "passed" in capsys.readouterr().out


@pytest.mark.parametrize("lab", WRITTEN, ids=lambda lab: lab.stem)
def test_every_check_of_the_lab_has_wrong_and_right_answers_enough(lab):
    source = (SOLUTIONS / f"{lab.stem}.py").read_text(encoding="utf-8")
    module = ANSWERS[lab]
    asked = {name for name in module.MUTANTS if f"checks.lab{lab.number}.{name}(" in source}
    assert source.count(f"checks.lab{lab.number}.check_") >= len(asked) == len(module.MUTANTS)
    assert set(module.RIGHT) == asked
    for cases in module.MUTANTS.values():
        codes = Counter(code for _, code in cases)
        assert len(codes) >= 6
    for cases in module.RIGHT.values():
        assert len(cases) >= 3
