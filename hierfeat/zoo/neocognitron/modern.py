"""The later network (Fukushima 2003-2013): contrast cells, two modules of S- and C-cells, a labelled top.

No S-layer sees a label or a gradient. Only the top stage is given the labels.

References
----------
.. [1] Fukushima, K. (2003). Neocognitron for handwritten digit recognition. Neurocomputing 51, 161-180.
.. [2] Fukushima, K. (2010). Neocognitron trained with winner-kill-loser rule. Neural Networks 23, 926-938.
.. [3] Fukushima, K. (2011). Increasing robustness against background noise: visual pattern recognition by a
       neocognitron. Neural Networks 24, 767-778.
.. [4] Fukushima, K. (2013). Artificial vision by multi-layered neural networks: Neocognitron and its advances.
       Neural Networks 37, 103-119.
"""

import copy
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat._values import Check, Given, choice, real, several, whole
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.geometry import gaussian
from hierfeat.zoo.neocognitron.cells import CLayer, Layer, SLayer, root
from hierfeat.zoo.neocognitron.ridge import Ridge
from hierfeat.zoo.neocognitron.self_organisation import in_parts
from hierfeat.zoo.neocognitron.top import InterpolatingVector, condense

Pair = tuple[float, float]


@dataclass(frozen=True)
class ModernSettings:
    """Sizes and constants of the modern network; the defaults were chosen on a split of MNIST's training images.

    Parameters
    ----------
    planes
        Cell-planes of the two modules.
    thresholds
        θ of the two S-layers when they recognise.
    s_sizes, c_sizes
        Sides of the windows of S- and C-cells.
    s_sigmas, c_sigmas
        Standard deviations of c(ν) and d(ν), in cells.
    contrast
        Standard deviations of the centre and the surround of the contrast cells, in pixels.
    learning_images, learning_patterns
        Images and patterns from which each S-layer organises itself.
    passes
        Winner-take-all passes over the patterns.
    top
        ``"interpolating"`` (nearest combination of references of one class) or ``"ridge"`` (linear, closed form).
    references
        References per class that the interpolating vector keeps; training images beyond are condensed to so many.
    neighbours
        References that one interpolating vector combines.
    penalty
        Of the ridge, relative to the mean variance of the features.
    one_sided
        Steps towards a ridge whose scores may surpass their targets at no cost; 0 is the plain ridge. It keeps all
        features meanwhile: two bytes each, 0.5 GB for MNIST and each deformed copy of it.
    deformed
        How many further, slightly deformed copies of the training images the top learns from.
    """

    planes: tuple[int, int] = (32, 256)
    thresholds: Pair = (0.6, 0.55)
    s_sizes: tuple[int, int] = (7, 5)
    s_sigmas: Pair = (1.5, 1.5)
    c_sizes: tuple[int, int] = (5, 5)
    c_sigmas: Pair = (1.0, 2.0)
    contrast: Pair = (1.0, 2.0)
    learning_images: tuple[int, int] = (1500, 2500)
    learning_patterns: tuple[int, int] = (6000, 10000)
    passes: int = 10
    top: str = "interpolating"
    references: int = 200
    neighbours: int = 12
    penalty: float = 3e-4
    one_sided: int = 0
    deformed: int = 0

    def __post_init__(self) -> None:
        """Refuse what would fail later, or give a network that means something else."""
        for name, check in _CHECKS.items():
            check(getattr(self, name), name, {})
        if self.contrast[0] >= self.contrast[1]:
            raise HierfeatError(f"expected contrast as a centre smaller than its surround; got {self.contrast}")


def _odd(value: Any, name: str, given: Given) -> int:
    """Check the side of a window: it has a middle."""
    size: int = whole(1, 99)(value, name, given)
    if size % 2 == 0:
        raise HierfeatError(f"expected {name} as an odd number of cells, got {size}")
    return size


_CHECKS: dict[str, Check] = {
    "planes": several(2, whole()),
    "thresholds": several(2, real(0, 0.999)),
    "s_sizes": several(2, _odd),
    "s_sigmas": several(2, real(above=0)),
    "c_sizes": several(2, _odd),
    "c_sigmas": several(2, real(above=0)),
    "contrast": several(2, real(above=0)),
    "learning_images": several(2, whole()),
    "learning_patterns": several(2, whole(1, 10**7)),
    "passes": whole(0),
    "top": choice("interpolating", "ridge"),
    "references": whole(),
    "neighbours": whole(),
    "penalty": real(above=0),
    "one_sided": whole(0),
    "deformed": whole(0, 1000),
}


class SubtractiveS(SLayer):
    """S-cells with subtractive inhibition: u = φ[Σ a u - θ v] / (1 - θ) (Fukushima 2011).

    A cell's response to a pattern with c-weighted cosine s to its own is v·φ[s - θ]/(1 - θ): it does not divide
    by the pattern's strength, so that weak background noise stays weak.

    Parameters
    ----------
    threshold
        θ in [0, 1): the similarity a pattern must exceed.
    """

    def __init__(
        self, planes_in: int, planes: int, window: Tensor, *, threshold: float, stride: int = 1, padding: int = 0
    ) -> None:
        if not 0 <= threshold < 1:
            raise HierfeatError(f"expected a threshold θ in [0, 1), a similarity; got {threshold}")
        super().__init__(planes_in, planes, window, stride=stride, padding=padding)
        self.threshold = threshold
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Untrained cells: each plane's connections are those to one random pattern of firing rates."""
        patterns = torch.rand_like(self.a).flatten(1) * self.window.sqrt().flatten().repeat(self.in_channels)
        self.a.copy_(F.normalize(patterns, dim=1).reshape(self.a.shape) * self.window.sqrt())

    def forward(self, planes: Tensor) -> Tensor:
        """Responses of all S-cells, (N, planes, rows, columns), from those below, (N, planes_in, H, W)."""
        return F.relu(self.excitation(planes) - self.threshold * self.v_cells(planes)) / (1 - self.threshold)


class SquareRootC(CLayer):
    """C-cells whose response is √(Σ_ν d(ν) u_S) (Fukushima 2010): a compression without an upper bound."""

    def forward(self, planes: Tensor) -> Tensor:
        """Responses of all C-cells, (N, planes, rows, columns), from those of the S-cells."""
        return root(self.spread(planes))


class Contrast(Layer):
    """On- and off-centre cells in front of the first S-layer: rectified difference of Gaussians (2003).

    Parameters
    ----------
    centre, surround
        Standard deviations of the two Gaussians, in pixels.
    size
        Side of the window.
    """

    layer_kind = "conv"
    layer_op = "contrast_cells"

    def __init__(self, centre: float, surround: float, *, size: int = 9) -> None:
        super().__init__(1, 2, gaussian(size, centre) - gaussian(size, surround), padding=size // 2)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 1, H, W) images to (N, 2, H, W): on-centre cells, then off-centre cells."""
        return F.relu(F.conv2d(images, self.layer_kernel(), padding=self.padding))

    def layer_kernel(self) -> Tensor:
        """The difference of Gaussians, and minus it."""
        return torch.stack([self.window, -self.window])[:, None]


class ModernNetwork(nn.Module):
    """contrast → s1 → c1 → s2 → c2 → top.

    The first S-layer keeps the size of the image and the first C-layer halves it; the second S-layer looks only at
    whole windows, and the second C-layer keeps every third cell: 28x28 pixels become 14x14, 10x10 and 4x4 cells.

    Parameters
    ----------
    settings
        Sizes and constants.
    input_shape
        (1, H, W).
    classes
        Classes of the top stage.
    references
        Reference vectors of an interpolating-vector top (default: ``settings.references`` per class).
    """

    def __init__(
        self,
        settings: ModernSettings,
        input_shape: tuple[int, int, int],
        classes: int,
        *,
        references: int | None = None,
    ) -> None:
        super().__init__()
        s = self.settings = settings
        self.input_shape = input_shape
        self.contrast = Contrast(*s.contrast)
        windows = [gaussian(size, sigma) for size, sigma in zip(s.s_sizes, s.s_sigmas, strict=True)]
        pools = [gaussian(size, sigma) for size, sigma in zip(s.c_sizes, s.c_sigmas, strict=True)]
        self.s1 = SubtractiveS(2, s.planes[0], windows[0], threshold=s.thresholds[0], padding=s.s_sizes[0] // 2)
        self.c1 = SquareRootC(s.planes[0], pools[0], stride=2, padding=s.c_sizes[0] // 2)
        self.s2 = SubtractiveS(s.planes[0], s.planes[1], windows[1], threshold=s.thresholds[1])
        self.c2 = SquareRootC(s.planes[1], pools[1], stride=3, padding=s.c_sizes[1] // 2)
        features = self._features(input_shape)
        self.top: Ridge | InterpolatingVector
        if s.top == "ridge":
            self.top = Ridge(features, classes)
        else:
            count = references if references is not None else s.references * classes
            self.top = InterpolatingVector(features, classes, references=count, neighbours=s.neighbours)

    def _features(self, input_shape: tuple[int, int, int]) -> int:
        channels, height, width = input_shape
        least = 2 * self.settings.s_sizes[1] - 1
        if channels != 1 or min(height, width) < least:
            raise HierfeatError(f"expected grey images (1, H, W) of at least {least} pixels a side; got {input_shape}")
        with torch.no_grad():
            return self.features(torch.zeros(1, *input_shape)).shape[1]

    def first(self, images: Tensor) -> Tensor:
        """Responses of the first C-layer, (N, planes, H/2, W/2)."""
        found: Tensor = self.c1(self.s1(self.contrast(images)))
        return found

    def features(self, images: Tensor) -> Tensor:
        """Responses of the last C-layer, (N, features)."""
        images = images.contiguous(memory_format=torch.channels_last)  # a third faster on a CPU
        found: Tensor = self.c2(self.s2(self.first(images)))
        return found.flatten(1)

    @torch.no_grad()
    def with_top(self, images: Tensor, labels: Tensor) -> "ModernNetwork":
        """The same S- and C-cells under a new top, an interpolating vector that knows only these labelled images.

        Parameters
        ----------
        images
            (N, 1, H, W), as many as the top shall remember (more than ``settings.references`` a class are condensed).
        labels
            Class numbers, (N,); a class without examples is never predicted.
        """
        classes = self.top.out_features
        present, own = labels.unique(return_inverse=True)
        features = torch.cat([self.features(part) for part in in_parts(images, 200)])
        per_class = self.settings.references
        references, found = condense(features, own, classes=len(present), per_class=per_class)
        twin = copy.copy(self)
        twin._modules = dict(self._modules)
        empty = InterpolatingVector(features.shape[1], classes, references=0, neighbours=self.settings.neighbours)
        twin.top = empty.holding(references, present[found])
        return twin

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the classes, (N, classes), from images, (N, 1, H, W)."""
        scores: Tensor = self.top(self.features(images))
        return scores
