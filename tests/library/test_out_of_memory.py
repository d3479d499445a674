"""A batch that does not fit into memory: the sentence names one that does, and nothing is lost."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import distributed
from resnet_labs.errors import LabError
from resnet_labs.train import OutOfMemory, TrainConfig, fit, out_of_memory
from resnet_labs.train.history import History

PETABYTE = 2**50


class Limited(nn.Module):
    """Asks for a petabyte where a batch has more images than `limit`, from call number `first` on."""

    def __init__(self, limit, first=1, error=None):
        super().__init__()
        self.limit, self.first, self.sizes = limit, first, []
        self.error = error

    def forward(self, images):
        self.sizes.append(len(images))
        if len(images) > self.limit and len(self.sizes) >= self.first:
            if self.error is not None:
                raise self.error
            torch.empty(PETABYTE, dtype=torch.uint8)
        return images


class Counting(nn.Module):
    """A loss with a parameter and a buffer that every call changes, in place and by another tensor."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("num_calls", torch.zeros((), dtype=torch.int64))
        self.register_buffer("last", torch.zeros(()), persistent=False)
        self.register_buffer("absent", None)

    def forward(self, outputs, labels):
        value = F.cross_entropy(outputs * self.scale, labels)
        self.num_calls += 1
        self.last = value.detach()
        return value


def network(*args, **kwargs):
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.Flatten(),
        nn.Dropout(0.5),
        Limited(*args, **kwargs),
        nn.Linear(64, 3),
    )


def batches(size, count):
    images = torch.rand(count, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    return list(zip(images.split(size), (torch.arange(count) % 3).split(size), strict=True))


def settings(**changes):
    return TrainConfig(**{"epochs": 2, "learning_rate": 0.1, "precision": "fp32"} | changes)


def said(model, data, *, loss=F.cross_entropy, checkpoint=None, **changes):
    with pytest.raises(OutOfMemory) as caught:
        fit(model, data, loss=loss, config=settings(**changes), checkpoint=checkpoint, progress=False)
    here = str(caught.value).replace(caught.value.history.device, "HERE")
    return here.removeprefix("A batch of "), caught.value


def test_the_size_that_fits_is_named_in_both_ways():
    text, error = said(network(4), batches(16, 32))
    assert text == (
        "16 does not fit into memory on HERE; one of 4 does. "
        "Use a batch size of 4; with accumulate=4 a step still has 16 images."
    )
    assert isinstance(error, LabError)
    assert error.fits == 4
    assert "allocate memory" in str(error.__cause__)


@pytest.mark.parametrize(
    ("size", "limit", "accumulate", "fix"),
    [
        (16, 8, 3, "Use a batch size of 8; with accumulate=6 a step still has 48 images."),
        (100, 13, 1, "Use a batch size of 12; with accumulate=8 a step has 96 images."),
        (7, 3, 1, "Use a batch size of 3; with accumulate=2 a step has 6 images."),
    ],
)
def test_steps_keep_their_images_where_halves_allow_it(size, limit, accumulate, fix):
    text, _ = said(network(limit), batches(size, 2 * size), accumulate=accumulate)
    assert text.endswith(fix)


def test_what_is_named_runs():
    _, error = said(network(4), batches(16, 32))
    history = fit(
        network(4), batches(error.fits, 32), loss=F.cross_entropy, config=settings(accumulate=4), progress=False
    )
    assert len(history.rows) == 2


@pytest.mark.parametrize("size", [1, 2, 5])
def test_not_even_one_image_fits(size):
    text, error = said(network(0), batches(size, 2 * size))
    middle = "." if size == 1 else "; not even one image does."
    assert text == (
        f"{size} does not fit into memory on HERE{middle} "
        "Use smaller images or a smaller network, or precision='bf16' or 'fp16'."
    )
    assert error.fits is None


def test_half_precision_is_not_proposed_where_it_runs():
    text, _ = said(network(0), batches(4, 8), precision="bf16")
    assert text.endswith("does. Use smaller images or a smaller network.")


def test_batches_too_small_to_train_on_end_the_search():
    # Batch norm refuses a single row.
    torch.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 3), nn.BatchNorm1d(3), Limited(1))
    text, _ = said(model, batches(8, 16))
    assert text.startswith("8 does not fit into memory on HERE; nor does one of 2. Use smaller images")


def test_several_processes_do_not_search(monkeypatch):
    class Alone(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def forward(self, images):
            return self.module(images)

    monkeypatch.setattr("resnet_labs.train.loop.DistributedDataParallel", Alone)
    monkeypatch.setattr(distributed, "count", lambda: 2)
    model = nn.Sequential(nn.Flatten(), Limited(4), nn.Linear(36, 3))
    text, error = said(model, batches(16, 32))
    assert text == (
        "16 does not fit into memory on HERE. Halve the batch size; with accumulate=2 a step has as many images."
    )
    assert error.fits is None
    assert model[1].sizes == [8]


def test_finished_epochs_are_kept_and_the_run_goes_on_with_its_steps_in_parts(tmp_path):
    path = tmp_path / "run.pt"
    text, error = said(network(4, first=4), batches(16, 32), checkpoint=path, epochs=4)
    assert text.endswith(f"has 16 images. Epoch 1 is kept in '{path}'; a run with the same steps continues from there.")
    assert [row["epoch"] for row in error.history.rows] == [1]
    config = settings(epochs=4, accumulate=4)
    history = fit(network(4), batches(4, 32), loss=F.cross_entropy, config=config, checkpoint=path, progress=False)
    assert history.rows[:1] == error.history.rows
    assert len(history.rows) == 4


def test_a_checkpoint_without_an_epoch_is_not_named(tmp_path):
    text, _ = said(network(4), batches(16, 32), checkpoint=tmp_path / "run.pt")
    assert text.endswith("has 16 images.")
    assert list(tmp_path.iterdir()) == []


def test_the_search_leaves_no_trace(monkeypatch):
    model, loss = network(2), Counting()
    seen = {}
    search = out_of_memory.largest_batch

    def state():
        values = {**model.state_dict(), **{f"loss.{name}": value for name, value in loss.named_buffers()}}
        # Not Python's own: the checks of annotations, which run in tests only, draw from it.
        generators = (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
        return {name: value.clone() for name, value in values.items()}, generators

    def watched(*arguments):
        seen["before"] = state()
        seen["last"] = loss.last
        return search(*arguments)

    monkeypatch.setattr(out_of_memory, "largest_batch", watched)
    said(model, batches(16, 32), loss=loss)
    (values, generators), (before, generators_before) = state(), seen["before"]
    assert model[4].sizes == [16, 8, 4, 2, 2]
    assert generators == generators_before
    assert values.keys() == before.keys()
    assert all(torch.equal(values[name], before[name]) for name in values)
    assert loss.last is seen["last"]
    assert all(p.grad is None for p in [*model.parameters(), *loss.parameters()])


def test_memory_that_runs_out_backwards_is_found_too():
    class Backwards(Limited):
        def forward(self, images):
            self.sizes.append(len(images))
            if len(images) > self.limit:
                images = images.clone()
                images.register_hook(lambda gradient: torch.empty(PETABYTE, dtype=torch.uint8))
            return images

    model = network(0)
    model[4] = Backwards(4)
    assert said(model, batches(16, 32))[1].fits == 4
    assert all(p.grad is None for p in model.parameters())


def test_what_the_failed_step_held_is_released_before_the_search(monkeypatch):
    held, alive = [], []

    class Holds(nn.Module):
        def forward(self, images):
            if len(images) > 4:
                local = images * 2
                held.append(weakref.ref(local))
                torch.empty(PETABYTE, dtype=torch.uint8)
            return images

    search = out_of_memory.largest_batch
    monkeypatch.setattr(
        out_of_memory, "largest_batch", lambda *given: alive.append([ref() for ref in held]) or search(*given)
    )
    model = network(0)
    model[4] = Holds()
    _, error = said(model, batches(16, 32))
    assert alive == [[None]]
    assert [ref() for ref in held] == [None, None]
    assert error.__cause__.__traceback__ is None


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("MPS backend out of memory (MPS allocated: 18.02 GB)"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:81] data. DefaultCPUAllocator: not enough memory: you tried"),
        RuntimeError("std::bad_alloc"),
        MemoryError(),
    ],
    ids=lambda error: f"{type(error).__name__} {error}"[:40],
)
def test_what_every_allocator_says_is_recognised(error):
    assert said(network(4, error=error), batches(16, 32))[1].fits == 4


@pytest.mark.parametrize("error", [RuntimeError("shape '[3]' is invalid"), ValueError("out of memory"), KeyError("x")])
def test_other_errors_pass_as_they_are(error):
    model = network(4, error=error)
    with pytest.raises(type(error)) as caught:
        fit(model, batches(16, 32), loss=F.cross_entropy, config=settings(), progress=False)
    assert caught.value is error
    assert model[4].sizes == [16]


def test_a_history_tells_where_it_ran():
    error = OutOfMemory(8, fits=4, too_large=8, accumulate=1, history=History("a small card", "fp32"))
    assert str(error).startswith("A batch of 8 does not fit into memory on a small card; one of 4 does.")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_on_a_gpu_the_size_that_is_named_fits(precision):
    torch.manual_seed(1)
    # The convolution makes 256 MiB of an image, in fp32.
    model = nn.Sequential(nn.Conv2d(1, 64, 1), nn.BatchNorm2d(64), nn.AdaptiveAvgPool2d(1), nn.Flatten()).cuda()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(min(1.0, 6 * 2**30 / total))
    config = settings(epochs=1, precision=precision)
    images, labels = torch.rand(64, 1, 1024, 1024), torch.arange(64)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    try:
        with pytest.raises(OutOfMemory) as caught:
            fit(model, [(images, labels)], loss=F.cross_entropy, config=config, progress=False)
        fits = caught.value.fits
        assert fits is not None
        assert 1 < fits < 64
        assert all(torch.equal(model.state_dict()[name], state[name]) for name in dict(model.named_parameters()))
        parts = list(zip(images.split(fits), labels.split(fits), strict=True))
        config = settings(epochs=1, precision=precision, accumulate=64 // fits)
        assert len(fit(model, parts, loss=F.cross_entropy, config=config, progress=False).rows) == 1
        with pytest.raises(torch.OutOfMemoryError):
            model(torch.rand(64, 1, 1024, 1024, device="cuda"))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
