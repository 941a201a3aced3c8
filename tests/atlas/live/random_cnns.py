"""Random small CNNs that between them use every operation of the page's engine that a network has a use for."""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Step = Callable[[Tensor], Tensor]

ACTIVATIONS = {
    "relu": lambda: F.relu,
    "relu in place": lambda: F.relu_,
    "relu6": lambda: F.relu6,
    "leaky": lambda: nn.LeakyReLU(0.2),
    "elu": lambda: nn.ELU(0.7),
    "celu": lambda: nn.CELU(1.3),
    "selu": lambda: F.selu,
    "gelu": lambda: F.gelu,
    "gelu by tanh": lambda: nn.GELU(approximate="tanh"),
    "silu": lambda: F.silu,
    "mish": lambda: F.mish,
    "tanh": lambda: torch.tanh,
    "sigmoid": lambda: torch.sigmoid,
    "hardsigmoid": lambda: F.hardsigmoid,
    "hardswish": lambda: F.hardswish,
    "hardtanh": lambda: nn.Hardtanh(-0.5, 0.8),
    "softplus": lambda: nn.Softplus(2),
    "softsign": lambda: F.softsign,
    "log sigmoid": lambda: F.logsigmoid,
    "threshold": lambda: nn.Threshold(0.1, -0.3),
    "hardshrink": lambda: nn.Hardshrink(0.2),
    "softshrink": lambda: nn.Softshrink(0.2),
    "clamp": lambda: lambda x: x.clamp(-0.4, 0.6),
    "clamp below": lambda: lambda x: x.clamp(min=0),
    "clamp above": lambda: lambda x: torch.clamp_max(x, 0.5),
    "softmax over channels": lambda: lambda x: x.softmax(1),
    "log softmax": lambda: lambda x: x.log_softmax(1),
    "square root": lambda: lambda x: (x.abs() + 0.1).sqrt(),
    "reciprocal root": lambda: lambda x: (x.square() + 0.5).rsqrt(),
    "logarithm": lambda: lambda x: (x.abs() + 1).log() - (-x.abs()).exp(),
    "cubed": lambda: lambda x: x.pow(3) * 0.1,
    "signed root": lambda: lambda x: x.sign() * x.abs().add(0.01).pow(0.5),
    "sine": lambda: lambda x: torch.sin(x) - torch.cos(x) / 3,
    "where": lambda: lambda x: torch.where(x > 0.1, x, 0.2 * x - 1),
    "masked": lambda: lambda x: x * (x.abs() >= 0.2) + (x < -0.5).float(),
    "reversed difference": lambda: lambda x: 1 - x,
    "reversed ratio": lambda: lambda x: 2 / (x.abs() + 1),
    "largest of both": lambda: lambda x: torch.maximum(x, -0.3 * x) + torch.minimum(x, x * x),
}


class RandomCNN(nn.Module):
    """A chain of drawn steps with a branch now and then, and a classifier behind it."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.steps: list[Step] = []
        self.parts = nn.ModuleList()
        self.names: list[str] = []
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.input_shape = (self.random.choice([1, 3]), self.random.randint(9, 20), self.random.randint(9, 20))
            x = torch.rand(1, *self.input_shape)
            x = self._grow(x, self._conv(x, self.random.choice([4, 6, 8])), "conv")
            for _ in range(self.random.randint(4, 9)):
                x = self._draw(x)
            self._grow(x, self._head(x), "head")
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = step(x)
        return x

    def _grow(self, x: Tensor, step: Step, name: str) -> Tensor:
        """Take the step on, and bring its weights' scale to what keeps activations near one."""
        if isinstance(step, nn.Module):
            self.parts.append(step)
        self.steps.append(step)
        self.names.append(name)
        with torch.no_grad():
            return step.eval()(x) if isinstance(step, nn.Module) else step(x)

    def _draw(self, x: Tensor) -> Tensor:
        kind = self.random.choice(
            ["conv", "conv", "act", "act", "norm", "pool", "pad", "branch", "gate", "shape", "resize", "sum"]
        )
        if kind == "act":
            name = self.random.choice(list(ACTIVATIONS))
            return self._grow(x, _bare(ACTIVATIONS[name]()), name)
        made = {
            "conv": lambda: self._conv(x, self.random.choice([4, 6, 8, 12])),
            "norm": lambda: self._norm(x),
            "pool": lambda: self._pool(x),
            "pad": lambda: self._pad(x),
            "branch": lambda: self._branch(x),
            "gate": lambda: Gate(x.shape[1]),
            "shape": lambda: self._shape(x),
            "resize": lambda: self._resize(x),
            "sum": lambda: self._summary(x),
        }[kind]()
        return self._grow(x, made, kind)

    def _conv(self, x: Tensor, out: int) -> nn.Module:
        pick, channels, side = self.random.choice, x.shape[1], min(x.shape[2:])
        kernel = (pick([1, 2, 3, 5]), pick([1, 3, 3, 4])) if side >= 5 else (1, 1)
        groups = pick([g for g in (1, 1, 2, channels) if channels % g == 0])
        out = -(-out // groups) * groups
        settings = {"groups": groups, "bias": pick([True, True, False])}
        kind = pick(["plain", "plain", "plain", "same", "circular", "transposed", "standardised"])
        if kind == "transposed":
            return nn.ConvTranspose2d(channels, out, kernel, stride=pick([1, 2]) if side < 12 else 1, **settings)
        if kind == "same":
            dilation = 2 if 0 in (kernel[0] % 2, kernel[1] % 2) else pick([1, 2])  # an even one is padded unevenly
            return nn.Conv2d(channels, out, kernel, padding="same", dilation=dilation, **settings)
        if kind == "circular" and side > 3:
            return nn.Conv2d(channels, out, kernel, padding=1, padding_mode=pick(["circular", "reflect"]), **settings)
        if kind == "standardised":
            return Standardised(channels, out, kernel, padding=1, **settings)
        dilation = pick([1, 1, 2]) if side >= 11 else 1
        stride = pick([1, 1, 2, (2, 1)]) if side >= 6 else 1
        return nn.Conv2d(channels, out, kernel, stride, (pick([0, 1, 2]), pick([0, 1])), dilation, **settings)

    def _norm(self, x: Tensor) -> nn.Module:
        channels = x.shape[1]
        made = self.random.choice(
            [
                lambda: nn.BatchNorm2d(channels),
                lambda: nn.GroupNorm(2 if channels % 2 == 0 else 1, channels),
                lambda: nn.InstanceNorm2d(channels, affine=True),
                lambda: LastNorm(channels),
                lambda: nn.LocalResponseNorm(3),
            ]
        )()
        for name, values in made.state_dict().items():
            if values.is_floating_point() and values.ndim == 1:
                low = 0.5 if name.endswith(("weight", "var")) else -0.5
                values.uniform_(low, low + 1)
        return made

    def _pool(self, x: Tensor) -> nn.Module:
        pick, side = self.random.choice, min(x.shape[2:])
        if side < 4:
            return nn.AvgPool2d(1)
        return pick(
            [
                lambda: nn.MaxPool2d(2),
                lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=pick([True, False])),
                lambda: nn.MaxPool2d((2, 3), 1, dilation=(1, 1)),
                lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=pick([True, False]), count_include_pad=pick([True, False])),
                lambda: nn.AvgPool2d(2, 1, divisor_override=3),
                lambda: nn.LPPool2d(2, 2),
                lambda: nn.AdaptiveAvgPool2d((pick([3, 4]), 3)),
                lambda: nn.AdaptiveMaxPool2d((3, pick([2, 4]))),
                lambda: nn.MaxPool2d(2, return_indices=False),
            ]
        )()

    def _pad(self, x: Tensor) -> Step:
        mode = self.random.choice(["constant", "reflect", "replicate", "circular"])
        pads = [self.random.randint(0, min(2, min(x.shape[2:]) - 1)) for _ in range(4)]
        return lambda x: F.pad(x, pads, mode)

    def _branch(self, x: Tensor) -> nn.Module:
        joins = ["add", "in place", "cat", "stack", "mix", "split", "shuffle"]
        return Branch(x.shape[1], self.random.choice(joins))

    def _shape(self, x: Tensor) -> Step:
        channels, (rows, columns) = x.shape[1], x.shape[2:]
        steps: list[Step] = [
            lambda x: x.transpose(2, 3),
            lambda x: x.flip(3),
            lambda x: x.roll((1, -2), (2, 3)),
            lambda x: x.permute(0, 2, 3, 1).reshape(1, rows, columns, channels).permute(0, 3, 1, 2),
            lambda x: x[:, :, 1:, : columns - 1] if rows > 4 and columns > 4 else x,
            lambda x: x[:, :, ::2, ::2] if rows > 6 and columns > 6 else x.contiguous(),
            lambda x: torch.cat([x[:, -1:], x[:, :-1]], 1),
            lambda x: x.repeat(1, 2, 1, 1)[:, :channels],
        ]
        if channels % 4 == 0:
            steps += [lambda x: F.pixel_shuffle(x, 2), lambda x: F.channel_shuffle(x, 2)]
        return self.random.choice(steps)

    def _resize(self, x: Tensor) -> Step:
        if max(x.shape[2:]) > 20:
            return lambda x: x
        return self.random.choice(
            [
                lambda x: F.interpolate(x, scale_factor=2),
                lambda x: F.interpolate(x, size=(9, 7)),
                lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear"),
                lambda x: F.interpolate(x, size=(7, 10), mode="bilinear", align_corners=True),
            ]
        )

    def _summary(self, x: Tensor) -> Step:
        steps: list[Step] = [
            lambda x: x - x.mean((2, 3), keepdim=True),
            lambda x: x / (x.std((2, 3), keepdim=True) + 0.5),
            lambda x: x / (1 + x.var(1, keepdim=True)),
            lambda x: x * x.amax(1, keepdim=True),
            lambda x: x + x.amin((2, 3), keepdim=True),
            lambda x: F.normalize(x, dim=1, eps=0.01),
            lambda x: x + 0.1 * x.sum(1, keepdim=True).expand_as(x),
            lambda x: torch.addcmul(x, x, x.mean(1, keepdim=True), value=0.5),
            lambda x: x - x.max(),
        ]
        return self.random.choice(steps)

    def _head(self, x: Tensor) -> nn.Module:
        channels = x.shape[1]
        if self.random.random() < 0.3:
            return nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 5, bias=False), nn.Softmax(1))
        if self.random.random() < 0.3:
            return nn.Sequential(nn.Conv2d(channels, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return nn.Sequential(
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(channels, 9), nn.PReLU(9), nn.Linear(9, 4)
        )


class _bare(nn.Module):
    def __init__(self, function: Step) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Standardised(nn.Conv2d):
    """Its weights are brought to mean 0 and standard deviation 1 in every pass."""

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        weight = weight / (weight.std((1, 2, 3), keepdim=True, unbiased=False) + 0.1)
        return F.conv2d(x, weight * 0.3, self.bias, self.stride, self.padding, self.dilation, self.groups)


class LastNorm(nn.LayerNorm):
    """A layer norm over the channels of maps."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Gate(nn.Module):
    """Squeeze and excite."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, 3, 1), nn.Conv2d(3, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.up(F.silu(self.down(F.adaptive_avg_pool2d(x, 1)))).sigmoid()


class Branch(nn.Module):
    """The input beside its convolution, joined in one of several ways."""

    def __init__(self, channels: int, how: str) -> None:
        super().__init__()
        self.how = how
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        other = self.relu(self.conv(x))
        if self.how == "add":
            return torch.add(x, other, alpha=0.5)
        if self.how == "in place":
            other += x
            return self.relu(other)
        if self.how == "cat":
            return torch.cat([x, other], 1)[:, : x.shape[1] + 2]
        if self.how == "stack":
            return torch.stack([x, other, x - other]).amax(0)
        if self.how == "mix":
            return torch.sub(x, other * x.mean(), alpha=2).mul_(0.7)
        if self.how == "split":
            first, *rest = other.split(max(1, x.shape[1] // 3), 1)
            return torch.cat([*rest, first.tanh_()], 1) + x
        even, odd = other.unflatten(1, (x.shape[1] // 2, 2)).unbind(2) if x.shape[1] % 2 == 0 else (x, other)
        return torch.cat([odd, even], 1)
