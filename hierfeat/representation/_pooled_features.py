"""What a layer says of each image, in few numbers: its channels averaged over a coarse grid."""

from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from hierfeat.errors import HierfeatError
from hierfeat.recording.measure import Batch, Measure
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.hierarchy import Hierarchy


class PooledFeatures(Measure):
    """Each image's channels, averaged over a grid of places.

    Parameters
    ----------
    grid
        Rows and columns of the grid; 1 gives one number per channel.

    Notes
    -----
    The state grows by ``channels · grid²`` numbers per image and layer: far less than the activations.
    """

    def __init__(self, grid: int = 1) -> None:
        super().__init__()
        if not isinstance(grid, int) or grid < 1:
            raise HierfeatError(f"expected grid as an int of at least 1, got {grid!r}")
        self._grid = grid
        self._indices = torch.zeros(0, dtype=torch.int64)

    def begin(self, batch: Batch) -> None:
        self._indices = batch.indices

    def update(self, layer: str, activation: Tensor) -> None:
        if activation.ndim == 4:
            activation = adaptive_avg_pool2d(activation.float(), (self._grid,) * 2)
        self._append(layer, activation.flatten(1).float().cpu(), self._indices)

    def merge(self, other: Self) -> None:
        for layer in other.layers():
            self._append(layer, other.state[f"{layer}/features"], other.state[f"{layer}/image"])

    def _append(self, layer: str, features: Tensor, images: Tensor) -> None:
        for name, new in (("features", features), ("image", images)):
            old = self.state.get(f"{layer}/{name}")
            self.state[f"{layer}/{name}"] = new if old is None else torch.cat([old, new])

    def result(self) -> dict[str, Tensor]:
        """By layer, (images, channels · grid²), in the order of the data."""
        return {
            layer: self.state[f"{layer}/features"][self.state[f"{layer}/image"].argsort()] for layer in self.layers()
        }


def checked_data(h: Hierarchy, images: Tensor, labels: Tensor, *, where: str = "") -> tuple[Tensor, Tensor]:
    """Images that the hierarchy takes, and integer labels, one per image, of at least two classes.

    Raises
    ------
    HierfeatError
        If they are not; `where` says which data they are.
    """
    images = checked_images(h, images, where=f"{where} images".strip())
    name = f"{where} labels".strip()
    try:
        tensor = torch.as_tensor(labels).cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise HierfeatError(f"expected {name} as ints, one for each image, got {type(labels).__name__}") from error
    if tensor.shape != (len(images),) or tensor.is_floating_point():
        raise HierfeatError(
            f"expected {name} as ints, one for each of {len(images)} images, got {tensor.dtype} {tuple(tensor.shape)}"
        )
    if len(tensor.unique()) < 2:
        raise HierfeatError(f"expected at least two classes in {name}, got {tensor.unique().tolist()}")
    return images, tensor
