"""Does the host wait for the device within a training step? Read from what torch's profiler recorded."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from resnet_labs import data, runtime
from resnet_labs.augment import Compose, Crop, Flip
from resnet_labs.bench.training import RATE, Batch, fit_loop, network
from resnet_labs.train import TrainConfig

_STEP = "training step"
# The calls of CUDA in which the host waits: for everything, for a stream, for an event, for a copy, or for memory to be
# given back. After a copy to the host, as in `.item()`, torch waits for the stream, which is recorded too.
_WAITS = {
    "cuda_runtime": (
        "cudaDeviceSynchronize",
        "cudaStreamSynchronize",
        "cudaEventSynchronize",
        "cudaMemcpy",
        "cudaFree",
    ),
    "cuda_driver": ("cuCtxSynchronize", "cuStreamSynchronize", "cuEventSynchronize"),
}


def waits(trace: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return how many training steps a trace has, and the events within them in which the host waits.

    Args:
        trace: as `export_chrome_trace` writes it; steps are marked with `record_function`.
    """
    events = [event for event in trace["traceEvents"] if event.get("ph") == "X"]
    steps = [
        (event["ts"], event["ts"] + event["dur"])
        for event in events
        if event["name"] == _STEP and event.get("cat") == "user_annotation"
    ]
    found = [
        event["name"]
        for event in sorted(events, key=lambda event: event["ts"])
        if event["name"] in _WAITS.get(event.get("cat", ""), ())
        # The backward pass runs in another thread, so that the time decides.
        and any(start <= event["ts"] <= end for start, end in steps)
    ]
    return len(steps), found


def measure(*, is_dry: bool) -> dict[str, Any]:
    """Profile steps of `fit` on ResNet-18, batches and augmentation included, and return what the host waited for."""
    device = runtime.default_device()
    model = network("resnet_labs", "resnet18", small=True).to(device)
    count, batch_size, size = (3, 2, 8) if is_dry else (12, 128, 32)
    pixels = torch.randint(256, (count * batch_size, 3, size, size), dtype=torch.uint8)
    images = data.ImageData(pixels, torch.arange(len(pixels)) % 10, tuple("0123456789"), "noise")
    augment = Compose([Crop(2), Flip()])
    batches = data.Batches(images, batch_size, augment=augment, shuffle=True, device=device)
    config = TrainConfig(epochs=1, learning_rate=RATE, precision="fp32" if is_dry else "auto")
    fit_loop(model, batches, config)
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
    with profile(activities=activities) as profiler:
        fit_loop(model, _Marked(batches), config)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "trace.json")
        profiler.export_chrome_trace(str(target))
        steps, found = waits(json.loads(target.read_text(encoding="utf-8")))
    return {"steps": steps, "waits": found} | ({"stand_in": "a CPU"} if device.type == "cpu" else {})


class _Marked:
    """Batches with a mark around each step, from the making of its batch to its end; the first and last have none.

    Before the first step the order of the images goes to the device, and after the last the losses come back.
    """

    def __init__(self, batches: data.Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        made = iter(self.batches)
        yield next(made)
        for _ in range(len(self) - 2):
            with record_function(_STEP):
                yield next(made)
        yield next(made)
