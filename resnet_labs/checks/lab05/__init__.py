"""The checks of lab 05, transfer and feature hierarchies."""

from __future__ import annotations

from resnet_labs.checks.lab05.collect import check_collect
from resnet_labs.checks.lab05.kept import check_kept
from resnet_labs.checks.lab05.purity import check_purity
from resnet_labs.checks.lab05.train_only import check_train_only

__all__ = ["check_collect", "check_kept", "check_purity", "check_train_only"]
