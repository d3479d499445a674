"""The results page says what the results lines say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.results_page import line, page

from resnet_labs import recipes
from resnet_labs.errors import InputError
from resnet_labs.labkit import results_page
from resnet_labs.labkit.results_page import command
from resnet_labs.reports import REPORTS, load_report
from resnet_labs.results import Result


def section(text: str, name: str) -> str:
    return re.split(r"\n\(\S+\)=\n|\n## ", text.split(f"\n({name})=\n", 1)[1], maxsplit=1)[0]


def test_the_committed_page_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert results_page.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_or_picture_is_named_and_writing_corrects_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "PAGE", tmp_path / "book" / "results.md")
    monkeypatch.setattr(command, "PICTURES", tmp_path / "book" / "_static" / "results")
    monkeypatch.setattr(command, "made", lambda _: results_page.Made("# Results\n", {"a.svg": "<svg/>"}))
    assert results_page.main(["--check"]) == 1
    assert not (tmp_path / "book").exists()
    assert results_page.main([]) == 0
    assert results_page.main(["--check"]) == 0
    for name, text in (("results.md", "typed by hand"), ("_static/results/a.svg", ""), ("_static/results/b.svg", "")):
        (tmp_path / "book" / name).write_text(text, encoding="utf-8")
        capsys.readouterr()
        assert results_page.main(["--check"]) == 1
        assert f"book/{name} is stale; run `python -m" in capsys.readouterr().err
        assert results_page.main([]) == 0
        assert results_page.main(["--check"]) == 0
    assert not (tmp_path / "book/_static/results/b.svg").exists()


def test_every_experiment_without_a_line_is_not_measured_yet(tmp_path: Path) -> None:
    text = results_page.made(tmp_path).page
    assert "\n### " not in text
    assert "(r1.digits): `resnet-labs reproduce r1.digits --seeds 3 --data-root FOLDER`" in text
    assert "(r2.model_1): there is no recipe for it yet." in text
    experiments = sum(isinstance(each, dict) for name in REPORTS for each in load_report(name)["experiments"].values())
    assert len(re.findall(r"^- .+ \(r\d\.\w+\): (?:`|there is no recipe)", text, re.MULTILINE)) == experiments


def test_figures_stand_beside_the_reports_with_interval_and_provenance(tmp_path: Path) -> None:
    text = section(page(tmp_path, line(0), line(1)), "r1.digits")
    # by hand: mean m = 0.8125; Wilson's z^2 / n is 1.96^2 / 10,000 + 12.7062^2 * 0.0625^2 / (m (1 - m)) = 4.1401
    assert "| accuracy after training | 0.9745 | 0.8125 [0.1295, 0.9921] | 0, 1 | 10,000 | mnist |" in text
    assert "| macro F score | 0.974231 | 0.5000 (in every run) | 0, 1 | 10,000 | mnist |" in text
    for said in (
        "\nReproduce: `resnet-labs reproduce r1.digits` · data: MNIST, all of it · device: a device, fp32 · "
        "seconds of training per run: 12.2 to 13.2 · versions: torch 9.9 · date and commit: 2026-11-21, abc\n",
        recipes.find("r1.digits")[0].chosen,
    ):
        assert said in text


def test_one_seed_has_no_interval(tmp_path: Path) -> None:
    assert "| 0.7500 | 0 | 10,000 |" in page(tmp_path, line())


def test_stand_in_data_are_called_so_in_every_row_and_never_mixed_with_real_ones(tmp_path: Path) -> None:
    text = section(page(tmp_path, line(0), line(0, stand_in="8x8 digits for MNIST")), "r1.digits")
    rows = [row for row in text.splitlines() if row.startswith(("| accuracy", "| macro"))]
    assert len(rows) == 10
    assert [row.endswith("| **stand-in** |") for row in rows] == [False] * 5 + [True] * 5
    assert text.index("**Stand-in**: 8x8 digits for MNIST.") < text.index(rows[5])


@pytest.mark.parametrize(
    "change",
    [
        {"device": "another"},
        {"machine": {"device": "cpu", "threads": 2}},
        {"precision": "bf16"},
        {"versions": {"torch": "9.8"}},
        {"settings": {"epochs": 1}},
    ],
)
def test_unlike_runs_are_never_averaged(tmp_path: Path, change: dict[str, Any]) -> None:
    text = page(tmp_path, line(0), line(1, **change))
    assert "| 0.7500 | 0 |" in text
    assert "| 0.8750 | 1 |" in text


def test_variants_are_compared_by_the_settings_that_differ(tmp_path: Path) -> None:
    data = {"name": "mnist", "source": "MNIST", "train": 18_000, "validation": 2_000}
    settings = {"network": "resnet18", "learning_rate": 0.1, "size": None}
    text = page(
        tmp_path,
        line(0, experiment="r1.digits.choice", data=data, settings=settings),
        line(1, experiment="r1.digits.choice", data=data, settings={**settings, "size": 32, "learning_rate": 0.2}),
        name="r1.digits.choice",
    )
    assert "| learning rate | size | accuracy | seeds | images | data |" in text
    assert "| 0.1 | unchanged | 0.7500 | 0 | 2,000 (validation) | mnist |" in text
    assert "| 0.2 | 32 | 0.8750 | 1 | 2,000 (validation) | mnist |" in text
    assert "\n(r1.digits)=\n" not in text


MACHINE = {"device": "cpu", "processor": "A (family 1, model 2)", "capability": "AVX2", "threads": 1, "processes": 1}
ELSEWHERE = MACHINE | {"processor": "B (family 3, model 4)"}


def test_a_rerun_on_another_machine_is_compared_by_interval_and_the_page_says_how(tmp_path: Path) -> None:
    text = page(
        tmp_path,
        *(line(seed, machine=MACHINE, device="A") for seed in range(2)),
        *(line(seed, machine=ELSEWHERE, device="B") for seed in range(2)),
    )
    assert "bit by bit" in text.split("\n(")[0]
    assert "interval of the difference" in text.split("\n(")[0]
    own = section(text, "r1.digits")
    assert own.count("| accuracy after training |") == 2
    assert (
        "- Rerun on B, fp32, 2026-11-21: The 95 % interval of the difference includes zero for every figure.\n" in own
    )


def test_a_rerun_on_the_same_machine_is_compared_bit_by_bit(tmp_path: Path) -> None:
    moved = line(0).metrics | {"accuracy": 0.75000001}
    text = page(tmp_path, line(0, machine=MACHINE), line(0, machine=MACHINE, metrics=moved))
    assert (
        "- Rerun on a device, fp32, 2026-11-21: Same machine, versions and commit, compared bit by bit: "
        "accuracy differs.\n" in section(text, "r1.digits")
    )


def test_rerun_variants_are_counted_and_those_that_differ_are_named(tmp_path: Path) -> None:
    def arm(rate: float, seed: int, accuracy: float, **changes: Any) -> Result:
        settings = {"network": "resnet18", "learning_rate": rate}
        data = {"name": "mnist", "source": "MNIST", "train": 18_000, "validation": 2_000}
        given = {"experiment": "r1.digits.choice", "data": data, "settings": settings} | changes
        return line(seed, metrics={"accuracy": accuracy}, **given)

    moved = {"machine": ELSEWHERE, "device": "B", "date": "2027-01-01"}
    text = page(
        tmp_path,
        *(arm(rate, seed, 0.5 + seed / 100, machine=MACHINE) for rate in (0.1, 0.2) for seed in range(3)),
        *(arm(0.1, seed, 0.51 + seed / 100, **moved) for seed in range(3)),
        *(arm(0.2, seed, 0.71 + seed / 100, **moved) for seed in range(3)),
        name="r1.digits.choice",
    )
    assert "| learning rate | computed on | accuracy |" in text
    assert "| 0.1 | a device, fp32, 2026-11-21 | 0.5100 " in text
    assert "| 0.1 | B, fp32, 2027-01-01 | 0.5200 " in text
    assert "- Rerun on B, fp32, 2027-01-01: 1 of 2 rows agree with the earlier ones. " in text
    assert "learning rate 0.2: Compared by interval: accuracy differs by [" in text


def test_lines_in_another_number_format_than_the_recipe_s_are_called_so(tmp_path: Path) -> None:
    text = section(page(tmp_path, line(0), line(1, precision="bf16")), "r1.digits")
    assert "**Number format**: 1 of 2 lines ran in bf16, before the recipe fixed fp32." in text
    assert "device: a device, bf16 ·" in text
    (tmp_path / "r1.digits.jsonl").unlink()
    assert "Number format**:" not in page(tmp_path, line(0), line(1))


def test_variants_with_a_name_are_called_by_it(tmp_path: Path) -> None:
    data = {"name": "mnist", "source": "MNIST", "train": 18_000, "validation": 2_000}
    arms = [{"arm": "slow", "learning_rate": 0.1, "size": 8}, {"arm": "fast", "learning_rate": 0.2, "size": 32}]
    text = page(
        tmp_path,
        *(line(seed, experiment="r1.digits.choice", data=data, settings=arm) for seed, arm in enumerate(arms)),
        name="r1.digits.choice",
    )
    assert "| arm | accuracy | seeds | images | data |" in text
    assert "| slow | 0.7500 | 0 | 2,000 (validation) | mnist |" in text


def test_lines_of_another_experiment_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"r1\.digits\.jsonl holds lines of r1\.pets\. Move them"):
        page(tmp_path, line(experiment="r1.pets"))


def test_an_experiment_that_no_report_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No report has an experiment r9\.magic\. Name the file after"):
        page(tmp_path, line(experiment="r9.magic"), name="r9.magic")


def test_the_page_depends_on_the_lines_alone(tmp_path: Path) -> None:
    assert page(tmp_path, line(0), line(1)) == results_page.made(tmp_path).page
