"""Imagenette: photographs of ten of ImageNet's classes, which networks trained on ImageNet know."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hierfeat._values import choice, optional, whole
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.datasets import data_root, path_of_a_root
from hierfeat.stimuli.pictures import image_folder
from hierfeat.subjects.arguments import checked

CLASSES = {
    "n01440764": (0, "tench"),
    "n02102040": (217, "English springer"),
    "n02979186": (482, "cassette player"),
    "n03000684": (491, "chain saw"),
    "n03028079": (497, "church"),
    "n03394916": (566, "French horn"),
    "n03417042": (569, "garbage truck"),
    "n03425413": (571, "gas pump"),
    "n03445777": (574, "golf ball"),
    "n03888257": (701, "parachute"),
}
"""By WordNet's number, which is the folder's name: the index among ImageNet's 1,000 classes, and the name."""
_FOLDER, _SIZE = "imagenette2-320", "320px"  # the shorter side of the archive's images
_PARTS = {"train": "train", "test": "val"}


@checked(split=choice(*_PARTS), root=path_of_a_root, size=None, max_images=optional(whole(1, 10**6)))
def imagenette(
    split: str = "test",
    *,
    root: str | Path | None = None,
    size: int | tuple[int, int] = 224,
    max_images: int | None = 200,
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """Load Imagenette: 9,469 + 3,925 photographs of ten of ImageNet's classes.

    Parameters
    ----------
    split
        ``"train"``, which networks trained on ImageNet have seen, or ``"test"``: of its part for validation.
    root
        Folder that holds ``imagenette2-320``; else ``HIERFEAT_DATA``, else ``~/.cache/hierfeat/data``.
    size
        Pixels, of a square or (height, width): resized until they are covered, and cropped to the middle.
    max_images
        So many, the same number of each class, drawn with `seed`; None for all (600 kB each at 224 pixels).
    seed
        Of the choice that `max_images` makes.

    Returns
    -------
    images : torch.Tensor
        (N, 3, height, width), float32 in [0, 1].
    labels : torch.Tensor
        (N,), int64: the index among ImageNet's 1,000 classes (0 tench, 217 English springer, 482 cassette player, 491
        chain saw, 497 church, 566 French horn, 569 garbage truck, 571 gas pump, 574 golf ball, 701 parachute), so that
        :func:`hierfeat.evaluate` takes them as they are.

    Raises
    ------
    HierfeatError
        If the split is unknown or the files are not there: ``hierfeat data fetch imagenette`` downloads them (340 MB).

    References
    ----------
    Howard, J. (2019). Imagenette. github.com/fastai/imagenette: a part of ImageNet (Russakovsky, O. et al. (2015).
    ImageNet large scale visual recognition challenge. IJCV 115, 211-252).

    Examples
    --------
    >>> images, labels = imagenette()  # doctest: +SKIP
    >>> tuple(images.shape)  # doctest: +SKIP
    (200, 3, 224, 224)
    """
    folder = data_root(root) / _FOLDER / _PARTS[split]
    if not folder.is_dir():
        raise HierfeatError(
            f"imagenette is not in {folder.parent.parent}: `hierfeat data fetch imagenette` downloads it there; "
            "if you have it elsewhere, set HIERFEAT_DATA or pass root="
        )
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    unknown = [name for name in names if name not in CLASSES]
    if unknown:
        raise HierfeatError(
            f"expected folders of Imagenette's ten classes in {folder}, got {unknown[0]}: fetch it again"
        )
    images, labels = image_folder(folder, size=size, max_images=max_images, seed=seed)
    indices = np.array([CLASSES[name][0] for name in names])
    return images, torch.from_numpy(indices)[labels]


def fetch_imagenette(folder: Path) -> None:
    """Download it through torchvision, which checks the archive's md5, unless it is there."""
    from hierfeat._torchvision import datasets

    for part in _PARTS.values():
        datasets.Imagenette(folder, split=part, size=_SIZE, download=not (folder / _FOLDER).exists())
