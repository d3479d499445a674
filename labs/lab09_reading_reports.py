# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   resnet_labs:
#     generated_from: labs/solutions/lab09_reading_reports.py
#     generated_by: python -m resnet_labs.labkit.build
# ---

# %% [markdown]
# # Lab 09. Reading reports
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/resnet-labs/blob/v0.1.0/labs/lab09_reading_reports.ipynb)
#
# Can these figures be true together?
#
# A printed figure carries traces of how it was made. An accuracy is a count divided by the number of images, so it
# tells which numbers of images are possible. A summed loss tells how many batches were added up. In this lab you write
# five checks that need nothing but the figures, run the whole audit over the five reports of this course, and then
# audit a report of your own.
#
# Work: about 90 minutes, reading and exercises. Minutes: 0.5 in fast mode on two cores with AVX2. Nothing is
# trained, and both modes are the same.
#
# Needs: labs 02 and 03 (recall, Wilson's interval). Written for resnet_labs 0.1.

# %% [markdown] tags=["reflection"]
# ## Predict
#
# Before you run anything, write down an answer and a reason for each.
#
# 1. A report gives the accuracies 0.98173, 0.60507, 0.98133 and 0.26547, all on the same images. How many numbers of
#    images up to 10,000 allow all four: thousands, dozens or one?
# 2. Another report lists class-wise accuracies and says that it used the 100,000 test images of Tiny ImageNet. Could
#    you tell from the decimals if it was only 1,000 images?
# 3. Of the claims that these five reports make, which share do their own figures contradict?
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
import math
from collections import Counter
from pathlib import Path

from resnet_labs import checks, lab_mode, plotting, reports, runtime, tables
from resnet_labs.errors import InputError
from resnet_labs.metrics import wilson_interval
from resnet_labs.reports.audit import judge, reading, table, written

checks.start("09", written_for="0.1")

# %% [markdown]
# ## Knobs
#
# Every number of this lab is set here. The figures are the reports' own; nothing is trained.

# %% tags=["knobs"]
report_mode = False  # this lab is the same in both modes
fast = lab_mode.fast("09", report=report_mode)
largest = 10_000  # how many images the searches go up to
columns = 80  # characters in a line of the tables
# In nats: what a network of ten classes that begins to learn can have; ln 10 is 2.3.
lowest_loss, highest_loss = 1.6, 2.5

# %% [markdown]
# ## Idea
#
# An accuracy on $n$ images is $k / n$ for a whole number $k$. It is printed with $d$ decimals, so that
#
# $$\left|\frac{k}{n} - a\right| \le \frac{1}{2} \cdot 10^{-d}.$$
#
# If $n$ is much larger than $10^d$, some $k$ always fits, and the figure tells nothing of $n$. If $n$ is smaller,
# only a share of about $n \cdot 10^{-d}$ of all figures can come from $n$ images. That four figures fit the same
# wrong $n$ by accident is as rare as that share to the fourth power.
#
# Below: that share, for one figure and for four, as the number of images grows.
#
# The audit never says that somebody cheated. It says that two statements cannot both be true, and what would decide
# between them: a slip of the pen, another data set, a mean called accuracy.
#
# Source: Brown and Heathers, *The GRIM Test* (2017).

# %% tags=["hide-input"]
steps = range(0, 20_001, 250)
plotting.curves(
    {
        f"{count} figure{'s' * (count > 1)} with {decimals} decimals": [
            min(1, n * 10**-decimals) ** count for n in steps
        ]
        for decimals, count in ((4, 1), (4, 4), (5, 1), (5, 4))
    },
    y="figures that fit by accident (fraction)",
    x="images",
    at=steps,
)


# %% [markdown]
# ## Exercise 09.1. Which sample sizes allow these accuracies?
#
# Write `possible_sizes`. It returns every number of images, from 1 to `largest`, that allows *all* the accuracies. A
# share that lies exactly between two figures, such as 1 of 8 = 0.125, may be printed as either, 0.12 or 0.13. Watch
# floating point: `0.29 * 100` is `28.999999999999996`.
#
# About 15 minutes.

# %% tags=["answer"] exercise="09.1"
def possible_sizes(accuracies, decimals, largest):
    """Return a list of the numbers of images from 1 to `largest` that allow all
    accuracies.

    accuracies: fractions, printed with so many decimals.
    """
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 09.1 is not written yet")


# %% tags=["check"] exercise="09.1" points=3
checks.lab09.check_sample_sizes(possible_sizes)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 09.1a: too many sizes, too few, or another kind of value</summary>
#
# For a size $n$ and a figure $a$ try the whole numbers $k$ nearest to $a \cdot n$. Compare $k / n$ with $a$: they may
# differ by half a unit of the last decimal, and no more. Whole numbers are safest: with $u = 10^d$ and
# $m$ = `round(a * u)` the condition is $|2 k u - 2 m n| \le n$.
#
# </details>
# <details><summary>Hint 09.1b: one accuracy decides, the largest size is missing, or 0 is there</summary>
#
# `all(...)` over the accuracies, for each size. `range(1, largest + 1)` begins with 1 and ends with `largest`.
#
# </details>
# <details><summary>Hint 09.1c: ties</summary>
#
# `round` sends a tie to the even neighbour, so comparing `round(k / n, decimals)` with the figure loses the other one.
# Compare distances with `<=` instead, in whole numbers: floating point misses ties by a hair.
#
# </details>

# %% [markdown]
# **Expected:** of r1's figures for cats and dogs, one number up to 10,000: 7,500. Of r3's single figure, every multiple
# of 19.

# %% tags=["exercise"]
pets = reports.load_report("r1")["experiments"]["pets"]["fact"]
figures = [
    pets[name][when]
    for name in ("resnet18", "resnet50")
    for when in ("accuracy_after", "accuracy_before")
]
flowers = reports.load_report("r3")["experiments"]["flowers"]["fact"]["val_accuracy"]
sizes = possible_sizes([flowers], 6, 700)
tables.table(
    [
        {
            "report": "r1",
            "accuracies (fraction)": ", ".join(map(str, figures)),
            "possible sizes (images)": str(possible_sizes(figures, 5, largest)),
        },
        {
            "report": "r3",
            "accuracies (fraction)": str(flowers),
            "possible sizes (images)": f"{sizes[:5]} ... {sizes[-3:]}, "
            f"{len(sizes)} up to 700",
        },
    ]
)


# %% [markdown]
# ## Exercise 09.2. How large are the classes?
#
# r4 lists ten class-wise accuracies for each of its losses. All runs saw the same test images, so a class' size has to
# allow the figures of every run. Write `class_sizes`, which returns a list for each class. Keep *all* sizes: 37 of 53
# and 74 of 106 print the same figure, and the smaller one is not always the true one.
#
# The report says that 80.7 % of the test images are right, and its log has three decimals. Look at what your function
# prints below, and set `total`: to how many images do the true sizes add up?
#
# About 15 minutes.

# %% tags=["answer"] exercise="09.2"
def class_sizes(runs, decimals, largest):
    """Return for each class the list of its possible numbers of images, from 1 to
    `largest`.

    runs: for each run the list of its class-wise accuracies, fractions with so many
    decimals.
    """
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 09.2 is not written yet")


# %% tags=["answer"] exercise="09.2"
# total: to how many test images the sizes of r4's ten classes add up
# Your code here: replace the next line.
raise NotImplementedError("exercise 09.2 is not written yet; it sets total")

# %% tags=["exercise"]
losses = reports.load_report("r4")["experiments"]["losses"]
classwise = [
    losses[name]["fact"]["classwise"]
    for name in ("cross_entropy", "triplet", "center")
]
found = class_sizes(classwise, 8, 240)
tables.show(
    [
        {"class": str(number), "possible sizes (images)": ", ".join(map(str, each))}
        for number, each in enumerate(found)
    ]
)
right = sum(
    round(figure * each[0]) for figure, each in zip(classwise[0], found, strict=True)
)
print(f"the smallest sizes add up to {sum(each[0] for each in found)},")
print(f"and {right} of them would be right")

# %% tags=["check"] exercise="09.2" points=3
checks.lab09.check_class_sizes(class_sizes, total)


# %% [markdown] tags=["hint"]
# <details><summary>Hint 09.2a: lists for runs instead of classes, or one run decides</summary>
#
# `zip(*runs)` gives the figures of the first class in all runs, then those of the second, and so on. Your function of
# 09.1 does the rest.
#
# </details>
# <details><summary>Hint 09.2b: sizes are missing</summary>
#
# Return all sizes, from 1 up. Every size allows an accuracy of 0 or of 1, so a class that nobody got right has them
# all.
#
# </details>
# <details><summary>Hint 09.2c: another total</summary>
#
# The smallest sizes add up to 947, and 770 of 947 are 81.3 %, not 80.7 %. Which class has a second size that is small
# enough to fix this? Three decimals in the log point to a round number.
#
# </details>

# %% [markdown]
# **Expected:** sizes of 92 to 114 images, which add up to a number far from the 100,000 that the report states. The
# classes are not equally large, as if the images had been drawn from a larger set.

# %% [markdown]
# ## Exercise 09.3. Accuracy or macro recall?
#
# r1 calls two figures of one network accuracy: 0.98173 and 0.981691. One of them is a macro recall: the mean over the
# classes of the share that is right in each. The two agree if all classes have the same number of images, or are right
# equally often. Write `which_score`: given a figure and a confusion matrix, does the accuracy print as that figure, or
# the macro recall, or do both, or neither? No class is empty.
#
# About 15 minutes.

# %% tags=["answer"] exercise="09.3"
def which_score(figure, decimals, confusion):
    """Return "accuracy", "macro recall", "both" or "neither".

    figure: a fraction, printed with so many decimals. confusion: a list of rows of
    counts; true classes in the rows.
    """
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 09.3 is not written yet")


# %% tags=["check"] exercise="09.3" points=2
checks.lab09.check_which_score(which_score)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 09.3a: another word</summary>
#
# Look at both scores, then return one of four texts: `"accuracy"`, `"macro recall"`, `"both"`, `"neither"`.
#
# </details>
# <details><summary>Hint 09.3b: the wrong score fits</summary>
#
# Accuracy: the sum of the diagonal over the sum of all cells. Macro recall: for each row the diagonal's cell over the
# row's sum, then the mean of these shares. Columns would give precision.
#
# </details>
# <details><summary>Hint 09.3c: "neither" or "both" where one fits, or vice versa</summary>
#
# A figure with $d$ decimals is within half a unit of the last one, $0.5 \cdot 10^{-d}$, of the score. An exact
# comparison is too strict, and a fixed tolerance such as 0.01 too generous. Add a tiny amount for floating point. If
# the score itself is another number, the hint before this one helps.
#
# </details>

# %% [markdown]
# **Expected:** 0.98173 is the accuracy, 0.981691 the macro recall. The matrix below is the only one of 7,500 images,
# up to the order of the classes, that gives all of the report's scores.

# %% tags=["exercise"]
matrix = [[3629, 84], [53, 3734]]
printed = ((0.98173, 5), (0.981691, 6), (0.98, 2), (0.981802, 6))
tables.table(
    [
        {"figure": f"{figure:.{d}f}", "may be": which_score(figure, d, matrix)}
        for figure, d in printed
    ]
)


# %% [markdown]
# ## Exercise 09.4. What does a summed loss tell about the batches?
#
# r4 adds up the mean loss of every batch, so its log has no mean. But $n$ images in batches of $b$ are $\lceil n / b
# \rceil$ batches, the last one perhaps smaller, and a network of ten classes that begins to learn has a mean loss of at
# most about $\ln 10 = 2.3$ [nats](../book/glossary.md#term-nats "The unit of cross-entropy with natural logarithms.
# Guessing among K classes costs ln K nats."). Write `batch_sizes`: every size from 1 to $n$ for which the sum, divided by
# the number of batches, is between the two bounds. The bounds themselves are allowed.
#
# About 10 minutes.

# %% tags=["answer"] exercise="09.4"
def batch_sizes(loss_sum, num_images, lowest, highest):
    """Return a list of the batch sizes for which the mean loss is from `lowest`
    to `highest`."""
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 09.4 is not written yet")


# %% tags=["check"] exercise="09.4" points=2
checks.lab09.check_batch_sizes(batch_sizes)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 09.4a: batch sizes and numbers of batches</summary>
#
# The sum has one term for each batch. Divide it by the number of batches, $\lceil n / b \rceil$, and return the sizes
# $b$.
#
# </details>
# <details><summary>Hint 09.4b: a few sizes are wrong</summary>
#
# 10 images in batches of 4 are three batches: `math.ceil(10 / 4)`. `10 // 4` leaves the last one out, and `10 / 4`
# counts half of it.
#
# </details>
# <details><summary>Hint 09.4c: some sizes are missing or too many</summary>
#
# Try all sizes from 1 to the number of images, and use both bounds with `<=`.
#
# </details>

# %% [markdown]
# **Expected:** test batches of a single image, and training batches of about 50. A triplet loss needs at least two
# images of one class and one of another. So what is the test loss in the triplet log?

# %% tags=["exercise"]
log, rows = reports.training_log("r4_log_classifier"), []
for part, images in (("train", 5000), ("test", 1000)):
    first = log[f"{part}_loss_sum"][0]
    sizes = batch_sizes(first, images, lowest_loss, highest_loss)
    rows.append(
        {
            "part": part,
            "images": images,
            "summed loss (nats)": f"{first:.1f}",
            "possible batches (images)": f"{sizes[0]} to {sizes[-1]}",
        }
    )
tables.table(rows)


# %% [markdown]
# ## Exercise 09.5. Is the difference larger than chance?
#
# "98.173 % beats 98.133 %." Two accuracies have intervals of their own; the difference needs one too. Newcombe takes
# Wilson's intervals, $[l_1, u_1]$ of $p_1$ and $[l_2, u_2]$ of $p_2$, and adds their arms as squares:
#
# $$\Big[\; p_1 - p_2 - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2},\;\;
# p_1 - p_2 + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2} \;\Big].$$
#
# Write `difference`. `wilson_interval(right, total)` gives both ends. If zero is inside, chance can explain the
# difference. The formula holds for test sets of their own; on the same images it is usually too wide, as lab 03 showed.
#
# About 10 minutes.

# %% tags=["answer"] exercise="09.5"
def difference(first_right, first_total, second_right, second_total):
    """Return the difference of the two accuracies, first less second, and both
    ends of its 95 % interval."""
    # Your code here: replace the next line.
    raise NotImplementedError("exercise 09.5 is not written yet")


# %% tags=["check"] exercise="09.5" points=2
checks.lab09.check_difference(difference)

# %% [markdown] tags=["hint"]
# <details><summary>Hint 09.5a: another order or unit</summary>
#
# Three fractions: first less second, the lower end, the upper end.
#
# </details>
# <details><summary>Hint 09.5b: the interval is the textbook's, or too wide</summary>
#
# $1.96 \sqrt{p_1 (1 - p_1) / n_1 + p_2 (1 - p_2) / n_2}$ fails near 0 and 1, which is why the arms come from Wilson's
# intervals. And $l_1 - u_2$ adds both arms in full, as if both had gone wrong at once.
#
# </details>
# <details><summary>Hint 09.5c: an end is a little off</summary>
#
# The difference is lowest where the first accuracy is low and the second high: $p_1 - l_1$ and $u_2 - p_2$.
# `math.hypot(a, b)` is $\sqrt{a^2 + b^2}$.
#
# </details>

# %% [markdown]
# **Expected:** zero is inside for r1's two depths, and outside for r4's two losses.

# %% tags=["exercise"]
rows = []
for name, counts in (
    ("r1, ResNet-18 less ResNet-50", (7363, 7500, 7360, 7500)),
    ("r4, triplet", (891, 1000, 807, 1000)),
):
    gap, low, high = difference(*counts)
    said = "chance can explain it"
    if not low <= 0 <= high:
        said = "more than the chance of the images"
    found = f"{gap:+.4f} [{low:+.4f}, {high:+.4f}]"
    rows.append({"networks": name, "difference (fraction)": found, "so": said})
tables.table(rows, caption="Difference with its 95 % interval")

# %% [markdown]
# ## Experiment
#
# The audit puts such checks, and some more, together: stated against logged epochs, layers against the network's name,
# sizes against those of the data set, one quantity in two places. It runs over the five reports. Each claim gets one of
# five verdicts:
#
# - *confirmed* or *refuted* by counting, or by our own runs on the report's data and settings; a claim about methods in
#   general also by runs on stand-ins;
# - *inconsistent with itself*: two statements of the report cannot both be true;
# - *not shown*: what is known does not decide it;
# - *not testable*: nothing that the report gives could decide it.

# %% tags=["experiment"]
claims = {name: judge.judged(name) for name in reports.REPORTS}
kinds = (
    "confirmed",
    "refuted",
    "inconsistent with itself",
    "not shown",
    "not testable",
)
counts = {
    name: Counter(each.verdict.kind for each in found)
    for name, found in claims.items()
}
tables.show(
    [
        {"report": name} | {kind: count[kind] for kind in kinds}
        for name, count in counts.items()
    ],
    caption="Claims by verdict",
)
contradictions = [
    trace
    for name in reports.REPORTS
    for trace in judge.traces_of(name)
    if trace.kind in ("contradiction", "false")
]
tables.table(
    [
        {"contradictions of r4's cross-entropy run": trace.says}
        for trace in contradictions
        if trace.place.startswith("losses.cross_entropy")
    ],
    caption=f"Of {len(contradictions)} contradictions in all reports",
)

# %% [markdown]
# **Expected:** between 5 and 60 contradictions. Most of them are slips. A few change what a result means: r4's results
# are not for the 200 classes and 100,000 images that it states. Ten classes of Tiny ImageNet, or STL-10, would fit them.
#
# Now a report of your own: a seminar paper, a repository's README, your last lab. In a running notebook, fill in the
# form and press the button; empty fields are left out. It writes `my-report.yaml`, which you can edit and audit again
# with `resnet-labs audit my-report.yaml`. The same form is in the book, and works there without Python.

# %% tags=["experiment"]
target = runtime.run_folder() / "my-report.yaml"


def audit_mine(values):
    """Write the report that was typed, audit it, and print the result."""
    text = written.as_yaml("my-report", "My report", "mine", values)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_text(text, encoding="utf-8")
    try:
        mine = reading.read(target)
    except InputError as error:
        print(error)
        return
    print(table.as_text(judge.judged(mine), judge.traces_of(mine), columns))


written.form(audit_mine, button="audit")

# %% [markdown]
# Here is what it says for a report whose accuracy is no share of the 10,000 images that it states, whose F score is
# above precision and recall, and whose log has four of its five epochs:

# %% tags=["experiment"]
audit_mine(
    {
        "classes": "2",
        "images.test": "10000",
        "epochs": "5",
        "scores.test.accuracy": "0.97453",
        "scores.test.precision": "0.9701",
        "scores.test.recall": "0.9633",
        "scores.test.f_score": "0.9733",
        "scores.test.averaging": "macro",
        "log.unit": "mean",
        "log.test_accuracy": "0.91, 0.95, 0.96, 0.97",
    }
)

# %% [markdown]
# ## Report against ours
#
# The claims that the reports' own figures decide, or that counting decides, with the reason:

# %% tags=["report"]
decided = ("inconsistent with itself", "refuted", "confirmed")
tables.table(
    [
        {
            "claim": each.claim,
            "the report": f"{each.certainty}: {each.text}",
            "verdict": str(each.verdict),
        }
        for found in claims.values()
        for each in found
        if each.verdict.kind in decided
    ]
)


# %% [markdown]
# What the figures say of some of these claims:
#
# - **[r1.c6](../book/glossary.md#term-claim "A sentence of a report that can be true or false, in our words, with the
#   certainty that the report gives it. r1.c6 is the sixth claim of report r1.")** (ResNet-50 is worse than ResNet-18
#   (98.133 % against 98.173 %)): not shown. Three images of 7,500 are far inside the interval that you computed.
# - **r2.c8** (the best model is a ResNet-152 (the report's own tracking summary names a ResNet-101 as the best)):
#   inconsistent with itself.
# - **r4.c10** (the results are for Tiny ImageNet): inconsistent with itself. The class sizes of 09.2 are those of r4's
#   *other* experiment too, which names STL-10.
# - **r4.c11** (a ResNet-18 has four residual blocks of two convolutions each): inconsistent with itself.
#
# The book's ledger has all of them, with the runs behind them.

# %% [markdown]
# ## Break it
#
# The commonest mistake in such a search: multiply, cut off, and compare. It accuses honest reports, because floating
# point makes `0.29 * 100` smaller than 29.

# %% tags=["break"]
def broken_sizes(accuracies, decimals, largest):
    sizes = range(1, largest + 1)
    return [
        size
        for size in sizes
        if all(int(each * size) / size == each for each in accuracies)
    ]


try:
    checks.lab09.check_sample_sizes(broken_sizes)
except AssertionError as failure:
    print(failure)

# %% tags=["break"]
missed, sizes = [], range(10, 200, 10)
for size in sizes:
    honest = [round(count / size, 4) for count in range(1, size)]
    missed.append(
        sum(size not in broken_sizes([each], 4, size) for each in honest)
        / len(honest)
    )
plotting.curves(
    {"multiply, cut off, compare": missed},
    y="honest figures that are accused (fraction)",
    x="images",
    at=sizes,
)

# %% [markdown] tags=["reflection"]
# ## Reflect
#
# - Which contradiction of the five reports would change a conclusion, and which is a slip?
# - A report gives "97 %". What can you say of its test set? Which decimals would you print yourself?
# - 570 validation images fit r3's figure, and so do 19. What else would you look for, to tell them apart?
# - r4's classifier was trained for 30 epochs, by its log. The text says 20. Which would you believe, and why?
# - What did the audit find in your own report?
#
# *Your answers:*

# %% [markdown]
# ## Sources
#
# - Brown, Heathers: The GRIM Test: A Simple Technique Detects Numerous Anomalies in the Reporting of Results in
#   Psychology, 2017.
# - Nuijten and others: The prevalence of statistical reporting errors in psychology (1985-2013), 2016.
# - Newcombe: Interval estimation for the difference between independent proportions, Statistics in Medicine 1998.
# - Fazekas, Kovács: Testing the consistency of performance scores reported for binary classification problems, 2024.
# - The reports, as facts: `resnet_labs.reports.load_report("r1")`, and so on.
