"""The import direction of the house: a lower row may import a higher one, never the reverse."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

import resnet_labs

PACKAGE = Path(resnet_labs.__file__).parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = CONTRIBUTING.split("<!-- imports -->\n```\n", 1)[1].split("```\n<!-- /imports -->", 1)[0]
ROWS = [line.split() for line in BLOCK.splitlines()]
ROW_OF = {room: number for number, row in enumerate(ROWS) for room in row}
MODULES = sorted(PACKAGE.rglob("*.py"))

# outside module -> the one room that may import it
ONE_ROOM = {
    "matplotlib": "plotting",
    "torchvision.models": "weights",
    "sklearn.manifold": "features",
    "umap": "features",
    "tensorboard": "tracking",
    "torch.utils.tensorboard": "tracking",
    "wandb": "tracking",
}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imported(path) if name.startswith("resnet_labs.")}
    return {name for name in names if name in ROW_OF}


def test_every_room_stands_in_a_row():
    rooms = {room(path) for path in MODULES} - {"__init__"}
    assert sorted(one for row in ROWS for one in row) == sorted(rooms)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_a_lower_one(path):
    here = room(path)
    if here == "__init__":
        return
    lower = {name for name in rooms_imported(path) if ROW_OF[name] > ROW_OF[here]}
    assert not lower, f"{here} imports {lower}"


def test_no_two_rooms_import_each_other():
    uses: dict[str, set[str]] = {}
    for path in MODULES:
        if room(path) != "__init__":
            uses.setdefault(room(path), set()).update(rooms_imported(path) - {room(path)})
    both = {(a, b) for a, others in uses.items() for b in others if a in uses.get(b, ()) and a < b}
    assert not both


@pytest.mark.parametrize(("module", "only"), ONE_ROOM.items())
def test_heavy_modules_have_one_room(module, only):
    users = {room(path) for path in MODULES if any((name + ".").startswith(module + ".") for name in imported(path))}
    assert users <= {only}


def test_the_loop_knows_no_network_loss_or_data_set_of_ours():
    known = set().union(*(rooms_imported(path) for path in (PACKAGE / "train").glob("*.py")))
    allowed = {"errors", "runtime", "conv", "metrics", "optim", "checkpoint", "distributed", "lock", "tracking"}
    assert known <= {"train"} | allowed


def test_importing_the_package_loads_nothing_heavy_and_finds_every_public_name():
    script = (
        "import sys, resnet_labs\n"
        "heavy = {'torch', 'torchvision', 'matplotlib', 'sklearn', 'umap', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert all(getattr(resnet_labs, name) is not None for name in resnet_labs.__all__)\n"
        "assert not {'matplotlib', 'umap'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        resnet_labs.nothing  # noqa: B018
