"""Procedural images: fixed by their seed, honest about their classes, learnable by a convolution and not by colour."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from torch import nn

from resnet_labs.data import Batches, ImageData, load, procedural, procedural_images
from resnet_labs.errors import InputError
from resnet_labs.resnet import cifar_resnet


def test_the_seed_fixes_every_pixel():
    first, again, other = (procedural_images(48, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert torch.equal(first.labels, other.labels)


def test_classes_take_turns_and_keep_their_names():
    data = procedural_images(7, classes=["dotted ring", "striped disk", "mottled star"], size=16)
    assert data.images.shape == (7, 3, 16, 16)
    assert data.labels.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert data.classes == ("dotted ring", "striped disk", "mottled star")
    assert "difficulty 0.5" in data.source


def test_source_and_target_sets_share_no_class_and_together_are_all():
    source, target = (set(procedural.SETS[name]) for name in ("procedural_source", "procedural_target"))
    assert not source & target
    assert source | target == set(procedural.SETS["procedural"])
    assert len(procedural.SETS["procedural"]) == 24


@pytest.mark.parametrize("name", procedural.SETS)
def test_every_set_can_be_loaded(name):
    data = load(name, split="test", limit=48, size=16)
    assert data.images.shape == (48, 3, 16, 16)
    assert data.classes == procedural.SETS[name]


def test_training_and_test_images_differ_and_follow_the_seed():
    test = load("procedural_target", split="test")
    train = load("procedural_target", split="train")
    assert (len(train), len(test)) == (procedural.NUM_TRAIN, procedural.NUM_TEST)
    assert not torch.equal(train.images[: len(test)], test.images)
    assert torch.equal(load("procedural_target", split="test").images, test.images)
    assert not torch.equal(load("procedural_target", split="test", seed=1).images, test.images)


def grid(half_side: float, num_points: int) -> tuple[torch.Tensor, torch.Tensor]:
    axis = (torch.arange(num_points) + 0.5) / num_points * 2 * half_side - half_side
    return axis.view(1, 1, -1).repeat(1, num_points, 1), axis.view(1, -1, 1).repeat(1, 1, num_points)


@pytest.mark.parametrize("shape", procedural._SHAPES)
def test_shapes_have_the_same_area(shape):
    u, v = grid(2.0, 800)
    area = (procedural._SHAPES[shape](u, v) < 0).double().mean().item() * 16
    assert area == pytest.approx(np.pi, rel=0.01)


@pytest.mark.parametrize("texture", procedural._TEXTURES)
def test_textures_are_half_of_each_tone_and_blend_on_a_third(texture):
    x, y = grid(20.0, 999)
    wave = procedural._TEXTURES[texture](x, y)
    assert (wave > 0).double().mean().item() == pytest.approx(0.5, abs=0.01)
    assert (wave.abs() < 0.5).double().mean().item() == pytest.approx(1 / 3, abs=0.03)


def test_difficulty_zero_is_a_centred_shape_on_a_plain_ground():
    images = procedural_images(24, difficulty=0.0).images
    corners = images[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert torch.equal(corners.amin(2), corners.amax(2))
    assert procedural_images(24, difficulty=1.0).images.shape == images.shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"classes": ["striped disc", "dotted ring"]},
            "no procedural class 'striped disc'. Did you mean 'striped disk'?",
        ),
        ({"classes": ["dotted ring"]}, r"classes are \['dotted ring'\]. Give at least two, each once"),
        ({"classes": ["dotted ring"] * 2}, "Give at least two, each once"),
        ({"num_images": 0}, "num_images is 0 and size is 32. They must be at least 1 and 16"),
        ({"size": 8}, "num_images is 4 and size is 8"),
        ({"difficulty": 1.5}, "difficulty is 1.5. It must lie between 0 and 1"),
    ],
)
def test_refuses_what_it_cannot_draw(arguments, message):
    with pytest.raises(InputError, match=message):
        procedural_images(**{"num_images": 4, **arguments})


def colours(data: ImageData) -> np.ndarray:
    """Histograms of 64 colours, with mean and deviation of each channel."""
    bins = (data.images // 64).long()
    codes = (bins[:, 0] * 16 + bins[:, 1] * 4 + bins[:, 2]).flatten(1)
    counts = torch.stack([row.bincount(minlength=64) for row in codes]) / codes.shape[1]
    values = data.images.flatten(2) / 255
    return torch.cat([counts, values.mean(2), values.std(2)], 1).numpy()


@pytest.fixture(scope="module")
def five() -> tuple[ImageData, ImageData]:
    classes = ("striped disk", "checked disk", "striped star", "checked star", "dotted ring")
    return procedural_images(1500, classes=classes, seed=1), procedural_images(1000, classes=classes, seed=2)


@pytest.mark.slow
def test_colours_alone_do_not_tell_the_class(five):
    train, test = five
    forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0).fit(colours(train), train.labels.numpy())
    # Chance is 0.2, with a standard error of 0.013 on 1,000 images.
    assert abs(forest.score(colours(test), test.labels.numpy()) - 0.2) < 0.04


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.slow
def test_a_small_resnet_leaves_a_linear_model_far_behind(five):
    train, test = five
    linear = LogisticRegression(C=1e-3, max_iter=60, tol=1e-2)
    linear.fit(train.images.flatten(1).numpy() / 255, train.labels.numpy())
    linear_accuracy = linear.score(test.images.flatten(1).numpy() / 255, test.labels.numpy())

    torch.manual_seed(0)
    model = cifar_resnet(8, num_classes=5)
    batches = Batches(train, 64, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=8 * len(batches))
    for _ in range(8):
        for images, labels in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        correct = sum((model(images).argmax(1) == labels).sum().item() for images, labels in Batches(test, 250))

    assert linear_accuracy < 0.3
    assert correct / len(test) > 0.7
