"""A table for the numbers check with operations that compute wrong values, raise, hang or kill the process."""

from __future__ import annotations

import os
import time
from functools import partial

import torch
from torch import nn

from resnet_labs.doctor.operations import OPERATIONS as REAL
from resnet_labs.doctor.operations import Case, Operation


class Planted(nn.Module):
    """A module of the real table followed by a fault; the reference, in float64, stays right."""

    def __init__(self, build, fault):
        super().__init__()
        self.module, self.fault = build(), fault

    def forward(self, x):
        outputs = self.module(x)
        return outputs if outputs.dtype == torch.float64 else self.fault(outputs)


class _Stretched(torch.autograd.Function):
    @staticmethod
    def forward(ctx, outputs):
        return outputs.clone()

    @staticmethod
    def backward(ctx, gradient):
        return 1.1 * gradient


def wrong_value(outputs):
    """Move one value by a tenth of the largest."""
    shift = torch.zeros(outputs.shape, dtype=outputs.dtype)
    shift.view(-1)[-1] = 0.1 * float(outputs.detach().abs().max())
    return outputs + shift


def nan(outputs):
    wrong = torch.zeros(outputs.shape, dtype=outputs.dtype)
    wrong.view(-1)[0] = torch.nan
    return outputs + wrong


def exception(outputs):
    raise RuntimeError("planted")


def hang(outputs):
    while True:
        time.sleep(1)


def busy_loop(outputs):
    while True:
        pass


def where(condition, fault, outputs):
    return fault(outputs) if condition(outputs) else outputs


def talks(outputs):
    print("numbers-check-like words, and more")
    return outputs


HOSTS = ("convolution 3x3", "linear", "batch norm in training")
RIGHT, WRONG = 0, 1  # the cases of a planted operation
VALUES = {"wrong value": wrong_value, "wrong gradient": _Stretched.apply, "nan": nan, "exception": exception}
DEADLY = {"abort": lambda outputs: os.abort(), "quiet exit": lambda outputs: os._exit(0)}
ENDLESS = {"hang": hang, "busy loop": busy_loop}
LIMITED = {
    "only in bf16": partial(where, lambda outputs: outputs.dtype == torch.bfloat16, wrong_value),
    "only in channels-last": partial(where, lambda outputs: not outputs.is_contiguous(), wrong_value),
    "only with threads": partial(where, lambda outputs: torch.get_num_threads() > 1, wrong_value),
}


def _planted(host, fault):
    healthy = REAL[host].cases[0]
    planted = Case("planted", partial(Planted, healthy.build, fault), healthy.shape)
    return Operation((healthy, planted, healthy), depth=REAL[host].depth)


OPERATIONS = {
    f"{host}: {kind}": _planted(host, fault)
    for kind, fault in {**VALUES, **DEADLY, **ENDLESS, **LIMITED, "talks": talks}.items()
    for host in HOSTS
}
