"""LeNet-5 exactly as LeCun, Bottou, Bengio and Haffner published it in 1998."""

from collections import OrderedDict
from collections.abc import Sequence
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat.zoo.bitmaps import digit_codes

# Table 1 of the paper: which of the six maps of S2 each of the sixteen maps of C3 looks at.
TABLE_1 = (
    *("012", "123", "234", "345", "045", "015"),
    *("0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245", "0235"),
    "012345",
)
AMPLITUDE, SLOPE = 1.7159, 2 / 3
# Pixels are scaled so that white ground is -0.1 and black ink 1.175, which makes their mean about 0 and variance about
# 1: 1.275 x - 0.1, in the form (x - mean) / std.
MEAN, STD = (0.1 / 1.275,), (1 / 1.275,)


class Squash(nn.Module):
    """The scaled hyperbolic tangent 1.7159 tanh(2 x / 3); squash(1) = 1 and squash(-1) = -1."""

    layer_kind = "activation"
    layer_op = "scaled_tanh"

    def forward(self, x: Tensor) -> Tensor:
        return AMPLITUDE * torch.tanh(SLOPE * x)


class Subsampling(nn.Module):
    """Sum each 2x2 block, times a trainable coefficient, plus a trainable bias: one of each per map."""

    layer_kind = "pool"
    layer_op = "subsampling"
    kernel_size = 2
    stride = 2
    padding = 0
    dilation = 1
    groups = 1

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(maps))
        self.bias = nn.Parameter(torch.empty(maps))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw coefficients from U(0.1, 0.6), 2.4 / 4 being the paper's bound for a fan-in of four; a bias of 0."""
        nn.init.uniform_(self.coefficient, 0.1, 0.6)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2) * (4 * self.coefficient)[:, None, None] + self.bias[:, None, None]

    def layer_macs(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:  # noqa: ARG002 - the protocol
        return 4 * prod(out_shape)

    def layer_connections(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:  # noqa: ARG002
        return 5 * prod(out_shape)  # four pixels and the bias


class PartialConv2d(nn.Module):
    """A convolution in which each output map sees only some input maps; only existing kernels are parameters.

    Parameters
    ----------
    table
        For each output map, the digits of the input maps that it sees.
    kernel_size
        Side of the square kernel.
    """

    layer_kind = "conv"
    layer_op = "partial_conv2d"
    stride = 1
    padding = 0
    dilation = 1
    groups = 1
    sources: Tensor
    targets: Tensor

    def __init__(self, table: Sequence[str], kernel_size: int) -> None:
        super().__init__()
        pairs = [(target, int(source)) for target, sources in enumerate(table) for source in sources]
        self.kernel_size = kernel_size
        self.in_channels, self.out_channels = 1 + max(source for _, source in pairs), len(table)
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.empty(len(table)))
        self.register_buffer("targets", torch.tensor([target for target, _ in pairs]), persistent=False)
        self.register_buffer("sources", torch.tensor([source for _, source in pairs]), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw each kernel from U(-2.4 / F, 2.4 / F), F being the fan-in of its output map."""
        fan_in = (torch.bincount(self.targets) * self.kernel_size**2)[self.targets].to(self.weight)
        with torch.no_grad():
            self.weight.uniform_(-2.4, 2.4).div_(fan_in[:, None, None])
            self.bias.zero_()

    def layer_kernel(self) -> Tensor:
        """Return the kernels as `out, in, k, k`, zero where there is no connection."""
        shape = (self.out_channels, self.in_channels, self.kernel_size, self.kernel_size)
        return self.weight.new_zeros(shape).index_put((self.targets, self.sources), self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.layer_kernel(), self.bias)

    def layer_macs(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:  # noqa: ARG002 - the protocol
        return self.weight.numel() * prod(out_shape[-2:])

    def layer_connections(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:  # noqa: ARG002
        return (self.weight.numel() + self.bias.numel()) * prod(out_shape[-2:])


class RBF(nn.Module):
    """Minus the squared distance between F6 and the fixed code of each class (so that the largest output wins).

    Notes
    -----
    The paper's units give y_i = sum_j (x_j - w_ij)^2 and the *smallest* wins; only the sign differs here.
    """

    layer_kind = "other"
    layer_op = "rbf"
    codes: Tensor

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return -(x[:, None] - self.codes.to(x.dtype)).square().sum(2)

    def layer_macs(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:  # noqa: ARG002 - the protocol
        return self.codes.numel()

    def layer_connections(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:  # noqa: ARG002
        return self.codes.numel()


class LeNet5Published(nn.Sequential):
    """LeNet-5 of 1998: 60,000 trainable parameters, 340,908 connections.

    Notes
    -----
    Layers: ``C1, squash1, S2, squash2, C3, squash3, S4, squash4, C5, squash5, flatten, F6, squash6, RBF``. C5 is a
    convolution whose maps are 1x1. Weights start in U(-2.4 / F, 2.4 / F) with F the fan-in, as in the paper.

    :meth:`loss` is the paper's equation 9, y_D + log(exp(-j) + sum_i exp(-y_i)): the distance to the right code, plus a
    competitive term that pushes the wrong classes away and, through j, keeps already distant ones from being pushed.
    The paper leaves j open. With a large j, F6 need only come nearer to the right code than to the others; with j = 1
    it must come close to it, which generalised better on the validation split.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. & Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86, 2278-2324, section II.

    Examples
    --------
    >>> sum(p.numel() for p in LeNet5Published().parameters())
    60000
    """

    def __init__(self, *, rubbish_distance: float = 1.0) -> None:
        super().__init__(
            OrderedDict(
                C1=nn.Conv2d(1, 6, 5),
                squash1=Squash(),
                S2=Subsampling(6),
                squash2=Squash(),
                C3=PartialConv2d(TABLE_1, 5),
                squash3=Squash(),
                S4=Subsampling(16),
                squash4=Squash(),
                C5=nn.Conv2d(16, 120, 5),
                squash5=Squash(),
                flatten=nn.Flatten(),
                F6=nn.Linear(120, 84),
                squash6=Squash(),
                RBF=RBF(digit_codes()),
            )
        )
        self.rubbish_distance = rubbish_distance
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights of C1, C5 and F6 anew; the other layers have their own ``reset_parameters``."""
        for layer in (self.C1, self.C5, self.F6):
            _uniform_by_fan_in(layer)

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return equation 9 of the paper, averaged over the batch; `outputs` are minus the distances."""
        right = -outputs.gather(1, labels[:, None]).squeeze(1)
        rubbish = outputs.new_full((len(outputs), 1), -self.rubbish_distance)
        return (right + torch.cat([rubbish, outputs], 1).logsumexp(1)).mean()


def _uniform_by_fan_in(layer: Tensor | nn.Module) -> None:
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    weight, bias = layer.weight, layer.bias
    assert bias is not None
    bound = 2.4 / prod(weight.shape[1:])
    nn.init.uniform_(weight, -bound, bound)
    nn.init.zeros_(bias)
