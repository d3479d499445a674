# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 05. Transfer and feature hierarchies
#
# {{colab}}
#
# How much of a pretrained network must be retrained for new classes?
#
# The report (r0) took a pretrained ResNet-152 to CIFAR-10 in three ways: train the {{term head}} alone, the last block
# too, or everything. It found {{r0: transfer_table.linear_probe_pretrained.test as %}},
# {{r0: transfer_table.last_block.test as %}} and {{r0: transfer_table.full_fine_tuning.test as %}}, and about
# {{r0: transfer_table.linear_probe_random.test as %.0}} for a head on a random network. It looked at pictures of the
# features, too, and saw clear clusters. You write the parts: the hooks that catch features, the freeze of all but a
# block, a number for "clear clusters", and a number for how far a picture can be trusted.
#
# Work: about {{work}} minutes, reading and exercises. Minutes: 1.5 in fast mode on two cores with AVX2; the knobs cell
# says how long it takes where you are. The first run takes longer: it also makes the small pretrained network. Report
# mode needs CIFAR-10, which `resnet-labs data cifar10 --download` fetches, ImageNet weights, and a GPU.
#
# Needs: lab 02, or having trained a network once; lab 04 for what a freeze must hold.
# Written for resnet_labs {{version}}.

# %% [markdown] tags=["solution"]
# **What it found.** {{found}}
#
# This is the lab with its solution. Each answer is folded behind the stub that you get; to work the lab yourself, open
# or download the notebook above.

# %% [markdown] tags=["reflection"]
# ## Predict
#
# Before you run anything, write down an answer and a reason for each.
#
# 1. Twelve new classes, so a guess is right in one of twelve cases. A linear head on a *random* network: what will it
#    reach? And on one that was trained on twelve *other* classes?
# 2. You have only 240 labelled images. Which wins: training the head alone, or the whole network?
# 3. Look at the features of one image and of its ten nearest neighbours. In which stage do most of the ten have the
#    image's class?
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
from dataclasses import replace
from functools import cache

import torch

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
    widgets,
)
from resnet_labs.features import cached_features, embed, silhouette
from resnet_labs.freeze import freeze_, unfreeze_
from resnet_labs.losses import cross_entropy
from resnet_labs.recipes.transfer import STAND_IN
from resnet_labs.recipes.transfer_networks import network_for, preparation
from resnet_labs.reports import compare
from resnet_labs.train import TrainConfig, evaluate, fit

checks.start("05", written_for="{{version}}")

# %% [markdown]
# ## Knobs
#
# Every number of this lab is set here. In fast mode, the default on every machine, both sides are stand-ins: a small
# network of three stages, trained on twelve classes of images made by a formula, in place of ResNet-152 and ImageNet;
# and twelve other such classes in place of CIFAR-10. In report mode (`report_mode = True`) it is the report's network
# and data.

# %% tags=["knobs"]
report_mode = False  # True: the report's experiment; needs and time are printed
fast = lab_mode.fast("05", report=report_mode)
device = runtime.default_device()
dataset, side = ("procedural_target", 24) if fast else ("cifar10", None)
weights, random_weights = (
    ("stand_in", "stand_in_random") if fast else ("IMAGENET1K_V1", "random")
)
stand_in = STAND_IN if fast else ""
# Of the head's first weights, the order, and which training images are used.
seeds = (0, 1, 2) if fast else (0,)
# Training images and epochs. With the larger number the report's order holds on
# validation images, chosen there.
budgets = {240: 10, 960: 5} if fast else {1000: 10, 45_000: 10}
table_size = max(budgets)
batch_size = 32 if fast else 128  # the report's of its feature maps
# For the head alone, the last block, the last two stages, everything. In fast mode
# the best on validation images (`resnet-labs reproduce r0.c7.choice`); the report
# gives no rates.
rates = (
    {240: (3e-1, 1e-2, 1e-2, 3e-3), 960: (1e-1, 3e-2, 1e-2, 1e-2)}
    if fast
    else dict.fromkeys(budgets, (1e-3, 1e-4, 1e-4, 1e-4))
)
precision = "fp32" if fast else "auto"
num_neighbours = 10
num_pictured = 300  # points of each picture

whole_train_set = data.load(dataset, split="train", size=side)
test_set = data.load(dataset, split="test", size=side, limit=600 if fast else None)
train_set, validation_set = data.split(
    whole_train_set, (0.875, 0.125) if fast else (0.9, 0.1)
)
# ResNet-152 takes 224 pixels less ImageNet's mean; the stand-in needs nothing.
prepare = preparation(weights)


def batches_of(images, seed=None):
    shuffled = {} if seed is None else {"shuffle": True, "seed": seed}
    return data.Batches(
        images, batch_size, augment=prepare, device=device, **shuffled
    )


pretrained = network_for(weights, len(test_set.classes), seed=0)
stages = [
    name for name, _ in pretrained.named_children() if name.startswith("layer")
]
sizes = [len(part) for part in (train_set, validation_set, test_set)]
print("{} training, {} validation and {} test images".format(*sizes))
print(f"stages {stages}")

# %% [markdown]
# ## Idea
#
# The first layers of a network answer to edges and colours, later ones to parts, and the last to classes (Zeiler and
# Fergus 2014). Edges are the same in every set of photographs, but classes are not. So one can keep the early layers
# of a trained network and train the late ones on new images: *transfer*. The three rungs of the report differ in
# where they cut. A *linear probe* keeps all features $\phi(x)$ and trains the head alone,
#
# $$\text{logits} = W \phi(x) + b,$$
#
# so its accuracy says how well flat cuts through feature space separate the classes. *Last block* trains the end of
# $\phi$ too, and *full fine-tuning* trains all of it. The more is trained, the better it can fit, and the more images
# it may need.
#
# Below are some of the new classes. Shape and texture make the class; colour, place and light do not.
#
# Source: Yosinski, Clune, Bengio, Lipson, *How transferable are features in deep neural networks?* (2014), section 2.

# %% tags=["hide-input"]
plotting.images(
    test_set.images[:12],
    [test_set.classes[k].replace(" ", "\n") for k in test_set.labels[:12]],
    columns=6,
)

# %% [markdown]
# ## Exercise 05.1. Features by hooks
#
# A network hands out only its logits. A *hook* is a function that torch calls whenever a module has run, with the
# module, its inputs and its output:
#
#     handle = network.get_submodule("layer1").register_forward_hook(function)
#
# Write `collect`: for each named stage one tensor with a row for each image of all batches, in order. A stage gives
# maps of shape (N, C, H, W); keep the mean over the pixels of every channel, (N, C). The network must not be changed:
# it runs in evaluation mode and without gradients, and afterwards its mode is as before and your hooks are gone
# (`handle.remove()`), even if a batch makes it fail. Gradients, `requires_grad` and the hooks of others stay too. Walk
# through the batches once: a generator gives each of them once only.
#
# About 15 minutes.


# %% tags=["answer"] exercise="05.1"
def collect(network, batches, stages):
    """Return a dict: for each stage's name its features of all images, (N, C).

    network: any network. batches: gives (images, labels). stages: names of modules
    in the network.
    """
    ### BEGIN SOLUTION
    rows = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: rows[name].append(output.mean((2, 3)))

    was_training = network.training
    handles = [
        network.get_submodule(name).register_forward_hook(keeper(name))
        for name in stages
    ]
    try:
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(parts) for name, parts in rows.items()}
    ### END SOLUTION


# %% tags=["check"] exercise="05.1" points=3
checks.lab05.check_collect(collect)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 05.1a: statistics moved, a mode was not restored, or the features have gradients</summary>
#
# Remember `network.training`, call `network.eval()`, and put the mode back with `network.train(was_training)`. Run the
# passes within `with torch.no_grad():`.
#
# </details>
# <details><summary>Hint 05.1b: an error, hooks are left, or a stage is missing or has features of another</summary>
#
# Make the hook in a small function that takes the stage's name, so that each hook has its own:
# `def keeper(name): return lambda module, inputs, output: ...`. Put the loop over the batches under `try:` and all
# cleaning up under `finally:`; `with torch.no_grad():` ends by itself. A batch of one image has its axis too, which
# `squeeze()` drops.
#
# </details>
# <details><summary>Hint 05.1c: too few rows, or the wrong numbers</summary>
#
# `output.mean((2, 3))` is the mean over both axes of the pixels. Append it to a list for that stage, and join the lists
# with `torch.cat` at the end.
#
# </details>

# %% [markdown]
# **Expected:** in fast mode 16, 32 and 64 features per image, on any device; in the ResNet-152 256, 512, 1,024 and
# 2,048. The report's early, middle and late maps, (128, 256, 56, 56), (128, 1024, 14, 14) and (128, 2048, 1, 1), are
# stage 1, stage 3 and the mean after stage 4.

# %% tags=["exercise"]
pictured = test_set.subset(range(num_pictured))
{
    name: tuple(rows.shape)
    for name, rows in collect(pretrained, batches_of(pictured), stages).items()
}

# %% [markdown]
# ## Exercise 05.2. The last block
#
# Write two functions. `last_block(network)` names what trains on the middle rung: the last block of the last stage,
# and the head `fc`. Stages are called `layer1`, `layer2` and so on, and a stage is a sequence of blocks: `layer4.2`
# is the third block of the fourth stage. `train_only(network, parts)` keeps everything else as it is, bit by bit:
# weights, running statistics, and whatever an optimizer remembers. What an earlier call froze may train again. With
# no parts nothing trains. The call itself moves no weight, and it leaves the hooks of others and the list of parts.
#
# Lab 04 shows why `requires_grad_(False)` is not enough. You may use the library's `freeze_(module)` and
# `unfreeze_(module)`, which hold running statistics and remove old gradients.
#
# About 10 minutes.


# %% tags=["answer"] exercise="05.2"
def last_block(network):
    """Return the names of the last block and of the head, such as ["layer4.2",
    "fc"]."""
    ### BEGIN SOLUTION
    stage = [
        name for name, _ in network.named_children() if name.startswith("layer")
    ][-1]
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]
    ### END SOLUTION


# %% tags=["answer"] exercise="05.2"
def train_only(network, parts):
    """Let the named parts train and make everything else stand still. The network
    is changed in place."""
    ### BEGIN SOLUTION
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))
    ### END SOLUTION


# %% tags=["check"] exercise="05.2" points=3
checks.lab05.check_train_only(train_only, last_block)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 05.2a: something trains that should not, or a part does not train</summary>
#
# First freeze the whole network, then thaw each part by its name: `network.get_submodule(name)`. Change neither the
# list of parts nor any weight.
#
# </details>
# <details><summary>Hint 05.2b: running statistics or weights move although no gradient is required</summary>
#
# Batch norm updates its statistics in training mode, and an optimizer with momentum or weight decay moves whatever
# has a `.grad`, even a gradient of zeros. `freeze_` takes care of both. Batch norm in the parts that train goes on
# updating.
#
# </details>
# <details><summary>Hint 05.2c: the names of the last block</summary>
#
# `network.named_children()` gives the stages in order, and `len(network.layer3)` the number of blocks in one; blocks
# are counted from 0.
#
# </details>

# %% [markdown]
# **Expected:** on any device: in fast mode
# {{expected exactly 780: sum(weight.numel() for weight in pretrained.fc.parameters())}} of
# {{expected exactly 78172: sum(weight.numel() for weight in pretrained.parameters())}} parameters train with the head
# alone, {{expected exactly 58508: sum(weight.numel() for weight in pretrained.parameters() if weight.requires_grad)}}
# with the last block.

# %% tags=["exercise"]
rows = []
for parts in (["fc"], last_block(pretrained)):
    train_only(pretrained, parts)
    trained = [w.numel() for w in pretrained.parameters() if w.requires_grad]
    rows.append({"what trains": ", ".join(parts), "parameters": sum(trained)})
tables.table(rows)

# %% [markdown]
# ## Exercise 05.3. A number for "clear clusters"
#
# The report saw clear clusters in its pictures ({{term claim as r0.c8}}). An eye finds clusters in noise too, so
# measure them where the features are, before any picture. Take an image's $k$ nearest neighbours in feature space
# (Euclidean distance, the image itself left out; another image in the very same place is a neighbour). *Neighbour
# purity* is the share of them that have the image's class, averaged over the images: 1 where every class keeps to
# itself, and one twelfth for features that know nothing about twelve classes.
#
# Write `nearest`, then `purity` with it. About 10 minutes.


# %% tags=["answer"] exercise="05.3"
def nearest(features, num_neighbours):
    """Return for each row the indices of its nearest other rows, (N,
    num_neighbours). features: (N, D)."""
    ### BEGIN SOLUTION
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(num_neighbours, largest=False).indices
    ### END SOLUTION


# %% tags=["answer"] exercise="05.3"
def purity(features, labels, num_neighbours):
    """Return the share of neighbours that have the row's own label, a number
    between 0 and 1. labels: (N,)."""
    ### BEGIN SOLUTION
    return (
        (labels[nearest(features, num_neighbours)] == labels[:, None])
        .float()
        .mean()
        .item()
    )
    ### END SOLUTION


# %% tags=["check"] exercise="05.3" points=2
checks.lab05.check_purity(nearest, purity)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 05.3a: a row is its own neighbour, or the neighbours are not the nearest ones</summary>
#
# `torch.cdist(features, features)` gives all distances. Fill its diagonal with infinity before you ask for the
# smallest: `topk(..., largest=False)` returns distances and indices, and you want the indices.
#
# </details>
# <details><summary>Hint 05.3b: purity is above 1, or another share</summary>
#
# `labels[nearest(...)]` has a row of labels for each image. Compare it with `labels[:, None]` and take the mean over
# everything. No vote: two of ten neighbours count as 0.2.
#
# </details>

# %% [markdown]
# **Expected:** in fast mode, with 10 neighbours, the random network
# {{expected 0.06 to 0.12: [purity(rows, labels, num_neighbours) for rows in features.values()]}} in every stage, on any
# device.

# %% tags=["exercise"]
random_network = network_for(random_weights, len(test_set.classes), seed=0)
features = collect(random_network, batches_of(test_set), stages)
labels = test_set.labels.to(device)
{
    name: round(purity(rows, labels, num_neighbours), 3)
    for name, rows in features.items()
}

# %% [markdown]
# ## Exercise 05.4. How far to trust a picture
#
# t-SNE and UMAP place points in the plane so that near points stay near. They cannot keep all neighbours. Write
# `kept`: of each row's $k$ nearest neighbours in feature space, the share that are among its $k$ nearest in the
# plane, averaged over the rows. Order does not matter. Your `nearest` helps.
#
# About 5 minutes.


# %% tags=["answer"] exercise="05.4"
def kept(features, positions, num_neighbours):
    """Return the share of neighbours that a picture keeps, between 0 and 1.
    features: (N, D), positions: (N, 2)."""
    ### BEGIN SOLUTION
    before, after = (
        nearest(features, num_neighbours),
        nearest(positions, num_neighbours),
    )
    return (before[:, :, None] == after[:, None, :]).any(2).float().mean().item()
    ### END SOLUTION


# %% tags=["check"] exercise="05.4" points=2
checks.lab05.check_kept(kept)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 05.4a: more than 1, or a share of another whole</summary>
#
# Divide by the number of rows times the number of neighbours: a mean over everything does that. A row is not its own
# neighbour, neither in the features nor in the plane.
#
# </details>
# <details><summary>Hint 05.4b: right neighbours in another order are not counted</summary>
#
# `before[:, :, None] == after[:, None, :]` compares each neighbour with each of the same row, (N, k, k). `.any(2)` asks
# whether it is there at all.
#
# </details>

# %% [markdown]
# **Expected:** a picture of 300 points that is thrown together at random keeps about $10 / 299 \approx 0.03$ of ten
# neighbours. What t-SNE keeps is above each picture of the experiment.

# %% [markdown]
# ## Experiment
#
# The report's table, with the rows that it left out: one more stage that trains, and fewer training images. Every
# rung begins with the same pretrained weights and a new head; a seed draws the head, the order, and which training
# images are used.

# %% tags=["experiment"]
# The report's name, or ours: weights, what trains (None: everything).
rungs = {
    "linear_probe_random": (random_weights, ["fc"]),
    "linear_probe_pretrained": (weights, ["fc"]),
    "last_block": (weights, last_block(pretrained)),
    "last_two_stages": (weights, [*stages[-2:], "fc"]),
    "full_fine_tuning": (weights, None),
}
runs, fine_tuned = [], {}
for num_images, epochs in budgets.items():
    rate_of = dict(
        zip(rungs, (rates[num_images][0], *rates[num_images]), strict=True)
    )
    for rung, (origin, parts) in rungs.items():
        if origin == random_weights and num_images != table_size:
            continue
        for seed in seeds:
            network = network_for(origin, len(test_set.classes), seed=seed)
            if parts is not None:
                train_only(network, parts)
            (images,) = data.split(
                train_set, (num_images / len(train_set),), seed=seed
            )
            config = TrainConfig(
                epochs,
                rate_of[rung],
                "adamw",
                schedule="cosine",
                precision=precision,
                seed=seed,
            )
            if parts == ["fc"]:  # frozen features are computed once, as in lab 04
                rows = cached_features(network, images, augment=prepare)
                learner = network.fc
                batches = rows.batches(batch_size, device=device, seed=seed)
            else:
                learner, batches = network, batches_of(images, seed)
            history = fit(
                learner,
                batches,
                loss=cross_entropy,
                config=config,
                progress=not fast,
            )
            test = evaluate(network, batches_of(test_set))
            low, high = metrics.wilson_interval(
                round(test.accuracy * len(test_set)), len(test_set)
            )
            in_table = num_images == table_size and rung != "last_two_stages"
            runs.append(
                results.record(
                    f"r0.transfer_table.{rung}" if in_table else "r0.c7",
                    stand_in=stand_in,
                    dataset=dataset,
                    parts={
                        "train": images,
                        "validation": validation_set,
                        "test": test_set,
                    },
                    seed=seed,
                    settings={
                        "weights": origin,
                        "rung": rung,
                        "batch_size": batch_size,
                        "images": num_images,
                    },
                    config=config,
                    metrics={
                        "validation_accuracy": evaluate(
                            network, batches_of(validation_set)
                        ).accuracy,
                        "accuracy": test.accuracy,
                        "accuracy_low": low,
                        "accuracy_high": high,
                        "train_accuracy": history.column("train_accuracy")[-1],
                    },
                    history=history,
                )
            )
            results.append(runtime.run_folder() / "results.jsonl", runs[-1])
            if rung == "full_fine_tuning" and num_images == table_size:
                fine_tuned[seed] = network


def mean(rung, num_images, metric):
    same = [
        run
        for run in runs
        if (run.settings["rung"], run.settings["images"]) == (rung, num_images)
    ]
    return results.summarise(same, metric)


tables.table(
    [
        {
            "training images": num_images,
            "rung": rung.replace("_", " "),
            "validation accuracy (fraction)": mean(
                rung, num_images, "validation_accuracy"
            ),
        }
        for num_images in budgets
        for rung in rungs
        if rung != "linear_probe_random" or num_images == table_size
    ]
)

# %% tags=["experiment"]
ladder = [rung for rung in rungs if rung != "linear_probe_random"]
plotting.curves(
    {
        f"{num_images} training images": [
            mean(rung, num_images, "validation_accuracy").mean for rung in ladder
        ]
        for num_images in budgets
    },
    y="validation accuracy (fraction)",
    x="rung: 1 head, 2 last block, 3 last two stages, 4 everything",
)

# %% [markdown]
# **Expected:** in fast mode, with 960 images, the random network {{expected 0.05 to 0.12: mean("linear_probe_random",
# 960, "validation_accuracy").mean}}, then a head alone {{expected 0.54 to 0.67: mean("linear_probe_pretrained", 960,
# "validation_accuracy").mean}}; the last block is above it by {{expected 0.01 to 0.08: mean("last_block", 960,
# "validation_accuracy").mean - mean("linear_probe_pretrained", 960, "validation_accuracy").mean}}, and everything above
# that by {{expected 0.01 to 0.10: mean("full_fine_tuning", 960, "validation_accuracy").mean - mean("last_block", 960,
# "validation_accuracy").mean}}. With 240 images the means lie the other way: the head alone is ahead of everything by
# {{expected 0.03 to 0.12: mean("linear_probe_pretrained", 240, "validation_accuracy").mean - mean("full_fine_tuning",
# 240, "validation_accuracy").mean}}. That is 20 images a class against 80. In the stored runs (`r0.c7`) three seeds
# decide neither order: judged with all its other differences, the intervals of these hold zero. (Judged with the five
# others of the transfer table alone, which has the same runs with 960 images, everything is above the head there.) What
# `r0.c7` does show is that with 4,200 images the last block is above the head alone.
#
# Now the features. How pure are they in each stage: in a random network, in the pretrained one, and after all of it
# was trained on the new classes? Test images, 10 neighbours; the pretrained network is one, the other two have one
# line for each seed.


# %% tags=["experiment"]
def purities(network):
    features = collect(network, batches_of(test_set), stages)
    return {
        name: purity(rows, labels, num_neighbours) for name, rows in features.items()
    }


pretrained = network_for(weights, len(test_set.classes), seed=0)
before = purities(pretrained)
by_stage = {"pretrained": list(before.values())}
clusters = []
for seed in seeds:
    untrained = purities(
        network_for(random_weights, len(test_set.classes), seed=seed)
    )
    after = purities(fine_tuned[seed])
    by_stage |= {
        f"random, seed {seed}": list(untrained.values()),
        f"fine-tuned, seed {seed}": list(after.values()),
    }
    figures = {"random": untrained, "before": before, "after": after}
    (run,) = (
        each
        for each in runs
        if each.experiment.endswith("full_fine_tuning") and each.seed == seed
    )
    clusters.append(
        replace(
            run,
            experiment="r0.c8",
            settings=run.settings | {"num_neighbours": num_neighbours},
            metrics={
                f"purity_{name}_{when}": found[name]
                for when, found in figures.items()
                for name in stages
            },
        )
    )
    results.append(runtime.run_folder() / "results.jsonl", clusters[-1])

# %% tags=["experiment"]
tables.show(
    [
        {"network": when}
        | {
            f"{name} (fraction)": results.summarise(
                clusters, f"purity_{name}_{when}"
            )
            for name in stages
        }
        for when in figures
    ],
    caption="Neighbour purity in each stage",
)
plotting.curves(by_stage, y="neighbour purity (fraction)", x="stage")

# %% [markdown]
# The pictures come last, and with their numbers. The slider below goes through the stages of the pretrained network and
# ends with the last stage after fine-tuning: t-SNE of 300 test images, every class in its own colour. Above each
# picture is what it keeps, and the purity in the features and in the plane. **Expected:** t-SNE keeps {{expected 0.4 to
# 0.8: [kept(collect(pretrained, batches_of(pictured), [stage])[stage].cpu(), embed(collect(pretrained,
# batches_of(pictured), [stage])[stage].cpu(), "tsne"), num_neighbours) for stage in stages[-1:]]}} of the neighbours in
# the last stage, on any device.


# %% tags=["experiment"]
@cache
def picture(method, stage, trained):
    network = fine_tuned[0] if trained == "fine-tuned" else pretrained
    features = collect(network, batches_of(pictured), [stage])[stage].cpu()
    own = pictured.labels
    positions = embed(features, method)
    k = num_neighbours
    title = f"{method}, {stage}, {trained}: "
    title += f"keeps {kept(features, positions, k):.2f} of the neighbours\n"
    title += f"in the features purity {purity(features, own, k):.2f}, "
    title += f"silhouette {silhouette(features, own):.2f}; "
    title += f"in the plane purity {purity(positions, own, k):.2f}"
    return plotting.points(positions, own, pictured.classes, title=title)


views = [(stage, "pretrained") for stage in stages] + [(stages[-1], "fine-tuned")]
frames = [picture("tsne", *view) for view in views]

# %% tags=["experiment"]
widgets.frame_slider(
    frames,
    [f"{stage}, {trained}" for stage, trained in views],
    name="stage",
)

# %% [markdown]
# With a running kernel the next view draws anew what you choose. UMAP is slow at first: it compiles
# itself. Which of the two keeps more neighbours, and which looks tidier?

# %% tags=["experiment"]
widgets.explorer(
    picture,
    method=["tsne", "umap"],
    stage=stages,
    trained=["pretrained", "fine-tuned"],
)

# %% [markdown]
# ## Report against ours
#
# The report gives one run of each and no interval. In fast mode its figures are those of other images and another
# network: compare the order, not the heights.

# %% tags=["report"]
table = [run for run in runs if run.experiment != "r0.c7"]
compare.show(table)

# %% tags=["report"]
in_table = [rung for rung in rungs if rung != "last_two_stages"]
rows = [
    compare.compare([run for run in table if run.settings["rung"] == rung])[1]
    for rung in in_table
]
plotting.report_against_ours(
    [rung.replace("_", " ") for rung in in_table],
    [row.report for row in rows],
    [(row.ours.mean, row.ours.low, row.ours.high) for row in rows],
    x="test accuracy (fraction)",
)

# %% [markdown]
# Two more columns are in the lines that you wrote: how far training accuracy is above validation accuracy, and the
# seconds that the training took.

# %% tags=["report"]
rows = []
for rung in ladder:
    for num_images in budgets:
        gap = (
            mean(rung, num_images, "train_accuracy").mean
            - mean(rung, num_images, "validation_accuracy").mean
        )
        same = [
            run
            for run in runs
            if (run.settings["rung"], run.settings["images"]) == (rung, num_images)
        ]
        seconds = sum(run.seconds for run in same) / len(same)
        rows.append(
            {
                "rung": rung.replace("_", " "),
                "training images": num_images,
                "training minus validation (fraction)": f"{gap:+.3f}",
                "time (s)": f"{seconds:.1f}",
            }
        )
tables.table(rows)

# %% [markdown]
# And what this project stores of the same stand-ins ({{term reproduce as `resnet-labs reproduce r0.c7`}}, and
# the same with `r0.c8` and `r0.transfer_table.stand_in`), with twice your test images and two more sizes of the
# training set:

# %% tags=["report"]
stored = reports.evidence("r0.c7")
rows = []
for num_images in sorted({run.settings["limit"] for run in stored}):
    for method in (
        "linear_probe",
        "last_block",
        "last_two_stages",
        "full_fine_tuning",
    ):
        same = [
            run
            for run in stored
            if (run.settings["limit"], run.settings["method"])
            == (num_images, method)
        ]
        validation = results.summarise(same, "validation_accuracy")
        gap = results.summarise(same, "train_accuracy").mean - validation.mean
        seconds = sorted(run.seconds for run in same)[len(same) // 2]
        rows.append(
            {
                "training images": num_images,
                "rung": method.replace("_", " "),
                "validation accuracy (fraction)": validation,
                "training minus validation (fraction)": f"{gap:+.2f}",
                "time (s)": f"{seconds:.1f}",
            }
        )
random_head = reports.evidence("r0.transfer_table.linear_probe_random")
random_head = [
    run for run in random_head if run.data["name"] == stored[0].data["name"]
]
guess = results.summarise(random_head, "validation_accuracy")
rows.append(
    {
        "training images": 960,
        "rung": "linear probe, random network",
        "validation accuracy (fraction)": guess,
    }
)
notes = [f"STAND-IN: {stored[0].stand_in}"]
origin = compare.provenance(random_head)
tables.show(rows, caption="Stored runs of the ladder", notes=notes, folded=origin)
clear = reports.evidence("r0.c8")
tables.table(
    [
        {
            "network": when,
            "purity of the last stage (fraction)": results.summarise(
                clear, f"purity_layer3_{when}"
            ),
        }
        for when in ("random", "before", "after")
    ],
    notes=notes,
)

# %% [markdown]
# What these stored lines say about the report's claims, on the stand-ins. Compare them with your own:
#
# - **r0.c2** ({{r0.c2: claim}}): {{r0.c2: verdict}}; it was not measured. **r0.c5** ({{r0.c5: claim}}):
#   {{r0.c5: verdict}}, because {{r0.c5: because}}.
# - **r0.c3** ({{r0.c3: claim}}): {{r0.c3: verdict}}. With 960 images and as many epochs the head alone took {{r0.c7
#   limit=960 method=linear_probe over r0.c7 limit=960 method=full_fine_tuning: seconds as %.0}} of the time of
#   everything, and the last block {{r0.c7 limit=960 method=last_block over r0.c7 limit=960 method=full_fine_tuning:
#   seconds as %.0}}, on one machine and in one session. With cached features the head needs the frozen part only once
#   (lab 04).
# - **r0.c4** ({{r0.c4: claim}}): {{r0.c4: verdict}}. Stored: {{r0.c4: briefly}}. With 240 images training accuracy is
#   above validation by {{r0.c7 limit=240 method=linear_probe: train_accuracy - validation_accuracy as points.0}} points
#   for the head alone, {{r0.c7 limit=240 method=last_block: train_accuracy - validation_accuracy as points.0}} for the
#   last block, {{r0.c7 limit=240 method=full_fine_tuning: train_accuracy - validation_accuracy as points.0}} for
#   everything: there, freezing a part did not make it smaller.
# - **r0.c6** ({{r0.c6: claim}}): {{r0.c6: verdict}}. On the stand-in it is so: the random network has
#   {{r0.transfer_table.linear_probe_random data=procedural_target: accuracy summary as .3}}, where a guess is right in
#   one of twelve cases; the pretrained one has
#   {{r0.transfer_table.linear_probe_pretrained data=procedural_target: accuracy summary as .3}}. On CIFAR-10 (as JPEG
#   copies, with a ResNet-8 that is right on
#   {{r0.transfer_table.linear_probe_pretrained data=cifar10_jpeg: old_task_accuracy_before as %}} of its own 100
#   classes of Tiny ImageNet) it is {{r0.transfer_table.linear_probe_random data=cifar10_jpeg: accuracy summary as .3}}
#   against {{r0.transfer_table.linear_probe_pretrained data=cifar10_jpeg: accuracy summary as .3}}. The report's
#   {{r0: transfer_table.linear_probe_random.test as %.0}} on random weights is nearer to a guess; our head needed a
#   rate of {{r0.transfer_table.linear_probe_random data=cifar10_jpeg: learning_rate as .0}}, far above the usual ones,
#   to get this far. **r0.c11** ({{r0.c11: claim}}): {{r0.c11: verdict}}, by the same two rows.
# - **r0.c7** ({{r0.c7: claim}}): {{r0.c7: verdict}}. Stored: {{r0.c7: briefly}}. With 4,200 images the mean of full
#   fine-tuning is {{r0.c7 limit=4200 method=full_fine_tuning: accuracy as .3}}, and that of the head alone {{r0.c7
#   limit=4200 method=linear_probe: accuracy as .3}}. With 120 they lie the other way, {{r0.c7 limit=120
#   method=full_fine_tuning: accuracy as .3}} and {{r0.c7 limit=120 method=linear_probe: accuracy as .3}}. Judged
#   together, these differences are undecided; decided is that with 4,200 images the last block ({{r0.c7 limit=4200
#   method=last_block: accuracy as .3}}) is above the head alone. The report trained on tens of thousands of images;
#   whether its sentence needs that condition is open.
# - **r0.c8** ({{r0.c8: claim}}): {{r0.c8: verdict}}. Clearer is not clear. Purity in the last stage is
#   {{r0.c8: purity_layer3_random as .2}} in the random network, {{r0.c8: purity_layer3_before as .2}} after pretraining
#   on *other* classes, and {{r0.c8: purity_layer3_after as .2}} after fine-tuning; the rest of the neighbours still
#   have another class. t-SNE keeps only a part of these neighbours, so the pictures cannot settle it.
#
# On two threads sums are rounded in another order, which gives another pretrained network and other figures.

# %% [markdown]
# ## Break it
#
# The commonest mistake with neighbours: every row is its own nearest. First the check, then what it does to a random
# network.


# %% tags=["break"]
def broken_nearest(features, num_neighbours):
    return (
        torch.cdist(features, features).topk(num_neighbours, largest=False).indices
    )


try:
    checks.lab05.check_purity(broken_nearest, purity)
except AssertionError as failure:
    print(failure)

# %% tags=["break"]
rows = collect(random_network, batches_of(test_set), stages[-1:])[stages[-1]]


def share(near):
    return (labels[near] == labels[:, None]).float().mean().item()


plotting.curves(
    {
        "itself left out": [share(nearest(rows, k)) for k in range(1, 21)],
        "itself counted": [share(broken_nearest(rows, k)) for k in range(1, 21)],
    },
    y="neighbour purity (fraction)",
    x="number of neighbours",
)

# %% [markdown]
# With one neighbour the broken purity is 1, for a network that has never seen an image. It adds about $(1 - p) / k$
# to a purity of $p$, so the mistake survives: all curves keep their order and are only too high.

# %% [markdown] tags=["reflection"]
# ## Reflect
#
# - With 240 images the head alone has the higher mean. If that holds for new seeds, which of the two holds full
#   fine-tuning back, fitting too much or fitting too little? Which row of which table tells?
# - The random network's features are not useless to an eye: its first stage still shows edges. Why can a linear head
#   make so little of them?
# - The report shows one t-SNE picture before and one after fine-tuning. Which two numbers would you print under each?
#
# *Your answers:*

# %% [markdown] tags=["solution"]
# <details><summary>Sample answers</summary>
#
# - *Too much or too little?* Fitting too much. The column "training minus validation" points there: with few images
#   full fine-tuning is far better on its training images than on the validation images, and the head alone is not. That
#   it costs accuracy, three seeds do not show.
# - *Random features.* Edges are there, but mixed into all channels at random, and the mean over pixels removes where
#   they are. A linear head needs directions along which the classes differ on average, and random filters may offer
#   few.
# - *Two numbers.* The purity in the features, which is the claim itself, and the share of neighbours that the picture
#   keeps, which says how far to trust the picture.
#
# </details>

# %% [markdown]
# ## Sources
#
# - Yosinski, Clune, Bengio, Lipson: How transferable are features in deep neural networks?, NeurIPS 2014.
# - Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014.
# - Alain, Bengio: Understanding intermediate layers using linear classifier probes, 2016.
# - Kornblith, Shlens, Le: Do Better ImageNet Models Transfer Better?, CVPR 2019.
# - van der Maaten, Hinton: Visualizing Data using t-SNE, JMLR 2008. McInnes, Healy, Melville: UMAP, 2018.
# - The report r0, as facts: `resnet_labs.reports.load_report("r0")`.
