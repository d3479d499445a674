"""The stand-in network: trained once, read afterwards, the same every time, and worth something on new classes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from resnet_labs import data, runtime
from resnet_labs.data import procedural
from resnet_labs.features import cached_features
from resnet_labs.recipes import stand_in_network as module
from resnet_labs.recipes.stand_in_network import stand_in_network


@pytest.fixture
def trained(monkeypatch, tmp_path) -> list[int]:
    """Return the seeds that were trained so far; training is short, and the cache a folder of the test."""
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_CONFIG", replace(module._CONFIG, epochs=1, warmup_epochs=0))
    monkeypatch.setattr(module, "SIZE", 16)
    monkeypatch.setattr(data, "load", partial(data.load, limit=96))
    seeds: list[int] = []
    train = module._train

    def counted(seed: int) -> dict[str, torch.Tensor]:
        seeds.append(seed)
        return train(seed)

    monkeypatch.setattr(module, "_train", counted)
    return seeds


def same(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def kept(tmp_path):
    return sorted((tmp_path / "cache" / "stand_in").iterdir())


def test_second_call_reads_what_the_first_trained(trained, tmp_path):
    first, second = stand_in_network(), stand_in_network()
    assert trained == [0]
    assert same(first, second)
    assert len(kept(tmp_path)) == 1
    assert [name for name, _ in first.named_children()][-5:] == ["layer1", "layer2", "layer3", "avgpool", "fc"]
    for network in (first, second):
        assert all(part.training for part in network.modules())
        assert all(weight.requires_grad and weight.is_contiguous() for weight in network.parameters())
        assert {weight.dtype for weight in network.parameters()} == {torch.float32}
    assert first(torch.rand(2, 3, 16, 16)).shape == (2, 12)


def test_networks_are_the_callers_own(trained):
    first = stand_in_network()
    torch.nn.init.zeros_(first.fc.weight)
    assert stand_in_network().fc.weight.any()


def test_training_again_gives_the_same_bits(trained, tmp_path):
    first = stand_in_network()
    for file in kept(tmp_path):
        file.unlink()
    assert same(first, stand_in_network())
    assert trained == [0, 0]


def test_every_seed_has_its_own_network(trained):
    assert not same(stand_in_network(), stand_in_network(seed=1))
    assert trained == [0, 1]


def test_random_generators_are_left_alone(trained):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    stand_in_network()
    assert torch.equal(torch.rand(4), expected)


def test_another_torch_trains_its_own(trained, monkeypatch):
    stand_in_network()
    versions = runtime.versions() | {"torch": "0.0"}
    monkeypatch.setattr(runtime, "versions", lambda: versions)
    stand_in_network()
    assert trained == [0, 0]


def test_damaged_file_is_made_anew(trained, tmp_path):
    first = stand_in_network()
    (file,) = kept(tmp_path)
    file.write_bytes(file.read_bytes()[:-300])
    with pytest.warns(UserWarning, match="is damaged; it is trained again"):
        second = stand_in_network()
    assert trained == [0, 0]
    assert same(first, second)
    assert same(first, stand_in_network())
    assert trained == [0, 0]


def test_folder_that_cannot_be_written_costs_only_time(trained, monkeypatch, tmp_path):
    (tmp_path / "stand_in").touch()  # a file where the folder would be
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path))
    with pytest.warns(UserWarning, match=r"could not be kept in '.*stand_in'"):
        stand_in_network()
    assert trained == [0]


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.slow
def test_features_help_on_classes_that_were_never_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path))
    train, test = (data.load("procedural_target", split=split, size=module.SIZE) for split in ("train", "test"))
    train = train.subset(range(1200))
    assert not {*train.classes} & {*procedural.SETS[module.SOURCE]}

    def linear_probe(network: torch.nn.Module) -> float:
        fitted, judged = (cached_features(network, images).features[0] for images in (train, test))
        mean, spread = fitted.mean(0), fitted.std(0) + 1e-6
        head = LogisticRegression(max_iter=300).fit(((fitted - mean) / spread).numpy(), train.labels.numpy())
        return head.score(((judged - mean) / spread).numpy(), test.labels.numpy())

    torch.manual_seed(0)
    # Chance is 1/12. Measured: 0.63 against 0.11.
    assert linear_probe(stand_in_network()) > linear_probe(module._network()) + 0.3
