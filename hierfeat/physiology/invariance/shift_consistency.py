"""How often the predicted class survives a shift of the image."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat._values import whole
from hierfeat.physiology.invariance._similarities import subsample
from hierfeat.physiology.invariance.translation_invariance import checked_for
from hierfeat.stimuli.warps.shifts import Boundary, shift
from hierfeat.subjects.arguments import checked, larger_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.own_data import Images, Labels, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.scores import check_truth, checked_classes, probabilities


@dataclass(frozen=True, eq=False)
class ShiftConsistency(Result):
    """The predicted class of every image at every shift, and how steady it is.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per shift: ``dy, dx`` (pixels), ``agreement`` (share of images classified as when unshifted) and
        ``accuracy`` (NaN without labels).
    consistency : float
        The chance that two different shifts of an image give the same class, averaged over images.
    variation : float
        The standard deviation, over the shifts, of the probability of the class predicted without a shift; averaged
        over images.
    predictions : numpy.ndarray
        (shifts, images), class indices, shifts in the table's order.
    """

    consistency: float
    variation: float
    predictions: np.ndarray

    plot = drawn("shifts.plot_shift_consistency")


@checked(images=larger_images, max_shift=whole(1, 1024), max_shifts=whole(2))
def shift_consistency(
    h: Hierarchy,
    images: Images,
    labels: Labels | None = None,
    *,
    max_shift: int = 3,
    boundary: Boundary = "zero",
    max_shifts: int | None = None,
    max_images: int | None = 64,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> ShiftConsistency:
    """Classify every image at every whole shift up to `max_shift`, and count how often the class stays.

    Parameters
    ----------
    h
        Its output is one score per class.
    images
        (N, C, H, W) in [0, 1]; larger than the model's input by `max_shift` on every side if `boundary` is ``crop``.
    labels
        (N,), for the accuracy at each shift.
    max_shift
        Pixels, down, up, right and left: (2·max_shift + 1)² shifts in all.
    boundary
        ``zero``, ``wrap``, ``reflect`` or ``crop``, see `hierfeat.stimuli.warps`. ``crop`` with images of
        256 for a model of 224 and max_shift=16 is Zhang's protocol, of 1,089 shifts.
    max_shifts
        So many of the shifts, two at least, are drawn with `seed` and shown to all images; all of them by default.
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
    ShiftConsistency
        A row per shift, and the consistency over all of them.

    Raises
    ------
    HierfeatError
        If the output is not (N, classes), or images or labels do not fit.

    Notes
    -----
    Zhang draws two random crops per image and counts how often their arg max is equal. Here all shifts (or `max_shifts`
    of them, which gives the same in expectation) are shown, and
    the chance of equality is exact: for n shifts of which n_c give class c, (Σ n_c² − n)/(n² − n). Two shifts are
    different ones; Zhang's two crops may coincide, one time in n.

    Memory: one batch, and the scores of all images at every shift.

    References
    ----------
    Zhang, R. (2019). Making convolutional networks shift-invariant again. ICML.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, labels = hf.digits(split="test")
    >>> found = hf.shift_consistency(hf.load("lenet5-digits"), images, labels, max_shift=1, max_images=32)
    >>> len(found.table)
    9
    """
    images = checked_for(h, images, boundary, max_shift)
    places = subsample(torch.arange(len(images)), max_images, seed)
    images, labels = images[places], None if labels is None else labels[places]
    amounts = range(-int(max_shift), int(max_shift) + 1)
    shifts = _drawn([(dy, dx) for dy in amounts for dx in amounts], max_shifts, seed)
    size = batch_size or default_batch(h.input_shape)
    scores = torch.stack([_scores(h, images, d, boundary, size) for d in with_bar(shifts, "shifts")])
    if labels is not None:
        check_truth(labels, scores.shape[-1])
    predicted = scores.argmax(-1)
    unmoved = _scores(h, images, (0, 0), boundary, size).argmax(-1)
    scores = probabilities(scores.flatten(0, 1)).unflatten(0, scores.shape[:2])
    sure = scores.gather(2, unmoved.to(scores.device).expand(len(shifts), -1)[..., None])[..., 0]
    correct = (
        torch.full((len(shifts),), torch.nan) if labels is None else _share(predicted == labels.to(predicted.device))
    )
    asked = {"max_shift": max_shift, "max_shifts": max_shifts, "boundary": boundary}
    table = pd.DataFrame(shifts, columns=["dy", "dx"])
    agreement = _share(predicted == unmoved)
    return ShiftConsistency(
        table=table.assign(agreement=agreement.cpu().numpy(), accuracy=correct.cpu().numpy()),
        provenance=provenance(h, **asked, images=len(images), seed=seed),
        consistency=_consistency(predicted, scores.shape[-1]),
        variation=float(double(sure).std(0, correction=0).mean()),
        predictions=predicted.cpu().numpy(),
    )


def _drawn(shifts: list[tuple[int, int]], most: int | None, seed: int) -> list[tuple[int, int]]:
    if most is None or len(shifts) <= most:
        return shifts
    chosen = torch.randperm(len(shifts), generator=torch.Generator().manual_seed(seed))[:most].sort().values
    return [shifts[place] for place in chosen.tolist()]


def _scores(h: Hierarchy, images: Tensor, d: tuple[int, int], boundary: Boundary, batch_size: int) -> Tensor:
    """(N, classes)."""
    size = (h.input_shape[1], h.input_shape[2]) if boundary == "crop" else None
    moved = (shift(batch, *d, boundary=boundary, size=size) for batch in images.split(batch_size))
    return torch.cat([checked_classes(h, h(batch), len(batch)) for batch in moved])


def _share(hits: Tensor) -> Tensor:
    return double(hits).mean(-1)


def _consistency(predicted: Tensor, classes: int) -> float:
    n = len(predicted)
    counts = double(torch.stack([(predicted == label).sum(0) for label in predicted.unique()]))
    assert len(counts) <= classes, "no more classes are predicted than there are"
    return float(((counts.square().sum(0) - n) / (n * n - n)).mean())
