"""Forked scripts are processes like any others: with their own arguments, environment, output and exit status."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from helpers import forked

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

SAYS = """
import os, sys
assert __name__ == "__main__"
print(sys.argv[1:], os.environ["WHO"])
print("aside", file=sys.stderr)
"""


def test_every_end_is_told_with_what_was_said(tmp_path: Path) -> None:
    found = forked.run(
        tmp_path,
        [
            forked.Job(SAYS, ["a", "b"], {"WHO": "first"}),
            forked.Job("import sys; sys.exit(3)"),
            forked.Job("import sys; sys.exit()"),
            forked.Job("print('before'); raise LookupError('thrown')"),
            forked.Job("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        ],
    )
    assert found[0] == (0, "['a', 'b'] first\n", "aside\n")
    assert [status for status, _, _ in found] == [0, 3, 0, 1, -signal.SIGKILL]
    assert found[3][1] == "before\n"
    assert found[3][2].endswith("LookupError: thrown\n")
