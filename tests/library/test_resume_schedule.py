"""Going on with more or fewer epochs: only where the longer run is, bit for bit, one that never stopped."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import checkpoint, data, optim
from resnet_labs.errors import InputError
from resnet_labs.train import TrainConfig, fit
from resnet_labs.weights import load_weights


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 3))


def run(path, *, model=None, stop_after=None, **settings):
    """Return the model and the history of a run; with `stop_after` it is interrupted in the epoch after that."""
    labels = torch.arange(40) % 3
    images = torch.randint(0, 256, (40, 1, 6, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    batches = data.Batches(data.ImageData(images, labels, tuple("abc"), "made here"), 16, shuffle=True, seed=5)
    model = model or network()
    config = TrainConfig(**{"learning_rate": 0.05, "clip_norm": 1.0, **settings})

    class Stop:
        def log(self, row):
            if row["epoch"] == stop_after + 1:
                raise Stopped

    tracker = None if stop_after is None else Stop()
    history = fit(model, batches, loss=F.cross_entropy, config=config, checkpoint=path, tracker=tracker, progress=False)
    return model, history


class Stopped(Exception):
    pass


def same(one, other):
    (model, history), (other_model, other_history) = one, other
    states = model.state_dict(), other_model.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    for column in ("epoch", "learning_rate", "train_loss", "train_accuracy"):
        assert history.column(column) == other_history.column(column)


CURVES = {"constant": {"schedule": "constant"}, "with warm-up": {"schedule": "constant", "warmup_epochs": 2}}


def test_every_schedule_is_tried_here():
    assert set(optim.SCHEDULES) == {"constant", "cosine"}


@pytest.mark.parametrize("optimizer", optim.OPTIMIZERS)
@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize(("before", "after"), [(3, 4), (3, 6)])
def test_a_constant_rate_may_be_extended_and_is_the_longer_run_bit_by_bit(tmp_path, optimizer, curve, before, after):
    settings = {"optimizer": optimizer, **CURVES[curve]}
    run(tmp_path / "run.pt", epochs=before, **settings)
    same(run(tmp_path / "run.pt", epochs=after, **settings), run(None, epochs=after, **settings))


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("stop", [1, 2])
def test_a_constant_rate_may_be_shortened_while_it_runs(tmp_path, curve, stop):
    with pytest.raises(Stopped):
        run(tmp_path / "run.pt", epochs=6, stop_after=stop, **CURVES[curve])
    same(run(tmp_path / "run.pt", epochs=3, **CURVES[curve]), run(None, epochs=3, **CURVES[curve]))


def test_in_the_warm_up_before_a_cosine_the_rates_are_still_the_same(tmp_path):
    settings = {"schedule": "cosine", "warmup_epochs": 2}
    with pytest.raises(Stopped):
        run(tmp_path / "run.pt", epochs=4, stop_after=2, **settings)
    same(run(tmp_path / "run.pt", epochs=6, **settings), run(None, epochs=6, **settings))


def refused(path, **settings):
    model = network()
    before, files = copy.deepcopy(model.state_dict()), {file: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(InputError) as caught:
        run(path, model=model, **settings)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == files
    return caught.value


@pytest.mark.parametrize("warmup", [0, 1])
@pytest.mark.parametrize(("stop", "before", "after"), [(None, 3, 6), (2, 4, 3), (3, 4, 8), (2, 3, 30)])
def test_other_epochs_under_a_cosine_are_refused_with_the_reason(tmp_path, warmup, stop, before, after):
    path, settings = tmp_path / "run.pt", {"schedule": "cosine", "warmup_epochs": warmup}
    try:
        run(path, epochs=before, stop_after=stop, **settings)
    except Stopped:
        assert stop is not None
    error = refused(path, epochs=after, **settings)
    assert error.problem == (
        f"The checkpoint '{path}' is from a run of {before} epochs, and this one has {after}: under the cosine "
        f"schedule the epochs that are kept would have had other learning rates."
    )
    assert error.fix == (
        f"Ask for {before} epochs; or train on in a second run, with a configuration and a checkpoint path of its own, "
        f"from the model that load_weights(model, '{path}') gives."
    )


def test_the_advice_works(tmp_path):
    first, _ = run(tmp_path / "run.pt", epochs=3, schedule="cosine")
    with pytest.warns(UserWarning, match="the entry 'model' was loaded"):
        second = load_weights(network(), tmp_path / "run.pt")
    states = first.state_dict(), second.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    _, history = run(tmp_path / "second.pt", model=second, epochs=2, schedule="cosine", learning_rate=0.01)
    assert history.column("epoch") == [1, 2]


@pytest.mark.parametrize("schedule", optim.SCHEDULES)
def test_fewer_epochs_than_are_kept_are_refused(tmp_path, schedule):
    path = tmp_path / "run.pt"
    run(path, epochs=3, schedule=schedule)
    error = refused(path, epochs=2, schedule=schedule)
    if schedule == "constant":
        assert error.problem == f"The checkpoint '{path}' holds 3 epochs, and this run has 2."
        assert error.fix == "Ask for at least 3 epochs, or give another checkpoint path."


@pytest.mark.parametrize("epochs", [2, 3])
def test_the_same_number_goes_on_under_every_schedule(tmp_path, epochs):
    for schedule in optim.SCHEDULES:
        path = tmp_path / f"{schedule}.pt"
        with pytest.raises(Stopped):
            run(path, epochs=epochs, stop_after=1, schedule=schedule)
        same(run(path, epochs=epochs, schedule=schedule), run(None, epochs=epochs, schedule=schedule))


@pytest.mark.parametrize("make", [lambda: network().state_dict(), lambda: {"epoch": 3}, network, lambda: 3])
@pytest.mark.parametrize("kept_before", [False, True])
@pytest.mark.filterwarnings("ignore:.*is not a checkpoint of this library:UserWarning")
def test_somebody_s_own_file_in_the_checkpoint_s_place_is_never_replaced(tmp_path, make, kept_before):
    path = tmp_path / "run.pt"
    if kept_before:
        run(path, epochs=2)
    torch.save(make(), path)
    error = refused(path, epochs=3)
    assert error.problem.startswith(f"The file '{path}' is not a checkpoint of this library: it holds ")
    assert "elete" not in str(error)


# what is in a checkpoint need not be what a run wrote


def changed(path, change):
    state = checkpoint.load(path)
    change(state)
    checkpoint.save(path, state)


ODD = {
    "no model": lambda state: state.update(model=3),
    "a model of numbers": lambda state: state["model"].update({"0.weight": 3.0}),
    "a config that is none": lambda state: state.update(config=[1]),
    "epochs that are words": lambda state: state["config"].update(epochs="three"),
    "rows that are none": lambda state: state.update(rows="rows"),
    "rows without an epoch": lambda state: state["rows"][0].pop("epoch"),
    "rows in another order": lambda state: state["rows"].reverse(),
    "rows without a loss": lambda state: state["rows"][0].pop("train_loss"),
    "steps that are a list": lambda state: state.update(steps=[1]),
    "an optimizer that is none": lambda state: state.update(optimizer=None),
    "an optimizer of fewer groups": lambda state: state["optimizer"]["param_groups"].pop(),
    "an optimizer of other tensors": lambda state: state["optimizer"]["state"][0].update(
        momentum_buffer=torch.zeros(7)
    ),
    "an optimizer without momentum": lambda state: state["optimizer"]["state"][0].update(momentum_buffer="fast"),
    "random states that are none": lambda state: state.update(random={}),
    "random states of another kind": lambda state: state["random"].update(torch=torch.zeros(3)),
    "names that are numbers": lambda state: state.update(trained=[1, 2]),
    "a loss that is none": lambda state: state.update(loss=None),
    "a loss that is an empty list": lambda state: state.update(loss=[]),
    "an optimizer that lacks an entry": lambda state: state["optimizer"]["state"][0].pop("momentum_buffer"),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_no_run_wrote_is_refused_by_the_file_s_name_before_anything_changes(tmp_path, odd):
    path = tmp_path / "run.pt"
    run(path, epochs=2)
    changed(path, ODD[odd])
    assert str(path) in refused(path, epochs=3).problem
