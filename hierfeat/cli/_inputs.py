"""What a command is given: the network, and images that fit it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from torch import Tensor

    from hierfeat.subjects.hierarchy import Hierarchy

SPLIT = (
    "digits",
    "mnist",
    "fashion_mnist",
    "cifar10",
    "imagenette",
)  # data sets with a part to train on and one to test on
SETS = (*SPLIT, "glyphs", "photographs")
TWIN = "untrained"
FEW = 8  # windows of the photographs


@dataclass(frozen=True)
class Pictures:
    """Which images were asked for."""

    model: str
    where: str | None  # a data set or a folder; None: what the model was made for
    split: str | None
    limit: int
    root: str | None


def pictures(model: str, limit: int, given: Mapping[str, Any]) -> Pictures:
    """Which images the options name.

    Raises
    ------
    HierfeatError
        If they name none, or two kinds.
    """
    folder, data, asked = given.get("images"), given.get("data"), given.get("limit")
    if folder is not None and data is not None:
        raise HierfeatError(f"expected --images FOLDER or --data {data}, got both")
    if given.get("split") is not None and (folder or data) not in (None, *SPLIT):
        raise HierfeatError(f"expected --split with one of {', '.join(SPLIT)}; {folder or data} has no parts")
    if asked is not None and asked < 1:
        raise HierfeatError(f"expected --limit of at least 1, got {asked}")
    return Pictures(model, folder or data, given.get("split"), asked or limit, given.get("data_root"))


class Inputs:
    """What a command is given, loaded once and when it is first needed."""

    def __init__(self, function: str, asked: Pictures, given: Mapping[str, Any]) -> None:
        self.function, self.asked, self.given = function, asked, given
        self.chosen = asked.where is not None

    @cached_property
    def h(self) -> "Hierarchy":
        """The network, or its untrained twin."""
        import hierfeat as hf

        h = hf.load(self.asked.model, weights=self.given.get("weights"))
        if self.given.get(TWIN):
            h = hf.untrained(h)
        return h.to(self.given.get("device", "cpu"))

    def another(self, ref: str) -> "Hierarchy":
        """A second network to compare with; ``untrained`` is the twin of the first."""
        import hierfeat as hf

        return hf.untrained(self.h) if ref == TWIN else hf.load(ref).to(self.given.get("device", "cpu"))

    @property
    def images(self) -> "Tensor":
        """Images as the network takes them."""
        return self._shown[0]

    def labels(self, *, needed: bool) -> "Tensor | None":
        """Their labels, if they have any.

        Raises
        ------
        HierfeatError
            If they are `needed` and there are none.
        """
        if needed and self.asked.where == "photographs":  # before they are loaded, and said to be few
            return self._checked(None)
        return self._checked(self._shown[1]) if needed else self._shown[1]

    @property
    def names(self) -> "list[str] | None":
        """What the labels mean, where the images come from a folder with a sub-folder per class."""
        import hierfeat as hf

        where = self.asked.where
        if where is None or where in SETS or self.labels(needed=False) is None:
            return None
        return list(hf.folder_classes(where))

    def part(self, split: str) -> "tuple[Tensor, Tensor]":
        """Labelled images of one part; a folder's images are dealt out to train and test in turn."""
        if self.asked.where == "photographs":
            self._checked(None)
        images, labels = self._load(split)
        return images, self._checked(labels)

    @cached_property
    def _shown(self) -> "tuple[Tensor, Tensor | None]":
        return self._load(None)

    def _load(self, split: str | None) -> "tuple[Tensor, Tensor | None]":
        where = self.asked.where or made_for(self.asked.model)
        images, labels = _read(self.h, self.asked, where, self.asked.split or split or "test")
        if split is not None and where not in SPLIT:
            every = slice(0 if split == "train" else 1, None, 2)
            images, labels = images[every], None if labels is None else labels[every]
        images = fitted(images[: self.asked.limit], self.h.input_shape, enlarge=where == "cifar10")
        labelled = labels is not None and bool((labels >= 0).any())
        return images.to(self.h.device), labels[: self.asked.limit] if labels is not None and labelled else None

    def _checked(self, labels: "Tensor | None") -> "Tensor":
        if labels is None:
            raise HierfeatError(
                f"expected labelled images for {self.function}: name a data set (--data) or a folder with a sub-folder "
                "per class (--images)"
            )
        return labels


def _read(h: "Hierarchy", asked: Pictures, where: str, split: str) -> "tuple[Tensor, Tensor | None]":
    import hierfeat as hf

    channels, height, width = h.input_shape
    small, large = min(height, width), max(height, width)
    if where == "photographs":
        from hierfeat.stimuli.pictures import photographs

        count = min(asked.limit, FEW)
        print(f"hierfeat: {count} windows of two photographs are shown; others: --images FOLDER", file=sys.stderr)
        return photographs(count, size=large, channels=1 if channels == 1 else 3), None
    if where == "glyphs":
        return hf.glyphs()
    if where == "digits":
        return hf.digits(split=split, size=small)
    if where == "imagenette":
        return hf.imagenette(split=split, root=asked.root, size=(height, width), max_images=asked.limit)
    if where in SPLIT:
        return getattr(hf, where)(split=split, root=asked.root)  # type: ignore[no-any-return]
    if not Path(where).is_dir():
        raise HierfeatError(_no_folder(where))
    return hf.image_folder(where, size=(height, width), grey=channels == 1, max_images=asked.limit)


def _no_folder(where: str) -> str:
    import difflib

    close = difflib.get_close_matches(where, SETS, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"expected a folder of images, or one of {', '.join(SETS)}; {where} is neither{hint}"


def made_for(model: str) -> str:
    """The data of a zoo model's recipe; photographs for every other model."""
    from hierfeat.zoo.loading import card, list_models
    from hierfeat.zoo.training.recipes import RECIPES

    if model in RECIPES:
        return RECIPES[model].data
    return str(card(model).get("recipe", {}).get("data", "photographs")) if model in list_models() else "photographs"


def fitted(images: "Tensor", shape: tuple[int, int, int], *, enlarge: bool = False) -> "Tensor":
    """Images as a network of input `shape` takes them: grey or in colour, and of its size.

    Colours become luminance (ITU-R BT.601) where it sees grey, grey three equal channels where it sees colours. Larger
    images are shrunk until they just cover the input, and cropped to the middle; smaller ones are set in the middle of
    black, as MNIST's digits are, or with `enlarge` made to cover it.

    Raises
    ------
    HierfeatError
        If the network takes neither one channel nor three.
    """
    import torch

    channels, height, width = shape
    if images.shape[1] != channels and channels not in (1, 3):
        raise HierfeatError(
            f"expected a network of 1 or 3 channels to show pictures to, got one of {channels}: give it its images in "
            "Python"
        )
    if images.shape[1] == 3 and channels == 1:
        images = (images * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    images = _covering(images, height, width, enlarge).expand(-1, channels, -1, -1)
    return _of_length(_of_length(images, 2, height), 3, width).contiguous()


def _covering(images: "Tensor", height: int, width: int, enlarge: bool) -> "Tensor":
    from torch.nn.functional import interpolate

    scale = max(height / images.shape[2], width / images.shape[3])
    if scale == 1 or (scale > 1 and not enlarge):
        return images
    size = (max(height, round(images.shape[2] * scale)), max(width, round(images.shape[3] * scale)))
    return interpolate(images, size=size, mode="bilinear", antialias=True).clamp(0, 1)


def _of_length(images: "Tensor", axis: int, length: int) -> "Tensor":
    """Crop or pad an axis, in the middle, to `length`."""
    from torch.nn.functional import pad

    have = images.shape[axis]
    if have >= length:
        return images.narrow(axis, (have - length) // 2, length)
    before = (length - have) // 2
    sides = (before, length - have - before)
    return pad(images, sides if axis == 3 else (0, 0, *sides))
