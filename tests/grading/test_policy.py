"""The import rule: what takes the answer from a library is refused, and what only looks like it is not."""

from __future__ import annotations

import pytest

from resnet_labs.grading import policy
from resnet_labs.grading.withheld import everywhere

PRELUDE = """\
import math
import torch
import torch.nn.functional as F
from torch import nn
from resnet_labs.resnet import resnet18
checks = None
"""
WITHHELD = everywhere(
    [
        "torch.nn.functional.cross_entropy",
        "torch.nn.CrossEntropyLoss",
        "torch.cdist",
        "resnet_labs.losses",
        "torchvision.models",
    ]
)
FORBIDDEN = {
    "the function": "def answer(x, y):\n    return F.cross_entropy(x, y)",
    "its full name": "def answer(x, y):\n    return torch.nn.functional.cross_entropy(x, y)",
    "the class": "answer = nn.CrossEntropyLoss()",
    "the class by its home": "answer = torch.nn.modules.loss.CrossEntropyLoss()",
    "an alias of the module": "G = F\nanswer = lambda x, y: G.cross_entropy(x, y)",
    "a chain of aliases": "a = torch\nb = a.nn\nc = b.functional\nanswer = c.cross_entropy",
    "the first of a list": "answer = [F][0].cross_entropy",
    "one of two": "answer = (F if True else nn).cross_entropy",
    "aliases side by side": "a, b = math, F\nanswer = b.cross_entropy",
    "an alias in an expression": "answer = lambda x, y: (G := F).cross_entropy(x, y)",
    "an import": "from torch.nn.functional import cross_entropy as ce\nanswer = ce",
    "an import in the function": "def answer(x):\n    from torch.nn import functional as g\n    return g.cross_entropy",
    "an import under another name": "import torch.nn.functional as math2\nanswer = math2.cross_entropy",
    "everything": "from torch.nn.functional import *\nanswer = cross_entropy",
    "ours": "from resnet_labs.losses import cross_entropy as answer",
    "our module": "import resnet_labs.losses\nanswer = resnet_labs.losses.cross_entropy",
    "our module by the package": "from resnet_labs import losses\nanswer = losses.cross_entropy",
    "our public name": "import resnet_labs\nanswer = resnet_labs.cross_entropy",
    "another module that has it": "answer = torch.functional.cdist",
    "torch inside torch": "answer = torch.functional.torch.cdist",
    "getattr": "answer = getattr(F, 'cross_entropy')",
    "getattr in pieces": "answer = getattr(F, 'cross' + '_' + 'entropy')",
    "getattr in an f-string": "answer = getattr(F, f'cross_{\"entropy\"}')",
    "getattr by a variable": "name = 'cross_entropy'\nanswer = getattr(F, name)",
    "getattr of getattr": "answer = getattr(getattr(torch, 'nn'), 'functional').cross_entropy",
    "getattr backwards": "answer = getattr(F, 'yportne_ssorc'[::-1])",
    "vars": "answer = vars(F)['cross_entropy']",
    "__dict__": "answer = F.__dict__['cross_entropy']",
    "attrgetter": "import operator\nanswer = operator.attrgetter('cross_entropy')(F)",
    "attrgetter by a variable": "from operator import attrgetter\nanswer = attrgetter(name)(F)",
    "importlib": "import importlib\nanswer = importlib.import_module('torch.nn.functional')",
    "importlib in a function": "def answer(x, y):\n    from importlib import import_module as get\n    return get('x')",
    "__import__": "answer = __import__('torch').nn",
    "eval": "answer = eval('F.cross_entropy')",
    "exec": "exec('def answer(x, y): return 1')",
    "compile": "code = compile('1', '', 'eval')",
    "builtins": "import builtins\nanswer = builtins.eval('1')",
    "sys.modules": "import sys\nanswer = sys.modules['torch.nn.functional']",
    "globals of a function": "answer = F.relu.__globals__['cross_entropy']",
    "get_ipython": "get_ipython().run_cell('x')",
    "an inner function": "def answer(x):\n    def inner(a):\n        return F.cross_entropy(a, a)\n    return inner(x)",
    "a default": "def answer(x, y, f=F.cross_entropy):\n    return f(x, y)",
    "a default that is the module": "def answer(x, y, f=F):\n    return f.cross_entropy(x, y)",
    "a decorator": "@F.cross_entropy\ndef answer(x, y):\n    return x",
    "a class's attribute": "class answer:\n    loss = F.cross_entropy",
    "a comprehension": "answer = [F.cross_entropy(x, x) for x in ()]",
    "an annotation's value": "answer: object = F.cross_entropy",
    "after %%time": "%%time\nanswer = F.cross_entropy",
    "behind %timeit": "%time answer = F.cross_entropy",
    "a file that is written": "%%writefile loss.py\nfrom torch.nn.functional import cross_entropy",
    "torchvision's networks": "import torchvision\nanswer = torchvision.models.resnet18",
    "networks by an import": "from torchvision.models.resnet import BasicBlock",
    "pkgutil": "import pkgutil\nanswer = pkgutil.resolve_name('torch.nn.functional:cross_entropy')",
    "try": "try:\n    from torch.nn.functional import cross_entropy\nexcept ImportError:\n    pass",
    "match": "match F:\n    case _:\n        answer = F.cross_entropy",
}
ALLOWED = {
    "another function": "def answer(x, y):\n    return F.nll_loss(x.log_softmax(1), y)",
    "its own function of that name": "def cross_entropy(x, y):\n    return 1\n\nanswer = cross_entropy(1, 2)",
    "its own class of that name": "class CrossEntropyLoss(nn.Module):\n    pass\n\nanswer = CrossEntropyLoss()",
    "the words in a docstring": "def answer(x):\n    '''As F.cross_entropy; no exec.'''\n    # F.cross_entropy",
    "evaluation mode": "def answer(network):\n    network.eval()\n    return torch.compile(network)",
    "getattr of a network": "def answer(network):\n    return [getattr(network, f'layer{k}') for k in range(1, 5)]",
    "setattr in a loop": "def answer(net, parts):\n    for name, part in parts:\n        setattr(net, name, part)",
    "getattr of a module that holds nothing": "name = 'sqrt'\nanswer = getattr(math, name)",
    "an optimizer by its name": "answer = lambda name: getattr(torch.optim, 'SGD')",
    "a parameter called F": "def answer(F):\n    return F.cross",
    "a regular expression": "import re\nanswer = re.compile('x')",
    "a syntax error": "def answer(x:\n    F.cross_entropy",
    "a magic": "%matplotlib inline\nanswer = 1",
    "training": "def answer(network):\n    network.train()\n    return network.training",
    "isinstance": "answer = lambda m: isinstance(m, nn.Conv2d) and m.__class__.__name__",
    "state": "answer = lambda network: network.__dict__",
}
FLAGGED = {
    "torch's insides": "answer = torch.ops.aten.cross_entropy_loss",
    "torch's C": "answer = torch._C._nn.cross_entropy_loss",
    "an attribute of a thing in a dict": "answer = {'f': F}['f'].cross_entropy",
    "an attribute of a loop's name": "for module in [F]:\n    answer = module.cross_entropy",
    "a magic that runs a program": "!pip install timm\nanswer = 1",
}


def found(source):
    return policy.findings([PRELUDE, source], WITHHELD, own=("answer",))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_withheld_or_hidden_is_refused(name):
    assert any(each.forbidden for each in found(FORBIDDEN[name])), found(FORBIDDEN[name])


@pytest.mark.parametrize("name", ALLOWED)
def test_what_only_looks_like_it_is_fine(name):
    assert not found(ALLOWED[name])


@pytest.mark.parametrize("name", FLAGGED)
def test_what_may_be_it_is_shown_to_a_person(name):
    assert found(FLAGGED[name])
    assert not any(each.forbidden for each in found(FLAGGED[name]))


def test_an_exercise_that_withholds_nothing_has_no_rule():
    assert policy.findings([PRELUDE, FORBIDDEN["eval"]], ()) == []


def test_the_prelude_itself_is_not_judged():
    prelude = PRELUDE + "import importlib\nlater = importlib.import_module('resnet_labs.losses')\n"
    assert policy.findings([prelude, "answer = 1"], WITHHELD) == []


def test_a_second_cell_knows_the_names_of_the_first():
    assert policy.findings([PRELUDE, "G = F", "answer = G.cross_entropy"], WITHHELD)[0].forbidden


@pytest.mark.parametrize("source", ["-" * 60_000 + "1", "a" + ".b" * 30_000, "[" * 5000, "x = " + "(" * 90 + ")" * 90])
def test_nothing_is_too_deep_for_it(source):
    found(source)
