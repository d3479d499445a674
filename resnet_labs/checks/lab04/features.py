"""The check of exercise 04.3: the features of a frozen backbone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab04 import reference


@check("04.3", "what the head sees of every image, in order, in evaluation mode, and the network as it was")
def check_features(probe: Probe, features_of: Callable[[nn.Module, Iterable[tuple[Tensor, Tensor]]], Tensor]) -> None:
    """Check the features of a network that is in training mode and not frozen."""
    network = reference.small()
    network.layer1[0].eval()
    images, labels = reference.images_and_labels(11, probe.generator)
    batches = list(zip(images.split(4), labels.split(4), strict=True))
    want = reference.features(network, images)
    maps, logits = reference.maps(network, images), network.fc(want).detach()
    before, head = reference.backbone(network), network.fc
    modes, hooks = [part.training for part in network.modules()], reference.num_hooks(network)
    given = "features_of(network, batches), batches of 4, 4 and 3 images"
    cause = "the last batch is smaller; what a hook gets is a tuple of inputs; another network has other layer names"
    got = probe.call(features_of, network, batches, tested=given, cause=cause, in_place=True, hint="b")

    probe.expect(
        not reference.moved(before, network),
        "training-mode",
        tested="the running statistics of the network after the call",
        expected="bitwise what they were",
        got=f"{len(reference.moved(before, network))} tensors moved",
        cause="the network was in training mode during the passes; call `network.eval()` before them",
        hint="a",
    )
    if isinstance(got, (list, tuple)) and got and all(isinstance(each, Tensor) for each in got):
        cause = "a list of batches is returned; `torch.cat` joins them, and the labels are not needed"
        tested = "what features_of returns"
        raise probe.failure("a-list", tested=tested, expected="one tensor", got=got, cause=cause, hint="b")
    probe.close(
        got,
        want,
        "features",
        tested="the features of 11 images in three batches",
        cause="the features are changed after the backbone, or captured somewhere other than before `network.fc`",
        hint="b",
        atol=1e-5,
        mistakes=[
            Mistake(logits, "logits", "these are the head's outputs; the features are its inputs", "b"),
            Mistake(want[:, :, None, None], "not-flat", "these are maps of one pixel; `fc` gets them flattened", "b"),
            Mistake(maps, "not-pooled", "these are maps, captured before the mean over the pixels", "b"),
            Mistake(want[-3:], "last-batch", "each batch overwrites the one before; collect them in a list", "b"),
            Mistake(want[:8], "short-batch-lost", "the last, smaller batch is left out", "b"),
            Mistake(want[:4], "first-batch", "the function returns within the loop, after one batch", "b"),
            Mistake(want[labels.argsort(stable=True)], "reordered", "the rows are sorted by class", "b"),
        ],
    )
    probe.expect(
        not got.requires_grad,
        "keeps-graph",
        tested="whether the features are part of a gradient graph",
        expected="no: nothing is propagated back through the backbone",
        got="yes, and the graph of every batch stays in memory",
        cause="the passes did not run under `torch.no_grad()`",
        hint="a",
    )
    probe.expect(
        network.fc is head and all(parameter.requires_grad for parameter in network.parameters()),
        "network-changed",
        tested="the head, and which parameters train, after the call",
        expected="as before",
        got="another head" if network.fc is not head else "parameters that were stopped",
        cause="`network.fc` was replaced and not put back, or `requires_grad_(False)` was called here",
        hint="c",
    )
    probe.equal(
        reference.num_hooks(network),
        hooks,
        "hook-left",
        tested="the number of hooks on the network after the call",
        cause="the handle that `register_forward_...` returns was not removed; it keeps collecting",
        hint="c",
    )
    now = zip(network.named_modules(), modes, strict=True)
    left = [name or "the network" for (name, part), mode in now if part.training != mode]
    probe.expect(
        not left,
        "mode-left",
        tested="the mode of every part of the network after the call",
        expected="as before: one part was in evaluation mode, the others in training mode",
        got=f"another mode: {', '.join(left)}",
        cause="`network.eval()` is not undone part by part; the context manager `evaluating(network)` does that",
        hint="c",
    )
