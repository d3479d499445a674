"""The checks of lab 07, losses."""

from __future__ import annotations

from resnet_labs.checks._lab07_centers import check_center_loss
from resnet_labs.checks._lab07_distances import check_distances
from resnet_labs.checks._lab07_judging import check_judging
from resnet_labs.checks._lab07_losses import check_cross_entropy
from resnet_labs.checks._lab07_triplets import check_triplet_loss

__all__ = ["check_center_loss", "check_cross_entropy", "check_distances", "check_judging", "check_triplet_loss"]
