"""How long a lab takes on this machine: one training step is timed and multiplied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from torch import nn

from resnet_labs import checkpoint, data, resnet, runtime
from resnet_labs.labs import Work
from resnet_labs.losses import cross_entropy
from resnet_labs.train import TrainConfig, fit

# Imports, pictures, checks: time that does not depend on what trains. `resnet_labs.labkit.timings` counts the rest in
# steps.
OTHER_SECONDS = 10.0
_NUM_CLASSES = 10
_TIMED_PIXELS = {"cpu": 128 * 32**2, "cuda": 32 * 224**2}  # of all images of a step; on a GPU enough to fill it


def _mlp(*sizes: int) -> nn.Module:
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], _NUM_CLASSES))


# The networks that `Work` names: channels of the images, and how each is built.
NETWORKS: dict[str, tuple[int, Callable[[], nn.Module]]] = {
    "ResNet-8": (3, partial(resnet.cifar_resnet, 8)),
    "ResNet-20": (3, partial(resnet.cifar_resnet, 20)),
    "ResNet-18": (3, partial(resnet.resnet18, num_classes=_NUM_CLASSES)),
    "ResNet-34 with a small stem": (3, partial(resnet.resnet34, num_classes=_NUM_CLASSES, stem="small")),
    "ResNet-50": (3, partial(resnet.resnet50, num_classes=_NUM_CLASSES)),
    "ResNet-152": (3, partial(resnet.resnet152, num_classes=_NUM_CLASSES)),
    "an MLP with a first layer of 128": (1, partial(_mlp, 8**2, 128, 150, 91, 64, 16)),
    "an MLP with a first layer of 1024": (1, partial(_mlp, 96**2, 1024, 1200, 728, 512, 128)),
}


def step_seconds(work: Work, device: torch.device) -> float:
    """Return how long one training step of `fit` takes here; the random generators are left unchanged.

    For large images, part of the batch is timed, and the time is scaled.

    Args:
        work: network, image size and batch size of the step.
        device: where it runs.
    """
    channels, build = NETWORKS[work.network]
    room = _TIMED_PIXELS.get(device.type, _TIMED_PIXELS["cpu"]) // work.pixels**2
    count = min(work.batch_size, max(2, room))
    before = checkpoint.random_states()
    try:
        images = torch.randint(0, 256, (count, channels, work.pixels, work.pixels), dtype=torch.uint8)
        classes = tuple(map(str, range(_NUM_CLASSES)))
        made = data.ImageData(images, torch.arange(count) % _NUM_CLASSES, classes, "random pixels")
        # The first epoch, of one step, warms up.
        config = TrainConfig(epochs=3, learning_rate=1e-4, precision=work.precision)
        batches = data.Batches(made, count, device=device)
        history = fit(build().to(device), batches, loss=cross_entropy, config=config, progress=False)
    finally:
        checkpoint.restore_random_states(before)
    runtime.release_memory()
    return min(history.column("seconds")[1:]) * work.batch_size / count


def num_steps(work: Work, device: torch.device) -> float:
    """Return how many steps the lab's work takes on a device of this kind."""
    return work.steps_on_cpu if work.steps_on_cpu is not None and device.type == "cpu" else work.steps


def seconds(work: Work, device: torch.device, step: float) -> float:
    """Return how long the work takes if a step takes `step` seconds."""
    return num_steps(work, device) * step + OTHER_SECONDS


def told(work: Work, device: torch.device) -> str:
    """Time a step; say how long the work takes here, and how that was estimated."""
    step = step_seconds(work, device)
    took = f"{1000 * step:.0f} ms" if 1000 * step >= 9.5 else f"{1000 * step:.1f} ms"
    return (
        f"about {in_words(seconds(work, device, step))} of computing: a training step of {work.network} on "
        f"{work.batch_size} images of {work.pixels}x{work.pixels} pixels took {took} on {runtime.device_name(device)}, "
        f"the lab takes as long as {num_steps(work, device):,.0f} of them"
    )


def in_words(seconds: float) -> str:
    """Return a time in words, rounded as coarsely as an estimate should be.

    Example:
        >>> in_words(51), in_words(100 * 60)
        ('50 s', '1.7 hours')
    """
    if seconds < 180:
        fine = 5 if seconds < 92 else 10
        return f"{max(fine, fine * round(seconds / fine))} s"
    for size, unit in ((60, "minutes"), (3600, "hours"), (24 * 3600, "days")):
        if seconds < 90 * size or unit == "days":
            break
    number = seconds / size
    return f"{number:.0f} {unit}" if number >= 10 or unit == "minutes" else f"{number:.1f} {unit}"
