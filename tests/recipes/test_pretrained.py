"""A network that several runs need is trained by one of them; the others wait for it and load it."""

from __future__ import annotations

import pytest
from helpers import forked

SCRIPT = """
from functools import partial
from resnet_labs.recipes import _pretrained
from resnet_labs.resnet import cifar_resnet
from resnet_labs.train import TrainConfig

config = TrainConfig(epochs=2, learning_rate=0.01, precision="fp32")
network = _pretrained.pretrained(
    lambda num_classes: cifar_resnet(8, num_classes=num_classes), "procedural_target", size=8, limit=120, config=config
)
print(sum(float(weight.double().sum()) for weight in network.parameters()))
"""


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_runs_that_begin_together_get_the_same_network(tmp_path):
    (tmp_path / "jobs").mkdir()
    job = forked.Job(SCRIPT, environment={"RESNET_LABS_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)})
    ended = forked.run(tmp_path / "jobs", [job] * 2)
    assert [status for status, _, _ in ended] == [0, 0], [said for _, _, said in ended]
    sums = {out.splitlines()[-1] for _, out, _ in ended}
    assert len(sums) == 1
