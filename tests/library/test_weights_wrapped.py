"""State dicts as wrappers, frameworks and training scripts save them: loaded, and said once what was changed."""

from __future__ import annotations

import copy
import warnings
from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resnet_labs import checkpoint
from resnet_labs.blocks import BasicBlock
from resnet_labs.errors import InputError
from resnet_labs.resnet import ResNet
from resnet_labs.weights import load_weights


def small(**options: Any) -> ResNet:
    return ResNet(BasicBlock, [1, 1], widths=[4, 8], **{"num_classes": 5, "stem": "small", **options})


def renamed(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return OrderedDict((prefix + name, value) for name, value in state.items())


def same(model: nn.Module, state: dict[str, Tensor]) -> bool:
    own = model.state_dict()
    return list(own) == list(state) and all(torch.equal(own[name], state[name]) for name in own)


def inside(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As torch.compile and DataParallel leave it that wrapped two parts of the network."""
    return {
        name.replace("layer1.0", "layer1._orig_mod.0").replace("layer2.", "layer2.module."): value
        for name, value in state.items()
    }


WRAPPED = {
    "DataParallel": (lambda state: renamed(state, "module."), "'module.'"),
    "torch.compile": (lambda state: renamed(state, "_orig_mod."), "'_orig_mod.'"),
    "DDP of a compiled network": (lambda state: renamed(state, "module._orig_mod."), "'module._orig_mod.'"),
    "a compiled DDP": (lambda state: renamed(state, "_orig_mod.module."), "'_orig_mod.module.'"),
    "DDP twice": (lambda state: renamed(state, "module.module."), "'module.module.'"),
    "Lightning": (lambda state: renamed(state, "model."), "'model.'"),
    "Lightning, compiled": (lambda state: renamed(state, "model._orig_mod."), "'model._orig_mod.'"),
    "another attribute": (lambda state: renamed(state, "net.backbone."), "'net.backbone.'"),
}


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_a_prefix_is_removed_and_that_is_said_once(tmp_path, wrapped):
    wrap, prefix = WRAPPED[wrapped]
    state = small().state_dict()
    torch.save(wrap(state), tmp_path / "weights.pt")
    for source in (wrap(state), tmp_path / "weights.pt"):
        with pytest.warns(UserWarning, match="prefix") as said:
            model = load_weights(small(), source)
        assert same(model, state)
        assert len(said) == 1
        assert f"{prefix} was removed from {len(state)} names" in str(said[0].message)


def test_wrappers_within_the_network_are_removed():
    state = small().state_dict()
    with pytest.warns(UserWarning, match=r"'_orig_mod\.', 'module\.' was removed from \d+ names"):
        assert same(load_weights(small(), inside(state)), state)


def test_the_real_wrappers_of_torch():
    theirs = small()
    for wrapped in (nn.DataParallel(theirs), torch.compile(theirs), torch.compile(nn.DataParallel(theirs))):
        with pytest.warns(UserWarning, match="was removed from"):
            assert same(load_weights(small(), wrapped.state_dict()), theirs.state_dict())
    averaged = torch.optim.swa_utils.AveragedModel(theirs)
    with pytest.warns(UserWarning, match=r"Left out: n_averaged\."):
        assert same(load_weights(small(), averaged.state_dict()), theirs.state_dict())


def test_the_model_may_be_wrapped_itself():
    state = small().state_dict()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model in (torch.compile(small()), nn.DataParallel(small())):
            wrapped = load_weights(model, state)
            assert all(torch.equal(a, b) for a, b in zip(wrapped.state_dict().values(), state.values(), strict=True))
            load_weights(model, model.state_dict())
    with pytest.warns(UserWarning, match=r"'module\.' was removed"):
        load_weights(torch.compile(small()), renamed(state, "module."))


def test_names_of_wrappers_that_are_the_model_s_own_are_kept():
    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            self.module = small()

    theirs = Holder()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(load_weights(Holder(), theirs.state_dict()), theirs.state_dict())


ENTRIES = {
    "timm": (lambda s: {"epoch": 3, "arch": "resnet18", "state_dict": s, "optimizer": {"state": {}}}, "state_dict"),
    "torchvision": (lambda s: {"model": s, "optimizer": {}, "lr_scheduler": {"a": 1}, "epoch": 3}, "model"),
    "a tutorial": (lambda s: {"epoch": 3, "model_state_dict": s, "loss": 0.5}, "model_state_dict"),
    "beside averages": (lambda s: {"state_dict": s, "state_dict_ema": dict(s)}, "state_dict"),
    "the only state dict": (lambda s: {"weights": s, "settings": "none"}, "weights"),
    "nested": (lambda s: {"model": {"state_dict": s, "arch": "x"}}, "model.state_dict"),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_the_entry_with_the_weights_is_taken_and_what_is_left_out_is_named(tmp_path, case):
    wrap, entry = ENTRIES[case]
    state = small().state_dict()
    torch.save(wrap(state), tmp_path / "run.pt")
    with pytest.warns(UserWarning, match="entry") as said:
        assert same(load_weights(small(), tmp_path / "run.pt"), state)
    assert len(said) == 1
    text = str(said[0].message)
    assert str(tmp_path / "run.pt") in text
    assert f"'{entry}'" in text
    for other in wrap(state):
        assert other in text


def test_a_lightning_checkpoint(tmp_path):
    state = small().state_dict()
    extra = {"criterion.weight": torch.ones(5), "metric.total": torch.zeros(())}
    saved = {"state_dict": renamed(state, "model.") | extra, "epoch": 1, "callbacks": {}, "hparams_name": "kwargs"}
    torch.save(saved, tmp_path / "last.ckpt")
    with pytest.warns(UserWarning, match="'state_dict' was loaded") as said:
        assert same(load_weights(small(), tmp_path / "last.ckpt"), state)
    (warning,) = said
    assert str(warning.message) == (
        f"From '{tmp_path}/last.ckpt', the entry 'state_dict' was loaded. The prefix 'model.' was removed from "
        f"{len(state)} names. Left out: epoch, callbacks, hparams_name, criterion.weight, metric.total."
    )


def test_a_checkpoint_of_ours(tmp_path):
    theirs = small()
    saved = {"model": theirs.state_dict(), "loss": {"centers": torch.zeros(3, 3)}, "optimizer": {}, "rows": []}
    checkpoint.save(tmp_path / "run.pt", saved)
    with pytest.warns(UserWarning, match=r"the entry 'model' was loaded\. Left out: loss, optimizer, rows\."):
        assert same(load_weights(small(), tmp_path / "run.pt"), theirs.state_dict())


def test_old_wrapped_files_without_counts_of_batches():
    state = {name: value for name, value in small().state_dict().items() if not name.endswith("num_batches_tracked")}
    with pytest.warns(UserWarning, match=rf"'module\.' was removed from {len(state)} names"):
        model = load_weights(small(), renamed(state, "module."))
    assert torch.equal(model.conv1.weight, state["conv1.weight"])


def refused(source: Any, **options: Any) -> InputError:
    model = small(**options)
    before = copy.deepcopy(model.state_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError) as caught:
            load_weights(model, source)
    assert same(model, before)
    return caught.value


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_wrapped_weights_of_another_network_are_told_by_what_differs_not_by_their_prefix(wrapped):
    wrap, prefix = WRAPPED[wrapped]
    error = refused(wrap(small(num_classes=7).state_dict()))
    assert error.problem == (
        f"The weights, without the prefix {prefix}, do not fit the model: "
        "2 of another shape (fc.weight (7, 8) instead of (5, 8), fc.bias (7,) instead of (5,))."
    )


def test_what_is_missing_or_too_much_under_a_prefix_is_refused():
    state = small().state_dict()
    short = {name: value for name, value in state.items() if name != "fc.bias"}
    assert "1 missing (fc.bias)" in refused(renamed(short, "module.")).problem
    assert "1 unexpected (extra)" in refused(renamed({**state, "extra": torch.ones(1)}, "module.")).problem


def test_two_networks_that_fit_are_not_chosen_between():
    state = small().state_dict()
    error = refused(renamed(state, "student.") | renamed(state, "teacher."))
    assert "'student.'" in str(error)
    assert "'teacher.'" in str(error)
    assert "removeprefix" in error.fix
    error = refused({"generator": dict(state), "discriminator": dict(state)})
    assert "state['generator']" in error.fix


def test_a_small_part_that_happens_to_fit_is_not_taken():
    state = small(num_classes=5).state_dict()
    layer = nn.Linear(8, 5)
    with pytest.raises(InputError, match="do not fit the model"):
        load_weights(layer, state)
    assert not torch.equal(layer.weight, state["fc.weight"])


def test_the_same_name_with_and_without_a_wrapper_is_refused():
    state = small().state_dict()
    assert "unexpected" in refused(state | {"module.conv1.weight": torch.zeros(4, 3, 3, 3)}).problem


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"model": nn.Linear(1, 1)}, "state['model'] is a whole model. Give its state_dict()."),
        ({"epoch": 3, "optimizer": {"state": {}}}, "is not a state dict but a dict of epoch, optimizer."),
        ({"conv1.weight": torch.zeros(2).numpy()}, "'conv1.weight' is a numpy.ndarray"),
        ({"model": {"state_dict": {"model": {"model": {}}}}}, "is not a state dict"),
    ],
)
def test_what_holds_no_state_dict_is_told(source, said):
    assert said in str(refused(source))


def test_a_dict_that_holds_itself_is_told():
    circle: dict[str, Any] = {}
    circle["model"] = circle
    assert "is not a state dict" in str(refused(circle))
