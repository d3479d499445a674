"""Features: those of the modules themselves, a cache that equals live training, and clusters in numbers."""

from __future__ import annotations

import copy
import errno
import os
import re
import warnings
from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import augment, data, reports
from resnet_labs.errors import InputError
from resnet_labs.features import (
    FeatureSet,
    cached_features,
    clusters,
    embed,
    neighbour_purity,
    silhouette,
    stage_features,
)
from resnet_labs.freeze import head_of, linear_probe_
from resnet_labs.resnet import cifar_resnet, resnet152
from resnet_labs.train import TrainConfig, evaluate, fit


def network(seed=0):
    """A small ResNet whose running statistics are not the initial ones."""
    torch.manual_seed(seed)
    model = cifar_resnet(8, num_classes=3)
    with torch.no_grad():
        model(torch.rand(16, 3, 8, 8))
    return model


def image_data(count=40, seed=0):
    pixels = torch.randint(0, 256, (count, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
    return data.ImageData(pixels, torch.arange(count) % 3, ("a", "b", "c"), "made here")


def state_of(model):
    hooks = sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.modules())
    tensors = {name: value.clone() for name, value in model.state_dict().items()}
    return tensors, [part.training for part in model.modules()], hooks, [p.grad is None for p in model.parameters()]


def assert_unchanged(model, before):
    tensors, *rest = state_of(model)
    assert all(torch.equal(value, before[0][name]) for name, value in tensors.items())
    assert rest == list(before[1:])


class Tokens(nn.Module):
    """Gives out a tuple from one module, a row for each pixel to its head, and has a module that never runs."""

    def __init__(self):
        super().__init__()
        self.pair = nn.LSTM(3, 4, batch_first=True)
        self.unused = nn.ReLU()
        self.head = nn.Linear(4, 3)

    def forward(self, images):
        return self.head(self.pair(images.flatten(2).transpose(1, 2))[0]).mean(1)


def test_stages_of_resnet152_have_the_shapes_of_report_0():
    facts = reports.load_report("r0")["experiments"]["feature_maps"]["fact"]
    found = stage_features(resnet152(), torch.rand(2, 3, 32, 32))  # a seventh of the report's 224 pixels
    for features, (_, channels, height, width) in zip(found.values(), facts.values(), strict=True):
        assert features.shape == (2, channels, max(1, height // 7), max(1, width // 7))
    assert list(found) == ["layer1", "layer3", "avgpool"]


def test_stage_features_are_what_the_modules_give_out_before_anything_is_written_into_them():
    model, images = network(), torch.rand(4, 3, 8, 8)
    found = stage_features(model, images, ("avgpool", "layer1", "layer1.0.bn2", "bn1", "conv1"))
    assert list(found) == ["avgpool", "layer1", "layer1.0.bn2", "bn1", "conv1"]

    model.eval()
    with torch.no_grad():
        conv1 = model.conv1(images)
        bn1 = model.bn1(conv1)
        block = model.layer1[0]
        bn2 = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(F.relu(bn1))))))
        layer1 = F.relu(F.relu(bn1) + bn2)
        avgpool = model.layer3(model.layer2(layer1)).mean((2, 3), keepdim=True)
    assert (bn1 < 0).any()
    assert (bn2 < 0).any()
    for name, expected in {"conv1": conv1, "bn1": bn1, "layer1.0.bn2": bn2, "layer1": layer1}.items():
        assert torch.equal(found[name], expected), name
    torch.testing.assert_close(found["avgpool"], avgpool)
    assert not any(features.requires_grad or features.is_inference() for features in found.values())


def test_the_last_output_of_a_module_that_runs_twice_is_kept():
    model = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(4, 4))
    model.append(model[0])
    images = torch.randn(3, 1, 2, 2)
    found = stage_features(model, images, ("0", "3"))
    assert torch.equal(found["0"], model(images).detach())
    assert torch.equal(found["0"], found["3"])


@pytest.mark.parametrize("extract", [lambda m: stage_features(m, torch.rand(4, 3, 8, 8)), lambda m: cached(m)])
def test_the_model_is_left_as_it_was(extract):
    model = network().train()
    model.layer2.eval()
    before = state_of(model)
    extract(model)
    assert_unchanged(model, before)

    def fails(module, inputs, output):
        raise RuntimeError("stop")

    handle = model.layer3.register_forward_hook(fails)
    before = state_of(model)
    with pytest.raises(RuntimeError, match="stop"):
        extract(model)
    assert_unchanged(model, before)
    handle.remove()
    assert torch.is_grad_enabled()


def cached(model, **settings):
    return cached_features(model, image_data(), **settings)


@pytest.mark.parametrize(
    ("model", "stages", "said"),
    [
        (network, ("layer33",), "ResNet has no stage 'layer33'. Did you mean 'layer3'?"),
        (network, ("layer1.0.bn3",), r"Did you mean 'layer1\.0\.bn[12]'\?"),
        (network, ("xyz",), "Known: conv1, bn1, maxpool, layer1, layer2, layer3, avgpool, fc."),
        (network, ("",), "ResNet has no stage ''"),
        (network, "layer1", r"stages is 'layer1'\. Write \('layer1',\) for a single stage"),
        (Tokens, ("pair",), "Stage 'pair' returns a tuple, not a tensor. Name a module inside it."),
        (Tokens, ("unused",), "The forward pass does not reach stage 'unused'. Name a module that it calls."),
    ],
)
def test_stages_that_cannot_be_had_are_refused(model, stages, said):
    model = model()
    before = state_of(model)
    with pytest.raises(InputError, match=said):
        stage_features(model, torch.rand(2, 3, 8, 8), stages)
    assert_unchanged(model, before)


def test_cached_features_are_the_input_of_the_head():
    model, images = network(), image_data(150)  # more than one batch
    found = cached_features(model, images)
    model.eval()
    expected = stage_features(model, images.images.float() / 255, ("avgpool",))["avgpool"].flatten(1)
    torch.testing.assert_close(found.features, expected[None])
    assert found.features.shape == (1, 150, 64)
    assert not found.features.is_inference()
    assert torch.equal(found.labels, images.labels)
    assert (found.classes, len(found)) == (images.classes, 150)
    assert found.source == "made here, as features of ResNet"


def test_mixed_precision_around_the_call_changes_nothing():
    model = network()
    expected = cached(model).features
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(cached(model).features, expected)


def test_view_v_is_what_batches_show_in_epoch_v():
    model, flip = network(), augment.Compose([augment.Flip(), augment.Crop(padding=2)])
    found = cached(model, views=3, augment=flip).features
    batches = data.Batches(image_data(), 128, augment=flip)
    for view in range(3):
        batches.set_epoch(view)
        ((images, _),) = batches
        expected = stage_features(model, images, ("avgpool",))["avgpool"].flatten(1)
        torch.testing.assert_close(found[view], expected)
    assert not torch.equal(found[0], found[1])
    assert not torch.equal(found[1], found[2])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_head_trained_on_cached_features_is_the_head_trained_live(optimizer):
    live = network()
    linear_probe_(live)
    head = copy.deepcopy(live.fc)
    features = cached(live)
    config = TrainConfig(epochs=5, learning_rate=0.05, optimizer=optimizer, precision="fp32", weight_decay=0.01)
    batches = data.Batches(image_data(), 16, shuffle=True, seed=3)
    expected = fit(live, batches, loss=F.cross_entropy, config=config, progress=False)
    history = fit(head, features.batches(16, seed=3), loss=F.cross_entropy, config=config, progress=False)
    torch.testing.assert_close(head.weight, live.fc.weight, atol=1e-5, rtol=0)
    torch.testing.assert_close(head.bias, live.fc.bias, atol=1e-5, rtol=0)
    assert history.column("train_loss") == pytest.approx(expected.column("train_loss"), abs=1e-5)

    cached_score = evaluate(head, features.batches(16, shuffle=False), top_k=(1,))
    live_score = evaluate(live, data.Batches(image_data(), 16), top_k=(1,))
    torch.testing.assert_close(cached_score.logits, live_score.logits, atol=1e-4, rtol=0)
    assert torch.equal(cached_score.labels, image_data().labels)


@pytest.mark.parametrize("replaced", [None, nn.Sequential(nn.Threshold(0.3, 9.0, inplace=True), nn.Linear(64, 3))])
def test_the_head_is_the_one_that_a_linear_probe_trains(replaced):
    model = network()
    if replaced is not None:
        model.fc = replaced
    linear_probe_(model)
    trained = {parameter for parameter in model.parameters() if parameter.requires_grad}
    assert trained == set(head_of(model).parameters())
    features = cached(model).features[0]
    images = image_data().images.float() / 255
    with torch.no_grad():
        torch.testing.assert_close(head_of(model)(features.clone()), model.eval()(images))
    assert (stage_features(model, images, ("avgpool",))["avgpool"].flatten(1) - features).abs().max() < 1e-5


def test_without_fc_the_last_linear_layer_is_the_head():
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 5), nn.ReLU(), nn.Linear(5, 3))
    torch.testing.assert_close(
        cached(model).features[0], model[:3](image_data().images.float() / 255), atol=1e-6, rtol=0
    )


def test_each_image_gets_a_random_view_in_each_epoch_with_its_own_label():
    views, count = 4, 500
    number = torch.arange(views)[:, None] * count + torch.arange(count)
    features = FeatureSet(number[..., None].float(), torch.arange(count) % 7, tuple("abcdefg"), "made here")
    batches = features.batches(64, seed=1)
    assert len(batches) == 8
    epochs = []
    for _ in range(2):
        rows, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
        numbers = rows.squeeze(1).long()
        assert torch.equal((numbers % count).sort().values, torch.arange(count))
        assert torch.equal(labels, numbers % count % 7)
        epochs.append(numbers)
        assert all(90 < shown < 160 for shown in (numbers // count).bincount(minlength=views).tolist())
    by_image = [numbers[(numbers % count).argsort()] // count for numbers in epochs]
    assert 0.15 < (by_image[0] == by_image[1]).float().mean() < 0.35  # one in four by chance

    batches.set_epoch(1)
    again = torch.cat([rows for rows, _ in batches]).squeeze(1).long()
    assert torch.equal(again, epochs[1])
    other_seed = torch.cat([rows for rows, _ in features.batches(64, seed=2)]).squeeze(1).long()
    assert not torch.equal(other_seed, epochs[0])
    in_order = torch.cat([rows for rows, _ in features.batches(64, shuffle=False)]).squeeze(1).long()
    assert torch.equal(in_order % count, torch.arange(count))


@dataclass(frozen=True)
class Reorders:
    def __call__(self, images, labels, generator):
        return images.flip(0), labels.flip(0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"views": 0}, r"views is 0\. It must be at least 1"),
        ({"views": 2}, r"views is 2, but without augment they are all the same\. Give augment, or one view"),
        ({"augment": augment.Mixup(3)}, "augment changes labels.*Leave out Mixup"),
        ({"augment": Reorders()}, "augment changes labels"),
    ],
)
def test_wrong_views_are_refused(settings, said):
    with pytest.raises(InputError, match=said):
        cached(network(), **settings)
    with pytest.raises(InputError, match=r"batch_size is 0"):
        cached(network()).batches(0)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            nn.Sequential(nn.Conv2d(3, 2, 3)),
            "Sequential has no linear layer, so its head is unknown. .*name a stage of stage_features",
        ),
        (Tokens(), r"The head of Tokens sees inputs of shapes \[\(40, 64, 4\)\], not one vector per image"),
    ],
)
def test_models_without_one_feature_vector_an_image_are_refused(model, said):
    with pytest.raises(InputError, match=said):
        cached(model)


class Counting(nn.Module):
    """A network that counts the images which it is shown, and can change its forward pass under the same weights."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body, self.fc, self.seen, self.sign = nn.Linear(192, 6), nn.Linear(6, 3), 0, 1

    def forward(self, images):
        self.seen += len(images)
        return self.fc(self.sign * self.body(images.flatten(1)))


def test_a_cache_is_read_back_bit_by_bit_and_mapped(tmp_path, monkeypatch):
    opened = []
    original = np.load
    monkeypatch.setattr(np, "load", lambda *a, **k: opened.append(k.get("mmap_mode")) or original(*a, **k))
    model, folder = Counting(), tmp_path / "new" / "folder"
    first = cached(model, views=2, augment=augment.Flip(), cache=folder)
    assert (model.seen, len(list(folder.iterdir())), opened) == (80, 1, [])
    second = cached(model, views=2, augment=augment.Flip(), cache=str(folder))
    assert (model.seen, opened) == (82, ["c"])
    assert torch.equal(first.features, second.features)
    assert torch.equal(first.features, cached(Counting(), views=2, augment=augment.Flip()).features)
    second.features[0, 0, 0] = 7  # in memory: the file stays as it is
    assert torch.equal(first.features, cached(model, views=2, augment=augment.Flip(), cache=folder).features)
    head = nn.Linear(6, 3)
    config = TrainConfig(epochs=1, learning_rate=0.1)
    fit(head, second.batches(16), loss=F.cross_entropy, config=config, progress=False)


def test_a_cache_holds_for_one_backbone_one_set_of_images_and_one_augmentation_but_any_head(tmp_path):
    def files():
        return len(list(tmp_path.iterdir()))

    model = Counting()
    cached(model, cache=tmp_path)
    model.fc = nn.Linear(6, 10)
    cached(model, cache=tmp_path)
    assert files() == 1
    cached(model, augment=augment.Flip(), cache=tmp_path)
    cached(model, augment=augment.Flip(probability=0.4), cache=tmp_path)
    cached(model, views=2, augment=augment.Flip(), cache=tmp_path)
    assert files() == 4
    cached_features(model, image_data(seed=1), cache=tmp_path)
    assert files() == 5
    with torch.no_grad():
        model.body.bias[0] += 1e-6
    cached(model, cache=tmp_path)
    assert files() == 6
    assert torch.equal(
        cached_features(model, image_data().subset(range(39, -1, -1)), cache=tmp_path).labels[:1], torch.tensor([0])
    )
    assert files() == 7


@pytest.mark.parametrize("damage", ["first", "middle", "last", "short", "empty"])
def test_a_damaged_cache_is_named_and_made_again(tmp_path, damage):
    model = Counting()
    expected = cached(model, cache=tmp_path).features
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    if damage in ("short", "empty"):
        file.write_bytes(content[:-5] if damage == "short" else b"")
    else:
        content[{"first": 20, "middle": len(content) // 2, "last": -1}[damage]] ^= 2
        file.write_bytes(content)
    with pytest.warns(UserWarning, match=rf"The cache '{re.escape(str(file))}' is damaged; its features are computed"):
        assert torch.equal(cached(model, cache=tmp_path).features, expected)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(cached(model, cache=tmp_path).features, expected)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_changed_forward_method_is_noticed(tmp_path):
    model = Counting()
    before = cached(model, cache=tmp_path).features
    model.sign = -1
    with pytest.warns(UserWarning, match="is from a model with another forward method; its features are computed"):
        after = cached(model, cache=tmp_path).features
    assert torch.equal(after, -before)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_costs_the_cache_but_not_the_features(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning, match="Features could not be kept in .*No space left on device"):
        found = cached(network(), cache=tmp_path)
    assert torch.equal(found.features, cached(network()).features)
    assert list(tmp_path.iterdir()) == []


def test_caches_that_cannot_work_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"The cache folder '.*file' cannot be made: File exists\. Give another"):
        cached(network(), cache=tmp_path / "file")
    with pytest.raises(InputError, match=r"augment is <function.*does not tell the cache what it does\. Use the"):
        cached(network(), augment=lambda images, labels, generator: (images, labels), cache=tmp_path)


def blobs(classes=3, count=12, width=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    centres = 20 * torch.randn(classes, width, generator=generator)
    labels = torch.arange(classes * count) % classes
    return centres[labels] + torch.randn(classes * count, width, generator=generator), labels


def check_embedding(method):
    features, labels = blobs()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    random_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = embed(features, method, seed=1)
    np.random.seed(7)
    assert torch.equal(first, embed(features, method, seed=1))
    assert not torch.equal(first, embed(features, method, seed=2))
    assert torch.equal(torch.get_rng_state(), random_state[0])
    assert torch.get_num_threads() == 1  # numba sets it to its own
    torch.set_num_threads(threads)
    assert neighbour_purity(first, labels, num_neighbours=5) == 1
    assert first.shape == (36, 2)
    few = embed(torch.randn(4, 2, generator=torch.Generator().manual_seed(0)).bfloat16(), method)
    assert few.shape == (4, 2)
    assert few.isfinite().all()


def test_tsne_keeps_clusters_follows_the_seed_and_takes_four_points():
    check_embedding("tsne")


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_umap_keeps_clusters_follows_the_seed_and_takes_four_points():
    check_embedding("umap")


def test_tsne_is_sklearns_with_a_perplexity_that_shrinks(monkeypatch):
    from sklearn.manifold import TSNE

    used = []
    monkeypatch.setattr("sklearn.manifold.TSNE", lambda **settings: used.append(settings) or TSNE(**settings))
    features, _ = blobs()
    found = embed(features)
    assert used[0]["perplexity"] == pytest.approx(35 / 3)
    embed(blobs(count=31)[0])
    assert used[1]["perplexity"] == 30
    assert np.array_equal(found, TSNE(perplexity=35 / 3, init="random", random_state=0).fit_transform(features.numpy()))


@pytest.mark.parametrize(
    ("features", "method", "said"),
    [
        (torch.rand(9, 3), "tsme", r"method is 'tsme'\. Did you mean 'tsne'"),
        (torch.rand(3, 3), "tsne", r"features has shape \(3, 3\)\. Give at least 4 rows and 2 columns"),
        (torch.rand(9, 1), "umap", r"features has shape \(9, 1\)"),
        (torch.ones(9, 3), "tsne", r"All rows of features are the same\. Look for dead units"),
        (torch.full((9, 3), torch.nan), "umap", r"features hold NaN or infinity\. Look at the training that made them"),
    ],
)
def test_what_cannot_be_embedded_is_refused(features, method, said):
    with pytest.raises(InputError, match=said):
        embed(features, method)


@pytest.mark.parametrize("chunk", [1, 100, 2**24])
@pytest.mark.parametrize("num_neighbours", [1, 10, 36])
def test_purity_is_sklearns_neighbours_counted_in_any_chunks(monkeypatch, chunk, num_neighbours):
    from sklearn.neighbors import NearestNeighbors

    generator = torch.Generator().manual_seed(0)
    features = 100 + torch.randn(37, 4, generator=generator).double()
    labels = torch.randint(3, (37,), generator=generator)
    sizes = []
    original = torch.addmm
    monkeypatch.setattr(torch, "addmm", lambda *a, **k: sizes.append(len(a[1])) or original(*a, **k))
    monkeypatch.setattr(clusters, "_CHUNK", chunk)
    near = NearestNeighbors(n_neighbors=num_neighbours).fit(features.numpy()).kneighbors(return_distance=False)
    expected = (labels[torch.from_numpy(near)] == labels[:, None]).double().mean().item()
    assert neighbour_purity(features, labels, num_neighbours=num_neighbours) == pytest.approx(expected, abs=1e-12)
    assert max(sizes) == max(1, min(37, chunk // 37))
    assert sum(sizes) == 37


def test_purity_of_clear_mixed_and_shuffled_classes():
    features, labels = blobs(count=40)
    assert neighbour_purity(features, labels) == 1
    assert neighbour_purity(features.bfloat16(), labels.int()) == 1
    shuffled = labels[torch.randperm(120, generator=torch.Generator().manual_seed(0))]
    assert neighbour_purity(features, shuffled) == pytest.approx(1 / 3, abs=0.06)
    twins = torch.tensor([[0.0], [0.0], [5.0], [5.0]])  # at distance zero, and still not their own neighbours
    assert neighbour_purity(twins, torch.tensor([0, 1, 0, 1]), num_neighbours=1) == 0


def test_purity_far_from_the_origin_keeps_its_digits():
    features, labels = blobs(count=40)
    assert neighbour_purity(features / 100 + 5000, labels, num_neighbours=20) == 1


def test_silhouette_is_the_value_worked_out_by_hand():
    # Point 0: 1 to its own class, 10.5 to the other, so 1 - 1 / 10.5; point 1: 1 - 1 / 9.5; the rest mirrors them.
    features, labels = torch.tensor([[0.0], [1.0], [10.0], [11.0]]), torch.tensor([0, 0, 1, 1])
    expected = ((1 - 1 / 10.5) + (1 - 1 / 9.5)) / 2
    assert silhouette(features, labels) == pytest.approx(expected, rel=1e-6)
    assert silhouette(features.bfloat16().requires_grad_(), labels + 5) == pytest.approx(expected, rel=1e-6)
    assert silhouette(features, torch.tensor([0, 1, 0, 1])) < 0


@pytest.mark.parametrize("score", [neighbour_purity, silhouette])
def test_scores_refuse_labels_and_features_that_do_not_fit(score):
    with pytest.raises(InputError, match=r"features have shape \(20, 2\) and labels \(19,\)\. Give one label per row"):
        score(torch.rand(20, 2), torch.zeros(19, dtype=torch.int64))
    with pytest.raises(InputError, match="features hold NaN or infinity"):
        score(torch.full((20, 2), torch.inf), torch.zeros(20, dtype=torch.int64))


@pytest.mark.parametrize("num_neighbours", [0, 20])
def test_purity_refuses_neighbours_that_are_not_there(num_neighbours):
    with pytest.raises(InputError, match=rf"num_neighbours is {num_neighbours}, but there are 20 rows\. Choose"):
        neighbour_purity(torch.rand(20, 2), torch.zeros(20, dtype=torch.int64), num_neighbours=num_neighbours)


@pytest.mark.parametrize("labels", [torch.zeros(4, dtype=torch.int64), torch.arange(4)])
def test_silhouette_refuses_one_class_and_classes_of_one(labels):
    with pytest.raises(InputError, match=rf"labels hold {len(labels.unique())} classes in 4 rows\. Give two classes"):
        silhouette(torch.rand(4, 2), labels)
