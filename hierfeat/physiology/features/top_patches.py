"""Which image patches drive each channel most, or least."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hierfeat._result import Result, drawn
from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.physiology.features._patch_measure import TopPatches
from hierfeat.recording.sweep import swept
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.own_data import Images
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class ChannelPatches(Result):
    """The patches that drive each channel most (or least).

    Attributes
    ----------
    table : pandas.DataFrame
        ``layer, channel, rank, value, image, row, col, top, left, bottom, right, status, field``: rank 1 is the
        extreme; `row` and `col` are the unit's place in the layer's map, the box is what it sees, half-open and in
        pixels. Status is ``ok``, ``dead`` (never above zero) or ``constant`` (one value for all images and places):
        patches of the latter two mean nothing. ``field`` is the status of the receptive field.
    patches : dict of numpy.ndarray
        By layer, (channels, k, C, height, width), in [0, 1]; ``patches[layer][channel, rank - 1]``. NaN where the
        field leaves the image, and for missing patches where there were fewer than k images.
    least : bool
        Whether these are the least responses.
    """

    patches: dict[str, npt.NDArray[np.float16]]
    least: bool

    plot = drawn("features.plot_top_patches")


@checked(images=None)  # batches, which the sweep checks one by one
def top_patches(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = UNITS,
    k: int = 9,
    least: bool = False,
    largest: int | None = 64,
    batch_size: int | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> ChannelPatches:
    """Find the k image patches that drive each channel most, at most one per image, in one pass over the images.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W), in [0, 1], or batches of them, with or without labels.
    layers
        Names, glob patterns or kinds.
    k
        Patches per channel.
    least
        The patches with the least responses instead.
    largest
        Pixels of a patch's longer side; the patches of larger fields are reduced to it by averaging.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    checkpoint
        See :func:`hierfeat.sweep`.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    ChannelPatches
        A row per channel and rank, and the patches.

    Raises
    ------
    HierfeatError
        If images or layers do not fit, or a layer puts out NaN.

    Notes
    -----
    A patch is cut by the unit's exact receptive field. All patches of a layer have the field's size, or the
    image's where the field is larger; what a unit at the border does not see is NaN. Showing the patches with the
    largest response is the oldest of feature visualisations; Zeiler & Fergus (2014) show nine.

    Memory: one batch, and k addresses and patches of each channel, whatever the number of images.

    References
    ----------
    Zeiler, M. D. and Fergus, R. (2014). Visualizing and understanding convolutional networks. ECCV, 818-833.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, _ = hf.digits(split="test")
    >>> top = hf.top_patches(hf.load("lenet5-digits"), images, layers="pool", k=4)
    >>> top.patches["pool1"].shape
    (6, 4, 1, 6, 6)
    """
    fields = known_fields(h)
    measure = TopPatches(k, fields=fields, least=least, largest=largest)
    [table] = swept(h, images, [measure], layers=layers, batch_size=batch_size, checkpoint=checkpoint)
    table["field"] = table["layer"].map(fields.table.set_index("layer")["status"])
    about = provenance(h, layers=layers, k=k, least=least, largest=largest)
    return ChannelPatches(table=table, provenance=about, patches=measure.patches(), least=least)


__all__ = ["ChannelPatches", "TopPatches", "top_patches"]
