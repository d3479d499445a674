"""ResNets of He et al.: the five for ImageNet, under torchvision's parameter names, and the small ones for CIFAR-10."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import chain

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from resnet_labs.blocks import BasicBlock, Bottleneck
from resnet_labs.conv import Conv2d
from resnet_labs.errors import InputError, nearest

STEMS = ("imagenet", "small")


class ResNet(nn.Module):
    """Stem, stages of residual blocks, mean over the pixels, one linear layer.

    Every stage but the first begins with a block of stride 2.

    Args:
        block: `BasicBlock` or `Bottleneck`.
        num_blocks: blocks of each stage.
        widths: channels of each stage, before the block's expansion; the stem has `widths[0]` of them.
        num_classes: outputs of the last layer.
        in_channels: channels of the images.
        stem: "imagenet" (7x7 convolution of stride 2, then 3x3 max pooling of stride 2) or "small" (3x3
            convolution of stride 1, no pooling: for images of 32 pixels).
        shortcut: as in `BasicBlock`.
        architecture: name of the network, such as "resnet18"; tells `load_weights` which weights fit.

    Raises:
        InputError: an unknown stem or shortcut, a count below one, or another number of widths than of stages.

    Source: He et al. 2016, Deep Residual Learning, Table 1; initial weights: He et al. 2015, Delving Deep into
        Rectifiers, section 2.2 (normal, fan out).
    Deviations: the stride of a bottleneck (see there); the last layer keeps torch's initial weights, as in torchvision.
    Equals: torchvision.models.ResNet: names, values, input gradients and, from the same seed, the initial weights.

    Example:
        >>> model = ResNet(BasicBlock, [1, 1], widths=[8, 16], num_classes=4, stem="small")
        >>> model(torch.zeros(2, 3, 9, 9)).shape
        torch.Size([2, 4])
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        num_blocks: Sequence[int],
        *,
        widths: Sequence[int] = (64, 128, 256, 512),
        num_classes: int = 1000,
        in_channels: int = 3,
        stem: str = "imagenet",
        shortcut: str = "projection",
        architecture: str = "",
    ) -> None:
        super().__init__()
        if stem not in STEMS:
            raise InputError(f"stem is {stem!r}.", nearest(stem, STEMS))
        if not num_blocks or len(num_blocks) != len(widths):
            raise InputError(
                f"num_blocks has {len(num_blocks)} stages and widths {len(widths)}.",
                "Give one width for each of at least one stage.",
            )
        counts = {"num_classes": num_classes, "in_channels": in_channels, "widths": min(widths)}
        for name, count in {**counts, "num_blocks": min(num_blocks)}.items():
            if count < 1:
                raise InputError(f"{name} is {count}.", "Give an integer of at least 1.")
        self.architecture = architecture
        self.num_stages = len(num_blocks)
        self.total_stride = (4 if stem == "imagenet" else 1) * 2 ** (self.num_stages - 1)

        if stem == "imagenet":
            self.conv1 = Conv2d(in_channels, widths[0], 7, 2, padding=3, bias=False)
        else:
            self.conv1 = Conv2d(in_channels, widths[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.maxpool = nn.MaxPool2d(3, 2, padding=1) if stem == "imagenet" else nn.Identity()
        channels = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, num_blocks, strict=True)):
            blocks = []
            for number in range(depth):
                stride = 2 if stage > 0 and number == 0 else 1
                blocks.append(block(channels, width, stride=stride, shortcut=shortcut))
                channels = width * block.expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Shaped[Tensor, "..."]) -> Float[Tensor, "N K"]:
        """Return one row of logits for each image.

        Args:
            images: (N, C, H, W), floating point, on the model's device; any size.

        Raises:
            InputError: images of another shape or of integers, or a batch with one value per channel for batch norm.
        """
        self._check(images)
        x = F.relu(self.bn1(self.conv1(images)), inplace=True)
        x = self.maxpool(x)
        for stage in range(1, self.num_stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(self.avgpool(x).flatten(1))

    def _check(self, images: Shaped[Tensor, "..."]) -> None:
        shape = tuple(images.shape)
        if len(shape) != 4:
            fix = "For one image, write images[None]." if len(shape) == 3 else "Give a batch of images."
            raise InputError(f"images has shape {shape}; four dimensions (N, C, H, W) are needed.", fix)
        if not images.is_floating_point():
            raise InputError(
                f"images is {images.dtype}; floating point is needed.", "Write images.float() / 255 for bytes."
            )
        batch, channels, height, width = shape
        # A learner may replace the first convolution with any module.
        wanted = getattr(self.conv1, "in_channels", channels)
        if channels != wanted:
            raise InputError(
                f"images has {channels} channels, the network takes {wanted}.",
                f"Build it with in_channels={channels}, or call replace_stem(model, {channels}).",
            )
        if height == 0 or width == 0:
            raise InputError(f"images has shape {shape}: no pixels.", "Give images at least one pixel high and wide.")
        if batch == 1 and max(height, width) <= self.total_stride and self._last_stage_trains():
            raise InputError(
                f"images has shape {shape}: in training, batch norm of the last stage sees one value per channel.",
                "Give at least two images (for the last batch of a set, change batch_size), "
                f"or one larger than {self.total_stride} pixels, or call model.eval().",
            )

    def _last_stage_trains(self) -> bool:
        # A frozen norm runs in eval mode whatever the flags of the modules around it say.
        return any(
            isinstance(module, nn.BatchNorm2d)
            and module.training
            and (module.weight is None or module.weight.requires_grad)
            for module in getattr(self, f"layer{self.num_stages}").modules()
        )


def resnet18(*, num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet", residual: bool = True) -> ResNet:
    """Return ResNet-18: basic blocks, 2 2 2 2.

    Args:
        num_classes: outputs of the last layer.
        in_channels: channels of the images.
        stem: "imagenet" or "small" (3x3, stride 1, no pooling).
        residual: False leaves every shortcut out and keeps the convolutions: the paper's plain network.

    Raises:
        InputError: an unknown stem, or a count below one.

    Source: He et al. 2016, Deep Residual Learning, Table 1.
    Deviations: projections where the shape changes (option B), as in torchvision; the paper's Table 2 pads (option A).
    Equals: torchvision.models.resnet18.

    Example:
        >>> count_parameters(resnet18())
        11689512
    """
    return _imagenet(BasicBlock, (2, 2, 2, 2), "resnet18", num_classes, in_channels, stem, residual)


def resnet34(*, num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet", residual: bool = True) -> ResNet:
    """Return ResNet-34: basic blocks, 3 4 6 3. Arguments, errors and source as in `resnet18`.

    Source: He et al. 2016, Deep Residual Learning, Table 1.
    Deviations: as in `resnet18`.
    Equals: torchvision.models.resnet34.

    Example:
        >>> with torch.device("meta"):
        ...     count_parameters(resnet34())
        21797672
    """
    return _imagenet(BasicBlock, (3, 4, 6, 3), "resnet34", num_classes, in_channels, stem, residual)


def resnet50(*, num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet", residual: bool = True) -> ResNet:
    """Return ResNet-50: bottlenecks, 3 4 6 3. Arguments, errors and source as in `resnet18`.

    Source: He et al. 2016, Deep Residual Learning, Table 1.
    Deviations: the stride of a bottleneck (see there).
    Equals: torchvision.models.resnet50.

    Example:
        >>> with torch.device("meta"):
        ...     count_parameters(resnet50())
        25557032
    """
    return _imagenet(Bottleneck, (3, 4, 6, 3), "resnet50", num_classes, in_channels, stem, residual)


def resnet101(
    *, num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet", residual: bool = True
) -> ResNet:
    """Return ResNet-101: bottlenecks, 3 4 23 3. Arguments, errors and source as in `resnet18`.

    Source: He et al. 2016, Deep Residual Learning, Table 1.
    Deviations: the stride of a bottleneck (see there).
    Equals: torchvision.models.resnet101.

    Example:
        >>> with torch.device("meta"):
        ...     count_parameters(resnet101())
        44549160
    """
    return _imagenet(Bottleneck, (3, 4, 23, 3), "resnet101", num_classes, in_channels, stem, residual)


def resnet152(
    *, num_classes: int = 1000, in_channels: int = 3, stem: str = "imagenet", residual: bool = True
) -> ResNet:
    """Return ResNet-152: bottlenecks, 3 8 36 3. Arguments, errors and source as in `resnet18`.

    Source: He et al. 2016, Deep Residual Learning, Table 1.
    Deviations: the stride of a bottleneck (see there).
    Equals: torchvision.models.resnet152.

    Example:
        >>> with torch.device("meta"):
        ...     count_parameters(resnet152())
        60192808
    """
    return _imagenet(Bottleneck, (3, 8, 36, 3), "resnet152", num_classes, in_channels, stem, residual)


def cifar_resnet(depth: int, *, num_classes: int = 10, in_channels: int = 3, residual: bool = True) -> ResNet:
    """Return the small ResNet of the paper's CIFAR-10 study: three stages of n basic blocks, 16, 32 and 64 channels.

    Args:
        depth: number of layers with weights, 6n + 2: 8, 14, 20, ..., 110.
        num_classes: outputs of the last layer.
        in_channels: channels of the images.
        residual: False leaves every shortcut out: the paper's plain network.

    Raises:
        InputError: a depth that is not 6n + 2, or a count below one.

    Source: He et al. 2016, Deep Residual Learning, section 4.2.
    Equals: the paper's Table 6, in parameters.

    Example:
        >>> count_parameters(cifar_resnet(20))
        269722
    """
    blocks, rest = divmod(depth - 2, 6)
    if rest or blocks < 1:
        raise InputError(f"depth is {depth}; 6n + 2 with n of at least 1 is needed.", "Try 8, 14, 20, 32, 44 or 56.")
    return ResNet(
        BasicBlock,
        (blocks, blocks, blocks),
        widths=(16, 32, 64),
        num_classes=num_classes,
        in_channels=in_channels,
        stem="small",
        shortcut="pad" if residual else "none",
        architecture=f"cifar_resnet{depth}",
    )


def count_parameters(model: nn.Module) -> int:
    """Return the number of weights and biases, frozen ones too; one that is used twice counts once.

    Equals: the paper's Table 6.

    Example:
        >>> count_parameters(nn.Linear(3, 2))
        8
    """
    return sum(parameter.numel() for parameter in model.parameters())


def count_multiply_adds(model: nn.Module, image_shape: tuple[int, int, int]) -> int:
    """Return the multiply-adds of convolutions and linear layers for one image: what the paper calls FLOPs.

    Nothing is computed: a copy without data runs on torch's meta device, and the model is not changed.

    Args:
        model: takes a batch of images.
        image_shape: (C, H, W) of the image.

    Source: He et al. 2016, Deep Residual Learning, Table 1.
    Equals: torch.utils.flop_counter, halved.

    Example:
        >>> count_multiply_adds(resnet18(), (3, 224, 224))
        1814073344
    """
    tensors = [*chain(model.parameters(), model.buffers())]
    twin = copy.deepcopy(model, {id(tensor): torch.empty_like(tensor, device="meta") for tensor in tensors}).eval()
    dtype = next((tensor.dtype for tensor in tensors if tensor.is_floating_point()), torch.get_default_dtype())
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        twin(torch.empty(1, *image_shape, dtype=dtype))
    return counter.get_total_flops() // 2


def _imagenet(
    block: type[BasicBlock] | type[Bottleneck],
    num_blocks: tuple[int, ...],
    architecture: str,
    num_classes: int,
    in_channels: int,
    stem: str,
    residual: bool,
) -> ResNet:
    return ResNet(
        block,
        num_blocks,
        num_classes=num_classes,
        in_channels=in_channels,
        stem=stem,
        shortcut="projection" if residual else "none",
        architecture=architecture,
    )
