"""How much each layer's response changes when the image is moved: invariance, and equivariance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat._values import real
from hierfeat.errors import HierfeatError
from hierfeat.physiology.invariance._equivariance import Equivariance
from hierfeat.physiology.invariance._similarities import similarities, subsample
from hierfeat.stimuli.warps.shifts import BOUNDARIES, Boundary, shift
from hierfeat.subjects.arguments import checked, larger_images
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import STAGES, Layers
from hierfeat.subjects.own_data import Images
from hierfeat.subjects.provenance import provenance

Shift = tuple[float, float]


@dataclass(frozen=True, eq=False)
class TranslationInvariance(Result):
    """Similarity, invariance and equivariance of every layer, for every shift.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer and shift: ``layer, kind, dy, dx`` (pixels, down and right), ``similarity, invariance,
        equivariance, equivariance_all, units, phase_y, phase_x``. `units` says how many units of a channel the
        equivariance is of, and the phases are the shift modulo the layer's stride, in pixels: 0, 0 is a shift that
        the layer's grid can follow.
    channels : dict of numpy.ndarray
        The invariance of single channels, by layer: (shifts, channels), shifts in the table's order.
    baselines : dict of float
        The mean similarity between different images, by layer: invariance 0.
    """

    channels: dict[str, np.ndarray]
    baselines: dict[str, float]

    @property
    def summary(self) -> pd.DataFrame:
        """One row per layer.

        ``layer, kind``; ``invariance``, the mean over all shifts; ``tolerance``, the shift in pixels at which the
        mean invariance has fallen to ½ (NaN if it has not by the largest); ``aligned`` and ``unaligned``, the mean
        equivariance over the shifts that are, and are not, multiples of the layer's stride; ``aliasing``, which
        is 1 − unaligned; and ``border``, what the units at the border cost besides: the mean of
        equivariance − equivariance_all.
        """
        rows = [_summary(group) for _, group in self.table.groupby("layer", sort=False)]
        return pd.DataFrame(rows)

    plot = drawn("shifts.plot_translation_invariance")


@checked(images=larger_images, max_shift=real(0, 1024), step=real(-1024, 1024))
def translation_invariance(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = STAGES,
    max_shift: float = 4,
    step: float = 1,
    boundary: Boundary = "zero",
    max_images: int | None = 64,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> TranslationInvariance:
    """Move the images up, down, left and right, and see what each layer makes of it.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], two at least; larger than the model's input by `max_shift` on every side (and by two
        pixels more for fractional steps) if `boundary` is ``crop``.
    layers
        Names, glob patterns or kinds.
    max_shift, step
        Pixels: the shifts are the multiples of `step` up to `max_shift`, in the four directions. A fractional
        step gives sub-pixel shifts.
    boundary
        What comes in from outside: ``zero``, ``wrap``, ``reflect`` or ``crop``, see
        :func:`hierfeat.stimuli.warps.shifts.shift`.
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
    TranslationInvariance
        A row per layer and shift.

    Raises
    ------
    HierfeatError
        If images, layers, boundary or shifts make no sense.

    Notes
    -----
    With A(x) a layer's response to image x and T a shift by d pixels:

    - similarity: the mean over images of cos(A(x), A(Tx)), over all units;
    - invariance: (similarity − b)/(1 − b), b the mean cosine between different images: 0 if a shifted image is no more
      like itself than like another, 1 if nothing changes. It can be negative;
    - equivariance: the mean of 1 − ‖A(Tx) − T'A(x)‖²/(‖A(Tx)‖² + ‖T'A(x)‖²), T' the shift of the map by d/stride units
      (cubic interpolation where that is a fraction): 1 if and only if the map moves along, bit for bit. For equal
      norms it is the cosine. It is taken over the units whose receptive fields lie within the image before and
      after the shift, so that what it lacks is aliasing. NaN where there are none;
    - equivariance_all: the same over all units that have a counterpart, border and padding included. With ``wrap``
      the map is wrapped too.

    Memory: the responses of the chosen layers to one batch, twice, and some numbers for each image.

    References
    ----------
    Azulay, A. and Weiss, Y. (2019). Why do deep convolutional networks generalize so poorly to small image
    transformations? JMLR 20(184).
    Kauderer-Abrams, E. (2017). Quantifying translation-invariance in convolutional neural networks. arXiv:1801.01450.
    Zhang, R. (2019). Making convolutional networks shift-invariant again. ICML.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> moved = hf.translation_invariance(h, hf.digits(split="test")[0], layers="pool", max_shift=2, max_images=16)
    >>> list(moved.summary.layer)
    ['pool1', 'pool2']
    """
    shifts = _shifts(max_shift, step)
    images = subsample(checked_for(h, images, boundary, max_shift, step), max_images, seed)
    size = (h.input_shape[1], h.input_shape[2]) if boundary == "crop" else None
    moving = [lambda x, _, d=d: shift(x, *d, boundary=boundary, size=size) for d in shifts]
    equal = Equivariance(h, shifts, boundary=boundary)
    found = similarities(
        h, images, moving, layers=layers, original=moving[0], also=equal.compare, batch_size=batch_size
    )
    conditions = pd.DataFrame(shifts, columns=["dy", "dx"])
    table = found.table(h, conditions).merge(equal.table(), on=["layer", "dy", "dx"], how="left")
    parameters = {"layers": layers, "max_shift": max_shift, "step": step, "boundary": boundary}
    return TranslationInvariance(
        table=table,
        provenance=provenance(h, **parameters, images=len(images), seed=seed),
        channels={name: found.invariance(name, channels=True) for name in found.keys},
        baselines={name: float(found.baseline(name)) for name in found.keys},
    )


def checked_for(h: Hierarchy, images: Tensor, boundary: str, max_shift: float, step: float = 1) -> Tensor:
    """Images that fit the model, or, under ``crop``, are larger than its input by enough on every side."""
    if boundary not in BOUNDARIES:
        raise HierfeatError(f"expected boundary as one of {', '.join(BOUNDARIES)}, got {boundary!r}")
    if boundary != "crop":
        return checked_images(h, images)
    margin = int(np.ceil(max_shift)) + (0 if float(step).is_integer() else 2)
    channels, height, width = h.input_shape
    least = f"(N, {channels}, {height + 2 * margin}, {width + 2 * margin})"
    if images.ndim != 4 or images.shape[-2] < height + 2 * margin or images.shape[-1] < width + 2 * margin:
        raise HierfeatError(
            f"expected images of at least {least} to cut windows from (boundary='crop'), got {tuple(images.shape)}: "
            "pass larger images, a smaller max_shift, or boundary='zero'"
        )
    checked_images(h, shift(images, 0, 0, boundary="crop", size=(height, width)))
    return images


def _shifts(max_shift: float, step: float) -> list[Shift]:
    """No shift first, then the four directions, near to far."""
    if not (0 < step <= max_shift):
        raise HierfeatError(f"expected 0 < step <= max_shift in pixels, got step={step}, max_shift={max_shift}")
    amounts = [step * count for count in range(1, int(max_shift / step + 1e-9) + 1)]
    return [(0.0, 0.0), *(d for a in amounts for d in ((-a, 0.0), (a, 0.0), (0.0, -a), (0.0, a)))]


def _summary(group: pd.DataFrame) -> dict[str, object]:
    moved = group[(group["dy"] != 0) | (group["dx"] != 0)]
    aligned = (moved["phase_y"] == 0) & (moved["phase_x"] == 0)
    unaligned = moved.loc[~aligned & moved["phase_y"].notna(), "equivariance"].mean()
    return {
        "layer": group["layer"].iloc[0],
        "kind": group["kind"].iloc[0],
        "invariance": moved["invariance"].mean(),
        "tolerance": _crossing(group.assign(distance=group["dy"].abs() + group["dx"].abs())),
        "aligned": moved.loc[aligned, "equivariance"].mean(),
        "unaligned": unaligned,
        "aliasing": 1 - unaligned,
        "border": (moved["equivariance"] - moved["equivariance_all"]).mean(),
    }


def _crossing(group: pd.DataFrame, level: float = 0.5) -> float:
    """Where the mean over directions first falls to `level`, interpolated linearly."""
    curve = group.groupby("distance")["invariance"].mean()
    distances, values = curve.index.to_numpy(dtype=float), curve.to_numpy(dtype=float)
    below = np.flatnonzero(values <= level)
    if len(below) == 0 or below[0] == 0:
        return float("nan")
    last = int(below[0])
    return float(np.interp(level, values[[last, last - 1]], distances[[last, last - 1]]))
