"""Features of images: stage by stage, cached to train a head on, drawn in the plane, and in numbers."""

from resnet_labs.features.cached import FeatureSet, cached_features
from resnet_labs.features.clusters import embed, neighbour_purity, silhouette
from resnet_labs.features.stages import stage_features

__all__ = ["FeatureSet", "cached_features", "embed", "neighbour_purity", "silhouette", "stage_features"]
