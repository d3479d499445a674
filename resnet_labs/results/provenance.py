"""Which command and which source made a results line."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path


def command_line() -> str:
    """Return the running `resnet-labs` command, also inside a lab's kernel; else this process's command line."""
    return os.environ.get("RESNET_LABS_COMMAND") or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def source_revision() -> str:
    """Return the checkout's short revision, with a `+` if the code behind results lines has uncommitted changes.

    That code is all of `resnet_labs` and `labs`, including untracked files, except the stored lines themselves. Empty
    outside a checkout.
    """
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return ""
    makers = ("resnet_labs", "labs", ":(exclude)resnet_labs/reports/evidence")
    try:
        revision = _git(root, "rev-parse", "--short=12", "HEAD")
        return revision + ("+" if _git(root, "status", "--porcelain", "--untracked-files=all", "--", *makers) else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
