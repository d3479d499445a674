"""Which Python runs the labs in Jupyter: that of the kernel `python3`, which another installation may have written."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel
from traitlets import TraitError


def examine() -> tuple[bool, str, str]:
    """Return whether the kernel runs this Python, what was seen, and what to do if it does not."""
    install = shlex.join([sys.executable, "-m", "ipykernel", "install", "--user", "--name", "resnet-labs"])
    fix = f"For notebooks in Jupyter, run `{install}` and choose that kernel; `resnet-labs run` needs none."
    try:
        spec = KernelSpecManager().get_kernel_spec(NATIVE_KERNEL_NAME)
    except NoSuchKernel:
        return False, "absent", fix
    except (OSError, ValueError, TypeError, TraitError) as error:
        return False, f"its kernel.json cannot be read ({error})", fix
    command = spec.argv[0] if spec.argv else "nothing"
    if command in ("python", "python3", f"python3.{sys.version_info[1]}"):  # for which Jupyter takes its own Python
        return True, f"found in {str(spec.resource_dir)!r}", ""
    if _prefix(command) == sys.prefix:
        return True, f"runs {command}", ""
    there = "" if shutil.which(command) else ", which is not there"
    seen = f"in {str(spec.resource_dir)!r}, runs {command}{there}, but this command runs {sys.executable}"
    return False, seen, fix


def _prefix(command: str) -> str:
    """Return the installation folder of a Python, "" if the command is not a Python."""
    if not Path(command).name.lower().startswith(("python", "pypy")):
        return ""
    try:
        done = subprocess.run(
            [command, "-I", "-c", "import sys; print(sys.prefix)"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
