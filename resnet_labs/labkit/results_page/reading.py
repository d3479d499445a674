"""The page's first words, and how to read its figures."""

from __future__ import annotations

HEAD = """\
<!-- Generated from resnet_labs/reports: edit nothing here, run python -m resnet_labs.labkit.results_page -->

# Results

What five reports on {term}`ResNets <ResNet>` claim, and what our measurements say. Each {term}`verdict` is computed
from stored {term}`results lines <results line>` by the rule of its {term}`claim`, and each figure comes from one
command. The reasons, claim by claim, are in the [ledger](ledger.md).
"""

HOW_TO_READ = """\
The reports' figures, and our measurements. Figures are fractions, not percentages. Ours are means over seeds, with a 95
% interval in brackets if there is more than one seed. Each figure was computed from stored results lines, which hold
the recipe's settings (SGD has a momentum of 0.9 in all of them). **Stand-in** marks images or weights that are not the
report's own.

The interval of a share of images, such as an accuracy, is for new seeds and new images: Wilson's, with the spread of
the seeds added (`metrics.share_interval`). That of a difference of two shares, such as the gap between training and
test accuracy, is too: Student's, with the images' part of both (`metrics.paired_difference`). All other intervals are
Student's t over the seeds, on the logit scale for fractions such as F scores, and on the log scale for figures that are
never below zero. Counts have no interval. One network that was measured several times has none either, and is marked as
such.

Recipes run in fp32 on one thread, so that one command gives one experiment everywhere. Lines older than that rule may
have run in bf16 or on two threads; each is shown with the device and the number format it ran on. A mean is taken over
runs that differ only in the seed: settings, data, number format, versions and machine class (processor, instruction
set, threads) are the same.

Differences are taken seed by seed, between runs with the same seeds and images, and have their own interval: two
intervals that overlap prove nothing. All differences of one table are judged together (Holm's method), so that 5 % of
such tables have one or more false findings; the table gives the level of each interval. For shares and differences of
shares, the interval is for new images too. If zero is inside, the table says how many seeds would show a gap of that
size with 80 % probability, and on how many images if the present ones are too few (of gaps: images judged, with
training images in proportion). This is a plan, not a promise, since a gap that is large by chance looks easy to show.

The picture of an experiment shows the figures that claims compare in its lines, and the sentence below says which of
these comparisons are decided. There each is judged with the others of its claim; in the table it is judged with the
others of the table, so that a difference can be decided in one and not in the other. Where no claim reads the lines,
the picture shows the main figure.

Claims are in our words, with the report's certainty (says, suggests, expects). Lines confirm or refute a claim only if
they are on the report's own data and settings, or on stand-ins if the claim is about methods in general. The
differences of one claim are judged together, like those of a table.

To compare a rerun with these figures: on the same machine class, with the same versions and the same commit, each seed
must give the same figures bit by bit. Elsewhere sums are rounded in another order, and training enlarges the
difference; there the 95 % interval of the difference between the two means must include zero (Welch's, over seeds; for
several figures of one table together, by Bonferroni). Lines that name the maker of the processor but no model are older
than this rule and can only be compared by interval. If an experiment has been run again, its section says how the runs
compare.
"""
