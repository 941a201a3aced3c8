"""Random networks: directed acyclic graphs of all the operations whose receptive fields must come out exactly."""

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import nn

MAX_SIDE, CHANNELS = 24, 4

_side = st.integers(1, 3)
_two = st.tuples(_side, _side)
_pads = st.tuples(*[st.integers(0, 2)] * 4)
_signed = st.tuples(*[st.integers(-2, 3)] * 4)

OPS = st.one_of(
    st.tuples(
        st.just("conv"), _two, _two, st.tuples(st.integers(0, 2), st.integers(0, 2)), _two, st.sampled_from([1, 2, 4])
    ),
    st.tuples(st.just("transposed"), _two, _two, st.tuples(st.integers(0, 1), st.integers(0, 1)), _two),
    st.tuples(st.just("max_pool"), _two, _two, st.booleans()),
    st.tuples(st.just("avg_pool"), _two, _two, st.booleans()),
    st.tuples(st.just("pad"), _signed, st.sampled_from(["constant"])),
    st.tuples(st.just("pad"), _pads, st.sampled_from(["reflect", "circular", "replicate"])),
    st.tuples(st.just("crop"), _two, _two),
    st.tuples(st.just("upsample"), st.sampled_from(["nearest", "bilinear"]), st.sampled_from([1.5, 2, 3])),
    st.tuples(st.just("resize"), _two, st.booleans()),
    st.tuples(st.just("adaptive"), st.tuples(st.integers(2, 5), st.integers(2, 5))),
    st.tuples(st.just("shuffle")),
    st.tuples(st.just("swap_halves")),
    st.tuples(st.just("roll"), st.integers(-3, 3)),
    st.tuples(st.just("flip")),
    st.tuples(st.just("transpose")),
    st.tuples(st.just("permuted_norm")),
    st.tuples(st.just("norm_relu")),
    st.tuples(st.just("unshuffle")),
    st.tuples(st.just("pixel_shuffle")),
    st.tuples(st.just("write"), _two),
    st.tuples(st.just("gate")),
    st.tuples(st.just("strip_gate")),
    st.tuples(st.just("add"), st.integers(0, 9)),
    st.tuples(st.just("cat"), st.integers(0, 9)),
    st.tuples(st.just("cat_rows"), st.integers(0, 9)),
)
GRAPHS = st.lists(st.tuples(OPS, st.integers(0, 9)), min_size=1, max_size=8)


class RandomNet(nn.Module):
    """Runs a drawn graph; each op reads one of the tensors made so far, and reaches a convolution at once.

    Weights are positive and average to one, so that nothing cancels and nothing saturates.
    """

    def __init__(self, graph):
        super().__init__()
        self.graph = graph
        self.norm = nn.BatchNorm2d(CHANNELS)
        self.layer_norm = nn.LayerNorm(CHANNELS)

    def forward(self, x):
        made = [to_channels(x)]
        for op, source in self.graph:
            out = self._do(op, made[-1 - source % len(made)], made)
            if out is not None and min(out.shape[2:]) > 0 and max(out.shape[2:]) <= MAX_SIDE:
                made.append(to_channels(out))
        return made[-1]

    def _do(self, op, x, made):
        name, *settings = op
        return getattr(self, f"do_{name}")(x, made, *settings)

    def do_conv(self, x, _made, kernel, stride, padding, dilation, groups):
        if any(n + 2 * p < d * (k - 1) + 1 for n, k, p, d in zip(x.shape[2:], kernel, padding, dilation, strict=True)):
            return None
        weight = positive(CHANNELS, CHANNELS // groups, *kernel)
        return F.conv2d(x, weight, None, stride, padding, dilation, groups)

    def do_transposed(self, x, _made, kernel, stride, padding, dilation):
        sizes = zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
        if any((n - 1) * s - 2 * p + d * (k - 1) + 1 < 1 for n, k, s, p, d in sizes):
            return None
        return F.conv_transpose2d(x, positive(CHANNELS, CHANNELS, *kernel), None, stride, padding, dilation=dilation)

    def do_max_pool(self, x, _made, kernel, stride, ceil):
        if any(n < k for n, k in zip(x.shape[2:], kernel, strict=True)):
            return None
        return F.max_pool2d(x, kernel, stride, [k // 2 for k in kernel], ceil_mode=ceil)

    def do_avg_pool(self, x, _made, kernel, stride, ceil):
        if any(n < k for n, k in zip(x.shape[2:], kernel, strict=True)):
            return None
        return F.avg_pool2d(x, kernel, stride, ceil_mode=ceil)

    def do_pad(self, x, _made, amounts, mode):
        if mode == "constant":
            width, height = x.shape[3] + amounts[0] + amounts[1], x.shape[2] + amounts[2] + amounts[3]
            return F.pad(x, amounts) if min(width, height) > 0 and min(x.shape[2:]) > 4 else None
        return F.pad(x, amounts, mode=mode) if min(x.shape[2:]) > 3 else None

    def do_crop(self, x, _made, start, step):
        return x[:, :, start[0] :: step[0], start[1] : -1 : step[1]]

    def do_upsample(self, x, _made, mode, scale):
        return F.interpolate(x, scale_factor=scale, mode=mode)

    def do_resize(self, x, _made, more, align):
        size = [n + m for n, m in zip(x.shape[2:], more, strict=True)]
        return F.interpolate(x, size=size, mode="bilinear", align_corners=align)

    def do_adaptive(self, x, _made, size):
        return F.adaptive_avg_pool2d(x, size)

    def do_shuffle(self, x, _made):
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)

    def do_swap_halves(self, x, _made):
        first, second = x.chunk(2, dim=1)
        return torch.cat([second, F.avg_pool2d(first, 3, 1, 1)], dim=1)

    def do_roll(self, x, _made, amount):
        return torch.roll(x, amount, dims=2)

    def do_flip(self, x, _made):
        return x.flip(3)

    def do_transpose(self, x, _made):
        return x.permute(0, 1, 3, 2)

    def do_permuted_norm(self, x, _made):
        return F.relu(x.permute(0, 2, 3, 1).contiguous().mul(2)).permute(0, 3, 1, 2)

    def do_norm_relu(self, x, _made):
        return F.relu_(self.norm(x))

    def do_unshuffle(self, x, _made):
        return F.pixel_unshuffle(x, 2) if all(n % 2 == 0 for n in x.shape[2:]) else None

    def do_pixel_shuffle(self, x, _made):
        return F.pixel_shuffle(x, 2)

    def do_write(self, x, _made, corner):
        out = x.new_zeros(x.shape[0], x.shape[1], x.shape[2] + 2, x.shape[3] + 2)
        out[:, :, corner[0] - 1 : corner[0] - 1 + x.shape[2], corner[1] - 1 : corner[1] - 1 + x.shape[3]] = x
        out[:, 1:3] += 1
        return out

    def do_gate(self, x, _made):
        return x * x.mean((2, 3), keepdim=True)

    def do_strip_gate(self, x, _made):
        return x + x.amax(dim=3, keepdim=True)

    def do_add(self, x, made, other):
        a, b = cropped(x, made[-1 - other % len(made)])
        return a + b

    def do_cat(self, x, made, other):
        return torch.cat(cropped(x, made[-1 - other % len(made)]), dim=1)[:, 2:6]

    def do_cat_rows(self, x, made, other):
        return torch.cat(cropped(x, made[-1 - other % len(made)]), dim=2)


def cropped(a, b):
    """Both at the smaller height and width of the two, and with as many channels as convolutions make."""
    height, width = min(a.shape[2], b.shape[2]), min(a.shape[3], b.shape[3])
    return to_channels(a)[:, :, :height, :width], to_channels(b)[:, :, :height, :width]


def to_channels(x):
    """A 1 × 1 convolution to the common number of channels, depthwise where they are right already."""
    if x.shape[1] == CHANNELS:
        return F.conv2d(x, positive(CHANNELS, 1, 1, 1), groups=CHANNELS)
    return F.conv2d(x, positive(CHANNELS, x.shape[1], 1, 1))


def positive(*shape):
    """Weights between ½ and 3⁄2, divided by the number of inputs they sum over."""
    weight = 0.5 + torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return weight / weight[0].numel()
