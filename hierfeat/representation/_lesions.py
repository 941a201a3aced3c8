"""What takes the place of a removed channel, and in which order channels are removed."""

import numpy as np
import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.recording.measures import Moments
from hierfeat.recording.sweep import swept
from hierfeat.representation.class_selectivity import class_selectivity
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.kernels import kernels_of

MODES = ("zero", "mean", "noise")
ORDERS = ("given", "selectivity", "norm", "random")


class Removal:
    """Puts zeros, the channel's mean, or noise of its mean and variance in the place of channels.

    Parameters
    ----------
    h, layer, images
        Means and variances are those of the layer's channels for all these images.
    mode
        One of `MODES`.
    streams
        So many independent streams of noise, one for each lesion.
    seed
        Of the noise.

    Notes
    -----
    A stream goes on from batch to batch, image by image, so that noise does not depend on the size of the batches.
    """

    def __init__(
        self, h: Hierarchy, layer: str, images: Tensor, mode: str, *, streams: int, seed: int, batch_size: int
    ) -> None:
        self._mode = mode
        self._streams = [np.random.default_rng([seed, stream]) for stream in range(streams)]
        if mode != "zero":
            [moments] = swept(h, images, [Moments()], layers=layer, batch_size=batch_size)
            self._means = moments["mean"].to_numpy()
            self._spreads = np.sqrt(moments["variance"].to_numpy())

    def __call__(self, output: Tensor, channels: list[int], stream: int) -> Tensor:
        """A copy of a layer's `output`, (N, C, ...), without `channels`."""
        removed = output.clone()
        shape = (-1, *[1] * (output.ndim - 2))
        if self._mode == "zero":
            removed[:, channels] = 0
            return removed
        means = torch.as_tensor(self._means[channels].reshape(shape)).to(output)
        removed[:, channels] = means.expand_as(removed[:, channels])
        if self._mode == "noise":
            drawn = self._streams[stream].standard_normal((len(output), len(channels), *output.shape[2:]))
            removed[:, channels] += torch.as_tensor(drawn * self._spreads[channels].reshape(shape)).to(output)
        return removed


def ordered(
    h: Hierarchy, layer: str, channels: list[int], images: Tensor, labels: Tensor, *, order: str, seed: int
) -> list[int]:
    """`channels` in the order in which they are removed."""
    if order == "given":
        return channels
    if order == "random":
        return [channels[place] for place in np.random.default_rng(seed).permutation(len(channels))]
    if order == "norm":
        weights = _norms(h, layer, images)[channels]
    else:
        found = class_selectivity(h, images, labels, layers=layer, permutations=1, progress=False).table
        weights = -np.nan_to_num(found["selectivity"].to_numpy()[channels])  # a dead channel selects nothing
    return [channels[place] for place in np.argsort(weights, kind="stable")]


def _norms(h: Hierarchy, layer: str, images: Tensor) -> np.ndarray:
    """The sum of the magnitudes of each channel's weights, as the layer is called with them."""
    found: list[np.ndarray] = []

    def before(call: Call) -> None:
        if call.name == layer:
            kernels = kernels_of(call)
            if kernels is None:
                raise HierfeatError(
                    f"expected a convolution or dense layer to order by the norm of weights, got {layer!r} of kind "
                    f"{call.kind}; order='selectivity' takes every layer"
                )
            found.append(kernels.weights.abs().flatten(1).sum(1).cpu().double().numpy())
            raise Stop

    with torch.no_grad(), h.watching(before=before):
        h.forward(images[:1])
    return found[0]
