from __future__ import annotations

import pickle

import pytest
import torch
from scipy import stats
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as reference

from resnet_labs.augment import AutoAugment, ColorJitter, Compose, Crop, Flip, Mixup, _draws, jitter, policy
from resnet_labs.data import Batches, ImageData
from resnet_labs.errors import InputError

FULL_JITTER = ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
ALL = {
    "flip": Flip(),
    "crop": Crop(padding=2),
    "jitter": FULL_JITTER,
    "mixup": Mixup(num_classes=10),
    "autoaugment": AutoAugment(),
    "compose": Compose([Flip(), Crop(padding=2), FULL_JITTER, Mixup(num_classes=10)]),
}
every = pytest.mark.parametrize("name", ALL)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 12, channels: int = 3, height: int = 9, width: int = 11) -> tuple[Tensor, Tensor]:
    generator = seeded(99)
    images = torch.rand(count, channels, height, width, generator=generator)
    return images, torch.randint(10, (count,), generator=generator)


# --- what all of them promise -------------------------------------------------------------------------------------


@every
def test_the_same_generator_state_gives_the_same_batch_and_the_input_stays(name: str) -> None:
    images, labels = pictures()
    kept_images, kept_labels, state = images.clone(), labels.clone(), torch.get_rng_state()
    first = ALL[name](images, labels, seeded(1))
    second = ALL[name](images, labels, seeded(1))
    other = ALL[name](images, labels, seeded(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], other[0])
    assert torch.equal(images, kept_images)
    assert torch.equal(labels, kept_labels)
    assert torch.equal(torch.get_rng_state(), state)  # the global generator is nobody's business


@every
def test_two_calls_on_one_generator_differ(name: str) -> None:
    images, labels = pictures()
    generator = seeded()
    assert not torch.equal(ALL[name](images, labels, generator)[0], ALL[name](images, labels, generator)[0])


@every
def test_each_image_has_its_own_draw(name: str) -> None:
    images, labels = pictures(count=1)
    out, _ = ALL[name](images.repeat(32, 1, 1, 1), labels.repeat(32), seeded())
    if name == "mixup":  # blending like with like changes nothing
        assert torch.allclose(out, images.expand_as(out), atol=1e-6)
        out = ALL[name](pictures(count=32)[0], torch.arange(10).repeat(4)[:32], seeded())[1].max(1).values[:, None]
    assert len({row.numpy().tobytes() for row in out}) > 1


@every
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_the_dtype_stays_and_values_stay_between_0_and_1(name: str, dtype: torch.dtype) -> None:
    images, labels = pictures()
    images[0, :, 0], images[0, :, 1] = 0, 1
    out, _ = ALL[name](images.to(dtype), labels, seeded())
    assert out.dtype == dtype
    assert out.shape == images.shape
    assert out.min() >= 0
    assert out.max() <= 1


@every
def test_memory_layout_does_not_matter(name: str) -> None:
    images, labels = pictures()
    every_second = torch.stack([images, images], dim=-1).flatten(-2)[..., ::2]
    assert not every_second.is_contiguous()
    expected, _ = ALL[name](images, labels, seeded())
    for layout in (images.to(memory_format=torch.channels_last), every_second):
        assert torch.equal(layout, images)
        torch.testing.assert_close(ALL[name](layout, labels, seeded())[0], expected)


@every
@pytest.mark.parametrize("shape", [(0, 3, 8, 8), (1, 3, 8, 8), (1, 3, 1, 1), (2, 3, 1, 7), (3, 3, 32, 5)])
def test_empty_single_and_odd_batches_pass(name: str, shape: tuple[int, ...]) -> None:
    labels = torch.arange(shape[0])
    out, weights = ALL[name](torch.rand(shape, generator=seeded()), labels, seeded())
    assert out.shape == shape
    assert out.isfinite().all()
    assert len(weights) == shape[0]


@every
def test_settings_can_be_printed_compared_and_pickled(name: str) -> None:
    images, labels = pictures()
    twin = pickle.loads(pickle.dumps(ALL[name]))
    assert twin == ALL[name]
    assert repr(twin) == repr(ALL[name])
    assert torch.equal(twin(images, labels, seeded())[0], ALL[name](images, labels, seeded())[0])


def test_batches_repeat_an_epoch_with_its_augmentation() -> None:
    images, labels = pictures(count=10)
    data = ImageData((images * 255).byte(), labels, tuple("0123456789"), "test")
    batches = Batches(data, 4, augment=ALL["compose"], shuffle=True)
    first, second = list(batches), list(batches)
    batches.set_epoch(1)
    for (x, y), (other_x, other_y) in zip(second, batches, strict=True):
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)
    assert not torch.equal(first[0][0], second[0][0])


def test_compose_hands_on_images_labels_and_generator() -> None:
    images, labels = pictures()
    generator = seeded()
    by_hand = Mixup(10)(*Flip()(images, labels, generator), generator)
    composed = Compose([Flip(), Mixup(10)])(images, labels, seeded())
    assert torch.equal(by_hand[0], composed[0])
    assert torch.equal(by_hand[1], composed[1])


# --- flip and crop ------------------------------------------------------------------------------------------------


def test_flip_mirrors_whole_images_left_to_right() -> None:
    images, labels = pictures(count=2000, height=2, width=3)
    out, same = Flip(probability=0.3)(images, labels, seeded())
    assert same is labels
    flipped = (out == reference.horizontal_flip(images)).flatten(1).all(1)
    kept = (out == images).flatten(1).all(1)
    assert (flipped ^ kept).all()
    assert stats.binomtest(int(flipped.sum()), 2000, 0.3).pvalue > 0.01


@pytest.mark.parametrize(("probability", "flips"), [(0.0, False), (1.0, True)])
def test_flip_can_be_certain(probability: float, flips: bool) -> None:
    images, labels = pictures()
    out, _ = Flip(probability=probability)(images, labels, seeded())
    assert torch.equal(out, images.flip(-1) if flips else images)


def test_crop_is_a_window_of_the_padded_image_at_uniform_offsets() -> None:
    padding, height, width, count = 2, 5, 7, 5000
    # Every pixel has its own value, so that the middle of the window tells the offset.
    image = torch.arange(1.0, 1 + 2 * height * width).view(1, 2, height, width)
    out, _ = Crop(padding=padding)(image.expand(count, -1, -1, -1), torch.zeros(count, dtype=torch.int64), seeded())
    middle = (out[:, 0, height // 2, width // 2] - 1).long()
    down, right = middle // width - height // 2, middle % width - width // 2
    padded = reference.pad(image[0], [padding] * 4)
    seen = torch.zeros(2 * padding + 1, 2 * padding + 1)
    for window, top, left in zip(out, (down + padding).tolist(), (right + padding).tolist(), strict=True):
        if not seen[top, left]:
            assert torch.equal(window, reference.crop(padded, top, left, height, width))
        seen[top, left] += 1
    assert torch.equal(down.abs().max(), torch.tensor(padding))
    assert stats.chisquare(seen.flatten().numpy()).pvalue > 0.01


def test_crop_may_shift_an_image_out_of_sight() -> None:
    out, _ = Crop(padding=3)(torch.ones(200, 1, 1, 1), torch.zeros(200, dtype=torch.int64), seeded())
    assert set(out.flatten().tolist()) == {0.0, 1.0}


# --- colour jitter ------------------------------------------------------------------------------------------------

ADJUST = [reference.adjust_brightness, reference.adjust_contrast, reference.adjust_saturation]


def colours() -> Tensor:
    """Images with greys, blacks, whites, pure colours, and ties between channels."""
    images = torch.rand(64, 3, 6, 5, generator=seeded(5))
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 0.5, 1.0])] * 3)  # (27, 3)
    images[:27, :, 0, 0] = corners
    images[27] = 0.0
    images[28] = 1.0
    images[29] = 0.3
    images[30, 1] = images[30, 0]
    images[31, 2] = images[31, 1]
    return images


@pytest.mark.parametrize("kind", range(3), ids=["brightness", "contrast", "saturation"])
def test_blends_are_torchvisions(kind: int) -> None:
    images, factors = colours(), torch.linspace(0, 2.5, 64)
    got = jitter._blend_colours(images.clone(), torch.full((1, 64), kind), factors[None])
    expected = torch.stack([ADJUST[kind](x, float(f)) for x, f in zip(images, factors, strict=True)])
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)


def test_hue_is_torchvisions() -> None:
    images = colours()
    for shifts in (torch.linspace(-0.5, 0.5, 64), torch.zeros(64), torch.full((64,), 1 / 3)):
        got = jitter._turn_hue(images, shifts)
        expected = torch.stack([reference.adjust_hue(x, float(s)) for x, s in zip(images, shifts, strict=True)])
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


def test_a_third_of_a_turn_makes_red_green() -> None:
    red = torch.tensor([0.8, 0.2, 0.2]).view(1, 3, 1, 1)
    green = jitter._turn_hue(red, torch.tensor([1 / 3])).flatten()
    torch.testing.assert_close(green, torch.tensor([0.2, 0.8, 0.2]))


@pytest.mark.parametrize(
    "settings",
    [
        {"brightness": 0.4, "contrast": 0.5, "saturation": 0.6, "hue": 0.3},
        {"contrast": 0.5, "hue": 0.5},
        {"brightness": 0.4, "saturation": 1.5},
        {"hue": 0.2},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_jitter_is_torchvisions_with_the_factors_and_orders_drawn(
    settings: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    images, seen = colours(), {}
    names = ("images", "kinds", "factors", "shifts", "place") if "hue" in settings else ("images", "kinds", "factors")
    inner = "_jitter" if "hue" in settings else "_blend_colours"
    original = getattr(jitter, inner)

    def spy(*arguments: Tensor) -> Tensor:
        seen.setdefault(inner, dict(zip(names, (argument.clone() for argument in arguments), strict=True)))
        return original(*arguments)

    monkeypatch.setattr(jitter, inner, spy)
    got, _ = ColorJitter(**settings)(images, torch.zeros(64, dtype=torch.int64), seeded())
    drawn = seen[inner]
    orders = set()
    for number, image in enumerate(images):
        steps = [
            (ADJUST[kind], factor)
            for kind, factor in zip(
                drawn["kinds"][:, number].tolist(), drawn["factors"][:, number].tolist(), strict=True
            )
        ]
        if "hue" in settings:
            steps.insert(int(drawn["place"][number]), (reference.adjust_hue, float(drawn["shifts"][number])))
        orders.add(tuple(adjust.__name__ for adjust, _ in steps))
        for adjust, factor in steps:
            image = adjust(image, factor)
        torch.testing.assert_close(got[number], image, rtol=0, atol=1e-5)
    assert {name for order in orders for name in order} == {f"adjust_{name}" for name in settings}
    assert len(orders) > {4: 15, 2: 1, 1: 0}[len(settings)]


@pytest.mark.parametrize(("spread", "low", "high"), [(0.4, 0.6, 1.4), (1.5, 0.0, 2.5)])
def test_factors_are_uniform_over_their_range(spread: float, low: float, high: float) -> None:
    images = torch.full((2000, 1, 1, 1), 0.3)
    out, _ = ColorJitter(brightness=spread)(images, torch.zeros(2000, dtype=torch.int64), seeded())
    factors = out.flatten().double().numpy() / 0.3
    assert stats.kstest(factors, "uniform", (low, high - low)).pvalue > 0.01


def test_hue_shifts_are_uniform_over_their_range() -> None:
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(2000, -1, -1, -1)
    out, _ = ColorJitter(hue=0.1)(red, torch.zeros(2000, dtype=torch.int64), seeded())
    shifts = (out[:, 1] - out[:, 2]).flatten().double().numpy() / 6
    assert stats.kstest(shifts, "uniform", (-0.1, 0.2)).pvalue > 0.01


def test_all_orders_are_equally_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Tensor] = []
    monkeypatch.setattr(
        jitter,
        "_jitter",
        lambda images, kinds, factors, shifts, place: drawn.append(torch.cat([kinds, place[None]])) or images,
    )
    FULL_JITTER(torch.rand(4800, 3, 1, 1), torch.zeros(4800, dtype=torch.int64), seeded())
    _, counts = drawn[0].unique(dim=1, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts.numpy()).pvalue > 0.01


def test_grey_images_take_brightness_and_contrast() -> None:
    images, labels = pictures(channels=1)
    out, _ = ColorJitter(contrast=0.5)(images, labels, seeded())
    mean = images.mean((1, 2, 3), keepdim=True)
    factor = (out - mean) / (images - mean)
    spread = factor.flatten(1).amax(1) - factor.flatten(1).amin(1)
    assert (spread[((out > 0) & (out < 1)).flatten(1).all(1)] < 1e-3).all()
    assert not torch.equal(out, images)


# --- mixup --------------------------------------------------------------------------------------------------------


def plain(count: int, size: tuple[int, int] = (8, 8)) -> tuple[Tensor, Tensor]:
    """One image a class; the image of class n has the value n everywhere."""
    return torch.arange(float(count))[:, None, None, None].expand(count, 1, *size), torch.arange(count)


def test_mixup_blends_image_and_label_at_the_same_ratio() -> None:
    images, labels = plain(50)
    out, weights = Mixup(50, alpha=1.0)(images, labels, seeded())
    assert weights.dtype == torch.float32
    torch.testing.assert_close(weights.sum(1), torch.ones(50))
    torch.testing.assert_close(out[:, 0, 0, 0], weights @ torch.arange(50.0), rtol=1e-5, atol=1e-5)
    assert torch.equal(out, out[:, :, :1, :1].expand_as(out))
    assert ((weights > 0).sum(1) <= 2).all()
    partners = [int(row.argmax()) for row in weights - torch.diag(weights.diagonal())]
    alone = [n for n in range(50) if weights[n, n] == 1]
    assert len({p for n, p in enumerate(partners) if n not in alone}) == 50 - len(alone)  # each is a partner once


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0])
def test_mixup_ratios_follow_the_beta_distribution(alpha: float) -> None:
    images, labels = plain(1500, (1, 1))
    ratios = Mixup(1500, alpha=alpha)(images, labels, seeded())[1].diagonal()
    ratios = ratios[ratios < 1 - 1e-6].double().numpy()
    assert len(ratios) > 1450
    assert stats.kstest(ratios, "beta", (alpha, alpha)).pvalue > 0.01


def test_one_image_is_its_own_partner() -> None:
    images = torch.rand(1, 3, 8, 8)
    out, weights = Mixup(4)(images, torch.tensor([2]), seeded())
    torch.testing.assert_close(out, images)
    assert weights.tolist() == [[0.0, 0.0, 1.0, 0.0]]


def test_labels_that_are_distributions_already_can_be_blended_again() -> None:
    mixing = Mixup(3)
    labels = torch.tensor([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]], dtype=torch.float64)
    _, weights = mixing(torch.rand(2, 3, 8, 8), labels, seeded(3))
    assert weights.dtype == torch.float64
    torch.testing.assert_close(weights.sum(1), torch.ones(2, dtype=torch.float64))
    _, once = mixing(torch.rand(2, 3, 8, 8), torch.tensor([0, 1]), seeded(3))
    torch.testing.assert_close(weights, once[:, :2].double() @ labels)


# --- AutoAugment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_autoaugment_is_torchvisions_policy_on_each_image(channels: int) -> None:
    images, labels = pictures(count=40, channels=channels)
    out, same = AutoAugment()(images, labels, seeded(4))
    assert same is labels
    policy = v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_draws.seed(seeded(4)))
        expected = torch.stack([policy(image) for image in (images * 255).round().to(torch.uint8)])
    assert torch.equal(out, expected.float() / 255)
    untouched = (out - images).abs().flatten(1).amax(1) <= 0.5 / 255 + 1e-6
    assert 0 < untouched.sum() < 40


def test_autoaugment_puts_the_global_generator_back_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("broken policy")

    monkeypatch.setattr(policy, "_cifar10_policy", lambda: lambda image: broken())
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="broken policy"):
        AutoAugment()(*pictures(), seeded())
    assert torch.equal(torch.get_rng_state(), state)


# --- what goes wrong is said --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Flip(probability=1.5), r"probability is 1.5. It must lie between 0 and 1"),
        (lambda: Crop(padding=0), r"padding is 0. Give at least 1 pixel"),
        (lambda: ColorJitter(), r"All settings of ColorJitter are 0. Set one"),
        (lambda: ColorJitter(contrast=-0.1), r"contrast is -0.1. It must be at least 0"),
        (lambda: ColorJitter(hue=0.6), r"hue is 0.6. It must lie between 0 and 0.5"),
        (lambda: Mixup(0), r"num_classes is 0. It must be at least 1"),
        (lambda: Mixup(3, alpha=0.0), r"alpha is 0.0. It must be above 0"),
    ],
)
def test_settings_out_of_range_are_refused(build: type, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build()


@pytest.mark.parametrize(
    ("step", "channels", "message"),
    [
        (ColorJitter(brightness=0.1, hue=0.1), 1, "Grey images have no saturation or hue. Set saturation and hue to 0"),
        (ColorJitter(saturation=0.1), 1, "Grey images have no saturation or hue"),
        (ColorJitter(brightness=0.1), 2, "ColorJitter cannot take images with 2 channels. Give grey or RGB images"),
        (AutoAugment(), 4, "AutoAugment cannot take images with 4 channels. Give grey or RGB images"),
    ],
)
def test_images_that_do_not_fit_are_refused(step: ColorJitter | AutoAugment, channels: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        step(*pictures(channels=channels), seeded())


def test_labels_that_do_not_fit_are_refused() -> None:
    mixing = Mixup(3)
    images = torch.rand(2, 3, 4, 4)
    with pytest.raises(InputError, match=r"labels run from 0 to 3, num_classes is 3. Classes are counted from 0"):
        mixing(images, torch.tensor([0, 3]), seeded())
    with pytest.raises(InputError, match=r"labels run from -1 to 2, num_classes is 3"):
        mixing(images, torch.tensor([-1, 2]), seeded())
    with pytest.raises(InputError, match=r"labels have 4 classes. num_classes is 3; make them agree"):
        mixing(images, torch.full((2, 4), 0.25), seeded())
