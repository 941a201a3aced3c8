"""The zoo: a name for each architecture, what it takes, and what its outputs mean."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from hierfeat.zoo import lenet1998
from hierfeat.zoo.convnet import ConvNet
from hierfeat.zoo.lenet import ACTIVATION_SIBLINGS, POOLING_SIBLINGS, LeNet5
from hierfeat.zoo.mlp import MLP
from hierfeat.zoo.parts import PermutePixels
from hierfeat.zoo.resnet import CifarResNet
from hierfeat.zoo.training.recipes import NEOCOGNITRONS

DIGITS = tuple("0123456789")
FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class Species:
    """One architecture of the zoo.

    Attributes
    ----------
    build : callable
        Makes the model, freshly initialised from the global random state.
    input_shape : tuple of int
        Channels, height, width.
    mean, std : tuple of float
        Normalisation of images in [0, 1], per channel.
    classes : tuple of str
        Names of the outputs.
    summary : str
        One line for the table of models.
    """

    build: Callable[[], nn.Module]
    input_shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    summary: str


_FASHION = Species(
    partial(LeNet5, input_size=28), (1, 28, 28), (0.2857,), (0.3529,), FASHION, "LeNet-5, ReLU, max pool"
)
_MNIST = Species(
    lenet1998.LeNet5Published,
    (1, 32, 32),
    lenet1998.MEAN,
    lenet1998.STD,
    DIGITS,
    "LeNet-5 exactly as published in 1998",
)
_CIFAR = ((0.4915, 0.4821, 0.4464), (0.2472, 0.2437, 0.2617))


def _sibling(*, activation: str = "relu", pooling: str = "max") -> Species:
    return replace(
        _FASHION,
        build=partial(LeNet5, input_size=28, activation=activation, pooling=pooling),
        summary=f"LeNet-5; activation: {activation.replace('_', ' ')}; pooling: {pooling.replace('_', ' ')}",
    )


def _permuted_lenet() -> nn.Module:
    return nn.Sequential(OrderedDict(permute=PermutePixels((28, 28)), net=LeNet5(input_size=28)))


def _permuted_mlp() -> nn.Module:
    return nn.Sequential(OrderedDict(permute=PermutePixels((28, 28)), net=MLP(784, (72, 64))))


def _neocognitron(name: str, side: int, classes: tuple[str, ...], summary: str) -> Species:
    """A Neocognitron of the size that its recipe trains."""
    shape = (1, side, side)
    build = partial(NEOCOGNITRONS[name].estimator().empty_network, shape, len(classes))
    return Species(build, shape, (0.0,), (1.0,), classes, summary)


ZOO: dict[str, Species] = {
    "lenet5-digits": Species(LeNet5, (1, 32, 32), (0.3056,), (0.3236,), DIGITS, "LeNet-5, ReLU, max pool"),
    "lenet5-mnist": _MNIST,
    "lenet5-mnist-distorted": replace(_MNIST, summary=f"{_MNIST.summary}, trained with distortions"),
    "lenet5-fashion": _FASHION,
    **{name: _sibling(activation=activation) for name, activation in ACTIVATION_SIBLINGS.items()},
    **{name: _sibling(pooling=pooling) for name, pooling in POOLING_SIBLINGS.items()},
    "lenet5-fashion-permuted": replace(
        _FASHION, build=_permuted_lenet, summary="LeNet-5 on pixels permuted once and for all"
    ),
    "mlp-fashion-equal-parameters": replace(
        _FASHION, build=partial(MLP, 784, (72, 64)), summary="dense, 784-72-64-10: as many parameters as lenet5-fashion"
    ),
    "mlp-fashion-equal-compute": replace(
        _FASHION, build=partial(MLP, 784, (448, 144)), summary="dense, 784-448-144-10: as many MACs as lenet5-fashion"
    ),
    "mlp-fashion-permuted": replace(
        _FASHION, build=_permuted_mlp, summary="dense, 784-72-64-10, on pixels permuted once and for all"
    ),
    "mlp-fashion": replace(_FASHION, build=partial(MLP, 784, (256, 128)), summary="dense network, 784-256-128-10"),
    "convnet-fashion": replace(
        _FASHION,
        build=partial(ConvNet, (32, "pool", 64, 64, "pool", 128, 128, "pool"), (1, 28, 28)),
        summary="3x3 conv, batch norm, max pool; 0.43 M parameters",
    ),
    "convnet-cifar10": Species(
        partial(ConvNet, (32, 64, "pool", 128, "pool", 128, 256, "pool", 256, "pool"), (3, 32, 32)),
        (3, 32, 32),
        *_CIFAR,
        CIFAR10,
        "3x3 conv, batch norm, max pool; 1.26 M parameters",
    ),
    "resnet20-cifar10": Species(
        CifarResNet,
        (3, 32, 32),
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
        CIFAR10,
        "CIFAR ResNet-20, option-A shortcuts; published weights load into it",
    ),
    "neocognitron-1980": _neocognitron(
        "neocognitron-1980", 16, DIGITS[:5], "Neocognitron of 1980, layer by layer; digits 0-4, no teacher"
    ),
    "neocognitron-digits": _neocognitron(
        "neocognitron-digits", 32, DIGITS, "modern Neocognitron; interpolating vector; no gradient"
    ),
    "neocognitron-mnist": _neocognitron(
        "neocognitron-mnist", 28, DIGITS, "modern Neocognitron; linear top; no gradient below it"
    ),
}
