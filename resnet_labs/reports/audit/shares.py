"""What the accuracies on one set of images say of its size, and which of them cannot be accuracies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from resnet_labs.reports.audit.form import Experiment, Scores
from resnet_labs.reports.audit.known_sets import VERSIONS, known, like, of_side
from resnet_labs.reports.audit.printed import Printed, printed
from resnet_labs.reports.audit.sample_sizes import counts, fitting_sizes, mean_over_batches
from resnet_labs.reports.audit.sizes import BOUND, RARE, Shares, Size, chance_of_a_coarse_grid, shares_of
from resnet_labs.reports.audit.trace import Trace


def traces(name: str, experiment: Experiment, part: str, size: Size | None) -> Iterator[Trace]:
    """Yield what the shares of one part say of the number of its images."""
    shares, scores = shares_of(name, experiment, part), experiment.scores.get(part, Scores())
    stated = experiment.images.get(part)
    place = f"{name}.scores.{part}" if part in experiment.scores else f"{name}.log.{part}_accuracy"
    if stated:
        yield from _against(shares, stated, experiment, part)
    if shares.distinct:
        yield from _sizes(place, shares.distinct, stated, experiment, part)
    if size and not stated and not scores.confusion:
        says = f"the figures leave {size.images:,} images, or a multiple, with those of experiments that share them"
        yield Trace("follows", "shares", place, says, "the figures were rounded, not cut off")
    yield from _called_accuracy(f"{name}.scores.{part}", scores, size.images if size else None)
    yield from _ordered(f"{name}.scores.{part}", scores)


def _against(shares: Shares, stated: int, experiment: Experiment, part: str) -> Iterator[Trace]:
    batch = experiment.batch_size.get(part)
    seen: set[str] = set()
    for place, (value, decimals) in zip(shares.places, shares.values, strict=True):
        if place in seen or counts(value, decimals, stated, lenient=True):
            continue
        seen.add(place)
        if part == "train" and ".log." in place and _fits_a_running_mean(value, decimals, stated, batch):
            continue
        if batch and mean_over_batches(value, decimals, stated, batch):
            says = (
                f"{value.text} is no share of {stated:,} images, but the mean of the accuracies of batches of {batch}"
            )
            yield Trace("follows", "shares", place, says, "the last batch is smaller and counts as much as the others")
            continue
        if part == "train" and ".log." in place and batch is None:
            says = f"{value.text} is no share of {stated:,} images, and may be a mean over batches"
            yield Trace("undecided", "shares", place, says, decides="the batch size")
            continue
        nearest = round(float(value) * stated)
        says = f"{value.text} is no share of {stated:,} images: {nearest:,} of them are {nearest / stated:.{decimals}f}"
        assumes = "each image counts once and with the same weight"
        yield Trace("contradiction", "shares", place, says, assumes, "the number of right images, or the predictions")


def _fits_a_running_mean(value: Printed, decimals: int, stated: int, batch: int | None) -> bool:
    """Return whether a figure fits a training that leaves out the last, smaller batch, or averages over batches."""
    if batch is None:
        return False
    whole = stated // batch * batch
    return bool(whole and counts(value, decimals, whole, lenient=True)) or mean_over_batches(
        value, decimals, stated, batch
    )


def _sizes(
    place: str, figures: Sequence[tuple[Printed, int]], stated: int | None, experiment: Experiment, part: str
) -> Iterator[Trace]:
    sizes = fitting_sizes(figures, BOUND)
    finest = max(decimals for _, decimals in figures)
    if not sizes:
        if 10**finest <= BOUND and not any(_all_lenient(figures, size) for size in range(1, BOUND + 1)):
            says = f"no number of images up to {BOUND:,} allows these {len(figures)} figures together"
            yield Trace("contradiction", "shares", place, says, "all were measured on the same number of images")
        elif stated is None:
            says = f"no number of images up to {BOUND:,}, where the search ended, allows these figures together"
            yield Trace("undecided", "shares", place, says)
        return
    smallest = sizes[0]
    coarse = chance_of_a_coarse_grid(figures, smallest, stated) if stated else 1.0
    if stated and stated != smallest and coarse < RARE:
        says = (
            f"all {len(figures)} figures are whole numbers of {smallest:,} images; measured on the stated {stated:,}, "
            f"they would be so with a probability below {_power(coarse)}"
        )
        yield Trace("unlikely", "shares", place, says, decides="the number of images that were evaluated")
    elif stated is None and smallest > 1 and len(sizes) < BOUND / 2:
        listed = ", ".join(f"{size:,}" for size in sizes[:5]) + (" and more" if len(sizes) > 5 else "")
        says = f"up to {BOUND:,}, {len(sizes):,} numbers of images allow the figures: {listed}"
        facts = known(experiment.dataset)
        whole = facts.images.get(part) if facts else None
        if facts and whole and whole <= BOUND:
            says += f"; the {whole:,} of {facts.name} {'are' if whole in sizes else 'are not'} among them"
        if facts and experiment.pixels and (other := of_side(experiment.pixels, facts)):
            images = sum(other.images.values())
            says += f"; {other.name}, whose images have {other.pixels} pixels a side, has {images:,} in all"
            says += ", too few" if images < smallest else ""
        says += _versions(experiment, part, sizes)
        yield Trace("follows", "shares", place, says, "the figures were rounded, not cut off")
    if part == "train" and stated and coarse < RARE:
        facts = known(experiment.dataset)
        if other := like(experiment.outputs, smallest, facts):
            says = f"{smallest:,} training images and {experiment.outputs} outputs are those of {other.name}"
            yield Trace("follows", "shares", place, says, decides="the code that loads the images")


def _versions(experiment: Experiment, part: str, sizes: Sequence[int]) -> str:
    """Return which published versions of the data set leave a possible size by the stated split."""
    share, versions = experiment.split.get(part), VERSIONS.get(experiment.dataset or "", ())
    if share is None or not versions:
        return ""
    said = []
    for images, whose in versions:
        left = [size for size in (math.floor(images * share), math.ceil(images * share)) if size in sizes]
        said.append(f"the {images:,} of {whose} leave {left[0]:,}" if left else f"the {images:,} of {whose} do not")
    return f"; of {share:.0%} of the images, {', '.join(said)}"


def _all_lenient(figures: Sequence[tuple[Printed, int]], size: int) -> bool:
    return all(counts(value, decimals, size, lenient=True) for value, decimals in figures)


def _called_accuracy(place: str, scores: Scores, size: int | None) -> Iterator[Trace]:
    for number, value in enumerate(scores.also_accuracy):
        at = f"{place}.also_accuracy[{number}]"
        fits = bool(counts(value, value.decimals, size, lenient=True)) if size else True
        same = scores.accuracy is not None and _overlap(scores.accuracy, value)
        if same and fits:
            continue
        reasons = []
        if not same and scores.accuracy is not None:
            reasons.append(f"the accuracy is {scores.accuracy.text} elsewhere")
        if not fits and size:
            reasons.append(f"{value.text} is no share of {size:,} images")
        says = f"{value.text} is called accuracy, and {' and '.join(reasons)}" if reasons else ""
        if says and scores.recall is not None and _overlap(scores.recall, value):
            says += "; it equals the macro recall, the mean of the classes' accuracies"
        if says:
            yield Trace("contradiction", "shares", at, says, "both are of the same network and images")


def _ordered(place: str, scores: Scores) -> Iterator[Trace]:
    """Compare accuracies of more and fewer named classes, which cannot fall with their number."""
    ranked = ([(1, scores.accuracy)] if scores.accuracy is not None else []) + sorted(scores.top_k.items())
    for (k, value), (more, higher) in pairwise(ranked):
        if k == more and not _overlap(value, higher):
            says = f"the accuracy is {value.text}, and the top-1 accuracy {higher.text}"
        elif printed(higher, higher.decimals).high < printed(value, value.decimals).low:
            says = f"the top-{more} accuracy {higher.text} is below the top-{k} accuracy {value.text}"
        else:
            continue
        yield Trace("contradiction", "shares", f"{place}.top_k.{more}", says)
    accuracy = scores.accuracy
    if accuracy is not None and scores.interval:
        low, high = min(scores.interval), max(scores.interval)
        if not printed(low, low.decimals).low <= accuracy <= printed(high, high.decimals).high:
            says = f"the interval {low.text} to {high.text} does not hold the accuracy {accuracy.text}"
            yield Trace("contradiction", "shares", f"{place}.interval", says)


def _overlap(first: Printed, second: Printed) -> bool:
    one, other = printed(first, first.decimals), printed(second, second.decimals)
    return one.low <= other.high and other.low <= one.high


def _power(chance: float) -> str:
    exponent = max(-300, len(str(int(1 / max(chance, 1e-300)))) - 1)
    return f"10^-{exponent}"
