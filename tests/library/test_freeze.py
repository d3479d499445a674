from __future__ import annotations

import copy
import io
import pickle
import shutil
from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from packaging.version import Version
from torch import Tensor, nn
from torchvision.models import DenseNet, GoogLeNet, VisionTransformer
from torchvision.models import resnet18 as torchvision_resnet18

from resnet_labs.errors import InputError
from resnet_labs.freeze import (
    freeze_,
    frozen_names,
    last_block_,
    linear_probe_,
    unfreeze_,
)
from resnet_labs.resnet import cifar_resnet, resnet18

OPTIMIZERS = {
    "sgd": partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=0.1),
    "nesterov": partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "adam": partial(torch.optim.Adam, lr=0.1, weight_decay=0.1),
    "amsgrad": partial(torch.optim.Adam, lr=0.1, amsgrad=True, weight_decay=0.1),
    "adamw": partial(torch.optim.AdamW, lr=0.1, weight_decay=0.1),
    "rmsprop": partial(torch.optim.RMSprop, lr=0.1, momentum=0.9, weight_decay=0.1),
}


def small() -> nn.Sequential:
    """Batch norm, dropout and two linear layers; the backbone is [0], the head is [1]."""
    torch.manual_seed(0)
    backbone = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    return nn.Sequential(backbone, nn.Linear(6, 2))


def vit() -> VisionTransformer:
    torch.manual_seed(0)
    return VisionTransformer(16, 8, 2, 2, 8, 16, dropout=0.3, attention_dropout=0.3, num_classes=2)


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def moved(module: nn.Module, before: dict[str, Tensor]) -> set[str]:
    after = module.state_dict()
    assert list(after) == list(before)
    return {name for name in after if not torch.equal(after[name], before[name])}


def train(
    model: nn.Module,
    *,
    steps: int = 3,
    optimizer: torch.optim.Optimizer | None = None,
    set_to_none: bool = True,
    size: int = 16,
    batch: int = 4,
) -> None:
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    generator = torch.Generator().manual_seed(1)
    model.train()
    for _ in range(steps):
        images = torch.rand(batch, 3, size, size, generator=generator)
        (model(images) - 1).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=set_to_none)


# --- what a freeze is ---------------------------------------------------------------------------------------------


def test_a_frozen_part_stays_bitwise_still_and_the_rest_trains() -> None:
    model = small()
    freeze_(model[0])
    before = state(model)
    train(model)
    assert moved(model, before) == {"1.weight", "1.bias"}


def test_without_freeze_the_same_steps_move_everything() -> None:
    model = small()
    before = state(model)
    train(model)
    assert moved(model, before) == set(before)


def test_requires_grad_alone_lets_running_statistics_move() -> None:
    model = small()
    model[0].requires_grad_(False)
    before = state(model)
    train(model)
    assert {"0.1.running_mean", "0.1.running_var", "0.1.num_batches_tracked"} <= moved(model, before)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("variant", ["plain", "foreach", "fused"])
@pytest.mark.parametrize("set_to_none", [True, False])
def test_an_optimizer_with_momentum_and_stale_gradients_does_not_move_it(
    name: str, variant: str, set_to_none: bool
) -> None:
    if variant == "fused" and name == "rmsprop":
        pytest.skip("torch has no fused RMSprop")
    model = small()
    options = {"foreach": variant == "foreach"} if variant != "fused" else {"fused": True}
    optimizer = OPTIMIZERS[name](model.parameters(), **options)
    train(model, optimizer=optimizer, set_to_none=set_to_none)  # builds up momentum
    model(torch.rand(4, 3, 16, 16)).sum().backward()  # leaves gradients behind
    freeze_(model[0])
    assert all(parameter.grad is None for parameter in model[0].parameters())
    before = state(model)
    train(model, optimizer=optimizer, set_to_none=set_to_none)
    assert moved(model, before) == {"1.weight", "1.bias"}
    assert all(parameter.grad is None for parameter in model[0].parameters())


def test_a_gradient_left_where_the_user_froze_by_hand_is_removed_too() -> None:
    model = small()
    model(torch.rand(4, 3, 16, 16)).sum().backward()
    model[0].requires_grad_(False)
    assert freeze_(model[0]) == []
    assert all(parameter.grad is None for parameter in model[0].parameters())


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.BatchNorm1d(4), (3, 4)),
        (nn.BatchNorm2d(4, affine=False), (3, 4, 5, 5)),
        (nn.BatchNorm2d(4, momentum=None), (3, 4, 5, 5)),
        (nn.BatchNorm3d(4), (3, 4, 2, 2, 2)),
        (nn.SyncBatchNorm(4), (3, 4, 5, 5)),
        (nn.LazyBatchNorm2d(), (3, 4, 5, 5)),
        (nn.InstanceNorm2d(4, affine=True, track_running_stats=True), (3, 4, 5, 5)),
        (nn.Dropout(), (3, 4)),
        (nn.Dropout2d(), (3, 4, 5, 5)),
        (nn.AlphaDropout(), (3, 4)),
        (nn.FeatureAlphaDropout(), (3, 4, 5, 5)),
        (nn.RReLU(), (3, 4)),
        (nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4)), (3, 4)),
        (nn.LSTM(4, 4, num_layers=2, dropout=0.5), (3, 4)),
        (nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, batch_first=True), (2, 3, 4)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_every_layer_that_knows_a_mode_computes_as_in_eval(layer: nn.Module, shape: tuple[int, ...]) -> None:
    layer.eval()(torch.randn(shape))  # a lazy layer takes its shape
    reference = copy.deepcopy(layer)
    freeze_(layer)
    before = state(layer)
    inputs = torch.randn(shape)
    got, expected = layer.train()(inputs), reference.eval()(inputs)
    if isinstance(got, tuple):
        got, expected = got[0], expected[0]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)
    assert moved(layer, before) == set()


def test_spectral_norm_by_hook_stands_still() -> None:
    layer = nn.utils.spectral_norm(nn.Linear(4, 4))
    freeze_(layer)
    before = layer.weight_u.clone()
    layer.train()(torch.randn(2, 4))
    assert torch.equal(layer.weight_u, before)
    unfreeze_(layer)
    layer(torch.randn(2, 4))
    assert not torch.equal(layer.weight_u, before)


class OwnBlock(nn.Module):
    """A learner's block that asks for its mode itself."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.linear(x), 0.5, self.training)


def test_dropout_by_function_inside_a_frozen_block_is_off() -> None:
    block = OwnBlock()
    inputs = torch.randn(8, 4)
    assert not torch.equal(block(inputs), block(inputs))
    freeze_(block)
    assert torch.equal(block.train()(inputs), block.linear(inputs))


@pytest.mark.parametrize(
    "switch",
    [
        lambda model: model.train(),
        lambda model: [part.train() for part in model.modules()],
        lambda model: model.apply(lambda part: setattr(part, "training", True)),
        lambda model: nn.Module.train(model, True),
    ],
    ids=["train", "each train", "flags by hand", "unbound"],
)
def test_no_way_to_say_train_wakes_it(switch: Callable[[nn.Module], object]) -> None:
    model = small()
    freeze_(model[0])
    before = state(model)
    switch(model)
    images = torch.rand(4, 3, 16, 16)
    assert torch.equal(model(images), model(images))
    assert moved(model, before) == set()
    assert all(part.training for part in model.modules())  # flags say what train() said


def test_the_flags_come_back_when_the_call_raises() -> None:
    layer = nn.BatchNorm2d(3)
    freeze_(layer)
    with pytest.raises(RuntimeError, match="should contain 5 elements not 3"):
        layer(torch.rand(4, 5, 16, 16))
    assert layer.training


def test_a_hook_of_others_that_raises_first_leaves_the_flags_alone() -> None:
    layer = nn.BatchNorm2d(3)
    freeze_(layer)
    layer.eval()(torch.rand(4, 3, 16, 16))
    layer.train()

    def stop(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        raise RuntimeError("stop")

    handle = layer.register_forward_pre_hook(stop, prepend=True)
    with pytest.raises(RuntimeError, match="stop"):
        layer(torch.rand(4, 3, 16, 16))
    handle.remove()
    assert layer.training


def test_eval_stays_eval() -> None:
    model = small().eval()
    freeze_(model)
    model(torch.rand(4, 3, 16, 16))
    unfreeze_(model)
    assert not any(part.training for part in model.modules())


def test_the_names_it_changed_come_back_in_order() -> None:
    model = small()
    assert freeze_(model[0]) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert frozen_names(model) == ["0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias"]
    assert unfreeze_(model) == ["0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias"]
    assert frozen_names(model) == []


def test_a_module_without_parameters_can_be_frozen() -> None:
    layer = nn.Dropout()
    assert freeze_(layer) == []
    assert torch.equal(layer(torch.ones(9)), torch.ones(9))


# --- it is reversible ---------------------------------------------------------------------------------------------


def test_freezing_twice_leaves_nothing_behind() -> None:
    model, untouched = small(), small()
    assert len(freeze_(model)) == 6
    assert freeze_(model) == []
    unfreeze_(model)
    assert unfreeze_(model) == []
    for part, other in zip(model.modules(), untouched.modules(), strict=True):
        assert part.__dict__.keys() == other.__dict__.keys()
        assert not part._forward_pre_hooks
        assert not part._forward_hooks
        assert not part._forward_hooks_always_called


@pytest.mark.parametrize("again", [True, False], ids=["train() again", "no train()"])
def test_after_unfreeze_training_equals_a_model_that_was_never_frozen(again: bool) -> None:
    never, model = small(), small()
    start = state(model)
    freeze_(model[0])
    model.train()
    for _ in range(2):
        model(torch.rand(4, 3, 16, 16))
    unfreeze_(model)
    model.load_state_dict(start)
    for network in (never, model):
        torch.manual_seed(3)  # dropout
        if again:
            network.train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        for _ in range(3):
            optimizer.zero_grad()
            network(torch.linspace(0, 1, 4 * 3 * 16 * 16).view(4, 3, 16, 16)).square().sum().backward()
            optimizer.step()
    assert moved(model, state(never)) == set()
    assert moved(model, start) == set(start)


def test_what_you_froze_by_hand_is_not_thawed() -> None:
    model = small()
    model[0][0].weight.requires_grad_(False)
    assert "0.0.weight" not in freeze_(model)
    assert "0.0.weight" not in unfreeze_(model)
    assert frozen_names(model) == ["0.0.weight"]
    model[1].requires_grad_(False)
    assert unfreeze_(model) == []
    assert frozen_names(model) == ["0.0.weight", "1.weight", "1.bias"]


def test_a_child_of_a_frozen_parent_can_train_alone() -> None:
    model = small()
    freeze_(model)
    assert unfreeze_(model[0][1]) == ["weight", "bias"]
    before = state(model)
    train(model)
    norm = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
    assert moved(model, before) == {f"0.1.{name}" for name in norm}
    assert unfreeze_(model) == ["0.0.weight", "0.0.bias", "1.weight", "1.bias"]


def test_a_frozen_child_inside_a_frozen_parent_is_frozen_once() -> None:
    model = small()
    freeze_(model[0][1])
    assert freeze_(model) == ["0.0.weight", "0.0.bias", "1.weight", "1.bias"]
    assert len(model[0][1]._forward_pre_hooks) == 1
    assert len(unfreeze_(model)) == 6


def test_hooks_of_others_stay() -> None:
    model, seen = small(), []
    model[0][1].register_forward_pre_hook(lambda module, inputs: seen.append("before"))
    freeze_(model)
    model[0][1].register_forward_hook(lambda module, inputs, outputs: seen.append("after"))
    unfreeze_(model)
    model(torch.rand(2, 3, 16, 16))
    assert seen == ["before", "after"]


# --- copies -------------------------------------------------------------------------------------------------------


def through_torch_save(model: nn.Module) -> nn.Module:
    memory = io.BytesIO()
    torch.save(model, memory)
    memory.seek(0)
    return torch.load(memory, weights_only=False)


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)), through_torch_save],
    ids=["deepcopy", "pickle", "torch.save"],
)
def test_a_copy_is_frozen_and_can_be_thawed_without_the_original(
    duplicate: Callable[[nn.Module], nn.Module],
) -> None:
    model = small()
    freeze_(model[0])
    twin = duplicate(model)
    before = state(twin)
    train(twin)
    assert moved(twin, before) == {"1.weight", "1.bias"}
    assert len(unfreeze_(twin)) == 4
    before = state(twin)
    train(twin)
    assert moved(twin, before) == set(before)
    before = state(model)
    train(model)
    assert moved(model, before) == {"1.weight", "1.bias"}


def test_a_hook_registered_after_unpickling_does_not_displace_ours() -> None:
    model = small()
    freeze_(model[0])
    twin = pickle.loads(pickle.dumps(model))
    handle = twin[0][1].register_forward_pre_hook(lambda module, inputs: None)
    assert len(twin[0][1]._forward_pre_hooks) == 2
    handle.remove()
    assert len(twin[0][1]._forward_pre_hooks) == 1


def test_state_dicts_pass_in_and_out_of_a_frozen_model() -> None:
    model, other = small(), small()
    nn.init.ones_(other[0][0].weight)
    keys = list(model.state_dict())
    freeze_(model)
    assert list(model.state_dict()) == keys
    model.load_state_dict(other.state_dict())
    assert moved(model, state(other)) == set()
    assert len(frozen_names(model)) == 6
    other.load_state_dict(model.state_dict())
    assert frozen_names(other) == []


@pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile needs a compiler")
@pytest.mark.skipif(Version(torch.__version__) < Version("2.7"), reason="torch 2.6 cannot trace jaxtyping's checks")
def test_a_compiled_model_stays_frozen_in_one_graph() -> None:
    model = small()
    freeze_(model[0])
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    before = state(model)
    model.train()
    for _ in range(2):
        compiled(torch.rand(4, 3, 16, 16)).sum().backward()
    assert moved(model, before) == set()
    assert model[1].weight.grad is not None
    assert model[0][0].weight.grad is None
    unfreeze_(model)
    compiled(torch.rand(4, 3, 16, 16))
    assert "0.1.running_mean" in moved(model, before)
    torch.compiler.reset()


# --- whole networks -----------------------------------------------------------------------------------------------

RESNETS = {
    "ours": lambda: resnet18(num_classes=2, stem="small"),
    "torchvision": lambda: torchvision_resnet18(num_classes=2),
    "cifar": lambda: cifar_resnet(8, num_classes=2),
}


@pytest.mark.parametrize("name", RESNETS)
def test_a_linear_probe_trains_the_head_alone(name: str) -> None:
    model = RESNETS[name]()
    changed = linear_probe_(model)
    assert changed == [key for key, _ in model.named_parameters() if not key.startswith("fc.")]
    before = state(model)
    train(model, steps=2)
    assert moved(model, before) == {"fc.weight", "fc.bias"}


@pytest.mark.parametrize(
    ("name", "block"), [("ours", "layer4.1."), ("torchvision", "layer4.1."), ("cifar", "layer3.0.")]
)
def test_last_block_trains_the_last_block_and_the_head(name: str, block: str) -> None:
    model = RESNETS[name]()
    last_block_(model)
    before = state(model)
    train(model, steps=2, size=64)
    assert moved(model, before) == {key for key in before if key.startswith((block, "fc."))}


def test_from_probe_to_last_block_and_back() -> None:
    model = RESNETS["ours"]()
    linear_probe_(model)
    block = [key for key, _ in model.named_parameters() if key.startswith("layer4.1.")]
    assert last_block_(model) == block
    assert last_block_(model) == []
    assert linear_probe_(model) == block


def test_ten_stages_are_counted_not_spelled() -> None:
    model = nn.Module()
    for number in range(1, 11):
        setattr(model, f"layer{number}", nn.Sequential(nn.Linear(1, 1)))
    last_block_(model)
    assert {name for name, p in model.named_parameters() if p.requires_grad} == {"layer10.0.weight", "layer10.0.bias"}


def test_a_vision_transformer_stands_still_tokens_attention_and_all() -> None:
    model = vit()
    freeze_(model)
    assert frozen_names(model) == [name for name, _ in model.named_parameters()]
    images = torch.rand(2, 3, 16, 16)
    assert torch.equal(model.train()(images), model(images))
    torch.testing.assert_close(model(images), unfrozen(model).eval()(images))


def unfrozen(model: nn.Module) -> nn.Module:
    twin = copy.deepcopy(model)
    unfreeze_(twin)
    return twin


def test_a_vision_transformer_takes_probe_and_last_block() -> None:
    model = vit()
    linear_probe_(model)
    before = state(model)
    train(model, steps=2)
    assert moved(model, before) == {"heads.head.weight", "heads.head.bias"}
    last_block_(model)
    trains = {name for name, p in model.named_parameters() if p.requires_grad}
    prefixes = ("encoder.layers.encoder_layer_1.", "encoder.ln.", "heads.")
    assert trains == {name for name, _ in model.named_parameters() if name.startswith(prefixes)}


def test_a_probe_on_a_densenet_drops_nothing_inside() -> None:
    model = DenseNet(8, (2, 2), 8, drop_rate=0.5, num_classes=2)
    linear_probe_(model)
    before = state(model)
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(model.train()(images), model(images))
    assert moved(model, before) == set()


def test_a_head_of_several_layers_trains_whole() -> None:
    model = cifar_resnet(8)
    model.fc = nn.Sequential(nn.Linear(64, 9), nn.Dropout(), nn.Linear(9, 2))
    linear_probe_(model)
    trains = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trains == ["fc.0.weight", "fc.0.bias", "fc.2.weight", "fc.2.bias"]
    images = torch.rand(2, 3, 32, 32)
    assert not torch.equal(model.train()(images), model(images))


def test_without_parameters_in_fc_the_last_linear_layer_is_the_head() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    model.fc = nn.Identity()
    assert linear_probe_(model) == ["0.weight", "0.bias"]


def test_the_head_trains_even_where_it_was_stopped_by_hand() -> None:
    model = small().requires_grad_(False)
    assert linear_probe_(model) == ["1.weight", "1.bias"]
    assert set(dict(model.named_parameters())) - set(frozen_names(model)) == {"1.weight", "1.bias"}


def test_a_frozen_network_gives_plain_logits_in_training() -> None:
    model = GoogLeNet(num_classes=2, aux_logits=True, init_weights=False)
    linear_probe_(model)
    assert model.train()(torch.rand(2, 3, 64, 64)).shape == (2, 2)


# --- what goes wrong is said --------------------------------------------------------------------------------------


def test_a_probe_needs_a_linear_layer() -> None:
    with pytest.raises(InputError, match=r"Sequential has no linear layer.*unfreeze_ on its head"):
        linear_probe_(nn.Sequential(nn.Conv2d(3, 3, 1)))


@pytest.mark.parametrize("model", [small(), nn.Linear(2, 2)], ids=["sequential", "linear"])
def test_last_block_needs_stages(model: nn.Module) -> None:
    before = frozen_names(model)
    with pytest.raises(InputError, match=r"no stages layer1, layer2, .*unfreeze_ on the block"):
        last_block_(model)
    assert frozen_names(model) == before


def test_a_parameter_shared_with_the_frozen_part_is_refused_before_anything_changes() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    with pytest.raises(InputError, match=r"'1.weight' would train, but the frozen part shares it.*untie"):
        linear_probe_(model)
    assert frozen_names(model) == []


def test_a_tied_parameter_is_frozen_in_both_places_and_thawed_from_either() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    freeze_(model)
    assert unfreeze_(model[1]) == ["weight", "bias"]
    assert model[0].weight.requires_grad
    freeze_(model[0])
    assert not model[1].weight.requires_grad
    unfreeze_(model)
    assert frozen_names(model) == []


@pytest.mark.parametrize("freeze", [freeze_, linear_probe_])
def test_a_lazy_module_is_frozen_after_its_first_call_not_before(freeze: Callable[[nn.Module], list[str]]) -> None:
    model = nn.Sequential(nn.LazyConv2d(2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 3))
    with pytest.raises(InputError) as raised:
        freeze(model)
    assert str(raised.value) == (
        "Parameter '0.weight' of a lazy module has no shape yet. Call the model once on a batch, then freeze."
    )
    assert all(parameter.requires_grad for parameter in model.parameters())
    model(torch.rand(2, 1, 3, 3))
    assert freeze(model)[:2] == ["0.weight", "0.bias"]
