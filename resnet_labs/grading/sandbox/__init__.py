"""Where a student's code runs: without network, grader, solutions or files of this machine, and within limits."""

from __future__ import annotations

from resnet_labs.grading.sandbox.limits import Limits
from resnet_labs.grading.sandbox.tiers import TRUSTED, Tier, chosen, detect

__all__ = ["TRUSTED", "Limits", "Tier", "chosen", "detect"]
