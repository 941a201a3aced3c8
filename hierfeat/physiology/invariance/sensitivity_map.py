"""The similarity of a layer's response over the whole plane of shifts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat._values import whole
from hierfeat.physiology.invariance._similarities import similarities, subsample
from hierfeat.physiology.invariance.translation_invariance import checked_for
from hierfeat.stimuli.warps.shifts import Boundary, shift
from hierfeat.subjects.arguments import checked, larger_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import STAGES, Layers
from hierfeat.subjects.own_data import Images
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class SensitivityMap(Result):
    """Similarity over all shifts, and its mean by distance.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer and shift: ``layer, kind, dy, dx, distance`` (pixels), ``similarity, invariance``.
    maps : dict of numpy.ndarray
        The invariance by layer: (2·max_shift + 1, 2·max_shift + 1), no shift in the middle.
    """

    maps: dict[str, np.ndarray]

    @property
    def profile(self) -> pd.DataFrame:
        """The radial profile: means over shifts of the same distance, rounded to pixels, by layer."""
        rounded = self.table.assign(distance=self.table["distance"].round())
        means = rounded.groupby(["layer", "distance"], sort=False)[["similarity", "invariance"]].mean().reset_index()
        return means.sort_values(["distance"], kind="stable")

    plot = drawn("shifts.plot_sensitivity_map")


@checked(images=larger_images, max_shift=whole(0, 1024))
def sensitivity_map(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = STAGES,
    max_shift: int = 4,
    boundary: Boundary = "zero",
    max_images: int | None = 64,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> SensitivityMap:
    """Show the images at every whole shift, and map how similar each layer's response stays.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], two at least.
    layers
        Names, glob patterns or kinds.
    max_shift
        Pixels: (2·max_shift + 1)² shifts.
    boundary
        ``zero``, ``wrap``, ``reflect`` or ``crop``, see :func:`hierfeat.stimuli.warps.shifts.shift`.
    max_images
        So many images are drawn if there are more, with `seed`.
    seed
        Seed of what is drawn at random.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    SensitivityMap
        A row per layer and shift, and a map of the invariance per layer.

    Raises
    ------
    HierfeatError
        If images, layers, boundary or shifts make no sense.

    Notes
    -----
    Kauderer-Abrams maps the Euclidean distance of the network's output to that of the centred image, and averages it
    radially. Here the cosine takes its place (`similarity`), so that layers of different size and scale compare, and
    `invariance` is rescaled as in :func:`hierfeat.translation_invariance`.

    Memory: the responses of the chosen layers to one batch, twice, and one number for each image and shift.

    References
    ----------
    Kauderer-Abrams, E. (2017). Quantifying translation-invariance in convolutional neural networks. arXiv:1801.01450.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, _ = hf.digits(split="test")
    >>> found = sensitivity_map(hf.load("lenet5-digits"), images, layers="pool", max_shift=2, max_images=8)
    >>> found.maps["pool2"].shape, float(found.maps["pool2"][2, 2])
    ((5, 5), 1.0)
    """
    images = subsample(checked_for(h, images, boundary, max_shift), max_images, seed)
    size = (h.input_shape[1], h.input_shape[2]) if boundary == "crop" else None
    amounts = range(-int(max_shift), int(max_shift) + 1)
    shifts = [(dy, dx) for dy in amounts for dx in amounts]
    moving = [lambda x, _, d=d: shift(x, *d, boundary=boundary, size=size) for d in shifts]
    still = moving[shifts.index((0, 0))]
    found = similarities(h, images, moving, layers=layers, original=still, batch_size=batch_size)
    conditions = pd.DataFrame(shifts, columns=["dy", "dx"])
    conditions["distance"] = np.hypot(conditions["dy"], conditions["dx"])
    return SensitivityMap(
        table=found.table(h, conditions),
        provenance=provenance(h, max_shift=max_shift, boundary=boundary, images=len(images), seed=seed),
        maps={name: found.invariance(name).reshape(len(amounts), len(amounts)) for name in found.keys},
    )
