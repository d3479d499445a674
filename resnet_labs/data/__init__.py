"""Data sets as whole uint8 tensors: a registry that loads them, stratified splits, and batches cut on the device."""

from resnet_labs.data.batches import Batches
from resnet_labs.data.images import ImageData
from resnet_labs.data.procedural import procedural_images
from resnet_labs.data.registry import available, load
from resnet_labs.data.splits import split

__all__ = ["Batches", "ImageData", "available", "load", "procedural_images", "split"]
