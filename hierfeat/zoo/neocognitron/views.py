"""What the cells of a trained Neocognitron respond to, and which cells they look at: Figs. 3, 6 and 7 of the paper.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat._values import whole
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked, needed, taken, unknown_too
from hierfeat.subjects.call import Call
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.own_data import Images, Labels
from hierfeat.subjects.provenance import provenance
from hierfeat.zoo.neocognitron.cells import SLayer
from hierfeat.zoo.neocognitron.estimator import Neocognitron

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy

ACTIVE = 0.01
"""A cell counts as active if its response is above this (1980: of a largest possible 1)."""


@dataclass(frozen=True, eq=False)
class CellPlane(Result):
    """One plane of S-cells: all have the same connections, each from its own place.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per cell of the plane: ``row, column``, the box of cells below that it looks at
        (``top, left, bottom, right``, half-open; it may reach over the edge), and its ``response`` to the pattern.
    layer, plane : str, int
        The S-layer, and the number of the plane in it.
    kernel : numpy.ndarray
        a(κ, ν, k) of the plane, (planes below, k, k).
    below, above : numpy.ndarray
        Responses to one pattern of the layer below, (planes below, H, W), and of the plane, (rows, columns).
    """

    layer: str
    plane: int
    kernel: np.ndarray
    below: np.ndarray
    above: np.ndarray

    plot = drawn("zoo.plot_cell_plane")


@dataclass(frozen=True, eq=False)
class NeocognitronResponses(Result):
    """Responses of all cells to each pattern.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per pattern and layer: ``pattern, label, predicted, layer, kind, planes_active, strongest_plane,
        strongest_response``. A plane is active if one of its cells responds above 0.01.
    images : numpy.ndarray
        (N, 1, H, W).
    labels, predicted : numpy.ndarray
        (N,).
    responses : dict
        Layer to (N, planes, rows, columns).
    """

    images: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    responses: dict[str, np.ndarray]

    plot = drawn("zoo.plot_layers")

    plot_answers = drawn("zoo.plot_answers")


@checked(layer=None)
def cell_plane(
    neocognitron: Neocognitron, image: Tensor | np.ndarray, *, layer: str = "s1", plane: int = 0
) -> CellPlane:
    """Take one plane of S-cells out of a trained network.

    Parameters
    ----------
    neocognitron
        A trained one, of either mode.
    image
        (1, H, W): the pattern that is shown.
    layer
        An S-layer: ``s1``, ``s2``, and ``s3`` in 1980.
    plane
        Which of its planes, from 0.

    Returns
    -------
    CellPlane
        A row per cell of the plane, and the kernel that they share.

    Raises
    ------
    HierfeatError
        If the network is untrained, the image does not fit, or there is no such S-layer or plane.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, labels = hf.glyphs()
    >>> net = hf.Neocognitron("1980").fit(images, labels)
    >>> hf.cell_plane(net, images[0], layer="s2", plane=1).kernel.shape
    (24, 5, 5)
    """
    h = _trained(neocognitron)
    cells = _s_cells(h, layer)
    plane = whole(0, cells.out_channels - 1)(plane, f"plane of layer {layer!r}", {})
    if not isinstance(image, Tensor | np.ndarray) or image.ndim != 3:
        found = f"shape {tuple(image.shape)}" if isinstance(image, Tensor | np.ndarray) else type(image).__name__
        raise HierfeatError(f"expected one image as a tensor {h.input_shape}; got {found}")
    inputs: dict[str, Tensor] = {}

    def keep(call: Call) -> None:
        if call.name == layer and call.input is not None:
            inputs[layer] = call.input

    with torch.no_grad(), h.watching(before=keep):
        h.forward(checked_images(h, image[None]))
        below, above = inputs[layer][0], cells(inputs[layer])[0, plane].numpy()
    return CellPlane(
        table=_cells(cells, above),
        provenance=provenance(h, layer=layer, plane=plane),
        layer=layer,
        plane=plane,
        kernel=cells.a[plane].numpy(),
        below=below.numpy(),
        above=above,
    )


@checked(images=taken, labels=unknown_too)
def neocognitron_responses(
    neocognitron: Neocognitron,
    images: Images,
    labels: Labels | None = None,
    *,
    max_images: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> NeocognitronResponses:
    """Show patterns to a trained Neocognitron and keep the response of each S- and C-cell.

    Parameters
    ----------
    neocognitron
        A trained one, of either mode.
    images
        (N, 1, H, W) in [0, 1].
    labels
        True labels, (N,); -1 where the class is not known.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the images that are drawn.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    NeocognitronResponses
        A row per pattern and layer, and the responses of each layer.

    Raises
    ------
    HierfeatError
        If the network is untrained, or images and labels do not fit.

    Examples
    --------
    >>> from hierfeat.zoo.neocognitron import Neocognitron, glyphs, neocognitron_responses
    >>> images, labels = glyphs()
    >>> seen = neocognitron_responses(Neocognitron("1980").fit(images, labels), images, labels)
    >>> seen.responses["c3"].shape
    (5, 24, 1, 1)
    """
    h = _trained(neocognitron)
    images = checked_images(h, images)
    classes = needed(labels)
    found: dict[str, Tensor] = {}

    def keep(call: Call, output: Tensor) -> None:
        if call.op in ("s_cells", "c_cells"):
            found[call.name] = output

    with torch.no_grad(), h.watching(after=keep):
        h.forward(images)
    predicted = neocognitron.predict(images)
    rows = [_row(i, int(classes[i]), int(predicted[i]), name, u[i]) for name, u in found.items() for i in range(len(u))]
    return NeocognitronResponses(
        table=pd.DataFrame(rows),
        provenance=provenance(h, patterns=len(images), max_images=max_images, seed=seed),
        images=images.numpy(),
        labels=classes.numpy(),
        predicted=predicted,
        responses={name: u.numpy() for name, u in found.items()},
    )


def _trained(neocognitron: Neocognitron) -> "Hierarchy":
    if not isinstance(neocognitron, Neocognitron):
        raise HierfeatError(
            f"expected a trained Neocognitron, as Neocognitron(...).fit(images, labels) or Neocognitron.load(file) "
            f"gives it; got {type(neocognitron).__name__}"
        )
    return neocognitron.hierarchy()


def _s_cells(h: "Hierarchy", layer: str) -> SLayer:
    known = {name: cells for name, cells in h.model.named_children() if isinstance(cells, SLayer)}
    if not isinstance(layer, str) or layer not in known:
        raise HierfeatError(f"expected an S-layer, one of {', '.join(known)}; got layer={layer!r}")
    return known[layer]


def _cells(cells: SLayer, above: np.ndarray) -> pd.DataFrame:
    rows, columns = above.shape
    side, padding = cells.kernel_size, cells.padding
    row, column = (grid.ravel() for grid in np.mgrid[:rows, :columns])
    top, left = (np.asarray(cells.window_starts(n))[place] - padding for n, place in ((rows, row), (columns, column)))
    boxes = {"top": top, "left": left, "bottom": top + side, "right": left + side}
    return pd.DataFrame({"row": row, "column": column, **boxes, "response": above.ravel()})


def _row(pattern: int, label: int, predicted: int, layer: str, responses: Tensor) -> dict[str, Any]:
    strongest = responses.flatten(1).amax(1)
    return {
        "pattern": pattern,
        "label": label,
        "predicted": predicted,
        "layer": layer,
        "kind": "conv" if layer.startswith("s") else "pool",
        "planes_active": int((strongest > ACTIVE).sum()),
        "strongest_plane": int(strongest.argmax()),
        "strongest_response": float(strongest.max()),
    }
