"""Time limits of tests. They only end what hangs: at least ten times what the slowest machine seen has taken."""

from __future__ import annotations

import os


def seconds(limit: float) -> float:
    """Return a time limit, times RESNET_LABS_TIME_LIMITS, which a slow machine sets above 1."""
    return limit * float(os.environ.get("RESNET_LABS_TIME_LIMITS") or 1)
