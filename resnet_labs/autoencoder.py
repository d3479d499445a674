"""A stacked autoencoder of linear layers, its greedy layer-wise pretraining, and the classifier that starts from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from tqdm import trange

from resnet_labs import optim, runtime
from resnet_labs.errors import InputError

Batch = tuple[Tensor, Tensor]


class StackedAutoencoder(nn.Module):
    """Linear layers down to a code, and as many back up; a sigmoid at the end gives values from 0 to 1.

    A ReLU follows every layer but two: the code layer, which is linear, and the last. `encoder[k]` is hidden layer k +
    1, `decoder[-1 - k]` is the layer that turns its output back into its input. To train all of it with `fit`, give the
    images as targets: `Batches(data, 128, augment=lambda images, labels, generator: (images, images.flatten(1)))`, with
    `mse_loss`.

    Args:
        sizes: values of an image, then the width of each hidden layer.

    Raises:
        InputError: no hidden layer, or a width below one.

    Source: Hinton and Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks, figure 1.
    Deviations: ReLU in place of logistic units; encoder and decoder share no weights. These and the linear code follow
        report 4.
    Equals: the same torch.nn.Linear layers, called one after the other.

    Example:
        >>> autoencoder = StackedAutoencoder((64, 32, 16, 8))
        >>> images = torch.rand(5, 1, 8, 8)
        >>> autoencoder(images).shape, [tuple(layer.shape) for layer in autoencoder.hidden(images)]
        (torch.Size([5, 64]), [(5, 32), (5, 16), (5, 8)])
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        if len(sizes) < 2 or min(sizes) < 1:
            raise InputError(
                f"sizes is {tuple(sizes)}.",
                "Give the values of an image and the width of at least one hidden layer, such as (784, 128).",
            )
        steps = list(pairwise(sizes))
        downs = [nn.Sequential(nn.Linear(before, after), nn.ReLU()) for before, after in steps]
        del downs[-1][1]  # the code is linear
        ups = [nn.Sequential(nn.Linear(after, before), nn.ReLU()) for before, after in reversed(steps)]
        ups[-1][1] = nn.Sigmoid()
        self.encoder = nn.Sequential(*downs)
        self.decoder = nn.Sequential(*ups)

    def forward(self, images: Shaped[Tensor, "..."]) -> Float[Tensor, "N D"]:
        """Return the reconstructed images, flat.

        Args:
            images: (N, C, H, W) or (N, D), floating point, values from 0 to 1.

        Raises:
            InputError: images of another shape or width, or of integers.
        """
        return self.decode(self.encode(images))

    def encode(self, images: Shaped[Tensor, "..."]) -> Float[Tensor, "N K"]:
        """Return the code, the output of the encoder's last layer; arguments and errors as in `forward`."""
        return self.encoder(_rows(images, self.encoder))

    def decode(self, code: Float[Tensor, "N K"]) -> Float[Tensor, "N D"]:
        """Return flat images made from a code."""
        return self.decoder(code)

    def hidden(self, images: Shaped[Tensor, "..."]) -> list[Float[Tensor, "N _"]]:
        """Return the output of every hidden layer: `hidden(images)[3]` is the fourth, report 4's X[3].

        Args:
            images: as in `forward`.

        Raises:
            InputError: as in `forward`.
        """
        outputs, rows = [], _rows(images, self.encoder)
        for layer in self.encoder:
            rows = layer(rows)
            outputs.append(rows)
        return outputs


class MLPClassifier(nn.Module):
    """An encoder and a linear layer `fc` on top of it: from images to logits.

    The encoder is not copied: training here changes the autoencoder that it came from.

    Args:
        encoder: the `encoder` of a `StackedAutoencoder`, pretrained or not.
        num_classes: number of logits.
        final_relu: report 4's fault, for study: a ReLU after the last layer. Logits below zero become zero and pass no
            gradient, so a class whose logit is negative for every image stops learning. It is never predicted: another
            class has the highest logit or, if all are zero, the first class wins.

    Raises:
        InputError: an encoder without a linear layer, a whole autoencoder, or fewer than one class.

    Source: Bengio et al. 2007, Greedy Layer-Wise Training of Deep Networks (supervised fine-tuning).
    Equals: the same torch.nn.Linear layers, called one after the other.

    Example:
        >>> autoencoder = StackedAutoencoder((64, 32, 16))
        >>> MLPClassifier(autoencoder.encoder, 10)(torch.rand(5, 1, 8, 8)).shape
        torch.Size([5, 10])
    """

    def __init__(self, encoder: nn.Module, num_classes: int, final_relu: bool = False) -> None:
        super().__init__()
        layers = [part for part in encoder.modules() if isinstance(part, nn.Linear)]
        if isinstance(encoder, StackedAutoencoder) or not layers:
            raise InputError(f"encoder is a {type(encoder).__name__}.", "Give the encoder part: autoencoder.encoder.")
        if num_classes < 1:
            raise InputError(f"num_classes is {num_classes}.", "Give an integer of at least 1.")
        self.encoder = encoder
        self.fc = nn.Linear(layers[-1].out_features, num_classes)
        self.final_relu = final_relu

    def forward(self, images: Shaped[Tensor, "..."]) -> Float[Tensor, "N K"]:
        """Return one row of logits for each image; arguments and errors as in `StackedAutoencoder.forward`."""
        logits = self.fc(self.encoder(_rows(images, self.encoder)))
        return F.relu(logits) if self.final_relu else logits


@dataclass(frozen=True)
class LayerHistory:
    """How the pretraining of one layer went.

    Attributes:
        layer: number of the hidden layer, from 1.
        losses: mean squared error of each epoch, mean over images and values, taken while the layer trained.
        validation_losses: the same on validation images after each epoch; empty if there were none.
    """

    layer: int
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)


def pretrain_layerwise(
    autoencoder: StackedAutoencoder,
    batches: Iterable[Batch],
    *,
    config: Any,
    validation: Iterable[Batch] | None = None,
) -> list[LayerHistory]:
    """Train an autoencoder in place, one layer at a time from the images up, and return each layer's losses.

    A layer and its counterpart in the decoder learn to reconstruct the layer's own input, which the layers below
    compute from the images. Those stay bitwise the same; they run once per batch, without gradients.

    Args:
        autoencoder: stays on its device.
        batches: an iterable of (images, labels) with a length, iterated once per epoch; labels are ignored. If it has
            `set_epoch`, every layer starts again at epoch 0.
        config: a `train.TrainConfig`; its epochs, warm-up and schedule are those of each layer.
        validation: batches on which a layer's loss is measured after each of its epochs, never trained on.

    Returns:
        One history per layer, in the order of training.

    Raises:
        InputError: no batch, images that do not fit, a loss that is not finite, a layer with nothing to train, or a
            setting that has no meaning here (`compile`, `channels_last`, `accumulate`).

    Source: Bengio et al. 2007, Greedy Layer-Wise Training of Deep Networks (autoencoders in place of RBMs).
    Deviations: ReLU layers, a linear code and mean squared error, as in report 4; weights are not tied.
    Equals: `train.fit` on each layer with the outputs of the layers below as images and targets, bit for bit.

    Example:
        >>> from resnet_labs.train import TrainConfig
        >>> autoencoder, images = StackedAutoencoder((16, 8, 4)), torch.rand(10, 1, 4, 4)
        >>> config = TrainConfig(epochs=2, learning_rate=0.001, optimizer="adam")
        >>> histories = pretrain_layerwise(autoencoder, [(images, torch.zeros(10))], config=config)
        >>> [(history.layer, len(history.losses)) for history in histories]
        [(1, 2), (2, 2)]
    """
    # `train` is a later layer of the package, so this module has its own short loop.
    for setting, idle in (("compile", (False,)), ("channels_last", (False, "auto")), ("accumulate", (1,))):
        value = getattr(config, setting)
        if value not in idle:
            raise InputError(f"{setting} is {value}, which has no meaning for single linear layers.", "Leave it out.")
    if len(batches) == 0:  # type: ignore[arg-type]
        raise InputError("There is no batch to train on.", "Give batches with at least one image.")
    runtime.seed_everything(config.seed)
    return [_Layer(autoencoder, depth, config).train(batches, validation) for depth in range(len(autoencoder.encoder))]


class _Layer:
    """One layer with its counterpart in the decoder, while it trains."""

    def __init__(self, autoencoder: StackedAutoencoder, depth: int, config: Any) -> None:
        self.autoencoder, self.depth, self.config = autoencoder, depth, config
        self.below = autoencoder.encoder[:depth]
        self.layer = nn.Sequential(autoencoder.encoder[depth], autoencoder.decoder[-1 - depth])
        self.device = next(self.layer.parameters()).device
        self.precision = runtime.choose_precision(config.precision, self.device)
        groups = optim.parameter_groups([self.layer], weight_decay=config.weight_decay)
        self.trainable = [parameter for group in groups for parameter in group["params"]]
        self.optimizer = optim.make_optimizer(config.optimizer, groups, learning_rate=config.learning_rate)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")

    def train(self, batches: Iterable[Batch], validation: Iterable[Batch] | None) -> LayerHistory:
        history, steps = LayerHistory(self.depth + 1), len(batches)  # type: ignore[arg-type]
        title = f"layer {history.layer}/{len(self.autoencoder.encoder)}"
        for epoch in trange(self.config.epochs, desc=title, leave=False, disable=None):
            if hasattr(batches, "set_epoch"):
                batches.set_epoch(epoch)
            losses, sizes = [], []
            for step, (images, _) in enumerate(batches, start=epoch * steps):
                losses.append(self.step(images, step, steps))
                sizes.append(len(images))
            history.losses.append(_mean(losses, sizes))
            if not math.isfinite(history.losses[-1]):
                raise InputError(
                    f"The loss is {history.losses[-1]} in layer {history.layer}, epoch {epoch + 1}.",
                    "Lower the learning rate, add warm-up or clip the gradient's norm.",
                )
            if validation is not None:
                with torch.no_grad():
                    measured = [(self.loss(images), len(images)) for images, _ in validation]
                history.validation_losses.append(_mean(*zip(*measured, strict=True)))
        return history

    def step(self, images: Tensor, step: int, steps: int) -> Tensor:
        factor = optim.learning_rate_factor(
            step,
            num_steps=self.config.epochs * steps,
            warmup_steps=self.config.warmup_epochs * steps,
            schedule=self.config.schedule,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * factor
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(images)
        self.scaler.scale(loss).backward()
        if self.config.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.trainable, self.config.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss.detach()

    def loss(self, images: Tensor) -> Tensor:
        with runtime.autocast(self.device, self.precision):
            with torch.no_grad():
                target = self.below(_rows(images.to(self.device, non_blocking=True), self.autoencoder.encoder))
            return F.mse_loss(self.layer(target), target)


def _rows(images: Tensor, encoder: nn.Module) -> Tensor:
    """Return the images as rows of the width and the dtype that the encoder takes."""
    shape = tuple(images.shape)
    if len(shape) not in (2, 4):
        fix = "For one image, write images[None]." if len(shape) == 3 else "Give a batch of images."
        raise InputError(f"images has shape {shape}; (N, C, H, W) or (N, D) is needed.", fix)
    if not images.is_floating_point():
        raise InputError(
            f"images is {images.dtype}; floating point is needed.", "Write images.float() / 255 for bytes."
        )
    first = next(part for part in encoder.modules() if isinstance(part, nn.Linear))
    width = math.prod(shape[1:])
    if width != first.in_features:
        raise InputError(
            f"images of shape {shape} have {width} values each, but the first layer takes {first.in_features}.",
            f"Build the network with sizes=({width}, ...), or resize the images.",
        )
    return images.reshape(shape[0], width).to(first.weight.dtype)


def _mean(losses: Sequence[Tensor], sizes: Sequence[int]) -> float:
    """Return the mean over images of the means over batches."""
    return (torch.stack(list(losses)).double().cpu() * torch.tensor(sizes)).sum().item() / sum(sizes)
