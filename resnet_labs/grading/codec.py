"""Values as JSON data: what a probe cell sends to the grader and gets from it.

A probe cell carries this file's text, since the student's kernel has no grading package. Nothing of ours is imported
here, and nothing is ever unpickled: an array is its bytes in base64, with dtype and shape.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64")
_EXACT = 2**53  # whole numbers up to here are the same in every JSON reader
_DIGITS = 400


def encode(value: Any) -> Any:
    """Return a value as JSON data.

    Args:
        value: None, a bool, a number, a string, an array or tensor of one of `DTYPES`, or lists and dicts of them.

    Raises:
        TypeError: it holds something else.

    Example:
        >>> encode({"loss": float("nan"), "sizes": (2, 3)})
        {'loss': {'$float': 'nan'}, 'sizes': [2, 3]}
    """
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # a tensor, without importing torch
        value = value.detach().cpu().resolve_conj().resolve_neg()
        value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= _EXACT else {"$int": str(int(value))}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if isinstance(value, np.ndarray):
        if value.dtype.name not in DTYPES:
            raise TypeError(f"an array of {value.dtype} cannot be sent")
        data = value.astype(value.dtype.newbyteorder("<")).tobytes()  # in the order of rows
        return {"$array": base64.b64encode(data).decode(), "dtype": value.dtype.name, "shape": list(value.shape)}
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: encode(each) for key, each in value.items()}
        return {"$dict": [[encode(key), encode(each)] for key, each in value.items()]}
    raise TypeError(f"a {type(value).__name__} cannot be sent")


def decode(data: Any) -> Any:
    """Return the value of JSON data made by `encode`; arrays are NumPy's, tuples come back as lists.

    Raises:
        ValueError: the data were not made by `encode`.

    Example:
        >>> decode(encode({"image": np.zeros((1, 2), "float32")}))
        {'image': array([[0., 0.]], dtype=float32)}
    """
    if isinstance(data, list):
        return [decode(each) for each in data]
    if not isinstance(data, dict):
        return data
    marks = [key for key in data if isinstance(key, str) and key.startswith("$")]
    if not marks:
        return {key: decode(each) for key, each in data.items()}
    mark, held = marks[0], data[marks[0]]
    if mark == "$array" and set(data) == {"$array", "dtype", "shape"}:
        return _array(held, data["dtype"], data["shape"])
    if len(data) == 1 and mark == "$float" and held in ("nan", "inf", "-inf"):
        return float(held)
    if len(data) == 1 and mark == "$int" and isinstance(held, str) and len(held) <= _DIGITS:
        return int(held)
    if len(data) == 1 and mark == "$dict" and isinstance(held, list) and all(_is_pair(each) for each in held):
        return {decode(key): decode(each) for key, each in held}
    raise ValueError("it is not data of a probe")


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], (str, int, float, bool, type(None)))


def _array(text: Any, dtype: Any, shape: Any) -> np.ndarray:
    if not isinstance(text, str) or not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError("it is not an array")
    if not isinstance(shape, list) or len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
        raise ValueError("it has no shape")
    raw = base64.b64decode(text, validate=True)
    if math.prod(shape) * np.dtype(dtype).itemsize != len(raw):
        raise ValueError("its bytes do not fit its shape")
    if dtype == "bool" and raw.strip(b"\0\1"):
        raise ValueError("its bytes are not truth values")
    return np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).astype(dtype).reshape(shape)
