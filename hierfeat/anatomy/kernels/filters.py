"""The kernels of a convolution: their Gabor fits, their opposites, and what they look for in the image."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat.anatomy.kernels._gabor_fit import Gabors, fit_gabors
from hierfeat.anatomy.kernels._gradients import by_output, central_gradients, declared_kernel
from hierfeat.anatomy.receptive_fields import receptive_fields
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.calls import Call, Stop
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.ops import settings
from hierfeat.subjects.provenance import provenance

STRONGEST = 4
"""Inputs listed per kernel."""
CHUNK = 64
"""Channels in one backward pass."""


@dataclass(frozen=True, eq=False)
class Filters(Result):
    """The kernels of one layer; see :func:`filters` for the columns of ``.table``.

    Attributes
    ----------
    layer : str
    kernels : numpy.ndarray
        (channels, inputs per group, height, width), as the layer has them.
    effective : numpy.ndarray
        (channels, image channels, height, width): what the layers below and the kernel together compute when every
        activation passes everything and every max pool averages; for a first layer, the kernels themselves.
    profiles, fits : numpy.ndarray
        (channels, height, width): the effective kernel's strongest spatial component, and the Gabor fitted to it.
    random_opposites : numpy.ndarray
        ``opposite_cosine`` of as many Gaussian random kernels of the same shape: what chance gives.
    """

    layer: str
    kernels: np.ndarray
    effective: np.ndarray
    profiles: np.ndarray
    fits: np.ndarray
    random_opposites: np.ndarray

    plot = drawn("filters.plot_filters")

    plot_fits = drawn("filters.plot_gabor_fits")

    plot_pairs = drawn("filters.plot_opposites")


@checked()
def filters(h: Hierarchy, layer: Layers, *, seed: int = 0) -> Filters:
    """Look at a convolution's kernels as a physiologist looks at simple fields.

    Parameters
    ----------
    h
        The subject.
    layer
        One convolution's name.
    seed
        Of the random kernels that opposite pairs are compared with.

    Returns
    -------
    Filters
        ``.table`` has a row per kernel: ``layer, channel, orientation`` and ``phase`` (degrees), ``frequency``
        (cycles/pixel), ``bandwidth`` (octaves), ``sigma_across, sigma_along`` (pixels), ``nx, ny, aspect, gabor_r2``;
        ``separability``, the share of the kernel's energy in its strongest spatial component, which is what is fitted;
        ``opposite, opposite_cosine``, the kernel most nearly its negative; ``strongest_inputs`` and ``norm``.

    Raises
    ------
    HierfeatError
        If `layer` is no convolution with a kernel, or names several.

    Notes
    -----
    The Gabor is fitted to the effective kernel: in a first layer that is the kernel itself (for colour, its first
    singular component over channels); in a deeper one the gradient of the central unit with respect to the normalised
    image, activations taken as the identity and max pools as averages.  nx = σ_across f and ny = σ_along f are
    Ringach's; ``opposite_cosine`` is min_j cos(φ_i, φ_j) over the layer's own kernels.

    References
    ----------
    Ringach DL (2002). J Neurophysiol 88:455-463.  Shang W, Sohn K, Almeida D, Lee H (2016). Understanding and
    improving convolutional neural networks via concatenated rectified linear units. ICML.

    Examples
    --------
    >>> import hierfeat as hf
    >>> kernels = hf.filters(hf.load("lenet5-digits"), "conv1")
    >>> kernels.kernels.shape
    (6, 1, 5, 5)
    """
    name = _only(h, layer)
    kernels = _weights(h, name)
    effective = _effective(h, name, len(kernels))
    profiles, separability = _profiles(effective)
    gabors = fit_gabors(profiles)
    cosine, opposite = opposites(kernels)
    norms = np.sqrt((kernels**2).sum((2, 3)))
    table = pd.DataFrame({"layer": name, "channel": np.arange(len(kernels)), **_gabor_columns(gabors)})
    table["separability"] = separability
    table["opposite"], table["opposite_cosine"] = opposite, cosine
    strongest = (-norms).argsort(1)[:, :STRONGEST]
    table["strongest_inputs"] = [tuple(int(index) for index in row) for row in strongest]
    table["norm"] = np.sqrt((norms**2).sum(1))
    chance = np.random.default_rng(seed).normal(size=kernels.shape)
    return Filters(
        table=table,
        provenance=provenance(h, layer=name, seed=seed),
        layer=name,
        kernels=kernels,
        effective=effective,
        profiles=profiles,
        fits=gabors.kernels,
        random_opposites=opposites(chance)[0],
    )


def opposites(kernels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least cosine of each kernel with any other, and whose it is; NaN and -1 for a single or a zero kernel."""
    flat = kernels.reshape(len(kernels), -1)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    unit = flat / np.where(length > 0, length, 1)
    cosine = unit @ unit.T
    cosine[:, length[:, 0] == 0] = np.inf
    np.fill_diagonal(cosine, np.inf)
    least = cosine.min(1)
    alone = ~np.isfinite(least) | (length[:, 0] == 0)
    return np.where(alone, np.nan, least), np.where(alone, -1, cosine.argmin(1))


def _gabor_columns(gabors: Gabors) -> dict[str, np.ndarray]:
    return {
        "orientation": gabors.orientation,
        "frequency": gabors.frequency,
        "phase": gabors.phase,
        "bandwidth": gabors.bandwidth,
        "sigma_across": gabors.sigma_across,
        "sigma_along": gabors.sigma_along,
        "nx": gabors.sigma_across * gabors.frequency,
        "ny": gabors.sigma_along * gabors.frequency,
        "aspect": gabors.aspect,
        "gabor_r2": gabors.r2,
    }


def _only(h: Hierarchy, layer: Layers) -> str:
    chosen = h.layers.select(layer)
    if len(chosen) != 1:
        raise HierfeatError(f"expected one convolution, got {len(chosen)}: {', '.join(item.name for item in chosen)}")
    if chosen[0].kind != "conv" or len(chosen[0].out_shape) != 3:
        raise HierfeatError(f"expected a 2-d convolution, got {chosen[0].name!r}, a layer of kind {chosen[0].kind!r}")
    return chosen[0].name


def _weights(h: Hierarchy, name: str) -> np.ndarray:
    """The kernels that the call is given: (outputs, inputs, height, width), also where it is transposed."""
    found: list[Tensor] = []

    def before(call: Call) -> None:
        if call.name == name:
            weight = declared_kernel(call)
            if weight is None:
                weight = settings(call.op, call.args, call.kwargs).get("weight")
            if isinstance(weight, Tensor):
                found.append(by_output(call, weight.detach()))
            raise Stop

    with torch.no_grad(), h.watching(before=before):
        h.forward(torch.full((1, *h.input_shape), 0.5))
    if not found:
        raise HierfeatError(f"{name!r} is a convolution that declares no kernel: there is nothing to show")
    return np.asarray(found[0].double().cpu().numpy())


def _effective(h: Hierarchy, name: str, count: int) -> np.ndarray:
    """Gradients of the central units of the linearised network, cut to their receptive field."""
    shape = h.layers[name].out_shape
    top, left, bottom, right = receptive_fields(h).box(name, shape[1] // 2, shape[2] // 2)
    grey = torch.full((1, *h.input_shape), 0.5)
    starts = range(0, count, CHUNK)
    chunks = [range(start, min(start + CHUNK, count)) for start in starts]
    parts = [central_gradients(h, name, grey, chunk, linear=True)[:, 0, :, top:bottom, left:right] for chunk in chunks]
    return np.asarray(torch.cat(parts).double().numpy())


def _profiles(effective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The strongest spatial component of each kernel over the image's channels, and its share of the energy."""
    number, channels, height, width = effective.shape
    left, sizes, right = np.linalg.svd(effective.reshape(number, channels, -1), full_matrices=False)
    sign = np.sign(left[:, :, 0].sum(1))
    profile = right[:, 0] * (sizes[:, 0] * np.where(sign == 0, 1, sign))[:, None]
    energy = (sizes**2).sum(1)
    share = sizes[:, 0] ** 2 / np.where(energy > 0, energy, 1)
    return profile.reshape(number, height, width), np.where(energy > 0, share, np.nan)
