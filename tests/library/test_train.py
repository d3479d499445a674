"""The loop: equal to a hand-written one, resumable, loud about what goes wrong."""

from __future__ import annotations

import copy
import errno
import math
import os
import resource
import signal
import tempfile
from pathlib import Path

import jaxtyping
import pytest
import sklearn.metrics
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import checkpoint, data, runtime
from resnet_labs.errors import InputError
from resnet_labs.freeze import freeze_, linear_probe_
from resnet_labs.losses import CenterLoss
from resnet_labs.tracking import CSVTracker
from resnet_labs.train import History, NonFiniteLoss, Stopped, TrainConfig, evaluate, fit


def images_and_labels(count=40, classes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    images = torch.randint(0, 256, (count, 1, 6, 6), dtype=torch.uint8, generator=generator)
    return data.ImageData(images, labels, tuple("abc"[:classes]), "made here")


def network(dropout=0.0):
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout), nn.Linear(64, 3)
    )


def batches(shuffle=True):
    return data.Batches(images_and_labels(), 16, shuffle=shuffle, seed=5)


def weights(model):
    return torch.cat([value.double().flatten() for value in model.state_dict().values()])


def test_fit_is_a_hand_written_loop_bit_by_bit():
    ours, theirs = network(), network()
    config = TrainConfig(epochs=3, learning_rate=0.1, precision="fp32", channels_last=False)
    history = fit(ours, batches(), loss=F.cross_entropy, config=config, progress=False)

    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9, fused=True)
    means = []
    for epoch in range(3):
        order = batches()
        order.set_epoch(epoch)
        total = 0.0
        for images, labels in order:
            optimizer.zero_grad()
            loss = F.cross_entropy(theirs(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        means.append(total / 40)
    assert torch.equal(weights(ours), weights(theirs))
    assert history.column("train_loss") == pytest.approx(means, rel=1e-12)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_interrupted_and_resumed_run_ends_bit_by_bit_like_the_whole_one(tmp_path, schedule, optimizer):
    settings = {"learning_rate": 0.01, "optimizer": optimizer, "schedule": schedule, "weight_decay": 0.01}
    config = TrainConfig(epochs=4, warmup_epochs=1, clip_norm=1.0, **settings)

    whole = network(dropout=0.5)
    expected = fit(whole, batches(), loss=F.cross_entropy, config=config, progress=False)

    class Interrupted(Exception):
        pass

    class StopsAfterTwo:
        def log(self, row):
            if row["epoch"] == 3:
                raise Interrupted

    path = tmp_path / "run.pt"
    with pytest.raises(Interrupted):
        fit(
            network(dropout=0.5),
            batches(),
            loss=F.cross_entropy,
            config=config,
            checkpoint=path,
            tracker=StopsAfterTwo(),
            progress=False,
        )
    torch.manual_seed(99)
    resumed = network(dropout=0.5)
    history = fit(resumed, batches(), loss=F.cross_entropy, config=config, checkpoint=path, progress=False)
    assert torch.equal(weights(resumed), weights(whole))
    assert history.column("train_loss") == expected.column("train_loss")
    assert history.column("learning_rate") == expected.column("learning_rate")


def test_finished_run_is_not_trained_again(tmp_path):
    config = TrainConfig(epochs=1, learning_rate=0.1)
    first, second = network(), network()
    for model in (first, second):
        history = fit(
            model, batches(), loss=F.cross_entropy, config=config, checkpoint=tmp_path / "run.pt", progress=False
        )
        assert len(history.rows) == 1
    assert torch.equal(weights(first), weights(second))


def test_checkpoint_of_another_run_is_refused_and_says_what_differs(tmp_path):
    def run(rate):
        config = TrainConfig(epochs=1, learning_rate=rate)
        fit(network(), batches(), loss=F.cross_entropy, config=config, checkpoint=tmp_path / "run.pt", progress=False)

    run(0.1)
    with pytest.raises(InputError, match=r"run\.pt' is from another run: learning_rate differ"):
        run(0.2)


def test_checkpoint_of_another_network_is_refused_and_says_what_does_not_fit(tmp_path):
    config, path = TrainConfig(epochs=1, learning_rate=0.1), tmp_path / "run.pt"
    fit(network(), batches(), loss=F.cross_entropy, config=config, checkpoint=path, progress=False)
    other = nn.Sequential(network(), nn.Linear(3, 3))
    before = weights(other).clone()
    with pytest.raises(InputError, match=r"run\.pt' is from another network: \d+ missing \(0\."):
        fit(other, batches(), loss=F.cross_entropy, config=config, checkpoint=path, progress=False)
    assert torch.equal(weights(other), before)


def refused(path, *, model=None, loss=F.cross_entropy, **settings):
    """Return what a run says that does not go on from a checkpoint; it leaves model, loss and file as they were."""
    model = network() if model is None else model
    modules = [model, loss] if isinstance(loss, nn.Module) else [model]
    before, file = [weights(module) for module in modules], path.read_bytes()
    config = TrainConfig(**{"epochs": 2, "learning_rate": 0.1, **settings})
    with pytest.raises(InputError) as caught:
        fit(model, batches(), loss=loss, config=config, checkpoint=path, progress=False)
    assert all(torch.equal(weights(module), old) for module, old in zip(modules, before, strict=True))
    assert path.read_bytes() == file
    return str(caught.value)


def begun(path, *, model=None, loss=F.cross_entropy, **settings):
    model = network() if model is None else model
    config = TrainConfig(**{"epochs": 1, "learning_rate": 0.1, **settings})
    fit(model, batches(), loss=loss, config=config, checkpoint=path, progress=False)


def test_checkpoint_of_a_run_that_froze_other_layers_is_refused_with_their_names(tmp_path):
    path = tmp_path / "run.pt"
    begun(path)
    probe = network()
    linear_probe_(probe)
    assert refused(path, model=probe) == (
        f"The checkpoint '{path}' is from a run that trained 6 parameters, and this one trains 2; they differ in "
        "model.0.bias, model.0.weight, model.1.bias, .... Freeze the same layers, or give another checkpoint path."
    )


def test_checkpoint_of_a_run_that_froze_another_layer_of_the_same_shape_is_refused(tmp_path):
    def with_one_frozen(number):
        model = nn.Sequential(nn.Flatten(), *(nn.Linear(36, 36) for _ in range(3)))
        freeze_(model[number])
        return model

    begun(tmp_path / "run.pt", model=with_one_frozen(1))
    said = refused(tmp_path / "run.pt", model=with_one_frozen(2))
    assert said.startswith(
        f"The checkpoint '{tmp_path}/run.pt' is from a run that trained 4 parameters, and this one trains 4; they "
        "differ in model.1.bias, model.1.weight, model.2.bias, .... "
    )


def test_checkpoint_of_a_network_whose_layers_are_in_another_order_is_refused(tmp_path):
    def ordered(*names):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Flatten())
        for name in names:
            model.add_module(name, nn.Linear(36, 36))
        return model

    begun(tmp_path / "run.pt", model=ordered("a", "b"))
    said = refused(tmp_path / "run.pt", model=ordered("b", "a"))
    assert "trained 4 parameters, and this one trains 4; they differ in their order. " in said


def test_checkpoint_of_a_run_with_another_loss_is_refused_and_says_what_does_not_fit(tmp_path):
    path = tmp_path / "run.pt"
    begun(path)
    assert refused(path, loss=CenterLoss(3, 3)) == (
        f"The checkpoint '{path}' is from another loss: 1 missing (centers). "
        "Give another checkpoint path, or the loss of that run."
    )
    begun(tmp_path / "centers.pt", loss=CenterLoss(3, 3))
    said = refused(tmp_path / "centers.pt", loss=CenterLoss(4, 3))
    assert "is from another loss: 1 of another shape (centers (3, 3) instead of (4, 3)). " in said
    said = refused(tmp_path / "centers.pt")
    assert "is from another loss: 1 unexpected (centers). " in said


def test_a_checkpoint_that_is_not_of_a_run_is_refused_and_says_what_it_lacks(tmp_path):
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"model": network().state_dict(), "epoch": 3})
    assert refused(path) == (
        f"The checkpoint '{path}' is not from a run of this version: it lacks loss, optimizer, scaler, config, steps, "
        "trained, rows, random. Give another checkpoint path."
    )


def test_a_run_without_loss_scaling_is_not_continued_with_it(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    monkeypatch.setattr(runtime, "choose_precision", lambda *_: "fp32")
    begun(path)
    monkeypatch.setattr(runtime, "choose_precision", lambda *_: "fp16")
    assert refused(path) == (
        f"The checkpoint '{path}' is from a run that did not scale its loss, but this one does: its precision is "
        "fp16. "
        "Go on with a device like that run's, or give another checkpoint path."
    )


@pytest.mark.parametrize("freeze", [linear_probe_, lambda model: freeze_(model[:2])], ids=["probe", "part"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_frozen_run_that_is_resumed_ends_bit_by_bit_like_the_whole_one(tmp_path, freeze, optimizer):
    def run(name, epochs):
        model = network(dropout=0.5)
        freeze(model)
        still = weights(model[:2])
        config = TrainConfig(epochs=epochs, learning_rate=0.01, optimizer=optimizer, weight_decay=0.1)
        loss, path = CenterAndCrossEntropy(), tmp_path / name
        history = fit(model, batches(), loss=loss, config=config, checkpoint=path, progress=False)
        assert torch.equal(weights(model[:2]), still)
        return weights(model), weights(loss), history.column("train_loss")

    whole = run("whole.pt", 4)
    run("run.pt", 2)
    resumed = run("run.pt", 4)
    assert torch.equal(resumed[0], whole[0])
    assert torch.equal(resumed[1], whole[1])
    assert resumed[2] == whole[2]


class CenterAndCrossEntropy(nn.Module):
    def __init__(self):
        super().__init__()
        self.center_loss = CenterLoss(3, 3)

    def forward(self, outputs, labels):
        return F.cross_entropy(outputs, labels) + self.center_loss(outputs, labels)


def test_after_a_run_no_buffer_holds_a_graph_and_the_model_can_be_copied():
    model, loss = network(dropout=0.5), CenterAndCrossEntropy()
    fit(model, batches(), loss=loss, config=TrainConfig(epochs=1, learning_rate=0.1), progress=False)
    buffers = [*model.buffers(), *loss.buffers()]
    assert len(buffers) == 4
    assert [buffer.grad_fn for buffer in buffers] == [None] * 4
    assert torch.equal(weights(copy.deepcopy(model)), weights(model))
    assert torch.equal(weights(copy.deepcopy(loss)), weights(loss))


class At:
    """Calls something when an epoch's row is made, before its checkpoint is written."""

    def __init__(self, epoch, call):
        self.epoch, self.call = epoch, call

    def log(self, row):
        if row["epoch"] == self.epoch:
            self.call()


def kept_run(path, *, epochs=4, tracker=None, model=None):
    """Return the weights at the end of a run that is kept."""
    model = model or network(dropout=0.5)
    config = TrainConfig(epochs=epochs, learning_rate=0.01)
    fit(model, batches(), loss=F.cross_entropy, config=config, checkpoint=path, tracker=tracker, progress=False)
    return weights(model)


def names(path):
    return sorted(file.name for file in path.parent.iterdir())


def truncated(file):
    os.truncate(file, file.stat().st_size // 2)


def with_a_flipped_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [truncated, with_a_flipped_bit])
def test_from_a_damaged_checkpoint_the_run_goes_on_with_the_one_before(tmp_path, damage):
    path = tmp_path / "run.pt"
    expected = kept_run(tmp_path / "whole.pt")
    kept_run(path, epochs=3)
    damage(path)
    with pytest.warns(UserWarning, match="is damaged") as caught:
        found = kept_run(path)
    assert [str(warning.message) for warning in caught] == [
        f"The checkpoint '{path}' is damaged; '{path}.previous', saved before it, is used."
    ]
    assert torch.equal(found, expected)
    assert names(path) == ["run.pt", "run.pt.previous", "whole.pt", "whole.pt.previous"]


def test_where_both_checkpoints_are_damaged_nothing_is_trained_and_nothing_deleted(tmp_path):
    path = tmp_path / "run.pt"
    kept_run(path, epochs=2)
    for file in (path, Path(f"{path}.previous")):
        truncated(file)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    model = network()
    fresh = weights(model)
    with pytest.raises(InputError) as caught:
        kept_run(path, model=model)
    assert str(caught.value) == (
        f"The checkpoint '{path}' is damaged, and '{path}.previous' is damaged. "
        "Delete what is there, and start the run again."
    )
    assert torch.equal(weights(model), fresh)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_full_disk_ends_the_run_with_all_its_epochs_and_it_goes_on_later(tmp_path):
    path = tmp_path / "run.pt"
    expected = kept_run(tmp_path / "whole.pt")
    after_three = network(dropout=0.5)
    kept_run(tmp_path / "three.pt", epochs=3, model=after_three)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    full = At(3, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard)))
    model = network(dropout=0.5)
    try:
        with pytest.raises(Stopped) as caught:
            kept_run(path, tracker=full, model=model)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(caught.value) == (
        f"The checkpoint '{path}' cannot be written: File too large. Free some space, or give another folder; "
        "what was saved before is still there. The model in memory is that of epoch 3."
    )
    assert [row["epoch"] for row in caught.value.history.rows] == [1, 2, 3]
    assert torch.equal(weights(model), weights(after_three))
    assert len(checkpoint.load(path)["rows"]) == 2
    assert [name for name in names(path) if "run" in name] == ["run.pt", "run.pt.previous"]
    assert torch.equal(kept_run(path), expected)


@pytest.mark.parametrize(
    ("code", "call", "fix"),
    [
        (errno.EROFS, "open", "Give a folder that you may write to"),
        (errno.EACCES, "open", "Give a folder that you may write to"),
        (errno.ENOSPC, "mkdir", "Free some space"),
    ],
)
def test_a_folder_that_cannot_be_written_is_found_before_any_step(tmp_path, monkeypatch, code, call, fix):
    path = tmp_path / "a" / "run.pt"

    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(*((tempfile, "TemporaryFile") if call == "open" else (Path, call)), refuse)
    model = network()
    fresh = weights(model)
    with pytest.raises(InputError) as caught:
        kept_run(path, model=model)
    assert str(caught.value).startswith(f"The checkpoint '{path}' cannot be written: {os.strerror(code)}. {fix}")
    assert torch.equal(weights(model), fresh)


def test_a_folder_in_the_checkpoint_s_place_is_found_before_any_step(tmp_path):
    model = network()
    fresh = weights(model)
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        kept_run(tmp_path, model=model)
    assert torch.equal(weights(model), fresh)
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_is_read_from_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    expected = kept_run(tmp_path / "run.pt")

    def refuse(*_):
        raise InputError("The folder is read-only.", "None.")

    monkeypatch.setattr(checkpoint, "check_writable", refuse)
    assert torch.equal(kept_run(tmp_path / "run.pt"), expected)
    with pytest.raises(InputError, match="read-only"):
        kept_run(tmp_path / "run.pt", epochs=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_what_is_kept_and_goes_on(tmp_path, number):
    path = tmp_path / "run.pt"
    expected = kept_run(tmp_path / "whole.pt")
    handler = signal.signal(number, signal.default_int_handler)  # a shell's background jobs ignore SIGINT
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            kept_run(path, tracker=At(3, lambda: signal.raise_signal(number)))
    finally:
        signal.signal(number, handler)
    assert caught.value.__notes__ == [
        f"Epochs 1 to 2 are kept in '{path}'; a run with the same steps continues from there."
    ]
    assert [name for name in names(path) if "run" in name] == ["run.pt", "run.pt.previous"]
    assert torch.equal(kept_run(path), expected)


def test_a_run_that_is_not_kept_is_interrupted_without_a_word():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        kept_run(None, tracker=At(1, interrupt))
    assert not hasattr(caught.value, "__notes__")


def test_non_finite_loss_names_epoch_and_step_and_keeps_what_was_there(tmp_path):
    calls = []

    def loss(outputs, labels):
        calls.append(1)
        return F.cross_entropy(outputs, labels) * (math.nan if len(calls) == 5 else 1.0)

    config = TrainConfig(epochs=3, learning_rate=0.1)
    path = tmp_path / "run.pt"
    with pytest.raises(NonFiniteLoss, match=r"loss is nan at epoch 2, step 2\. Lower the learning rate") as failure:
        fit(network(), batches(), loss=loss, config=config, checkpoint=path, progress=False)
    assert [row["epoch"] for row in failure.value.history.rows] == [1]
    assert path.exists()


def test_a_learning_rate_far_too_high_is_found():
    config = TrainConfig(epochs=20, learning_rate=1e12)
    with pytest.raises(NonFiniteLoss, match="at epoch"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), batches(), loss=F.mse_loss_of_one_hot, config=config)


F.mse_loss_of_one_hot = lambda outputs, labels: ((outputs - F.one_hot(labels, 3)) ** 2).mean()


def test_validation_is_never_trained_on():
    config = TrainConfig(epochs=2, learning_rate=0.1, precision="fp32")
    alone, watched = network(), network()
    fit(alone, batches(), loss=F.cross_entropy, config=config, progress=False)
    other = data.Batches(images_and_labels(seed=9), 7)
    history = fit(watched, batches(), loss=F.cross_entropy, config=config, validation=other, progress=False)
    assert torch.equal(weights(alone), weights(watched))
    found = evaluate(watched, other)
    assert history.column("validation_accuracy")[-1] == pytest.approx(found.accuracy)
    assert history.column("validation_loss")[-1] == pytest.approx(
        F.cross_entropy(found.logits, found.labels).item(), rel=1e-5
    )


def test_evaluation_agrees_with_scikit_learn_and_leaves_the_model_as_it_was():
    model = network(dropout=0.5).train()
    model[1].eval()
    before = weights(model)
    found = evaluate(model, data.Batches(images_and_labels(), 16), top_k=(1, 2, 5))
    assert [module.training for module in model] == [True, False, True, True, True, True]
    assert torch.equal(weights(model), before)
    truth, scores = found.labels.numpy(), found.logits.numpy()
    assert found.accuracy == pytest.approx(sklearn.metrics.accuracy_score(truth, scores.argmax(1)))
    assert found.top_k[2] == pytest.approx(sklearn.metrics.top_k_accuracy_score(truth, scores, k=2))
    assert sorted(found.top_k) == [1, 2]
    for k in (0, 50):
        with pytest.raises(InputError, match=f"top_k holds {k}, but there are 3 classes. Choose each k from 1 to 3."):
            evaluate(model, data.Batches(images_and_labels(), 16), top_k=(1, k))
    assert found.confusion.tolist() == sklearn.metrics.confusion_matrix(truth, scores.argmax(1)).tolist()
    assert found.per_class.tolist() == pytest.approx(
        sklearn.metrics.recall_score(truth, scores.argmax(1), average=None).tolist()
    )


def test_label_outside_the_classes_is_refused():
    with pytest.raises(InputError, match="3"):
        evaluate(nn.Identity(), [(torch.eye(3), torch.tensor([0, 1, 3]))])


def test_batches_without_an_image_are_refused():
    nothing = (torch.empty(0, 1, 6, 6), torch.empty(0, dtype=torch.int64))
    with pytest.raises(InputError, match=r"^There is no batch to evaluate\. Give batches with at least one image\.$"):
        evaluate(network(), [nothing])


@pytest.mark.parametrize("model", [network(), nn.Sequential(nn.Flatten(), nn.Linear(36, 3))], ids=["conv", "linear"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.uint8])
def test_images_of_a_type_that_the_model_does_not_take_are_named(model, dtype):
    given = [(torch.zeros(2, 1, 6, 6, dtype=dtype), torch.tensor([0, 1]))]
    with pytest.raises(InputError) as caught:
        evaluate(model, given)
    assert str(caught.value) == (
        f"The images have type {dtype}, but the model's parameters torch.float32. "
        "Convert the images with `.to(torch.float32)`."
    )
    if dtype == torch.bfloat16:
        with torch.autocast("cpu", dtype=dtype):
            assert evaluate(model, given).logits.shape == (2, 3)


def test_other_errors_of_the_model_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        evaluate(nn.Linear(3, 2), [(torch.zeros(2, 4, dtype=torch.float32), torch.tensor([0, 1]))])


def test_soft_labels_train_and_count_their_largest_class():
    soft = [(images, F.one_hot(labels, 3).float()) for images, labels in batches(shuffle=False)]
    config = TrainConfig(epochs=2, learning_rate=0.1)
    hard, mixed = network(), network()
    first = fit(hard, list(batches(shuffle=False)), loss=F.cross_entropy, config=config, progress=False)
    second = fit(mixed, soft, loss=F.cross_entropy, config=config, progress=False)
    assert second.column("train_accuracy") == first.column("train_accuracy")
    assert second.column("train_loss") == pytest.approx(first.column("train_loss"), rel=1e-5)


def test_a_loss_with_parameters_trains_and_is_kept(tmp_path):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, outputs, labels):
            return F.cross_entropy(outputs * self.scale, labels)

    config = TrainConfig(epochs=1, learning_rate=0.1)
    loss = Scaled()
    path = tmp_path / "run.pt"
    fit(network(), batches(), loss=loss, config=config, checkpoint=path, progress=False)
    assert loss.scale.item() != 1
    again = Scaled()
    fit(network(), batches(), loss=again, config=config, checkpoint=path, progress=False)
    assert again.scale.item() == loss.scale.item()


def test_clipping_bounds_the_step():
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 3))
    before = weights(model)
    config = TrainConfig(epochs=1, learning_rate=1.0, clip_norm=0.01)
    one = [next(iter(batches()))]
    fit(model, one, loss=lambda *given: 1000 * F.cross_entropy(*given), config=config, progress=False)
    assert (weights(model) - before).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_bf16_forward_keeps_weights_in_fp32():
    model = network()
    seen = []
    model[0].register_forward_hook(lambda module, given, out: seen.append(out.dtype))
    config = TrainConfig(epochs=1, learning_rate=0.1, precision="bf16")
    history = fit(model, batches(), loss=F.cross_entropy, config=config, progress=False)
    assert set(seen) == {torch.bfloat16}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert history.precision == "bf16"


def test_compiled_run_learns_the_same(monkeypatch):
    called = []
    monkeypatch.setattr(torch, "compile", lambda model: called.append(model) or model)
    config = TrainConfig(epochs=1, learning_rate=0.1, compile=True)
    model = network()
    fit(model, batches(), loss=F.cross_entropy, config=config, progress=False)
    assert called == [model]


def test_one_line_an_epoch_where_there_is_no_terminal(capsys):
    config = TrainConfig(epochs=2, learning_rate=0.1)
    fit(network(), batches(), loss=F.cross_entropy, config=config, validation=batches())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert "validation" in lines[0]


def test_tracker_gets_every_row(tmp_path):
    config = TrainConfig(epochs=2, learning_rate=0.1)
    with CSVTracker(tmp_path / "a" / "run.csv") as tracker:
        history = fit(network(), batches(), loss=F.cross_entropy, config=config, tracker=tracker, progress=False)
    lines = (tmp_path / "a" / "run.csv").read_text().splitlines()
    assert lines[0] == "epoch,learning_rate,train_loss,train_accuracy,seconds"
    assert [float(line.split(",")[2]) for line in lines[1:]] == history.column("train_loss")


def test_tracker_refuses_other_columns(tmp_path):
    with CSVTracker(tmp_path / "run.csv") as tracker:
        tracker.log({"epoch": 1})
        with pytest.raises(InputError, match=r"columns changed from \['epoch'\] to \['step'\]"):
            tracker.log({"step": 1})


def test_nothing_to_train_and_no_batch_are_refused():
    config = TrainConfig(epochs=1, learning_rate=0.1)
    with pytest.raises(InputError, match="Nothing to train"):
        fit(network().requires_grad_(False), batches(), loss=F.cross_entropy, config=config)
    with pytest.raises(InputError, match="no batch to train on"):
        fit(network(), [], loss=F.cross_entropy, config=config)
    with pytest.raises(InputError, match="no batch to evaluate"):
        evaluate(network(), [])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("epochs", 0, "epochs is 0. It must be at least 1."),
        ("learning_rate", 0.0, "learning_rate is 0.0. It must be a positive number."),
        ("learning_rate", math.inf, "learning_rate is inf"),
        ("weight_decay", -0.1, "weight_decay is -0.1"),
        ("warmup_epochs", 5, r"warmup_epochs is 5. It must be at least 0 and below epochs \(5\)."),
        ("clip_norm", 0.0, "clip_norm is 0.0. It must be None or a positive number."),
        ("optimizer", "adan", "optimizer is 'adan'. Did you mean 'adam'"),
        ("schedule", "cosin", "schedule is 'cosin'. Did you mean 'cosine'"),
        ("precision", "bf15", "precision is 'bf15'. Did you mean 'bf16'"),
        ("channels_last", "yes", "channels_last is 'yes'. It must be True, False or 'auto'."),
    ],
)
def test_wrong_setting_is_refused_when_it_is_made(name, value, said):
    with pytest.raises(InputError, match=said):
        TrainConfig(**{"epochs": 5, "learning_rate": 0.1, name: value})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("epochs", 1.5, "epochs is 1.5. It must be a whole number."),
        ("warmup_epochs", 0.5, "warmup_epochs is 0.5. It must be a whole number."),
        ("learning_rate", "a", "learning_rate is 'a'. It must be a number."),
        ("clip_norm", "a", "clip_norm is 'a'. It must be None or a positive number."),
    ],
)
def test_setting_of_a_wrong_kind_is_refused_when_it_is_made(monkeypatch, name, value, said):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # a user's Python checks no annotations
    with pytest.raises(InputError, match=said):
        TrainConfig(**{"epochs": 5, "learning_rate": 0.1, name: value})


def test_a_label_that_is_no_class_is_told_whatever_the_loss():
    images, labels = torch.rand(9, 1, 6, 6), torch.arange(9)
    with pytest.raises(InputError, match=r"a label that is not a class: Target \d is out of bounds"):
        fit(network(), [(images, labels)], loss=F.cross_entropy, config=TrainConfig(epochs=1, learning_rate=0.1))


@pytest.mark.parametrize("kind", [torch.float64, torch.uint8])
def test_images_of_another_type_than_the_network_s_are_told(kind):
    images, labels = torch.rand(4, 1, 6, 6).to(kind), torch.arange(4) % 3
    config = TrainConfig(epochs=1, learning_rate=0.1, precision="fp32")
    with pytest.raises(InputError, match=rf"The images have type {kind}, .* parameters torch.float32"):
        fit(network(), [(images, labels)], loss=F.cross_entropy, config=config)


def test_empty_batches_are_told():
    images, labels = torch.rand(4, 1, 6, 6), torch.arange(4) % 3
    config = TrainConfig(epochs=1, learning_rate=0.1)
    with pytest.raises(InputError, match="A batch has no image"):
        fit(network(), [(images[:0], labels[:0])], loss=F.cross_entropy, config=config)
    with pytest.raises(InputError, match="validation has no image"):
        fit(network(), [(images, labels)], loss=F.cross_entropy, config=config, validation=[])


def test_history_names_the_nearest_column():
    history = History("cpu", "fp32", [{"epoch": 1, "train_loss": 1.0, "seconds": 2.0}])
    assert history.seconds == 2.0
    with pytest.raises(InputError, match="Did you mean 'train_loss'"):
        history.column("train_los")


@pytest.mark.parametrize(("capability", "chosen"), [((7, 5), "fp16"), ((8, 0), "bf16"), ((9, 0), "bf16")])
def test_precision_on_cuda_follows_the_card_not_the_emulation(monkeypatch, capability, chosen):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert runtime.choose_precision("auto", torch.device("cuda")) == chosen


@pytest.mark.parametrize(
    ("amx", "avx512", "capability", "chosen"),
    [
        (True, True, "AVX512", "bf16"),
        (False, True, "AVX512", "bf16"),
        (True, False, "AVX512", "bf16"),
        (False, False, "AVX512", "fp32"),
        (True, True, "AVX2", "fp32"),
    ],
)
def test_precision_on_a_cpu_follows_its_units(monkeypatch, amx, avx512, capability, chosen):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    assert runtime.choose_precision("auto", torch.device("cpu")) == chosen
    assert runtime.choose_precision("fp32", torch.device("cpu")) == "fp32"
