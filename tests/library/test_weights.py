from __future__ import annotations

import copy
import hashlib
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from resnet_labs.blocks import BasicBlock
from resnet_labs.errors import InputError
from resnet_labs.resnet import ResNet, cifar_resnet, resnet18, resnet34
from resnet_labs.weights import load_weights, replace_head, replace_stem


def small(**options: Any) -> ResNet:
    return ResNet(BasicBlock, [1, 1], widths=[4, 8], **{"num_classes": 5, "stem": "small", **options})


def assert_unchanged(model: nn.Module, before: dict[str, Tensor]) -> None:
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub folder, and a net that is down."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def down(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "urlopen", down)
    return tmp_path / "hub" / "checkpoints"


def put(hub: Path, state: object, monkeypatch: pytest.MonkeyPatch, name: str = "IMAGENET1K_V1") -> Path:
    """Put a file into the hub folder, under the address that ResNet-18's weights would have with that content."""
    hub.mkdir(parents=True, exist_ok=True)
    torch.save(state, hub / "new")
    digest = hashlib.sha256((hub / "new").read_bytes()).hexdigest()[:8]
    known = torchvision.models.ResNet18_Weights[name]
    url = f"https://weights.invalid/resnet18-{digest}.pth"
    monkeypatch.setattr(type(known), "url", property(lambda member: url if member is known else member.value.url))
    return (hub / "new").rename(hub / f"resnet18-{digest}.pth")


def test_a_state_dict_goes_in_and_the_model_comes_back() -> None:
    model, other = small(), small()
    assert load_weights(model, other.state_dict()) is model
    assert_unchanged(model, other.state_dict())


def test_a_file_goes_in_by_path_and_by_string(tmp_path: Path) -> None:
    other = small()
    torch.save(other.state_dict(), tmp_path / "weights.pt")
    for source in (tmp_path / "weights.pt", str(tmp_path / "weights.pt")):
        assert_unchanged(load_weights(small(), source), other.state_dict())


def test_weights_of_another_precision_take_the_models() -> None:
    other = small().double()
    model = load_weights(small(), other.state_dict())
    assert model.fc.weight.dtype == torch.float32
    torch.testing.assert_close(model.fc.weight, other.fc.weight.float())


def test_old_files_without_counts_of_batches_go_in() -> None:
    model, other = small(), small()
    model.bn1.num_batches_tracked.fill_(7)
    old = {name: value for name, value in other.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert len(old) < len(other.state_dict())
    load_weights(model, old)
    assert torch.equal(model.conv1.weight, other.conv1.weight)
    assert model.bn1.num_batches_tracked == 7


def test_a_misfit_names_what_is_missing_unexpected_and_of_another_shape_and_loads_nothing() -> None:
    model = small()
    before = copy.deepcopy(model.state_dict())
    state = small(num_classes=7, in_channels=1).state_dict()
    for name in ("layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias", "layer1.0.bn2.bias"):
        state["other." + name] = state.pop(name)
    with pytest.raises(InputError) as caught:
        load_weights(model, state)
    assert str(caught.value) == (
        "The weights do not fit the model: "
        "4 missing (layer1.0.conv1.weight, layer1.0.bn1.weight, layer1.0.bn1.bias, ...); "
        "4 unexpected (other.layer1.0.conv1.weight, other.layer1.0.bn1.weight, other.layer1.0.bn1.bias, ...); "
        "3 of another shape (conv1.weight (4, 1, 3, 3) instead of (4, 3, 3, 3), fc.weight (7, 8) instead of (5, 8), "
        "fc.bias (7,) instead of (5,)). "
        "Build the model that they belong to (architecture, num_classes, in_channels, stem), load, and then call "
        "replace_head or replace_stem."
    )
    assert_unchanged(model, before)


def test_each_kind_of_misfit_is_refused_alone() -> None:
    state = small().state_dict()
    for fault, broken in {
        "1 missing (fc.bias)": {name: value for name, value in state.items() if name != "fc.bias"},
        "1 unexpected (extra)": {**state, "extra": torch.zeros(1)},
        "1 of another shape (fc.bias (6,) instead of (5,))": {**state, "fc.bias": torch.zeros(6)},
    }.items():
        model = small()
        before = copy.deepcopy(model.state_dict())
        with pytest.raises(InputError) as caught:
            load_weights(model, broken)
        assert caught.value.problem == f"The weights do not fit the model: {fault}."
        assert_unchanged(model, before)


def test_what_holds_no_state_dict_is_refused_with_the_part_to_give(tmp_path: Path) -> None:
    state = {"best": {"weights": small().state_dict()}, "epoch": 3}
    torch.save(state, tmp_path / "run.pt")
    torch.save([1], tmp_path / "list.pt")
    for source, problem, part in (
        (state, "source is not a state dict but a dict of best, epoch.", "best"),
        (
            tmp_path / "run.pt",
            f"The content of '{tmp_path}/run.pt' is not a state dict but a dict of best, epoch.",
            "best",
        ),
        (tmp_path / "list.pt", f"The content of '{tmp_path}/list.pt' is not a state dict but a list.", "model"),
    ):
        with pytest.raises(InputError) as caught:
            load_weights(small(), source)
        fix = f"Give the part that belongs to the model, such as state['{part}']."
        assert str(caught.value) == f"{problem} {fix}"


def test_a_missing_file_is_named_with_what_can_be_given() -> None:
    with pytest.raises(InputError) as caught:
        load_weights(small(), "imagenet1k_v1")
    assert str(caught.value) == (
        "There is no weights file 'imagenet1k_v1'. Give a path, a state dict, or one of IMAGENET1K_V1, IMAGENET1K_V2."
    )


@pytest.mark.parametrize(
    "damage",
    [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: data[:-1], lambda data: data[40:]],
    ids=["empty", "half", "last byte gone", "beginning gone"],
)
@pytest.mark.parametrize("legacy", [False, True], ids=["archive", "old format"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[bytes], bytes], legacy: bool) -> None:
    file = tmp_path / "weights.pt"
    torch.save(small().state_dict(), file, _use_new_zipfile_serialization=not legacy)
    file.write_bytes(damaged := damage(file.read_bytes()))
    with pytest.raises(InputError) as caught:
        load_weights(small(), file)
    assert caught.value.problem.startswith(f"The weights file '{file}' is ")
    assert "elete" not in str(caught.value)
    assert file.read_bytes() == damaged
    if damaged[:2] in (b"", b"PK", b"\x80\x02"):
        assert str(caught.value) == (
            f"The weights file '{file}' is damaged: it was cut short or altered. Download or save it again."
        )


def test_weights_by_name_come_from_the_hub_folder(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = torchvision.models.resnet18()
    put(hub, other.state_dict(), monkeypatch)
    model = load_weights(resnet18(), "IMAGENET1K_V1").eval()
    images = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(model(images), other.eval()(images))


@pytest.mark.parametrize(
    "name",
    [
        torchvision.models.ResNet18_Weights.IMAGENET1K_V1,
        torchvision.models.ResNet18_Weights.DEFAULT,
        "ResNet18_Weights.IMAGENET1K_V1",
        "ResNet18_Weights.DEFAULT",
        "DEFAULT",
    ],
    ids=str,
)
def test_weights_may_be_named_as_torchvision_names_them(hub: Path, monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    other = torchvision.models.resnet18()
    put(hub, other.state_dict(), monkeypatch)
    assert_unchanged(load_weights(resnet18(), name), other.state_dict())


@pytest.mark.parametrize(
    "name",
    [
        torchvision.models.ResNet50_Weights.IMAGENET1K_V1,
        torchvision.models.ResNet50_Weights.IMAGENET1K_V2,
        torchvision.models.Wide_ResNet50_2_Weights.DEFAULT,
        torchvision.models.VGG16_Weights.IMAGENET1K_FEATURES,
        "ResNet34_Weights.DEFAULT",
    ],
    ids=str,
)
def test_the_weights_of_another_network_are_refused(hub: Path, name: Any) -> None:
    model = resnet18()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InputError) as caught:
        load_weights(model, name)
    assert caught.value.problem == f"The weights {name} are not for this model, which is a resnet18."
    assert_unchanged(model, before)


def test_a_member_that_does_not_exist_is_named(hub: Path) -> None:
    with pytest.raises(InputError, match=r"There are no weights 'IMAGENET1K_V2' for resnet18\. Did you mean"):
        load_weights(resnet18(), "ResNet18_Weights.IMAGENET1K_V2")


@pytest.mark.parametrize(
    "make",
    [
        lambda values: values.to("meta"),
        lambda values: values.to_sparse(),
        lambda values: values.to(torch.complex64),
        lambda values: torch.quantize_per_tensor(values, 1.0, 0, torch.qint8),
    ],
    ids=["meta", "sparse", "complex", "quantized"],
)
@pytest.mark.filterwarnings("ignore:.*quantize")
def test_tensors_that_cannot_be_copied_whole_are_named(make: Callable[[Tensor], Tensor]) -> None:
    odd = make(torch.zeros(3, 3))
    model = nn.Linear(3, 3)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InputError, match=r"'weight' is a tensor without values, or sparse, quantized or complex"):
        load_weights(model, {"bias": torch.ones(3), "weight": odd})
    assert_unchanged(model, before)


def test_weights_by_name_do_not_go_into_a_changed_network(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(hub, torchvision.models.resnet18().state_dict(), monkeypatch)
    with pytest.raises(InputError, match=r"2 of another shape \(fc.weight \(1000, 512\) instead of \(10, 512\)"):
        load_weights(resnet18(num_classes=10), "IMAGENET1K_V1")
    with pytest.raises(InputError, match=r"the model: 18 unexpected \(layer2.0.downsample.0.weight, "):
        load_weights(resnet18(residual=False), "IMAGENET1K_V1")


def test_a_hub_file_with_another_digest_is_named(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(hub, torchvision.models.resnet18().state_dict(), monkeypatch)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1  # in a weight: torch would load it
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"resnet18-\w{8}\.pth' is damaged: .* Delete it and call again"):
        load_weights(resnet18(), "IMAGENET1K_V1")


def test_offline_the_address_and_the_place_are_named(hub: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_weights(resnet34(), "IMAGENET1K_V1")
    assert str(caught.value) == (
        "The weights https://download.pytorch.org/models/resnet34-b627a593.pth could not be downloaded to "
        f"'{hub}/resnet34-b627a593.pth': <urlopen error no route to host>. "
        "Download it where there is a connection, save it there under that name, and call again."
    )
    assert list(hub.iterdir()) == []


def test_a_download_with_another_digest_is_refused(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def another(url: str, file: str, hash_prefix: str) -> None:
        asked.append((url, file, hash_prefix))
        raise RuntimeError("invalid hash value")

    monkeypatch.setattr(torch.hub, "download_url_to_file", another)
    with pytest.raises(InputError, match=r"could not be downloaded to .*: invalid hash value"):
        load_weights(resnet18(), "IMAGENET1K_V1")
    url = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert asked == [(url, str(hub / "resnet18-f37072fd.pth"), "f37072fd")]


@pytest.mark.parametrize(
    ("model", "name", "message"),
    [
        (
            lambda: resnet18(),
            "IMAGENET1K_V2",
            "There are no weights 'IMAGENET1K_V2' for resnet18. Did you mean 'IMAGENET1K_V1'?",
        ),
        (
            lambda: cifar_resnet(20),
            "IMAGENET1K_V1",
            "There are no ImageNet weights for cifar_resnet20. "
            "They exist for resnet18, resnet34, resnet50, resnet101 and resnet152 of resnet_labs.",
        ),
        (lambda: small(), "IMAGENET1K_V1", "There are no ImageNet weights for ResNet. "),
    ],
)
def test_weights_that_do_not_exist_are_named(hub: Path, model: Callable[[], ResNet], name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_weights(model(), name)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("build", [resnet18, torchvision.models.resnet18], ids=["ours", "torchvision"])
def test_a_new_head_leaves_the_rest_and_has_the_models_type(build: Callable[[], nn.Module]) -> None:
    model = build().bfloat16().eval()
    conv1, old = model.conv1, model.fc
    assert replace_head(model, 7) is model
    assert model.conv1 is conv1
    assert model.fc is not old
    assert model(torch.rand(1, 3, 32, 32).bfloat16()).shape == (1, 7)
    assert model.fc.weight.dtype == torch.bfloat16
    assert not model.fc.training
    assert model.fc.weight.requires_grad


def test_a_new_head_starts_with_torchs_weights_and_on_the_models_device() -> None:
    model = small()
    torch.manual_seed(0)
    replace_head(model, 3)
    torch.manual_seed(0)
    expected = nn.Linear(8, 3)
    assert torch.equal(model.fc.weight, expected.weight)
    assert torch.equal(model.fc.bias, expected.bias)
    assert replace_head(small().to("meta"), 3).fc.weight.device.type == "meta"
    without_bias = small()
    without_bias.fc = nn.Linear(8, 5, bias=False)
    assert replace_head(without_bias, 3).fc.bias is None


@pytest.mark.parametrize("num_channels", [1, 2, 4, 7])
@pytest.mark.parametrize("build", [resnet18, torchvision.models.resnet18], ids=["ours", "torchvision"])
def test_a_grey_image_gives_what_it_gave_before(build: Callable[[], nn.Module], num_channels: int) -> None:
    model = build().double().eval()
    grey = torch.rand(2, 1, 32, 32, dtype=torch.float64)
    expected = model(grey.expand(-1, 3, -1, -1))
    assert replace_stem(model, num_channels) is model
    torch.testing.assert_close(model(grey.expand(-1, num_channels, -1, -1)), expected, rtol=1e-10, atol=1e-10)
    assert model.conv1.in_channels == num_channels


def test_the_same_number_of_channels_keeps_the_filters() -> None:
    model = small()
    before = model.conv1.weight.clone()
    assert torch.equal(replace_stem(model, 3).conv1.weight, before)


def test_a_new_stem_keeps_geometry_type_bias_and_freezing() -> None:
    model = small().bfloat16().eval()
    model.conv1 = nn.Conv2d(3, 4, 5, stride=2, padding=1, dilation=2, dtype=torch.bfloat16).requires_grad_(False)
    bias = model.conv1.bias.clone()
    images = torch.rand(1, 1, 16, 16).bfloat16()
    expected = model(images.expand(-1, 3, -1, -1))
    replace_stem(model, 1)
    torch.testing.assert_close(model(images), expected, rtol=0.05, atol=0.05)
    assert torch.equal(model.conv1.bias, bias)
    assert not any(parameter.requires_grad for parameter in model.conv1.parameters())


def test_fresh_filters_are_hes_and_trainable_and_owe_nothing_to_the_old_ones() -> None:
    model = resnet18().requires_grad_(False)
    nn.init.constant_(model.conv1.weight, 100.0)
    weight = replace_stem(model, 2, keep_weights=False).conv1.weight
    assert weight.shape == (64, 2, 7, 7)
    assert weight.requires_grad
    assert weight.mean().item() == pytest.approx(0, abs=0.002)
    assert weight.std().item() == pytest.approx((2 / (64 * 49)) ** 0.5, rel=0.05)


def test_a_new_stem_trains() -> None:
    model = replace_stem(small(), 1)
    model(torch.rand(2, 1, 8, 8)).sum().backward()
    assert model.conv1.weight.grad.shape == (4, 1, 3, 3)
    assert model.conv1.weight.is_leaf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: replace_head(small(), 0), "num_classes is 0. Give an integer of at least 1."),
        (lambda: replace_stem(small(), 0), "in_channels is 0. Give an integer of at least 1."),
        (lambda: replace_head(nn.ReLU(), 2), "The model has no Linear in 'fc', but NoneType."),
        (
            lambda: replace_stem(nn.ModuleDict({"conv1": nn.ReLU()}), 2),
            "The model has no Conv2d in 'conv1', but ReLU. "
            "Give one of our ResNets or torchvision's, with that layer as it was built.",
        ),
    ],
)
def test_bad_arguments_are_named(change: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(InputError) as caught:
        change()
    assert str(caught.value).startswith(message)
