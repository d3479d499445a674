"""The check of exercise 04.3: the features of a frozen backbone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import ModuleState
from resnet_labs.checks.lab04 import reference


@check("04.3", "what the head sees of every image, in order, in evaluation mode, and the network as it was")
def check_features(probe: Probe, features_of: Callable[[nn.Module, Iterable[tuple[Tensor, Tensor]]], Tensor]) -> None:
    """Check the features of a network that is in training mode and not frozen."""
    network = reference.small(stages=probe.random.randint(1, 3))
    network.layer1[0].eval()
    reference.train_once(network, probe.generator)
    network.conv1.requires_grad_(False)
    network.fc.register_forward_pre_hook(lambda *_: None)
    size = probe.random.choice((3, 5))
    images, labels = reference.images_and_labels(2 * size + 1, probe.generator)
    batches = list(zip(images.split(size), labels.split(size), strict=True))
    want = reference.features(network, images)
    maps, logits = reference.maps(network, images), network.fc(want).detach()
    before = reference.backbone(network)
    state, pixels, head = ModuleState(network), images.clone(), network.fc
    given = f"features_of(network, batches), batches of {size}, {size} and 1 images"
    cause = (
        "the last batch is smaller, here a single image: a number of rows is written down, equal sizes are taken for "
        "granted, or its axis is lost, as by `squeeze()`",
        "what a hook gets is a tuple of inputs",
        "another network has other layer names, or its `forward` does more than call its parts in a row",
    )
    got = probe.call(features_of, network, batches, tested=given, cause=cause, in_place=True, hint="b")
    probe.expect(
        torch.equal(images, pixels),
        "changes-input",
        tested=f"the images after {given}",
        expected="as they were",
        got="other values",
        cause="an in-place operation on the batch",
        hint="b",
    )

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
        joined = "a list of batches is returned; `torch.cat` joins them, and the labels are not needed"
        tested = "what features_of returns"
        raise probe.failure("a-list", tested=tested, expected="one tensor", got=got, cause=joined, hint="b")
    probe.close(
        got,
        want,
        "features",
        tested=f"the features of {len(images)} images in three batches",
        cause=(
            "the features are changed after the backbone, or captured somewhere other than before `network.fc`",
            "the passes did not run in evaluation mode",
        ),
        hint="b",
        atol=1e-5,
        mistakes=[
            Mistake(logits, "logits", "these are the head's outputs; the features are its inputs", "b"),
            Mistake(want[:, :, None, None], "not-flat", "these are maps of one pixel; `fc` gets them flattened", "b"),
            Mistake(maps, "not-pooled", "these are maps, captured before the mean over the pixels", "b"),
            Mistake(want[-1:], "last-batch", "each batch overwrites the one before; collect them in a list", "b"),
            Mistake(want[: 2 * size], "short-batch-lost", "the last, smaller batch is left out", "b"),
            Mistake(want[:size], "first-batch", "the function returns within the loop, after one batch", "b"),
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
        not got.is_inference(),
        "inference",
        tested="whether the head can be trained on the features",
        expected="yes",
        got="no: they are inference tensors, which autograd refuses",
        cause="`torch.inference_mode()` marks what is made in it; `torch.no_grad()` does not",
        hint="a",
    )
    probe.expect(
        getattr(network, "fc", None) is head,
        "left-parts",
        tested=f"whether `network.fc` is the layer from before, after {given}",
        expected="yes",
        got="no, another layer",
        cause=("the head was replaced and not put back", "a copy of the head took its place"),
        hint="c",
    )
    probe.unchanged(state, tested=given, hint="c", code="left", aspects=("parts", "modes", "requires_grad", "hooks"))
    probe.unchanged(state, tested=given, hint="c", code="left", aspects=("gradients", "values"))
    others = [(part + 1, classes) for part, classes in batches]
    once = probe.call(
        features_of,
        network,
        iter(others),
        tested="features_of(network, others), other batches given by a generator",
        cause="the batches are walked through twice, or counted; a generator gives each once",
        in_place=True,
        anywhere=False,
        hint="b",
    )
    probe.close(
        once,
        reference.features(network, images + 1),
        "walked-twice",
        tested="the features of other batches of the same network, which a generator gives",
        cause=(
            "the batches are walked through twice; a generator gives each once",
            "the features of an earlier call are kept",
        ),
        hint="b",
        atol=1e-5,
        mistakes=[Mistake(want, "remembered", "these are the features of the call before: nothing may be kept", "b")],
    )
