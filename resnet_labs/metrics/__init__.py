"""How good, and how sure: accuracies, precision and recall from the confusion matrix, intervals, paired differences."""

from __future__ import annotations

from resnet_labs.metrics.intervals import (
    Interval,
    mean_interval,
    prediction_interval,
    share_interval,
    wilson_interval,
)
from resnet_labs.metrics.paired import McNemar, PairedDifference, Shares, mcnemar, paired_difference
from resnet_labs.metrics.power import MOST_PAIRS, Plan, needed, plan
from resnet_labs.metrics.quantities import Quantity, parts_of, quantity
from resnet_labs.metrics.scores import (
    Scores,
    accuracy,
    confusion_matrix,
    per_class_accuracy,
    precision_recall_f,
    top_k_accuracy,
)
from resnet_labs.metrics.together import holm, judged_together

__all__ = [
    "MOST_PAIRS",
    "Interval",
    "McNemar",
    "PairedDifference",
    "Plan",
    "Quantity",
    "Scores",
    "Shares",
    "accuracy",
    "confusion_matrix",
    "holm",
    "judged_together",
    "mcnemar",
    "mean_interval",
    "needed",
    "paired_difference",
    "parts_of",
    "per_class_accuracy",
    "plan",
    "precision_recall_f",
    "prediction_interval",
    "quantity",
    "share_interval",
    "top_k_accuracy",
    "wilson_interval",
]
