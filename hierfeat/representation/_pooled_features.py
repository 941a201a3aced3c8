"""What a layer says of each image, in few numbers: its channels averaged over a coarse grid."""

from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from hierfeat.errors import HierfeatError
from hierfeat.recording._deferred import PATIENCE
from hierfeat.recording.measure import Batch, Measure


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
        parts = self._pending.setdefault(layer, [])
        parts.append((activation.flatten(1).float(), self._indices))
        if sum(features.device.type != "cpu" for features, _ in parts) == PATIENCE:  # these are the last ones
            parts[-PATIENCE:] = [_joined(parts[-PATIENCE:])]

    def settle(self) -> None:
        """Join what was gathered: once, since to add each batch to all before it takes time by the square of them."""
        pending, self._pending = self._pending, {}
        for layer, parts in pending.items():
            self._append(layer, *_joined(parts))

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


def _joined(parts: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    features, images = zip(*parts, strict=True)
    far = [part for part in features if part.device.type != "cpu"]  # behind those that have come here
    near = [part for part in features if part.device.type == "cpu"]
    return torch.cat([*near, *([torch.cat(far).cpu()] if far else [])]), torch.cat(images)


def check_classes(labels: Tensor, name: str = "labels") -> None:
    """Refuse labels of one class only, which nothing can be compared with.

    Raises
    ------
    HierfeatError
        If there are not at least two classes.
    """
    if len(labels.unique()) < 2:
        raise HierfeatError(f"expected at least two classes in {name}, got {labels.unique().tolist()}")
