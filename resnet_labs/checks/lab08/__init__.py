"""The checks of lab 08, layer-wise pretraining."""

from __future__ import annotations

from resnet_labs.checks.lab08.classifier import check_classifier
from resnet_labs.checks.lab08.dead import check_dead
from resnet_labs.checks.lab08.layer import check_layer
from resnet_labs.checks.lab08.pretrain import check_pretrain

__all__ = ["check_classifier", "check_dead", "check_layer", "check_pretrain"]
