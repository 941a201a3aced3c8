"""Random networks of whatever people put between convolutions, and a brute-force probe of what their units see.

A network is drawn from a seed: each step reads one of the tensors made so far, or two of them. Steps that torch
refuses (a kernel larger than its map) are drawn again, so that every network runs.
"""

from collections.abc import Callable
from random import Random

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import hierfeat as hf

LARGEST, WIDEST = 28, 40
"""Sides and channels beyond which a step is drawn again."""
FAINT = 1e-6
"""Changes below this share of a unit's own size are rounding: that of the weights of resampling, times 1e8."""


class Called(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor], name: str) -> None:
        super().__init__()
        self.function, self.name = function, name

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)

    def extra_repr(self) -> str:
        return self.name


class Tokens(nn.Module):
    """Patches as tokens, with or without a class token, attended to and laid out again; or only their mean."""

    def __init__(self, roll: Random, channels: int) -> None:
        super().__init__()
        if channels < 3:  # of one value a norm leaves nothing, of two the sign
            raise ValueError
        self.attention = nn.MultiheadAttention(channels, 1, batch_first=True)
        self.norm, self.dense = nn.LayerNorm(channels), nn.Linear(channels, channels)
        self.start = nn.Parameter(torch.rand(1, 1, channels)) if roll.random() < 0.5 else None
        self.attends, self.keeps = roll.random() < 0.6, roll.random() < 0.8

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        tokens = self.norm(x.flatten(2).transpose(1, 2))
        if self.start is not None:
            tokens = torch.cat([self.start.expand(n, -1, -1), tokens], 1)
        if self.attends:
            tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        tokens = self.dense(tokens)
        if not self.keeps:
            return tokens.mean(1)[:, :, None, None] + x
        tokens = tokens if self.start is None else tokens[:, 1:]
        return tokens.transpose(1, 2).reshape(n, c, h, w)


class Block(nn.Module):
    """A residual block that may be run several times."""

    def __init__(self, roll: Random, channels: int) -> None:
        super().__init__()
        size = roll.choice([1, 3, (1, 3), (5, 1)])
        self.conv = nn.Conv2d(channels, channels, size, padding="same", dilation=roll.choice([1, 1, 2]))
        self.norm, self.act = nn.BatchNorm2d(channels), nn.ReLU(inplace=roll.random() < 0.5)
        self.times = roll.choice([1, 2, 3])

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = x + self.act(self.norm(self.conv(x)))
        return x


def one_or_two(roll: Random, *values: int) -> int | tuple[int, int]:
    """The same for rows and columns, or one for each."""
    return roll.choice(values) if roll.random() < 0.4 else (roll.choice(values), roll.choice(values))


def conv(roll: Random, channels: int) -> nn.Module:
    groups = roll.choice([g for g in (1, 1, 2, channels) if channels % g == 0])
    return nn.Conv2d(
        channels,
        groups * roll.choice([1, 2, 3]),
        one_or_two(roll, 1, 2, 3, 5),
        one_or_two(roll, 1, 1, 2, 3),
        one_or_two(roll, 0, 1, 2),
        one_or_two(roll, 1, 1, 2),
        groups,
        padding_mode=roll.choice(["zeros", "zeros", "reflect", "replicate", "circular"]),
    )


def transposed(roll: Random, channels: int) -> nn.Module:
    kernel, stride = one_or_two(roll, 1, 2, 3), one_or_two(roll, 1, 2, 3)
    least = min(stride) if isinstance(stride, tuple) else stride
    return nn.ConvTranspose2d(
        channels,
        roll.choice([1, 2, 4]),
        kernel,
        stride,
        one_or_two(roll, 0, 1),
        output_padding=roll.randrange(least),
        dilation=one_or_two(roll, 1, 1, 2),
    )


def pool(roll: Random, channels: int) -> nn.Module:
    kernel, ceil = one_or_two(roll, 1, 2, 3), roll.random() < 0.5
    stride = one_or_two(roll, 1, 2, 3)
    padding = roll.choice([0, 0, 1])
    made = [
        nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil, dilation=roll.choice([1, 1, 2])),
        nn.AvgPool2d(kernel, stride, padding, ceil_mode=ceil, count_include_pad=roll.random() < 0.5),
        nn.LPPool2d(2, kernel, stride, ceil_mode=ceil),
        nn.AdaptiveAvgPool2d(one_or_two(roll, 1, 2, 3, 5)),
        nn.AdaptiveMaxPool2d(one_or_two(roll, 1, 2, 3, 5)),
    ]
    return roll.choice(made)


def fractional(roll: Random, channels: int) -> nn.Module:
    share = roll.choice([0.5, 0.7, 0.8])
    samples = torch.full((1, channels, 2), 0.3, dtype=torch.float64)
    return Called(
        lambda x: F.fractional_max_pool2d(
            x, 2, output_ratio=(share, share), _random_samples=samples.expand(len(x), -1, -1).to(x.device)
        ),
        f"fractional {share}",
    )


def resampled(roll: Random, channels: int) -> nn.Module:
    mode = roll.choice(["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
    options: dict[str, object] = {"mode": mode}
    if mode in ("bilinear", "bicubic"):
        options |= roll.choice([{}, {"align_corners": True}, {"antialias": True}, {"antialias": True}])
    if roll.random() < 0.5:
        options["size"] = (roll.choice([1, 2, 5, 9, 14]), roll.choice([1, 3, 6, 11]))
    else:
        options["scale_factor"] = roll.choice([0.5, 0.6, 1.5, 2.0, (0.5, 2.0), (1.7, 0.4)])
        options["recompute_scale_factor"] = roll.choice([None, True])
    return Called(lambda x: F.interpolate(x, **options), f"interpolate {options}")


def padded(roll: Random, channels: int) -> nn.Module:
    mode = roll.choice(["constant", "reflect", "replicate", "circular"])
    low = -2 if mode == "constant" else 0
    amounts = tuple(roll.randint(low, 3) for _ in range(4))
    return Called(lambda x: F.pad(x, amounts, mode=mode), f"pad {mode} {amounts}")


def cropped(roll: Random, channels: int) -> nn.Module:
    top, left, skip, over = roll.randint(0, 2), roll.randint(0, 3), roll.choice([1, 1, 2]), roll.choice([1, 2, 3])
    made: dict[str, Callable[[Tensor], Tensor]] = {
        f"[{top}::{skip}, {left}::{over}]": lambda x: x[:, :, top::skip, left::over],
        f"[:-{top + 1}, {left}:]": lambda x: x[..., : -top - 1, left:],
        f"narrow {top}": lambda x: x.narrow(2, top, max(1, x.shape[2] // 2)),
        f"select {left}": lambda x: x[:, :, :, left : left + 1],
        "index_select": lambda x: x.index_select(3, torch.arange(x.shape[3] - 1, -1, -2)),
    }
    name = roll.choice(list(made))
    return Called(made[name], f"crop {name}")


def moved(roll: Random, channels: int) -> nn.Module:
    by = roll.randint(-3, 3)
    made: dict[str, Callable[[Tensor], Tensor]] = {
        f"roll {by}": lambda x: torch.roll(x, (by, 1), (2, 3)),
        "flip": lambda x: x.flip(2),
        "rot90": lambda x: torch.rot90(x, 1, (2, 3)),
        "transpose": lambda x: x.transpose(2, 3),
        "repeat_interleave": lambda x: x.repeat_interleave(2, 3),
        "tile": lambda x: x.repeat(1, 1, 2, 1),
        "unshuffle": lambda x: F.pixel_unshuffle(x, 2),
        "shuffle": lambda x: F.pixel_shuffle(x, 2),
        "unfold": lambda x: F.unfold(x, 2, stride=2).view(len(x), -1, x.shape[2] // 2, x.shape[3] // 2),
        "views": lambda x: x.unfold(2, 3, 2).amax(-1),
        "channel shuffle": lambda x: F.channel_shuffle(x, 2),
        "chunks": lambda x: torch.cat(x.chunk(2, 1)[::-1], 1),
        "split rows": lambda x: torch.cat([x[:, :, 1::2], x[:, :, ::2]], 2),
        "stack": lambda x: torch.stack([x, x.flip(3)], 2).flatten(1, 2),
    }
    name = roll.choice(list(made))
    return Called(made[name], name)


def mixed(roll: Random, channels: int) -> nn.Module:
    made: list[nn.Module] = [
        nn.ReLU(inplace=True),
        nn.GELU(),
        nn.BatchNorm2d(channels),
        nn.GroupNorm(1, channels),
        nn.InstanceNorm2d(channels),
        nn.LocalResponseNorm(2),
        nn.Dropout2d(0.3),
        nn.PReLU(channels),
        Called(lambda x: x * x.mean((2, 3), keepdim=True).sigmoid(), "gate"),
        Called(lambda x: x + x.amax(3, keepdim=True), "strip"),
        Called(lambda x: x * x.mean(1, keepdim=True), "spatial gate"),
        Called(lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (channels,)).permute(0, 3, 1, 2), "channels-last norm"),
        Called(lambda x: torch.einsum("nchw,cd->ndhw", x, torch.ones(channels, 3, dtype=x.dtype)), "einsum"),
        Called(lambda x: x.cumsum(2), "cumsum"),
    ]
    return roll.choice(made if channels > 2 else [step for step in made if "norm" not in str(step)])


MAKERS = {
    conv: 6,
    transposed: 2,
    pool: 4,
    fractional: 1,
    resampled: 3,
    padded: 2,
    cropped: 2,
    moved: 3,
    mixed: 3,
    Tokens: 1,
    Block: 2,
}


class WideNet(nn.Module):
    """Runs the drawn steps; the last tensor is what it returns."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        roll = Random(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self._draw(roll)
            self.double().eval()
            for parameter in self.parameters():  # positive, so that little cancels
                nn.init.uniform_(parameter, 0.2, 1.0)
                if parameter.dim() > 1:
                    parameter.data /= parameter[0].numel()

    def _draw(self, roll: Random) -> None:
        self.shape = (roll.choice([1, 2, 3]), roll.randint(7, 15), roll.randint(7, 15))
        self.steps, self.sources = nn.ModuleList(), []
        made = [torch.rand(2, *self.shape, dtype=torch.float64)]
        wanted = roll.randint(2, 7)
        for _ in range(60):
            if len(self.steps) == wanted:
                break
            source = roll.randrange(max(0, len(made) - 3), len(made))
            other = roll.randrange(len(made)) if roll.random() < 0.25 else None
            maker = roll.choices(list(MAKERS), list(MAKERS.values()))[0]
            again = [step for step in self.steps if roll.random() < 0.05]  # a block used a second time
            try:
                step = again[0] if again else maker(roll, made[source].shape[1])
                with torch.no_grad():
                    step.double().eval()(made[source][:1].clone())  # of one image some norms leave nothing
                    out = joined(step.double().eval()(made[source].clone()), None if other is None else made[other])
            except (RuntimeError, ValueError, NotImplementedError, IndexError):
                continue
            if out.dim() == 4 and out.numel() > 0 and max(out.shape[2:]) <= LARGEST and out.shape[1] <= WIDEST:
                self.steps.append(step)
                self.sources.append((source, other))
                made.append(out)
        self.last = nn.Conv2d(made[-1].shape[1], 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        made = [x]
        for step, (source, other) in zip(self.steps, self.sources, strict=True):
            made.append(joined(step(made[source].clone()), None if other is None else made[other]))
        return self.last(made[-1])


def joined(x: Tensor, other: Tensor | None) -> Tensor:
    """With what came before: added where the channels allow it, beside it elsewhere; at the smaller of the sizes."""
    if other is None:
        return x
    height, width = min(x.shape[2], other.shape[2]), min(x.shape[3], other.shape[3])
    a, b = x[:, :, :height, :width], other[:, :, :height, :width]
    return a + b if a.shape[1] == b.shape[1] else torch.cat([a, b], 1)


def outputs(h: hf.Hierarchy, images: Tensor) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    with torch.no_grad(), h.watching(after=lambda call, output: found.update({call.name: output.detach().clone()})):
        h.model(images)
    return found


def dependence(h: hf.Hierarchy, axis: int, draws: int) -> dict[str, np.ndarray]:
    """By layer, of maps: (image rows or columns, channels, unit rows, unit columns), what moves when a line does.

    Each of the `draws` finds more: a pixel that never wins a maximum does not move it.
    """
    length = h.input_shape[axis]
    generator = torch.Generator().manual_seed(0)
    found: dict[str, np.ndarray] = {}
    for amount in (1.0, -1.0, 1e8, -1e8) * draws:
        image = torch.rand(1, *h.input_shape, dtype=torch.float64, generator=generator)
        images = image.repeat(length + 1, 1, 1, 1)
        for line in range(length):
            part = images[line].select(axis, line)
            part.add_(amount * (0.5 + torch.rand(part.shape, generator=generator, dtype=torch.float64)))
        for name, output in outputs(h, images).items():
            if output.dim() == 4 and len(output) == length + 1 and output.is_floating_point():
                rest = output[-1:]
                moves = (output[:-1] - rest).abs() > FAINT * (rest.abs() + 1e-3)
                moves |= output[:-1].isnan() != rest.isnan()
                found[name] = found[name] | moves.numpy() if name in found else moves.numpy()
    return found


def ends(reached: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and one past the last image line that reaches each unit; zeros where none does."""
    some = reached.any(0)
    return np.where(some, reached.argmax(0), 0), np.where(some, len(reached) - reached[::-1].argmax(0), 0)


def seen_boxes(h: hf.Hierarchy, draws: int = 1) -> dict[str, np.ndarray]:
    """By layer, (channels, rows, cols, 4): the boxes of all units, by brute force."""
    rows, cols = dependence(h, 1, draws), dependence(h, 2, draws)
    found = {}
    for name in rows:
        if name in cols:
            (top, bottom), (left, right) = ends(rows[name]), ends(cols[name])
            found[name] = np.stack([top, left, bottom, right], -1)
    return found


def hull(boxes: np.ndarray) -> np.ndarray:
    """Over channels, of those that see anything."""
    blind = (boxes[..., 2:] <= boxes[..., :2]).any(-1, keepdims=True)
    low = np.where(blind, 10**6, boxes[..., :2]).min(0)
    high = np.where(blind, 0, boxes[..., 2:]).max(0)
    return np.where(blind.all(0), 0, np.concatenate([low, high], -1))


def differ(boxes: np.ndarray) -> bool:
    """Whether units of one place see different boxes in different channels, (channels, rows, cols, 4)."""
    blind = (boxes[..., 2:] <= boxes[..., :2]).any(-1, keepdims=True)
    clean = np.where(blind, 0, boxes)
    return bool((clean != clean[:1]).any())


def middles(boxes: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Along the line of a map, (rows, cols, 4), on which most units see anything: which do, and their boxes' middles.

    Of a transposed map rows lie along the columns: the line is the one along which boxes move.
    """
    if moves_along(boxes, axis, 1 - axis).any():
        boxes = boxes.swapaxes(0, 1)
    lines = boxes.swapaxes(0, axis)
    seeing = lines[..., axis + 2] > lines[..., axis]
    line = int(seeing.sum(0).argmax())
    at = np.flatnonzero(seeing[:, line])
    return at, (lines[at, line, axis] + lines[at, line, axis + 2]) / 2


def moves_along(boxes: np.ndarray, axis: int, along: int) -> np.ndarray:
    """How far the boxes' middles move, on one axis of the image, from each unit to the next along one of the map."""
    seeing = boxes[..., axis + 2] > boxes[..., axis]
    both = np.delete(seeing, -1, along) & np.delete(seeing, 0, along)
    return np.diff((boxes[..., axis] + boxes[..., axis + 2]) / 2, axis=along)[both]
