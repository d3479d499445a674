"""The checks of lab 04, flowers."""

from __future__ import annotations

from resnet_labs.checks.lab04.features import check_features
from resnet_labs.checks.lab04.freeze import check_freeze
from resnet_labs.checks.lab04.new_head import check_new_head
from resnet_labs.checks.lab04.reading import check_reading
from resnet_labs.checks.lab04.split import check_split

__all__ = ["check_features", "check_freeze", "check_new_head", "check_reading", "check_split"]
