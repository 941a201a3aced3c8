"""The kernels of an image-processing lecture: blurs, sharpeners, edge detectors, Gabors, and what each does."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat._values import levels, real, whole
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked

_EDGE = {
    0: ("horizontal edges", "above"),
    45: ("edges that rise to the right", "above left"),
    90: ("vertical edges", "on the left"),
    135: ("edges that fall to the right", "above right"),
}


@dataclass(frozen=True, eq=False)
class ImageKernels(Result):
    """Named kernels with what each of them does.

    Attributes
    ----------
    table : pandas.DataFrame
        ``kernel, family, rows, columns, sum, description``; the sum says what happens to a uniform grey: kept (1),
        removed (0).
    kernels : dict of numpy.ndarray
        Name to (rows, columns) weights, to be laid on the image as they are (cross-correlation).
    """

    kernels: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        """Give one kernel by its name."""
        if name not in self.kernels:
            raise HierfeatError(f"no kernel {name!r}; there are {', '.join(self.kernels)}")
        return self.kernels[name]

    plot = drawn("kernels.plot_kernels")


@checked(
    size=whole(1, 1023),
    sigma=real(above=0, high=200),
    orientations=levels(0, 180, counted=False),
    frequency=real(above=0, high=0.5),
)
def image_kernels(
    *,
    size: int = 3,
    sigma: float = 1.0,
    orientations: Sequence[float] = (0, 45, 90, 135),
    frequency: float = 0.15,
) -> ImageKernels:
    """Collect the kernels that a lecture shows before any training.

    Parameters
    ----------
    size
        Side of the box blur, in pixels, odd.
    sigma
        Standard deviation of the Gaussian in ``gaussian_blur``, ``unsharp`` and the centre of ``dog``, in pixels.
    orientations
        Orientations of the Gabors: the angle of the bars in degrees, counter-clockwise from horizontal.
    frequency
        Spatial frequency of the Gabors, in cycles/pixel, up to 0.5.

    Returns
    -------
    ImageKernels
        ``.kernels`` and indexing by name; ``.table`` with a sentence for each.

    Raises
    ------
    HierfeatError
        If the size is even, or sigma or the frequency is out of range.

    Notes
    -----
    Kernels are meant for cross-correlation, which is what every CNN library computes under the name of
    convolution: the kernel is laid on the image as it is printed. ``sobel_90`` responds positively where the
    image is brighter on the left; a true convolution flips it, and the sign with it.

    References
    ----------
    Prewitt, J. M. S. (1970). Object enhancement and extraction. In Picture Processing and Psychopictorics, 75-149.
    Sobel, I. (2014). History and definition of the Sobel operator.
    Marr, D. and Hildreth, E. (1980). Theory of edge detection. Proc. R. Soc. Lond. B 207, 187-217.
    Daugman, J. G. (1985). Uncertainty relation for resolution in space, spatial frequency, and orientation. JOSA A 2.

    Examples
    --------
    >>> kernels = image_kernels()
    >>> kernels["sobel_90"].tolist()
    [[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]
    >>> kernels.table.set_index("kernel").loc["laplacian", "sum"]
    np.float64(0.0)
    """
    orientations = np.atleast_1d(orientations).tolist()
    if size % 2 == 0:
        raise HierfeatError(f"expected an odd size for the box blur, so that it has a centre, got {size}")
    entries = [*_smoothing(size, sigma), *_sharpening(sigma), *_edges(), *_blobs(sigma)]
    entries += [_gabor_entry(angle, frequency) for angle in orientations]
    rows = [
        {"kernel": name, "family": family, "rows": kernel.shape[0], "columns": kernel.shape[1]}
        | {"sum": round(float(kernel.sum()), 12) + 0.0, "description": text}
        for name, family, kernel, text in entries
    ]
    parameters = {"size": size, "sigma": sigma, "orientations": orientations, "frequency": frequency}
    return ImageKernels(
        table=pd.DataFrame(rows), provenance={"parameters": parameters}, kernels={name: k for name, _, k, _ in entries}
    )


def gaussian_kernel(sigma: float, *, radius: int | None = None) -> np.ndarray:
    """Sample a Gaussian of standard deviation `sigma` pixels on a square of side 2·radius + 1, with sum 1.

    Raises
    ------
    HierfeatError
        If sigma is not positive.

    Examples
    --------
    >>> gaussian_kernel(1.0).shape
    (7, 7)
    """
    if not sigma > 0:
        raise HierfeatError(f"expected sigma above 0 pixels, got {sigma}")
    radius = math.ceil(3 * sigma) if radius is None else radius
    row, column = _grid(radius)
    bell = np.exp(-(row**2 + column**2) / (2 * sigma**2))
    return np.asarray(bell / bell.sum())


def gabor_kernel(orientation: float, frequency: float, *, phase: float = 0.0, sigma: float | None = None) -> np.ndarray:
    """Sample a Gabor: a grating under a round Gaussian, its mean removed so that uniform grey gives 0.

    Parameters
    ----------
    orientation
        Angle of the bars in degrees, counter-clockwise from horizontal: 0 = horizontal bars, 90 = vertical bars.
    frequency
        Cycles/pixel, above 0 and up to 0.5.
    phase
        Degrees: 0 = a bright bar in the centre (even), 90 = an edge (odd).
    sigma
        Standard deviation of the envelope, in pixels; by default 0.4/frequency (a bandwidth of about 1.4 octaves), but
        no less than 2, below which a fine grating cannot be distinguished from its alias.

    Returns
    -------
    numpy.ndarray
        (side, side) with a sum of 0 and absolute values that sum to 1.

    Raises
    ------
    HierfeatError
        If the frequency is out of range or sigma is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> vertical = gabor_kernel(90, 0.25)
    >>> bool(np.allclose(vertical, gabor_kernel(0, 0.25).T))
    True
    """
    if not 0 < frequency <= 0.5:
        raise HierfeatError(f"expected a frequency above 0 and up to 0.5 cycles/pixel, got {frequency}")
    sigma = max(0.4 / frequency, 2.0) if sigma is None else sigma
    envelope = gaussian_kernel(sigma)
    row, column = _grid(envelope.shape[0] // 2)
    angle = math.radians(orientation)
    across = row * math.cos(angle) + column * math.sin(angle)
    wave = np.cos(2 * np.pi * frequency * across - math.radians(phase))
    kernel = envelope * (wave - (envelope * wave).sum())
    return np.asarray(kernel / np.abs(kernel).sum())


def _grid(radius: int) -> tuple[np.ndarray, np.ndarray]:
    steps = np.arange(-radius, radius + 1, dtype=float)
    return steps[:, None], steps[None, :]


_Entry = tuple[str, str, np.ndarray, str]


def _smoothing(size: int, sigma: float) -> list[_Entry]:
    identity = np.zeros((3, 3))
    identity[1, 1] = 1
    return [
        ("identity", "identity", identity, "Leaves the image as it is: the one weight sits on the pixel itself."),
        ("box_blur", "blur", np.full((size, size), 1 / size**2), "Averages the neighbourhood, every pixel alike."),
        (
            "gaussian_blur",
            "blur",
            gaussian_kernel(sigma),
            "Averages the neighbourhood, near pixels more than far.",
        ),
    ]


def _sharpening(sigma: float) -> list[_Entry]:
    blur = gaussian_kernel(sigma)
    unsharp = -blur
    unsharp[blur.shape[0] // 2, blur.shape[1] // 2] += 2
    sharpen = np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    emboss = np.array([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]])
    return [
        ("sharpen", "sharpen", sharpen, "Adds each pixel's difference from its four neighbours: edges stand out."),
        ("unsharp", "sharpen", unsharp, "Adds the difference from a Gaussian blur: the photographer's unsharp mask."),
        ("emboss", "relief", emboss, "A relief pressed in metal, bright parts raised, lit from the upper left."),
    ]


def _edges() -> list[_Entry]:
    outline = np.full((3, 3), -1.0)
    outline[1, 1] = 8
    entries: list[_Entry] = [
        ("outline", "edge", outline, "Keeps what differs from its eight neighbours: outlines in every direction.")
    ]
    for name, middle in (("sobel", 2.0), ("prewitt", 1.0)):
        upright = np.array([[1.0, middle, 1], [0, 0, 0], [-1, -middle, -1]])
        diagonal = np.array([[middle, 1.0, 0], [1, 0, -1], [0, -1, -middle]])
        for angle, kernel in ((0, upright), (45, diagonal), (90, upright.T), (135, np.fliplr(diagonal))):
            edges, side = _EDGE[angle]
            weighted = "; near neighbours count double" if name == "sobel" else ""
            text = f"Finds {edges}, positive where it is brighter {side}{weighted}."
            entries.append((f"{name}_{angle}", "edge", np.ascontiguousarray(kernel), text))
    return entries


def _blobs(sigma: float) -> list[_Entry]:
    laplacian = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    radius = math.ceil(3 * 1.6 * sigma)
    dog = gaussian_kernel(sigma, radius=radius) - gaussian_kernel(1.6 * sigma, radius=radius)
    centre = "Centre minus surround, like a retinal ganglion cell: spots and fine lines, no direction."
    return [
        ("laplacian", "edge", laplacian, "Sums both second derivatives: zero on ramps, changes sign across an edge."),
        ("dog", "centre-surround", dog, centre),
    ]


def _gabor_entry(angle: float, frequency: float) -> _Entry:
    text = f"Responds to bars at {angle:g}° with {frequency:g} cycles/pixel, like a simple cell of V1."
    return f"gabor_{angle:g}", "gabor", gabor_kernel(angle, frequency), text
