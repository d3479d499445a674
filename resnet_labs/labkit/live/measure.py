"""Train the small networks of the live views, and store what they show with a results line for each run.

`python -m resnet_labs.labkit.live.measure` writes book/live/*.json, or only the named ones; from a clean checkout, so
that the lines name a commit. It takes some minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs import augment, data, files, resnet, results, runtime
from resnet_labs.data import ImageData
from resnet_labs.features import embed, neighbour_purity, stage_features
from resnet_labs.losses import cross_entropy
from resnet_labs.recipes import Recipe, find, settings
from resnet_labs.recipes.residual_blocks import gradient_norms
from resnet_labs.recipes.transfer_networks import network_for
from resnet_labs.results import Result
from resnet_labs.train import History, TrainConfig, evaluate, fit

STORED = Path(__file__).parents[3] / "book" / "live"
SEEDS = (0, 1, 2)
STAGES = ("layer1", "layer2", "layer3")
METHODS = ("tsne", "umap")
PAIRS = ((3, 8), (1, 7), (4, 9), (5, 6), (0, 2))
SHARES = [number / 20 for number in range(21)]
_PICTURED = 300
# About as many steps for each number of images, but for all of them, which take longer.
_EPOCHS = {50: 120, 100: 60, 300: 24, 1438: 12}
_DIGITS = Recipe(
    name="live.confusion",
    dataset="digits",
    network=("cifar_resnet", {"depth": 8, "in_channels": 1}),
    batch_size=50,
    config=TrainConfig(epochs=12, learning_rate=1e-3, optimizer="adam", precision="fp32"),
    chosen="Batch, rate and optimizer are those of r4.losses.digits.",
)

Kept = tuple[list[Result], dict[str, Any]]


def depth() -> Kept:
    """Plain and residual networks by depth: training loss, and gradient norms before and after training."""
    lines, curves = [], []
    for recipe in find("r0.c1.digits"):
        recipe = replace(recipe, name="live.depth")
        train_set, test_set = _parts(recipe)
        images, labels = next(iter(data.Batches(train_set, 256, shuffle=True, device=runtime.default_device())))
        for seed in SEEDS:
            model = _new(recipe, seed)
            before = gradient_norms(model, images, labels)
            history = _train(model, recipe, train_set, seed)
            accuracy = evaluate(model, _batches(test_set)).accuracy
            loss = history.column("train_loss")
            found = {"train_loss": loss[-1], "accuracy": accuracy}
            lines.append(_line(recipe, seed, {"train": train_set, "test": test_set}, found, history))
            after = gradient_norms(model, images, labels)
            _, arguments = recipe.network
            facts = {"depth": arguments["depth"], "residual": arguments["residual"], "seed": seed}
            curves.append(facts | {"loss": loss, "before": before, "after": after})
    return lines, {"curves": curves}


def confusion() -> Kept:
    """Return what networks that saw few or many digits say about every test image."""
    lines, predicted = [], {}
    for limit, epochs in _EPOCHS.items():
        recipe = replace(_DIGITS, limit=limit, config=replace(_DIGITS.config, epochs=epochs))
        train_set, test_set = _parts(recipe)
        model = _new(recipe, 0)
        history = _train(model, recipe, train_set, 0)
        found = evaluate(model, _batches(test_set))
        parts = {"train": train_set, "test": test_set}
        lines.append(_line(recipe, 0, parts, {"accuracy": found.accuracy}, history))
        predicted[limit] = "".join(map(str, found.logits.argmax(1).tolist()))
    test_set = data.load("digits", split="test")
    return lines, {
        "predicted": predicted,
        "labels": test_set.labels.tolist(),
        "images": "".join(_picture(image) for image in test_set.images),
    }


def mixing() -> Kept:
    """Return what networks that trained on single and on mixed digits say about two mixed test images."""
    lines, said = [], []
    train_set, test_set = _parts(_DIGITS)
    first = {digit: test_set.images[test_set.labels == digit][0] for pair in PAIRS for digit in pair}
    mixed = {pair: torch.stack([_mix(first[pair[0]], first[pair[1]], share) for share in SHARES]) for pair in PAIRS}
    for trained in ("single", "mixed"):
        recipe = replace(_DIGITS, name="live.mixing", knobs={"mixup_alpha": 1.0 if trained == "mixed" else None})
        blend = augment.Mixup(10, alpha=1.0) if trained == "mixed" else None
        for seed in SEEDS:
            model = _new(recipe, seed)
            history = _train(model, recipe, train_set, seed, blend)
            found = {"accuracy": evaluate(model, _batches(test_set)).accuracy}
            lines.append(_line(recipe, seed, {"train": train_set, "test": test_set}, found, history))
            for pair, images in mixed.items():
                seen = ImageData(images, torch.full((len(images),), pair[0]), test_set.classes, test_set.source)
                shares = evaluate(model, _batches(seen)).logits.softmax(1)
                facts = {"trained": trained, "seed": seed, "pair": pair}
                said.append(facts | {"shares": shares[:, list(pair)].T.tolist()})
    return lines, {"said": said, "images": [[_picture(image) for image in images] for images in mixed.values()]}


def embeddings() -> Kept:
    """Test images in the plane by stage and method: a random, a pretrained and a fine-tuned network."""
    recipe = replace(find("r0.c8")[0], name="live.embeddings")
    train_set, test_set = _parts(recipe)
    shown = test_set.subset(range(_PICTURED))
    networks = {name: network_for(recipe.knobs[name], 12, seed=0) for name in ("random", "weights")}
    positions = {name: _positions(model, shown) for name, model in networks.items()}
    history = _train(networks["weights"], recipe, train_set, 0)
    accuracy = evaluate(networks["weights"], _batches(test_set)).accuracy
    positions["fine-tuned"] = _positions(networks["weights"], shown)
    parts = {"train": train_set, "test": test_set}
    lines = [_line(recipe, 0, parts, {"accuracy": accuracy}, history)]
    named = {"random": "random", "weights": "pretrained", "fine-tuned": "fine-tuned"}
    return lines, {
        "positions": {named[name]: found for name, found in positions.items()},
        "labels": shown.labels.tolist(),
        "classes": list(shown.classes),
    }


def _positions(model: nn.Module, shown: ImageData) -> dict[str, Any]:
    rows: dict[str, list[Tensor]] = {stage: [] for stage in STAGES}
    for images, _ in _batches(shown):
        for stage, maps in stage_features(model, images, STAGES).items():
            rows[stage].append(maps.mean((2, 3)).float().cpu())
    found = {}
    for stage, parts in rows.items():
        features = torch.cat(parts)
        for method in METHODS:
            points = embed(features, method, seed=0)
            low, high = points.amin(0), points.amax(0)
            x, y = ((points - low) / (high - low) * 999).round().int().T.tolist()
            found[f"{stage} {method}"] = {
                "x": x,
                "y": y,
                "purity": neighbour_purity(features, shown.labels),
                "purity in the plane": neighbour_purity(points, shown.labels),
            }
    return found


def _parts(recipe: Recipe) -> tuple[ImageData, ImageData]:
    train_set = data.load(recipe.dataset, split="train", size=recipe.size, limit=recipe.limit)
    return train_set, data.load(recipe.dataset, split="test", size=recipe.size)


def _new(recipe: Recipe, seed: int) -> nn.Module:
    runtime.seed_everything(seed)
    name, arguments = recipe.network
    network: nn.Module = getattr(resnet, name)(**arguments)
    return network.to(runtime.default_device())


def _batches(images: ImageData) -> data.Batches:
    return data.Batches(images, 512, device=runtime.default_device())


def _train(
    model: nn.Module,
    recipe: Recipe,
    train_set: ImageData,
    seed: int,
    blend: augment.Mixup | None = None,
) -> History:
    device = runtime.default_device()
    batches = data.Batches(train_set, recipe.batch_size, augment=blend, shuffle=True, device=device, seed=seed)
    return fit(model, batches, loss=cross_entropy, config=replace(recipe.config, seed=seed), progress=False)


def _line(
    recipe: Recipe, seed: int, parts: dict[str, ImageData], metrics: dict[str, float], history: History
) -> Result:
    facts: dict[str, Any] = {"stand_in": recipe.stand_in, "dataset": recipe.dataset, "settings": settings(recipe)}
    return results.record(recipe.name, seed=seed, parts=parts, metrics=metrics, history=history, **facts)


def _mix(first: Tensor, second: Tensor, share: float) -> Tensor:
    return torch.lerp(second.float(), first.float(), share).round().to(torch.uint8)


def _picture(image: Tensor) -> str:
    """Return a grey image, one digit from 0 to f for each pixel."""
    return "".join(f"{value:x}" for value in (image.flatten().float() / 17).round().int().tolist())


VIEWS: dict[str, Callable[[], Kept]] = {
    "depth": depth,
    "confusion": confusion,
    "mixing": mixing,
    "embeddings": embeddings,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", nargs="*", metavar="VIEW", help=f"one of {', '.join(VIEWS)}; all if left out")
    names = parser.parse_args(arguments).views or list(VIEWS)
    for name in names:
        os.environ["RESNET_LABS_COMMAND"] = f"python -m resnet_labs.labkit.live.measure {name}"
        lines, kept = VIEWS[name]()
        stored = {"lines": [asdict(line) for line in lines], "data": kept}
        with files.replacing(STORED / f"{name}.json", "w", encoding="utf-8") as file:
            file.write(json.dumps(stored, separators=(",", ":")) + "\n")
        print(f"{name}: {len(lines)} runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
