"""One cell-plane and its connections, as Fig. 3 of the paper shows them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.subjects.calls import Call
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.provenance import provenance
from hierfeat.zoo.neocognitron.cells import SLayer
from hierfeat.zoo.neocognitron.estimator import Neocognitron


@dataclass(frozen=True, eq=False)
class CellPlane(Result):
    """All S-cells of a plane have the same connections, each from its own place.

    Attributes
    ----------
    table : pandas.DataFrame
        ``row, column, top, left, bottom, right, response``: each cell, the box of cells below that it looks at
        (half-open; it may reach over the edge), and its response to the pattern.
    layer, plane : str, int
        Which plane.
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


def cell_plane(neocognitron: Neocognitron, image: Tensor, *, layer: str = "s1", plane: int = 0) -> CellPlane:
    """Take one plane of S-cells out of a trained network.

    Parameters
    ----------
    neocognitron : Neocognitron
        A trained one, of either mode.
    image : Tensor
        (1, H, W): the pattern that is shown.
    layer : str
        An S-layer: ``s1``, ``s2``, and ``s3`` in 1980.
    plane : int
        Which of its planes.

    Returns
    -------
    CellPlane

    Raises
    ------
    HierfeatError
        If there is no such S-layer or plane.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, labels = hf.glyphs()
    >>> net = hf.Neocognitron("1980").fit(images, labels)
    >>> hf.cell_plane(net, images[0], layer="s2", plane=1).kernel.shape
    (24, 5, 5)
    """
    h = neocognitron.hierarchy()
    cells = dict(h.model.named_children()).get(layer)
    if not isinstance(cells, SLayer) or not 0 <= plane < cells.out_channels:
        raise HierfeatError(
            f"expected an S-layer (s1, s2...) and one of its planes; got layer={layer!r}, plane={plane}"
        )
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


def _cells(cells: SLayer, above: np.ndarray) -> pd.DataFrame:
    rows, columns = above.shape
    side, padding = cells.kernel_size, cells.padding
    row, column = (grid.ravel() for grid in np.mgrid[:rows, :columns])
    top, left = row * cells.stride - padding, column * cells.stride - padding
    boxes = {"top": top, "left": left, "bottom": top + side, "right": left + side}
    return pd.DataFrame({"row": row, "column": column, **boxes, "response": above.ravel()})
