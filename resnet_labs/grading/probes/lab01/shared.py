"""What the probes of both blocks share: cases, literal weights for layers in the order in which they run, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np


def block_inputs(rng: np.random.Generator, expansion: int) -> list[dict[str, Any]]:
    """Return blocks with every kind of shortcut and with none: odd sizes, a batch of one, float32, other strides."""
    same = 2 * expansion
    return [
        _case(rng, "projection", in_channels=5, width=3, stride=2, size=(3, 7, 6)),
        _case(rng, "identity", in_channels=same, width=2, stride=1, size=(2, 5, 4)),
        _case(rng, "none", in_channels=same, width=2, stride=1, size=(2, 6, 5)),
        _case(rng, "none", in_channels=3, width=int(rng.integers(4, 7)), stride=2, size=(4, 5, 8), scale=50),
        _case(rng, "bounded", in_channels=same, width=2, stride=1, size=(1, 4, 7)),
        _case(rng, "empty", in_channels=same, width=2, stride=1, size=(2, 4, 3)),
        _case(rng, "projection", in_channels=1, width=1, stride=3, size=(2, 9, 8), dtype="float32", transposed=True),
    ]


def _case(
    rng: np.random.Generator,
    shortcut: str,
    *,
    size: tuple[int, int, int],
    dtype: str = "float64",
    transposed: bool = False,
    scale: float = 1,
    **given: int,
) -> dict[str, Any]:
    count, *pixels = size
    images = (scale * rng.normal(size=(count, given["in_channels"], *pixels))).astype(dtype)
    return {
        "shortcut": shortcut,
        "images": images,
        "transposed": transposed,
        "phase": float(rng.uniform(0, 6)),
        **given,
    }


def waves(shape: Any, phase: float, dtype: Any) -> Any:
    """Return values between -1 and 1 that repeat nowhere, in that shape."""
    import math

    import torch

    return torch.sin(torch.arange(math.prod(shape), dtype=torch.float64) * 1.7 + phase).reshape(list(shape)).to(dtype)


def fill(layers: Any, phase: float) -> None:
    """Give convolutions and batch norms weights and running statistics that no two layers share."""
    import torch
    from torch import nn

    with torch.no_grad():
        for number, layer in enumerate(layers):
            for name, tensor in [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]:
                drawn = waves(tensor.shape, phase + number + len(name), tensor.dtype)
                if isinstance(layer, nn.BatchNorm2d) and name in ("weight", "running_var"):
                    drawn = 1 + drawn / 2
                if tensor.is_floating_point():
                    tensor.copy_(drawn * (tensor[0].numel() ** -0.5 if tensor.ndim > 1 else 1))


def run_order(module: Any, images: Any, apart: Any) -> list[Any]:
    """Return the convolutions and batch norms in the order in which they end, those inside `apart` left out."""
    import torch
    from torch import nn

    others = {id(part) for part in apart.modules()} if apart is not None else set()
    order: list[Any] = []
    layers = [part for part in module.modules() if isinstance(part, (nn.Conv2d, nn.BatchNorm2d))]
    hooks = [
        layer.register_forward_hook(lambda layer, given, output: order.append(layer))
        for layer in layers
        if id(layer) not in others
    ]
    module.eval()
    with torch.no_grad():
        module(images.clone())
    for hook in hooks:
        hook.remove()
    return order


def block_seen(make: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return outputs, gradients and running statistics of a block whose layers have literal weights."""
    import copy

    import torch
    from torch import nn

    images = torch.tensor(case["images"])
    if case["transposed"]:
        images = images.mT.contiguous().mT
    channels, width, stride = case["in_channels"], case["width"], case["stride"]
    shortcut: Any = {"identity": nn.Identity(), "empty": nn.Sequential()}.get(case["shortcut"])
    if case["shortcut"] in ("projection", "bounded"):
        conv = nn.Conv2d(channels, width * case["expansion"], 1, stride, bias=False)
        behind = nn.BatchNorm2d(width * case["expansion"]) if case["shortcut"] == "projection" else nn.Tanh()
        shortcut = nn.Sequential(conv, behind).to(images.dtype)
        fill(shortcut, case["phase"] + 20)
    block = make(channels, width, stride, shortcut).to(images.dtype)
    layers = run_order(block, images, shortcut)
    theirs = list(shortcut.parameters()) if shortcut is not None else []
    own = [weight for weight in block.parameters() if all(weight is not other for other in theirs)]
    seen: dict[str, Any] = {"parameters": sum(weight.numel() for weight in own), "layers": len(layers)}
    for mode in ("evaluation", "training"):
        fill(layers, case["phase"])
        leaf = images.clone().requires_grad_()
        given = leaf.clone(memory_format=torch.preserve_format)
        out = block.train(mode == "training")(given)
        asked = [leaf, *(layer.weight for layer in layers)]
        gradients = torch.autograd.grad((out * waves(out.shape, 0.5, out.dtype)).sum(), asked)
        seen[mode] = {"outputs": out, "type": str(out.dtype), "input afterwards": given, "gradients": list(gradients)}
    half = copy.deepcopy(block).eval().to(torch.bfloat16)
    seen["half"] = str(half(images.to(torch.bfloat16)).dtype)
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    if shortcut is not None:
        seen |= {"shortcut trains": [each.requires_grad for each in theirs], "statistics": list(shortcut.buffers())}
    return seen | {"means": [norm.running_mean for norm in norms], "variances": [norm.running_var for norm in norms]}
