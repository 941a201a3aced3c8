"""What each pool does for invariance, and what another pool in its place would do."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat._values import whole
from hierfeat.errors import HierfeatError
from hierfeat.physiology.invariance._pool_costs import features, position_r2, spread_energy
from hierfeat.physiology.invariance._pool_swaps import as_it_is, outputs_with
from hierfeat.physiology.invariance._pools import POOLS, Windows
from hierfeat.physiology.invariance._similarities import Similarities, subsample
from hierfeat.stimuli.warps.shifts import Boundary, shift
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer import Layer
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance

BEFORE, AS_IT_IS = "before", "as it is"
Shift = tuple[int, int]


@dataclass(frozen=True, eq=False)
class PoolingInvariance(Result):
    """The invariance to shifts before and after every pool, as it is and with others in its place.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per pool and kind of pooling: ``layer, op, pooling, before, after, gain, position_before,
        energy_kept, position_after, output, same_class, status``. `pooling` is ``as it is`` (then `op` says what that
        is), ``max, average, l2, strided, blurred, polyphase`` or ``none``.
    """

    plot = drawn("shifts.plot_pooling_invariance")


@checked(max_shift=whole(1, 1024))
def pooling_invariance(
    h: Hierarchy,
    images: Images,
    *,
    max_shift: int = 2,
    boundary: Boundary = "zero",
    max_images: int | None = 64,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> PoolingInvariance:
    """Measure the invariance to shifts before and after each pool, and swap the pool for others, weights untouched.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], four at least.
    max_shift
        Pixels: the shifts are 1 ... max_shift up, down, left and right.
    boundary
        ``zero``, ``wrap`` or ``reflect``, see :func:`hierfeat.stimuli.warps.shifts.shift`.
    max_images
        So many images are drawn if there are more, with `seed`.
    seed
        Seed of what is drawn at random.
    batch_size
        Images in one forward pass; the inputs of all pools at all shifts are held for so many.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    PoolingInvariance
        A row per pool and kind of pooling, with the invariance before and after.

    Raises
    ------
    HierfeatError
        If the model has no pool, or the images do not fit.

    Notes
    -----
    - ``before`` and ``after``: the invariance (see :func:`hierfeat.translation_invariance`; 0: a shifted image is no
      more like itself than like another; 1: nothing changed) of the pool's input and output, averaged over the
      shifts; ``gain`` is their difference. One pool is swapped at a time, so that ``before`` is the same in all its
      rows.
    - ``energy_kept``: the share of the input's energy that its output, spread back over the grid, accounts for:
      cos²(input, output repeated); averaged over images. For an average pool whose windows do not overlap it is the
      energy of the window means. 1 for ``none``.
    - ``position_before``, ``position_after``: how well the shift itself can be read from the map: R² of a ridge
      regression on (row, column) of the shift, for images that it was not fitted to. What an invariant map
      has lost, an equivariant one has not.
    - ``output``: the invariance of the model's output; ``same_class``: the share of unshifted images that the model
      with the swapped pool classifies as the model does as it is. Weights were trained for the pool as it is.
    - ``none`` takes the pool away, so that the map stays large. Its ``after`` is its ``before`` by definition: it is
      the zero of the scale. The rest of the model then sees a larger map; where its dense layers cannot take that,
      or its output gets another shape, ``output`` and ``same_class`` are NaN and ``status`` says so. No other map
      is made up in its place: to subsample
      is ``strided``.
    - ``l2`` is the root mean square, which leaves a constant map alone as the maximum and the mean do.

    Memory: one batch at every shift, with the maps before and behind its pools; of every image at every shift, at most
    2,048 numbers of each of these maps.

    References
    ----------
    Chaman, A. and Dokmanić, I. (2021). Truly shift-invariant convolutional neural networks. CVPR.
    Scherer, D., Müller, A. and Behnke, S. (2010). Evaluation of pooling operations in convolutional architectures for
    object recognition. ICANN.
    Zhang, R. (2019). Making convolutional networks shift-invariant again. ICML.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> pools = hf.pooling_invariance(h, hf.digits(split="test")[0], max_images=16)
    >>> pools.table[pools.table.pooling == "as it is"].layer.tolist()
    ['pool1', 'pool2']
    """
    pools = _pools(h)
    images = subsample(_enough(images), max_images, seed)
    shifts = _shifts(max_shift)
    if boundary == "crop":
        raise HierfeatError("expected boundary as one of zero, wrap, reflect; translation_invariance can 'crop'")
    found = {(layer.name, pooling): _Gathered(shifts) for layer in pools for pooling in _poolings(layer)}
    with torch.no_grad():
        for batch in with_bar(images.split(batch_size or default_batch(h.input_shape)), "images"):
            _take(h, pools, found, [shift(batch, *d, boundary=boundary) for d in shifts])
    rows = [_row(layer, pooling, found) for layer in pools for pooling in _poolings(layer) if pooling != BEFORE]
    return PoolingInvariance(
        table=pd.DataFrame(rows),
        provenance=provenance(h, max_shift=max_shift, boundary=boundary, images=len(images), seed=seed),
    )


class _Gathered:
    """What was seen of one map, and of the model's output, batch by batch; lists over shifts, the first being none."""

    def __init__(self, shifts: list[Shift]) -> None:
        self._shifts = shifts
        self._maps, self._outputs = Similarities(len(shifts)), Similarities(len(shifts))
        self._features: list[Tensor] = []
        self._energy: list[Tensor] = []
        self._same: list[Tensor] = []
        self.status = "exact"

    def take(self, maps: list[Tensor], energy: Tensor) -> None:
        """The map, at all shifts, and the energy of the pool's input that it keeps."""
        _compare(self._maps, maps)
        self._features.append(torch.stack([features(response) for response in maps], 1))
        self._energy.append(energy)

    def take_outputs(self, responses: list[Tensor], intact: Tensor) -> None:
        """The model's outputs, at all shifts, and those of the model as it is, unshifted."""
        _compare(self._outputs, responses)
        self._same.append(responses[0].argmax(1) == intact.argmax(1))

    @cached_property
    def invariance(self) -> float:
        return float(self._maps.invariance("")[1:].mean())

    @cached_property
    def position(self) -> float:
        return position_r2(torch.cat(self._features), self._shifts)

    def costs(self) -> dict[str, float]:
        """Energy kept, invariance of the model's output, and how many images keep their class."""
        return {
            "energy_kept": float(torch.cat(self._energy).nanmean()),
            "position_after": self.position,
            "output": float(self._outputs.invariance("")[1:].mean()) if self._outputs.keys else np.nan,
            "same_class": float(double(torch.cat(self._same)).mean()) if self._same else np.nan,
        }


def _compare(similarities: Similarities, responses: list[Tensor]) -> None:
    similarities.show("", responses[0])
    for condition, response in enumerate(responses):
        similarities.compare("", condition, response)


def _row(layer: Layer, pooling: str, found: dict[tuple[str, str], _Gathered]) -> dict[str, object]:
    first, this = found[layer.name, BEFORE], found[layer.name, pooling]
    before, after = first.invariance, this.invariance
    return {
        "layer": layer.name,
        "op": layer.op,
        "pooling": pooling,
        "before": before,
        "after": after,
        "gain": after - before,
        "position_before": first.position,
        **this.costs(),
        "status": this.status,
    }


def _pools(h: Hierarchy) -> list[Layer]:
    pools = [layer for layer in h.layers if layer.kind == "pool" and len(layer.in_shape) == 3]
    if not pools:
        raise HierfeatError(
            f"{h.name} has no pooling layer over maps, which this analysis is about; "
            "translation_invariance measures any layer"
        )
    return pools


def _enough(images: Tensor) -> Tensor:
    if len(images) < 4:
        raise HierfeatError(
            f"expected at least four images, two to fit the position and two to test it; got {len(images)}"
        )
    return images


def _shifts(max_shift: int) -> list[Shift]:
    if int(max_shift) != max_shift or max_shift < 1:
        raise HierfeatError(f"expected max_shift as a whole number of pixels, at least 1; got {max_shift!r}")
    amounts = range(1, int(max_shift) + 1)
    return [(0, 0), *(d for a in amounts for d in ((-a, 0), (a, 0), (0, -a), (0, a)))]


def _poolings(layer: Layer) -> list[str]:
    return [BEFORE, AS_IT_IS, *POOLS] if Windows.of(layer) is not None else [BEFORE, AS_IT_IS]


def _take(h: Hierarchy, pools: list[Layer], found: dict[tuple[str, str], _Gathered], shown: list[Tensor]) -> None:
    """Show one batch at all shifts, with the pools as they are and with each one swapped."""
    inputs, outputs, intact = as_it_is(h, pools, shown)
    for layer in pools:
        given, windows = inputs[layer.name], Windows.of(layer)
        for pooling in _poolings(layer):
            this = found[layer.name, pooling]
            if pooling in (BEFORE, AS_IT_IS):
                maps, responses = given if pooling == BEFORE else outputs[layer.name], intact
            else:
                assert windows is not None, "only pools with windows are swapped"
                maps = [POOLS[pooling](x, windows) for x in given]
                responses, this.status = outputs_with(h, layer, pooling, shown, intact[0].shape)
            this.take(maps, spread_energy(given[0], maps[0], windows))
            if responses:
                this.take_outputs(responses, intact[0])
