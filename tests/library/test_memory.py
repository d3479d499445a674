"""The memory of a training step: equal to hand counts, to torch's own tracker, and nothing of the caller's changes."""

from __future__ import annotations

import copy
import gc
import weakref

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import freeze, resnet
from resnet_labs.errors import InputError
from resnet_labs.losses import CenterLoss
from resnet_labs.memory import MemoryReport, _NewTensors, memory_report
from resnet_labs.runtime import release_memory

FLOAT = 4  # bytes
INT64 = 8
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def total(outputs, labels):
    """Keeps nothing for the backward pass."""
    return outputs.sum()


def linears():
    return nn.Sequential(nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 10))


def report(model, images, labels=None, *, loss=total, optimizer=None, **settings):
    labels = torch.arange(len(images)) if labels is None else labels
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.1)
    return memory_report(model, images, labels, loss=loss, optimizer=optimizer, **settings)


def test_two_layers_are_what_a_hand_counts():
    found = report(linears(), torch.rand(8, 100))
    assert found.weights == found.gradients == FLOAT * (101 * 50 + 51 * 10)
    assert found.optimizer == 0
    # The first layer keeps the images; ReLU keeps what it gives, and the second layer the same memory.
    assert found.activations == FLOAT * (8 * 100 + 8 * 50)


def test_cross_entropy_keeps_log_probabilities_labels_and_their_weight():
    more = report(linears(), torch.rand(8, 100), loss=F.cross_entropy).activations
    assert more - report(linears(), torch.rand(8, 100)).activations == FLOAT * 8 * 10 + INT64 * 8 + FLOAT


@pytest.mark.parametrize("inplace", [False, True])
def test_a_convolution_with_batch_norm_is_what_a_hand_counts(inplace):
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace))
    found = report(model, torch.rand(2, 3, 7, 5))
    # filters, scale and shift; running mean and variance, the number of batches
    assert found.gradients == FLOAT * (4 * 3 * 9 + 2 * 4)
    assert found.weights == found.gradients + FLOAT * 2 * 4 + INT64
    # images, output of the convolution, the batch's mean and deviation, output of ReLU
    assert found.activations == FLOAT * (2 * 3 * 35 + 2 * 4 * 35 + 2 * 4 + 2 * 4 * 35)


@pytest.mark.parametrize(("batch", "added"), [(2, 100 * 10 + 2), (200, 200 * 10 + 1)])
def test_the_peak_of_one_layer_is_what_a_hand_counts(batch, added):
    found = report(nn.Linear(100, 10, bias=False), torch.rand(batch, 100))
    # A small batch peaks in the backward pass: weight's gradient, loss and its gradient. A large one in the forward
    # pass: outputs and loss.
    assert found.peak == FLOAT * (100 * 10 + batch * 100 + added) + INT64 * batch


@pytest.mark.parametrize(
    ("make", "copies", "extra"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1), 0, 0),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), 1, 0),
        (lambda p: torch.optim.Adam(p, lr=0.1), 2, FLOAT),
        (lambda p: torch.optim.AdamW(p, lr=0.1, amsgrad=True), 3, FLOAT),
    ],
    ids=["sgd", "momentum", "adam", "amsgrad"],
)
def test_the_optimizer_keeps_so_many_copies_of_the_weights(make, copies, extra):
    model = linears()
    found = report(model, torch.rand(8, 100), optimizer=make(model.parameters()))
    assert found.optimizer == copies * found.weights + extra * len(list(model.parameters()))  # Adam counts its steps
    assert found.peak >= found.weights + found.gradients + found.optimizer


def test_a_frozen_backbone_saves_gradients_activations_and_optimizer_state():
    model, images = resnet.cifar_resnet(8), torch.rand(4, 3, 16, 16)
    whole = report(model, images, optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
    freeze.linear_probe_(model)
    probe = report(model, images, optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
    assert probe.weights == whole.weights
    assert probe.gradients == probe.optimizer == FLOAT * 65 * 10
    assert probe.activations == FLOAT * 4 * 64  # what the head takes in
    assert probe.peak < whole.peak


def test_activations_grow_with_the_batch_and_nothing_else_does():
    small, medium, large = (report(resnet.cifar_resnet(8), torch.rand(n, 3, 16, 16)) for n in (2, 4, 6))
    assert large.activations - medium.activations == medium.activations - small.activations > 0
    assert (small.weights, small.gradients) == (large.weights, large.gradients)
    assert small.peak < medium.peak < large.peak


def test_shared_memory_counts_once():
    layer = nn.Linear(5, 5, bias=False)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    model.register_buffer("ones", torch.ones(30))
    model.register_buffer("some", model.ones[3:7])
    found = report(model, torch.rand(2, 5))
    assert found.weights == FLOAT * (25 + 30)
    assert found.gradients == FLOAT * 25


def test_half_precision_keeps_its_copies_of_the_weights():
    model = nn.Sequential(nn.Linear(100, 50, bias=False), nn.ReLU(), nn.Linear(50, 10, bias=False))
    found = report(model, torch.rand(8, 100), precision="bf16")
    assert found.weights == found.gradients == FLOAT * (100 * 50 + 50 * 10)
    assert found.activations == 2 * (8 * 100 + 8 * 50 + 50 * 10)


def test_the_tensors_of_a_loss_count_as_weights():
    alone = report(nn.Linear(4, 3), torch.rand(6, 4)).weights
    labels = torch.arange(6) % 3
    assert report(nn.Linear(4, 3), torch.rand(6, 4), labels, loss=CenterLoss(3, 3)).weights - alone == FLOAT * 3 * 3


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_the_peak_is_that_of_torchs_own_tracker(optimizer):
    tracker = pytest.importorskip("torch.distributed._tools.mem_tracker")
    model, images, labels = resnet.cifar_resnet(8), torch.rand(4, 3, 16, 16), torch.arange(4)
    optimizer = optimizer(model.parameters(), lr=0.1)
    found = memory_report(model, images, labels, loss=F.cross_entropy, optimizer=optimizer)

    def step():
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad()

    step()
    theirs = tracker.MemTracker()
    theirs.track_external(model, optimizer, images, labels)
    with theirs:
        step()
    assert found.peak == theirs.get_tracker_snapshot("peak")[torch.device("cpu")]["Total"]


def everything(model, loss, optimizer, images):
    """Everything of the caller's that a training step could move, in one nest of plain values and tensors."""
    return copy.deepcopy(
        {
            "model": model.state_dict(),
            "modes": [module.training for module in model.modules()],
            "gradients": [p.grad for p in model.parameters()],
            "loss": loss.state_dict(),
            "optimizer": optimizer.state_dict(),
            "images": images,
            # Not Python's generator: beartype, which checks annotations in these tests, draws from it.
            "random": (torch.get_rng_state(), np.random.get_state()[1].tolist(), np.random.get_state()[2]),
        }
    )


def used():
    """Return a network that draws and counts, with a gradient, momentum and modes of its own, and what goes with it."""
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 3))
    loss, images, labels = CenterLoss(3, 3), torch.rand(6, 1, 6, 6), torch.arange(6) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss(model(images), labels).backward()
    optimizer.step()
    model[1].eval()
    return model, images, labels, loss, optimizer


def test_nothing_of_the_callers_changes():
    model, images, labels, loss, optimizer = used()
    before = everything(model, loss, optimizer, images)
    found = memory_report(model, images, labels, loss=loss, optimizer=optimizer)
    torch.testing.assert_close(everything(model, loss, optimizer, images), before, rtol=0, atol=0)
    assert memory_report(model, images, labels, loss=loss, optimizer=optimizer) == found


def test_a_loss_that_fails_leaves_everything_as_it_was():
    model, images, labels, loss, optimizer = used()
    before = everything(model, loss, optimizer, images)
    with pytest.raises(RuntimeError, match="scalar"):  # of torch
        memory_report(model, images, labels, loss=lambda outputs, labels: outputs, optimizer=optimizer)
    torch.testing.assert_close(everything(model, loss, optimizer, images), before, rtol=0, atol=0)


def test_images_that_require_a_gradient_get_none():
    images = torch.rand(2, 100, requires_grad=True)
    report(linears(), images)
    assert images.grad is None


def test_no_tensor_outlives_the_report_until_a_garbage_collection():
    model, images, labels, loss, optimizer = used()
    gc.disable()
    try:
        with _NewTensors(torch.device("cpu")) as new:
            memory_report(model, images, labels, loss=loss, optimizer=optimizer)
    finally:
        gc.enable()
    assert new.most > 0
    assert sum(new.alive.values()) == 0


def test_printed_it_is_a_table_with_shares():
    mib = 2**20
    text = str(
        MemoryReport(weights=10 * mib, gradients=10 * mib, optimizer=20 * mib, activations=60 * mib, peak=95 * mib)
    )
    assert text.splitlines() == [
        "                  MiB   share",
        "weights          10.0     10%",
        "gradients        10.0     10%",
        "optimizer        20.0     20%",
        "activations      60.0     60%",
        "sum             100.0    100%",
        "peak             95.0     95%",
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"images": torch.empty(0, 100)}, r"images are empty: their shape is \(0, 100\)\. Give at least one image\."),
        (
            {"images": torch.empty(8, 100, device="meta")},
            "images are on meta, the model on cpu. Move all of them to one",
        ),
        (
            {"labels": torch.empty(8, device="meta")},
            "images are on cpu, labels on meta. Move all of them to one device",
        ),
        ({"model": linears().requires_grad_(False)}, "Nothing to train: every parameter is frozen. Unfreeze a part"),
        ({"model": linears()}, "optimizer trains no parameter of this Sequential. Make it from the model's own"),
        ({"precision": "bf61"}, "precision is 'bf61'. Did you mean 'bf16'?"),
    ],
    ids=["empty", "images elsewhere", "labels elsewhere", "frozen", "another model's optimizer", "precision"],
)
def test_bad_input_is_one_sentence_and_a_mend(change, sentence):
    model = linears()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    given = {"model": model, "images": torch.rand(8, 100), "labels": torch.arange(8), "precision": "fp32"} | change
    if len(given["images"]) == 0:
        given["labels"] = torch.arange(0)
    with pytest.raises(InputError, match=sentence):
        memory_report(**given, loss=F.cross_entropy, optimizer=optimizer)


def test_release_memory_frees_a_tensor_in_a_reference_cycle():
    class Node:
        def __init__(self):
            self.itself, self.tensor = self, torch.zeros(1000)

    gc.disable()
    try:
        node = Node()
        memory = weakref.ref(node.tensor.untyped_storage())
        del node
        assert memory() is not None
        release_memory()
        assert memory() is None
    finally:
        gc.enable()


@pytest.mark.gpu
@needs_cuda
def test_release_memory_gives_the_gpus_unused_blocks_back():
    release_memory()
    before = torch.cuda.memory_reserved()
    tensor = torch.zeros(2**26, device="cuda")
    del tensor
    assert torch.cuda.memory_reserved() > before
    release_memory()
    assert torch.cuda.memory_reserved() == before


@pytest.mark.gpu
@needs_cuda
def test_on_a_gpu_the_parts_are_the_same_and_nothing_is_left():
    model, images, labels = linears(), torch.rand(8, 100), torch.arange(8)
    here = report(model, images, labels, optimizer=torch.optim.Adam(model.parameters()))
    model = model.cuda()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    images, labels = images.cuda(), labels.cuda()
    memory_report(model, images, labels, loss=total, optimizer=optimizer)  # cuBLAS takes its workspace
    before = torch.cuda.memory_allocated()
    there = memory_report(model, images, labels, loss=total, optimizer=optimizer)
    assert torch.cuda.memory_allocated() == before
    assert (there.weights, there.gradients, there.activations) == (here.weights, here.gradients, here.activations)
    assert there.optimizer == here.optimizer
    assert there.peak >= there.weights + there.gradients + there.optimizer
