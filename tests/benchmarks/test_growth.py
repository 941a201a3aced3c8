"""No analysis does more than in step with what grows; by counts, which are the same on every machine."""

import cProfile
import pstats
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.benchmarks.growing import calls, subject
from tests.benchmarks.growth import series

SIZES = {"images": (32, 64, 128), "channels": (16, 32, 64), "layers": (40, 80, 160), "side": (16, 32, 64)}
FEWER = {("profile", "layers"): (10, 20, 40)}  # whose squares take minutes
SQUARED = {
    ("filters", "channels"): "the gradient of each channel is followed through the whole map",
    ("participation_ratio", "images"): "a Gram matrix of each group of images",
    ("similarity", "images"): "a Gram matrix of each group of images",
    ("profile", "layers"): "the gradient of each layer is followed to the image",
    ("opposite_phase", "channels"): "each kernel is compared with each",
}
SLACK = 1.15
ITERATED = ("additive_parts",)  # as often as the data ask for
CASES = [
    (name, axis)
    for name, (_, shows) in calls().items()
    for axis in SIZES
    if name not in ITERATED and (shows or axis != "images")
]


class Elements(TorchDispatchMode):
    """Counts the numbers that operations of torch make."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        made = found if isinstance(found, tuple | list) else [found]
        self.count += sum(one.numel() for one in made if isinstance(one, torch.Tensor))
        return found


def numbers(call: Callable[[], object]) -> int:
    with Elements() as elements:
        call()
    return elements.count


def steps(call: Callable[[], object]) -> int:
    profile = cProfile.Profile()
    profile.enable()
    call()
    profile.disable()
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def growth(name: str, axis: str, count: Callable[[Callable[[], object]], int]) -> float:
    """What the second doubling adds over what the first one does: 2 for what is linear (along the side, per pixel)."""
    call, _ = calls()[name]
    call(*subject(name, {}))
    found = []
    for value in FEWER.get((name, axis), SIZES[axis]):
        given = subject(name, {axis: value})
        found.append(count(lambda given=given: call(*given)))  # type: ignore[misc]
    first, second = found[1] - found[0], found[2] - found[1]
    few = 0.05 * found[0]  # progress bars, caches
    return 0.0 if second < few else second / max(first, few) / (2 if axis == "side" else 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "axis"), CASES, ids=lambda one: one)
def test_the_work_grows_in_step(name, axis):
    most = (4 if (name, axis) in SQUARED else 2) * SLACK
    assert growth(name, axis, numbers) < most
    assert growth(name, axis, steps) < most


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "images", "most"), [("lesion", (8192, 8193, 32768), 80), ("linear_regions", (512, 2048, 8192), 20)]
)
def test_what_is_kept_of_each_batch_leaves_no_holes_in_memory(name, images, most):
    """Small tensors kept between large ones made these grow by 176 and by 778 MB."""
    found = series(name, "images", images)
    first, *_, last = (found[str(number)]["megabytes"] for number in images)
    assert last - first < most
