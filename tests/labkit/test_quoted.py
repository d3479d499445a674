"""Figures in prose come from results lines, reports and verdicts; a quotation that has no single answer is refused."""

from __future__ import annotations

import re

import pytest
from helpers.results_page import line

from resnet_labs import reports
from resnet_labs.errors import InputError
from resnet_labs.labkit.quoted import quoted
from resnet_labs.reports.verdicts import verdict

SMALL = {"name": "digits", "source": "digits", "train": 1_000, "test": 100}
STORED = {
    "r1.digits": [line(seed) for seed in range(3)],
    "r1.digits.choice": [
        line(seed, experiment="r1.digits.choice", settings={"learning_rate": rate, "arm": f"with {rate}"})
        for rate in (0.1, 0.2)
        for seed in range(2)
    ],
    "r1.c6": [
        line(seed, experiment="r1.c6", data=data, metrics={"accuracy": 0.5 + seed / 10}, stand_in=stand_in)
        for data, stand_in in ((line().data, ""), (SMALL, "digits for photographs"))
        for seed in range(2)
    ],
    "r1.rerun": [
        line(seed, experiment="r1.rerun", device=device, metrics={"accuracy": accuracy + seed / 100})
        for device, accuracy in (("A", 0.1), ("B", 0.3))
        for seed in range(2)
    ],
}


def say(text: str) -> str:
    return quoted(text, lambda name: STORED.get(name, []))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("r1.digits: accuracy", "0.8750"),
        ("r1.digits: accuracy as .2", "0.88"),
        ("r1.digits: accuracy as %", "87.5 %"),
        ("r1.digits: accuracy as %.0", "88 %"),
        ("r1.digits: accuracy min", "0.7500"),
        ("r1.digits: accuracy max as %", "100.0 %"),
        ("r1.digits: accuracy seeds as .3", "0.750, 0.875 and 1.000"),
        ("r1.digits: accuracy range as .2", "0.75 to 1.00"),
        ("r1.digits seed=1: accuracy", "0.8750"),
        ("r1.digits: accuracy count", "3"),
        ("r1.digits: accuracy - macro_recall as points", "37.5"),
        ("r1.digits: accuracy - macro_recall as +points.0", "+38"),
        ("r1.digits: accuracy - macro_recall above", "3 of 3"),
        ("r1.digits: seconds as .1", "13.2"),
        ("r1.digits: learning_rate", "0.5"),
        ("r1.digits.choice learning_rate=0.2: accuracy", "0.8125"),
        ('r1.digits.choice arm="with 0.1": accuracy seeds as .2', "0.75 and 0.88"),
        ("r1.c6 data=digits: accuracy", "0.5500"),
        ("r1.c6 data=digits: test", "100"),
        ("r1.c6 data=mnist: train", "60,000"),
        ("r1.digits less r1.digits.choice learning_rate=0.1: accuracy as .2", "0.00"),
        ("r1.digits.choice learning_rate=0.2 less r1.c6 data=digits: accuracy seeds as .3", "0.250 and 0.275"),
        ("r1.digits.choice learning_rate=0.2 over r1.c6 data=digits: accuracy seeds as .1", "1.5 and 1.5"),
        ("r1.digits.choice learning_rate=0.2 less r1.c6 data=digits: accuracy above", "2 of 2"),
        ("r1.digits.choice learning_rate=any arm=any: accuracy range as .3", "0.750 to 0.875"),
        ("r1.digits.choice learning_rate=any arm=any: accuracy count", "4"),
        # run again on another machine: the later group, never both in one mean
        ("r1.rerun: accuracy seeds as .2", "0.30 and 0.31"),
        ("r1: digits.accuracy_after_training", "0.9745"),
        ("r1: digits.accuracy_after_training as %", "97.5 %"),
        ("r1: digits.accuracy_after_training as %.2", "97.45 %"),
        ("r1: digits.batch_size", "128"),
        ("r4: losses.stated_sizes.train", "100,000"),
        ("r4: losses.cross_entropy.classwise count", "10"),
        ("r4: losses.center.classwise min as %", "41.5 %"),
        ("r4_log_triplet: test_acc max as %", "89.3 %"),
        ("r4_log_triplet epoch=1: test_acc as %", "86.6 %"),
        ("r4_log_triplet: test_acc count", str(len(reports.training_log("r4_log_triplet")["test_acc"]))),
        ("claims: count", str(sum(len(reports.load_report(name)["claims"]) for name in reports.REPORTS))),
        ("  r1.digits :\n accuracy   as\n.2 ", "0.88"),
    ],
)
def test_a_quotation_is_what_the_lines_give(text, said):
    assert say(text) == said


def test_means_come_with_their_interval_as_everywhere():
    from resnet_labs import results

    summary = results.summarise(STORED["r1.digits"], "accuracy")
    assert say("r1.digits: accuracy summary") == str(summary)
    assert say("r1.digits: accuracy interval as .3") == f"[{summary.low:.3f}, {summary.high:.3f}]"


def test_verdicts_are_the_rules():
    assert quoted("r2.c8: verdict") == verdict("r2.c8").kind
    assert quoted("r2.c8: because") == verdict("r2.c8").because
    assert quoted("r2.c8: claim") == reports.claim("r2.c8")
    assert quoted("r2.c3: certainty") == "suggests"
    said = say("r1.c3: because")
    assert "] over 3 seeds" in said
    brief = say("r1.c3: briefly")
    assert "seeds" not in brief
    assert "[" not in brief
    words = re.findall(r"[\w.]+", brief)
    assert words == [word for word in re.findall(r"[\w.]+", re.sub(r" \[[^]]*\]", "", said)) if word in words]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r1.digit: accuracy", "no results line of 'r1.digit' .* Did you mean 'r1.digits'"),
        ("r9: x", "'r9'"),
        ("r1.digits: acuracy", "'acuracy'.* Did you mean 'accuracy'"),
        ("r1.digits: accuracy mena", "'mena'.* Did you mean 'mean'"),
        ("r1.digits: accuracy as 5", "format '5'"),
        ("r1.digits: accuracy as %.x", "format"),
        ("r1.digits: accuracy as", "format"),
        ("r1.digits accuracy", "colon"),
        ("r1.digits: ", "names no figure"),
        (": accuracy", "names no"),
        ("r1.digits.choice: accuracy", "differ in learning_rate, arm"),
        ("r1.digits.choice learning_rate=0.3: accuracy", "no run .*learning rate 0.3. Known: learning_rate 0.1, 0.2"),
        ("r1.digits.choice rate=0.1: accuracy", "no setting 'rate'"),
        ("r1.digits.choice learning_rate: accuracy", "'learning_rate'"),
        ("r1.digits.choice learning_rate=any arm=any: accuracy", "mean over runs that differ in learning_rate, arm"),
        ("r1.digits.choice learning_rate=any arm=any: accuracy seeds", "differ in learning_rate, arm"),
        ("r1.c6: accuracy", "data: mnist, digits"),
        ("r1.digits seed=7: accuracy", "no run"),
        ("r1.digits: accuracy - nothing", "'nothing'"),
        ("r1.digits less r1.nothing: accuracy", "'r1.nothing'"),
        ("r1.digits less r1.c6 data=digits: macro_recall", "'macro_recall'"),
        ("r1.digits seed=2 less r1.c6 data=digits: accuracy", "no seed in common"),
        ("r1.digits seed=1: accuracy interval", "no interval"),
        ("r1.digits: accuracy above", "`above` needs a comparison"),
        ("r1: digits.accuracy_after", "'digits.accuracy_after'"),
        ("r1: digits.learning_rate", "leaves .*digits.learning_rate.* out"),
        ("r1: digits.macro", "not a figure"),
        ("r4_log_tripel: test_acc max", "'r4_log_tripel'"),
        ("r4_log_triplet: test_accuracy max", "'test_accuracy'"),
        ("r4_log_triplet: test_acc", "epoch"),
        ("r4_log_triplet epoch=99: test_acc", "epoch"),
        ("r1.c99: verdict", "r1.c99"),
        ("claims: total", "'total'"),
        ('r1.digits.choice arm="with 0.1: accuracy', "quot"),
        ("", "names no"),
    ],
)
def test_a_quotation_without_a_single_answer_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        say(text)


def test_what_pages_promise_is_counted():
    kinds = [verdict(claim["id"]).kind for name in reports.REPORTS for claim in reports.load_report(name)["claims"]]
    for kind in ("confirmed", "refuted", "inconsistent with itself", "not shown", "not testable"):
        assert quoted(f"claims: {kind.replace(' ', '_')}") == str(kinds.count(kind))
    assert quoted("claims: count") == str(len(kinds))
    assert quoted("reports: count") == str(len(reports.REPORTS))
    # r1.digits is on the report's own data; r1.c6 was measured on both, and r1.digits.choice counts as an experiment.
    assert [say(f"experiments: {each}") for each in ("count", "on_own_data", "on_stand_ins", "runs")] == [
        "3",
        "3",
        "0",
        "11",
    ]


def test_experiments_without_a_line_on_the_reports_own_data_are_stand_ins():
    runs = {
        "r1.digits": [line(0, stand_in="digits"), line(1)],
        "r1.c6": [line(0, experiment="r1.c6", stand_in="digits")],
    }
    counts = [
        quoted(f"experiments: {each}", lambda name: runs.get(name, [])) for each in ("on_own_data", "on_stand_ins")
    ]
    assert counts == ["1", "1"]
