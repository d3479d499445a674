"""What exercises give to learners: parts that an exercise needs and that are not its idea."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn


class Residual(nn.Module):
    """The frame of a residual block: its layers, the shortcut, and the ReLU behind their sum.

    A subclass writes `layers`, which returns the module between input and sum.

    Args:
        in_channels: channels of the input.
        width: channels inside the block.
        stride: by which the block shrinks the map.
        shortcut: a layer from the input to what is added; None for a plain block.

    Equals: `blocks.BasicBlock`, for two 3x3 convolutions.

    Example:
        >>> class Same(Residual):
        ...     def layers(self, in_channels, width, stride):
        ...         return nn.Conv2d(in_channels, width, 3, stride, padding=1)
        >>> import torch
        >>> Same(3, 3, 1, nn.Identity())(torch.ones(1, 3, 4, 4)).shape
        torch.Size([1, 3, 4, 4])
    """

    def __init__(self, in_channels: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.residual = self.layers(in_channels, width, stride)
        self.shortcut = shortcut

    def layers(self, in_channels: int, width: int, stride: int) -> nn.Module:
        """Return the module between input and sum.

        Raises:
            NotImplementedError: the subclass has none.
        """
        raise NotImplementedError("a subclass of Residual writes `layers`")

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N D I J"]:
        """Return the sum of the layers' output and the shortcut's, after a ReLU."""
        out = self.residual(x)
        return (out if self.shortcut is None else out + self.shortcut(x)).relu()
