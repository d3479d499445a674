"""A check message says what was tested, expected and got, the likeliest cause and the hint, and checks harm nothing."""

from __future__ import annotations

import random
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from resnet_labs import checks, metrics
from resnet_labs.checks._engine import CheckFailed, Mistake, Probe, check


@check("00.1", "every row sums to one")
def check_softmax(probe, softmax):
    logits = torch.randn(4, 3, generator=probe.generator)
    got = probe.call(softmax, logits, hint="a")
    probe.close(
        got,
        logits.softmax(1),
        "values",
        tested="the probabilities of four images",
        cause="the exponentials are not divided by their sum",
        hint="b",
        mistakes=[Mistake(logits.softmax(0), "axis", cause="the sum runs over the images", hint="c")],
    )


def failure(ask, *args):
    with pytest.raises(CheckFailed) as caught:
        ask(*args)
    return caught.value


def test_a_right_answer_prints_one_line(capsys):
    check_softmax(lambda logits: logits.softmax(1))
    assert capsys.readouterr().out == "00.1 passed: every row sums to one\n"


def test_a_wrong_answer_gets_its_lines_in_order(capsys):
    error = failure(check_softmax, lambda logits: torch.zeros(4, 3))
    title, *lines = str(error).splitlines()
    assert lines[-1].startswith("Repeat:   check_softmax(..., seed=")
    assert title == "00.1 does not hold yet."
    assert [line.split(":")[0] for line in lines] == ["Tested", "Expected", "Got", "Likely", "Hint", "Repeat"]
    assert lines[0] == "Tested:   the probabilities of four images"
    assert lines[1].startswith("Expected: 0.")
    assert lines[2].startswith("Got:      0 at [0, 0]; 12 of 12 entries differ, by up to 0.")
    assert lines[3] == "Likely:   the exponentials are not divided by their sum."
    assert lines[4] == 'Hint:     open "Hint 00.1b"'
    assert error.code == "00.1/values"
    assert isinstance(error, AssertionError)
    assert capsys.readouterr().out == ""


def test_a_known_mistake_is_named():
    error = failure(check_softmax, lambda logits: logits.softmax(0))
    assert error.code == "00.1/axis"
    assert "the sum runs over the images." in str(error)
    assert '"Hint 00.1c"' in str(error)


def test_a_notebook_shows_the_message_alone():
    error = failure(check_softmax, lambda logits: logits)
    assert error._render_traceback_() == str(error).splitlines()


@pytest.mark.parametrize(
    ("answer", "code", "got"),
    [
        (lambda logits: logits.softmax(1)[:, :2], "values-shape", "shape (4, 2)"),
        (lambda logits: logits.softmax(1).tolist(), "values-type", "list of 4"),
        (lambda logits: torch.full((4, 3), float("nan")), "values", "nan at [0, 0]"),
        (lambda logits: None, "no-return", "None"),
        (lambda logits: logits.sub_(1).softmax(1), "changes-input", "logits was changed"),
        (lambda: None, "raises", "TypeError"),
        (3, "raises", "TypeError: 'int' object is not callable"),
    ],
)
def test_every_kind_of_failure_has_its_code(answer, code, got):
    error = failure(check_softmax, answer)
    assert error.code == f"00.1/{code}"
    assert got in str(error).split("Got:")[1].split("Likely:")[0]


@pytest.mark.parametrize("wrong", [lambda logits: logits.sub_(1), lambda logits: logits.sub_(1).no_such_method()])
def test_a_change_of_the_input_is_undone_before_the_next_answer(wrong):
    logits, many = torch.ones(4, 3), np.ones(2)
    with pytest.raises(CheckFailed):
        Probe("00.2").call(lambda logits, more: wrong(logits) + more["many"].fill(5), logits, {"many": many})
    assert (logits == 1).all()
    assert (many == 1).all()


def test_an_error_in_the_answer_shows_call_shapes_and_the_learners_own_line():
    def answer(logits):
        inner = nn.functional.linear
        return inner(logits, torch.ones(2, 5))

    error = failure(check_softmax, answer)
    assert error.code == "00.1/raises"
    assert "Tested:   answer(float32 (4, 3))" in str(error)
    assert "mat1 and mat2 shapes cannot be multiplied (4x3 and 5x2)" in str(error)
    line = answer.__code__.co_firstlineno + 2
    assert f"in answer, line {line} of your code: return inner(logits, torch.ones(2, 5))" in str(error)
    assert "functional.py" not in str(error)


def test_a_stub_in_a_function_is_called_by_its_name():
    def answer(logits):
        raise NotImplementedError("exercise 00.1 is not written yet")

    error = failure(check_softmax, answer)
    assert error.code == "00.1/not-written"
    assert "still in the function" in str(error)


def test_another_not_implemented_error_is_no_stub():
    def answer(logits):
        raise NotImplementedError("no kernel for this type")

    error = failure(check_softmax, answer)
    assert error.code == "00.1/raises"
    assert "no kernel for this type" in str(error)


def test_no_message_prints_a_whole_tensor():
    probe = Probe("00.2")
    with pytest.raises(CheckFailed) as caught:
        probe.close(torch.ones(100, 100), torch.zeros(100, 100), "ones", tested="zeros", cause="c", hint="a")
    assert len(str(caught.value)) < 300
    with pytest.raises(CheckFailed) as caught:
        probe.expect(False, "big", tested="t", expected=torch.zeros(9), got=list(range(99)), cause="c", hint="a")
    assert "Expected: float32 (9,)" in str(caught.value)
    assert "Got:      list of 99" in str(caught.value)


def test_the_first_entry_that_differs_is_named_and_agreement_within_tolerance_passes():
    probe = Probe("00.2")
    want = torch.arange(6.0).reshape(2, 3)
    probe.close((want + 1e-7).double(), want, "same", tested="t", cause="c", hint="a")
    probe.close(torch.empty(0, 3), torch.empty(0, 3), "empty", tested="t", cause="c", hint="a")
    probe.close(0.5, torch.tensor(0.5), "number", tested="t", cause="c", hint="a")
    got = want.clone()
    got[1, 2] = 7
    with pytest.raises(CheckFailed, match=r"Expected: 5 at \[1, 2\]\nGot:      7 at \[1, 2\]; 1 of 6 entries"):
        probe.close(got.T.contiguous().T, want, "one", tested="t", cause="c", hint="a")
    with pytest.raises(CheckFailed, match=r"Expected: 0\.5\nGot:      0\.25\n"):
        probe.close(0.25, 0.5, "number", tested="t", cause="c", hint="a")


def test_equal_compares_plain_values():
    probe = Probe("00.2")
    probe.equal((1, 2), (1, 2), "pair", tested="t", cause="c", hint="a")
    mistake = Mistake(7, "one-off", cause="counting starts at 0", hint="b")
    with pytest.raises(CheckFailed) as caught:
        probe.equal(7, 8, "count", tested="t", cause="c", hint="a", mistakes=[mistake])
    assert caught.value.code == "00.2/one-off"
    with pytest.raises(CheckFailed) as caught:
        probe.equal(6, 8, "count", tested="t", cause="c", hint="a", mistakes=[mistake])
    assert caught.value.code == "00.2/count"


@pytest.mark.parametrize(
    ("change", "argument", "place"),
    [
        (lambda it: it["weights"][1].zero_(), {"weights": [torch.ones(2), torch.ones(2)]}, "it['weights'][1]"),
        (lambda it: it.append(1), [0], "it[1]"),
        (lambda it: it.fill(1), np.zeros(3), "it"),
        (lambda it: it(torch.ones(2, 3)).sum(), nn.BatchNorm1d(3), "it['running_mean']"),
        (lambda it: it.reset_parameters(), nn.Linear(2, 2), "it['weight']"),
    ],
)
def test_a_change_of_an_argument_is_found_wherever_it_is(change, argument, place):
    with pytest.raises(CheckFailed, match="the arguments stay as they were") as caught:
        Probe("00.2").call(change, argument, returns=False)
    assert f"{place} was changed" in str(caught.value)


def test_a_function_meant_to_work_in_place_may():
    values = torch.ones(3)
    assert Probe("00.2").call(torch.Tensor.zero_, values, in_place=True) is values


def test_arguments_that_hold_nan_are_not_called_changed():
    value = {"nan": float("nan"), "tensor": torch.tensor([float("nan")]), "array": np.array([np.nan]), "word": "a"}
    assert Probe("00.2").call(len, value) == 4


def test_an_answer_of_another_kind_is_a_message_not_a_crash():
    @check("00.3", "a layer")
    def check_layer(probe, layer):
        probe.equal(layer.in_features, 2, "in", tested="t", cause="c", hint="a")

    error = failure(check_layer, "no layer")
    assert error.code == "00.3/unusable"
    assert "AttributeError: 'str' object has no attribute 'in_features'" in str(error)
    assert isinstance(error.__cause__, AttributeError)


def test_generators_and_gradient_mode_are_put_back_and_answers_see_the_same_numbers():
    seen = []

    @check("00.4", "nothing")
    def check_draws(probe, answer):
        seen.append(probe.call(answer, draws_numbers=True))

    def answer():
        return random.random(), float(np.random.rand()), torch.rand(()).item()

    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    for seed in (3, 3, None, None):
        check_draws(answer, seed=seed)
    with pytest.raises(CheckFailed):
        check_draws(lambda: torch.rand(2) @ torch.rand(3))
    assert seen[0] == seen[1]
    assert len(set(seen)) == 4 - 1
    assert torch.is_grad_enabled()
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]
    assert torch.equal(torch.get_rng_state(), before[2])


def test_an_unknown_lab_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'lab99'"):
        checks.lab99  # noqa: B018


@check("00.5", "twice the input")
def check_double(probe, double):
    x = torch.randn(3, 4, generator=probe.generator)
    probe.close(probe.call(double, x, follows=True), 2 * x, "values", tested="twice", cause="c", hint="a")


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: x + torch.ones(3, 4) * 0 + x,
        lambda x: x + torch.zeros(x.shape) + x,
        lambda x: x.cpu() * 2,
        lambda x: torch.tensor(x.tolist()) * 2,
    ],
)
def test_an_answer_that_works_on_a_cpu_only_is_told_so_on_a_machine_without_a_gpu(answer):
    error = failure(check_double, answer)
    assert error.code == "00.5/device"
    assert "on another device than the CPU, such as a GPU" in str(error)
    assert "(1)" in str(error)


@pytest.mark.parametrize("answer", [lambda x: torch.from_numpy(x.numpy() * 2), lambda x: np.asarray(x) * 2])
def test_numpy_of_what_may_be_on_a_gpu_is_told_what_works_everywhere(answer):
    error = failure(check_double, answer)
    assert error.code == "00.5/device"
    assert "x.cpu().numpy()" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: x + torch.ones(3, 4, device=x.device) * x,
        lambda x: x + x.new_zeros(x.shape) + x,
        lambda x: torch.tensor(x.tolist(), device=x.device) * 2,
        lambda x: x * torch.tensor(2.0),
        lambda x: 2 * x[torch.arange(3)],
        lambda x: x * 2 if x.sum().item() < 1e9 else x,
        lambda x: torch.stack([row * 2 for row in x]),
        lambda x: x.cpu().numpy() * 2,
    ],
)
def test_an_answer_that_follows_its_inputs_passes(answer):
    check_double(answer)


@pytest.mark.parametrize(
    ("leave", "what"),
    [
        (lambda: torch.set_grad_enabled(False), "records gradients"),
        (lambda: torch.set_default_dtype(torch.float64), "default type"),
        (lambda: torch.set_default_device("meta"), "default device"),
        (lambda: torch.manual_seed(0), "seed"),
        (lambda: torch.use_deterministic_algorithms(True), "deterministic"),
    ],
)
def test_a_setting_that_an_answer_leaves_changed_is_named_and_put_back(leave, what):
    before = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device()

    def answer(x):
        doubled = 2 * x
        leave()
        return doubled

    error = failure(check_double, answer)
    assert error.code == "00.5/leaves-behind"
    assert what in str(error).split("Tested:")[1].split("Expected")[0]
    assert before == (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device())
    assert not torch.are_deterministic_algorithms_enabled()


class Everything:
    def __eq__(self, other):
        return True

    __hash__ = None


def test_comparisons_do_not_depend_on_what_a_notebook_replaced(monkeypatch):
    for name in ("isclose", "allclose", "equal"):
        monkeypatch.setattr(torch, name, lambda *args, **kwargs: torch.tensor(True))
    assert failure(check_double, lambda x: x).code == "00.5/values"
    probe = Probe("00.2")
    for got in (Everything(), [Everything()], "1"):
        with pytest.raises(CheckFailed):
            probe.equal(got, 1, "one", tested="t", cause="c", hint="a")
    with pytest.raises(CheckFailed):
        probe.close(Everything(), 1.0, "one", tested="t", cause="c", hint="a")


@check("00.6", "an interval", library=["resnet_labs.metrics:wilson_interval"])
def check_interval(probe, interval):
    probe.close(
        torch.tensor(probe.call(interval, 3, 9)),
        torch.tensor([0.1206, 0.6458]),
        "ends",
        tested="t",
        cause="c",
        hint="a",
        atol=1e-3,
    )


@pytest.mark.parametrize(
    "answer",
    [
        metrics.wilson_interval,
        partial(metrics.wilson_interval),
        lambda right, total: metrics.wilson_interval(right, total),
    ],
)
def test_the_librarys_own_function_is_named(answer):
    error = failure(check_interval, answer)
    assert error.code == "00.6/library"
    assert "wilson_interval`, the library's own" in str(error)


@pytest.mark.parametrize(
    ("change", "aspect"),
    [
        (lambda it: it.train(not it.training), "modes"),
        (lambda it: it[0].weight.requires_grad_(False), "requires-grad"),
        (lambda it: it[1].register_forward_hook(print), "hooks"),
        (lambda it: it[0]._forward_hooks.clear(), "hooks"),
        (lambda it: it.__setitem__(1, nn.BatchNorm1d(2)), "parts"),
        (lambda it: it.append(nn.Identity()), "parts"),
    ],
)
def test_a_network_that_is_only_looked_at_is_left_as_it_was(change, aspect):
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    network[0].register_forward_hook(lambda *_: None)
    with pytest.raises(CheckFailed) as caught:
        Probe("00.7").call(lambda it: (change(it), 1)[1], network)
    assert caught.value.code == f"00.7/touched-{aspect}"


def test_several_possible_causes_are_listed():
    error = Probe("00.8").failure("code", tested="t", expected=1, got=2, cause=("first", "second"), hint="a")
    assert "Likely:   one of these: (1) first; or (2) second." in str(error)


@check("00.8", "one row of what comes in three")
def check_flattened(probe, flatten):
    rows = torch.randn(3, 4, generator=probe.generator).T
    for cause in ("", "one cause", ("one cause", "another")):
        probe.call(flatten, rows, cause=cause)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda rows: rows.view(-1), "`reshape` takes any tensor"),
        (lambda rows: nn.ModuleList()(rows), "has no `forward`"),
        (lambda rows: rows.tolist()[9], "a list or an axis is shorter"),
        (lambda rows: 1 / (rows.ndim - 2), "may be zero"),
    ],
)
def test_what_an_error_tells_for_certain_is_named_first(answer, told):
    assert told in str(failure(check_flattened, answer))
