"""What lab 05 says of its networks is true."""

from __future__ import annotations

import torch
from helpers.notebooks import shown

from resnet_labs import reports
from resnet_labs.features import stage_features
from resnet_labs.recipes import stand_in_network
from resnet_labs.recipes.transfer_networks import METHODS, train_only_
from resnet_labs.resnet import count_parameters, resnet152
from resnet_labs.weights import replace_head

LAB = " ".join(shown("lab05_transfer").split())


def test_numbers_of_trainable_parameters_are_those_of_the_stand_in():
    counts = []
    for method in METHODS[:2]:
        network = replace_head(stand_in_network._network(), 12)
        train_only_(network, method)
        counts.append(sum(weight.numel() for weight in network.parameters() if weight.requires_grad))
    assert f"{counts[0]} of {count_parameters(network):,} parameters train with the head alone" in LAB
    assert f"{counts[1]:,} with the" in LAB


def test_report_s_maps_are_stages_one_and_three_and_the_mean():
    stated = reports.load_report("r0")["experiments"]["feature_maps"]
    assert stated["inferred_input"][1:] == [3, 224, 224]
    with torch.device("meta"):
        network = resnet152()
        found = stage_features(network, torch.rand(1, 3, 224, 224), ("layer1", "layer3", "avgpool"))
    for name, maps in zip(("early", "middle", "late"), found.values(), strict=True):
        assert list(maps.shape[1:]) == stated["fact"][name][1:]
        assert str(tuple(stated["fact"][name])) in LAB
