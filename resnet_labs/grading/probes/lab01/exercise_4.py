"""Probe of exercise 01.4: from blocks to networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab01.shared import waves

ANSWERS = ("make_stages",)
POINTS = 3
WITHHELD = ("resnet_labs.blocks", "resnet_labs.resnet", "torchvision.models", "timm")
RTOL, ATOL = 1e-3, 1e-4


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return basic and wide blocks, one stage, stages of equal width, plain networks, and a batch of one."""
    stages = [
        ([2, 1, 3], [4, 6, 8], 1, False, 2),
        ([2, int(rng.integers(1, 4))], [2, 3], 4, False, 2),
        ([int(rng.integers(2, 5))], [5], 1, False, 1),
        ([1, 2, 1], [3, 3, 3], 1, False, 2),
        ([2, 2], [3, int(rng.integers(4, 7))], 1, True, 2),
        ([1, 2], [2, 3], 4, True, 1),
        ([1, 1], [6, 3], 2, False, 3),
        ([5, 1], [2, 3], 1, False, 1),
    ]
    return [
        {
            "num_blocks": num_blocks,
            "widths": widths,
            "expansion": expansion,
            "plain": plain,
            "images": rng.normal(size=(count, widths[0], 9, 10)),
        }
        for num_blocks, widths, expansion, plain, count in stages
    ]


def spies(expansion: int) -> tuple[Any, Any, list[Any]]:
    """Return a block class, a function that makes shortcuts, and the list of blocks that have run."""
    import torch
    from torch import nn

    ran: list[Any] = []

    class Thin(nn.Module):
        def __init__(self, asked: Any) -> None:
            super().__init__()
            self.asked = asked
            self.weight = nn.Parameter(waves((asked[1], asked[0]), 0.3, torch.float64) / asked[0])

        def forward(self, x: Any) -> Any:
            step = self.asked[2]
            return torch.einsum("oc,nchw->nohw", self.weight, x[:, :, ::step, ::step])

    class Block(nn.Module):
        def __init__(self, in_channels: Any, width: Any, stride: Any, shortcut: Any) -> None:
            super().__init__()
            self.asked = [int(in_channels), int(width), int(stride)]
            self.body, self.shortcut = Thin((in_channels, width * expansion, stride)), shortcut

        def forward(self, x: Any) -> Any:
            ran.append(self)
            out = self.body(x) + 0.25 * len(ran)
            return out if self.shortcut is None else out + self.shortcut(x)

    Block.expansion = expansion  # type: ignore[attr-defined]

    def change_shape(in_channels: Any, out_channels: Any, stride: Any) -> Any:
        return Thin([int(in_channels), int(out_channels), int(stride)])

    return Block, change_shape, ran


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return what each block that runs was asked for, in order, and what they give together."""
    import torch

    block, change_shape, ran = spies(case["expansion"])
    change = None if case["plain"] else change_shape
    stages = answers.make_stages(block, tuple(case["num_blocks"]), tuple(case["widths"]), change)
    training = stages.training
    stages.train()
    out = stages(torch.tensor(case["images"]))
    blocks = ran[:]
    asked = []
    for each in blocks:
        shortcut, x = each.shortcut, waves((2, each.asked[0], 3, 3), 0.1, torch.float64)
        kind = "None" if shortcut is None else "a module"
        if shortcut is not None and list(shortcut(x).shape) == list(x.shape):
            kind = "identity" if torch.equal(shortcut(x), x) else kind
        asked.append([*each.asked, kind, list(getattr(shortcut, "asked", []))])
    return {
        "asked": asked,
        "different blocks": len({id(each) for each in blocks}),
        "training": training,
        "parameters": sum(weight.numel() for weight in stages.parameters() if weight.requires_grad),
        "outputs": out,
    }
