# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 02. Digits
#
# {{colab}}
#
# What has to change in a ResNet-18, made for photographs, before it can read digits? And what do the numbers in a
# report tell about it?
#
# The report (r1) gave a ResNet-18 one input channel and ten outputs, trained it for {{r1: digits.epochs}} epochs and
# reached {{r1: digits.accuracy_after_training as %.2}} on its test set. Before training it had scored
# {{r1: digits.accuracy_before_training as %.2}}. You write the parts yourself: both ends of the network, the training
# step, the scores. Then you run the report's experiment and put your numbers beside its own.
#
# Work: about {{work}} minutes, reading and exercises. Minutes: 1 in fast mode on two cores with AVX2; the knobs cell
# says how long it takes where you are. Report mode needs MNIST, which `resnet-labs data mnist --download` fetches.
#
# Needs: Python, and having seen a training loop once. Written for resnet_labs {{version}}.

# %% [markdown] tags=["solution"]
# **What it found.** {{found}}
#
# This is the lab with its solution. Each answer is folded behind the stub that you get; to work the lab yourself, open
# or download the notebook above.

# %% [markdown] tags=["reflection"]
# ## Predict
#
# Before you run anything, write down two numbers and a reason for each.
#
# 1. Ten digits, a network that was never trained: which accuracy will it have?
# 2. A test set of 10,000 images, an accuracy of {{r1: digits.accuracy_after_training as %.2}}: how far off could the
#    true accuracy be?
#
# *Your predictions:*

# %% [markdown]
# ## Setup
#
# Answers that pass their checks are kept in a file beside this notebook, and nowhere else. `checks.restore()` brings
# them back after a lost kernel or into a new copy, `checks.progress()` counts points. To keep none, put
# `journal=False` into `checks.start(...)`.

# %% tags=["setup"]
{{install}}

import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import (
    checks,
    data,
    lab_mode,
    metrics,
    plotting,
    reports,
    results,
    runtime,
    tables,
)
from resnet_labs.losses import cross_entropy
from resnet_labs.reports import compare
from resnet_labs.resnet import resnet18
from resnet_labs.train import TrainConfig, evaluate, fit

checks.start("02", written_for="{{version}}")

# %% [markdown]
# ## Knobs
#
# Every number of this lab is set here. In fast mode, the default on every machine, scikit-learn's 8x8 digits stand in
# for MNIST: they are real handwritten digits, but other ones, and far fewer. In report mode (`report_mode = True`) it
# is MNIST itself, under the folder that `RESNET_LABS_DATA` names.

# %% tags=["knobs"]
report_mode = False  # True: the report's experiment; needs and time are printed
fast = lab_mode.fast("02", report=report_mode)
# 1,438 training images of 8x8 pixels, or 60,000 of 28x28
dataset = "digits" if fast else "mnist"
stand_in = "scikit-learn's 8x8 digits in place of MNIST" if fast else ""
seeds = (0, 1, 2)
epochs = 10  # the report's
batch_size = 128  # the report's
# The report gives no rate: chosen on images cut from the training set, as "Report
# against ours" says.
learning_rate = 0.01
number_format = "fp32" if fast else "auto"  # 8 pixels gain nothing from fewer bits
device = runtime.default_device()

train_set = data.load(dataset, split="train")
test_set = data.load(dataset, split="test")
size = tuple(train_set.images.shape[1:])
print(f"{len(train_set)} training, {len(test_set)} test images {size}, {device}")

# %% [markdown]
# ## Idea
#
# A ResNet is a chain of convolutions with a mean over all pixels before its last layer. That mean takes an image of
# any size, so only two layers know what the network was made for. The first convolution knows the number of channels
# of the image: a photograph has three, a grey digit one. The last layer knows the number of classes: ImageNet has
# 1,000, digits are ten. Everything in between can stay.
#
# A convolution of $k \times k$ pixels from $C$ to $D$ channels has
#
# $$k \cdot k \cdot C \cdot D$$
#
# weights. So the first layer shrinks from $7 \cdot 7 \cdot 3 \cdot 64 = 9408$ to $3136$ weights, and the last one, from
# 512 features to the classes, from $513\,000$ to $5130$ numbers.
#
# Source: He, Zhang, Ren, Sun, *Deep Residual Learning for Image Recognition* (2016), Table 1.

# %% tags=["hide-input"]
plotting.images(
    train_set.images[:20], [train_set.classes[k] for k in train_set.labels[:20]]
)

# %% [markdown]
# ## Exercise 02.1. Both ends
#
# You get a ResNet-18 for photographs: three channels in, 1,000 classes out. Change it so that it takes `in_channels`
# channels and gives `num_classes` outputs. Replace two layers and touch nothing else: kernel size, stride and padding
# stay, and so does every weight between the two ends, and which of them train.
#
# About 5 minutes.


# %% tags=["answer"] exercise="02.1"
def adapt(network, in_channels, num_classes):
    """Return the network with a new first and a new last layer.

    network: a ResNet-18 with the layers `conv1` and `fc`; it may be changed.
    in_channels: channels of the images.
    num_classes: outputs of the last layer, logits.
    """
    ### BEGIN SOLUTION
    network.conv1 = nn.Conv2d(
        in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False
    )
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network
    ### END SOLUTION


# %% tags=["check"] exercise="02.1" points=2
checks.lab02.check_adapt(adapt)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 02.1a: the first layer has the wrong channels, geometry or a bias</summary>
#
# `print(network.conv1)` shows what is there. Make a new `nn.Conv2d` with the same kernel size, stride and padding,
# put `in_channels` first, and assign it to `network.conv1`. Batch norm comes next and adds a shift of its own, so
# this convolution has no bias.
#
# </details>
# <details><summary>Hint 02.1b: 1,000 outputs, or two linear layers, or outputs that sum to one</summary>
#
# The last layer is called `fc`. Assigning to another name adds a layer that nobody calls. It gives logits, any real
# numbers: the softmax is inside the loss.
#
# </details>
# <details><summary>Hint 02.1c: weights are gone, or others train, or the mode is another</summary>
#
# `resnet18(...)` makes a new network with new random weights. Change the one that you were given: a pretrained network
# is only worth something if its weights survive. Leave `requires_grad` and the mode as they were.
#
# </details>

# %% [markdown]
# **Expected:** {{expected exactly 11175370: sum(p.numel() for p in adapt(resnet18(), 1, 10).parameters())}} parameters
# for one channel and ten classes, on any device.

# %% tags=["exercise"]
sum(p.numel() for p in adapt(resnet18(), 1, 10).parameters())

# %% [markdown]
# ## Exercise 02.2. One training step
#
# Write one step of stochastic gradient descent on one batch: set training mode, clear the old gradients, run the
# network forward, take the mean cross-entropy of the logits, run backward, and step. Return the loss as a Python
# number. `F.cross_entropy` takes logits and class numbers.
#
# About 10 minutes.


# %% tags=["answer"] exercise="02.2"
def train_step(network, images, labels, optimizer):
    """Take one step and return the loss of the batch, a float.

    images: (N, C, H, W) floats. labels: (N,) class numbers. optimizer: over the
    network's parameters.
    """
    ### BEGIN SOLUTION
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% tags=["check"] exercise="02.2" points=3
checks.lab02.check_train_step(train_step)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 02.2a: an error, changed images, another loss, or the network in evaluation mode</summary>
#
# `F.cross_entropy(logits, labels)` applies the softmax itself and takes the mean over the batch. The step begins with
# `network.train()`, because whoever evaluated before you may have left the network in evaluation mode. Use images and
# labels as they come, for any number of classes and of images. Return the loss of that pass, not one after the step.
#
# </details>
# <details><summary>Hint 02.2b: the weights are right after one step and wrong after two</summary>
#
# `backward` adds to the gradients that are there. Clear them before it, once for each step. The optimizer steps after
# `backward`: before that it has no gradients.
#
# </details>
# <details><summary>Hint 02.2c: memory grows from step to step</summary>
#
# A loss tensor holds the graph of the whole forward pass. `loss.item()` returns the number and releases the graph.
#
# </details>

# %% [markdown]
# **Expected:** the loss of an untrained network on ten classes begins near $\ln 10 \approx 2.30$ {{term nats}}, and the
# mean of its first epoch is {{expected 0.5 to 2.3: [sum(losses) / len(train_set), history.column("train_loss")[0]]}}.
# `fit`, which the experiment uses, does what your step does, with a schedule, a progress line and mixed precision
# around it. One epoch of each, from the same seed:


# %% tags=["exercise"]
def new_network(seed):
    runtime.seed_everything(seed)
    return adapt(resnet18(), 1, 10).to(device)


def new_batches(seed):
    return data.Batches(
        train_set, batch_size, shuffle=True, device=device, seed=seed
    )


if fast:
    yours = new_network(0)
    sgd = torch.optim.SGD(yours.parameters(), lr=learning_rate, momentum=0.9)
    losses = [
        train_step(yours, images, labels, sgd) * len(labels)
        for images, labels in new_batches(0)
    ]
    config = TrainConfig(
        epochs=1, learning_rate=learning_rate, precision=number_format
    )
    history = fit(
        new_network(0),
        new_batches(0),
        loss=cross_entropy,
        config=config,
        progress=False,
    )
    means = {
        "your step": sum(losses) / len(train_set),
        "fit": history.column("train_loss")[0],
    }
    tables.show(
        [{"first epoch": k, "mean loss (nats)": v} for k, v in means.items()]
    )

# %% [markdown]
# ## Exercise 02.3. Precision, recall, F
#
# The report gives "macro" scores. Take the confusion matrix (rows are the true digits, columns the predicted ones)
# and compute for every digit
#
# $$P = \frac{\text{rightly predicted as it}}{\text{predicted as it}}, \qquad
# R = \frac{\text{rightly predicted as it}}{\text{truly it}}, \qquad F = \frac{2PR}{P + R}.$$
#
# Then average each over the digits. A digit that is never predicted has $P = 0$ and $F = 0$, not a division by zero.
#
# About 10 minutes.


# %% tags=["answer"] exercise="02.3"
def precision_recall_f(confusion):
    """Return macro precision, recall and F of a (K, K) matrix of counts."""
    ### BEGIN SOLUTION
    right = confusion.diag().double()
    predicted, true = confusion.sum(0), confusion.sum(1)
    precision = right / predicted.clamp(min=1)
    recall = right / true.clamp(min=1)
    f = 2 * right / (predicted + true).clamp(min=1)
    return precision.mean().item(), recall.mean().item(), f.mean().item()
    ### END SOLUTION


# %% tags=["check"] exercise="02.3" points=3
checks.lab02.check_scores(precision_recall_f)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 02.3a: precision and recall are exchanged</summary>
#
# `confusion.sum(0)` adds up each column: how often a digit was predicted. `confusion.sum(1)` adds up each row: how
# often it was there.
#
# </details>
# <details><summary>Hint 02.3b: nan, or a class without a prediction or an example</summary>
#
# A column of zeros divides zero by zero. `.clamp(min=1)` on a *count* gives 0 there and changes nothing elsewhere.
# P + R is a fraction and often below 1: use `torch.where` or `nan_to_num` there, for each class, before the mean.
#
# </details>
# <details><summary>Hint 02.3c: F or a mean is off, or all three scores are the same number</summary>
#
# The mean of the F's is not the F of the means, and F has a factor 2. A macro score is a sum over the classes, divided
# by how many classes the table has. If you add over all digits before you divide, all three scores become the
# accuracy: that is the "micro" average.
#
# </details>

# %% [markdown]
# **Expected:** on a balanced test set macro recall is the accuracy, and macro precision and F come near it where few
# images are wrong. In the report, with an accuracy of {{r1: digits.accuracy_after_training as .4}}, they are {{r1:
# digits.macro.precision as .4}}, {{r1: digits.macro.recall as .4}} and {{r1: digits.macro.f_score as .4}}.

# %% [markdown]
# ## Exercise 02.4. Where 11.35 % comes from
#
# The report's network scored exactly 0.1135 before training. A network that names one digit for every image scores that
# digit's share of the test set. Is 0.1135 the share of a digit? The report also says that its images have 8x8 pixels
# ({{term claim as r1.c2}}), where MNIST's have 28x28. Does the 0.1135 decide that? And do untrained networks name one
# digit for every image at all?
#
# These are the counts of the digits 0 to 9 in MNIST's test set (10,000 images of 28x28 pixels) and in scikit-learn's
# digits (1,797 images of 8x8):

# %% tags=["exercise"]
mnist_counts = torch.tensor([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
digits_counts = torch.tensor([178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
mnist_labels = torch.repeat_interleave(torch.arange(10), mnist_counts)
digits_labels = torch.repeat_interleave(torch.arange(10), digits_counts)
untrained = [
    run.metrics["accuracy_before"]
    for run in reports.evidence("r1.digits")
    if not run.stand_in
]
tables.table(
    [
        {"stored run": k, "accuracy (fraction)": v}
        for k, v in enumerate(untrained, 1)
    ],
    caption="Three untrained networks on MNIST's test set",
)

# %% [markdown]
# Write `class_shares`, look at the shares of both sets, then set `digit`, `sizes` and `matches`. About 10 minutes.


# %% tags=["answer"] exercise="02.4"
def class_shares(labels, num_classes):
    """Return the share of each class among the labels, a (num_classes,) tensor
    that sums to 1."""
    ### BEGIN SOLUTION
    return torch.bincount(labels, minlength=num_classes) / len(labels)
    ### END SOLUTION


# %% tags=["answer"] exercise="02.4"
# digit: which digit has a share of 0.1135 in MNIST's test set
# sizes: MNIST's images can be resized to 8 or 28 pixels a side; at which of the two
# is that share 0.1135? All that fit
# matches: how many of the numbers in `untrained` are the share of a digit of MNIST's
# test set, in all four decimals
### BEGIN SOLUTION
mnist_shares = class_shares(mnist_labels, 10)
digit = int((mnist_shares - 0.1135).abs().argmin())
sizes = (8, 28)  # no label changes when an image is resized
matches = sum(
    bool(torch.isclose(mnist_shares, torch.tensor(score), atol=1e-5).any())
    for score in untrained
)
### END SOLUTION

# %% tags=["check"] exercise="02.4" points=2
checks.lab02.check_shares(class_shares, digit, sizes, matches)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 02.4a: the shares do not sum to one</summary>
#
# `torch.bincount` counts. Divide by the number of labels, not by the number of classes.
#
# </details>
# <details><summary>Hint 02.4b: a class is missing at the end, or no digit has that share</summary>
#
# `torch.bincount` stops at the largest label that occurs; `minlength=num_classes` makes it go on. Then print the ten
# shares of MNIST's labels beside their digits.
#
# </details>
# <details><summary>Hint 02.4c: which sizes, and which networks?</summary>
#
# A share is counted from labels. What happens to a label when its image is resized? For `matches`, print the ten
# shares with four decimals beside the three scores. Being near a share is not the same as being one.
#
# </details>

# %% [markdown]
# **Expected:** in MNIST the largest share is
# {{expected exactly 0.1135: round(max(class_shares(mnist_labels, 10)).item(), 4)}}; in the 8x8 digits it is
# {{expected exactly 0.1018: round(max(class_shares(digits_labels, 10)).item(), 4)}}.

# %% tags=["exercise"]
shares = {"MNIST": mnist_labels, "8x8 digits": digits_labels}
shares = {name: class_shares(labels, 10).tolist() for name, labels in shares.items()}
tables.table(
    [
        {"digit": str(k)}
        | {f"{name} (fraction)": f"{share[k]:.4f}" for name, share in shares.items()}
        for k in range(10)
    ],
    caption="Share of each digit in the test set",
)

# %% [markdown]
# So 0.1135, if it is a digit's share, tells you about the *labels*: they are those of MNIST's test set, not those of
# the 8x8 digits. It tells you nothing about the pixels. And it does not prove that the report's network named one digit
# for every image; it only fits that very well. Whether 8x8 pixels are enough for the report's {{r1:
# digits.accuracy_after_training as %.2}} is a question for a run: see "Report against ours".

# %% [markdown]
# ## Experiment
#
# Your network, three seeds. Before training, count which digits the network names. Then train with `fit` and measure
# again. Nothing was chosen by looking at the test set.

# %% tags=["experiment"]
histories, runs, rows = {}, [], []
for seed in seeds:
    network = new_network(seed)
    test = data.Batches(test_set, 512, device=device)
    before = evaluate(network, test)
    named = before.logits.argmax(1).bincount(minlength=10)
    rows.append(
        {
            "untrained": f"seed {seed}",
            "accuracy (fraction)": before.accuracy,
            "digit that it names most": str(named.argmax().item()),
            "for so many images": named.max().item(),
            "of": len(test_set),
        }
    )

    config = TrainConfig(
        epochs=epochs,
        learning_rate=learning_rate,
        precision=number_format,
        seed=seed,
    )
    history = fit(network, new_batches(seed), loss=cross_entropy, config=config)
    after = evaluate(network, test)
    precision, recall, f = precision_recall_f(after.confusion)
    low, high = metrics.wilson_interval(
        int(after.confusion.diag().sum()), len(test_set)
    )

    histories[f"right loss, seed {seed}"] = history.column("train_loss")
    runs.append(
        results.record(
            "r1.digits",
            stand_in=stand_in,
            dataset=dataset,
            parts={"train": train_set, "test": test_set},
            seed=seed,
            settings={
                "network": "resnet18",
                "in_channels": 1,
                "num_classes": 10,
                "batch_size": batch_size,
            }
            # all images, as they are
            | {"size": None, "limit": None, "validation": None},
            config=config,
            metrics={
                "accuracy_before": before.accuracy,
                "accuracy": after.accuracy,
                "accuracy_low": low,
                "accuracy_high": high,
                "macro_precision": precision,
                "macro_recall": recall,
                "macro_f_score": f,
            },
            history=history,
        )
    )
    results.append(runtime.run_folder() / "results.jsonl", runs[-1])
tables.table(rows, caption="Networks before training")

# %% [markdown]
# **Expected:** after ten epochs {{expected 0.88 to 0.995: [run.metrics["accuracy"] for run in runs]}} on the 8x8
# digits; on MNIST this project had {{r1.digits data=mnist: accuracy range as .3}}. An untrained network names few of
# the ten digits; some networks name one for every image, others do not.

# %% tags=["experiment"]
plotting.curves(histories, y="training loss (nats)", log=True)

# %% tags=["experiment"]
plotting.confusion(after.confusion, test_set.classes)

# %% [markdown]
# ## Report against ours
#
# The report gives one run and no interval. Beside it, your runs of a moment ago:

# %% tags=["report"]
compare.show(runs)

# %% tags=["report"]
rows = compare.compare(runs)
plotting.report_against_ours(
    [row.label for row in rows],
    [row.report for row in rows],
    [(row.ours.mean, row.ours.low, row.ours.high) for row in rows],
)

# %% [markdown]
# And here is what this project measured with MNIST itself and the report's settings, stored with its provenance. The
# report names neither a learning rate nor a momentum; the rate was chosen on 2,000 images cut from the training set,
# never on the test set ({{term reproduce as `resnet-labs reproduce r1.digits.choice`}}). Shrunk to the 8 pixels that
# the report names, and at the rate of 28 pixels, MNIST came to {{r1.digits.choice size=8: accuracy as .3}} there, in
# place of {{r1.digits.choice size=null learning_rate=0.01: accuracy as .3}}.

# %% tags=["report"]
stored = [run for run in reports.evidence("r1.digits") if not run.stand_in]
compare.show(stored)

# %% [markdown]
# At 8 pixels, with all training images and ten epochs, and a rate of its own, which had the best mean of three seeds on
# validation images (`resnet-labs reproduce r1.c2.8_pixels --seeds 3`; nothing is shown where no such run is stored):

# %% tags=["report"]
if shrunk := reports.evidence("r1.c2"):
    compare.show(shrunk)

# %% [markdown]
# What do the numbers say about the report's claims?
#
# - **r1.c1** ({{r1.c1: claim}}): {{r1.c1: verdict}}. A change is needed, and yours is one, but the first layer can also
#   stay as it is. A grey image that is repeated three times goes through it, and gives what a one-channel layer gives
#   that holds the sum of its filters.
# - **r1.c2** ({{r1.c2: claim}}): {{r1.c2: verdict}}. The {{r1: digits.accuracy_before_training as %.2}} do not tell:
#   they are the share of the digit 1 in MNIST's test set, at any size of its images. The runs at 8 pixels do tell
#   something. Stored: {{r1.c2: briefly}}. They came to {{r1.c2: accuracy summary}}, those at 28 pixels to
#   {{r1.digits data=mnist: accuracy range}}. Another rate at 28 pixels could give the report's figure too.
# - **r1.c3** ({{r1.c3: claim}}): {{r1.c3: verdict}}. Stored: {{r1.c3: briefly}}. Our rate was searched for. The Wilson
#   interval of the report's figure on 10,000 images reaches from
#   {{expected about 0.9712 within 0.00005: metrics.wilson_interval(9745, 10_000)[0]}} to
#   {{expected about 0.9774 within 0.00005: metrics.wilson_interval(9745, 10_000)[1]}}.

# %% [markdown]
# ## Break it
#
# The commonest mistake of all: a softmax before a loss that has one. Nothing crashes. First the check, then the curve.


# %% tags=["break"]
def broken_step(network, *rest):
    return train_step(nn.Sequential(network, nn.Softmax(1)), *rest)


try:
    checks.lab02.check_train_step(broken_step)
except AssertionError as failure:
    print(failure)

# %% tags=["break"]
config = TrainConfig(
    epochs=3 if fast else 1, learning_rate=learning_rate, precision=number_format
)
broken = fit(
    new_network(0),
    new_batches(0),
    loss=lambda logits, labels: cross_entropy(logits.softmax(1), labels),
    config=config,
)
plotting.curves(
    {
        "right loss": histories["right loss, seed 0"],
        "softmax twice": broken.column("train_loss"),
    },
    y="training loss (nats)",
)

# %% [markdown]
# With probabilities in place of logits the loss cannot fall below $\ln(1 + 9/e) \approx 1.46$: ten numbers between 0
# and 1 can differ by no more than 1. The network still learns, only slowly, which is why the mistake survives.

# %% [markdown] tags=["reflection"]
# ## Reflect
#
# - You predicted the accuracy of an untrained network. Why is it not exactly 10 %?
# - The report's 0.974222 appears both as "accuracy" and as macro recall, and 0.97450 as accuracy too. Can both
#   accuracies come from the same 10,000 predictions?
# - Which single number would you have asked the report's authors for?
#
# *Your answers:*

# %% [markdown] tags=["solution"]
# <details><summary>Sample answers</summary>
#
# - *Not exactly 10 %.* An untrained network names few digits, sometimes only one, and then scores that digit's share of
#   the test set. Random guesses of all ten would give about 10 %; the network does not guess at random.
# - *Two accuracies?* No. An accuracy on 10,000 predictions is a whole number of ten-thousandths, so 0.97450 can be one.
#   The other has six decimals, fits as a mean over the classes, and is the macro recall under a wrong name.
# - *Which number?* The count of right images, or the confusion matrix: every score follows from it. The number of test
#   images and of seeds would come next.
#
# </details>

# %% [markdown]
# ## Sources
#
# - He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016.
# - LeCun, Cortes, Burges: The MNIST database of handwritten digits, 1998.
# - Alpaydin, Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998; its test part
#   is scikit-learn's digits.
# - Wilson: Probable inference, the law of succession, and statistical inference, JASA 1927.
# - The report r1, as facts: `resnet_labs.reports.load_report("r1")`.
