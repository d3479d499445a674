"""Answers to 07.1 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import losses as library

answers = Answers("07.1", "check_cross_entropy")


def good(logits, labels):
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None]).squeeze(1)).mean()


@answers.wrong("device", "rows numbered on the CPU, values collected in zeros there")
def cpu_zeros(logits, labels):
    own = torch.zeros(len(labels), dtype=logits.dtype)
    own = own + logits.gather(1, labels[:, None]).squeeze(1)
    return (logits.logsumexp(1) - own).mean()


@answers.wrong("device", "torch.eye on the CPU")
def eye(logits, labels):
    return -(torch.eye(logits.shape[1], dtype=logits.dtype)[labels] * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("raises", "one_hot without num_classes")
def one_hot(logits, labels):
    return -(F.one_hot(labels) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("raises", "ten classes")
def ten(logits, labels):
    return -(F.one_hot(labels, 10)[:, : logits.shape[1]] * logits[:, :10].log_softmax(1)).sum(1).mean()


@answers.wrong("value", "divided by four examples")
def four(logits, labels):
    return good(logits, labels) * len(labels) / 4


@answers.wrong("raises", "squeeze() of everything: a batch of one")
def squeeze(logits, labels):
    own = logits.gather(1, labels[:, None]).squeeze()
    return (logits.logsumexp(1) - own).sum() / own.shape[0]


@answers.wrong("overflow", "one value is taken away for the whole batch: rows far below it underflow")
def batch_max(logits, labels):
    top = logits.max()
    sums = (logits - top).exp().sum(1).log() + top
    return (sums - logits.gather(1, labels[:, None]).squeeze(1)).mean()


@answers.wrong("clipped", "clamped to 80 before exp")
def clamped(logits, labels):
    return good(logits.clamp(-80, 80), labels)


@answers.wrong("dtype", "cast to float32: float64 loses digits")
def float32(logits, labels):
    return good(logits.float(), labels)


@answers.wrong("changes-input", "the maximum is subtracted in place")
def in_place(logits, labels):
    with torch.no_grad():
        logits -= logits.amax(1, keepdim=True)
    return good(logits, labels)


@answers.wrong("leaves-behind", "grad mode off afterwards")
def grad_off(logits, labels):
    loss = good(logits, labels)
    torch.set_grad_enabled(False)
    return loss


@answers.wrong("overflow", "softmax and log apart")
def apart(logits, labels):
    return -logits.softmax(1).gather(1, labels[:, None]).log().mean()


@answers.wrong("clipped", "epsilon")
def epsilon(logits, labels):
    return -(logits.softmax(1).gather(1, labels[:, None]) + 1e-8).log().mean()


@answers.wrong("sum", "the sum")
def total(logits, labels):
    return good(logits, labels) * len(labels)


@answers.wrong("all-pairs", "every row at every label")
def every(logits, labels):
    return (logits.logsumexp(1)[:, None] - logits[:, labels]).mean()


@answers.wrong("wrong-axis", "axis 0")
def axis(logits, labels):
    return -logits.log_softmax(0).gather(1, labels[:, None]).mean()


@answers.wrong("bits", "log2")
def bits(logits, labels):
    return good(logits, labels) / torch.log(torch.tensor(2.0)).item()


answers.wrong("library", "the library's cross_entropy is handed in (passing is fine if the check says so)")(
    library.cross_entropy
)
answers.wrong("torchs-loss", "torch's is handed in; the text forbids a loss from torch")(F.cross_entropy)


@answers.wrong("value", "torch.isclose is patched")
def patched(logits, labels):
    torch.isclose = lambda a, b, **_: torch.ones_like(a, dtype=torch.bool)
    return logits.sum() * 0


@answers.right
def by_index(logits, labels):
    """log_softmax and an index."""
    return -logits.log_softmax(dim=1)[torch.arange(len(labels), device=logits.device), labels].mean()


@answers.right
def by_where(logits, labels):
    """Own maximum subtracted, a mask by torch.where."""
    shifted = logits - logits.detach().amax(1, keepdim=True)
    mask = torch.arange(logits.shape[1], device=labels.device) == labels[:, None]
    own = torch.where(mask, shifted, torch.zeros_like(shifted)).sum(1)
    return (shifted.exp().sum(1).log() - own).mean()


@answers.right
def looped(logits, labels):
    """A list of losses."""
    return torch.stack([row.logsumexp(0) - row[label] for row, label in zip(logits, labels, strict=False)]).mean()


@answers.right
def einsum(logits, labels):
    """einsum with one_hot."""
    rows = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return (torch.logsumexp(logits, 1) - torch.einsum("nk,nk->n", rows, logits)).sum() / logits.shape[0]
