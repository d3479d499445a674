"""Pictures show the numbers that they are given, and nothing by themselves."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
import torch

from resnet_labs import plotting


def test_curves_share_the_colour_of_one_thing_over_its_seeds():
    figure = plotting.curves({"a, seed 0": [3.0, 1.0], "a, seed 1": [2.0, 1.5], "b": [1.0]}, y="loss (nats)", log=True)
    axis = figure.axes[0]
    first, second, other = axis.lines
    assert first.get_color() == second.get_color() != other.get_color()
    assert list(first.get_xdata()) == [1, 2]
    assert list(first.get_ydata()) == [3.0, 1.0]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert axis.get_yscale() == "log"
    assert axis.get_ylabel() == "loss (nats)"
    assert not plt.get_fignums()


def test_curves_lie_where_they_were_measured():
    axis = plotting.curves({"a": [3.0, 1.0, 2.0], "b": [1.0]}, y="loss (nats)", x="layers", at=(8, 20, 56)).axes[0]
    assert [list(line.get_xdata()) for line in axis.lines] == [[8, 20, 56], [8]]
    assert list(axis.get_xticks()) == [8, 20, 56]


def test_confusion_writes_counts_and_leaves_zeros_empty():
    figure = plotting.confusion(torch.tensor([[5, 0], [2, 1]]), ("cat", "dog"))
    texts = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert texts == {(0, 0): "5", (0, 1): "2", (1, 1): "1"}
    assert figure.axes[0].get_ylabel() == "true"


def test_images_stand_under_their_titles():
    figure = plotting.images(torch.zeros(3, 1, 4, 4, dtype=torch.uint8), ["a", "b", "c"], columns=2)
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c", ""]
    colour = plotting.images(torch.zeros(1, 3, 4, 4, dtype=torch.uint8), ["x"], columns=1)
    assert colour.axes[0].images[0].get_array().shape == (4, 4, 3)
    with pytest.raises(ValueError, match="3 images have 1 titles"):
        plotting.images(torch.zeros(3, 1, 4, 4, dtype=torch.uint8), ["a"])


def test_report_stands_beside_ours_and_a_missing_figure_is_left_out():
    figure = plotting.report_against_ours(["a", "b"], [0.9, None], [(0.8, 0.7, 0.9), (0.5, None, None)])
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["a", "b"]
    report = next(line for line in axis.lines if line.get_label() == "report")
    assert list(report.get_xdata()) == [0.9]
    alone = plotting.report_against_ours(["a"], [None], [(0.5, 0.4, 0.6)])
    assert [text.get_text() for text in alone.legends[0].get_texts()] == ["ours, 95 % interval"]


@pytest.mark.parametrize(
    "figure",
    [
        plotting.curves({f"curve {k}": [1.0, 2.0] for k in range(5)}, y="loss (nats)"),
        plotting.report_against_ours(["a", "b"], [0.9, 0.7], [(0.8, 0.7, 0.9), (0.5, 0.4, 0.6)]),
        plotting.ranked({"added": {"a": (0.5, 0.4, 0.6)}, "removed": {"b": (0.4, 0.3, 0.5)}}, x="accuracy (fraction)"),
    ],
    ids=["curves", "report", "ranked"],
)
def test_no_legend_lies_on_the_data(figure):
    figure.draw_without_rendering()
    (axis,), (legend,) = figure.axes, figure.legends
    assert not legend.get_window_extent().overlaps(axis.get_tightbbox())


def test_points_have_a_colour_and_a_mark_for_each_class():
    positions = torch.arange(20.0).reshape(10, 2)
    figure = plotting.points(positions, torch.arange(10), [f"class {k}" for k in range(10)], title="t-SNE")
    axis = figure.axes[0]
    assert [list(line.get_xdata()) for line in axis.lines] == [[2.0 * k] for k in range(10)]
    assert len({(line.get_color(), line.get_marker()) for line in axis.lines}) == 10
    assert [text.get_text() for text in axis.get_legend().get_texts()] == [f"class {k}" for k in range(10)]
    assert axis.get_title() == "t-SNE"
    assert not plt.get_fignums()


def test_distributions_share_their_axis_and_have_the_area_one():
    samples = {"same class": torch.tensor([0.0, 0.5, 0.5]), "other class": torch.tensor([1.0, 2.0])}
    figure = plotting.distributions(samples, x="distance (1)", title="margin 0.2", limits=(0.0, 2.0))
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == list(samples)
    assert (axis.get_xlabel(), axis.get_title()) == ("distance (1)", "margin 0.2")
    for bars in axis.containers:
        assert sum(bar.get_height() * bar.get_width() for bar in bars) == pytest.approx(1)
        assert (bars[0].get_x(), bars[-1].get_x() + bars[-1].get_width()) == pytest.approx((0, 2))
    assert not plt.get_fignums()


def test_ranked_rows_stand_in_groups_the_highest_first_between_lines():
    added = {"with a": (0.2, 0.1, 0.3), "with b": (0.4, None, None)}
    figure = plotting.ranked(
        {"added": added, "removed": {"without a": (0.7, 0.6, 0.8)}}, x="accuracy (fraction)", lines={"end": 0.9}
    )
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["with b", "with a", "without a"]
    (first, _, _), (second, _, _) = (container.lines for container in axis.containers)
    assert list(first.get_xdata()) == [0.4, 0.2]
    assert first.get_color() != second.get_color()
    (row,) = axis.containers[0].lines[2][0].get_segments()[1:]
    assert row[:, 0].tolist() == pytest.approx([0.1, 0.3])
    assert [text.get_text() for text in axis.texts] == ["end"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["added", "removed"]
    assert axis.get_xlabel() == "accuracy (fraction)"
