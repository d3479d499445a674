"""What an answer changes beside its result is noted, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import probed
from torch import nn

from resnet_labs.grading import watch


def called(answer, *given):
    changed: list[str] = []
    left: list[str] = []
    before = watch.settings()
    try:
        result = watch.watched(answer, changed, left)(*given)
    finally:
        watch.put_back(before)
    return result, changed, left


@pytest.mark.parametrize(
    ("answer", "given"),
    [
        (lambda x: x.add_(1), torch.zeros(3)),
        (lambda x: x[0].add_(1), torch.zeros(2, 2)),
        (lambda x: x.requires_grad_(), torch.zeros(3)),
        (lambda x: x.resize_(2), torch.zeros(3)),
        (lambda x: x.pop(), [1, 2]),
        (lambda x: x.reverse(), [1, 2]),
        (lambda x: x[0].zero_(), [torch.ones(2), torch.ones(1)]),
        (lambda x: x[1][0].zero_(), (1, [torch.ones(2)])),
        (lambda x: x.update(b=1), {"a": 1}),
        (lambda x: x.__setitem__("a", 2), {"a": 1}),
        (lambda x: x.sort(), np.array([2, 1])),
    ],
)
def test_a_changed_input_is_noted(answer, given):
    assert called(answer, given)[1:] == (["its inputs"], [])


@pytest.mark.parametrize(
    ("answer", "given"),
    [
        (lambda x: x + 1, torch.tensor([1.0, float("nan")])),
        (sorted, [2, 1]),
        (lambda x: x.grad is None, nn.Parameter(torch.ones(1))),
        (lambda x: x.data.zero_(), nn.Parameter(torch.ones(1))),
        (lambda x: x.eval(), nn.Linear(1, 1)),
        (list, iter([1, 2])),
        (lambda x: x * 2, torch.ones(2, device="meta")),
    ],
)
def test_a_call_that_changes_no_input_is_not(answer, given):
    assert called(answer, given)[1:] == ([], [])


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (lambda: torch.set_grad_enabled(False), "grad mode"),
        (lambda: torch.set_default_dtype(torch.float64), "the default dtype"),
        (lambda: torch.set_default_device("meta"), "the default device"),
        (lambda: torch.manual_seed(12345), "the seed of torch's generator"),
    ],
)
def test_a_setting_that_stays_changed_is_noted_and_put_back(answer, name):
    before = watch.settings()
    with torch.random.fork_rng(devices=[]):
        assert called(answer)[1:] == ([], [name])
    after = watch.settings()
    assert {each: after[each] for each in list(before)[:3]} == {each: before[each] for each in list(before)[:3]}


def test_a_class_stays_a_class_and_a_value_itself():
    assert watch.watched(nn.Linear, [], []) is nn.Linear
    assert watch.watched(0.801, [], []) == 0.801


def test_changed_inputs_cost_their_cases_and_a_setting_the_last_one():
    cases = probed.inputs("09.3")

    def empties(figure, decimals, confusion):
        word = probed.namespace("09")["which_score"](figure, decimals, [list(row) for row in confusion])
        confusion.clear()
        return word

    seen = probed.look("09.3", probed.namespace("09") | {"which_score": empties}, cases)
    assert [each.get("error") for each in seen] == ["ValueError: it changed its inputs"] * len(cases)

    def seeds(*given):
        torch.manual_seed(5)
        return probed.namespace("09")["which_score"](*given)

    seen = probed.look("09.3", probed.namespace("09") | {"which_score": seeds}, cases)
    errors = [each.get("error") for each in seen]
    assert errors == [None] * (len(cases) - 1) + ["ValueError: it changed the seed of torch's generator"]
