"""Probe of exercise 04.4: a stratified split. Rows are drawn, so only what every right split shares is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("stratified_split",)
POINTS = 2
WITHHELD = ("sklearn.model_selection", "resnet_labs.data.split")
RTOL, ATOL = 0.0, 0.0


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return equal and unequal classes, one class, many, a share that leaves a rest, and one above a half."""
    few, many = 4 * int(rng.integers(4, 7)), 4 * int(rng.integers(9, 15))
    rows = [([0, 1, 2], [few, many, 16], 0.25), ([0, 1, 2], [8, 48, 24], 0.5), ([0], [40], 0.125)]
    rows += [([0, 1, 2, 3], [33, 21, 17, 26], 0.2), ([0, 1, 2, 3, 4, 5, 6], [12, 16, 8, 12, 20, 16, 24], 0.25)]
    rows.append((list(range(120)), [4] * 120, 0.75))
    cases = []
    for labels, counts, fraction in rows:
        drawn = rng.permutation(np.repeat(labels, counts))
        cases.append({"labels": drawn, "fraction": fraction, "seed": int(rng.integers(1 << 30))})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return which rows there are, counts of each class, and how splits from one generator and from several relate."""
    import torch

    labels, fraction = torch.tensor(case["labels"]), case["fraction"]
    outside = torch.get_rng_state()
    generator = torch.Generator().manual_seed(case["seed"])
    train, validation = answers.stratified_split(labels, fraction, generator)
    draws = 90 if len(labels) < 400 else 20
    again = [answers.stratified_split(labels, fraction, generator)[1] for _ in range(draws)]
    outside_moved = not torch.equal(outside, torch.get_rng_state())
    torch.manual_seed(11)
    repeated = answers.stratified_split(labels, fraction, torch.Generator().manual_seed(case["seed"]))
    counts = labels[validation].bincount(minlength=12)
    wanted = fraction * labels.bincount(minlength=12)
    drawn = {tuple(sorted(rows.tolist())) for rows in (validation, *again)}
    return {
        "rows": torch.cat([train, validation]).sort().values,
        "off by": (counts - wanted).abs().ceil().clamp(max=2) if (wanted % 1).any() else counts,
        "less than one off": bool(((counts - wanted).abs() < 1).all()),
        "ever in validation": len(torch.cat([validation, *again]).unique()),
        "different": len(drawn) > draws - 10,
        "repeated": [sorted(rows.tolist()) for rows in repeated]
        == [sorted(rows.tolist()) for rows in (train, validation)],
        "another generator moved": outside_moved,
    }
