"""How much of the loss's gradient arrives at each layer."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.subjects.arguments import any_layers, checked, needed
from hierfeat.subjects.call import Call
from hierfeat.subjects.gradients import gradients, leaf
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import STAGES, Layers
from hierfeat.subjects.own_data import Images, Labels, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.scores import check_truth, checked_classes


@dataclass(frozen=True, eq=False)
class GradientFlow(Result):
    """The gradient of the loss with respect to each layer's output.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer: ``layer, kind, norm, relative, zero_fraction``.
    """

    plot = drawn("rectification.plot_gradient_flow")


@checked(layers=any_layers)
def gradient_flow(
    h: Hierarchy,
    images: Images,
    labels: Labels | None = None,
    *,
    layers: Layers = STAGES,
    max_images: int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> GradientFlow:
    """Send the loss's gradient back, and measure what arrives at each layer.

    Parameters
    ----------
    h
        Its output is one score per class.
    images
        (N, C, H, W) in [0, 1].
    labels
        (N,), class indices.
    layers
        Names, glob patterns or kinds.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the images that are drawn.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    GradientFlow
        A row per layer.

    Raises
    ------
    HierfeatError
        If images, labels or layers do not fit, or the output has no gradient.

    Notes
    -----
    With L the cross-entropy of one image and A a layer's output, ``norm`` is the root mean square over images of
    ‖∂L/∂A‖₂, ``relative`` is it divided by that of the last layer, and ``zero_fraction`` the share of units and images
    where the gradient is exactly zero: behind a rectifier, those that are off, and those that a maximum passed over.
    The model runs in eval mode; no gradient of a parameter is touched.

    Memory: one batch with its graph of gradients.

    References
    ----------
    Glorot, X. and Bengio, Y. (2010). Understanding the difficulty of training deep feedforward neural networks.
    AISTATS.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, labels = hf.digits(split="test")
    >>> flow = gradient_flow(hf.load("lenet5-digits"), images[:32], labels[:32])
    >>> float(flow.table.relative.iloc[-1])
    1.0
    """
    labels, chosen = needed(labels), h.layers.select(layers)
    sums: dict[str, Tensor] = {}
    size = batch_size or default_batch(h.input_shape)
    pairs = list(zip(images.split(size), labels.split(size), strict=True))
    for batch, wanted in with_bar(pairs, "gradients"):
        for name, gradient in _gradients(h, batch, wanted, {layer.name for layer in chosen}).items():
            values = _sums(gradient)
            sums[name] = sums[name] + values if name in sums else values
    rows = [_row(layer.name, layer.kind, sums[layer.name], len(images)) for layer in chosen if layer.name in sums]
    table = pd.DataFrame(rows, columns=["layer", "kind", "norm", "zero_fraction"])
    table.insert(3, "relative", table["norm"] / table["norm"].iloc[-1])
    return GradientFlow(
        table=table, provenance=provenance(h, layers=layers, images=len(images), max_images=max_images, seed=seed)
    )


def _sums(gradient: Tensor) -> Tensor:
    """Σg², how many are zero, and how many there are."""
    squares = double(gradient).square().sum()
    return torch.stack([squares, double((gradient == 0).sum()), squares.new_tensor(gradient.numel())])


def _row(name: str, kind: str, sums: Tensor, images: int) -> tuple[str, str, float, float]:
    squares, zeros, count = sums.tolist()
    return name, kind, (squares / images) ** 0.5, zeros / count


def _gradients(h: Hierarchy, images: Tensor, labels: Tensor, chosen: set[str]) -> dict[str, Tensor]:
    """Of the summed loss, so that each image's gradient is its own."""
    outputs: dict[str, Tensor] = {}

    def after(call: Call, output: Tensor) -> Tensor | None:
        if call.name not in chosen or not output.requires_grad:
            return None
        outputs[call.name] = output
        return output.clone()  # what comes next may overwrite it

    with undisturbed(h.model), torch.enable_grad():
        with h.watching(after=after):
            scores = checked_classes(h, h.read(h.run(leaf(h, images))), len(images))
        check_truth(labels, scores.shape[1])
        loss = F.cross_entropy(scores, labels.to(scores.device), reduction="sum")
        found = gradients(h, loss, list(outputs.values()), what="the scores")
    return {name: gradient for name, gradient in zip(outputs, found, strict=True) if gradient is not None}
