"""The words beside a picture come from the numbers in it."""

from __future__ import annotations

import pytest
import torch

from resnet_labs import plotting


def test_curves_are_described_by_group_with_their_ends_and_extremes():
    text = plotting.curves(
        {"a, seed 0": [3.0, 0.5, 1.0], "a, seed 1": [2.0, 1.5], "b": [0.25]}, y="loss (nats)", x="step", log=True
    ).alt
    assert text.startswith("Line chart of loss (nats), logarithmic, over step.")
    assert "a (2 seeds): from 2–3 to 1–1.5, lowest 0.5, highest 3." in text
    assert "b: 0.25." in text


def test_other_numbers_give_other_words():
    one, other = (plotting.curves({"a": [1.0, end]}, y="loss (nats)").alt for end in (0.5, 0.75))
    assert one != other


def test_a_confusion_matrix_names_its_worst_mistakes_and_what_is_never_predicted():
    text = plotting.confusion(torch.tensor([[5, 0, 2], [4, 1, 0], [0, 0, 0]]), ("cat", "dog", "cow")).alt
    assert "3 classes: 6 of 12 images on the diagonal" in text
    assert "dog as cat, 4 times; cat as cow, 2 times." in text
    assert "Never" not in text
    never = plotting.confusion(torch.tensor([[5, 0], [2, 0]]), ("cat", "dog")).alt
    assert "Never predicted: dog." in never


def test_points_say_how_far_the_classes_are_apart():
    positions = torch.tensor([[0.0, 0.0], [0.0, 0.1], [5.0, 0.0], [5.0, 0.1], [0.0, 0.2]])
    text = plotting.points(positions, torch.tensor([0, 0, 1, 1, 1]), ["a", "b"], title="t-SNE\nlayer 4").alt
    assert text.startswith("t-SNE layer 4: 5 points in the plane, in 2 classes. For 80 % ")
    assert "a 100 %, b 67 %" in text


def test_histograms_images_and_rows_give_their_numbers():
    text = plotting.distributions({"same": torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])}, x="distance (1)").alt
    assert text == "Histograms of distance (1). same: median 2, middle half 1 to 3."
    many = plotting.images(torch.zeros(14, 1, 2, 2, dtype=torch.uint8), [str(k) for k in range(14)]).alt
    assert many == "14 images, titled: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more."
    row = plotting.report_against_ours(["a", "b"], [0.9, None], [(0.8, 0.7, 0.85), (0.5, None, None)]).alt
    assert row.endswith("a: report 0.9, ours 0.8 [0.7, 0.85]. b: ours 0.5.")
    ranked = plotting.ranked(
        {"added": {"x": (0.2, 0.1, 0.3), "y": (0.4, None, None)}}, x="accuracy (fraction)", lines={"end": 0.75}
    ).alt
    assert ranked.endswith("added: y 0.4; x 0.2 [0.1, 0.3]. Dashed line: end at 0.75.")


def test_the_words_travel_with_the_picture_of_a_notebook():
    pytest.importorskip("matplotlib_inline")
    from IPython.core.formatters import DisplayFormatter
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.pylabtools import select_figure_formats

    figure = plotting.curves({"a": [1.0, 0.5]}, y="loss (nats)")
    shell = InteractiveShell()
    shell.display_formatter = DisplayFormatter(parent=shell)
    select_figure_formats(shell, {"png"})
    data, metadata = shell.display_formatter.format(figure)
    assert "image/png" in data
    assert metadata["image/png"]["alt"] == figure.alt


@pytest.mark.parametrize("count", [9, 40])
def test_a_chart_of_more_arms_than_colours_is_refused(count):
    with pytest.raises(ValueError, match=f"{count} arms"):
        plotting.curves({f"arm {k}": [1.0] for k in range(count)}, y="loss (nats)")


def test_a_chart_never_holds_forty_curves():
    with pytest.raises(ValueError, match="40 curves"):
        plotting.curves({f"arm {k % 8}, seed {k // 8}": [1.0] for k in range(40)}, y="loss (nats)")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plotting.curves({"a": [1.0]}, y="loss"),
        lambda: plotting.distributions({"a": torch.tensor([1.0, 2.0])}, x="distance"),
        lambda: plotting.report_against_ours(["a"], [None], [(1.0, None, None)], x="accuracy"),
        lambda: plotting.ranked({"g": {"a": (1.0, None, None)}}, x="accuracy"),
    ],
    ids=["curves", "distributions", "report", "ranked"],
)
def test_an_axis_without_a_unit_is_refused(draw):
    with pytest.raises(ValueError, match="has no unit"):
        draw()
