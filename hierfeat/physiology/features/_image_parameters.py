"""Images as the parameters of an optimisation: their spectrum."""

import math

import torch
from torch import Tensor

from hierfeat.subjects.layer import Ints

# Square root of the covariance of RGB values in ImageNet's training images, as Lucid (Apache-2.0) has it.
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
_START = 0.01  # standard deviation of the first spectrum: nearly grey
_SIDE, _LEAST, _FEW = 32, 160, 9  # pixels: see Notes


class FourierImages:
    """A batch of images in [0, 1], given by spectra in which all frequencies of a natural image weigh alike.

    Parameters
    ----------
    seeds
        One per image: the noise that it starts from, whatever other images are in the batch.
    shape
        (C, H, W).
    device

    Notes
    -----
    image = sigmoid(M · IFFT(s(f)·z)/4a), a = min(max(160, n)/32, n/9), n = max(H, W), with s(f) = √(HW)/max(f, 1/n) for
    f in cycles/pixel, after Olah et al. (2017); a, which they do not have, keeps images of all sizes from saturating,
    and from staying grey: the larger they are, the more frequencies share what one step brings. For
    three channels M is the square root of the covariance of colours in ImageNet, so that the optimiser's
    channels are decorrelated; other images, grey ones above all, have M = 1.

    References
    ----------
    Olah, C., Mordvintsev, A. and Schubert, L. (2017). Feature visualization. Distill.
    """

    def __init__(self, seeds: list[int], shape: Ints, device: torch.device) -> None:
        channels, height, width = shape
        self._size = height, width
        rows, cols = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
        frequency = (rows.square() + cols.square()).sqrt().clamp(min=1 / max(height, width))
        longer = max(height, width)
        self._spread = min(max(_LEAST, longer) / _SIDE, longer / _FEW)
        self._scale = (math.sqrt(height * width) / frequency).to(device)[..., None]
        colours = torch.tensor(_COLOURS)
        largest = colours.norm(dim=0).max()
        self._colours = (colours / largest).to(device) if channels == 3 else None
        start = [
            torch.randn(channels, height, width // 2 + 1, 2, generator=torch.Generator().manual_seed(seed))
            for seed in seeds
        ]
        self.spectrum = (_START * torch.stack(start)).to(device).requires_grad_()

    def __call__(self) -> Tensor:
        """The images, (N, C, H, W), in [0, 1]."""
        spectrum = torch.view_as_complex(self.spectrum * self._scale)
        images: Tensor = torch.fft.irfft2(spectrum, s=self._size, norm="ortho") / (4 * self._spread)
        if self._colours is not None:
            images = torch.einsum("nchw,dc->ndhw", images, self._colours)
        return images.sigmoid()
