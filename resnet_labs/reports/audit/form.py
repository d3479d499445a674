"""The file in which a report is given to the audit: YAML, every field of an experiment optional.

    id: my-report
    title: Digits with a ResNet-18
    experiments:
      NAME:                          # your own name for it
        dataset: mnist               # what is stated: the data set, ...
        classes: 10
        images: {train: 60000, validation: 0, test: 10000}
        class_images: {train: 6000}  # images of each class
        folds: {train: [10, 500]}    # so many folds of so many images
        split: {train: 0.8, validation: 0.2}
        pixels: 28                   # a side of the square input
        network: resnet18            # ... the network, ...
        outputs: 10                  # of the last layer
        blocks: 8                    # residual blocks, stated
        printed_blocks: 8            # residual blocks in a printout of the network
        block_convolutions: [3, 3]   # the sides of the filters of one block
        maps: {layer1: [64, 56, 56]} # channels, height and width behind a stage
        loss: cross_entropy          # cross_entropy, triplet, center, mse or other
        batch_size: {train: 128, test: 1}
        epochs: 10                   # ... and the training
        trains: all                  # all, or head if everything else is frozen
        mixup: false
        hardware: RTX 4090
        seconds: 372                 # of the whole training
        scores:                      # what was measured, on train, validation or test images, as fractions
          test:
            accuracy: 0.97450        # with all decimals that were printed
            accuracy_before: 0.11350 # before training
            also_accuracy: [0.974222]  # other figures of this network that are called accuracy
            top_k: {5: 0.998}
            precision: 0.974268
            recall: 0.974222
            f_score: 0.974231
            averaging: macro         # macro, or positive for the second of two classes
            classwise: [0.98, 0.99]  # one accuracy a class
            confusion: [[98, 2], [1, 99]]  # true classes in the rows
            interval: [0.971, 0.978] # of the accuracy, 95 %
        log:
          unit: mean                 # of the losses: mean, sum over batches, or sum over images
          epoch: [1, 2]              # left out: 1, 2, 3, ...
          train_loss: [0.5, 0.3]     # likewise validation_ and test_, _loss and _accuracy; null where nothing is given
          train_accuracy: [0.8, 0.9]
    comparisons: [{better: NAME, worse: NAME, images: test}]
    twice: [{what: the best network, values: [resnet152, resnet101]}]   # one quantity in two places
    alike: [[NAME, NAME]]            # experiments said to start from the same weights, with the same settings
    same_images: [[NAME, NAME]]      # experiments said to share their test images
    claims:
      - {id: my-report.c1, text: deeper is better, certainty: says, rule: {better: [NAME, NAME]}}

A claim's certainty is `says`, `suggests` or `expects`. Its rule is `better: [NAME, NAME]`, which needs a difference of
two test accuracies that chance does not explain; `checks: [NAME]`, which needs figures of these experiments without a
contradiction; or `none: why it cannot be tested`.

Fractions are from 0 to 1 with a decimal point. Per cent, decimal commas and words are named as errors, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resnet_labs.reports.audit.printed import Printed

SPLITS = ("train", "validation", "test")
UNITS = ("mean", "sum over batches", "sum over images")
LOSSES = ("cross_entropy", "triplet", "center", "mse", "other")


@dataclass(frozen=True)
class Scores:
    """Figures of one network on one set of images; None where the report gives none."""

    accuracy: Printed | None = None
    accuracy_before: Printed | None = None
    also_accuracy: tuple[Printed, ...] = ()
    top_k: Mapping[int, Printed] = field(default_factory=dict)
    precision: Printed | None = None
    recall: Printed | None = None
    f_score: Printed | None = None
    averaging: str | None = None
    classwise: tuple[Printed, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    interval: tuple[Printed, ...] = ()


@dataclass(frozen=True)
class Log:
    """A training log: the epochs, and by name (`train_loss`) one value an epoch, None where none is given."""

    unit: str
    epoch: tuple[int, ...]
    columns: Mapping[str, tuple[Printed | None, ...]]


@dataclass(frozen=True)
class Experiment:
    """What a report states of one training, its scores by the images they were measured on, and its log."""

    dataset: str | None = None
    classes: int | None = None
    images: Mapping[str, int] = field(default_factory=dict)
    class_images: Mapping[str, int] = field(default_factory=dict)
    folds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    split: Mapping[str, Printed] = field(default_factory=dict)
    pixels: int | None = None
    network: str | None = None
    outputs: int | None = None
    blocks: int | None = None
    printed_blocks: int | None = None
    block_convolutions: tuple[int, ...] = ()
    maps: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    loss: str | None = None
    batch_size: Mapping[str, int] = field(default_factory=dict)
    epochs: int | None = None
    trains: str | None = None
    mixup: bool = False
    hardware: str | None = None
    seconds: float | None = None
    scores: Mapping[str, Scores] = field(default_factory=dict)
    log: Log | None = None


@dataclass(frozen=True)
class Report:
    """A report as the audit reads it."""

    id: str
    title: str
    experiments: Mapping[str, Experiment]
    comparisons: tuple[Mapping[str, str], ...] = ()
    twice: tuple[Mapping[str, Any], ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()
    same_images: tuple[tuple[str, ...], ...] = ()
    claims: tuple[Mapping[str, Any], ...] = ()
