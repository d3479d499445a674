"""Values cross as JSON data, and a verdict is made of any data without an error or a wrong mark."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from resnet_labs.grading.codec import DTYPES, decode, encode
from resnet_labs.grading.compare import difference, verdicts
from resnet_labs.grading.probe import Probe

PROBE = Probe("02.1", ("f",), Fraction(2), (), 1e-4, 1e-5, 1, "")
ARRAY = np.arange(6, dtype="float32").reshape(2, 3)
VALUES = [
    None,
    True,
    0,
    -0.0,
    1.5,
    "text",
    "",
    [1, [2.0, None]],
    {"a": {"b": [True]}},
    math.inf,
    -math.inf,
    2**53 + 1,
    -(10**300),
    {1: "x", None: [2]},
    {"$array": 3},
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_values_come_back_as_they_were(value):
    assert decode(json.loads(json.dumps(encode(value), allow_nan=False))) == value


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3)])
def test_arrays_and_tensors_come_back_as_they_were(dtype, shape):
    array = (np.arange(math.prod(shape)) % 2).reshape(shape).astype(dtype)
    for value in (array, np.array(array, order="F"), torch.from_numpy(array).requires_grad_(dtype.startswith("float"))):
        back = decode(json.loads(json.dumps(encode(value))))
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(back, array)


def test_views_nan_and_half_precision_come_back():
    view = torch.arange(12.0).reshape(3, 4).mT[::2]
    np.testing.assert_array_equal(decode(encode(view)), view.numpy())
    assert math.isnan(decode(encode(float("nan"))))
    assert decode(encode(torch.ones(2, dtype=torch.bfloat16))).dtype == "float32"
    assert (encode(np.float32(1.5)), encode((1, 2))) == (1.5, [1, 2])


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"bytes", 1j, np.array(["a"]), np.array([1j]), torch.tensor(1j), print]
)
def test_what_is_no_data_is_not_sent(value):
    with pytest.raises(TypeError):
        encode([value])


def array(**changes):
    return encode(ARRAY) | changes


NO_DATA = {
    "other bytes": array(**{"$array": "AAAA"}),
    "no base64": array(**{"$array": "not base64!"}),
    "a list of bytes": array(**{"$array": [1, 2]}),
    "another dtype": array(dtype="object"),
    "a dtype that is a list": array(dtype=["float32"]),
    "a structured dtype": array(dtype="f4,f4"),
    "a shape that is too large": array(shape=[2**39, 2**39]),
    "a negative shape": array(shape=[-2, -3]),
    "a shape of truth values": array(shape=[True, 6]),
    "a shape that is a number": array(shape=6),
    "a thousand axes": array(shape=[1] * 1000),
    "one part more": array(name="x"),
    "no shape": {"$array": "AAAA", "dtype": "float32"},
    "truth values that are none": {"$array": "Ag==", "dtype": "bool", "shape": [1]},
    "a float that is none": {"$float": "1e5"},
    "a whole number that is none": {"$int": "x"},
    "a million digits": {"$int": "9" * 1_000_000},
    "a key that is a list": {"$dict": [[[1], 2]]},
    "pairs that are none": {"$dict": [[1, 2, 3]]},
    "another mark": {"$pickle": "gASV"},
}


@pytest.mark.parametrize("name", NO_DATA)
def test_what_was_not_encoded_is_not_decoded(name):
    with pytest.raises(ValueError):
        decode(NO_DATA[name])


SAME = [
    (1.0, 1.00001),
    (encode(ARRAY), encode(ARRAY * (1 + 1e-6))),
    (encode(ARRAY), encode(ARRAY.astype("float64"))),
    (encode(ARRAY.astype("int64")), encode(ARRAY.astype("uint8"))),
    (1.5, encode(np.float32(1.5).reshape(()))),
    (encode(np.array(3)), 3),
    (3.0, 3),
    (3, 3.0),
    ({"$float": "nan"}, {"$float": "nan"}),
    (encode(np.array([np.nan, np.inf])), encode(np.array([np.nan, np.inf]))),
    ([1, "a", None, {"b": True}], [1, "a", None, {"b": True}]),
    ({"$int": str(10**60)}, {"$int": str(10**60)}),
]
OTHER = [
    (1.0, 1.01),
    (1.0, True),
    (True, 1),
    (1.0, "1.0"),
    (1.0, None),
    (1.0, {"$float": "nan"}),
    ({"$float": "nan"}, 1.0),
    ({"$float": "inf"}, {"$float": "-inf"}),
    ({"$float": "inf"}, 1e308),
    (3, 3.5),
    (None, 0),
    ("a", ["a"]),
    ([1, 2], [1, 2, 3]),
    ([1, 2], {"0": 1, "1": 2}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1}, {"b": 1}),
    (encode(ARRAY), encode(ARRAY.T)),
    (encode(ARRAY), encode(ARRAY.astype("int64"))),
    (encode(ARRAY), encode(ARRAY + 1)),
    (encode(ARRAY), ARRAY.tolist()),
    (encode(ARRAY > 2), encode((ARRAY > 2).astype("uint8"))),
    ({"$int": str(10**60)}, {"$int": str(10**60 + 1)}),
    ({"$int": str(10**60)}, 1e60),
    (1.0, [[[[1.0]]]]),
    *((encode(ARRAY), each) for each in NO_DATA.values()),
    *((1.0, each) for each in NO_DATA.values()),
]


@pytest.mark.parametrize(("reference", "observed"), SAME)
def test_what_agrees_passes(reference, observed):
    assert difference(observed, reference, rtol=1e-4, atol=1e-5) == ""


@pytest.mark.parametrize(("reference", "observed"), OTHER)
def test_what_differs_fails_without_a_value_of_the_reference(reference, observed):
    reason = difference(observed, reference, rtol=1e-4, atol=1e-5)
    assert reason
    assert not any(character.isdigit() for character in reason.replace("entry 0", "").replace("entry 1", ""))


def deep(depth):
    value = 1.0
    for _ in range(depth):
        value = [value]
    return value


CASE = {"observed": 1.0}
PAYLOADS = {
    "nothing": None,
    "a number": 3,
    "a list": [CASE] * 4,
    "no cases": {},
    "cases in an object": {"cases": {"0": CASE}},
    "too few": {"cases": [CASE] * 3},
    "too many": {"cases": [CASE] * 5},
    "cases that are none": {"cases": [None, 3, [], "x"]},
    "both": {"cases": [CASE | {"error": "x"}] * 4},
    "something more": {"cases": [CASE | {"passed": True}] * 4},
    "verdicts": {"cases": [{"passed": True}] * 4},
    "errors that are none": {"cases": [{"error": {"a": 1}}] * 4},
    "deep": {"cases": [{"observed": deep(900)}] * 4},
    "wrong": {"cases": [{"observed": 2.0}] * 4},
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_payload_breaks_a_verdict_or_gets_a_point(name):
    found = verdicts(PROBE, PAYLOADS[name], [1.0] * 4)
    assert len(found) == 4
    assert not any(case.passed for case in found)
    assert all(case.reason for case in found)


def test_each_case_has_its_own_verdict():
    seen = {"cases": [CASE, {"observed": 7.0}, {"error": "ValueError: x"}]}
    found = verdicts(PROBE, seen, [1.0] * 3)
    assert [case.passed for case in found] == [True, False, False]
    assert "ValueError: x" in found[2].reason


def test_a_check_without_a_reference_is_our_error():
    with pytest.raises(ValueError):
        verdicts(PROBE, {"cases": []}, [])
