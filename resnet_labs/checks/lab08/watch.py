"""Follows a greedy training from outside for the check of exercise 08.2."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks.lab08.layers import Layer, flat


class Watch:
    """What happens below a layer while it trains; a layer counts as training when its decoder runs.

    Attributes:
        steps: how often each layer's decoder ran.
        early: (layer, layer below, its steps so far), where a layer began before the one below had finished.
        moved: (layer, layer below), where the layer below changed.
        traced: a layer whose input led back to the layers below.
        redrawn: a layer whose weights were others when it first ran.
    """

    def __init__(self, layers: Sequence[Layer], num_steps: int) -> None:
        self.layers, self.num_steps = tuple(layers), num_steps
        self.start = [flat(*layer) for layer in layers]
        self.redrawn: int | None = None
        self.steps = [0] * len(layers)
        self.below: dict[int, list[Tensor]] = {}
        self.inputs: dict[int, Any] = {}
        self.early: tuple[int, int, int] | None = None
        self.moved: tuple[int, int] | None = None
        self.traced: int | None = None
        self.hooks = [
            hook
            for depth, (encoder, decoder) in enumerate(layers)
            for hook in (
                encoder.register_forward_pre_hook(partial(self._encodes, depth)),
                decoder.register_forward_pre_hook(partial(self._trains, depth)),
            )
        ]

    def _encodes(self, depth: int, module: nn.Module, given: tuple[Any, ...]) -> None:
        if depth not in self.inputs and not torch.equal(flat(*self.layers[depth]), self.start[depth]):
            self.redrawn = self.redrawn or depth + 1
        self.inputs[depth] = given[0] if given else None

    def _trains(self, depth: int, module: nn.Module, given: tuple[Any, ...]) -> None:
        now = [flat(*layer) for layer in self.layers[:depth]]
        if depth not in self.below:
            self.below[depth] = now
            unfinished = [below for below in range(depth) if self.steps[below] < self.num_steps]
            if unfinished and self.early is None:
                self.early = (depth + 1, unfinished[0] + 1, self.steps[unfinished[0]])
        changed = [
            below for below, (a, b) in enumerate(zip(self.below[depth], now, strict=True)) if not torch.equal(a, b)
        ]
        if changed and self.moved is None:
            self.moved = (depth + 1, changed[0] + 1)
        if depth and getattr(self.inputs.get(depth), "requires_grad", False) and self.traced is None:
            self.traced = depth + 1
        self.steps[depth] += 1

    def stop(self) -> None:
        """Take the hooks off the layers."""
        for hook in self.hooks:
            hook.remove()
