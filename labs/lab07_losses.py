# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   resnet_labs:
#     generated_from: labs/solutions/lab07_losses.py
#     generated_by: python -m resnet_labs.labkit.build
# ---

# %% [markdown]
# # Lab 07. Losses
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/resnet-labs/blob/v0.1.0/labs/lab07_losses.ipynb)
#
# Three losses, one network that starts from random weights, the same images: which one separates classes best?
#
# The report (r4) trained a ResNet-18 with cross-entropy, with a triplet loss and with a center loss. After ten epochs it
# gives 80.7 %, 89.1 % and 60.1 %. With cross-entropy it had 79.3 % after a single epoch on 5,000 images. It does not say
# from which weights it began; what had to be written from scratch was the code. You write all three losses, train them
# from random weights on equal budgets, and ask what such a first epoch says about its start.
#
# Work: about 90 minutes, reading and exercises. Minutes: 1 in fast mode on two cores with AVX2; the knobs cell
# says how long it takes where you are. Report mode needs STL-10, which `resnet-labs data stl10 --download` fetches;
# where it is missing, ten classes of Tiny ImageNet stand in.
#
# Needs: lab 02, or having written a training step. Written for resnet_labs 0.1.

# %% [markdown] tags=["reflection"]
# ## Predict
#
# Before you run anything, write down an answer and a reason for each.
#
# 1. Three losses on equal budgets, three seeds each: does one of them win by more than the seeds differ?
# 2. A triplet loss can look at the hardest triplets only, or at all that still have a loss. Which of the two learns
#    faster in a network that knows nothing yet?
# 3. 5,000 images of ten classes, a random network, each image seen once: which accuracy on new images?
#
# *Your predictions:*

# %% [markdown]
# ## Setup
#
# Answers that pass their checks are kept in a file beside this notebook, and nowhere else. `checks.restore()` brings
# them back after a lost kernel or into a new copy, `checks.progress()` counts points. To keep none, put
# `journal=False` into `checks.start(...)`.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # elsewhere the package is there already
    wanted = "git+https://github.com/OWNER/resnet-labs@v0.1.0"
    get_ipython().run_line_magic("pip", f"install -q {wanted}")
    if get_ipython().user_ns.get("_exit_code"):
        raise RuntimeError("pip could not install resnet_labs, and says why above.")
import resnet_labs  # before torch, whose threads it keeps from spinning
import torch
from IPython.display import HTML
from torch import nn

from resnet_labs import (
    checks,
    data,
    lab_mode,
    metrics,
    plotting,
    recipes,
    reports,
    results,
    runtime,
    tables,
    widgets,
)
from resnet_labs.features import neighbour_purity
from resnet_labs.recipes.losses_networks import EmbeddingNetwork, spread
from resnet_labs.reports import compare
from resnet_labs.resnet import cifar_resnet, resnet18
from resnet_labs.train import TrainConfig, evaluate, fit

checks.start("07", written_for="0.1")

# %% [markdown]
# ## Knobs
#
# Every number of this lab is set here. In fast mode, the default on every machine, scikit-learn's 8x8 digits stand in
# for photographs, and only 300 of them are trained on, so that there is something to lose. In report mode
# (`report_mode = True`) it is the report's network on photographs.

# %% tags=["knobs"]
report_mode = False  # True: the report's experiment; needs and time are printed
fast = lab_mode.fast("07", report=report_mode)
device = runtime.default_device()
# STL-10, or what stands in for it.
photographs = recipes.on_what_is_here(recipes.find("r4.losses")[0], None)
dataset, side = ("digits", None) if fast else (photographs.dataset, photographs.size)
stand_in = (
    "scikit-learn's 8x8 digits in place of STL-10" if fast else photographs.stand_in
)
num_train = num_validation = 300  # in fast mode; report mode trains on all images
seeds = (0, 1, 2)
epochs = 10  # the report's
batch_size = 50  # the report's, by its logs: see "Report against ours"
learning_rate = 1e-3  # Adam's usual one; the report names it for another experiment
# In fast mode the best on training images left over (`resnet-labs reproduce
# r4.losses.digits.choice`), in report mode those of the papers; the report names
# none.
margin, weight = (1.0, 0.1) if fast else (0.2, 0.003)
alpha = 0.5  # Wen et al.'s
minings = ("hard", "semihard", "all")
# Wen et al.'s, and 0.
plane_weights = (0.0, 0.01, 0.1, 1.0) if fast else (0.0, 0.001, 0.01, 0.1, 1.0)
plane_epochs = 12 if fast else epochs
margins = (0.03, 0.1, 0.3, 1.0)
num_pictured = 300  # test images whose distances are looked at
number_format = "fp32" if fast else "auto"  # 8 pixels gain nothing from fewer bits

whole_train_set = data.load(dataset, split="train", size=side)
test_set = data.load(dataset, split="test", size=side)
if fast:
    share = num_train / len(whole_train_set)
    train_set, validation_set = data.split(whole_train_set, (share, share))
else:  # as the report: its curves are those of the test images. They choose nothing.
    train_set, validation_set = whole_train_set, test_set
pictured = data.load(dataset, split="test", size=side, limit=num_pictured)
num_classes = len(test_set.classes)
mark = "; stand-in data" if stand_in else ""  # for pictures
sizes = [len(part) for part in (train_set, validation_set, test_set)]
print(dataset, "{} training, {} validation, {} test images".format(*sizes), device)

# %% [markdown]
# ## Idea
#
# A network turns an image into a vector of *features*, its *embedding*; a loss says where that vector should lie.
# Cross-entropy says it by way of a linear layer: your class's logit should be the largest. It never asks how close two
# images of a class are.
#
# The *triplet loss* asks just that. Take an anchor $a$, a positive $p$ of its class and a negative $n$ of another, and
# the distance $d$ between their features:
#
# $$\max\big(0,\; d(a, p) - d(a, n) + \text{margin}\big)$$
#
# It is zero once the negative is farther than the positive by the margin. A batch has many triplets; choosing among
# them is called *mining*. No class has a logit, so the nearest class mean decides.
#
# The *center loss* stays with cross-entropy and adds a pull. Each class has a center $c$ that follows its features, and
# $\tfrac{1}{2}\lVert f(x_i) - c_{y_i} \rVert^2$, times a weight $\lambda$, draws them together.
#
# Source: Schroff, Kalenichenko, Philbin, *FaceNet* (2015), section 3; Hermans, Beyer, Leibe, *In Defense of the Triplet
# Loss* (2017), section 2; Wen, Zhang, Li, Qiao, *A Discriminative Feature Learning Approach* (2016), section 3.

# %% tags=["hide-input"]
shapes = """
<circle cx="260" cy="95" r="55" fill="none" stroke="#444"/>
<circle cx="260" cy="95" r="88" fill="none" stroke="#444" stroke-dasharray="5 4"/>
<path d="M260 95L299 56M260 95L186 78" stroke="#444"/>
<circle cx="260" cy="95" r="7" fill="#0072B2"/>
<circle cx="299" cy="56" r="7" fill="#0072B2"/>
<path d="M186 72l7 12h-14z" fill="#D55E00"/>
<path d="M132 80H174M302 128L352 136" stroke="#999"/>
<path d="M292 120l7 12h-14z" fill="#D55E00"/>
<path d="M315 95H348" stroke="#009E73" stroke-width="3"/>
<path d="M480 42l7 12h-14z" fill="#D55E00"/>
"""
words = {
    (212, 116): "anchor",
    (312, 52): "positive",
    (8, 70): "negative within the",
    (8, 86): "margin: semi-hard",
    (358, 142): "negative nearer than the positive: hard",
    (358, 99): "margin",
    (496, 54): "negative: no loss",
}
said = "An anchor with a positive at distance d(a,p); a negative should lie outside "
said += "a circle whose radius is larger by the margin"
HTML(
    f'<svg role="img" aria-label="{said}" width="640" height="190"'
    ' viewBox="0 0 640 190" font-family="sans-serif" font-size="13"'
    ' style="background:#fff;max-width:100%">'
    + shapes
    + "".join(
        f'<text x="{x}" y="{y}">{word}</text>' for (x, y), word in words.items()
    )
    + "</svg>"
)


# %% [markdown]
# ## Exercise 07.1. Cross-entropy
#
# The report had to write its losses from scratch, and so do you: use no loss from torch. With logits $z$ and the true
# class $y$, the loss of one example is $-\log \mathrm{softmax}(z)_y$, and the loss of a batch is the mean. It must
# also be right and finite for a logit of 1000, where $e^{1000}$ is infinite. The loss has the type of the logits.
#
# About 10 minutes.

# %% tags=["answer"] exercise="07.1"
def cross_entropy(logits, labels):
    """Return the mean loss of a batch, a tensor without axes.

    logits: (N, K) floats. labels: (N,) class numbers.
    """
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.1 is not written yet")


# %% tags=["check"] exercise="07.1" points=2
checks.lab07.check_cross_entropy(cross_entropy)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 07.1a: another number than expected</summary>
#
# `logits.gather(1, labels[:, None])` takes from each row the logit at its own label. `logits[:, labels]` takes every
# row at every label. Then: log of the sum of exponentials, minus that logit, mean over the batch. A batch need not have
# every class, so take the number of classes from the logits.
#
# </details>
# <details><summary>Hint 07.1b: infinite, NaN, or off by a constant for large logits</summary>
#
# Classes are axis 1. Do not compute the softmax and then its logarithm: `logits.logsumexp(1)` stays finite, and so
# does `logits.log_softmax(1)`. A small number under the logarithm hides the infinity and changes the loss.
#
# </details>
# <details><summary>Hint 07.1c: no gradient</summary>
#
# Stay with tensors from beginning to end: `.item()`, `float(...)` and `.detach()` cut the result off.
#
# </details>

# %% [markdown]
# **Expected:** equal logits for ten classes give $\ln 10$ or about 2.302585, on any device. An untrained network begins a
# little above.

# %% tags=["exercise"]
cross_entropy(torch.zeros(4, 10), torch.tensor([3, 1, 4, 1])).item()


# %% [markdown]
# ## Exercise 07.2. All distances at once
#
# The triplet loss needs the distance between every pair of features in a batch: a table of N by N. Write it without a
# loop. `points[:, None] - points` is all differences at once, of shape (N, N, D); sum their squares, take the root.
#
# Then comes the trap. The root is infinitely steep at zero, and the diagonal is all zeros: every example has distance
# 0 from itself. In the backward pass infinity meets zero, and their product is NaN. One NaN spoils every weight of
# the network. So where the distance is zero, the gradient has to be zero. Distances that are merely small are kept.
# The table has the type of the points.
#
# About 10 minutes.

# %% tags=["answer"] exercise="07.2"
def distances(points):
    """Return the (N, N) Euclidean distances between the rows of points, (N, D)."""
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.2 is not written yet")


# %% tags=["check"] exercise="07.2" points=3
checks.lab07.check_distances(distances)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 07.2a: other values, another shape, a loop, or points that changed</summary>
#
# `points[:, None]` has shape (N, 1, D). Minus `points` it stretches to (N, N, D). The features are the last axis.
# Leave the points as they are, and make new tables instead.
#
# </details>
# <details><summary>Hint 07.2b: NaN in the distances or in their gradient</summary>
#
# Masking the result is too late: the backward pass still goes through the root of zero. Replace the zeros *before* the
# root by one (`masked_fill`), and put the zeros back after it. If you expand the square into three terms, rounding can
# make it negative: `clamp(min=0)` first.
#
# </details>
# <details><summary>Hint 07.2c: no gradient, or the wrong one</summary>
#
# Compute with the points themselves, not with `.detach()` or NumPy. Both ends of a distance get a gradient. And make
# new tables instead of changing old ones: the backward pass still needs those.
#
# </details>

# %% [markdown]
# **Expected:** exactly, on any device: 5 between the corners (0, 0) and (3, 4), and gradients without a NaN.

# %% tags=["exercise"]
corners = torch.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]], requires_grad=True)
distances(corners).sum().backward()
print(distances(corners).tolist(), corners.grad.tolist())


# %% [markdown]
# ## Exercise 07.3. Triplets, mined in three ways
#
# A batch has many triplets. Which of them should count? That is all that the three ways of mining differ in:
#
# - `"all"`: every triplet with a loss above zero.
# - `"semihard"`: those of them whose negative is farther from the anchor than the positive.
# - `"hard"`: for each anchor that has triplets, the one with the largest loss, even if that is zero.
#
# The loss of the batch is the mean over the triplets that count. `all_triplets` lists them: three tensors with the rows
# of anchors, positives and negatives.

# %% tags=["exercise"]
def all_triplets(labels):
    """Return the anchors, positives and negatives of every triplet, (T,) each."""
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (positive[:, :, None] & ~same[:, None]).nonzero(as_tuple=True)


[indices.tolist() for indices in all_triplets(torch.tensor([5, 5, 9]))]


# %% [markdown]
# Write the loss with your `distances`. A batch without any triplet that counts has the loss 0, with a gradient of
# zeros: the loss must still depend on the points.
#
# About 15 minutes.

# %% tags=["answer"] exercise="07.3"
def triplet_loss(points, labels, margin, mining):
    """Return the mean triplet loss of a batch, a tensor without axes.

    points: (N, D) features. labels: (N,) class numbers. margin: a distance.
    mining: "hard", "semihard" or "all".
    """
    anchors, positives, negatives = all_triplets(labels)
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.3 is not written yet")


# %% tags=["check"] exercise="07.3" points=4
checks.lab07.check_triplet_loss(triplet_loss)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 07.3a: hard mining gives another number</summary>
#
# Compute the loss of every triplet first, `(apart[anchors, positives] - apart[anchors, negatives] + margin).relu()`.
# Then take the largest for each anchor: `losses[anchors == a].max()` for every `a` in `anchors.unique()`, joined by
# `torch.stack`. An anchor whose largest loss is zero counts in the mean; one without any triplet does not.
#
# </details>
# <details><summary>Hint 07.3b: all or semihard gives another number</summary>
#
# Choose with a table of booleans, `losses[counted]`: above zero for both, and for semihard the distance to the positive
# is smaller than that to the negative as well. The mean divides by the number that is left, not by the number of all
# triplets.
#
# </details>
# <details><summary>Hint 07.3c: NaN, infinity or an error in a batch without triplets, or wrong gradients</summary>
#
# Add first, then divide: `losses[counted].sum() / max(1, int(counted.sum()))`. An empty sum is 0 and is still connected
# to the points; an empty mean is NaN, and for `torch.tensor(0.0)` `backward` fails. Positives and negatives both keep
# their gradient.
#
# </details>

# %% [markdown]
# **Expected:** for the points 0, 3, 4 and 7 on a line, in the classes 0, 0, 1 and 1, and a margin of 2: hard 2.5, all
# 2.0, semihard 1.0, on any device.

# %% tags=["exercise"]
line, classes = (
    torch.tensor([[0.0], [3.0], [4.0], [7.0]]),
    torch.tensor([0, 0, 1, 1]),
)
{mining: triplet_loss(line, classes, 2.0, mining).item() for mining in minings}


# %% [markdown]
# ## Exercise 07.4. Centers that follow
#
# The center loss of a batch is the mean over its examples of $\tfrac{1}{2}\lVert f_i - c_{y_i} \rVert^2$. Only features
# get a gradient from it. Centers move by a rule of their own, after each step: with $n$ examples of class $j$ in the
# batch,
#
# $$c_j \leftarrow c_j - \alpha\, \frac{\sum_{i:\, y_i = j} (c_j - f_i)}{1 + n}.$$
#
# The one in the divisor leaves a class without an example where it is. Write both; `move_centers` returns new centers.
#
# About 10 minutes.

# %% tags=["answer"] exercise="07.4"
def center_loss(features, labels, centers):
    """Return half the mean squared distance to the own center. features: (N, D),
    labels: (N,), centers: (K, D), without requires_grad."""
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.4 is not written yet")


# %% tags=["answer"] exercise="07.4"
def move_centers(features, labels, centers, alpha):
    """Return the centers after one step, (K, D)."""
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.4 is not written yet")


# %% tags=["check"] exercise="07.4" points=3
checks.lab07.check_center_loss(center_loss, move_centers)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 07.4a: the loss is another number, or the features get no gradient</summary>
#
# `centers[labels]` has a row for each example: its own center. Squares are summed over the features, averaged over the
# examples, and halved. Stay with tensors: `.item()`, `float(...)` and `.detach()` cut the features off.
#
# </details>
# <details><summary>Hint 07.4b: the centers go to the wrong place</summary>
#
# A center moves towards its features: with alpha 1 and many examples it nearly reaches their mean. The sum of
# (center - feature) over the examples of a class is divided by one more than their number. Leave the centers that you
# are given as they are: begin with `centers.clone()`, or with a sum of zeros, `torch.zeros_like(centers)`.
#
# </details>
# <details><summary>Hint 07.4c: only one example of a class counts, or NaN for a class without examples</summary>
#
# `centers[labels] -= step` writes each class as often as it occurs, and the last write wins.
# `index_add_(0, labels, rows)` adds up all rows. `labels.bincount(minlength=len(centers))` counts every class, the
# missing ones too.
#
# </details>

# %% [markdown]
# **Expected:** for the features 2 and 4 of class 0, centers at 0 and alpha 0.5: a loss of 5, and the center at 1, on any
# device.

# %% tags=["exercise"]
given = torch.tensor([[2.0], [4.0]]), torch.tensor([0, 0]), torch.zeros(2, 1)
print(center_loss(*given).item(), move_centers(*given, 0.5).tolist())


# %% [markdown]
# ## Exercise 07.5. How an embedding classifies
#
# An embedding has no logits. A common way out: average the known examples of each class, and let the nearest mean
# win. Write `nearest_mean`, which returns a *score* for every class: the nearer the class, the higher its score. Then
# the two measures that the report gives: top-k accuracy, the share of examples whose class is among the k highest
# scores, and the accuracy of each class.
#
# About 10 minutes.

# %% tags=["answer"] exercise="07.5"
def nearest_mean(known, known_labels, asked, num_classes):
    """Return scores, (M, K): the nearer an asked row lies to a class's mean, the
    higher.

    known: (N, D) features. known_labels: (N,), every class occurs. asked: (M, D)
    features.
    """
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.5 is not written yet")


# %% tags=["answer"] exercise="07.5"
def top_k_accuracy(scores, labels, k):
    """Return the share of examples whose label has one of the k highest scores.
    scores: (N, K), labels: (N,)."""
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.5 is not written yet")


# %% tags=["answer"] exercise="07.5"
def class_accuracy(scores, labels):
    """Return the accuracy on the examples of each class, (K,); every class has
    examples."""
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 07.5 is not written yet")


# %% tags=["check"] exercise="07.5" points=3
checks.lab07.check_judging(nearest_mean, top_k_accuracy, class_accuracy)


# %% [markdown] tags=["hint"]
# <details><summary>Hint 07.5a: the order of the classes is wrong</summary>
#
# Take the rows of each class, `known[known_labels == label]`, and their mean over axis 0. A small distance is good
# and a high score is good: put a minus between them. Each row of scores belongs to one of the examples asked about.
#
# </details>
# <details><summary>Hint 07.5b: top-k gives another share</summary>
#
# `scores.topk(k).indices` has the k best classes of each example. An example counts once if any of them is its label.
#
# </details>
# <details><summary>Hint 07.5c: the classes' accuracies are off</summary>
#
# Divide by how many examples the class truly has, not by how often it was named and not by all examples. A class that
# is never right counts too: `bincount(minlength=scores.shape[1])`.
#
# </details>

# %% [markdown]
# **Expected:** in fast mode the *pixels* themselves, without a network, are right on between 0.91 and 0.92 of the test
# digits, on any device. Keep that number in mind: it is what a loss has to beat.

# %% tags=["exercise"]
def pixels(images):
    return images.images.flatten(1).float() / 255


scores = nearest_mean(
    pixels(train_set), train_set.labels, pixels(test_set), num_classes
)
tables.table(
    [
        {"features": "pixels"}
        | {
            f"top-{k} (fraction)": top_k_accuracy(scores, test_set.labels, k)
            for k in (1, 5)
        }
    ]
)


# %% [markdown]
# ## Experiment
#
# The network comes in two parts. The body is a ResNet that ends in features; the [head](../book/glossary.md#term-head
# "The last layer of a network: from features to one number for each class.") turns features into logits. For
# cross-entropy and center loss the head is a linear layer. For triplets the features are put on the unit sphere, and the
# head is the nearest center, moved by your `move_centers`. `Objective` puts your functions together. Everything else is
# the same: weights, images, order of the batches, steps.

# %% tags=["experiment"]
class Objective(nn.Module):
    """One of the three losses, from logits and labels, with the features that the
    network keeps."""

    def __init__(
        self, network, loss, *, margin=margin, mining="hard", weight=weight
    ):
        super().__init__()
        self.network = (network,)  # a tuple, so that its weights do not count twice
        self.loss, self.weight = loss, weight
        self.margin, self.mining = margin, mining
        width = (
            network.head.centers.shape[1]
            if network.embedding
            else network.head.in_features
        )
        self.register_buffer("centers", torch.zeros(num_classes, width))

    def forward(self, logits, labels):
        (network,) = self.network
        features = network.features
        with torch.autocast(features.device.type, enabled=False):
            if self.loss == "triplet":
                value = triplet_loss(features, labels, self.margin, self.mining)
            else:
                value = cross_entropy(logits.float(), labels)
            if self.loss == "center":
                value = value + self.weight * center_loss(
                    features, labels, self.centers
                )
        if self.training:
            self.centers.copy_(
                move_centers(features.detach(), labels, self.centers, alpha)
            )
            if network.embedding:
                network.head.centers.copy_(self.centers)
        return value


def train(
    loss,
    seed,
    images=train_set,
    num_features=None,
    epochs=epochs,
    validate=True,
    **settings,
):
    runtime.seed_everything(seed)
    body = cifar_resnet(8, in_channels=1) if fast else resnet18()
    network = EmbeddingNetwork(
        body, num_classes, num_features=num_features, embedding=loss == "triplet"
    ).to(device)
    config = TrainConfig(
        epochs, learning_rate, "adam", precision=number_format, seed=seed
    )
    history = fit(
        network,
        data.Batches(images, batch_size, shuffle=True, device=device, seed=seed),
        loss=Objective(network, loss, **settings).to(device),
        config=config,
        validation=data.Batches(validation_set, 500, device=device)
        if validate
        else None,
        progress=not fast,
    )
    return network, history, config


def features_of(network, images):
    network.eval()
    rows = []
    with torch.no_grad():
        for batch, _ in data.Batches(images, 500, device=device):
            network(batch)
            rows.append(network.features.cpu())
    return torch.cat(rows)


def measure(experiment, loss, seed, network, history, config, **settings):
    """Judge a network on the test images; write the results line and return it,
    with the scores of all images."""
    known, asked, labels = (
        features_of(network, train_set),
        features_of(network, test_set),
        test_set.labels,
    )
    by_mean = nearest_mean(known, train_set.labels, asked, num_classes)
    scores = (
        by_mean
        if network.embedding
        else evaluate(network, data.Batches(test_set, 500, device=device)).logits
    )
    accuracy = top_k_accuracy(scores, labels, 1)
    low, high = metrics.wilson_interval(round(accuracy * len(labels)), len(labels))
    run = results.record(
        experiment,
        stand_in=stand_in,
        dataset=dataset,
        parts={"train": train_set, "test": test_set},
        seed=seed,
        settings={"batch_size": batch_size, "loss": loss, **settings},
        config=config,
        metrics={
            "accuracy": accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
            "top5_accuracy": top_k_accuracy(scores, labels, 5),
            "nearest_mean_accuracy": top_k_accuracy(by_mean, labels, 1),
            "neighbour_purity": neighbour_purity(asked, labels),
            **spread(asked, labels, num_classes),
            "train_accuracy": history.column("train_accuracy")[-1],
            "accuracy_epoch_1": history.column("validation_accuracy")[0],
        },
        history=history,
    )
    results.append(runtime.run_folder() / "results.jsonl", run)
    return run, scores


# %% tags=["experiment"]
knobs_of = {
    "cross_entropy": {},
    "triplet": {"margin": margin, "mining": "hard"},
    "center": {"weight": weight},
}
trained, histories, runs, all_scores = {}, {}, [], {}
for loss, settings in knobs_of.items():
    for seed in seeds:
        network, history, config = train(loss, seed, **settings)
        run, all_scores[loss, seed] = measure(
            f"r4.losses.{loss}", loss, seed, network, history, config, **settings
        )
        runs.append(run)
        trained[loss, seed], histories[f"{loss.replace('_', ' ')}, seed {seed}"] = (
            network,
            history,
        )


def stand_ins(some):
    """Return what stands in for the report's data in these runs."""
    return [
        f"STAND-IN: {text}" for text in sorted({run.stand_in for run in some} - {""})
    ]


units = {"between_classes": "distance", "within_classes": "distance"}
units["separation"] = "ratio"


def show_means(groups, names, caption=""):
    """Show the mean over the seeds and its 95 % interval: a row for each group of
    runs, a column for each metric."""
    rows = [
        {"group": str(name).replace("_", " ")}
        | {
            f"{key.replace('_', ' ')} ({units.get(key, 'fraction')})": (
                results.summarise(group, key)
            )
            for key in names
        }
        for name, group in groups.items()
    ]
    notes = stand_ins(run for group in groups.values() for run in group)
    tables.show(rows, caption=caption, notes=notes)


by_loss = {
    loss: [run for run in runs if run.settings["loss"] == loss] for loss in knobs_of
}
show_means(by_loss, ("accuracy", "top5_accuracy", "nearest_mean_accuracy"))

# %% [markdown]
# **Expected:** in fast mode all three between 0.92 and 0.98, top-5 above 0.97. That intervals overlap proves nothing; but
# in the stored runs the differences from cross-entropy, taken seed by seed, are undecided too: on these digits no loss is
# shown to win. An interval from three seeds and a few hundred test images is wide. Class by class, mean over the seeds:

# %% tags=["experiment"]
rows = []
for loss in knobs_of:
    mean = torch.stack(
        [class_accuracy(all_scores[loss, seed], test_set.labels) for seed in seeds]
    ).mean(0)
    shares = zip(test_set.classes, mean.tolist(), strict=True)
    own = {f"class {name}": f"{share:.2f}" for name, share in shares}
    rows.append({"loss": loss.replace("_", " ")} | own)
caption = "Accuracy of each class (fraction)"
tables.table(rows, caption=caption, notes=stand_ins(runs))

# %% [markdown]
# The curves. The losses are different things, one in [nats](../book/glossary.md#term-nats "The unit of cross-entropy with
# natural logarithms. Guessing among K classes costs ln K nats.") and one a distance, and cannot be compared with one
# another; the accuracies can. Those of the triplet network come from its moving centers. In fast mode validation begins
# far below training: an epoch has only six steps, and batch norm's running statistics, which new images are judged with,
# lag behind at first.

# %% tags=["experiment"]
plotting.curves(
    {name: history.column("train_loss") for name, history in histories.items()},
    y="training loss (nats; distance for triplets)",
    x="epoch" + mark,
)

# %% tags=["experiment"]
plotting.curves(
    {name: history.column("train_accuracy") for name, history in histories.items()},
    y="training accuracy (fraction)",
    x="epoch" + mark,
)

# %% tags=["experiment"]
plotting.curves(
    {
        name: history.column("validation_accuracy")
        for name, history in histories.items()
    },
    y="validation accuracy (fraction)",
    x="epoch" + mark,
)


# %% tags=["experiment"]
def confusion_of(loss):
    matrix = metrics.confusion_matrix(
        all_scores[loss, 0].argmax(1), test_set.labels, num_classes
    )
    figure = plotting.confusion(matrix, test_set.classes)
    figure.axes[0].set_xlabel("predicted" + mark)
    return figure


widgets.frame_slider(
    [confusion_of(loss) for loss in knobs_of],
    [loss.replace("_", " ") for loss in knobs_of],
    name="loss",
)

# %% [markdown]
# ### Mining
#
# The same network and budget, three ways of choosing triplets. *Neighbour purity* is the share of an image's ten
# nearest neighbours that have its class. *Separation* is the mean distance between class means, divided by the mean
# distance of features from their own.

# %% tags=["experiment"]
by_mining, mining_histories = {"hard": by_loss["triplet"]}, {}
for mining in minings:
    if mining != "hard":
        by_mining[mining] = []
        for seed in seeds:
            network, history, config = train("triplet", seed, mining=mining)
            run, _ = measure(
                "r4.c6",
                "triplet",
                seed,
                network,
                history,
                config,
                margin=margin,
                mining=mining,
            )
            by_mining[mining].append(run)
            histories[f"{mining}, seed {seed}"] = history
    for seed in seeds:
        name = "triplet" if mining == "hard" else mining
        mining_histories[f"{mining}, seed {seed}"] = histories[
            f"{name}, seed {seed}"
        ]
show_means(by_mining, ("accuracy", "neighbour_purity", "separation"))

# %% tags=["experiment"]
plotting.curves(
    {
        name: history.column("train_loss")
        for name, history in mining_histories.items()
    },
    y="triplet loss (distance)",
    x="epoch" + mark,
)

# %% tags=["experiment"]
plotting.curves(
    {
        name: history.column("validation_accuracy")
        for name, history in mining_histories.items()
    },
    y="validation accuracy (fraction)",
    x="epoch" + mark,
)


# %% [markdown]
# **Expected:** in fast mode all three between 0.93 and 0.98: on digits the choice of triplets decides little. The losses
# are means over different triplets, so do not compare their heights. The accuracies rise nearly together: seeds differ by
# more.
#
# Where does hard mining's curve begin? Above the margin. A network that maps *all* images to one point has the margin
# as its loss, exactly: every distance is 0. So shrinking everything lowers the loss at first, an easy way down where
# the hardest positive is far and the hardest negative near. To get below the margin the network has to tell classes
# apart. The digits pass that line within a few epochs. Photographs did not: see "Report against ours".
#
# ### The margin
#
# The triplet loss asks for a gap between two kinds of distances. Move the slider and watch the two peaks. The larger
# the margin, the farther apart they lie; at every margin they overlap. On the unit sphere no two points are farther
# apart than 2. Once no triplet meets the margin, a larger one changes nothing.

# %% tags=["experiment"]
def both_kinds(network, title):
    features, labels = features_of(network, pictured), pictured.labels
    apart = distances(features)
    alike = labels.unsqueeze(1).eq(labels)
    once = torch.ones_like(alike).triu(1)
    return plotting.distributions(
        {"same class": apart[alike & once], "other class": apart[~alike & once]},
        x="distance (on the sphere of radius 1)",
        title=title + mark,
        limits=(0.0, 2.0),
    )


frames = []
for asked_margin in margins:
    if asked_margin == margin:
        network = trained["triplet", 0]
    else:
        network = train("triplet", 0, validate=False, margin=asked_margin)[0]
    found = spread(features_of(network, test_set), test_set.labels, num_classes)
    frames.append(
        both_kinds(
            network, f"margin {asked_margin}: separation {found['separation']:.2f}"
        )
    )

# %% tags=["experiment"]
widgets.frame_slider(
    frames,
    [f"margin {asked_margin}" for asked_margin in margins],
    name="margin",
)

# %% [markdown]
# ### The plane
#
# With only two features the center loss can be seen. The weight goes from 0, cross-entropy alone, to 1. All training
# digits are used here, because two features learn slowly. Above each picture are its numbers: the scale of the axes
# is free, so trust the numbers, the accuracy too: how much pull is too much?

# %% tags=["experiment"]
frames = []
for plane_weight in plane_weights:
    plane = {
        "images": whole_train_set,
        "num_features": 2,
        "epochs": plane_epochs,
        "validate": False,
    }
    network = train("center", 0, **plane, weight=plane_weight)[0]
    flat = features_of(network, test_set)
    found = spread(flat, test_set.labels, num_classes)
    right = evaluate(network, data.Batches(test_set, 500, device=device)).accuracy
    title = (
        f"weight {plane_weight}: class means {found['between_classes']:.2f} apart,"
    )
    title += f" features {found['within_classes']:.2f} from their own\n"
    title += f"separation {found['separation']:.2f}, accuracy {right:.3f}"
    frames.append(
        plotting.points(flat, test_set.labels, test_set.classes, title=title + mark)
    )

# %% tags=["experiment"]
widgets.frame_slider(
    frames,
    [f"weight {plane_weight}" for plane_weight in plane_weights],
    name="weight",
)


# %% [markdown]
# ### Search
#
# What an embedding is for: give it a picture, get the nearest ones. Each row starts with a query from the test images,
# then come its seven nearest among the others. The four queries are those that the network trained with cross-entropy
# finds hardest: the fewest of their neighbours have their class.

# %% tags=["experiment"]
def neighbours(network):
    apart = distances(features_of(network, pictured)).fill_diagonal_(torch.inf)
    return apart.topk(7, largest=False).indices


alike = (
    pictured.labels[neighbours(trained["cross_entropy", 0])]
    == pictured.labels[:, None]
)
queries = alike.sum(1).argsort(stable=True)[:4].tolist()


def search(network):
    near = neighbours(network)
    rows = [row for q in queries for row in [q, *near[q].tolist()]]
    found = pictured.subset(rows)
    names = [pictured.classes[label] for label in found.labels]
    titles = [
        f"query: {name}" if k % 8 == 0 else name for k, name in enumerate(names)
    ]
    figure = plotting.images(found.images, titles, columns=8)
    figure.suptitle(mark.removeprefix("; "), fontsize=9)
    return figure


widgets.frame_slider(
    [search(trained[loss, 0]) for loss in knobs_of],
    [loss.replace("_", " ") for loss in knobs_of],
    name="loss",
)

# %% tags=["experiment"]
names = ("neighbour_purity", "separation", "between_classes", "within_classes")
show_means(by_loss, names)

# %% [markdown]
# ## Report against ours
#
# The report gives one run of each and no interval. In fast mode its figures are those of photographs and ours those of
# digits: compare the order, not the heights.

# %% tags=["report"]
compare.show(runs)

# %% tags=["report"]
rows = [compare.compare(by_loss[loss])[0] for loss in knobs_of]
plotting.report_against_ours(
    [loss.replace("_", " ") for loss in knobs_of],
    [row.report for row in rows],
    [(row.ours.mean, row.ours.low, row.ours.high) for row in rows],
    x="top-1 accuracy (fraction)" + ("; ours on stand-in data" if stand_in else ""),
)

# %% [markdown]
# ### What the report's logs say
#
# The report left a log of each run: losses *summed* over an epoch, and accuracies. They tell what the text does not.

# %% tags=["report"]
logs = {loss: reports.training_log(f"r4_log_{loss}") for loss in knobs_of}
tables.show(
    [
        {"loss": loss.replace("_", " ")}
        | {
            f"{part}, epoch {epoch} (fraction)": f"{log[column][epoch - 1]:.3f}"
            for epoch in (1, 10)
            for part, column in (("training", "train_acc"), ("test", "test_acc"))
        }
        for loss, log in logs.items()
    ],
    caption="Accuracies in the report's logs",
)


def is_whole(share, number):
    return abs(share * number - round(share * number)) < 1e-4


facts = reports.load_report("r4")["experiments"]
every_training_accuracy = [
    share for log in logs.values() for share in log["train_acc"]
]
num_images = next(
    n
    for n in range(100, 20_000, 100)
    if all(is_whole(a, n) for a in every_training_accuracy)
)
summed = logs["center"]["train_loss_sum"][0]
per_image = logs["center"]["test_loss_sum"][0] / 1000
lists = [facts["losses"][loss]["fact"]["classwise"] for loss in knobs_of] + [
    facts["layerwise"]["fact"]["classwise"]
]
sizes = [
    next(n for n in range(60, 200) if all(is_whole(share, n) for share in shares))
    for shares in zip(*lists, strict=True)
]
read = {
    "training images": num_images,
    "first epoch with centers: summed training loss (nats)": round(summed),
    "its test loss per image (nats)": f"{per_image:.2f}",
    "so about so many batches": round(summed / per_image),
    "images in each": round(5000 * per_image / summed),
    "test images": sum(sizes),
    "of each class": ", ".join(map(str, sizes)),
}
tables.table([{"from the logs": k, "value": v} for k, v in read.items()])

# %% [markdown]
# So the report trained on 5,000 images in batches of about 50, and tested on 1,000 images of *ten* classes. It names Tiny
# ImageNet and states its sizes: 200 classes, 100,000 training images (500 a class) and 100,000 test images of 64x64
# pixels. These runs are not for so many classes and images. Ten classes of Tiny ImageNet would fit, and so would STL-10,
# whose training images are 5,000 of ten classes. The fourth list is that of the report's other experiment, which names
# STL-10: the same ten class sizes, under two names.
#
# And the first epoch with cross-entropy: 72.7 % right *while* it trained, 79.3 % at its end. Suppose the accuracy rose in
# a straight line from 10 % to its final height and stayed there. When was it there?

# %% tags=["report"]
start, during, end = (
    0.10,
    logs["cross_entropy"]["train_acc"][0],
    logs["cross_entropy"]["test_acc"][0],
)
rise = 2 * (end - during) / (end - start)
print(f"after {rise:.2f} of the epoch: {rise * 100:.0f} steps of 50 images,")
print("each seen for the first time")

# %% [markdown]
# ### What photographs say
#
# This project ran the losses on photographs and stored every line with its provenance. Each loss has the rate, and the
# margin or weight, that a search on validation images found for it ([`resnet-labs reproduce
# r4.c3.searched.photographs`](../book/glossary.md#term-reproduce "The command that repeats a report's experiment without
# the notebook and writes results lines.")). STL-10 was not available there; ten classes of Tiny ImageNet at 32 pixels,
# 500 training images each, and a ResNet-8 stand in. A ResNet-18 at 96 pixels ran for the single epoch (`r4.c2`).

# %% tags=["report"]
photos = reports.evidence("r4.c3.searched.photographs")
by_arm = {
    arm: [run for run in photos if run.settings["arm"] == arm]
    for arm in dict.fromkeys(run.settings["arm"] for run in photos)
}
compare.show(photos)

# %% tags=["report"]
with_report = {
    f"report, {loss.replace('_', ' ')}": log["test_acc"]
    for loss, log in logs.items()
}
for run in photos:
    name = f"stand-in, {run.settings['arm']}, seed {run.seed}"
    with_report[name] = [
        run.metrics[f"accuracy_epoch_{epoch}"] for epoch in range(1, 11)
    ]
plotting.curves(with_report, y="test accuracy (fraction)")

# %% [markdown]
# The curves of the triplets end lower than the table says. While a network trains, it is judged by centers that follow
# its features slowly; the table takes the class means of the features as they are at the end.
#
# The single epoch, what the losses do to the features, and the features in the plane. The nearest-mean accuracy
# *before* is that of the same network with random weights: what features are worth that learned nothing.

# %% tags=["report"]
one_epoch = reports.evidence("r4.c2")
by_rate = {
    f"rate {rate}": [r for r in one_epoch if r.settings["learning_rate"] == rate]
    for rate in sorted({run.settings["learning_rate"] for run in one_epoch})
}
show_means(by_rate, ("accuracy",), "One epoch from random weights on photographs")
spreads = ("between_classes", "within_classes", "separation")
show_means(
    by_arm,
    ("accuracy", "nearest_mean_accuracy_before", *spreads),
    "Features on photographs",
)
in_plane = reports.evidence("r4.c4")
by_weight = {
    f"weight {weight}": [r for r in in_plane if r.settings["weight"] == weight]
    for weight in sorted({run.settings["weight"] for run in in_plane})
}
show_means(by_weight, (*spreads, "accuracy"), "Digits in the plane")


# %% [markdown]
# What these lines say about the report's claims, on stand-ins; compare them with your own. "Undecided" means that the 95
# % interval of the difference, corrected for all comparisons of the claim, holds zero.
# ([r4.c1](../book/glossary.md#term-claim "A sentence of a report that can be true or false, in our words, with the
# certainty that the report gives it. r1.c6 is the sixth claim of report r1."), r4.c11 and r4.c12, about shortcuts and
# blocks, are lab 01's; r4.c7 to r4.c9 are lab 08's.)
#
# - **r4.c2** (with cross-entropy the top-1 accuracy is 80.7 % after 10 epochs, and was 79.3 % after one): not shown.
#   Stored: on a stand-in (a ResNet-8 and ten classes of Tiny ImageNet at 32 pixels): our accuracy is 0.5493; one more run
#   would have 0.4233 to 0.6754, which leaves out the report's 0.807; on a stand-in (ten classes of Tiny ImageNet):
#   accuracy epoch 1 is at least 0.793 in 0 of 15 runs; but the report does not say from which weights it began; those
#   measured began from random ones. What the log implies is a finding: its first epoch, 79.3 % after some 100 steps, is
#   far above what random weights reached on our photographs. That suggests pretrained weights, easier images or another
#   schedule. If the accuracy rose in a straight line, it was at its final height within that epoch, and nine more took it
#   to 80.7 %. STL-10 itself we could not test.
# - **r4.c3** (triplet loss with hard mining beats cross-entropy (89.1 % against 80.7 %)): not shown. Stored: on a
#   stand-in (scikit-learn's 8x8 digits): hard triplets less cross-entropy is +0.0125, undecided; on a stand-in (a
#   ResNet-8 and ten classes of Tiny ImageNet at 32 pixels): hard triplets is below cross-entropy by 0.1833; but settings
#   were searched for small networks alone, on 8x8 digits and on photographs of 32 pixels. On the photographs the search
#   for hard triplets ended at a rate of 3e-05, the smallest of all losses. The mean accuracies there: 0.366 for hard
#   triplets, 0.549 for cross-entropy, and 0.294 for a network that was not trained, judged as the triplets are.
# - **r4.c4** (center loss separates the classes more widely): not shown. Stored: on a stand-in (scikit-learn's 8x8
#   digits): weight 0.01 is above weight 0.0 by 0.8490; weight 1.0 is above weight 0.0 by 2.0897; center loss is above
#   cross-entropy by 2.3413; on a stand-in (a ResNet-8 and ten classes of Tiny ImageNet at 32 pixels): center loss less
#   cross-entropy is +0.0376, undecided. Separation is a quotient, the distance between class means over the distance from
#   the own mean. In the plane clusters shrink faster than their means come together, and the mean accuracy of the last
#   layer falls: 0.8533 at a weight of 0.1 and 0.7344 at 1, where it is 0.9304 without the pull. That of the nearest class
#   mean does not: 0.9276 at 1 and 0.9248 without. On photographs too both distances have the smaller mean with the pull:
#   class means lie 4.4 apart in place of 4.7, and features 3.3 from their own in place of 3.7.
# - **r4.c14** (a larger weight of the center loss separates the centers more): refuted. Stored: on a stand-in
#   (scikit-learn's 8x8 digits): weight 0.01 is below weight 0.0 by 1.6623; weight 1.0 is below weight 0.01 by 12.3653.
# - **r4.c5** (center loss ends at 60.1 %, below cross-entropy): not shown. Stored: the report's losses.cross_entropy.top1
#   is 0.807, above losses.center.top1, which is 0.601; on a stand-in (scikit-learn's 8x8 digits): cross-entropy less
#   center loss is -0.0158, undecided; on a stand-in (a ResNet-8 and ten classes of Tiny ImageNet at 32 pixels):
#   cross-entropy less center loss is -0.0227, undecided; but settings were searched for small networks alone, on 8x8
#   digits and on photographs of 32 pixels. The report's two logs do not look like runs that differ in the pull alone.
#   Center loss is cross-entropy and a pull, yet its first epoch ends at 10.6 %, a guess, where the other ends at 79.3 %;
#   and it went from 56.7 % to 60.1 % in its last epoch. Too large a weight can lower the accuracy of the last layer, as
#   in the plane at weight 1; the report names none.
# - **r4.c6** (hard mining makes the triplet loss discriminative): not shown. Stored: on a stand-in (scikit-learn's 8x8
#   digits): hard triplets less semihard triplets is +0.0097, undecided; hard triplets less all triplets is +0.0153,
#   undecided; on a stand-in (a ResNet-8 and ten classes of Tiny ImageNet at 32 pixels): hard triplets less semihard
#   triplets is -0.1453, undecided; hard triplets is below all triplets by 0.1167; but settings were searched for small
#   networks alone, on 8x8 digits and on photographs of 32 pixels. On photographs hard triplets end with a loss of 0.06,
#   above their margin of 0.01: on average the nearest image of another class is still nearer than the farthest of the
#   anchor's own. Schroff et al. (section 3.2) warn that the hardest negatives can lead to a bad solution early on, and
#   take semi-hard ones. Those reach 0.511 [0.457, 0.565] here. STL-10 at 96 pixels or pretrained weights may change all
#   of this.
# - **r4.c10** (the results are for Tiny ImageNet): inconsistent with itself. The report states 200 classes and prints 10
#   class-wise figures.
# - **r4.c16** (adjusting the last layer's activations leads to unlike classes): not testable, because the report does not
#   say which adjustment it means, nor what makes classes unlike.

# %% [markdown]
# ## Break it
#
# The commonest mistake in hard mining: the anchor's own class is hidden by zeros. Zero is the smallest distance there
# is, so every anchor finds its nearest "negative" in itself. First the check, then the curve.

# %% tags=["break"]
def broken_loss(points, labels, margin, mining):
    apart, alike = distances(points), labels.unsqueeze(1).eq(labels)
    farthest = (apart * alike).amax(1)
    nearest = (apart * ~alike).amin(1)
    return (farthest - nearest + margin).relu().mean()


try:
    checks.lab07.check_triplet_loss(broken_loss)
except AssertionError as failure:
    print(failure)

# %% tags=["break"]
right_loss, triplet_loss = triplet_loss, broken_loss
try:
    network, broken, _ = train("triplet", 0, validate=False)
finally:
    triplet_loss = right_loss
found = spread(features_of(network, test_set), test_set.labels, num_classes)
print(f"class means {found['between_classes']:.4f} apart")
plotting.curves(
    {
        "right loss": histories["triplet, seed 0"].column("train_loss"),
        "own class hidden by zeros": broken.column("train_loss"),
        "the margin": [margin] * epochs,
    },
    y="triplet loss (distance)",
    x="epoch" + mark,
)

# %% [markdown]
# Nothing is pushed apart any more, and the loss can only sink to the margin, with all images in one point. A loss that
# falls and then stays at the margin is the sign to look for. It is the sign of this mistake. Hard mining from random
# weights shows it too, with no mistake at all: in the stored search on photographs, at a rate of 0.01 and a margin of
# 0.1, the loss ends at 0.11. In such a case try all triplets first.

# %% [markdown] tags=["reflection"]
# ## Reflect
#
# - Look at your third prediction, and at the curves of the report beside those from random weights. What would you ask
#   the report's authors?
# - The center loss makes clusters tighter. Why need that not make the network more accurate? Do the runs say whether it
#   did?
# - Your triplet network has never been told what a class is called. Which of its two numbers, nearest-mean accuracy or
#   the purity of neighbours, would you use to compare it with a network trained by cross-entropy, and why?
#
# *Your answers:*

# %% [markdown]
# ## Sources
#
# - Schroff, Kalenichenko, Philbin: FaceNet: A Unified Embedding for Face Recognition and Clustering, CVPR 2015.
# - Hermans, Beyer, Leibe: In Defense of the Triplet Loss for Person Re-Identification, 2017.
# - Wen, Zhang, Li, Qiao: A Discriminative Feature Learning Approach for Deep Face Recognition, ECCV 2016.
# - He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016.
# - Coates, Lee, Ng: An Analysis of Single-Layer Networks in Unsupervised Feature Learning, AISTATS 2011 (STL-10).
# - Le, Yang: Tiny ImageNet Visual Recognition Challenge, 2015.
# - Mensink, Verbeek, Perronnin, Csurka: Distance-Based Image Classification, TPAMI 2013 (nearest class mean).
# - The report r4, as facts: `resnet_labs.reports.load_report("r4")`.
