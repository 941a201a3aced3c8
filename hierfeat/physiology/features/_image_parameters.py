"""Images as the parameters of an optimisation: their spectrum, and random views of them."""

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

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


class Views:
    """Random shifts, scalings and rotations, each view a crop of a larger canvas: no pixel is made up.

    Parameters
    ----------
    size
        (height, width) of a view, in pixels.
    jitter
        Largest shift, in pixels.
    scale
        Largest relative change of size.
    rotation
        Largest rotation, in degrees.
    generator

    Attributes
    ----------
    margin : int
        Pixels that a canvas has on each side beyond a view.
    """

    def __init__(
        self, size: tuple[int, int], *, jitter: float, scale: float, rotation: float, generator: torch.Generator
    ) -> None:
        self._size, self._generator = size, generator
        self._jitter, self._scale, self._rotation = jitter, scale, math.radians(rotation)
        growth = (1 + scale) * (math.cos(self._rotation) + math.sin(self._rotation)) - 1
        self.margin = math.ceil(jitter + growth * max(size) / 2)

    def __call__(self, canvases: Tensor, *, mode: str = "bilinear") -> Tensor:
        """The same random view of all canvases, (N, C, H + 2·margin, W + 2·margin), as (N, C, H, W)."""
        row, col, size, angle = (2 * torch.rand(4, generator=self._generator) - 1).tolist()
        return view(
            canvases,
            self._size,
            shift=(row * self._jitter, col * self._jitter),
            scale=1 + size * self._scale,
            rotation=angle * self._rotation,
            mode=mode,
        )


def centre(canvases: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle (height, width) of each canvas: the view that is neither shifted, scaled nor rotated."""
    (height, width), (h, w) = canvases.shape[2:], size
    top, left = (height - h) // 2, (width - w) // 2
    return canvases[..., top : top + h, left : left + w]


def view(
    canvases: Tensor,
    size: tuple[int, int],
    *,
    shift: tuple[float, float] = (0.0, 0.0),
    scale: float = 1.0,
    rotation: float = 0.0,
    mode: str = "bilinear",
) -> Tensor:
    """A crop of `size` around the centre of each canvas moved by `shift` pixels, in one resampling.

    Parameters
    ----------
    canvases
        (N, C, H, W).
    size
        (height, width) of the crop.
    shift
        Rows and columns, in pixels, by which the window moves down and to the right.
    scale
        Pixels of the canvas to a pixel of the crop.
    rotation
        In radians.
    mode
        How values between pixels are found: ``bilinear``, which is fast, but halfway between pixels takes 29 % of the
        contrast from stripes with a period of four pixels, or ``bicubic``, which takes 3 %.

    Notes
    -----
    Beyond the canvas it goes on as its reflection.

    Examples
    --------
    >>> import torch
    >>> canvas = torch.arange(25.0).view(1, 1, 5, 5)
    >>> view(canvas, (3, 3), shift=(1, 0))[0, 0].round().int().tolist()
    [[11, 12, 13], [16, 17, 18], [21, 22, 23]]
    """
    (height, width), (h, w) = canvases.shape[2:], size
    cos, sin = scale * math.cos(rotation), scale * math.sin(rotation)
    affine = torch.tensor(
        [
            [cos * w / width, -sin * h / width, 2 * shift[1] / width],
            [sin * w / height, cos * h / height, 2 * shift[0] / height],
        ],
        device=canvases.device,
        dtype=canvases.dtype,
    )
    grid = affine_grid(
        affine.expand(len(canvases), 2, 3), [len(canvases), canvases.shape[1], h, w], align_corners=False
    )
    return grid_sample(canvases, grid, mode=mode, padding_mode="reflection", align_corners=False)
