"""Load trained weights into our networks, and adapt networks to other classes and other images."""

from resnet_labs.weights.layers import replace_head, replace_stem
from resnet_labs.weights.loading import load_weights
from resnet_labs.weights.torchvision_files import PRETRAINED, WeightsFile, weights_file

__all__ = ["PRETRAINED", "WeightsFile", "load_weights", "replace_head", "replace_stem", "weights_file"]
