"""How long a lab takes is worked out from a step that is timed here."""

from __future__ import annotations

import pytest
import torch
from helpers.lab_lists import WITHOUT_RECIPES
from helpers.places import SOLUTIONS

from resnet_labs import lab_time, runtime
from resnet_labs.labs import LABS, Work

CPU = torch.device("cpu")
WORKS = [work for lab in LABS for work in (lab.fast_work, lab.report_work) if work is not None]
SMALL = Work("ResNet-8", pixels=8, batch_size=4, steps=100)


@pytest.mark.parametrize("lab", [lab for lab in LABS if lab.notebook], ids=lambda lab: lab.stem)
def test_every_lab_says_what_it_computes(lab):
    trains = lab.stem not in WITHOUT_RECIPES
    assert (lab.fast_work is not None) == (lab.report_work is not None) == trains
    assert lab.minutes is not None


@pytest.mark.parametrize("work", WORKS, ids=lambda work: f"{work.network}, {work.pixels} px")
def test_the_network_of_a_step_takes_such_images(work):
    channels, build = lab_time.NETWORKS[work.network]
    with torch.device("meta"):
        assert build()(torch.empty(2, channels, work.pixels, work.pixels)).shape[0] == 2


def test_a_step_is_timed_and_nothing_that_is_drawn_later_changes():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    assert 0 < lab_time.step_seconds(SMALL, CPU) < 60
    assert torch.equal(torch.rand(3), expected)


def test_of_large_images_a_few_are_timed_and_multiplied(monkeypatch):
    seen = []

    class History:
        def column(self, name):
            return [9.0, 0.5, 0.25]

    def fit(network, batches, **options):
        seen.append(len(next(iter(batches))[0]))
        return History()

    monkeypatch.setattr(lab_time, "fit", fit)
    large = Work("ResNet-18", pixels=224, batch_size=64, steps=1)
    assert lab_time.step_seconds(large, CPU) == pytest.approx(0.25 * 64 / seen[0])  # the first step warms up
    assert 1 <= seen[0] < 8
    assert lab_time.step_seconds(SMALL, CPU) == 0.25
    assert seen[1] == 4


def test_seconds_are_steps_and_a_constant_and_a_cpu_may_have_steps_of_its_own():
    assert lab_time.seconds(SMALL, CPU, 0.5) == 50 + lab_time.OTHER_SECONDS
    split = Work("ResNet-8", pixels=8, batch_size=4, steps=100, steps_on_cpu=10)
    assert lab_time.seconds(split, CPU, 0.5) == 5 + lab_time.OTHER_SECONDS
    assert lab_time.seconds(split, torch.device("cuda"), 0.5) == 50 + lab_time.OTHER_SECONDS


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "5 s"),
        (51, "50 s"),
        (88, "90 s"),
        (98, "100 s"),
        (200, "3 minutes"),
        (29 * 60, "29 minutes"),
        (100 * 60, "1.7 hours"),
        (13 * 3600, "13 hours"),
        (250 * 3600, "10 days"),
    ],
)
def test_a_time_is_told_no_finer_than_it_is_known(seconds, words):
    assert lab_time.in_words(seconds) == words


def test_a_lab_s_time_is_told_with_the_step_and_the_machine(monkeypatch):
    monkeypatch.setattr(lab_time, "step_seconds", lambda work, device: 0.062)
    monkeypatch.setattr(runtime, "device_name", lambda device=None: "Tesla T4")
    work = Work("ResNet-18", pixels=8, batch_size=128, steps=650)
    said = lab_time.told(work, CPU)
    assert said == (
        "about 50 s of computing: a training step of ResNet-18 on 128 images of 8x8 pixels took 62 ms on Tesla T4, "
        "the lab takes as long as 650 of them"
    )


def test_minutes_in_the_title_are_those_of_the_registry():
    for lab in LABS:
        if lab.notebook:
            source = (SOLUTIONS / f"{lab.stem}.py").read_text(encoding="utf-8")
            assert f"Minutes: {lab.minutes:g} in fast mode on two cores with AVX2" in source, lab.stem
