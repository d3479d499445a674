"""What the front page and the README promise is counted here, or names the test that holds it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from helpers.places import ROOT

from resnet_labs import data, reports
from resnet_labs.labkit._counted import counted
from resnet_labs.labkit._source import read_source
from resnet_labs.labkit.front_picture import EXPERIMENT
from resnet_labs.labs import LABS
from resnet_labs.reports.schema import lookup

PROMISING = re.compile(
    r"\b(every|all|each|never|always|no|nothing|none|only|most|without|same|any|two|three|four|five|six|seven|eight|"
    r"nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|dozens?|half|both|mostly)\b|\d",
    re.IGNORECASE,
)
COUNTED = (  # made or checked elsewhere: blocks, quotations, code and links
    r"<!-- (?:made: |main job output|address).*?<!-- /(?:made|main job output|address) -->",
    r"\(\[lab \d\d\]\([^)]*\)\)",
    r"```.*?```|<!-- = .*?<!-- /= -->|<!--.*?-->|<[^>]*>|`[^`]*`|\]\([^)]*\)",
)


def promises(text: str) -> list[str]:
    """Return the sentences of a page that count something, or speak of all or none of something."""
    for pattern in COUNTED:
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    blocks = re.split(r"\n\n|\n- |\n(?=#)", text)
    sentences = [" ".join(each.split()) for block in blocks for each in re.split(r"(?<=[.!?:;])\s+", block)]
    return [sentence for sentence in sentences if PROMISING.search(sentence)]


SOURCES = {lab.number: read_source(ROOT / "labs" / "solutions" / f"{lab.stem}.py") for lab in LABS}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def every_lab_compares() -> bool:
    return all(any("## Report against ours" in cell.text for cell in lab.cells) for lab in SOURCES.values())


def fast_data_are_embedded() -> bool:
    at_once = {facts.name for facts in data.available() if facts.origin.startswith(("scikit-learn", "made by"))}
    return {lab.fast_data for lab in LABS} <= at_once | {"the reports"}


def stored(experiment: str, seeds: int, *, own: bool, **settings: object) -> Callable[[], bool]:
    """A check that each setting of an experiment was run with so many seeds, on the report's data or on others."""

    def holds() -> bool:
        runs = [run for run in reports.evidence(experiment) if bool(run.stand_in) != own]
        runs = [run for run in runs if all(run.settings[name] == value for name, value in settings.items())]
        return len({run.seed for run in runs}) == seeds

    return holds


def report_says(report: str, places: dict[str, object]) -> Callable[[], bool]:
    return lambda: {place: lookup(reports.load_report(report), place) for place in places} == places


def on_page(page: str, *words: str) -> Callable[[], bool]:
    return lambda: all(word in (ROOT / page).read_text(encoding="utf-8") for word in words)


def three_images() -> bool:
    facts = reports.load_report("r1")["experiments"]["pets"]["fact"]
    return round(7500 * (facts["resnet18"]["accuracy_after"] - facts["resnet50"]["accuracy_after"])) == 3


def most_not_shown_are_on_stand_ins() -> bool:
    counts = {figure: counted("claims", figure, reports.evidence) for figure in ("not_shown", "not_shown_on_stand_ins")}
    return 2 * counts["not_shown_on_stand_ins"] > counts["not_shown"]


def pages_link_to_students() -> bool:
    return all(any("{{colab}}" in cell.text for cell in lab.cells) for lab in SOURCES.values())


LICENCES = on_page("LICENSE", "MIT License")
LINT = "tests/labkit/test_lint.py::test_the_repositorys_own_labs_have_no_problem"
DISTRIBUTED = "tests/library/test_distributed.py::test_two_processes_give_the_curve_of_one"
BOOK = "tests/book/test_book.py::test_a_page_opens_without_an_error_and_asks_nobody_else"
SIZE_MEASURED_BY_HAND = None  # the size of a download: uv's cache of PyTorch 2.15 for Linux, November 2026

# A part of the sentence -> what holds it: a check, a test, or None with the reason in its name.
HELD: dict[str, Callable[[], bool] | str | None] = {
    # README
    "every lab has the report's figures beside yours": every_lab_compares,
    "without a GPU and, once installed, without a network": fast_data_are_embedded,
    "of the mean over three seeds": stored("r1.digits", 3, own=True),
    "The two commands": on_page("Makefile", "\nrun: ", "\ntest: "),
    "Python 3.11 or newer": lambda: PROJECT["requires-python"] == ">=3.11",
    "about 6 GB on Linux": SIZE_MEASURED_BY_HAND,
    "The same without make": "tests/project/test_project_files.py::test_the_readme_gives_the_test_command_of_make",
    "All measurements so far": "tests/book/test_results_page.py::test_the_committed_page_is_fresh",
    "run the same cell again": "tests/library/test_train_killed.py::"
    "test_killed_thirty_times_every_run_ends_like_one_that_was_left_alone",
    "Every lab starts in fast mode": "tests/library/test_runtime.py::"
    "test_fast_mode_is_the_default_on_every_device_and_report_mode_is_asked_for",
    "two cores with AVX2": lambda: all(lab.minutes for lab in LABS),
    "runs lab 02 on MNIST": lambda: LABS[1].report_data == "mnist",
    "compares every operation of the labs": "tests/command/test_doctor_numbers.py::"
    "test_every_operation_runs_contiguous_in_fp32_and_is_right",
    "the setting that avoids each": "tests/command/test_doctor_numbers.py::"
    "test_what_avoids_a_fault_is_read_off_the_settings_that_are_right",
    "Apple's GPU is used only after": "tests/command/test_doctor_numbers.py::"
    "test_apples_gpu_is_not_taken_unchecked_and_this_is_said_once",
    "repeats a report's experiment": "tests/command/test_cli.py::"
    "test_reproduce_writes_a_line_a_seed_and_resume_repeats_none",
    "in the same folder is refused": "tests/recipes/test_series.py::"
    "test_a_second_process_in_the_folder_is_refused_and_the_first_one_killed_blocks_nobody",
    "so is one whose lines already exist": "tests/recipes/test_series.py::"
    "test_a_run_that_has_a_line_is_not_run_again_beside_it",
    "CSV is always written": "tests/library/test_tracking.py::test_csv_is_written_whatever_is_named",
    "On two GPUs, with the same batches": DISTRIBUTED,
    "at most 60 MB for a block": "tests/data/test_packed.py::test_a_pack_that_is_too_large_is_not_left_behind",
    "it installs nothing, and after a stop the same command goes on": "tests/gpu_hour/test_dry_run.py::"
    "test_killed_at_three_places_the_dry_run_goes_on_where_it_stopped",
    "each exercise has a check cell and hints": LINT,
    "the five commands": lambda: len(re.findall(r"^### \d\. ", (ROOT / "book/teaching.md").read_text(), re.M)) == 5,
    "they open without a network": BOOK,
    "The first time it executes all labs": "tests/book/test_kept.py::test_every_kind_of_change_changes_the_key",
    "build an EPUB, and PDFs of the whole": "tests/book/test_formats.py::test_the_whole_book_is_an_epub_and_ten_pdfs",
    "CC BY 4.0": lambda: (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8").startswith("Attribution 4.0"),
    "the changes of each version": on_page("CHANGELOG.md", f"## [{PROJECT['version']}]"),
    # the front page
    "Five reports on ResNets": lambda: len(reports.REPORTS) == 5,
    "Five such reports make": lambda: len(reports.REPORTS) == 5,
    "Means of twenty seeds on 8x8 digits, ten epochs": stored(EXPERIMENT, 20, own=False, epochs=10),
    "a stand-in for the reports' CIFAR-10": lambda: (
        {run.stand_in for run in reports.evidence(EXPERIMENT)} == {"scikit-learn's 8x8 digits in place of CIFAR-10"}
    ),
    "In each of the": every_lab_compares,
    "Accuracies of 98.173 % and 98.133 %": report_says(
        "r1", {"pets.resnet18.accuracy_after": 0.98173, "pets.resnet50.accuracy_after": 0.98133}
    ),
    "three images of 7,500": three_images,
    "A network never recognised a cat": on_page("labs/solutions/lab08_layerwise_pretraining.py", "cats and monkeys"),
    "without it the share of right digits": stored("r4.c9.digits", 10, own=False),
    "a ResNet-152, and its own list names a ResNet-101": on_page(
        "resnet_labs/reports/r2.yaml",
        "the best model is a ResNet-152 (the report's own tracking summary names a ResNet-101",
    ),
    "Of all claims": "tests/labkit/test_quoted.py::test_what_pages_promise_is_counted",
    "mostly a matter of data": most_not_shown_are_on_stand_ins,
    "Every claim that is refuted": "tests/labkit/test_page_blocks.py::test_the_wrong_claims_are_those_of_the_verdicts",
    "a stand-in decides only claims about methods in general": "tests/library/test_verdicts.py::"
    "test_stand_ins_decide_general_claims_only_and_are_named",
    "show every claim and every figure": "tests/book/test_claims_on_the_page.py::"
    "test_every_claim_is_on_the_page_with_certainty_and_verdict",
    "the 6 GB that the first command downloads": SIZE_MEASURED_BY_HAND,
    "which each page links to": pages_link_to_students,
    "it has the same text and checks": "tests/labkit/test_build.py::"
    "test_script_and_notebook_of_the_student_pair_say_the_same",
}
PAGES = {page: (ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "book/index.md")}


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_is_held_by_something(page: str) -> None:
    loose = [each for each in promises(PAGES[page]) if not any(part in each for part in HELD)]
    assert loose == [], "count it here, quote it, or name the test that holds it"


@pytest.mark.parametrize("part", HELD)
def test_what_is_promised_holds(part: str) -> None:
    assert any(part in each for text in PAGES.values() for each in promises(text)), "no page says this any more"
    holds = HELD[part]
    if isinstance(holds, str):
        file, _, name = holds.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), holds
    else:
        assert holds is None or holds()


@pytest.mark.parametrize(
    "sentence",
    [
        "All nine labs are ready.",
        "It never needs a cloud.",
        "Forty claims are checked.",
        "Measured with the reports' own settings on 34 data sets.",
        "A lab takes 5 minutes.",
    ],
)
def test_a_new_promise_is_noticed(sentence: str) -> None:
    text = PAGES["README.md"].replace("## The two commands", f"{sentence}\n\n## The two commands")
    assert sentence in [each for each in promises(text) if not any(part in each for part in HELD)]


def test_figures_of_the_front_page_that_are_not_typed_are_quoted() -> None:
    for count in ("claims: count", "labs: count", "claims: not_shown", "experiments: on_stand_ins"):
        assert f"<!-- = {count} -->" in PAGES["book/index.md"], count


def test_the_labs_of_the_contents_are_those_that_the_page_counts() -> None:
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    assert sum(file.startswith("labs/") for file in files) == sum(lab.notebook is not None for lab in LABS)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "book").glob("*.md"))], ids=lambda path: path.name
)
def test_no_line_begins_with_a_mark(page: Path) -> None:
    """Markdown takes such a line as HTML, which ends the paragraph before it."""
    assert re.findall(r"^ *<!-- = .*", page.read_text(encoding="utf-8"), re.MULTILINE) == []
