"""The training loop and what belongs to it: settings, evaluation, curves, and runs that stop and go on."""

from __future__ import annotations

from resnet_labs.train.config import TrainConfig
from resnet_labs.train.evaluation import Evaluation, evaluate
from resnet_labs.train.history import History, NonFiniteLoss, OutOfMemory, Stopped
from resnet_labs.train.loop import Loss, fit

__all__ = ["Evaluation", "History", "Loss", "NonFiniteLoss", "OutOfMemory", "Stopped", "TrainConfig", "evaluate", "fit"]
