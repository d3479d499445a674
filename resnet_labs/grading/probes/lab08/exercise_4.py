"""Probe of exercise 08.4: classes that a ReLU switches off."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("dead_classes", "class_gradients", "ceiling")
POINTS = 3
WITHHELD = ()
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return heads with dead classes and without, outputs of exactly zero, one row, two classes, and the name."""
    cases: list[dict[str, Any]] = []
    for number, (count, classes, width) in enumerate(
        [(7, 5, 4), (12, int(rng.integers(6, 10)), 3), (1, 4, 5), (5, 2, 3)]
    ):
        codes, weight, bias = (
            rng.random(size=(count, width)),
            rng.normal(size=(classes, width)),
            rng.normal(size=classes) / 3,
        )
        if number < 2:
            dead, zero, sunk = rng.permutation(classes)[:3]
            weight[dead], bias[dead] = -np.abs(weight[dead]), -0.1
            weight[zero], bias[zero] = 0.0, 0.0  # exactly zero for every row
            weight[sunk] = np.abs(weight[sunk])
            bias[sunk] = -(codes @ weight[sunk]).max() - 0.1  # dead by its bias alone
        if number == 3:  # more than a hundred rows, of which the last alone is above zero, and by little
            codes, weight = np.sort(np.tile(codes, (25, 1)), axis=0), np.abs(weight)
            bias = 1e-5 - codes[-1] @ weight.T
            codes[:-1] *= 1 - 1e-3
        if number == 0:  # outputs in the thousands
            codes, bias = 2000 * codes, 2000 * bias
        case = {"codes": codes, "weight": weight, "bias": bias, "labels": rng.integers(0, classes, size=len(codes))}
        cases += [{"answer": answer} | case for answer in ANSWERS[:2]]
    return [*cases, {"name": "ceiling"}, {"name": "ceiling"}]  # worth two of ten cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the dead classes, the norms of gradients, or the ceiling; an old gradient lies in the head."""
    import torch
    from torch import nn

    if "name" in case:
        return {"ceiling": float(answers.ceiling)}
    weight, codes, labels = torch.tensor(case["weight"]), torch.tensor(case["codes"]), torch.tensor(case["labels"])
    head = nn.Linear(weight.shape[1], weight.shape[0]).double()
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(torch.tensor(case["bias"]))
    head.weight.grad = torch.ones_like(weight)
    if case["answer"] == "dead_classes":
        seen = {"dead": answers.dead_classes(head, codes)}
    else:
        seen = {"norms": answers.class_gradients(head, codes, labels)}
    seen["train"] = [head.weight.requires_grad, head.bias.requires_grad]
    return seen | {"head afterwards": [head.weight.detach(), head.bias.detach()]}
