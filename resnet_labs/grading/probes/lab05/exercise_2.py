"""Probe of exercise 05.2: the last block, and training it alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_labs.grading.probes.lab05.shared import with_weights
from resnet_labs.grading.probes.shared import moved, tensors

ANSWERS = ("last_block", "train_only")
POINTS = 3
WITHHELD = ("resnet_labs.recipes.transfer_networks.train_only_",)
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return networks with several numbers of stages and blocks, and one call or several after each other."""
    blocks = [rng.integers(1, 6, size=stages).tolist() for stages in (3, 1, 4, 2)] + [[1, 11], [1] * 11]
    parts = [
        ([1, 2], [["layer2.1", "fc"]], True),
        ([1, 1], [["fc"], []], False),
        ([1, 11], [["layer2.1", "fc"]], False),
        ([2, 1], [["fc"], ["layer1", "fc"]], True),
        ([1, 1], [["layer1", "layer2"], ["layer2.0"], ["fc", "stem"]], False),
    ]
    names = [{"blocks": counts, "seed": int(rng.integers(1 << 30))} for counts in blocks]
    rows = [{"blocks": counts, "calls": calls, "stale": stale} for counts, calls, stale in parts]
    return names + [
        row | {"images": rng.normal(size=(4, 3, 6, 5)).astype("float32"), "seed": int(rng.integers(1 << 30))}
        for row in rows
    ]


def network_of(blocks: Any, seed: int) -> Any:
    """Return a network whose stages are called layer1, layer2 and so on, with batch norm and literal weights."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)

        def forward(self, x: Any) -> Any:
            return torch.relu(x + self.norm(self.conv(x)))

    class Staged(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
            for stage, count in enumerate(blocks, 1):
                self.add_module(f"layer{stage}", nn.Sequential(*(Block() for _ in range(count))))
            self.fc = nn.Linear(4, 3)

        def forward(self, images: Any) -> Any:
            maps = self.stem(images)
            for stage in range(1, len(blocks) + 1):
                maps = self.get_submodule(f"layer{stage}")(maps)
            return self.fc(maps.mean((2, 3)))

    return with_weights(Staged(), seed)


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the names of the last block and the head, or what moves in training after each call."""
    import torch
    import torch.nn.functional as F

    network = network_of(case["blocks"], case["seed"])
    if "calls" not in case:
        return {"names": sorted(name for name in answers.last_block(network) if isinstance(name, str))}
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    images, labels = torch.tensor(case["images"]), torch.tensor([0, 2, 1, 0])
    seen = []
    if case["stale"]:
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()
    for parts in case["calls"]:
        hook = network.stem[0].register_forward_hook(lambda *_: None)
        before = tensors(network)
        answers.train_only(network, list(parts))
        if case["stale"]:
            answers.train_only(network_of([1], case["seed"]), ["fc"])
        by_call, before = moved(before, network.state_dict()), tensors(network)
        for _ in range(2 if parts else 0):
            network.train()
            optimizer.zero_grad(set_to_none=not case["stale"])
            F.cross_entropy(network(images), labels).backward()
            optimizer.step()
        after = tensors(network)
        network.eval()(images)
        seen.append(
            {
                "hook kept": hook.id in network.stem[0]._forward_hooks,
                "moved by the call": by_call,
                "moved": moved(before, after),
                "moved by testing": moved(after, network.state_dict()),
                "train": [name for name, weight in network.named_parameters() if weight.requires_grad],
            }
        )
    return {"after each call": seen}
