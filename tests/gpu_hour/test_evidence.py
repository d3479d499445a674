"""Lines of the GPU hour become evidence, once each, if a commit and a recipe made them; changed verdicts are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resnet_labs import cli, recipes, reports, results
from resnet_labs.gpu_hour import evidence
from resnet_labs.recipes import SEARCHES, settings


def line(recipe, seed, **changes):
    made = results.Result(
        experiment=recipe.name,
        data={"name": recipe.dataset, "source": "cats and dogs", "train": 1400, "test": 1000},
        stand_in=recipe.stand_in,
        seed=seed,
        settings=settings(recipe),
        metrics={"accuracy": 0.5},
        seconds=1.0,
        device="a GPU",
        precision="fp32",
        command="resnet-labs gpu",
        commit="0123456789ab",
    )
    return replace(made, **changes)


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """A folder of lines, and an empty folder of evidence that the verdicts are computed from."""
    stored = tmp_path / "evidence"
    stored.mkdir()
    monkeypatch.setattr(evidence, "EVIDENCE", stored)
    kept = lambda name: results.read(file) if (file := stored / f"{name}.jsonl").is_file() else []  # noqa: E731
    verdict = evidence.verdict
    monkeypatch.setattr(evidence, "verdict", lambda number: verdict(number, kept))
    return tmp_path / "runs" / "r1.c6" / "results.jsonl"


def arms():
    """Return both depths with the first rate."""
    found = {one.network[0]: one for one in reversed(SEARCHES["r1.c6.fine_tuned.resnet"].candidates)}
    return found["resnet18"], found["resnet50"]


def test_lines_are_added_once_and_the_verdict_s_sentence_changes(lines, capsys):
    for seed in range(3):
        for recipe, accuracy in zip(arms(), (0.9, 0.7), strict=True):
            results.append(lines, line(recipe, seed, metrics={"accuracy": accuracy + 0.001 * seed}))
    command = ["gpu", "--evidence", "--runs", str(lines.parents[1])]
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert "r1.c6.fine_tuned: 6 lines added" in said
    assert "r1.c6: not shown -> " in said
    assert "resnet18 is above" in said
    assert len(results.read(evidence.EVIDENCE / "r1.c6.fine_tuned.jsonl")) == 6
    assert cli.main(command) == 0
    assert "it is there already; 6 lines left out" in capsys.readouterr().out
    assert len(results.read(evidence.EVIDENCE / "r1.c6.fine_tuned.jsonl")) == 6


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"commit": ""}, "no commit names its source"),
        ({"commit": "0123456789ab+"}, "no commit names its source"),
        ({"experiment": "dry.r1.c6.fine_tuned"}, "no recipe of the reports made it"),
        ({"experiment": "seconds_to_94"}, "no recipe of the reports made it"),
    ],
)
def test_other_lines_are_left_out_with_the_reason(lines, capsys, changes, reason):
    results.append(lines, line(arms()[0], 0, **changes))
    assert cli.main(["gpu", "--evidence", "--runs", str(lines.parents[1])]) == 0
    assert reason in capsys.readouterr().out
    assert [*evidence.EVIDENCE.iterdir()] == []


def test_without_lines_the_command_says_so(tmp_path, capsys):
    assert cli.main(["gpu", "--evidence", "--runs", str(tmp_path)]) == 2
    assert "There is no results line below" in capsys.readouterr().err


def test_until_it_is_measured_a_part_that_waits_for_a_gpu_says_nothing():
    """Today's verdicts do not mention what only the GPU hour measures."""
    waiting = []
    for name in reports.REPORTS:
        for claim in reports.load_report(name)["claims"]:
            waiting += [part for part in claim["rule"].get("compare", []) if part.get("once_measured")]
    assert len(waiting) == 5
    known = {one.name for search in SEARCHES.values() for one in search.candidates}
    for part in waiting:
        assert part["evidence"] in known
        stored = Path(evidence.EVIDENCE / f"{part['evidence']}.jsonl")
        for side in ("higher", "lower"):
            arms = [one for one in recipes._on_gpu.candidates() if one.name == part["evidence"]]
            assert any(part[side].items() <= settings(one).items() for one in arms), (stored, part)
