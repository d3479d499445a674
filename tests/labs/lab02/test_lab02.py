"""What lab 02 says of the two data sets is true."""

from __future__ import annotations

import os

import pytest
import torch
from helpers.places import SOLUTIONS

from resnet_labs.checks.lab02 import reference


@pytest.mark.real_data
def test_digit_counts_of_the_lab_are_those_of_mnist():
    if not os.environ.get("RESNET_LABS_DATA"):
        pytest.skip("RESNET_LABS_DATA names no folder with data sets")
    from resnet_labs import data

    counts = data.load("mnist", split="test").labels.bincount(minlength=10)
    assert tuple(counts.tolist()) == reference.MNIST_TEST_COUNTS


def test_digit_counts_of_the_lab_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    counts = torch.from_numpy(load_digits().target).bincount(minlength=10)
    lab = (SOLUTIONS / "lab02_digits.py").read_text(encoding="utf-8")
    assert f"digits_counts = torch.tensor({counts.tolist()})" in lab
    assert f"mnist_counts = torch.tensor({list(reference.MNIST_TEST_COUNTS)})" in lab
