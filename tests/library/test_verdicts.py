"""A verdict follows from the claim's rule and the stored lines, and says no more than they do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from helpers.result_lines import result
from scipy import stats

from resnet_labs import reports, results
from resnet_labs.errors import InputError
from resnet_labs.reports import findings, verdicts
from resnet_labs.reports.audit.counted import ARITHMETIC
from resnet_labs.reports.verdicts import Kind, Verdict, verdict

CLAIMS = {claim["id"]: claim for name in reports.REPORTS for claim in reports.load_report(name)["claims"]}
EVIDENCE = Path(reports.__file__).parent / "evidence"
STAND_IN = {"stand_in": "toys in place of cars"}

Judge = Callable[..., Verdict]


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Return a function from a rule and results lines to the verdict."""

    def given(rule: dict[str, Any], *lines: results.Result, **claim: Any) -> Verdict:
        facts = {"id": "r9.c1", "text": "deeper is better", "certainty": "says", "rule": rule} | claim
        figures = {"accuracy": 0.5, "best": 0.7, "classwise": [0.1, 0.2], "stated": 2, "named": "a", "other": "b"}
        report = {"id": "r9", "experiments": {"cars": {"fact": figures}}, "claims": [facts]}
        monkeypatch.setattr(reports, "load_report", lambda name: report)
        return verdict("r9.c1", lambda experiment: [line for line in lines if line.experiment == experiment])

    return given


def runs(accuracies: Sequence[float], *, depth: int = 8, metric: str = "score", **changes: Any) -> list[results.Result]:
    return [
        result(seed, experiment="r9.cars", settings={"depth": depth}, metrics={metric: each}, **changes)
        for seed, each in enumerate(accuracies)
    ]


DEEPER = {"compare": [{"evidence": "r9.cars", "metric": "score", "higher": {"depth": 20}, "lower": {"depth": 8}}]}
LOW, HIGH = runs([0.50, 0.52, 0.51]), runs([0.71, 0.72, 0.73], depth=20)


def test_a_difference_is_confirmed_with_scipys_interval(judge: Judge) -> None:
    found = judge(DEEPER, *LOW, *HIGH)
    assert found.kind == "confirmed"
    low, high = stats.ttest_rel([0.71, 0.72, 0.73], [0.50, 0.52, 0.51]).confidence_interval()
    said = f"depth 20 is above depth 8 by 0.2100 [{low:.4f}, {high:.4f}] (score, 3 seeds)"
    assert str(found) == f"Confirmed: on the report's data (mnist): {said}."


def test_the_opposite_is_refuted_and_an_interval_around_zero_shows_nothing(judge: Judge) -> None:
    swapped = {"compare": [DEEPER["compare"][0] | {"higher": {"depth": 8}, "lower": {"depth": 20}}]}
    assert judge(swapped, *LOW, *HIGH).kind == "refuted"
    found = judge(DEEPER, *LOW, *runs([0.40, 0.60, 0.53], depth=20))
    assert found.kind == "not shown"
    assert "undecided" in str(found)


def test_a_part_that_waits_for_its_lines_says_nothing_until_both_sides_have_some(judge: Judge) -> None:
    waits = DEEPER["compare"][0] | {"evidence": "r9.trucks", "once_measured": True}
    both = {"compare": [DEEPER["compare"][0], waits]}
    without = judge(DEEPER, *LOW, *HIGH)
    assert str(judge(both, *LOW, *HIGH)) == str(without)
    trucks = [replace(run, experiment="r9.trucks") for run in (*LOW, *HIGH)]
    assert str(judge(both, *LOW, *HIGH, *trucks[:3])) == str(without)
    swapped = [replace(run, settings={"depth": 28 - run.settings["depth"]}) for run in trucks]
    assert judge(both, *LOW, *HIGH, *swapped).kind == "refuted"


@pytest.mark.parametrize("general", [True, False])
@pytest.mark.parametrize("higher", [20, 8])
def test_stand_ins_decide_general_claims_only_and_are_named(judge: Judge, general: bool, higher: int) -> None:
    rule = {"compare": [DEEPER["compare"][0] | {"higher": {"depth": higher}, "lower": {"depth": 28 - higher}}]}
    lines = runs([0.50, 0.52, 0.51], **STAND_IN) + runs([0.71, 0.72, 0.73], depth=20, **STAND_IN)
    found = judge(rule, *lines, **({"general": True} if general else {}))
    assert found.kind == (("confirmed" if higher == 20 else "refuted") if general else "not shown")
    assert "on a stand-in (toys in place of cars): depth" in str(found)


def test_where_the_reports_own_data_were_measured_stand_ins_say_nothing(judge: Judge) -> None:
    opposite = runs([0.9, 0.91, 0.92], **STAND_IN) + runs([0.1, 0.11, 0.12], depth=20, **STAND_IN)
    assert judge(DEEPER, *LOW, *HIGH, *opposite) == judge(DEEPER, *LOW, *HIGH)


def test_limits_hold_a_verdict_back_and_are_said(judge: Judge) -> None:
    found = judge(DEEPER | {"limits": "few epochs"}, *LOW, *HIGH)
    assert found.kind == "not shown"
    assert str(found).endswith("(score, 3 seeds); but few epochs.")
    assert "few epochs" not in str(judge(DEEPER | {"limits": "few epochs"}))


def test_a_rerun_replaces_the_runs_before_it(judge: Judge) -> None:
    later = {"date": "2027-01-01", "versions": {"torch": "10"}}
    again = runs([0.1, 0.13, 0.11], depth=20, **later), runs([0.5, 0.52, 0.51], **later)
    assert judge(DEEPER, *LOW, *HIGH, *again[0], *again[1]).kind == "refuted"
    assert "not computed alike" in str(judge(DEEPER, *LOW, *HIGH, *again[0]))


def test_pairs_are_of_the_same_seed_and_images_count_for_accuracies(judge: Judge) -> None:
    rule = {"compare": [DEEPER["compare"][0] | {"metric": "accuracy"}]}
    few, many = (
        [
            line
            for depth, figures in ((8, [0.50, 0.52, 0.51]), (20, [0.53, 0.55, 0.541]))
            for line in runs(figures, depth=depth, metric="accuracy", data=data)
        ]
        for data in ({"name": "mnist", "source": "here", "test": count} for count in (200, 1_000_000))
    )
    assert judge(rule, *few).kind == "not shown"
    assert judge(rule, *many).kind == "confirmed"
    assert judge(rule, *reversed(many)) == judge(rule, *many)


def test_several_comparisons_hold_together(judge: Judge) -> None:
    weak = runs([0.56, 0.56, 0.59], depth=20)  # p is 0.035
    other = runs([0.5, 0.53, 0.5], depth=30)
    alone = judge(DEEPER, *LOW, *weak)
    both = {"compare": [*DEEPER["compare"], DEEPER["compare"][0] | {"higher": {"depth": 30}}]}
    together = judge(both, *LOW, *weak, *other)
    assert "is above depth 8" in str(alone)
    assert "depth 20 less depth 8" in str(together)


def test_one_seed_and_equal_differences_have_no_interval(judge: Judge) -> None:
    assert judge(DEEPER, LOW[0], HIGH[0]).kind == "not shown"
    found = judge(DEEPER, *LOW, *runs([0.60, 0.62, 0.61], depth=20))
    assert found.kind == "not shown"
    assert "has no interval" in str(found)


def test_metrics_and_seconds_can_be_compared_too(judge: Judge) -> None:
    metrics = [{"train": 0.9 + i / 100, "test": 0.5 + i / 50} for i in range(3)]
    lines = [result(i, experiment="r9.cars", metrics=each, seconds=10 + i / 10) for i, each in enumerate(metrics)]
    gap = {"compare": [{"evidence": "r9.cars", "higher": {"metric": "train"}, "lower": {"metric": "test"}}]}
    assert "train is above test by 0.3900" in str(judge(gap, *lines))
    parts = {"higher": {"metric": "seconds"}, "lower": {"metric": "train - test"}}
    assert judge({"compare": [{"evidence": "r9.cars"} | parts]}, *lines).kind == "confirmed"


@pytest.mark.parametrize(
    ("accuracies", "kind", "said"),
    [
        ([0.498, 0.499, 0.501, 0.502, 0.500], "confirmed", "which includes the report's 0.5"),
        ([0.49, 0.50, 0.52], "not shown", "which includes the report's 0.5 but is too wide to tell"),
        ([0.70, 0.71, 0.72], "refuted", "which leaves out the report's 0.5"),
        ([0.5], "not shown", "does not tell where one more run would lie"),
        ([], "not shown", "no run of r9.cars is stored"),
    ],
)
def test_a_figure_is_confirmed_where_one_more_run_of_ours_would_lie(
    judge: Judge, accuracies: list[float], kind: str, said: str
) -> None:
    rule = {"contains": [{"evidence": "r9.cars", "metric": "score", "figure": "cars.accuracy"}]}
    found = judge(rule, *runs(accuracies))
    assert (found.kind, said in str(found)) == (kind, True)


def test_more_seeds_do_not_refute_a_report_whose_run_is_like_ours(judge: Judge) -> None:
    generator = random.Random(0)
    rule = {"contains": [{"evidence": "r9.cars", "metric": "score", "figure": "cars.accuracy"}]}
    drawn = [[0.5 + offset + generator.gauss(0, 0.005) for _ in range(30)] for offset in (0.006, -0.006)]
    assert [judge(rule, *runs(each)).kind for each in drawn] == ["confirmed", "confirmed"]


def test_sides_that_were_computed_differently_are_not_compared(judge: Judge) -> None:
    for change in ({"precision": "bf16"}, {"device": "another"}, {"data": HIGH[0].data | {"test": 50}}):
        found = judge(DEEPER, *LOW, *(replace(run, **change) for run in HIGH))
        assert (found.kind, "were not computed alike" in str(found)) == ("not shown", True)


def test_seeds_are_counted_that_both_sides_have(judge: Judge) -> None:
    assert "(score, 2 seeds)" in str(judge(DEEPER, *LOW[:2], *HIGH))


def test_one_run_below_refutes_never_less_and_none_proves_it(judge: Judge) -> None:
    def kind(reaches: float) -> str:
        part = {"evidence": "r9.cars", "metric": "score", "arm": {"depth": 8}, "reaches": reaches, "never_less": True}
        return judge({"seeds": [part]}, *LOW).kind

    assert [kind(each) for each in (0.4, 0.515, 0.9)] == ["not shown", "refuted", "refuted"]


@pytest.mark.parametrize(("within", "kind"), [(0.3, "confirmed"), (0.1, "refuted"), (0.21, "not shown")])
def test_a_difference_is_no_more_than_what_was_asked_for(judge: Judge, within: float, kind: str) -> None:
    found = judge({"compare": [DEEPER["compare"][0] | {"within": within}]}, *LOW, *HIGH)
    assert (found.kind, f"more than {within}" in str(found)) == (kind, True)


@pytest.mark.parametrize(
    ("reaches", "kind", "count"), [(0.4, "confirmed", 3), (0.515, "not shown", 1), (0.9, "refuted", 0)]
)
def test_seeds_that_reach_a_figure_are_counted(judge: Judge, reaches: float, kind: str, count: int) -> None:
    rule = {"seeds": [{"evidence": "r9.cars", "metric": "score", "arm": {"depth": 8}, "reaches": reaches}]}
    found = judge(rule, *LOW, *HIGH)
    assert (found.kind, f"in {count} of 3 runs depth 8" in str(found)) == (kind, True)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"above": ["cars.best", "cars.accuracy"]}, "confirmed"),
        ({"above": ["cars.accuracy", "cars.best"]}, "inconsistent with itself"),
        ({"equal": ["cars.named", "cars.other"]}, "inconsistent with itself"),
        ({"equal": ["cars.stated", "cars.classwise"]}, "confirmed"),
    ],
)
def test_a_reports_own_figures_agree_or_not(judge: Judge, part: dict[str, Any], kind: str) -> None:
    assert judge({"figures": [part]}).kind == kind


def test_what_is_not_measured_or_cannot_be_is_not_called_so_by_accident(judge: Judge) -> None:
    assert str(judge({"none": "nice has no measure"})) == "Not testable: nice has no measure."
    assert str(judge({"unmeasured": "two depths"})) == "Not shown: not measured yet: two depths."
    assert judge(DEEPER).kind == "not shown"
    assert judge(DEEPER | {"unmeasured": "a third depth"}, *LOW, *HIGH).kind == "not shown"
    assert judge(DEEPER | {"figures": [{"equal": ["cars.named", "cars.other"]}]}, *LOW, *HIGH).kind.startswith("incons")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"compare": [DEEPER["compare"][0] | {"lower": {"depth": 9}}]}, "no run of r9.cars (depth 9) is stored"),
        ({"compare": [DEEPER["compare"][0] | {"metric": "speed"}]}, "is stored that has speed"),
        ({"contains": [{"evidence": "r9.cars", "metric": "no", "figure": "cars.accuracy"}]}, "is stored that has no"),
        ({"seeds": [{"evidence": "r9.cars", "metric": "no", "reaches": 1}]}, "is stored that has no"),
    ],
)
def test_runs_that_a_rule_asks_for_and_nobody_made_show_nothing(judge: Judge, rule: dict[str, Any], said: str) -> None:
    found = judge(rule, *LOW, *HIGH)
    assert (found.kind, said in str(found)) == ("not shown", True)


def test_nothing_is_said_twice(judge: Judge) -> None:
    other = DEEPER["compare"][0] | {"lower": {"depth": 9}}
    assert str(judge({"compare": [*DEEPER["compare"], other]})).count("no run of") == 1


def test_sides_on_unlike_data_are_not_compared(judge: Judge) -> None:
    found = judge(DEEPER, *LOW, *runs([0.71, 0.72, 0.73], depth=20, **STAND_IN))
    assert str(found) == "Not shown: the two sides were not measured on the same data."


def test_a_count_that_there_is_not_is_refused(judge: Judge) -> None:
    with pytest.raises(InputError, match="Did you mean 'fixed_policy'"):
        judge({"arithmetic": "fixed_polcy"})


# --- the claims themselves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", CLAIMS)
def test_every_claim_has_a_verdict_in_one_sentence(number: str) -> None:
    found = verdict(number)
    assert found.kind in get_args(Kind)
    assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", str(found))
    if "on a stand-in" in str(found) and not CLAIMS[number].get("general"):
        assert found.kind not in ("confirmed", "refuted")


@pytest.mark.parametrize("number", [number for number, claim in CLAIMS.items() if "unmeasured" in claim["rule"]])
def test_what_is_called_unmeasured_has_no_lines_of_its_own(number: str) -> None:
    assert not [*EVIDENCE.glob(f"{number}.*jsonl")], "write the rule that these lines decide"


def arms() -> list[dict[str, Any]]:
    """Return every arm that a rule names and that need not wait for its lines."""
    rules = [claim["rule"] for claim in CLAIMS.values()]
    shared = ("evidence", "metric")
    sides = [
        {**{name: part[name] for name in shared if name in part}, **part[side]}
        for rule in rules
        for part in rule.get("compare", [])
        if not part.get("once_measured")
        for side in ("higher", "lower")
    ]
    return sides + [
        findings.sides_of(part)[0] for rule in rules for kind in ("contains", "seeds") for part in rule.get(kind, [])
    ]


def test_every_arm_whose_experiment_was_run_has_runs() -> None:
    assert len(arms()) > 60
    assert [
        arm for arm in arms() if reports.evidence(arm["evidence"]) and not findings.picked(arm, reports.evidence)
    ] == []


def test_no_arm_of_a_rule_picks_two_experiments_of_one_commit() -> None:
    counted = [findings.sides_of(part)[0] for claim in CLAIMS.values() for part in claim["rule"].get("seeds", [])]
    for arm in arms():
        groups = results.alike(findings.picked(arm, reports.evidence))
        kinds = [(group[0].stand_in, group[0].data["name"], group[0].commit) for group in groups]
        assert len(set(kinds)) == len(kinds) or arm in counted, arm


def test_the_first_epoch_that_a_rule_asks_for_is_that_of_the_log() -> None:
    (part,) = CLAIMS["r4.c2"]["rule"]["seeds"]
    assert part["reaches"] == reports.training_log("r4_log_cross_entropy")["test_acc"][0]


@pytest.mark.parametrize("name", ARITHMETIC)
def test_what_is_counted_is_asked_for_and_says_how(name: str) -> None:
    holds, words = ARITHMETIC[name]()
    assert isinstance(holds, bool)
    assert re.search(r"\d|image", words)
    assert [number for number, claim in CLAIMS.items() if claim["rule"].get("arithmetic") == name]


def test_counts_of_the_papers_networks() -> None:
    assert ARITHMETIC["convolutions_of_a_bottleneck"]()[1].startswith("each of its 50 blocks has 1 3x3 and 2 1x1")
    assert "102 layers" in ARITHMETIC["convolutions_of_a_bottleneck"]()[1]
    assert "2048 channels of 7x7" in ARITHMETIC["stages_of_resnet152"]()[1]
    assert "3 images" in ARITHMETIC["difference_of_the_two_depths"]()[1]


def test_an_inconsistent_part_outweighs_one_that_fails() -> None:
    assert verdicts._kind(["fails", "inconsistent"], complete=True) == "inconsistent with itself"


def test_lines_of_the_stack_are_of_the_printed_network_or_said_to_be_of_another() -> None:
    for number, name in (("r4.c8", "r4.layerwise"), ("r4.c9", "r4.c9")):
        printed = all(run.settings.get("code") == "linear" for run in reports.evidence(name))
        assert ("limits" in CLAIMS[number]["rule"]) != printed, number
