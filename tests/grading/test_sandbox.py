"""What a kernel sees and may do, tier by tier, and what `doctor` says where there is no sandbox."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.time_limits import seconds

from resnet_labs.grading import command
from resnet_labs.grading.sandbox import Limits, cgroups, child, library, tiers
from resnet_labs.grading.sandbox.launch import Box

LIMITS = Limits(memory=1 << 30, processes=64, files=4 << 20)
WITHHELD = ("resnet_labs.blocks", "resnet_labs.metrics", "torchvision.models", "torch.nn.functional.cross_entropy")
PROBE = f"""
import json, os, socket
found = {{}}

def attempt(name, call):
    try:
        found[name] = str(call())
    except BaseException as error:
        found[name] = f"refused: {{type(error).__name__}}"

attempt("read the solutions", lambda: open({str(ROOT / "labs/solutions/lab02_digits.py")!r}).read(9))
attempt("read the grader", lambda: open({str(ROOT / "resnet_labs/grading/compare.py")!r}).read(9))
attempt("read a password", lambda: open("/etc/shadow").read(9))
attempt("write beside Python", lambda: open(os.path.join(os.path.dirname(json.__file__), "x"), "w"))
attempt("write to /tmp of the machine", lambda: open(PLACE, "w"))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", PORT), timeout=1))
attempt("send a datagram", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("signal its parent", lambda: os.kill(PARENT, 0))
attempt("write a file to the sockets", lambda: open(os.path.join(SOCKETS, "x"), "w"))
attempt("home", lambda: open(os.path.join(os.environ["HOME"], "x"), "w").close())
attempt("import", lambda: __import__("resnet_labs").__version__)
attempt("import the grader", lambda: __import__("resnet_labs.grading"))
print(json.dumps(found))
"""


def inside(box: Box, code: str) -> subprocess.CompletedProcess[str]:
    command, environment = box.command([sys.executable, "-s", "-P", "-c", code])
    folder = "/" if box.tier.mounts else box.home
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=seconds(120), check=False
    )


def boxes() -> list[tiers.Tier]:
    """The tiers that work here. As root, Landlock is tried without a user of its own, which it may not have here."""
    working = [tier for tier in tiers.TIERS if tier.mounts and tiers._works(tier)]
    return working + [tier for tier in tiers.TIERS if tier.landlock and child.landlock_abi() >= 6]


@pytest.mark.parametrize("tier", boxes(), ids=lambda tier: f"{tier.name} {tier.group}")
def test_a_box_keeps_everything_in(tier, tmp_path):
    with Box(tier, LIMITS) as box:
        box.uid = None if tier.landlock else box.uid
        values = {"PLACE": str(tmp_path / "x"), "PORT": 9, "PARENT": os.getpid(), "SOCKETS": box.seen_sockets}
        code = PROBE
        for name, value in values.items():
            code = code.replace(name, repr(value))
        done = inside(box, code)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("home") == "None"
    assert found.pop("import")[0].isdigit()
    allowed = {name: what for name, what in found.items() if not what.startswith("refused")}
    assert not allowed
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_python_may_lie_where_the_sandbox_has_its_own_folder(folder):
    expected = tiers.detect()[0]
    if expected is None or not expected.mounts:
        pytest.skip("bubblewrap does not work here")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
        packages = next(Path(place).glob("lib/python*/site-packages"))
        (packages / "ours.pth").write_text("\n".join([*site.getsitepackages(), str(ROOT)]))
        code = "from resnet_labs.grading.sandbox import tiers; print(tiers.detect()[0])"
        done = subprocess.run([f"{place}/bin/python", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == f"{expected}\n", done.stderr


LANDLOCK_KERNEL = """
import os
from resnet_labs.grading.kernel import SandboxKernel
from resnet_labs.grading.sandbox import Limits, launch, tiers

launch.os.getuid = lambda: 1000  # root's Python may be in a folder that no other user can read
kernel = SandboxKernel(tiers.TIERS[3], Limits(), ())
ran = kernel.execute("import os, sys, subprocess\\nprint(1)", 20)
assert ran.status == "ok", ran
daemon = "subprocess.Popen(['sleep', '98766'], start_new_session=True)\\nopen('own.txt', 'w').close()"
assert kernel.execute(daemon, 20).status == "ok"
assert kernel.execute(f"os.kill({os.getpid()}, 9)", 20).error.startswith("PermissionError")
assert kernel.execute("while True: pass", 1).status == "timeout"
full = "for k in range(200): open(f'f{k}', 'wb').write(bytes(1 << 20))\\nimport time\\ntime.sleep(20)"
assert kernel.execute(full, 30).status == "files"
assert not kernel.box.top.exists()
print("done")
"""


@pytest.mark.skipif(child.landlock_abi() < 6, reason="this system's Landlock is too old")
def test_a_kernel_under_landlock_alone():
    done = subprocess.run(
        [sys.executable, "-c", LANDLOCK_KERNEL], capture_output=True, text=True, timeout=seconds(200), check=False
    )
    assert done.stdout == "done\n", done.stderr
    assert subprocess.run(["pgrep", "-f", "sleep 98766"], capture_output=True, check=False).returncode == 1


def test_withheld_modules_can_be_imported_around_but_not_used():
    folder = library.build(WITHHELD)
    code = (
        "import torchvision.transforms, resnet_labs.resnet, resnet_labs.train\n"
        "from resnet_labs.blocks import BasicBlock\nfrom torchvision.models import resnet18\n"
        "import resnet_labs.metrics.scores, torchvision.models.resnet\n"
        "for use in (lambda: BasicBlock(1, 1), resnet18, lambda: resnet_labs.metrics.accuracy(1, 2), "
        "torchvision.models.resnet.resnet18):\n"
        "    try:\n        use()\n    except ImportError as error:\n        assert 'withheld' in str(error)\n"
        "    else:\n        raise SystemExit(f'{use} works')\n"
        "from resnet_labs import checks\nchecks.start('02')\nchecks.lab02.check_adapt(1)\n"
    )
    environment = {"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-s", "-P", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (folder / "resnet_labs").iterdir()}
    assert not names & {"grading", "labkit", "_solutions", "cli.py"}
    assert not list(folder.rglob("reference.py"))
    assert library.build(reversed(WITHHELD)) == library.build(WITHHELD), "it is made once"


def test_copies_of_old_versions_are_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path))
    old, new = tmp_path / "grading" / "old", tmp_path / "grading" / "new"
    for folder, age in ((old, 8), (new, 6)):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age * 86400,) * 2)
    made = library.build(())
    assert {path.name for path in made.parent.iterdir()} == {"new", made.name}


def test_a_name_that_is_no_module_is_left_to_the_import_rule():
    assert library.is_module("torchvision.models")
    assert library.is_module("resnet_labs.metrics.scores")
    assert not library.is_module("torch.nn.functional.cross_entropy")
    assert not library.is_module("no_such_package.models")


def test_control_groups_of_version_2(tmp_path, monkeypatch):
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory pids")

    def made(path, *arguments, **options):
        os.mkdir(path)
        for name in ("memory.max", "pids.max", "cgroup.procs"):
            (path / name).write_text("")

    monkeypatch.setattr(Path, "mkdir", made)
    group = cgroups.make(LIMITS, tmp_path)
    assert len(group.folders) == 1
    assert (group.folders[0] / "memory.max").read_text() == str(LIMITS.memory)
    assert (group.folders[0] / "pids.max").read_text() == str(LIMITS.processes)
    (group.folders[0] / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")
    (group.folders[0] / "memory.peak").write_text("12345\n")
    assert group.ran_out_of_memory()
    assert group.peak() == 12345
    done = subprocess.run([*group.command, "echo", "a b"], capture_output=True, text=True, check=True)
    assert done.stdout == "a b\n"
    assert (group.folders[0] / "cgroup.procs").read_text().strip().isdigit()


def test_without_control_groups_there_is_no_group(tmp_path):
    assert cgroups.make(LIMITS, tmp_path) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("tier", "bwrap", "words"),
    [
        (None, None, "Install bubblewrap"),
        (None, "/usr/bin/bwrap", "make namespaces"),
        (tiers.TIERS[2], "/usr/bin/bwrap", "as root"),
        (tiers.TIERS[0], "/usr/bin/bwrap", ""),
    ],
)
def test_doctor_says_which_tier_there_is_and_the_fix(monkeypatch, tier, bwrap, words):
    monkeypatch.setattr(tiers, "_works", lambda one: one is tier)
    monkeypatch.setattr(tiers.shutil, "which", lambda name: bwrap)
    tiers.detect.cache_clear()
    try:
        fine, seen, fix = command.sandbox_state()
    finally:
        tiers.detect.cache_clear()
    assert fine == (tier is not None)
    assert (tier.name if tier else "refuses") in seen
    assert words in fix
    assert bool(fix) == bool(words)


def test_the_switch_of_ubuntu_is_named(monkeypatch, tmp_path):
    switch = tmp_path / "apparmor_restrict_unprivileged_userns"
    switch.write_text("1\n")
    monkeypatch.setattr(tiers, "_SWITCH", switch)
    monkeypatch.setattr(tiers.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(tiers.shutil, "which", lambda name: "/usr/bin/bwrap")
    assert "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" in " ".join(tiers._fixes(None))
