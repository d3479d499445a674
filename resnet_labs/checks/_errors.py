"""What an error in a learner's code tells about its cause."""

from __future__ import annotations

from resnet_labs.checks._failure import Cause

# By a part of the error's text: these are known so well that they come before what is usual for a call.
_CERTAIN = {
    "view size is not compatible": "`view` needs numbers that are in order in memory; `reshape` takes any tensor",
    "Inference tensors": "tensors made under `torch.inference_mode` cannot be trained on; use `torch.no_grad`",
    'missing the required "forward"': "what is called has no `forward`, such as an `nn.ModuleList`",
    "values to unpack": "a number is written down: of classes, of runs, of axes",
}
_FIXED_TYPE = "a type is fixed somewhere: the check computes in float64 too, and everything has to follow its inputs"
_SHAPES = "two shapes do not fit in that line"
_LIKELY = {
    "expected scalar type": _FIXED_TYPE,
    "same dtype": _FIXED_TYPE,
    "Input type": _FIXED_TYPE,
    "size of tensor": _SHAPES,
    "shapes cannot be multiplied": _SHAPES,
    "shape": _SHAPES,
}
_BY_TYPE = {
    NameError: "a name is not defined where the function uses it",
    AttributeError: "an object has no attribute of that name: another type than the line expects",
    IndexError: "a list or an axis is shorter than the line expects: a number is written down, such as of classes",
    ZeroDivisionError: "a number that may be zero is divided by",
}


def cause_of(error: Exception, usual: Cause) -> Cause:
    """Return the likely cause of an error.

    Args:
        error: what the learner's code raised.
        usual: the cause of most errors in this call, empty if there is none.
    """
    text = str(error)
    certain = next((cause for words, cause in _CERTAIN.items() if words in text), "")
    if certain and usual:
        return (certain, usual) if isinstance(usual, str) else (certain, *usual)
    by_type = next((cause for kind, cause in _BY_TYPE.items() if isinstance(error, kind)), "")
    likely = next((cause for words, cause in _LIKELY.items() if words in text), "")
    any_cause = "a line of the function meets a shape, a type or a name that it does not expect"
    return certain or usual or by_type or likely or any_cause
