"""Time limits of tests. They only stop tests that hang: at least ten times the time of the slowest known machine."""

from __future__ import annotations

import os


def seconds(limit: float) -> float:
    """Return a time limit, multiplied by RESNET_LABS_TIME_LIMITS, which is set above 1 on slow machines."""
    return limit * float(os.environ.get("RESNET_LABS_TIME_LIMITS") or 1)
