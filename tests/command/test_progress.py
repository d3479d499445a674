"""How far a lab's notebook is: by measured seconds and by epochs, drawn in a terminal, in plain lines elsewhere."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing

import nbformat
import pytest

from resnet_labs import progress
from resnet_labs.labs import LABS
from resnet_labs.progress import Bar, Lines, Progress

CELLS = [
    nbformat.v4.new_markdown_cell("# A lab"),
    nbformat.v4.new_markdown_cell("## Setup"),
    nbformat.v4.new_code_cell("import torch"),
    nbformat.v4.new_markdown_cell("Words without a heading."),
    nbformat.v4.new_code_cell("x = 1"),
    nbformat.v4.new_markdown_cell("Before it.\n\n## Experiment\n\n# no heading of the section\n"),
    nbformat.v4.new_code_cell("train()"),
]
KNOWN = {"Setup 1": {"seconds": 2.0, "fits": 0}, "Experiment 1": {"seconds": 30.0, "fits": 3}}


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def run(clock):
    return Progress(CELLS, KNOWN, clock=clock)


def spend(run, clock, index, seconds):
    run.begin(index)
    clock.now += seconds
    run.end()


def test_code_cells_are_named_by_their_section():
    assert progress.names(CELLS) == [None, None, "Setup 1", None, "Setup 2", None, "Experiment 1"]


def test_a_cell_weighs_what_it_took_and_an_unknown_one_little(run, clock):
    assert run.total == pytest.approx(2 + progress.UNKNOWN + 30)
    spend(run, clock, 2, 5)
    assert run.fraction() == pytest.approx(2 / run.total)
    spend(run, clock, 4, 5)
    assert run.fraction() == pytest.approx((2 + progress.UNKNOWN) / run.total)


def test_epochs_move_it_inside_a_cell(run, clock):
    run.begin(6)
    seen = [run.fraction()]
    for fit in range(3):
        for epoch in range(1, 5):
            clock.now += 1
            run.heard(f"epoch {epoch}/4  loss 0.5\n")
            seen.append(run.fraction())
            assert seen[-1] == pytest.approx(30 / run.total * (4 * fit + epoch) / 12)
    assert seen == sorted(seen)


def test_several_epochs_in_one_message_count(run):
    run.begin(6)
    run.heard("epoch 1/2  loss 1\nepoch 2/2  loss 1\nepoch 1/2  loss 1\n")
    assert run.fraction() == pytest.approx(30 / run.total * 1.5 / 3)


def test_more_trainings_than_were_measured_do_not_pass_the_end_of_the_cell(run):
    run.begin(6)
    for _ in range(9):
        run.heard("epoch 1/1  loss 1\n")
    assert run.fraction() == pytest.approx(30 / run.total)
    run.end()
    assert run.fraction() == pytest.approx(30 / run.total)


def test_a_cell_without_epochs_moves_by_time_at_the_pace_of_this_machine(run, clock):
    spend(run, clock, 2, 4)  # twice as long as when it was measured
    run.begin(6)
    clock.now += 15
    assert run.fraction() == pytest.approx((2 + 30 * 0.25) / run.total)
    clock.now += 1000
    assert run.fraction() < (2 + 30) / run.total  # it is not done before it ends


def test_it_never_goes_back(run, clock):
    run.begin(6)
    clock.now += 25
    before = run.fraction()
    run.heard("epoch 1/10  loss 1\n")
    assert run.fraction() == before


def test_a_notebook_of_which_nothing_is_known_moves_too(clock):
    run = Progress(CELLS, {}, clock=clock)
    spend(run, clock, 2, 1)
    assert run.fraction() == pytest.approx(1 / 3)


@pytest.mark.parametrize("lab", [lab for lab in LABS if lab.notebook], ids=lambda lab: lab.stem)
def test_the_stored_seconds_name_cells_that_are_there(lab):
    known = progress.measured(lab.stem)
    names = progress.names(nbformat.read(lab.notebook, as_version=4).cells)
    assert known, "measure it: python -m resnet_labs.labkit.timings"
    assert set(known) <= set(names), "measure it anew: python -m resnet_labs.labkit.timings"


def test_a_lab_that_was_never_measured_has_no_stored_seconds():
    assert progress.measured("lab77_nothing") == {}


def test_lines_show_sections_and_epochs_once(run, clock, capsys):
    shown = Lines("lab77_nothing", run)
    for index in range(len(CELLS)):
        shown.begin(index)
        clock.now += 30
        if index == 6:
            shown.heard("other words\nepoch 1/2  loss 1.5\nepoch 2/2  loss 0.5\n")
        shown.tick()
        shown.end()
    said = capsys.readouterr().err
    assert "\r" not in said
    assert said.splitlines() == [
        "lab77_nothing",
        "[  0 %  1:00] Setup",
        "[  7 %  3:00] Experiment",
        "               epoch 1/2  loss 1.5",
        "               epoch 2/2  loss 0.5",
    ]


@pytest.mark.parametrize(("columns", "kind"), [(100, Bar), (0, Lines)])
def test_a_terminal_without_a_width_gets_lines(run, monkeypatch, columns, kind):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "fileno", lambda: 2)
    monkeypatch.setattr(os, "get_terminal_size", lambda number=2: os.terminal_size((columns, 24)))
    with closing(progress.shown("lab", run)) as shown:
        assert type(shown) is kind


def test_the_stored_seconds_are_sorted_and_rounded():
    stored = json.loads(progress.STORED.read_text(encoding="utf-8"))
    assert list(stored) == sorted(stored)
    assert all(entry["seconds"] == round(entry["seconds"], 1) for lab in stored.values() for entry in lab.values())
