"""LeNet-5 as it is usually built today, and its siblings of other non-linearities and pools."""

from collections import OrderedDict

from torch import nn

from hierfeat.zoo.parts import ACTIVATIONS, POOLS, choose

_POOLINGS = (*POOLS, "strided", "none")

# The siblings of lenet5-fashion (ReLU, max pool): alike but for one choice.
ACTIVATION_SIBLINGS = {
    f"lenet5-fashion-{name.replace('_', '-')}": name
    for name in ("sigmoid", "tanh", "leaky_relu", "elu", "gelu", "maxout")
}
POOLING_SIBLINGS = {
    "lenet5-fashion-average-pool": "average",
    "lenet5-fashion-l2-pool": "l2",
    "lenet5-fashion-blurred-max-pool": "blurred_max",
    "lenet5-fashion-strided": "strided",
    "lenet5-fashion-no-pool": "none",
}


class LeNet5(nn.Sequential):
    """Conv 5x5 x 6, pool, conv 5x5 x 16, pool, dense 120, 84, classes.

    Parameters
    ----------
    activation
        ``relu``, ``leaky_relu``, ``elu``, ``gelu``, ``tanh``, ``sigmoid`` or ``maxout`` (two pieces: the layers before
        a maxout have twice the units).
    pooling
        ``max``, ``average``, ``l2`` or ``blurred_max`` (all 2x2, stride 2); ``strided`` gives each convolution a stride
        of 2 in place of its pool; ``none`` keeps every pixel (the first dense layer then has 9,216 inputs, not 400).
    input_size
        32, or 28: the first convolution then pads by 2, and all later shapes are the same.
    classes
        Number of outputs.

    Notes
    -----
    Layers, in order: ``conv1, act1, pool1, conv2, act2, pool2, flatten, fc1, act3, fc2, act4, fc3``.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. & Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86, 2278-2324. ``hierfeat.zoo.lenet1998`` is the network as published there.

    Examples
    --------
    >>> sum(p.numel() for p in LeNet5().parameters())
    61706
    """

    def __init__(
        self, *, activation: str = "relu", pooling: str = "max", input_size: int = 32, classes: int = 10
    ) -> None:
        act = choose(ACTIVATIONS, activation, "an activation")
        choose(dict.fromkeys(_POOLINGS), pooling, "a pooling")
        wide = 2 if activation == "maxout" else 1
        stride = 2 if pooling == "strided" else 1
        side = 24 if pooling == "none" else 5
        pool = POOLS.get(pooling)
        steps: list[tuple[str, nn.Module | None]] = [
            ("conv1", nn.Conv2d(1, 6 * wide, 5, stride=stride, padding=(32 - input_size) // 2)),
            ("act1", act()),
            ("pool1", pool() if pool else None),
            ("conv2", nn.Conv2d(6, 16 * wide, 5, stride=stride)),
            ("act2", act()),
            ("pool2", pool() if pool else None),
            ("flatten", nn.Flatten()),
            ("fc1", nn.Linear(16 * side * side, 120 * wide)),
            ("act3", act()),
            ("fc2", nn.Linear(120, 84 * wide)),
            ("act4", act()),
            ("fc3", nn.Linear(84, classes)),
        ]
        super().__init__(OrderedDict((name, module) for name, module in steps if module is not None))
