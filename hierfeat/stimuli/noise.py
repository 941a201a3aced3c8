"""White, pink and sparse noise, for reverse correlation."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

from hierfeat._values import choice, real, whole
from hierfeat.stimuli._checks import MOST, image_shape
from hierfeat.stimuli.stimulus_set import StimulusSet
from hierfeat.subjects.arguments import checked

COUNT = whole(1, MOST)
SEED = whole(0, 2**62)  # a generator takes 64 bits; image i is drawn from seed + i
CELL = whole(1, 2**20)


@checked(shape=image_shape, n=COUNT, seed=SEED, cell=CELL, distribution=choice("binary", "gaussian"))
def white_noise(
    shape: Sequence[int],
    n: int,
    *,
    seed: int = 0,
    cell: int = 1,
    contrast: float = 1.0,
    distribution: Literal["binary", "gaussian"] = "binary",
) -> StimulusSet:
    """White noise: every cell of `cell` × `cell` pixels independent of every other.

    Parameters
    ----------
    shape
        (channels, height, width); the channels are equal.
    n
        Number of images.
    seed
        Image i is drawn from a generator seeded with ``seed + i``, so a slice never depends on its batch.
    cell
        Pixels.
    contrast
        Binary noise is ``±contrast``; Gaussian noise has that at three standard deviations and is cut there.
    distribution
        ``binary`` carries the most power within [0, 1]; ``gaussian`` makes the spike-triggered average of a unit
        with one linear stage unbiased (Bussgang).

    Returns
    -------
    StimulusSet
        Columns ``seed, contrast``.

    Examples
    --------
    >>> white_noise((1, 16, 16), 100)[0:2].unique().tolist()
    [0.0, 1.0]
    """
    sample = _binary if distribution == "binary" else _gaussian
    return _noise(shape, n, seed, contrast, partial(_cells, sample=sample, cell=cell))


@checked(shape=image_shape, n=COUNT, seed=SEED, cell=CELL, density=real(0, 1))
def sparse_noise(
    shape: Sequence[int], n: int, *, seed: int = 0, cell: int = 1, density: float = 0.05, contrast: float = 1.0
) -> StimulusSet:
    """Sparse noise: a share `density` of the cells is light or dark, at random; the rest is the grey ground.

    Parameters
    ----------
    shape, n, seed, cell
        As in :func:`white_noise`.
    density
        Share of the cells, 0 to 1.
    contrast
        As in :func:`white_noise`.

    Returns
    -------
    StimulusSet
        Columns ``seed, contrast``.

    Examples
    --------
    >>> images = sparse_noise((1, 64, 64), 4, density=0.1)[:]
    >>> round(float((images != 0.5).float().mean()), 1)
    0.1
    """
    sample = partial(_sparse, density=density)
    return _noise(shape, n, seed, contrast, partial(_cells, sample=sample, cell=cell))


@checked(shape=image_shape, n=COUNT, seed=SEED)
def pink_noise(shape: Sequence[int], n: int, *, seed: int = 0, contrast: float = 1.0) -> StimulusSet:
    """Pink noise: random phases, amplitude falling as 1/frequency as in natural scenes (Field 1987).

    Parameters
    ----------
    shape, n, seed
        As in :func:`white_noise`.
    contrast
        Reached at three standard deviations; the rest is cut.

    Returns
    -------
    StimulusSet
        Columns ``seed, contrast``.

    References
    ----------
    Field DJ (1987). Relations between the statistics of natural images and the response properties of cortical
    cells. J Opt Soc Am A 4:2379-2394.

    Examples
    --------
    >>> pink_noise((3, 32, 32), 10)[0].shape
    torch.Size([3, 32, 32])
    """
    return _noise(shape, n, seed, contrast, _pink)


Field = Callable[[Generator, int, int], Tensor]


def _noise(shape: Sequence[int], n: int, seed: int, contrast: float, field: Field) -> StimulusSet:
    table = pd.DataFrame({"seed": np.arange(seed, seed + n), "contrast": contrast})
    return StimulusSet(shape, table, partial(_draw, field=field))


def _draw(rows: Tensor, cols: Tensor, values: Mapping[str, Tensor], *, field: Field) -> Tensor:
    """Seed each image by itself, on the CPU, so that every device shows the same noise."""
    size = rows.shape[0], cols.shape[1]
    seeds = values["seed"].flatten().tolist()
    images = torch.stack([field(Generator().manual_seed(seed), *size) for seed in seeds])
    return images.to(rows.device).mul_(values["contrast"])


def _cells(generator: Generator, height: int, width: int, *, sample: Field, cell: int) -> Tensor:
    coarse = sample(generator, -(-height // cell), -(-width // cell))
    return coarse.repeat_interleave(cell, 0).repeat_interleave(cell, 1)[:height, :width]


def _binary(generator: Generator, height: int, width: int) -> Tensor:
    return torch.randint(0, 2, (height, width), generator=generator).float().mul_(2).sub_(1)


def _gaussian(generator: Generator, height: int, width: int) -> Tensor:
    return torch.randn(height, width, generator=generator).div_(3).clamp_(-1, 1)


def _sparse(generator: Generator, height: int, width: int, *, density: float) -> Tensor:
    shown = torch.rand(height, width, generator=generator) < density
    return shown * _binary(generator, height, width)


def _pink(generator: Generator, height: int, width: int) -> Tensor:
    spectrum = torch.fft.rfft2(torch.randn(height, width, generator=generator))
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :])
    spectrum[0, 0], frequency[0, 0] = 0, 1  # no mean: the ground stays grey
    field: Tensor = torch.fft.irfft2(spectrum / frequency, s=(height, width))
    return (field / (3 * field.std(correction=0).clamp_min(1e-12))).clamp_(-1, 1)
