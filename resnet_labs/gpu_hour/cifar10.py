"""Block 4: seconds until a ResNet-18 from scratch reaches 94 % on CIFAR-10, against torchvision's in a plain loop.

The test set is looked at after every epoch to find that moment; nothing is chosen by it. Settings are usual ones, the
same on both sides: batch 512, SGD with momentum 0.9, rate 0.4 (0.1 for 128 images) after two epochs of warm-up and then
along a cosine, weight decay 5e-4, crop and flip, 20 epochs. Both take their batches from the device.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import checkpoint, data, optim, runtime
from resnet_labs.augment import Compose, Crop, Flip
from resnet_labs.bench.training import network
from resnet_labs.gpu_hour.parts import Series
from resnet_labs.recipes import Recipe, Run, figures
from resnet_labs.recipes._recipe import new_network, results_line, train, train_and_judged
from resnet_labs.results import Result
from resnet_labs.train import History, TrainConfig, evaluate

WANTED = 0.94
SIDES = ("resnet_labs", "torchvision")


def part() -> Series:
    """Return both sides, with five seeds."""
    return Series("seconds_to_94", tuple(_recipe(side) for side in SIDES), seeds=5)


def _recipe(side: str) -> Recipe:
    config = TrainConfig(
        epochs=20, learning_rate=0.4, weight_decay=5e-4, schedule="cosine", warmup_epochs=2, precision="auto"
    )
    return Recipe(
        name="seconds_to_94",
        dataset="cifar10",
        size=32,
        network=("resnet18", {"stem": "small"}),
        batch_size=512,
        config=config,
        chosen=__doc__ or "",
        knobs={"side": side},
        run=train_to_94,
        shows=("accuracy",),
    )


def train_to_94(recipe: Recipe, run: Run) -> Result:
    """Train one side; measure the seconds of training and judging until the first epoch that ends with 94 %."""
    parts = train_and_judged(recipe, run)
    device = runtime.default_device()
    runtime.seed_everything(run.seed)
    name, side = recipe.network[0], recipe.knobs["side"]
    model = (network(side, name, small=True) if name == "resnet18" else new_network(recipe)).to(device)
    augment = Compose([Crop(4), Flip()])
    batches = data.Batches(
        parts["train"], recipe.batch_size, augment=augment, shuffle=True, device=device, seed=run.seed
    )
    judged = data.Batches(parts["test"], 1000, device=device)
    if side == "resnet_labs":
        history = train(model, batches, recipe, run, validation=judged)
    else:
        history = plain_loop(model, batches, judged, recipe, run)
    measured = figures(evaluate(model, judged))
    clock = 0.0
    for row in history.rows:
        clock += row["seconds"]
        if row["validation_accuracy"] >= WANTED:
            measured |= {"seconds_to_94": clock, "epochs_to_94": row["epoch"]}
            break
    return results_line(recipe, run, history, parts, measured)


def plain_loop(model: nn.Module, batches: data.Batches, judged: data.Batches, recipe: Recipe, run: Run) -> History:
    """Train as a script does: torch's SGD and autocast; what was trained is kept after every epoch."""
    device, config = runtime.device_of(model), recipe.config
    precision = runtime.choose_precision(config.precision, device)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=config.learning_rate, momentum=0.9, weight_decay=config.weight_decay
    )
    factor = _factor(config, len(batches))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")
    history = History(runtime.device_name(device), precision)
    kept: dict[str, Any] = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "scaler": scaler}
    if run.checkpoint is not None and checkpoint.exists(run.checkpoint):
        state = checkpoint.load(run.checkpoint)
        for name, one in kept.items():
            one.load_state_dict(state[name])
        history.rows.extend(state["rows"])
    for epoch in range(len(history.rows) + 1, config.epochs + 1):
        started = time.perf_counter()
        batches.set_epoch(epoch - 1)
        model.train()
        for images, labels in batches:
            optimizer.zero_grad()
            with runtime.autocast(device, precision):
                loss = F.cross_entropy(model(images), labels)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
        with runtime.autocast(device, precision):
            accuracy = evaluate(model, judged, top_k=(1,)).accuracy
        row = {"epoch": epoch, "validation_accuracy": accuracy, "seconds": time.perf_counter() - started}
        history.rows.append(row)
        if run.tracker is not None:
            run.tracker.log(row)
        if run.checkpoint is not None:
            state = {name: one.state_dict() for name, one in kept.items()}
            checkpoint.save(run.checkpoint, state | {"rows": history.rows})
    return history


def _factor(config: TrainConfig, steps: int) -> Callable[[int], float]:
    return partial(
        optim.learning_rate_factor,
        num_steps=config.epochs * steps,
        warmup_steps=config.warmup_epochs * steps,
        schedule=config.schedule,
    )
