"""The checks of lab 07, losses."""

from __future__ import annotations

from resnet_labs.checks.lab07.center_loss import check_center_loss
from resnet_labs.checks.lab07.cross_entropy import check_cross_entropy
from resnet_labs.checks.lab07.distances import check_distances
from resnet_labs.checks.lab07.judging import check_judging
from resnet_labs.checks.lab07.triplet_loss import check_triplet_loss

__all__ = ["check_center_loss", "check_cross_entropy", "check_distances", "check_judging", "check_triplet_loss"]
