"""Block 1: does this GPU compute right, in every number format, and is memory what is reported?"""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from typing import Any

import torch
import torch.nn.functional as F

from resnet_labs import resnet, runtime
from resnet_labs.bench.training import random_batches
from resnet_labs.doctor import numbers
from resnet_labs.doctor.jobs import all_jobs
from resnet_labs.doctor.operations import OPERATIONS
from resnet_labs.doctor.verdicts import verdicts
from resnet_labs.gpu_hour.needs import can_test, tests_folder
from resnet_labs.gpu_hour.parts import Facts, Hour
from resnet_labs.memory import memory_report
from resnet_labs.train import TrainConfig, fit

_FORMATS = ("fp32", "bf16", "fp16")


def part() -> Facts:
    """Return the checks of block 1."""
    tests = {"gpu tests": gpu_tests} if can_test() else {}
    return Facts("checks", {**tests, "numbers": check_numbers, "formats": formats, "memory": memory})


def gpu_tests(hour: Hour) -> dict[str, Any]:
    """Run every test that needs a CUDA device; without one they are collected and skipped."""
    folder = tests_folder()
    marked = [path for path in sorted(folder.rglob("test_*.py")) if "mark.gpu" in path.read_text(encoding="utf-8")]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "--rootdir", str(folder.parent), *map(str, marked)]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
    said = (done.stdout.strip() or done.stderr.strip() or "nothing").splitlines()
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", said[-1])}
    failed = [line for line in said if line.startswith(("FAILED", "ERROR"))]
    return {"passed": 0, **counts, "status": done.returncode, "said": failed or said[-1:]}


def check_numbers(hour: Hour) -> dict[str, Any]:
    """Compare every operation of the labs with float64, as `doctor --numbers` does, on the GPU alone."""
    jobs = all_jobs(OPERATIONS, "cpu")[::200] if hour.is_dry else all_jobs(OPERATIONS, "cuda")
    ended = list(numbers.outcomes(jobs))
    wrong = verdicts({outcome.job: outcome.trouble for outcome in ended}, OPERATIONS)
    return {"cases": len(ended), "wrong": [str(verdict) for verdict in wrong]}


def formats(hour: Hour) -> dict[str, Any]:
    """Train one network for a few steps in each number format, from the same weights, on the same noise."""
    device = runtime.default_device()
    torch.manual_seed(0)
    start = resnet.cifar_resnet(8) if hour.is_dry else resnet.resnet18(num_classes=10, stem="small")
    batches = random_batches(8 if hour.is_dry else 128, 16 if hour.is_dry else 32, 2 if hour.is_dry else 20, device)
    found: dict[str, Any] = {}
    for precision in _FORMATS[: 1 if hour.is_dry else 3]:
        model = copy.deepcopy(start).to(device)
        config = TrainConfig(epochs=1, learning_rate=0.01, precision=precision)
        history = fit(model, batches, loss=F.cross_entropy, config=config, progress=False)
        found[f"loss_{precision}"] = history.rows[-1]["train_loss"]
    return found


def memory(hour: Hour) -> dict[str, Any]:
    """Compare the peak that the memory report gives with what torch's allocator says of one plain step."""
    device = runtime.default_device()
    found: dict[str, Any] = {}
    for precision in _FORMATS[: 1 if hour.is_dry else 2]:
        model = (resnet.cifar_resnet(8) if hour.is_dry else resnet.resnet50(num_classes=10)).to(device)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        images, labels = random_batches(2 if hour.is_dry else 64, 16 if hour.is_dry else 224, 1, device)[0]
        report = memory_report(model, images, labels, loss=F.cross_entropy, optimizer=optimizer, precision=precision)
        sizes = {name: round(size / 2**20, 1) for name, size in vars(report).items()}
        found |= {f"{name}_mib_{precision}": size for name, size in sizes.items()}
        if device.type == "cuda":
            for _ in range(2):  # the second step has the optimizer's state from its beginning
                optimizer.zero_grad()
                torch.cuda.reset_peak_memory_stats(device)
                before = torch.cuda.memory_allocated(device)
                with runtime.autocast(device, precision):
                    loss = F.cross_entropy(model(images), labels)
                loss.backward()
                optimizer.step()
                del loss
            found[f"allocator_mib_{precision}"] = round((torch.cuda.max_memory_allocated(device) - before) / 2**20, 1)
        del model, optimizer
        runtime.release_memory()
    return found
