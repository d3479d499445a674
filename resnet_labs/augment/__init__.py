"""Augmentation of whole batches on their device: every image by its own draw, no loop over images.

Each is called with float images in [0, 1], labels and a generator (see `data.Batches`) and returns new images and
labels; its inputs are not changed. The same state of the generator gives the same result. A draw is made on the
generator's device, so that a CPU generator picks the same flips and crops for images on any device.
"""

from resnet_labs.augment._images import Augmentation
from resnet_labs.augment.compose import Compose
from resnet_labs.augment.geometry import Crop, Flip
from resnet_labs.augment.jitter import ColorJitter
from resnet_labs.augment.mixing import Mixup
from resnet_labs.augment.policy import AutoAugment

__all__ = ["Augmentation", "AutoAugment", "ColorJitter", "Compose", "Crop", "Flip", "Mixup"]
