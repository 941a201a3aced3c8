"""Gram matrices of the images of a batch, layer by layer, and unbiased estimates from them."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_count, check_image_axes
from hierfeat.subjects.precision import double
from hierfeat.subjects.watching import Watching

FEWEST = 4  # images without which the unbiased estimate does not exist
STILL = 1e-12  # of a layer's power, the variance below which it is rounding error, and the layer constant
FLAT = 1e-6  # of its power, the variance of a pattern below which it is rounding error
BANDS = 2  # of rows of products, which are made from the diagonal on
SAMPLE = 256  # units whose mean says about what all have in common
BLOCK = 1 << 18  # responses that are multiplied at a time, 1 MiB


def grams(h: Hierarchy, images: Tensor, names: list[str], batch_size: int) -> tuple[Tensor, Tensor]:
    """Gram and correlation matrices of each layer's responses to `images`, both (layers, N, N), in float64 on the CPU.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W), in [0, 1].
    names
        Layers' names.
    batch_size
        Images in one forward pass; if all of them fit in one, no layer's responses are kept.

    Notes
    -----
    The Gram matrix is K = XXᵀ with the batch's mean taken off X, which changes nothing of what is made of it and
    saves digits. The correlations are those between the patterns of any two images, over the units of the layer; NaN
    for an image to which all units respond alike.
    """
    check_image_axes(h, names)
    found: dict[str, tuple[Tensor, Tensor]] = {}
    parts: dict[str, list[Tensor]] = {name: [] for name in names}

    def after(call: Call, output: Tensor) -> None:
        check_count(h, call.name, output, shown)
        parts[call.name].append(output.flatten(1).float())
        if len(images) <= batch_size:  # reduced at once: the responses of one layer at a time are held
            found[call.name] = _of(parts.pop(call.name))

    wanted, shown = set(names), 0
    watching = Watching(h.model, after=after, only=lambda name, _: name in wanted, until=h.last_of(names))
    with torch.no_grad(), watching:
        for batch in images.split(batch_size):
            shown = len(batch)
            h.forward(batch)
    found |= {name: _of(kept) for name, kept in parts.items() if kept}
    pairs = [found[name] for name in names]
    return torch.stack([gram for gram, _ in pairs]), torch.stack([pattern for _, pattern in pairs])


def _of(parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Of one layer's responses to all images, (images, units), in parts."""
    count, units = sum(map(len, parts)), parts[0].shape[1]
    # correlations do not see what all units have in common: most of it is taken off, which saves digits
    level = double(torch.cat([part[:, :: max(1, units // SAMPLE)] for part in parts]).mean()).cpu()
    sums = _products(parts, level)
    gram, along, rise = sums[:count, :count], sums[:count, count], sums[:count, count + 1]
    power, total = sums[count, count:]
    raw = gram + along[:, None] + along + power
    levels = (rise + total) / units
    covariance = raw - units * levels[:, None] * levels
    variance = covariance.diagonal()
    spread = variance.where(variance > FLAT * raw.diagonal(), torch.nan).sqrt()
    if gram.trace() <= STILL * count * (power + 2 * level * total + units * level**2):
        gram = torch.zeros_like(gram)
    return gram, covariance / (spread[:, None] * spread)


def _products(parts: Sequence[Tensor], level: Tensor) -> Tensor:
    """Products (N + 2, N + 2) of the N responses less their mean, that mean less `level`, and ones; in float64.

    A few units at a time, which stay in the processor's cache, are added up in float64. The products are alike above
    and below the diagonal: hardly more than those above are made.
    """
    count, units = sum(map(len, parts)), parts[0].shape[1]
    size = max(1, BLOCK // count) if parts[0].device.type == "cpu" else units
    band = -(-(count + 2) // BANDS)
    found = torch.zeros(count + 2, count + 2, dtype=torch.float64)
    rows = parts[0].new_ones(count + 2, min(size, units))
    for pieces in zip(*(part.split(size, 1) for part in parts), strict=True):
        rows = rows[:, : pieces[0].shape[1]]
        responses, mean = rows[:count], rows[count]
        piece = pieces[0] if len(pieces) == 1 else torch.cat(pieces, out=responses)
        torch.mean(piece, 0, out=mean)
        torch.sub(piece, mean, out=responses)
        mean -= level.to(mean)
        for top in range(0, count + 2, band):
            found[top : top + band, top:] += double(rows[top : top + band] @ rows[top:].T).cpu()
    return found.triu() + found.triu(1).T


def u_centred(gram: Tensor) -> Tensor:
    """Gram matrices (..., N, N) centred so that their products estimate HSIC without bias.

    Notes
    -----
    U-centring of Székely & Rizzo (2014): with a zero diagonal,
    Kᵢⱼ − Σₗ Kᵢₗ/(N − 2) − Σₖ Kₖⱼ/(N − 2) + Σₖₗ Kₖₗ/((N − 1)(N − 2)) off the diagonal. Then
    Σᵢⱼ K̃ᵢⱼ L̃ᵢⱼ/(N(N − 3)) is the HSIC₁ of Song et al. (2012).
    """
    count = gram.shape[-1]
    hollow = gram - torch.diag_embed(gram.diagonal(dim1=-2, dim2=-1))
    sums = hollow.sum(-1)
    total = sums.sum(-1)[..., None, None] / ((count - 1) * (count - 2))
    centred = hollow - sums[..., None] / (count - 2) - sums[..., None, :] / (count - 2) + total
    return centred - torch.diag_embed(centred.diagonal(dim1=-2, dim2=-1))


def hsic(a: Tensor, b: Tensor) -> Tensor:
    """Unbiased HSIC between all of two sets of U-centred Gram matrices, (A, N, N) and (B, N, N): (A, B)."""
    count = a.shape[-1]
    return a.flatten(1) @ b.flatten(1).T / (count * (count - 3))


def own_hsic(a: Tensor) -> Tensor:
    """Unbiased HSIC of each U-centred Gram matrix, (A, N, N), with itself: (A,)."""
    count = a.shape[-1]
    return a.square().sum((1, 2)) / (count * (count - 3))


def shuffled_groups(images: Tensor, group: int, seed: int) -> Iterator[Tensor]:
    """Random groups of nearly equal size: an order by classes must not show.

    Raises
    ------
    HierfeatError
        If there are fewer than four images, or fewer in a group.
    """
    if len(images) < FEWEST or group < FEWEST:
        raise HierfeatError(
            f"expected at least {FEWEST} images and a group of at least {FEWEST}, got {len(images)} and {group}"
        )
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    for part in order.tensor_split(max(1, len(images) // group)):
        yield images[part]
