"""A plain convolutional network by the lecture's guidelines: small filters, growing maps, shrinking dense layers."""

from collections import OrderedDict

from torch import nn


class ConvNet(nn.Sequential):
    """3x3 convolutions, each with batch norm and ReLU, and 2x2 max pools between them; then dense layers.

    Parameters
    ----------
    plan
        Maps of each convolution, and where to pool.
    input_shape
        Channels, height, width.
    dense
        Units of the hidden dense layers.
    classes
        Number of outputs.

    Notes
    -----
    Layers: ``conv1, bn1, relu1, ..., pool1, ..., flatten, fc1, ...``.

    References
    ----------
    Simonyan, K. & Zisserman, A. (2015). Very deep convolutional networks for large-scale image recognition. ICLR.
    Ioffe, S. & Szegedy, C. (2015). Batch normalization. ICML.

    Examples
    --------
    >>> net = ConvNet((16, "pool", 32, "pool"), (1, 28, 28), dense=(64,))
    >>> net.fc1.in_features  # 32 maps of 7x7
    1568
    """

    def __init__(
        self,
        plan: tuple[int | str, ...],
        input_shape: tuple[int, int, int],
        *,
        dense: tuple[int, ...] = (128,),
        classes: int = 10,
    ) -> None:
        steps: OrderedDict[str, nn.Module] = OrderedDict()
        channels, height, width = input_shape
        convs = pools = 0
        for item in plan:
            if isinstance(item, str):
                pools += 1
                steps[f"pool{pools}"] = nn.MaxPool2d(2)
                height, width = height // 2, width // 2
                continue
            convs += 1
            steps[f"conv{convs}"] = nn.Conv2d(channels, item, 3, padding=1, bias=False)
            steps[f"bn{convs}"] = nn.BatchNorm2d(item)
            steps[f"relu{convs}"] = nn.ReLU()
            channels = item
        steps["flatten"] = nn.Flatten()
        units = channels * height * width
        for number, after in enumerate(dense, start=1):
            steps[f"fc{number}"] = nn.Linear(units, after)
            steps[f"relu{convs + number}"] = nn.ReLU()
            units = after
        steps[f"fc{len(dense) + 1}"] = nn.Linear(units, classes)
        super().__init__(steps)
