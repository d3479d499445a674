"""Benchmarks: every one runs, ratios come from pairs taken in turn, a peer that is absent is no failure.

No test looks at how long something takes.
"""

from __future__ import annotations

import json
import sys

import pytest
import torch

from resnet_labs import bench, resnet, runtime
from resnet_labs.bench import fresh, pipelines, rows, training, triplets
from resnet_labs.bench.rows import Effort, Row
from resnet_labs.errors import InputError

BRIEF = Effort(rounds=1, seconds=0)
TINY = {
    "step": {"batch": 2, "size": 8, "steps": 1, "matrix": 8},
    "tiny-maps": {"batch": 2, "steps": 1},
    "step-equal": {"batch": 2, "size": 8, "steps": 1},
    "fit": {"batch": 5, "limit": 10},
    "batches": {"images": 8, "size": 8, "batch": 4},
    "triplet": {"hard": (8, 12), "every": (8,), "features": 4},
    "cached": {"images": 20, "size": 8, "epochs": 1, "batch": 10},
    "import": {},
    "memory": {"batch": 4, "size": 8, "rows": 16, "features": 4},
    "resnet50": {"batch": 2, "size": 32, "steps": 1, "matrix": 8, "device": "cpu"},
}
PEERS = {
    "step": ["torchvision in a plain fp32 loop"],
    "tiny-maps": ["torchvision in a plain fp32 loop"],
    "step-equal": ["torchvision", "timm"],
    "fit": ["a bare hand-written loop"],
    "batches": ["torchvision v2 per sample, 2 workers"],
    "triplet": ["pytorch-metric-learning"] * 3,
    "cached": ["a forward pass per epoch"],
    "import": ["import torch", "import torch, torchvision"],
    "memory": ["torchvision in a plain fp32 loop", "torchvision in a plain fp32 loop", "pytorch-metric-learning"],
    "resnet50": ["torchvision with autocast", "timm with autocast"],
}

LONG = {"resnet50": pytest.mark.exhaustive, "step-equal": pytest.mark.exhaustive}  # eight seconds or more


def row(**changed):
    return Row(**{"name": "race", "what": "a lap", "peer": "them", **changed})


def hide(monkeypatch, package):
    """Let a package look as if it were not installed."""
    known = [name for name in sys.modules if name.startswith(f"{package}.")]
    for name in (package, *known):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def no_fresh_process(monkeypatch):
    """Run scripts of fresh processes in this one: to start torch anew takes seconds."""

    def run(script):
        printed = []
        exec(script, {"print": printed.append})
        return float(printed[-1])

    monkeypatch.setattr(fresh, "in_fresh_process", run)


@pytest.mark.usefixtures("no_fresh_process")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG.get(name, ())) for name in bench.BENCHMARKS])
def test_every_benchmark_compares_ours_with_each_of_its_peers(name):
    found = list(bench.BENCHMARKS[name](BRIEF, **TINY[name]))
    assert [each.peer for each in found] == PEERS[name]
    for each in found:
        assert not each.skipped
        assert len(each.ours) == len(each.theirs) == 1
        # Run in this process, as here, a step that fits into memory that was used before adds none.
        assert min(each.ours + each.theirs) >= (0 if each.unit == "MiB" else 1e-9)
        assert each.name.startswith(name)


def test_the_two_sides_take_turns_and_ratios_are_those_of_pairs():
    ours, theirs, turns = iter([1.0, 4.0, 2.0]), iter([8.0, 4.0, 6.0]), []

    def side(name, figures):
        return lambda: turns.append(name) or next(figures)

    found = rows.against(
        row(target=2.5), lambda: side("ours", ours), lambda: side("theirs", theirs), Effort(rounds=3, seconds=0)
    )
    assert turns == ["ours", "theirs"] * 3
    assert found.ratios == [8.0, 1.0, 3.0]
    assert found.ratio == 3.0  # the ratio of the medians would be 6 / 2, of the means 18 / 7
    assert found.reached
    assert str(found).splitlines() == [
        "race             a lap",
        "                 3.00 times them (1.00 to 8.00 in 3 rounds): 2 against 6 ms; wanted 2.5, reached",
    ]


@pytest.mark.parametrize(
    ("changed", "said", "reached"),
    [
        ({"target": 2.0}, "1.50 times them (1.50 to 1.50 in 1 rounds): 2 against 3 ms; wanted 2, missed", False),
        ({"target": 1.5}, "1.50 times them (1.50 to 1.50 in 1 rounds): 2 against 3 ms; wanted 1.5, reached", True),
        ({"unit": "MiB"}, "1.50 times them (1.50 to 1.50 in 1 rounds): 2 against 3 MiB", None),
        ({"skipped": "they are away", "target": 2.0}, "against them: skipped, they are away", None),
    ],
)
def test_a_row_says_whether_the_ratio_is_what_is_wanted(changed, said, reached):
    figures = {} if "skipped" in changed else {"ours": (2.0,), "theirs": (3.0,)}
    found = row(**changed, **figures)
    assert str(found).splitlines()[1].strip() == said
    assert found.reached is reached


def test_a_note_stands_in_a_line_of_its_own():
    assert str(row(ours=(1.0,), theirs=(1.0,), note="by the way")).splitlines()[2].strip() == "by the way"


class Clock:
    """A clock that only work moves."""

    def __init__(self, monkeypatch, lap):
        self.now, self.calls, self.lap = 0.0, 0, lap
        monkeypatch.setattr(rows.time, "perf_counter", lambda: self.now)

    def work(self):
        self.now += self.lap
        self.calls += 1


def test_short_work_is_warmed_up_and_repeated_until_the_clock_can_tell(monkeypatch):
    clock = Clock(monkeypatch, 0.125)
    measure = rows.milliseconds(clock.work, Effort(seconds=0.5), per=2)
    assert clock.calls == 2  # once to warm up, once to see how long it takes
    assert measure() == 62.5
    assert clock.calls == 6


def test_long_work_is_warmed_up_once_and_not_repeated(monkeypatch):
    clock = Clock(monkeypatch, 2.0)
    measure = rows.milliseconds(clock.work, Effort(seconds=0.5))
    assert (measure(), clock.calls) == (2000.0, 2)


def test_the_matrix_rate_counts_two_operations_a_multiply_add(monkeypatch):
    monkeypatch.setattr(rows, "milliseconds", lambda work, effort: lambda: 4.0)
    assert rows.matrix_rate("fp32", torch.device("cpu"), BRIEF, size=100) == 2 * 100**3 / 0.004


def test_the_matrix_rate_is_that_of_the_faster_library_and_both_compute_the_product(monkeypatch):
    times, products = iter([4.0, 4.0, 2.0, 2.0]), []

    def milliseconds(work, effort):
        products.append(work())
        return lambda: next(times)

    monkeypatch.setattr(rows, "milliseconds", milliseconds)
    two = rows.Effort(rounds=2, seconds=0.0)
    assert rows.matrix_rate("fp32", torch.device("cpu"), two, size=32) == 2 * 32**3 / 0.002
    product, maps = products
    assert torch.allclose(product, maps[0, :, 0].T, atol=1e-4)


def test_the_share_of_the_matrix_rate_counts_forward_once_and_backward_twice(monkeypatch):
    monkeypatch.setattr(training, "matrix_rate", lambda precision, *_, **__: {"fp32": 1e9, "bf16": 4e9}[precision])
    model, images = torch.nn.Linear(1000, 100, bias=False), torch.rand(5, 1, 1, 1000)
    # 5 images, 6 times 100,000 multiply-adds, in 6 ms
    for precision, note in (
        ("bf16", "12% of the bf16 matrix rate (0.004"),
        ("fp32", "50% of the fp32 matrix rate (0.001"),
    ):
        measured = row(ours=(6.0,), theirs=(6.0,), precision=precision)
        found = training._with_share_of_matrix_rate(measured, model, images, 8, BRIEF)
        assert found.note == f"ours: {note} TFLOP/s)"


def test_an_absent_peer_is_named_and_the_others_are_measured(monkeypatch):
    hide(monkeypatch, "timm")
    found = list(bench.BENCHMARKS["step-equal"](BRIEF, **TINY["step-equal"]))
    assert [each.skipped for each in found] == ["", "timm is not installed"]
    assert found[0].ours
    assert not found[1].ours


@pytest.mark.usefixtures("no_fresh_process")
def test_without_pytorch_metric_learning_its_rows_are_skipped(monkeypatch):
    hide(monkeypatch, "pytorch_metric_learning")
    losses = bench.BENCHMARKS["triplet"](BRIEF, **TINY["triplet"])
    assert {each.skipped for each in losses} == {"pytorch_metric_learning is not installed"}
    *_, peak = bench.BENCHMARKS["memory"](BRIEF, **TINY["memory"])
    assert peak.skipped == "pytorch_metric_learning is not installed"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_gpu_resnet50_is_skipped():
    assert {each.skipped for each in training.resnet50(BRIEF)} == {"there is no CUDA device"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="its memory is known")
def test_where_the_peak_of_a_process_is_unknown_memory_is_skipped(monkeypatch, tmp_path):
    monkeypatch.setattr(fresh, "Path", lambda path: tmp_path / "absent")
    reasons = {each.skipped for each in fresh.memory(BRIEF)}
    assert reasons == {"the peak of a process's memory is known on Linux only"}


@pytest.mark.skipif(sys.platform != "linux" or torch.cuda.is_available(), reason="reads Linux's account of a process")
def test_the_peak_of_a_process_is_its_own_and_not_that_of_the_one_which_started_it():
    own = torch.ones(64 * 2**20)  # 256 MiB
    work = "lambda: torch.ones(16 * 2**20)"  # 64 MiB
    script = f"import torch; from resnet_labs.bench import fresh; print(fresh._added(lambda: None, {work}))"
    assert fresh.in_fresh_process(script) == pytest.approx(64, abs=4)
    assert len(own)


def test_an_import_is_timed_in_a_fresh_process_that_imports_nothing_else():
    assert fresh._import_time("import sys; assert 'torch' not in sys.modules; import resnet_labs")() > 0


@pytest.mark.parametrize(("name", "small"), [("resnet18", True), ("resnet50", False)])
@pytest.mark.parametrize("package", ["torchvision", "timm"])
def test_the_networks_that_are_compared_do_the_same_work(package, name, small):
    ours, theirs = (training.network(each, name, small=small) for each in ("resnet_labs", package))
    for size in (32, 64):
        work = [resnet.count_multiply_adds(model, (3, size, size)) for model in (ours, theirs)]
        assert work[0] == work[1]
    assert resnet.count_parameters(ours) == resnet.count_parameters(theirs)


def test_the_loops_that_are_compared_end_with_the_same_weights():
    torch.manual_seed(0)
    # In float64, since their layouts and products add in another order.
    ours = training.network("resnet_labs", "resnet18", small=True).double()
    theirs = training.network("torchvision", "resnet18", small=True).double()
    theirs.load_state_dict(ours.state_dict())
    batches = [(images.double(), labels) for images, labels in training.random_batches(4, 8, 2, torch.device("cpu"))]
    config = training.TrainConfig(epochs=1, learning_rate=training.RATE, precision="fp32")
    training.fit_loop(ours, batches, config)
    training.plain_loop(theirs, batches)
    for name, weight in ours.state_dict().items():
        torch.testing.assert_close(weight, theirs.state_dict()[name])


@pytest.mark.parametrize("mining", ["hard", "all"])
def test_the_triplet_losses_that_are_compared_have_the_same_gradient(mining):
    embeddings, labels = triplets.embedded(16, 8)
    ours, theirs = (
        triplets.differentiated(triplets.loss_of(package, mining), embeddings, labels)
        for package in ("resnet_labs", "pytorch_metric_learning")
    )
    assert ours.abs().max() > 0
    torch.testing.assert_close(ours, theirs)


def test_samples_of_the_peer_are_what_batches_yield():
    pixels = torch.full((2, 3, 8, 8), 255, dtype=torch.uint8)
    image, label = pipelines._Samples(pixels, torch.tensor([3, 4]))[1]
    assert (image.shape, image.dtype, label) == ((3, 8, 8), torch.float32, 4)
    assert 0 <= image.min() <= image.max() <= 1


def test_run_says_each_row_as_it_is_made_and_returns_all(monkeypatch):
    first, second, said = row(name="a"), row(name="b"), []
    monkeypatch.setattr(bench, "BENCHMARKS", {"a": lambda effort: iter([first]), "b": lambda effort: iter([second])})
    assert bench.run(say=said.append) == said == [first, second]
    assert bench.run(["b"]) == [second]


def test_run_refuses_an_unknown_name_before_it_measures(monkeypatch):
    monkeypatch.setitem(bench.BENCHMARKS, "fit", lambda effort: pytest.fail("measured"))
    with pytest.raises(InputError, match=r"There is no benchmark 'triplets'\. Did you mean 'triplet'\?"):
        bench.run(["fit", "triplets"])


def test_lines_carry_figures_and_provenance_and_leave_out_what_was_skipped(monkeypatch, tmp_path):
    monkeypatch.setenv("RESNET_LABS_COMMAND", "resnet-labs bench race")
    measured = row(ours=(1.0, 2.0, 2.0), theirs=(3.0, 4.0, 8.0), target=2.0)
    target = tmp_path / "new" / "results.jsonl"
    bench.write(target, [measured, row(skipped="away")])
    bench.write(target, [measured])
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2
    assert (lines[0]["ratio"], lines[0]["lowest"], lines[0]["highest"]) == (3.0, 2.0, 4.0)
    assert lines[0]["ours"] == [1.0, 2.0, 2.0]
    assert lines[0]["command"] == "resnet-labs bench race"
    assert {"python", "torch", "torchvision"} <= set(lines[0]["versions"])
    assert all(lines[0][name] for name in ("device", "machine", "precision", "date"))


def test_a_line_says_in_which_number_format_ours_was_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "_multiplies_bf16", lambda: True)  # so that `auto` is another format than fp32
    target = tmp_path / "results.jsonl"
    bench.write(target, [row(ours=(1.0,), theirs=(2.0,)), row(ours=(1.0,), theirs=(2.0,), precision="bf16")])
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [line["precision"] for line in lines] == ["fp32", "bf16"]
    (step,) = training.step(BRIEF, **TINY["step"])
    (equal, _) = training.step_equal(BRIEF, **TINY["step-equal"])
    (fit,) = training.fit_digits(BRIEF, **TINY["fit"])
    assert [made.precision for made in (step, equal, fit)] == ["bf16", "bf16", "fp32"]


def test_lines_name_the_versions_of_the_peers_that_are_installed(monkeypatch):
    versions = {"timm": "1.2"}
    monkeypatch.setattr(rows.metadata, "distributions", lambda name: [name] if name in versions else [])
    monkeypatch.setattr(rows.metadata, "version", versions.__getitem__)
    assert rows._peer_versions() == versions
