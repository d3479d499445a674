"""Training steps and runs, against other packages' networks and hand-written loops."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs import data, resnet, runtime
from resnet_labs.bench.rows import Effort, Measure, Row, against, matrix_rate, milliseconds, peer
from resnet_labs.losses import cross_entropy
from resnet_labs.train import TrainConfig, fit

Batch = tuple[Tensor, Tensor]
RATE = 0.001  # small: the same images come back hundreds of times


def step(effort: Effort, *, batch: int = 128, size: int = 32, steps: int = 3, matrix: int = 2048) -> Iterator[Row]:
    """Time `fit` with its automatic settings against torchvision's network in a plain float32 loop."""
    device = runtime.default_device()
    precision = runtime.choose_precision("auto", device)
    batches = random_batches(batch, size, steps, device)
    ours = network("resnet_labs", "resnet18", small=True).to(device)
    row = Row(
        name="step",
        what=f"a training step of ResNet-18, 3x3 stem, {size} px, batch {batch}: fit's automatic settings",
        peer="torchvision in a plain fp32 loop",
        target=1.15 if precision == "fp32" else 2.5,
        precision=precision,
    )
    config = TrainConfig(epochs=1, learning_rate=RATE)
    row = against(
        row,
        partial(_fit_time, ours, batches, config, effort, steps),
        partial(_package_time, "torchvision", "resnet18", batches, "fp32", effort, small=True),
        effort,
    )
    yield _with_share_of_matrix_rate(row, ours, batches[0][0], matrix, effort)


def tiny_maps(effort: Effort, *, batch: int = 128, size: int = 8, steps: int = 5) -> Iterator[Row]:
    """Time lab 02's network, whose maps shrink from 4x4 pixels to 2x2 and 1x1."""
    device = runtime.default_device()
    batches = random_batches(batch, size, steps, device, channels=1)
    row = Row(
        name="tiny-maps",
        what=f"a training step of ResNet-18, one channel, {size} px, batch {batch}, fp32",
        peer="torchvision in a plain fp32 loop",
        target=None if torch.backends.cpu.get_cpu_capability() == "AVX512" else 5.0,  # torch is slow without it
    )
    config = TrainConfig(epochs=1, learning_rate=RATE, precision="fp32")
    yield against(
        row,
        partial(_fit_time, network("resnet_labs", "resnet18", channels=1).to(device), batches, config, effort, steps),
        partial(_package_time, "torchvision", "resnet18", batches, "fp32", effort, channels=1),
        effort,
    )


def step_equal(
    effort: Effort,
    *,
    name: str = "resnet18",
    batch: int = 128,
    size: int = 32,
    steps: int = 3,
    backend: str = "",
    packages: Sequence[str] = ("torchvision", "timm"),
) -> Iterator[Row]:
    """Time the networks alone: the same loop, precision and layout for all, compiled if `backend` names a compiler."""
    device = runtime.default_device()
    precision = runtime.choose_precision("auto", device)
    layout = runtime.choose_layout("auto", device, precision)
    batches = [(x.to(memory_format=layout), y) for x, y in random_batches(batch, size, steps, device)]
    small = name == "resnet18"
    time_of = partial(
        _package_time,
        name=name,
        batches=batches,
        precision=precision,
        effort=effort,
        small=small,
        layout=layout,
        backend=backend,
    )
    network_words = "ResNet-18, 3x3 stem" if small else name.replace("resnet", "ResNet-")
    compiled = ", compiled" if backend else ""
    for package in packages:
        row = Row(
            name="step-equal",
            what=f"a training step of {network_words}, {size} px, batch {batch}: one loop, {precision}, {layout}"
            f"{compiled}",
            peer=package,
            target=1.0,
            precision=precision,
        )
        yield against(row, partial(time_of, "resnet_labs"), partial(time_of, package), effort)


def fit_digits(effort: Effort, *, batch: int = 128, limit: int | None = None) -> Iterator[Row]:
    """Time what `fit` costs beyond a loop of five lines: network, batches, optimizer and precision are the same."""
    device = runtime.default_device()
    digits = data.load("digits", split="train", limit=limit)
    model = resnet.resnet18(num_classes=10, in_channels=1).to(device)
    batches = data.Batches(digits, batch, shuffle=True, device=device)
    row = Row(
        name="fit",
        what=f"an epoch of ResNet-18 on {len(digits)} digits of 8 px, batch {batch}, fp32",
        peer="a bare hand-written loop",
        target=0.97,
    )
    config = TrainConfig(epochs=1, learning_rate=RATE, precision="fp32", channels_last=False)
    yield against(
        row,
        partial(_fit_time, model, batches, config, effort, 1),
        partial(milliseconds, partial(plain_loop, model, batches, fused=True), effort),
        effort,
    )


def resnet50(
    effort: Effort,
    *,
    batch: int = 256,
    size: int = 224,
    steps: int = 3,
    matrix: int = 8192,
    device: str = "cuda",
    packages: Sequence[str] = ("torchvision", "timm"),
) -> Iterator[Row]:
    """Time `fit` on ResNet-50 as on ImageNet, in bf16, against other packages' networks under autocast."""
    config = TrainConfig(epochs=1, learning_rate=RATE, precision="bf16")
    for package in packages:
        target = 1.3 if package == "torchvision" else None
        what = f"a training step of ResNet-50, {size} px, batch {batch}, bf16"
        row = Row(name="resnet50", what=what, peer=f"{package} with autocast", target=target, precision="bf16")
        if device == "cuda" and not torch.cuda.is_available():
            yield replace(row, skipped="there is no CUDA device")
            continue
        batches = random_batches(batch, size, steps, torch.device(device))
        ours = network("resnet_labs", "resnet50").to(device)
        row = against(
            row,
            partial(_fit_time, ours, batches, config, effort, steps),
            partial(_package_time, package, "resnet50", batches, "bf16", effort),
            effort,
        )
        row = _with_share_of_matrix_rate(row, ours, batches[0][0], matrix, effort)
        if not row.skipped:
            rates = [f"{1000 * batch / statistics.median(times):.0f}" for times in (row.ours, row.theirs)]
            row = replace(row, note=f"{' against '.join(rates)} images per second; {row.note}")
        yield row


def network(package: str, name: str, *, small: bool = False, channels: int = 3) -> nn.Module:
    """Return a package's ResNet with ten outputs, optionally with a small-image stem: 3x3, stride 1, no pooling."""
    if package == "resnet_labs":
        return getattr(resnet, name)(num_classes=10, in_channels=channels, stem="small" if small else "imagenet")
    if package == "torchvision":
        model = getattr(peer("torchvision.models"), name)(num_classes=10)
    else:
        model = peer(package).create_model(name, num_classes=10)
    if small:
        model.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
    elif channels != 3:
        model.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    return model


def plain_loop(model: nn.Module, batches: Iterable[Batch], *, precision: str = "fp32", fused: bool = False) -> None:
    """Train a model the way a script does: one pass over the batches, torch's SGD with momentum, no bookkeeping."""
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, fused=fused)
    model.train()
    for images, labels in batches:
        optimizer.zero_grad()
        with runtime.autocast(images.device, precision):
            loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()


def fit_loop(model: nn.Module, batches: Iterable[Batch], config: TrainConfig) -> None:
    """Train a model with `fit`, without progress output."""
    fit(model, batches, loss=cross_entropy, config=config, progress=False)


def _fit_time(model: nn.Module, batches: Iterable[Batch], config: TrainConfig, effort: Effort, per: int) -> Measure:
    return milliseconds(partial(fit_loop, model, batches, config), effort, per=per)


def _package_time(
    package: str,
    name: str,
    batches: Sequence[Batch],
    precision: str,
    effort: Effort,
    *,
    small: bool = False,
    channels: int = 3,
    layout: torch.memory_format = torch.contiguous_format,
    backend: str = "",
) -> Measure:
    model = network(package, name, small=small, channels=channels).to(batches[0][0].device).to(memory_format=layout)
    run: Any = torch.compile(model, backend=backend) if backend else model
    return milliseconds(partial(plain_loop, run, batches, precision=precision), effort, per=len(batches))


def random_batches(batch: int, size: int, steps: int, device: torch.device, *, channels: int = 3) -> list[Batch]:
    """Return the same batch of noise `steps` times, with ten classes."""
    images, labels = torch.rand(batch, channels, size, size, device=device), torch.arange(batch, device=device) % 10
    return [(images, labels)] * steps


def _with_share_of_matrix_rate(row: Row, model: nn.Module, images: Tensor, matrix: int, effort: Effort) -> Row:
    """Note how much of the device's matrix rate in its number format our step uses; backward is twice the forward."""
    if row.skipped:
        return row
    num_images, channels, height, width = images.shape
    operations = 2 * 3 * num_images * resnet.count_multiply_adds(model, (channels, height, width))
    rate = operations / statistics.median(row.ours) * 1000
    most = matrix_rate(row.precision, images.device, effort, size=matrix)
    share = f"{rate / most:.0%} of the {row.precision} matrix rate ({most / 1e12:.3g} TFLOP/s)"
    return replace(row, note=f"ours: {share}")
