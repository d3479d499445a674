"""A printed figure keeps its decimals, and its range holds every value that prints so."""

from __future__ import annotations

import copy
import math
import random
from fractions import Fraction

import numpy as np
import pytest
import yaml

from resnet_labs.errors import InputError
from resnet_labs.reports.audit.printed import Loader, Printed, decimals_of, printed, rounded, units


@pytest.mark.parametrize(
    ("text", "decimals"),
    [("0.11350", 5), ("0.5", 1), ("1", 0), ("7.0e-4", 5), ("1e-3", 3), ("2.5e+3", 0), ("0.000", 3)],
)
def test_decimals_are_those_of_the_text(text: str, decimals: int) -> None:
    assert Printed(text).decimals == decimals


def test_yaml_keeps_them_and_the_value_stays_a_float() -> None:
    found = yaml.load("a: 0.11350\nb: [0.5, 1]\nc: .nan\nd: 1:30.5", Loader)
    assert (found["a"], found["a"].decimals, f"{found['a']}") == (0.1135, 5, "0.1135")
    assert (found["b"][1], copy.deepcopy(found)["a"].text) == (1, "0.11350")
    assert math.isnan(found["c"])
    assert found["d"] == 90.5


def test_figures_of_one_list_share_their_decimals() -> None:
    assert decimals_of([Printed("0.9223301"), Printed("0.50"), 0.84375]) == 7


@pytest.mark.parametrize(
    ("value", "decimals"), [(0.947, 2), (0.5, -1), (0.5, 13), (0.5, True), (math.nan, 2), (math.inf, 2)]
)
def test_wrong_decimals_are_named(value: float, decimals: int) -> None:
    with pytest.raises(InputError):
        units(value, decimals)


@pytest.mark.parametrize("seed", range(1))
def test_every_way_to_print_a_share_stays_in_the_range(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(3000):
        total = draw.randint(1, 20_000)
        share, decimals = Fraction(draw.randint(0, total), total), draw.randint(1, 8)
        value = float(share)
        single = float(f"{np.float32(value):.{decimals}f}")
        cut = math.floor(share * 10**decimals) / 10**decimals
        for shown in (round(value, decimals), float(f"{value:.{decimals}f}"), single, cut):
            low, high = printed(shown, decimals)
            assert low <= share <= high
        low, high = rounded(round(value, decimals), decimals)
        assert low - Fraction(1, 10**15) <= share <= high + Fraction(1, 10**15)
