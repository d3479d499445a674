"""What is wrong in a lab."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something wrong in a lab: where, what, and how to fix it."""

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """Return the problem on one line."""
        return f"{self.where}: {self.what} {self.fix}"
