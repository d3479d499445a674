"""The checks of lab 05, transfer and feature hierarchies."""

from __future__ import annotations

from resnet_labs.checks.lab05.neighbours import check_kept, check_purity
from resnet_labs.checks.lab05.parts import check_train_only
from resnet_labs.checks.lab05.stages import check_collect

__all__ = ["check_collect", "check_kept", "check_purity", "check_train_only"]
