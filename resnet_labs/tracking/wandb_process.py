"""The process that writes a Weights & Biases file: reads settings and rows as lines of JSON until its input ends.

It runs as a script, so that it does not load this package and torch.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile

# Offline and silent; only what is sent here is kept, not the machine's state, the code or the packages.
_ENVIRONMENT = {
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "WANDB_CONSOLE": "off",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_DISABLE_GIT": "true",
    "WANDB_DISABLE_CODE": "true",
    "WANDB_X_DISABLE_MACHINE_INFO": "true",
    "WANDB_X_DISABLE_META": "true",
    "WANDB_X_DISABLE_STATS": "true",
    "WANDB_X_SAVE_REQUIREMENTS": "false",
}


def main() -> None:
    """Write one run."""
    start = json.loads(sys.stdin.readline())
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as elsewhere:
        places = {f"WANDB_{kind}_DIR": elsewhere for kind in ("CACHE", "CONFIG", "DATA", "ARTIFACT")}
        os.environ.update(_ENVIRONMENT | places | {"TMPDIR": elsewhere})  # where wandb 0.24 leaves folders
        tempfile.tempdir = elsewhere
        import wandb

        run = wandb.init(
            project="resnet-labs",
            mode="offline",
            dir=start["folder"],
            name=os.path.basename(start["folder"]),
            id=start["id"],
            config=start["settings"],
        )
        print("ready", flush=True)
        for line in sys.stdin:
            row = json.loads(line)
            run.log(row, step=int(row["epoch"]))
        run.finish()
        wandb.teardown()


if __name__ == "__main__":
    main()
