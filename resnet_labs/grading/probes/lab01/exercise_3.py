"""Probe of exercise 01.3: two shortcuts that change the shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab01.shared import fill, run_order, waves

ANSWERS = ("projection", "padding")
POINTS = 2
WITHHELD = ("resnet_labs.blocks", "resnet_labs.resnet", "torchvision.models", "timm")
RTOL, ATOL = 1e-3, 1e-4


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return odd sizes, channels that stay, an odd number of new channels, a batch of one, a single pixel, float32."""
    extra = 2 * int(rng.integers(1, 4)) + 1
    shapes = [(3, 6, 2, (4, 7, 6)), (4, 4 + extra, 1, (2, 3, 5)), (5, 5, 3, (1, 7, 5)), (1, 8, 2, (3, 1, 1))]
    return [
        {
            "answer": answer,
            "sizes": [channels, out_channels, stride],
            "images": rng.normal(size=(size[0], channels, *size[1:])).astype("float32" if number == 1 else "float64"),
            "transposed": number == 0,
            "phase": float(rng.uniform(0, 6)),
        }
        for number, (channels, out_channels, stride, size) in enumerate(shapes)
        for answer in ANSWERS
    ]


def projection_seen(layer: Any, images: Any, phase: float) -> dict[str, Any]:
    """Return outputs in both modes and gradients, with literal weights."""
    import torch

    layers = run_order(layer, images, None)
    seen: dict[str, Any] = {"parameters": sum(weight.numel() for weight in layer.parameters())}
    for mode in ("evaluation", "training"):
        fill(layers, phase)
        leaf = images.clone().requires_grad_()
        out = layer.train(mode == "training")(leaf.clone())
        asked = [leaf, *(each.weight for each in layers)]
        seen[mode] = [out, *torch.autograd.grad((out * waves(out.shape, 0.5, out.dtype)).sum(), asked)]
    return seen


def padding_seen(layer: Any, images: Any) -> dict[str, Any]:
    """Return which pixels are kept and how many channels are zero; where the zeros are is the learner's choice."""
    import torch

    leaf = images.clone().requires_grad_()
    given = leaf.clone(memory_format=torch.preserve_format)
    out = layer(given)
    used = out.detach().abs().amax((0, 2, 3)) > 0
    (gradient,) = torch.autograd.grad((out[:, used] * waves(out[:, used].shape, 0.5, out.dtype)).sum(), leaf)
    endless = images[:1].clone()
    endless[:, :, 0, 0] = torch.inf
    return {
        "infinite": int(layer(endless).isinf().sum()),
        "not a number": int(layer(endless).isnan().sum()),
        "half": str(layer(images.to(torch.bfloat16)).dtype),
        "shape": list(out.shape),
        "kept": out[:, used],
        "gradient": gradient,
        "input afterwards": given,
        "parameters": sum(weight.numel() for weight in layer.parameters()),
    }


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return what one of the two layers gives, and its gradients."""
    import torch

    images = torch.tensor(case["images"])
    if case["transposed"]:
        images = images.mT.contiguous().mT
    make = getattr(answers, case["answer"])
    layer = make(*case["sizes"]).to(images.dtype)
    seen = {"training": layer.training, "type": str(layer(images.clone()).dtype)}
    theirs = {id(weight) for weight in make(*case["sizes"]).parameters()}
    seen["shared"] = sum(id(weight) in theirs for weight in layer.parameters())
    if case["answer"] == "projection":
        return seen | projection_seen(layer, images, case["phase"])
    return seen | padding_seen(layer, images)
