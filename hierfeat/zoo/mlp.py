"""The dense network: every unit sees every pixel, and no two share a weight."""

from collections import OrderedDict

from torch import nn


class MLP(nn.Sequential):
    """Flatten, then dense layers with ReLU between them.

    Parameters
    ----------
    inputs
        Number of pixels times channels.
    widths
        Units of the hidden layers.
    classes
        Number of outputs.

    Examples
    --------
    >>> sum(p.numel() for p in MLP(784, (256, 128)).parameters())
    235146
    """

    def __init__(self, inputs: int = 784, widths: tuple[int, ...] = (256, 128), classes: int = 10) -> None:
        steps: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
        for number, (before, after) in enumerate(zip((inputs, *widths), widths, strict=False), start=1):
            steps[f"fc{number}"] = nn.Linear(before, after)
            steps[f"relu{number}"] = nn.ReLU()
        steps[f"fc{len(widths) + 1}"] = nn.Linear(widths[-1] if widths else inputs, classes)
        super().__init__(steps)
