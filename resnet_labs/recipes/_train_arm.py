"""One arm of lab 06's ablation: a network trained with the ingredients that a recipe's knobs name."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from resnet_labs import data, resnet, runtime
from resnet_labs.augment import Augmentation, AutoAugment, Compose, Crop, Flip, Mixup
from resnet_labs.data import ImageData
from resnet_labs.losses import cross_entropy
from resnet_labs.recipes._imagenet import with_imagenet_weights
from resnet_labs.recipes._pretrained import pretrained, shortened
from resnet_labs.recipes._recipe import Recipe, Run, figures, mean_loss, results_line, train, train_and_judged
from resnet_labs.results import Result
from resnet_labs.train import evaluate
from resnet_labs.weights import replace_head


def run_arm(recipe: Recipe, run: Run) -> Result:
    """Train with the recipe's ingredients; measure gradients, and figures on judged and unaugmented training images.

    `largest_gradient_norm` is the largest of all steps, before clipping; fp16, which scales gradients, leaves it out.
    """
    parts = train_and_judged(recipe, run)
    train_set, judged_set = parts.values()
    device = runtime.default_device()
    model = _network(recipe, train_set, run)
    watched = runtime.choose_precision(recipe.config.precision, device) != "fp16"
    if watched:
        watch_gradients_(model)
    augment = _augmentation(recipe, len(train_set.classes))
    batches = data.Batches(train_set, recipe.batch_size, augment=augment, shuffle=True, device=device, seed=run.seed)
    loss = partial(cross_entropy, label_smoothing=recipe.knobs["label_smoothing"])
    history = train(model, batches, recipe, run, loss=loss)
    judged, trained = (evaluate(model, data.Batches(part, 512, device=device)) for part in (judged_set, train_set))
    measured = {
        **figures(judged),
        "train_accuracy": trained.accuracy,
        "accuracy_gap": trained.accuracy - judged.accuracy,
        "loss_gap": mean_loss(judged) - mean_loss(trained),
    }
    if watched:
        measured["largest_gradient_norm"] = float(model.largest_gradient_norm)  # type: ignore[arg-type]
    return results_line(recipe, run, history, parts, measured)


def watch_gradients_(model: nn.Module) -> None:
    """Keep the largest global norm of a step's gradient in the buffer `largest_gradient_norm`, also in checkpoints.

    Args:
        model: all its parameters get a gradient in every backward pass; it gets the buffer and one hook per parameter.
    """
    parameters = list(model.parameters())
    model.register_buffer("largest_gradient_norm", torch.zeros((), device=parameters[0].device))
    squares: list[Tensor] = []

    def take(parameter: Tensor) -> None:
        assert parameter.grad is not None
        squares.append(parameter.grad.float().square().sum())
        if len(squares) == len(parameters):
            norm = torch.stack(squares).sum().sqrt()
            model.largest_gradient_norm.copy_(torch.maximum(model.largest_gradient_norm, norm))  # type: ignore[operator, arg-type]
            squares.clear()

    for parameter in parameters:
        parameter.register_post_accumulate_grad_hook(take)


def _network(recipe: Recipe, images: ImageData, run: Run) -> nn.Module:
    """Return the recipe's network with as many outputs as the images have classes, pretrained if it says so."""
    name, arguments = recipe.network
    build = partial(getattr(resnet, name), **arguments)
    weights = recipe.knobs["pretrained"]
    if weights == "other classes":
        assert recipe.size is not None
        model = pretrained(
            lambda count: build(num_classes=count),
            recipe.dataset,
            size=recipe.size,
            root=run.root,
            **shortened(recipe.knobs),
        )
        runtime.seed_everything(run.seed)
        return replace_head(model, len(images.classes))
    runtime.seed_everything(run.seed)
    if weights is None:
        return build(num_classes=len(images.classes)).to(runtime.default_device())
    model = replace_head(with_imagenet_weights(build(), weights), len(images.classes))
    return model.to(runtime.default_device())


def _augmentation(recipe: Recipe, num_classes: int) -> Augmentation | None:
    knobs = recipe.knobs
    assert recipe.size is not None
    steps: list[Augmentation] = [Crop(recipe.size // 8), Flip()] if knobs["crop_and_flip"] else []
    steps += [AutoAugment()] if knobs["autoaugment"] else []
    steps += [Mixup(num_classes, knobs["mixup_alpha"])] if knobs["mixup_alpha"] is not None else []
    return Compose(steps) if steps else None
