"""What runs before the answers: names that need neither data nor training, and nothing that is withheld."""

from __future__ import annotations

import subprocess
import sys

import pytest
from helpers.submitted import bundle, solution

from resnet_labs.grading import parsing
from resnet_labs.grading.prelude import prelude
from resnet_labs.grading.withheld import everywhere

LABS = [f"0{number}" for number in range(1, 9)]


def taken(source, answers=(), withheld=()):
    """The names that a prelude of one cell defines, beside those of every prelude."""
    return parsing.defined(parsing.tree(prelude([source], answers, withheld)).body) - parsing.defined(
        parsing.tree(prelude([], (), ())).body
    )


TAKEN = {
    "numbers": ("batch_size, rate = 128, 0.1", {"batch_size", "rate"}),
    "what fast mode chooses": ("epochs = 3 if fast else 20", {"epochs"}),
    "the branch of fast mode": ("if fast:\n    pixels = 8\nelse:\n    other = 224", {"pixels"}),
    "the other branch": ("if not fast:\n    pixels = 8\nelse:\n    other = 224", {"other"}),
    "quick values": ("import torch\nones = torch.ones(3)\nrange_ = range(len(ones))", {"torch", "ones", "range_"}),
    "functions": ("def helper(x):\n    return expensive(x)", {"helper"}),
    "classes": ("from torch import nn\nclass Part(nn.Module):\n    pass", {"nn", "Part"}),
    "loops within a value": ("squares = [k**2 for k in range(9)]", {"squares"}),
    "rooms that are loaded later": ("from resnet_labs import plotting, recipes", {"plotting", "recipes"}),
}
LEFT_OUT = {
    "data": "from resnet_labs import data\ntrain_set = data.load('digits', split='train')",
    "what hangs on data": "count = len(train_set)",
    "training": "history = fit(network)",
    "a class with an unknown base": "class Part(Unknown):\n    pass",
    "a decorated function": "@expensive()\ndef helper():\n    pass",
    "an expression": "print(3)",
    "files": "text = open('x').read()",
    "code from text": "value = eval('1')",
    "attributes of things": "import torch\ntorch.nn.x = 3",
    "the modes": "fast = False\nreport_mode = True",
    "a loop": "for k in range(3):\n    x = k",
}


@pytest.mark.parametrize("name", TAKEN)
def test_quick_names_are_taken(name):
    source, names = TAKEN[name]
    assert taken(source) == names


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_takes_time_or_data_is_left_out(name):
    assert taken(LEFT_OUT[name]) <= {"data", "torch"}


def test_answers_and_what_is_withheld_are_left_out():
    source = "from torch import nn\nfrom torch.nn import functional\nfrom resnet_labs import losses, train\nadapt = 1"
    assert taken(source, ["adapt"], ["resnet_labs.losses", "torch.nn.functional"]) == {"nn", "train"}
    assert taken("def adapt():\n    pass", ["adapt"]) == set()


@pytest.mark.parametrize("lab", LABS)
def test_an_answer_needs_no_name_that_the_prelude_lacks(lab):
    """Every name that the solution's answers read is there, and nothing of another exercise is defined."""
    made = bundle(lab)
    before = parsing.defined(parsing.tree(made.prelude).body)
    answers = [source for _, source in solution(lab).answers]
    known = before.union(*(parsing.defined(parsing.tree(source).body) for source in answers))
    assert set().union(*map(parsing.needed, answers)) <= known
    assert not before & {name for each in made.exercises for name in each.probe.answers}


def test_the_preludes_run_without_data_in_seconds():
    """All of them, one after the other, in one process that cannot write files or load data."""
    script = "import resnet_labs\nfrom resnet_labs import data\ndata.load = None\n"
    script += "\n".join(f"exec({bundle(lab).prelude!r}, {{}})" for lab in LABS)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]


def test_a_withheld_object_has_all_its_names():
    names = everywhere(["resnet_labs.blocks", "torch.nn.functional.cross_entropy", "timm", "torch.nothing"])
    assert {"resnet_labs.BasicBlock", "resnet_labs.resnet.BasicBlock", "torch.nothing", "timm"} <= set(names)
    assert not any(name.startswith("resnet_labs.blocks.") for name in names)
    assert "torch.nn.functional.nll_loss" not in names
    assert "torch.nn.functional" not in names
