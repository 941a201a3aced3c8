"""The kernels of a convolution: their Gabor fits, their opposites, and what they look for in the image."""

from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd
import torch

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.anatomy.kernels._gabor_fit import Gabors, fit_gabors
from hierfeat.anatomy.kernels._gradients import central_gradients
from hierfeat.anatomy.kernels._opposites import OK, opposites
from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import any_layer, checked
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.checks import check_has_weights
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.kernels import Kernels, kernels_of
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance

NOTHING = "no effect on the image"
"""The status of a kernel whose effective kernel is zero."""
STRONGEST = 4
"""Inputs listed per kernel."""
CHUNK = 64
"""Channels in one backward pass, at most."""
BUDGET = 1 << 26
"""Numbers that the gradients of one layer may take, 256 MiB: fewer channels share a backward pass of large maps."""


@dataclass(frozen=True, eq=False)
class Filters(Result):
    """The kernels of one layer; see :func:`filters` for the columns of ``.table``.

    Attributes
    ----------
    layer : str
    kernels : numpy.ndarray
        (channels, inputs per group, height, width), as the layer has them.
    inputs : numpy.ndarray
        (channels, inputs per group), the input channels that each kernel reads.
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
    inputs: np.ndarray
    effective: np.ndarray
    profiles: np.ndarray
    fits: np.ndarray
    random_opposites: np.ndarray

    plot = drawn("filters.plot_filters")

    plot_fits = drawn("filters.plot_gabor_fits")

    plot_pairs = drawn("filters.plot_opposites")


@checked(layer=any_layer)
def filters(
    h: Hierarchy,
    layer: str,
    *,
    seed: int = 0,
    progress: bool = True,
) -> Filters:
    """Look at a convolution's kernels as a physiologist looks at simple fields.

    Parameters
    ----------
    h
        The subject.
    layer
        One convolution's name.
    seed
        Of the random kernels that opposite pairs are compared with.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Filters
        ``.table`` has a row per kernel: ``layer, channel, orientation`` and ``phase`` (degrees), ``frequency``
        (cycles/pixel), ``bandwidth`` (octaves), ``sigma_across, sigma_along`` (pixels), ``nx, ny, aspect, gabor_r2``;
        ``separability``, the share of the kernel's energy in its strongest spatial component, which is what is fitted;
        ``opposite, opposite_cosine``, the kernel of its group most nearly its negative (−1 and NaN if there is none);
        ``strongest_inputs``, channels of the layer's input; ``norm``; ``status``: ``ok``, or why numbers are NaN:
        ``zero kernel``, ``only one of its group``, ``no effect on the image``.

    Raises
    ------
    HierfeatError
        If `layer` is not a convolution with a kernel, or names several, if weights are NaN or infinite, if the forward
        pass allows no gradients, or if an activation on the way changes the number of channels.

    Notes
    -----
    The Gabor is fitted to the effective kernel: in a first layer that is the kernel itself (for colour, its first
    singular component over channels); in a deeper one the gradient of the central unit with respect to the normalised
    image, activations taken as the identity and max pools as averages.  nx = σ_across f and ny = σ_along f are
    Ringach's; ``opposite_cosine`` is min_j cos(φ_i, φ_j) over the layer's own kernels.

    Memory: the kernels of the layer, and the gradients of 64 units at a time; one image is shown. Time grows with the
    square of the channels, since the gradient of each is followed through the layer's whole map.

    References
    ----------
    Ringach DL (2002). J Neurophysiol 88:455-463. Shang W, Sohn K, Almeida D, Lee H (2016). Understanding and
    improving convolutional neural networks via concatenated rectified linear units. ICML.

    Examples
    --------
    >>> import hierfeat as hf
    >>> kernels = hf.filters(hf.load("lenet5-digits"), "conv1")
    >>> kernels.kernels.shape
    (6, 1, 5, 5)
    """
    name = _only(h, layer)
    check_has_weights(h)
    found = _weights(h, name)
    kernels = np.asarray(double(found.weights).cpu().numpy())
    effective = _effective(h, name, len(kernels))
    profiles, separability = _profiles(effective)
    gabors = fit_gabors(profiles)
    own = opposites(kernels, found.groups)
    table = pd.DataFrame({"layer": name, "channel": np.arange(len(kernels)), **_gabor_columns(gabors)})
    table["separability"] = separability
    table["opposite"], table["opposite_cosine"] = own.partner, own.cosine
    norms = np.sqrt((kernels**2).sum((2, 3)))
    table["strongest_inputs"] = _strongest(norms, found.inputs)
    table["norm"] = np.sqrt((norms**2).sum(1))
    table["status"] = np.where(~np.isfinite(separability) & (own.status == OK), NOTHING, own.status)
    chance = np.random.default_rng(seed).normal(size=kernels.shape)
    return Filters(
        table=table,
        provenance=provenance(h, layer=name, seed=seed),
        layer=name,
        kernels=kernels,
        inputs=found.inputs,
        effective=effective,
        profiles=profiles,
        fits=gabors.kernels,
        random_opposites=opposites(chance, found.groups).cosine,
    )


def _strongest(norms: np.ndarray, inputs: np.ndarray) -> list[tuple[int, ...]]:
    """The input channels of the largest weights, kernel by kernel; none of a kernel of zeros."""
    order = (-norms).argsort(1)[:, :STRONGEST]
    return [
        tuple(int(own[place]) for place in places) if (norm > 0).any() else ()
        for places, own, norm in zip(order, inputs, norms, strict=True)
    ]


def _gabor_columns(gabors: Gabors) -> dict[str, np.ndarray]:
    """The columns of the fits; NaN where there was nothing to fit."""
    columns = {
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
    blank = ~np.asarray(gabors.kernels).any((1, 2))
    return {name: np.where(blank, np.nan, values) for name, values in columns.items()}


def _only(h: Hierarchy, layer: Layers) -> str:
    chosen = h.layers.select(layer)
    if len(chosen) != 1:
        raise HierfeatError(f"expected one convolution, got {len(chosen)}: {', '.join(item.name for item in chosen)}")
    if chosen[0].kind != "conv" or len(chosen[0].out_shape) != 3:
        raise HierfeatError(f"expected a 2-d convolution, got {chosen[0].name!r}, a layer of kind {chosen[0].kind!r}")
    return chosen[0].name


def _weights(h: Hierarchy, name: str) -> Kernels:
    """The kernels that the call is given: (outputs, inputs per group, height, width), also where it is transposed."""
    found: list[Kernels | None] = []

    def before(call: Call) -> None:
        if call.name == name:
            found.append(kernels_of(call))
            raise Stop

    with torch.no_grad(), h.watching(before=before):
        h.forward(torch.full((1, *h.input_shape), 0.5))
    kernels = found[0] if found else None
    if kernels is None:
        raise HierfeatError(f"{name!r} is a convolution that declares no kernel: there is nothing to show")
    if not bool(kernels.weights.isfinite().all()):
        raise HierfeatError(f"expected finite weights in {name!r} of {h.name}, got NaN or infinity")
    return kernels


def _effective(h: Hierarchy, name: str, count: int) -> np.ndarray:
    """Gradients of the central units of the linearised network, cut to their receptive field."""
    shape = h.layers[name].out_shape
    top, left, bottom, right = known_fields(h).box(name, shape[1] // 2, shape[2] // 2)
    grey = torch.full((1, *h.input_shape), 0.5)
    largest = max(prod(h.input_shape), *(prod(layer.out_shape) for layer in h.layers))
    size = min(CHUNK, max(1, BUDGET // largest))
    chunks = [range(start, min(start + size, count)) for start in range(0, count, size)]
    parts = [
        central_gradients(h, name, grey, chunk, linear=True)[:, 0, :, top:bottom, left:right]
        for chunk in with_bar(chunks, f"filters of {name}")
    ]
    return np.asarray(double(torch.cat(parts)).cpu().numpy())


def _profiles(effective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The strongest spatial component of each kernel over the image's channels, and its share of the energy."""
    number, channels, height, width = effective.shape
    if not height * width:  # the central unit sees no pixel at all
        return np.zeros((number, 1, 1)), np.full(number, np.nan)
    maps = effective.reshape(number, channels, -1)
    # squares of the singular values, the largest last: a third of the time of svd
    sizes, left = np.linalg.eigh(maps @ maps.transpose(0, 2, 1))
    sign = np.sign(left[:, :, -1].sum(1))
    profile = (left[:, None, :, -1] @ maps)[:, 0] * np.where(sign == 0, 1, sign)[:, None]
    energy = (maps**2).sum((1, 2))
    share = np.minimum(sizes[:, -1] / np.where(energy > 0, energy, 1), 1)
    return profile.reshape(number, height, width), np.where(energy > 0, share, np.nan)
