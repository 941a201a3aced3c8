"""How much of a network fits on a page: which layers, how many samples and channels, how fine the maps."""

from dataclasses import dataclass
from math import ceil

from hierfeat.subjects.hierarchy import Hierarchy

KINDS = ("conv", "pool", "activation", "linear")

#: Bytes of all stored maps together; base64 makes four of three.
MAP_BYTES = 4_500_000
#: With more layers than this, fewer and smaller patches are stored.
FEW = 24
#: Units of a vector that are shown.
UNITS = 256
#: Samples, channels and the longest side of a map, from lavish to frugal; the first that fits is taken.
_CHOICES = (
    (10, 24, 64),
    (8, 24, 56),
    (6, 24, 56),
    (5, 16, 56),
    (4, 16, 32),
    (4, 12, 28),
    (3, 8, 28),
    (2, 6, 14),
    (1, 4, 7),
)

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """The layers that have maps, and how many samples and channels, and how long a side, are stored."""

    layers: list[str]
    samples: int
    channels: int
    side: int

    @property
    def patches(self) -> int:
        """Strongest patches of each channel."""
        return 9 if len(self.layers) <= FEW else 5

    @property
    def tile(self) -> int:
        """The longest side of a patch as it is stored."""
        return 48 if len(self.layers) <= FEW else 32

    def size(self, shape: Shape) -> tuple[int, int]:
        """Return how many channels of maps (C, H, W) or (C,) are stored, and every how many-th row and column."""
        if is_vector(shape):
            return min(shape[0], UNITS), 1
        return min(shape[0], self.channels), ceil(max(shape[1:]) / self.side)


def plan(h: Hierarchy) -> Plan:
    """Choose the most lavish plan whose maps fit the budget."""
    shapes = {
        layer.name: layer.out_shape for layer in h.layers if layer.kind in KINDS and len(layer.out_shape) in (1, 3)
    }
    plans = [Plan(list(shapes), *choice) for choice in _CHOICES]
    return next((choice for choice in plans if _bytes(choice, shapes) <= MAP_BYTES), plans[-1])


def is_vector(shape: Shape) -> bool:
    """Whether a layer's output is one number for each channel.

    Examples
    --------
    >>> is_vector((10,)), is_vector((512, 1, 1)), is_vector((6, 28, 28))
    (True, True, False)
    """
    return len(shape) == 1 or shape[1] * shape[2] == 1


def _bytes(choice: Plan, shapes: dict[str, Shape]) -> int:
    total = 0
    for shape in shapes.values():
        channels, step = choice.size(shape)
        total += channels * (1 if is_vector(shape) else ceil(shape[1] / step) * ceil(shape[2] / step))
    return total * choice.samples
