"""The views of networks that `measure` trained: depth, stages of a network, mixed images, errors."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from statistics import fmean
from typing import Any

from resnet_labs.labkit.live.measure import PAIRS, SEEDS, SHARES, STAGES, STORED
from resnet_labs.labkit.live.view import Control, Frame, View, axis, lines


def stored(name: str) -> Any:
    """Return the data of a view, as `measure` wrote them."""
    return json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))["data"]


def depth() -> View:
    """Depth against training loss and gradient norms."""
    curves = stored("depth")["curves"]
    depths = sorted({curve["depth"] for curve in curves})
    # What is shown: its key, its name, and what the sentence quotes of a curve.
    shown = (
        ("loss", "training loss", "training loss in the last epoch"),
        ("before", "gradient norms, untrained", "untrained, gradient norm of the first over that of the last"),
        ("after", "gradient norms, trained", "trained, gradient norm of the first over that of the last"),
    )
    frames: dict[tuple[int, ...], Frame] = {}
    for (number, layers), (place, (key, _, what)) in product(enumerate(depths), enumerate(shown)):
        own = [curve for curve in curves if curve["depth"] == layers]
        quoted = {
            residual: fmean(
                curve[key][-1] if key == "loss" else curve[key][0] / curve[key][-1]
                for curve in own
                if curve["residual"] == residual
            )
            for residual in (False, True)
        }
        means = f"plain {_short(quoted[False])}, residual {_short(quoted[True])} (means of {len(SEEDS)} seeds)"
        drawn = [(int(curve["residual"]), curve[key]) for curve in own]
        across = (0, 1) if key == "loss" else (3 + number, 2)
        frames[number, place] = Frame([lines(drawn, across)], f"{layers} layers, {what}: {means}.")
    losses = [value for curve in curves for value in curve["loss"]]
    norms = [value for curve in curves for key in ("before", "after") for value in curve[key]]
    epochs = len(curves[0]["loss"])
    by_layer = [
        axis("convolution, from the image on", 1, layers - 1, ticks=[1, layers // 2, layers - 1]) for layers in depths
    ]
    return View(
        name="depth",
        title="Depth: loss and gradients",
        text="""\
The question of [lab 01](../labs/solutions/lab01_residual_blocks.ipynb).
Networks with and without shortcuts, trained on the digits for the same number of epochs. Does the
loss rise with depth because gradients vanish? Look at the gradients before you answer.""",
        controls=[
            Control("depth", [f"{layers} layers" for layers in depths], start=len(depths) - 1),
            Control("shown", [name for _, name, _ in shown], slider=False),
        ],
        frames=frames,
        series=("plain", "residual"),
        styles=("1", "0"),
        axes=[
            axis("epoch", 1, epochs, ticks=[1, epochs // 2, epochs]),
            axis("training loss (nats)", min(losses), max(losses), log=True),
            axis("gradient norm", min(norms), max(norms), log=True),
            *by_layer,
        ],
    )


def embeddings() -> View:
    """Stage and method over test images in the plane."""
    data = stored("embeddings")
    networks, methods = list(data["positions"]), {"tsne": "t-SNE", "umap": "UMAP"}
    frames: dict[tuple[int, ...], Frame] = {}
    for (a, network), (b, stage), (c, method) in product(enumerate(networks), enumerate(STAGES), enumerate(methods)):
        found = data["positions"][network][f"{stage} {method}"]
        says = (
            f"{network} network, {stage}, {methods[method]}: of the ten nearest neighbours, {found['purity']:.0%} "
            f"have the same class in the features, {found['purity in the plane']:.0%} in the plane."
        )
        frames[a, b, c] = Frame([{"kind": "points", "x": found["x"], "y": found["y"]}], says)
    return View(
        name="embeddings",
        title="Stages of a network in the plane",
        text="""\
[Lab 05](../labs/solutions/lab05_transfer.ipynb).
Test images of twelve procedural classes, which stand in for CIFAR-10; a small network that was trained on
twelve others stands in for ResNet-152 with ImageNet weights. Each dot is an image. A picture that looks tidy may keep
few neighbours: compare it with the two shares under it.""",
        controls=[
            Control("network", networks, slider=False, start=1),
            Control("stage", STAGES, start=2),
            Control("method", list(methods.values()), slider=False),
        ],
        frames=frames,
        shared={"labels": data["labels"], "classes": data["classes"]},
    )


def mixing() -> View:
    """Mixing weight of two images against what networks say about the mixture."""
    data = stored("mixing")
    frames: dict[tuple[int, ...], Frame] = {}
    for pair, (first, second) in enumerate(PAIRS):
        own = [said for said in data["said"] if said["pair"] == [first, second]]
        curves = [(0, SHARES)]
        for number, trained in enumerate(("single", "mixed"), 1):
            curves += [(number, said["shares"][0]) for said in own if said["trained"] == trained]
        for place, share in enumerate(SHARES):
            means = {
                trained: fmean(said["shares"][0][place] for said in own if said["trained"] == trained)
                for trained in ("single", "mixed")
            }
            says = (
                f"{share:.2f} of {_a(first)} and {1 - share:.2f} of {_a(second)}. Probability of {first}: networks "
                f"trained on single images say {means['single']:.2f}, those trained on mixed ones "
                f"{means['mixed']:.2f} (means of {len(SEEDS)} seeds)."
            )
            picture = {
                "kind": "picture",
                "image": data["images"][pair][place],
                "name": f"{share:.2f} of {_a(first)}, {1 - share:.2f} of {_a(second)}",
            }
            across = lines(curves, (0, 1 + pair), x=SHARES, marked=True, columns=1)
            frames[pair, place] = Frame([picture, across], says, share)
    return View(
        name="mixing",
        title="Mixing weight",
        text="""\
[Lab 06](../labs/solutions/lab06_recipe.ipynb).
Mixup blends two images, and their labels by the same weight. What does a network say about a mixture of two
test images, if it was trained on single digits, and if it was trained with mixup?""",
        controls=[
            Control("two digits", [f"{first} and {second}" for first, second in PAIRS], slider=False),
            Control("weight of the first", [f"{share:.2f}" for share in SHARES], start=len(SHARES) // 2),
        ],
        frames=frames,
        series=("the weight itself", "trained on single images", "trained on mixed images"),
        styles=("6d", "1", "0"),
        axes=[
            axis("weight of the first digit", 0, 1),
            *(axis(f"probability of {first}", 0, 1) for first, _ in PAIRS),
        ],
    )


def confusion() -> View:
    """A confusion matrix whose cells show their images, by the number of training images."""
    data = stored("confusion")
    frames: dict[tuple[int, ...], Frame] = {}
    for place, (limit, predicted) in enumerate(data["predicted"].items()):
        pairs = Counter(zip(data["labels"], map(int, predicted), strict=True))
        right = sum(count for (true, said), count in pairs.items() if true == said)
        wrong = {pair: count for pair, count in pairs.items() if pair[0] != pair[1]}
        # The most frequent; of several, the first in the matrix.
        first = min(wrong, key=lambda pair: (-wrong[pair], pair))
        times = "once" if wrong[first] == 1 else f"{wrong[first]} times"
        says = (
            f"Trained on {limit} images: {right} of {len(predicted)} test images are read right. The most frequent "
            f"error, {times}, is {_a(first[0])} read as {first[1]}."
        )
        frames[(place,)] = Frame([{"kind": "matrix", "predicted": predicted, "first": first}], says)
    return View(
        name="confusion",
        title="A confusion matrix with its images",
        text="""\
[Lab 02](../labs/solutions/lab02_digits.ipynb).
One network for each number of training images. Choose a cell to see its images: with the mouse, or with Tab and
the arrow keys, then Enter. The digits are scikit-learn's, of 8x8 pixels.""",
        controls=[Control("training images", list(data["predicted"]), start=1)],
        frames=frames,
        shared={
            "labels": data["labels"],
            "images": data["images"],
            "classes": [str(digit) for digit in range(10)],
        },
    )


def _a(digit: int) -> str:
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
