"""Image data sets as tensors: images in [0, 1] of shape N, C, H, W, and integer labels.

Splits
------
``"test"`` is the set's own test part. ``"validation"`` is the last tenth of its own training part, fixed once and for
all, and ``"train"`` the nine tenths before it; ``"train+validation"`` is the training part whole. Choices are made on
``"validation"``, numbers are reported on ``"test"``.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat._values import Given, choice, whole
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked

SPLITS = ("train", "validation", "train+validation", "test")
TORCHVISION = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}
_SIDE, _MOST_SIDE = 28, 512  # pixels of MNIST; and the most that a small image is enlarged or padded to


def path_of_a_root(value: Any, name: str, _: Given) -> str | Path:
    """Refuse whatever is no path."""
    if not isinstance(value, str | Path):
        raise HierfeatError(f"expected {name} as the path of a folder, got {type(value).__name__}")
    return value


def _padded(value: Any, name: str, given: Given) -> int:
    size: int = whole(1, _MOST_SIDE)(value, name, given)
    if size < _SIDE:
        raise HierfeatError(f"expected {name} >= {_SIDE} pixels (the images are not shrunk); got {size}")
    return size


@checked(split=choice(*SPLITS), size=whole(1, _MOST_SIDE))
def digits(split: str = "test", *, size: int = 32) -> tuple[Tensor, Tensor]:
    """Load scikit-learn's 1,797 handwritten digits, enlarged bilinearly from 8x8.

    Parameters
    ----------
    split
        ``"train"`` (1,294), ``"validation"`` (143), ``"train+validation"`` (1,437) or ``"test"`` (360). The set has no
        test part of its own: a permutation with a fixed seed makes one, so that every writer is in every part.
    size
        Height and width in pixels.

    Returns
    -------
    images : Tensor
        N, 1, `size`, `size`, float32 in [0, 1]; ink is 1.
    labels : Tensor
        N, int64.

    References
    ----------
    Alpaydin, E. & Kaynak, C. (1998). Optical Recognition of Handwritten Digits. UCI Machine Learning Repository.

    Examples
    --------
    >>> images, labels = digits(split="test")
    >>> tuple(images.shape)
    (360, 1, 32, 32)
    """
    from sklearn.datasets import load_digits

    raw: Any = load_digits()
    order = np.random.RandomState(0).permutation(len(raw.target))  # its stream is frozen for good
    images = torch.as_tensor(raw.images, dtype=torch.float32)[order, None] / 16
    labels = torch.as_tensor(raw.target, dtype=torch.int64)[order]
    part = slice(0, 360) if split == "test" else slice(360, None)
    images, labels = _part(images[part], labels[part], split)
    return F.interpolate(images, size=(size, size), mode="bilinear", antialias=False), labels


@checked(split=choice(*SPLITS), root=path_of_a_root, size=_padded)
def mnist(split: str = "test", *, root: str | Path | None = None, size: int = 28) -> tuple[Tensor, Tensor]:
    """Load MNIST: 60,000 + 10,000 handwritten digits of 28x28 pixels.

    Parameters
    ----------
    split
        ``"train"`` (54,000), ``"validation"`` (6,000), ``"train+validation"`` or ``"test"`` (10,000).
    root
        Folder that holds ``MNIST/raw``; else ``HIERFEAT_DATA``, else ``~/.cache/hierfeat/data``.
    size
        28, or larger: the digits are then centred on a black ground (LeNet-5 as published wants 32).

    Returns
    -------
    images : Tensor
        N, 1, `size`, `size`, float32 in [0, 1]; ink is 1.
    labels : Tensor
        N, int64.

    Raises
    ------
    HierfeatError
        If the split is unknown or the files are not there.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. & Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86, 2278-2324.

    Examples
    --------
    >>> images, labels = mnist(split="test")  # doctest: +SKIP
    >>> tuple(images.shape)  # doctest: +SKIP
    (10000, 1, 28, 28)
    """
    return _centred(*_torchvision("mnist", split, root), size=size)


@checked(split=choice(*SPLITS), root=path_of_a_root, size=_padded)
def fashion_mnist(split: str = "test", *, root: str | Path | None = None, size: int = 28) -> tuple[Tensor, Tensor]:
    """Load Fashion-MNIST: 60,000 + 10,000 grey images of clothes, 28x28 pixels.

    Parameters
    ----------
    split
        ``"train"`` (54,000), ``"validation"`` (6,000), ``"train+validation"`` or ``"test"`` (10,000).
    root
        Folder that holds ``FashionMNIST/raw``; else ``HIERFEAT_DATA``, else ``~/.cache/hierfeat/data``.
    size
        28, or larger: the images are then centred on a black ground.

    Returns
    -------
    images : Tensor
        N, 1, `size`, `size`, float32 in [0, 1].
    labels : Tensor
        N, int64; their names are ``load("lenet5-fashion").classes``.

    Raises
    ------
    HierfeatError
        If the split is unknown or the files are not there.

    References
    ----------
    Xiao, H., Rasul, K. & Vollgraf, R. (2017). Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms. arXiv:1708.07747.

    Examples
    --------
    >>> images, labels = fashion_mnist(split="test")  # doctest: +SKIP
    >>> tuple(images.shape)  # doctest: +SKIP
    (10000, 1, 28, 28)
    """
    return _centred(*_torchvision("fashion_mnist", split, root), size=size)


@checked(split=choice(*SPLITS), root=path_of_a_root)
def cifar10(split: str = "test", *, root: str | Path | None = None) -> tuple[Tensor, Tensor]:
    """Load CIFAR-10: 50,000 + 10,000 colour images of 32x32 pixels.

    Parameters
    ----------
    split
        ``"train"`` (45,000), ``"validation"`` (5,000), ``"train+validation"`` or ``"test"`` (10,000).
    root
        Folder that holds ``cifar-10-batches-py``; else ``HIERFEAT_DATA``, else ``~/.cache/hierfeat/data``.

    Returns
    -------
    images : Tensor
        N, 3, 32, 32, float32 in [0, 1].
    labels : Tensor
        N, int64; their names are ``load("convnet-cifar10").classes``.

    Raises
    ------
    HierfeatError
        If the split is unknown or the files are not there.

    References
    ----------
    Krizhevsky, A. (2009). Learning multiple layers of features from tiny images. University of Toronto.

    Examples
    --------
    >>> images, labels = cifar10(split="test")  # doctest: +SKIP
    >>> tuple(images.shape)  # doctest: +SKIP
    (10000, 3, 32, 32)
    """
    return _torchvision("cifar10", split, root)


def data_root(root: str | Path | None = None) -> Path:
    """Return the folder of the data sets: the argument, else ``HIERFEAT_DATA``, else ``~/.cache/hierfeat/data``."""
    return Path(root or os.environ.get("HIERFEAT_DATA") or Path.home() / ".cache" / "hierfeat" / "data").expanduser()


def _part(images: Tensor, labels: Tensor, split: str) -> tuple[Tensor, Tensor]:
    """Cut "train" and "validation" out of the training part; leave "test" and "train+validation" whole."""
    cut = len(labels) - len(labels) // 10 if split == "validation" else 0
    end = len(labels) - len(labels) // 10 if split == "train" else len(labels)
    return images[cut:end], labels[cut:end]


def _torchvision(name: str, split: str, root: str | Path | None) -> tuple[Tensor, Tensor]:
    from hierfeat._torchvision import datasets

    folder = data_root(root)
    try:
        data = getattr(datasets, TORCHVISION[name])(folder, train=split != "test", download=False)
    except RuntimeError as error:
        raise HierfeatError(
            f"{name} is not in {folder}: `hierfeat data fetch {name}` downloads it there; "
            "if you have it elsewhere, set HIERFEAT_DATA or pass root="
        ) from error
    pixels, labels = _part(torch.as_tensor(data.data), torch.as_tensor(data.targets), split)
    pixels = pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)
    return pixels.contiguous().float().div_(255), labels


def _centred(images: Tensor, labels: Tensor, *, size: int) -> tuple[Tensor, Tensor]:
    before, after = (size - _SIDE) // 2, (size - _SIDE + 1) // 2
    return (F.pad(images, (before, after, before, after)) if after else images), labels


LOADERS: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {
    "digits": digits,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
}
