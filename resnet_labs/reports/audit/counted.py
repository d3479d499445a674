"""What the networks themselves, or the report's own figures, say about a claim: counted, not measured.

Each function returns whether the claim holds, and the count that shows it. A rule names it under `arithmetic`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache

import torch
from torch import nn

from resnet_labs import metrics
from resnet_labs.augment import AutoAugment
from resnet_labs.blocks import Bottleneck
from resnet_labs.features import stage_features
from resnet_labs.reports.audit.proportions import two_proportions
from resnet_labs.resnet import resnet18, resnet152
from resnet_labs.weights import replace_stem

Counted = tuple[bool, str]


def grey_images_in_three_channels() -> Counted:
    """Whether an unchanged first layer fails on one-channel images repeated three times, or gives other outputs."""
    images = torch.linspace(0, 1, 32 * 32).view(1, 1, 32, 32)
    network = resnet18(num_classes=10).eval()
    with torch.no_grad():
        before = network(images.expand(-1, 3, -1, -1))
        same = torch.allclose(replace_stem(network, 1)(images), before, rtol=1e-3, atol=1e-4)
    return not same, (
        "a grey image repeated three times goes through the unchanged first layer, with the same outputs as through a "
        "one-channel layer that holds the sum of its filters"
        if same
        else "the unchanged first layer gives other outputs than one for one channel"
    )


def difference_of_the_two_depths() -> Counted:
    """Whether the report's two accuracies on cats and dogs differ by more than chance on the images they tell of."""
    from resnet_labs.reports.audit.own import own_report  # which reads the reports
    from resnet_labs.reports.audit.sizes import sizes_of

    report = own_report("r1")
    names = ("pets.resnet18", "pets.resnet50")
    total = sizes_of(report)[names[0], "test"].images
    figures = [report.experiments[name].scores["test"].accuracy for name in names]
    first, second = (round(each * total) for each in figures if each is not None)
    found = two_proportions(first, total, second, total)
    spans = [metrics.wilson_interval(right, total) for right in (first, second)]
    words = " and ".join(f"[{span.low:.4f}, {span.high:.4f}]" for span in spans)
    return found.low > 0, (
        f"on the {total:,} test images that the figures tell of, the difference is {first - second} images, "
        f"{found.difference:.4f} [{found.low:+.4f}, {found.high:+.4f}], 95 % intervals {words}, from one run of each"
    )


def convolutions_of_a_bottleneck() -> Counted:
    """Whether each block of a ResNet-152 has two 3x3 convolutions."""
    with torch.device("meta"):
        network = resnet152()
    sides = [_sides(block) for block in network.modules() if isinstance(block, Bottleneck)]
    layers = 2 * len(sides) + 2
    return all(each.count(3) == 2 for each in sides), (
        f"each of its {len(sides)} blocks has {sides[0].count(3)} 3x3 and {sides[0].count(1)} 1x1 convolutions on its "
        f"main path; two per block would make {layers} layers"
    )


def stages_of_resnet152() -> Counted:
    """Whether each stage of a ResNet-152 halves the map of the one before, and doubles its channels."""
    with torch.device("meta"):
        network = resnet152().eval()
        found = stage_features(network, torch.rand(1, 3, 224, 224), [f"layer{number}" for number in range(1, 5)])
    shapes = [tuple(maps.shape[1:3]) for maps in found.values()]
    halved = all(shapes[i + 1] == (2 * channels, side // 2) for i, (channels, side) in enumerate(shapes[:-1]))
    said = ", ".join(f"{channels} channels of {side}x{side}" for channels, side in shapes)
    return halved, f"from 224 pixels its stages give {said}; the first keeps the map of the stem"


def parameters_without_pooling() -> Counted:
    """Whether a linear head on the mean over the pixels has fewer parameters than one on the whole map."""
    pooled, whole = 2048 * 5 + 5, 7 * 7 * 2048 * 5 + 5
    return pooled < whole, f"a head for five classes has {pooled:,} parameters behind the mean, {whole:,} without it"


def weights_of_pooling() -> Counted:
    """Whether global average pooling has weights, or gives anything but the plain mean."""
    pooling = nn.AdaptiveAvgPool2d(1)
    maps = torch.linspace(-1, 1, 2 * 3 * 7 * 7).view(2, 3, 7, 7)
    plain = torch.allclose(pooling(maps).flatten(1), maps.mean((2, 3)), atol=1e-6)
    weights = sum(parameter.numel() for parameter in pooling.parameters())
    return (
        weights > 0 or not plain,
        f"it has {weights} parameters and gives the {'plain' if plain else 'weighted'} mean",
    )


def fixed_policy() -> Counted:
    """Whether AutoAugment gets any information about the model that it could adapt to."""
    names = [*inspect.signature(AutoAugment.__call__).parameters][1:]
    told = [name for name in names if name not in ("images", "labels", "generator")]
    return bool(told), (
        f"the transformation is given {' and '.join(names)} and nothing of the model: its policy was found once, on "
        "CIFAR-10, and is a fixed table"
    )


def _sides(block: Bottleneck) -> list[int]:
    """Return the sides of the filters on a block's main path."""
    return [layer.kernel_size[0] for layer in block.children() if isinstance(layer, nn.Conv2d)]


ARITHMETIC: dict[str, Callable[[], Counted]] = {
    function.__name__: cache(function)
    for function in (
        grey_images_in_three_channels,
        difference_of_the_two_depths,
        convolutions_of_a_bottleneck,
        stages_of_resnet152,
        parameters_without_pooling,
        weights_of_pooling,
        fixed_policy,
    )
}
