"""Gradient ascent on images: a batch of them at a time, each for a channel of its own."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from hierfeat._progress import Bar
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._image_parameters import FourierImages
from hierfeat.physiology.features._objectives import Objective, likeness
from hierfeat.physiology.features._reading import Read, last_rectifiers, reading
from hierfeat.stimuli.warps.views import Views, centre
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy

_DECAY, _GREY = 1.0, 0.5
_COPIES_APART, _CHANNELS_APART = 1_000_003, 7_919


@dataclass(frozen=True, eq=False)
class Ascent:
    """What all batches of one synthesis share.

    `size` is that of the pictures that are optimised; the model is shown them in a grey `frame` (left, right, top,
    bottom).
    """

    h: Hierarchy
    layer: str
    objective: Objective
    sign: float
    size: tuple[int, int]
    frame: tuple[int, int, int, int]
    steps: int
    rate: float
    copies: int
    diversity: float
    seed: int
    views: dict[str, float]

    def framed(self, pictures: Tensor) -> Tensor:
        """The images that the model is shown."""
        return pad(pictures, self.frame, value=_GREY) if any(self.frame) else pictures

    def random_views(self) -> Views:
        return Views(self.size, **self.views, generator=torch.Generator().manual_seed(self.seed))


def ascend(task: Ascent, group: list[int], bar: Bar) -> dict[str, Tensor]:
    """Optimise the images of some channels, all at once."""
    h, views = task.h, task.random_views()
    channels = torch.tensor(group).repeat_interleave(task.copies)
    copy = torch.arange(task.copies).repeat(len(group))
    seeds = [
        task.seed + _CHANNELS_APART * c + _COPIES_APART * j
        for c, j in zip(channels.tolist(), copy.tolist(), strict=True)
    ]
    canvas = h.input_shape[0], task.size[0] + 2 * views.margin, task.size[1] + 2 * views.margin
    parameters = FourierImages(seeds, canvas, h.device)
    where = channels.to(h.device)
    first = task.framed(centre(parameters(), task.size).detach())
    start, silent = _start(task, first, where)
    opened = last_rectifiers(h, task.layer, first[:1]) if bool(silent.any()) else None
    with torch.enable_grad(), reading(h, task.layer, **_bypass(opened, silent)) as read:
        constant = silent & ~_has_gradient(task, read, first, where)
        history = _climb(task, read, parameters, views, where, bar)
    return {
        "canvases": parameters().detach().float().cpu(),
        "history": history,
        "channel": channels,
        "copy": copy,
        "start": start,
        "silent": silent.cpu(),
        "constant": constant.cpu(),
    }


def _climb(task: Ascent, read: Read, parameters: FourierImages, views: Views, where: Tensor, bar: Bar) -> Tensor:
    optimiser = torch.optim.AdamW([parameters.spectrum], lr=task.rate, weight_decay=_DECAY)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, task.steps)
    history = []
    for _ in range(task.steps):
        optimiser.zero_grad()
        activation = read(task.framed(views(parameters())))
        values = _values(task, activation, where)
        gain = task.sign * values
        if task.diversity:
            gain = gain - task.diversity * gain.detach().abs() * likeness(activation, task.copies)
        if gain.requires_grad:  # where no pixel has any influence, there is nothing to climb
            (-gain.sum()).backward()
            optimiser.step()
            falling.step()
        history.append(values.detach().float().cpu())
        bar.update()
    return torch.stack(history, 1)


def _values(task: Ascent, activation: Tensor, where: Tensor) -> Tensor:
    values = task.objective(activation, where)
    if not isinstance(values, Tensor) or values.shape != where.shape:
        got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise HierfeatError(f"expected the objective to return one value per image, ({len(where)},), got {got}")
    return values


def _start(task: Ascent, images: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """The objective on the first images, and which of them have no gradient."""
    with torch.enable_grad(), reading(task.h, task.layer) as read:
        values = _values(task, read(images), where).detach()
        return values.float().cpu(), ~_has_gradient(task, read, images, where)


def _has_gradient(task: Ascent, read: Read, images: Tensor, where: Tensor) -> Tensor:
    images = images.clone().requires_grad_()
    values = _values(task, read(images), where)
    if not values.requires_grad:
        return torch.zeros(len(images), dtype=torch.bool, device=images.device)
    (gradient,) = torch.autograd.grad(values.sum(), images)
    return gradient.flatten(1).ne(0).any(1)


def _bypass(opened: set[str] | None, silent: Tensor) -> dict[str, Any]:
    """Callbacks by which silent images pass through the rectifiers in `opened` as if these were not there."""
    if not opened:
        return {}
    given: dict[str, Tensor] = {}

    def before(call: Call) -> None:
        if call.name in opened:
            given[call.name] = call.input.clone()  # the rectifier may work in place

    def after(call: Call, output: Tensor) -> Tensor | None:
        if call.name not in opened:
            return None
        passed = silent.view(-1, *[1] * (output.ndim - 1))
        return torch.where(passed, given.pop(call.name), output)

    return {"before": before, "after": after}
