from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys

import pytest
import torch
import torchvision
from torch import nn

from resnet_labs import resnet
from resnet_labs.blocks import BasicBlock
from resnet_labs.errors import InputError
from resnet_labs.freeze import freeze_
from resnet_labs.resnet import ResNet, cifar_resnet, count_multiply_adds, count_parameters, resnet18, resnet50

NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


def small(**options: object) -> ResNet:
    return ResNet(BasicBlock, [1, 1], widths=[4, 8], **{"num_classes": 5, "stem": "small", **options})


def same_weights(name: str, other: nn.Module) -> ResNet:
    """Our network with the weights of the other, both in double precision; norms differ from their initial state."""
    torch.manual_seed(0)
    for module in other.double().modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.uniform_(module.running_var, 1.0, 2.0)
    model = getattr(resnet, name)(num_classes=10).double()
    model.load_state_dict(other.state_dict(), strict=True)
    return model


def assert_agree(ours: nn.Module, other: nn.Module, training: bool) -> None:
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64, requires_grad=True)
    results = []
    for model in (ours, other):
        logits = model.train(training)(images)
        weights = torch.linspace(-1, 1, logits.numel(), dtype=logits.dtype).view_as(logits)
        (gradient,) = torch.autograd.grad((logits * weights).sum(), images)
        results.append([logits, gradient, *model.buffers()])
    for mine, theirs in zip(*results, strict=True):
        scale = theirs.abs().max().item()
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5 * scale)
    assert results[0][1].abs().max() > 0


@pytest.mark.parametrize("name", NAMES)
def test_names_and_shapes_are_torchvisions(name: str) -> None:
    with torch.device("meta"):
        ours = getattr(resnet, name)().state_dict()
        theirs = getattr(torchvision.models, name)().state_dict()
    assert [(key, tensor.shape, tensor.dtype) for key, tensor in ours.items()] == [
        (key, tensor.shape, tensor.dtype) for key, tensor in theirs.items()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_values_gradients_and_running_statistics_are_torchvisions(name: str) -> None:
    other = getattr(torchvision.models, name)(num_classes=10)
    ours = same_weights(name, other)
    assert_agree(ours, other, training=False)
    assert_agree(ours, other, training=True)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_values_and_gradients_are_timms(name: str) -> None:
    import timm  # takes seconds

    other = timm.create_model(name, num_classes=10)
    ours = same_weights(name, other)
    assert_agree(ours, other, training=False)
    assert_agree(ours, other, training=True)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_same_seed_gives_torchvisions_initial_weights(name: str) -> None:
    torch.manual_seed(3)
    theirs = getattr(torchvision.models, name)().state_dict()
    torch.manual_seed(3)
    ours = getattr(resnet, name)().state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_convolutions_start_with_hes_deviation() -> None:
    for module in cifar_resnet(14).modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels * module.kernel_size[0] ** 2
            assert module.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.15)


@pytest.mark.parametrize(
    ("name", "paper", "ours"), [("resnet18", 1.8e9, 1_814_073_344), ("resnet34", 3.6e9, 3_663_761_408)]
)
def test_multiply_adds_of_basic_networks_are_the_papers(name: str, paper: float, ours: int) -> None:
    assert count_multiply_adds(getattr(resnet, name)(), (3, 224, 224)) == ours
    assert ours // 10**8 == paper // 10**8  # the paper cuts off after one decimal


@pytest.mark.parametrize(
    ("name", "paper", "ours"),
    [
        ("resnet50", 3.8e9, 4_089_184_256),
        ("resnet101", 7.6e9, 7_801_405_440),
        ("resnet152", 11.3e9, 11_513_626_624),
    ],
)
def test_multiply_adds_of_bottlenecks_are_the_papers_once_the_stride_is_moved(
    name: str, paper: float, ours: int
) -> None:
    """The paper's stride sits in the first 1x1; ours, as torchvision's, in the 3x3, and the 1x1 sees more pixels."""
    model = getattr(resnet, name)()
    assert count_multiply_adds(model, (3, 224, 224)) == ours
    for module in model.modules():
        if hasattr(module, "conv3"):
            module.conv1.stride, module.conv2.stride = module.conv2.stride, module.conv1.stride
    moved = count_multiply_adds(model, (3, 224, 224))
    # Three stages begin with a 1x1 convolution that sees four times the pixels; each saves three quarters.
    saved = sum(
        3 * (inputs * width) * size**2 for inputs, width, size in [(256, 128, 28), (512, 256, 14), (1024, 512, 7)]
    )
    assert ours - moved == saved == 231_211_008
    assert moved == pytest.approx(paper, rel=0.02)


@pytest.mark.parametrize(("depth", "paper"), [(20, "0.27M"), (56, "0.85M"), (110, "1.7M")])
def test_parameters_of_cifar_resnets_are_the_papers(depth: int, paper: str) -> None:
    decimals = len(paper.split(".")[1]) - 1
    assert f"{count_parameters(cifar_resnet(depth)) / 1e6:.{decimals}f}M" == paper


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("depth", [8, 20])
def test_depth_counts_the_layers_with_weights(depth: int, residual: bool) -> None:
    model = cifar_resnet(depth, residual=residual)
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in model.modules()) == depth
    assert model.architecture == f"cifar_resnet{depth}"


def test_a_weight_that_is_used_twice_counts_once_and_frozen_ones_count() -> None:
    layer = nn.Linear(3, 3).requires_grad_(False)
    assert count_parameters(nn.Sequential(layer, layer)) == 12


def test_counting_leaves_the_model_as_it_was() -> None:
    model = small().train()
    model.layer1.eval()
    before = copy.deepcopy(model.state_dict())
    # 3x3 convolutions: stem, two of stage 1 on 6x6; three on 3x3 with the 1x1 projection; then the last layer.
    expected = 36 * 9 * (3 * 4 + 4 * 4 * 2) + 9 * (9 * (4 * 8 + 8 * 8) + 4 * 8) + 8 * 5
    assert count_multiply_adds(model, (3, 6, 6)) == expected
    assert count_multiply_adds(model.bfloat16(), (3, 6, 6)) == expected
    model.float()
    assert model.training
    assert not model.layer1[0].training
    assert model.layer2[0].training
    assert all(tensor.device.type == "cpu" for tensor in model.state_dict().values())
    assert model.state_dict()["bn1.running_mean"].equal(before["bn1.running_mean"])
    assert count_multiply_adds(nn.Flatten(), (3, 6, 6)) == 0


def test_a_plain_network_has_no_shortcut() -> None:
    """With every second convolution at zero, only a shortcut could carry a change of the image to the logits."""
    changes = {}
    for residual in (True, False):
        model = cifar_resnet(14, residual=residual).eval()
        for block in [*model.layer1, *model.layer2, *model.layer3]:
            nn.init.zeros_(block.conv2.weight)
        images = torch.rand(1, 3, 8, 8)
        changes[residual] = (model(images + 1) - model(images)).abs().max().item()
    assert changes[True] > 0.0
    assert changes[False] == 0.0


def test_plain_and_residual_networks_have_the_same_convolutions() -> None:
    plain, residual = cifar_resnet(20, residual=False), cifar_resnet(20)
    plain.load_state_dict(residual.state_dict(), strict=True)
    assert count_multiply_adds(plain, (3, 32, 32)) == count_multiply_adds(residual, (3, 32, 32)) == 40_551_040
    with torch.device("meta"):
        shared = resnet18(residual=False).state_dict()
        assert set(resnet18().state_dict()) - set(shared) == {
            f"layer{stage}.0.downsample.{rest}"
            for stage in (2, 3, 4)
            for rest in ("0.weight", *(f"1.{name}" for name in nn.BatchNorm2d(1).state_dict()))
        }


def test_small_stem_keeps_the_size_and_the_other_quarters_it() -> None:
    sizes = {}
    for stem in resnet.STEMS:
        model = resnet18(stem=stem, num_classes=3, in_channels=1).eval()
        model.layer1.register_forward_hook(lambda _m, _x, out, stem=stem: sizes.update({stem: tuple(out.shape[2:])}))
        assert model(torch.zeros(1, 1, 32, 20)).shape == (1, 3)
    assert sizes == {"imagenet": (8, 5), "small": (32, 20)}


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (1, 3, 33, 7), (2, 3, 5, 64), (0, 3, 8, 8)])
def test_any_batch_and_size_goes_in(shape: tuple[int, int, int, int]) -> None:
    for model in (small().eval(), resnet18(num_classes=5).eval()):
        logits = model(torch.randn(shape))
        assert logits.shape == (shape[0], 5)
        assert logits.isfinite().all()


def test_non_contiguous_and_channels_last_images_give_the_same() -> None:
    model = small().double().eval()
    images = torch.randn(2, 9, 8, 3, dtype=torch.float64).permute(0, 3, 1, 2)
    expected = model(images.contiguous())
    torch.testing.assert_close(model(images), expected)
    last = model.to(memory_format=torch.channels_last)
    torch.testing.assert_close(last(images.contiguous(memory_format=torch.channels_last)), expected)


def test_bfloat16_goes_through_as_weights_and_as_autocast() -> None:
    torch.manual_seed(0)
    model = small().eval()
    images = torch.rand(2, 3, 8, 8)
    expected = model(images)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(images)
    assert logits.dtype == torch.bfloat16
    torch.testing.assert_close(logits.float(), expected, rtol=0.1, atol=0.05)
    logits = model.bfloat16()(images.bfloat16())
    assert logits.dtype == torch.bfloat16
    torch.testing.assert_close(logits.float(), expected, rtol=0.1, atol=0.05)


def test_copies_are_equal_and_independent() -> None:
    model = small().eval()
    images = torch.randn(1, 3, 8, 8)
    whole = io.BytesIO()
    torch.save(model, whole)
    whole.seek(0)
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model)), torch.load(whole, weights_only=False)]
    expected = model(images)
    nn.init.zeros_(model.fc.weight)
    for twin in copies:
        assert torch.equal(twin(images), expected)


@pytest.mark.slow
def test_compiles_into_one_graph() -> None:
    """In a process of its own: the annotations that the tests execute cannot be traced."""
    program = """
import copy, torch
from resnet_labs.resnet import cifar_resnet
model = cifar_resnet(8)
compiled = torch.compile(copy.deepcopy(model), backend="eager", fullgraph=True)
images = torch.randn(2, 3, 8, 8)
torch.testing.assert_close(compiled(images), model(images))
torch.testing.assert_close(compiled.bn1.running_mean, model.bn1.running_mean)
torch.testing.assert_close(compiled.eval()(images[:1]), model.eval()(images[:1]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            torch.zeros(3, 8, 8),
            "images has shape (3, 8, 8); four dimensions (N, C, H, W) are needed. For one image, write images[None].",
        ),
        (torch.zeros(8), "images has shape (8,); four dimensions (N, C, H, W) are needed. Give a batch of images."),
        (
            torch.zeros(2, 1, 8, 8),
            "images has 1 channels, the network takes 3. Build it with in_channels=1, or call replace_stem(model, 1).",
        ),
        (
            torch.zeros(2, 3, 0, 8),
            "images has shape (2, 3, 0, 8): no pixels. Give images at least one pixel high and wide.",
        ),
        (
            torch.zeros(2, 3, 8, 8, dtype=torch.uint8),
            "images is torch.uint8; floating point is needed. Write images.float() / 255 for bytes.",
        ),
    ],
)
def test_images_that_do_not_fit_are_refused_with_the_mend(images: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError) as caught:
        small()(images)
    assert str(caught.value) == message


@pytest.mark.parametrize(("stem", "largest"), [("small", 2), ("imagenet", 8)])
def test_training_refuses_one_value_a_channel_exactly_where_torch_would(stem: str, largest: int) -> None:
    model = small(stem=stem)
    with pytest.raises(InputError) as caught:
        model(torch.zeros(1, 3, largest, largest))
    assert str(caught.value) == (
        f"images has shape (1, 3, {largest}, {largest}): in training, batch norm of the last stage sees one value per "
        "channel. Give at least two images (for the last batch of a set, change batch_size), or one "
        f"larger than {largest} pixels, or call model.eval()."
    )
    assert model.bn1.num_batches_tracked == 0
    for fits in ((1, 3, 1, largest + 1), (2, 3, 1, 1)):
        assert model(torch.zeros(fits)).shape == (fits[0], 5)
    model.layer2.eval()  # as a frozen stage is: torch takes one value then
    model.layer1.eval()
    model.bn1.eval()
    assert model(torch.zeros(1, 3, 1, 1)).shape == (1, 5)


def test_a_frozen_network_takes_one_small_image_in_training() -> None:
    model = small()
    freeze_(model)
    images = torch.rand(1, 3, 1, 1)
    assert torch.equal(model.train()(images), copy.deepcopy(model).eval()(images))


def test_a_learners_own_first_layer_takes_what_it_takes() -> None:
    model = small().eval()
    model.conv1 = nn.Sequential(nn.Conv2d(7, 4, 1))
    assert model(torch.zeros(1, 7, 4, 4)).shape == (1, 5)


@pytest.mark.parametrize("depth", [-4, 2, 18, 21])
def test_cifar_depth_must_be_6n_plus_2(depth: int) -> None:
    with pytest.raises(InputError) as caught:
        cifar_resnet(depth)
    message = f"depth is {depth}; 6n + 2 with n of at least 1 is needed. Try 8, 14, 20, 32, 44 or 56."
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stem": "imagnet"}, "stem is 'imagnet'. Did you mean 'imagenet'?"),
        ({"num_classes": 0}, "num_classes is 0. Give an integer of at least 1."),
        ({"in_channels": -1}, "in_channels is -1. Give an integer of at least 1."),
        ({"shortcut": "pat"}, "shortcut is 'pat'. Did you mean 'pad'?"),
    ],
)
def test_bad_arguments_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        small(**options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("num_blocks", "widths", "message"),
    [
        ([1, 1], [4], "num_blocks has 2 stages and widths 1. Give one width for each of at least one stage."),
        ([], [], "num_blocks has 0 stages and widths 0. Give one width for each of at least one stage."),
        ([1, 0], [4, 8], "num_blocks is 0. Give an integer of at least 1."),
        ([1, 1], [4, 0], "widths is 0. Give an integer of at least 1."),
    ],
)
def test_stages_must_fit_together(num_blocks: list[int], widths: list[int], message: str) -> None:
    with pytest.raises(InputError) as caught:
        ResNet(BasicBlock, num_blocks, widths=widths)
    assert str(caught.value) == message


def test_resnet50_ends_with_2048_features() -> None:
    with torch.device("meta"):
        assert resnet50(num_classes=2).fc.in_features == 2048
