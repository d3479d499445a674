"""One child process of the numbers check: runs cases one after another and says when each begins and ends.

It reads jobs as JSON from standard input and writes lines `MARK begin NUMBER` and `MARK end NUMBER OUTCOME`, so that
the parent knows which case was running when this process died.
"""

from __future__ import annotations

import copy
import importlib
import json
import math
import os
import sys
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs import runtime
from resnet_labs.doctor.accuracy import LONG, error, tolerance
from resnet_labs.doctor.operations import Case, Operation

MARK = "numbers-check"


def main() -> None:
    """Run the jobs from standard input with the table of the module that the first argument names."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a process that dies leaves no core dump of gigabytes
    table: dict[str, Operation] = importlib.import_module(sys.argv[1]).OPERATIONS
    for number, job in enumerate(json.load(sys.stdin)):
        _say("begin", number)
        try:
            outcome = run(table[job["setting"]["operation"]], job["case"], **job["setting"])
        except Exception as raised:
            outcome = {"raised": f"{type(raised).__name__}: {raised}".splitlines()[0]}
        _say("end", number, json.dumps(outcome))
        if "raised" in outcome and job["setting"]["device"] != "cpu":
            return  # after an error a GPU may refuse all later work


def _say(*words: object) -> None:
    print("\n" + " ".join(map(str, (MARK, *words))), flush=True)


def run(
    operation: Operation, case: int, /, *, device: str, layout: str, precision: str, threads: int, **_: Any
) -> dict[str, Any]:
    """Return the largest error of output and gradients, which of them has it, and the error allowed.

    In a long chain a ReLU near zero may fall to the other side, so the better of two draws counts.
    """
    torch.set_num_threads(threads)
    allowed = tolerance(precision, device, operation.depth)
    for seed in range(2 if operation.depth > LONG else 1):
        torch.manual_seed(seed)
        module = _rounded(operation.cases[case].build())
        inputs = _inputs(operation.cases[case])
        exact = _results(copy.deepcopy(module).double(), inputs.double(), "cpu", "contiguous", "fp32")
        module, inputs = module.to(device), inputs.to(device)
        # Twice: an operation that reads wrong memory is often right once.
        again = [_results(module, inputs, device, layout, precision) for _ in range(2)]
        errors = {name: max(error(got[name], exact[name], operation.depth) for got in again) for name in exact}
        worst = max(errors, key=errors.__getitem__)
        if errors[worst] <= allowed or math.isinf(errors[worst]):
            break
    return {"error": errors[worst], "part": worst, "allowed": allowed}


def _results(module: nn.Module, inputs: Tensor, device: str, layout: str, precision: str) -> dict[str, Tensor]:
    """Return the output, the gradients (if any) of input and parameters, and the buffers afterwards."""
    module = copy.deepcopy(module)
    if layout == "channels-last":
        module = module.to(memory_format=torch.channels_last)
    leaf = inputs.clone().requires_grad_()
    # Inside a network the input is in half precision already; it holds these values exactly.
    half = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, inputs.dtype)
    arranged = _arranged(leaf.to(half), layout)
    with runtime.autocast(torch.device(device), precision):
        output = module(arranged)
    found = {"output": output, **{f"{name} after it": buffer for name, buffer in module.named_buffers()}}
    if output.requires_grad:
        torch.manual_seed(1)
        output.backward(_eight_bits(torch.randn(output.shape)).to(output))
        found["gradient of the input"] = leaf.grad
        found |= {f"gradient of {name}": parameter.grad for name, parameter in module.named_parameters()}
    return {name: tensor.cpu() for name, tensor in found.items() if tensor is not None}


def _arranged(images: Tensor, layout: str) -> Tensor:
    if layout == "channels-last":
        return images.contiguous(memory_format=torch.channels_last)
    if layout == "sliced":  # every other column of a wider tensor
        return torch.stack([images, images], -1)[..., 0]
    return images


def _inputs(case: Case) -> Tensor:
    if case.distinct:
        # 97 has an inverse modulo 251, so values repeat only 251 places apart; at most 125, they have 8 bits.
        count = torch.tensor(case.shape).prod()
        return ((torch.arange(int(count)) * 97 % 251) - 125.0).div(64).view(case.shape)
    return _eight_bits(torch.randn(case.shape))


def _rounded(module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(_eight_bits(tensor))
    return module


def _eight_bits(values: Tensor) -> Tensor:
    return values.bfloat16().float()


if __name__ == "__main__":
    main()
    os._exit(0)  # skip the normal exit, which may fail if a case wrote over memory
