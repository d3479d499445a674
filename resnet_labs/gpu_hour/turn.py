"""One turn of a block, in a process of its own: `python -m resnet_labs.gpu_hour.turn BLOCK FOLDER ROOT DRY`."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from resnet_labs.errors import LabError
from resnet_labs.gpu_hour.blocks import chosen
from resnet_labs.gpu_hour.parts import Hour


def main(name: str, folder: str, root: str, is_dry: str) -> int:
    """Write the missing lines of one block."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        (block,) = chosen([name])
        block.run(Hour(Path(folder), Path(root) if root else None, bool(is_dry)))
    except LabError as error:
        print(error)
        return 2
    return 0


def _end_with(parent: int) -> None:
    """End this process once the one that started it has been killed, so that nothing holds its locks."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
