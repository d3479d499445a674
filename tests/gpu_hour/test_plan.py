"""Estimated minutes come from counted networks and stated assumptions: by hand for two parts."""

from __future__ import annotations

import math
import re

import pytest

from resnet_labs import cli, recipes
from resnet_labs.gpu_hour import blocks, plan
from resnet_labs.gpu_hour.parts import Series


def test_a_part_that_waits_for_launches_by_hand():
    """ResNet-18 on MNIST: twenty convolutions and the rest, on tiny maps, so that launches decide."""
    found = plan._estimate(Series("r1.digits", recipes.find("r1.digits"), seeds=5))
    steps = 5 * 10 * math.ceil(60_000 / 128)
    assert (found.runs, found.steps) == (5, steps)
    assert plan._num_layers("resnet18 imagenet 1") == 48
    parameters = 11_175_370
    seconds = steps * 3 * 48 * plan.LAUNCH + 5 * (10 * 8 * parameters / plan.DISK + plan.RUN)
    assert found.minutes == pytest.approx(seconds / 60, rel=1e-3)


def test_a_part_that_computes_by_hand():
    """ResNet-18 with a small stem at 32 px: 555,422,720 multiply-adds for an image."""
    (block,) = blocks.chosen(["4"])
    found = plan._estimate(block.parts[0])
    steps = 10 * 20 * math.ceil(50_000 / 512)
    assert (found.runs, found.steps, found.multiply_adds) == (10, steps, 555_422_720)
    operations = 2 * 3 * 512 * 555_422_720
    each = operations / (0.25 * 989e12)
    saving = 10 * 20 * 8 * 11_173_962 / plan.DISK
    assert found.minutes == pytest.approx((steps * each + saving + 10 * plan.RUN) / 60, rel=1e-3)


def test_a_frozen_backbone_takes_the_forward_pass_alone_and_cached_views_one_pass_each():
    cached, live = recipes.find("r3.c5.views.resnet50")
    assert plan._steps(live) == 10 * plan._steps(cached)  # fifty epochs against five views
    choice = recipes.SEARCHES["r0.transfer_table.resnet50"].choice
    by_method = {one.knobs["method"]: plan._step_seconds(one) for one in choice}
    assert by_method["full_fine_tuning"] == pytest.approx(3 * by_method["linear_probe"])


def test_a_pretraining_counts_once_for_each_network():
    search = recipes.SEARCHES["r1.c6.fine_tuned.resnet"]
    two = plan._of_runs("x", list(search.choice))
    one = plan._of_runs("x", [each for each in search.choice if each.network[0] == "resnet18"])
    own = sum(map(plan._steps, search.choice))
    assert two.steps - own == 2 * 40 * math.ceil(18_000 / 128)
    assert one.steps - own / 2 == 40 * math.ceil(18_000 / 128)


def test_the_command_prints_every_part_and_a_sum_and_says_that_it_is_an_estimate(capsys):
    assert cli.main(["gpu", "--plan", "--blocks", "3", "4"]) == 0
    said = capsys.readouterr().out
    minutes = [float(number) for number in re.findall(r"^\d.* (\d+\.\d)$", said, re.MULTILINE)]
    assert len(minutes) == 3
    assert float(re.search(r"all +(\d+\.\d)", said).group(1)) == pytest.approx(sum(minutes), abs=0.2)
    assert "An estimate for an H100, not a measurement." in said
    assert "35% of 67 TFLOP/s" in said


def test_all_blocks_have_an_estimate_that_fills_about_an_hour():
    every = [plan._estimate(part) for block in blocks.blocks() for part in block.parts]
    assert all(one.minutes > 0 and one.runs > 0 for one in every)
    assert 30 < sum(one.minutes for one in every) < 90
