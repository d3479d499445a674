"""The checks of lab 02, digits."""

from __future__ import annotations

from resnet_labs.checks.lab02.adapt import check_adapt
from resnet_labs.checks.lab02.scores import check_scores
from resnet_labs.checks.lab02.shares import check_shares
from resnet_labs.checks.lab02.train_step import check_train_step

__all__ = ["check_adapt", "check_scores", "check_shares", "check_train_step"]
