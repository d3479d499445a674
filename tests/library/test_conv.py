"""Our convolution is torch's to everybody: values, gradients, modes of use; and it is taken only where it is faster."""

from __future__ import annotations

import copy
import itertools
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from helpers import forked
from torch import Tensor, nn

from resnet_labs import conv
from resnet_labs.conv import Conv2d
from resnet_labs.freeze import freeze_
from resnet_labs.resnet import cifar_resnet, count_multiply_adds, resnet18, resnet50
from resnet_labs.train import TrainConfig, evaluate, fit

GRID = list(
    itertools.product(
        *((0, 1, 3), (1, 3), (1, 4)),  # batch, channels in and out
        *((1, 2, 3, 5), (1, 2, 3)),  # height, width
        *((1, 2, 3, 5), (1, 3)),  # the kernel's
        *((1, 2), (0, 1, 3), (1, 2)),  # stride, padding, dilation
    )
)
CASES = random.Random(0).sample(GRID, 1000)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the product at every batch size, so that small batches test it."""
    monkeypatch.setattr(conv, "SMALLEST_BATCH_ONE_PIXEL", 0)
    monkeypatch.setattr(conv, "SMALLEST_BATCH_FOUR_PIXELS", 0)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the ways in which convolutions were computed, in order."""
    ways: list[str] = []
    for owner, name in ((conv, "_one_pixel"), (conv, "_few_pixels"), (F, "conv2d")):
        real = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *rest, real=real, name=name: ways.append(name) or real(*rest))
    return ways


def outcome(layer: Any, images: Tensor, weights: list[Tensor]) -> list[Tensor]:
    """The output and all gradients, of a scalar in which every output has another share."""
    images = images.detach().requires_grad_()
    out = layer(images)
    share = torch.linspace(-1, 2, out.numel(), dtype=out.dtype).reshape(out.shape)
    found = torch.autograd.grad((out * share).sum(), [images, *weights], allow_unused=True)
    return [out, *(torch.zeros(()) if gradient is None else gradient for gradient in found)]


def assert_same(ours: list[Tensor], theirs: list[Tensor], **tolerance: float) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, **(tolerance or {"rtol": 1e-12, "atol": 1e-12}))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_torchs(bias: bool, taken: list[str]) -> None:
    torch.manual_seed(0)
    for batch, channels, filters, height, width, rows, columns, stride, padding, dilation in CASES:
        if height + 2 * padding <= dilation * (rows - 1) or width + 2 * padding <= dilation * (columns - 1):
            continue
        ours = Conv2d(channels, filters, (rows, columns), stride, padding, dilation, bias=bias).double()
        images, weights = torch.randn(batch, channels, height, width).double(), list(ours.parameters())
        theirs = lambda x, layer=ours: layer._conv_forward(x, layer.weight, layer.bias)  # noqa: E731
        assert_same(outcome(ours, images, weights), outcome(theirs, images, weights))
    assert set(taken) == {"_one_pixel", "_few_pixels", "conv2d"}


@pytest.mark.parametrize(
    ("batch", "size", "kernel", "stride", "way"),
    [
        (2, 1, 3, 1, "_one_pixel"),
        (2, 2, 3, 2, "_one_pixel"),
        (2, 1, 1, 2, "_one_pixel"),
        (1, 1, 3, 1, "conv2d"),
        (1, 1, 3, 2, "_one_pixel"),
        (0, 1, 3, 1, "conv2d"),
        (128, 2, 3, 1, "_few_pixels"),
        (127, 2, 3, 1, "conv2d"),
        (128, 2, 1, 1, "conv2d"),
        (128, 3, 3, 1, "conv2d"),
        (128, 4, 3, 2, "conv2d"),
        (128, 32, 3, 1, "conv2d"),
    ],
)
def test_the_product_is_taken_where_it_is_faster(
    batch: int, size: int, kernel: int, stride: int, way: str, taken: list[str]
) -> None:
    Conv2d(2, 3, kernel, stride, padding=kernel // 2)(torch.ones(batch, 2, size, size))
    assert taken == [way]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv2d(4, 4, 3, padding=1, groups=2), (3, 4, 1, 1)),
        (Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), (3, 4, 2, 2)),
        (Conv2d(4, 4, 3, padding="same"), (3, 4, 1, 1)),
        (Conv2d(4, 4, 1, padding="valid"), (3, 4, 1, 1)),
        (Conv2d(4, 6, 3, padding=1), (4, 1, 1)),
    ],
    ids=["groups", "padding mode", "same", "valid", "one image"],
)
def test_what_the_product_does_not_know_is_left_to_torch(layer: Conv2d, shape: tuple[int, ...]) -> None:
    images, theirs = torch.randn(shape), copy.deepcopy(layer)
    theirs.__class__ = nn.Conv2d
    assert torch.equal(layer(images), theirs(images))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("size", [1, 2])
def test_images_that_are_not_contiguous_and_weights_in_channels_last(size: int) -> None:
    layer = Conv2d(3, 5, 3, padding=1).double().to(memory_format=torch.channels_last)
    wide = torch.randn(8, 6, 2 * size, size).double()
    plain = copy.deepcopy(layer)
    plain.__class__ = nn.Conv2d
    for images in (wide[::2, ::2, ::2], wide.transpose(2, 3)[:, :3, :, :size], wide[:, :3, :size].expand(8, 3, -1, -1)):
        assert_same(
            outcome(layer, images, [layer.weight, layer.bias]), outcome(plain, images, [plain.weight, plain.bias])
        )


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_gives_its_own_number_format(size: int, dtype: torch.dtype) -> None:
    layer, images = Conv2d(3, 5, 3, padding=1), torch.randn(4, 3, size, size)
    with torch.autocast("cpu", dtype=dtype):
        mine, theirs = layer(images), layer._conv_forward(images, layer.weight, layer.bias)
    assert mine.dtype == theirs.dtype == dtype
    torch.testing.assert_close(mine, theirs, rtol=0.05, atol=0.05)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("size", [1, 2])
def test_second_derivatives(size: int) -> None:
    layer = Conv2d(2, 2, 3, padding=1).double()
    images = torch.randn(2, 2, size, size).double().requires_grad_()
    assert torch.autograd.gradgradcheck(layer, (images,))


def test_to_everybody_it_is_a_conv2d() -> None:
    ours, theirs = Conv2d(3, 8, 3, stride=2, padding=1), nn.Conv2d(3, 8, 3, stride=2, padding=1)
    assert isinstance(ours, nn.Conv2d)
    assert repr(ours) == repr(theirs)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    images = torch.randn(4, 3, 2, 2)
    expected = theirs(images)
    for twin in (ours, copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        torch.testing.assert_close(twin(images), expected)
    seen: list[torch.Size] = []
    ours.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    ours(images)
    assert seen == [torch.Size([4, 8, 1, 1])]
    assert freeze_(ours) == ["weight", "bias"]


# In a process of its own: what executes the annotations in tests cannot be compiled.
OTHER_FORMS = """
import torch, warnings
from torch import nn
from resnet_labs import conv
warnings.simplefilter("ignore")  # scripting and tracing are deprecated
conv.SMALLEST_BATCH_ONE_PIXEL = conv.SMALLEST_BATCH_FOUR_PIXELS = 2
layer = conv.Conv2d(3, 5, 3, padding=1)
forms = {
    "script": torch.jit.script(layer),
    "trace": torch.jit.trace(layer, torch.randn(4, 3, 1, 1)),
    "fx": torch.fx.symbolic_trace(nn.Sequential(layer)),
    "compile": torch.compile(layer, fullgraph=True, backend="aot_eager", dynamic=True),
}
for name, form in forms.items():
    for batch, size in ((4, 1), (6, 1), (130, 2), (4, 5)):  # no form keeps the sizes of the first
        images = torch.randn(batch, 3, size, size)
        torch.testing.assert_close(form(images), layer(images))
    print(name)
"""


@pytest.mark.exhaustive
def test_scripted_traced_and_compiled(tmp_path: Path) -> None:
    ((status, out, errors),) = forked.run(tmp_path, [forked.Job(OTHER_FORMS)])
    assert (status, out.split()) == (0, ["script", "trace", "fx", "compile"]), errors


@pytest.mark.parametrize("size", [(3, 1), (1, 4), (0, 2)])
def test_wrong_input_gets_torchs_own_message(size: tuple[int, int]) -> None:
    images = torch.ones(2, 3, *size)
    with pytest.raises(RuntimeError) as theirs:
        nn.Conv2d(3, 2, 2)(images)
    with pytest.raises(RuntimeError) as ours:
        Conv2d(3, 2, 2)(images)
    assert str(ours.value) == str(theirs.value)
    with pytest.raises(RuntimeError, match="3 channels"):
        Conv2d(4, 2, 1)(torch.ones(2, 3, 1, 1))


def test_a_network_of_any_hand_runs_as_products_and_keeps_its_classes(taken: list[str]) -> None:
    class Own(nn.Conv2d):
        """Somebody's own layer: it stays as it is."""

    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), Own(4, 4, 3, padding=1), nn.Flatten(), nn.Linear(4, 2))
    classes = [type(module) for module in model]
    batches = [(torch.randn(8, 1, 1, 1), torch.arange(8) % 2)]
    config = TrainConfig(epochs=1, learning_rate=0.1, precision="fp32")
    fit(model, batches, loss=F.cross_entropy, config=config, progress=False)
    assert taken == ["_one_pixel", "conv2d"]
    evaluate(model, batches, top_k=(1,))
    assert taken == ["_one_pixel", "conv2d"] * 2
    assert [type(module) for module in model] == classes
    with pytest.raises(ZeroDivisionError):
        fit(model, batches, loss=lambda outputs, labels: 1 / 0, config=config, progress=False)
    assert [type(module) for module in model] == classes


def test_multiply_adds_are_counted_by_all_taps() -> None:
    tiny, plain = cifar_resnet(8), cifar_resnet(8)
    for module in plain.modules():
        if isinstance(module, Conv2d):
            module.__class__ = nn.Conv2d
    assert count_multiply_adds(tiny, (3, 4, 4)) == count_multiply_adds(plain, (3, 4, 4))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("stem", ["imagenet", "small"])
def test_a_network_of_ours_equals_one_of_torchs_convolutions(stem: str) -> None:
    torch.manual_seed(0)
    ours = resnet18(num_classes=10, in_channels=1, stem=stem).double()
    theirs = copy.deepcopy(ours)
    for module in theirs.modules():
        if isinstance(module, Conv2d):
            module.__class__ = nn.Conv2d
    images = torch.randn(4, 1, 8, 8).double()
    assert_same(
        outcome(ours, images, list(ours.parameters())),
        outcome(theirs, images, list(theirs.parameters())),
        rtol=1e-9,
        atol=1e-9,
    )


# The crash of oneDNN issue 6035, in a process of its own: the gradient is wrong, or the process aborts or hangs.
NARROW = """
import sys, torch, warnings
from torch import nn
from resnet_labs.train import TrainConfig, fit
torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
def network():
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 8, 1, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
model, exact = network(), network().double()
exact.load_state_dict(model.state_dict())
images, labels = torch.randn(32, 3, 32, 32), torch.arange(32) % 8
warnings.simplefilter("ignore" if sys.argv[2] == "auto" else "error")
config = TrainConfig(epochs=3, learning_rate=0.1, precision="fp32", channels_last=sys.argv[2] != "auto" or "auto")
try:
    fit(model, [(images, labels)], loss=nn.functional.cross_entropy, config=config, progress=False)
except UserWarning as warning:
    print("warned:", warning)
    warnings.simplefilter("ignore")
    fit(model, [(images, labels)], loss=nn.functional.cross_entropy, config=config, progress=False)
plain = TrainConfig(epochs=3, learning_rate=0.1, precision="fp32", channels_last=False)
fit(exact, [(images.double(), labels)], loss=nn.functional.cross_entropy, config=plain, progress=False)
print("error", max(float((a - b).abs().max()) for a, b in zip(model.parameters(), exact.parameters())))
"""


@pytest.mark.slow
@pytest.mark.parametrize("limits", [{"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}, {}])
def test_a_layout_in_which_onednn_aborts_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, str]
) -> None:
    for name, value in limits.items():
        monkeypatch.setenv(name, value)
    cases = [("1", "auto"), ("2", "auto"), ("1", "last")]
    done = forked.run(tmp_path, [forked.Job(NARROW, case) for case in cases])
    for (_, layout), (status, out, errors) in zip(cases, done, strict=True):
        assert status == 0, errors
        assert ("warned: channels_last=True is not used" in out) == (layout == "last")
        assert float(out.split()[-1]) < 1e-4


@pytest.mark.parametrize(
    ("network", "layout"),
    [
        (cifar_resnet(8), torch.channels_last),
        (resnet50(), torch.channels_last),
        (nn.Conv2d(4, 8, 1, stride=2), torch.contiguous_format),
        (nn.Conv2d(15, 8, 1, stride=2), torch.contiguous_format),
        (nn.Conv2d(4, 8, 1, stride=(1, 2)), torch.contiguous_format),
        (nn.Conv2d(32, 32, 1, stride=2, groups=8), torch.contiguous_format),
        (nn.Conv2d(16, 8, 1, stride=2), torch.channels_last),
        (nn.Conv2d(4, 8, 1), torch.channels_last),
        (nn.Conv2d(4, 8, 3, stride=2), torch.channels_last),
        (nn.Conv2d(4, 8, 1, stride=2, device="meta"), torch.channels_last),
    ],
)
def test_which_networks_are_kept_out_of_channels_last(network: nn.Module, layout: torch.memory_format) -> None:
    assert conv.safe_layout(network, torch.channels_last) == layout
    assert conv.safe_layout(network, torch.contiguous_format) == torch.contiguous_format


@pytest.mark.parametrize("batch", [1, 3])
def test_no_gradient_is_uninitialized_memory(batch: int) -> None:
    layer = Conv2d(64, 128, 3, stride=2, padding=1)
    junk = torch.full((50_000,), float("nan"))
    del junk
    with torch.autocast("cpu", dtype=torch.bfloat16):
        layer(torch.randn(batch, 64, 1, 1)).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.isfinite().all()
    assert (layer.weight.grad[:, :, 0] == 0).all()
