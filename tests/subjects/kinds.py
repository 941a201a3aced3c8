"""Networks as people have them: a small one of every kind, and of every family of timm where that is installed."""

import contextlib
import copy
import importlib.util
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import functional as F
from torch.utils import checkpoint as checkpointing

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.errors import HierfeatError

CLASSES, SIDE = 3, 16


class Trunk(nn.Module):
    """Two convolutions, a pool and whatever comes `after`."""

    def __init__(
        self, after: Callable[[Tensor], object] | None = None, channels: int = 1, norm: type | None = None
    ) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(channels, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1)
        self.norm = nn.Identity() if norm is None else norm(4)
        self.relu1, self.pool, self.relu2 = nn.ReLU(), nn.MaxPool2d(2), nn.ReLU()
        self.head, self.after = nn.Linear(6, CLASSES), after

    def forward(self, x: Tensor) -> object:
        x = self.relu2(self.conv2(self.pool(self.relu1(self.norm(self.conv1(x))))))
        return self.head(x.mean((2, 3))) if self.after is None else self.after(self, x)


class Functional(nn.Module):
    """Bare parameters, and functions alone."""

    def __init__(self) -> None:
        super().__init__()
        self.w1, self.w2 = nn.Parameter(torch.randn(4, 1, 3, 3)), nn.Parameter(torch.randn(CLASSES, 4))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.max_pool2d(F.relu(F.conv2d(x, self.w1)), 2).mean((2, 3)), self.w2)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.middle = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up, self.out = nn.ConvTranspose2d(8, 4, 2, 2), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        first = F.relu(self.down(x))
        middle = F.relu(self.middle(F.max_pool2d(first, 2)))
        out = self.out(torch.cat([self.up(middle), first], 1))
        return {"out": out, "aux": middle}


class Two(Trunk):
    def forward(self, x: Tensor, context: Tensor) -> object:
        return super().forward(x) + context


class Siamese(Trunk):
    def forward(self, left: Tensor, right: Tensor) -> object:
        return super().forward(left) - super().forward(right)


class Indices(nn.Module):
    """A pool that says where its largest values lay, and its undoing."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.pool, self.un = nn.Conv2d(1, 4, 3), nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x, where = self.pool(F.relu(self.conv(x)))
        return self.head(self.un(x, where).mean((2, 3)))


class Gated(nn.Module):
    """A gated linear unit, a maxout and a bilinear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.maxout, self.both = nn.Conv2d(1, 8, 3), nn.Conv2d(4, 8, 3), nn.Bilinear(2, 2, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxout(F.glu(self.conv(x), 1))
        x = x.view(len(x), 4, 2, *x.shape[2:]).amax(2).mean((2, 3))
        return self.both(x[:, :2], x[:, 2:])


class Scaled(nn.Module):
    """Parameters outside layers: a class token, a layer scale, positions."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.scale = nn.Conv2d(1, 8, 4, 4), nn.Parameter(torch.ones(8))
        self.token, self.places = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 17, 8))
        self.block, self.head = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), -1, -1), tokens], 1) + self.places
        return self.head(self.block(tokens)[:, 0] * self.scale)


class InPlace(Trunk):
    def forward(self, x: Tensor) -> object:
        return super().forward(x.sub_(0.5).div_(0.25))


class Branching(Trunk):
    """Takes another way for bright images."""

    def forward(self, x: Tensor) -> object:
        return super().forward(x) if x.mean() > 0.45 else self.head(self.relu2(self.conv2(self.conv1(x))).mean((2, 3)))


class Checkpointed(Trunk):
    def forward(self, x: Tensor) -> object:
        return checkpointing.checkpoint(super().forward, x, use_reentrant=False)


class Silent(Trunk):
    def forward(self, x: Tensor) -> object:
        with torch.no_grad():
            return super().forward(x)


class Recurrent(nn.Module):
    """Rows of the image as a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.gru, self.head = nn.Conv2d(1, 4, 3, padding=1), nn.GRU(64, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.head(self.gru(x.transpose(1, 2).flatten(2))[0][:, -1])


class Patches(nn.Module):
    """Quarters of the image, which lie on the first axis beside one another."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.head = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        quarters = x.unfold(2, 8, 8).unfold(3, 8, 8).reshape(-1, 1, 8, 8)
        found = F.relu(self.conv2(F.relu(self.conv1(quarters)))).mean((2, 3))
        return self.head(found.reshape(len(x), 4, 4).mean(1))


class OneByOne(Trunk):
    """Takes up the images of a batch one after the other."""

    def forward(self, x: Tensor) -> object:
        return torch.cat([super(OneByOne, self).forward(image[None]) for image in x])


def frames() -> nn.Module:
    """Maps of three axes."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 1)), nn.Conv3d(1, 4, (1, 3, 3)), nn.ReLU(), nn.MaxPool3d((1, 2, 2)),
        nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, CLASSES),
    )  # fmt: skip


def vectors() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 12), nn.Tanh(), nn.Linear(12, CLASSES))


def small_maps() -> nn.Module:
    """Maps of 1 x 1, pooled once more."""
    return nn.Sequential(
        nn.Conv2d(1, 4, SIDE),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True, padding=1),
        nn.Conv2d(4, CLASSES, 1),
        nn.Flatten(),
    )


def padded(mode: str) -> nn.Module:
    """Padding wider than the kernel."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=6, padding_mode=mode), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(4, CLASSES, 3),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip


def quantised() -> nn.Module:
    q = torch.ao.quantization
    torch.backends.quantized.engine = "fbgemm"
    model = nn.Sequential(q.QuantStub(), Trunk(), q.DeQuantStub()).eval()
    model.qconfig = q.get_default_qconfig("fbgemm")
    model = q.prepare(model)
    model(torch.rand(4, 1, SIDE, SIDE))
    return q.convert(model)


def exported() -> nn.Module:
    shapes = {"x": {0: torch.export.Dim("batch", min=1, max=512)}}
    return torch.export.export(Trunk().eval(), (torch.rand(4, 1, SIDE, SIDE),), dynamic_shapes=shapes).module()


def compiled(how: str) -> nn.Module:
    model = Trunk()
    if how == "whole":
        return torch.compile(model, backend="eager")
    model.conv2.compile(backend="eager")
    return model


def pooled(how: Callable[[Tensor], Tensor]) -> nn.Module:
    return Trunk(lambda net, x: net.head(how(x)))


Made = tuple[Callable[[], nn.Module], tuple[int, int, int], dict[str, object]]


def _plain(make: Callable[[], nn.Module], channels: int = 1, side: int = SIDE, **options: object) -> Made:
    return make, (channels, side, side), options


KINDS: dict[str, Made] = {
    "resnet50, new head": _plain(lambda: _resnet(), 3, 32),
    "functional only": _plain(Functional),
    "U-Net, dict output": _plain(UNet, output="out"),
    "dict output": _plain(lambda: Trunk(lambda net, x: {"maps": x, "y": net.head(x.mean((2, 3)))}), output="y"),
    "tuple output": _plain(lambda: Trunk(lambda net, x: (net.head(x.mean((2, 3))), x))),
    "list output": _plain(lambda: Trunk(lambda net, x: [x, net.head(x.mean((2, 3)))]), output=-1),
    "two inputs": _plain(Two, example=(torch.ones(1, CLASSES),)),
    "siamese": _plain(Siamese, example=lambda images: (images.flip(3),)),
    "instance norm": _plain(lambda: Trunk(norm=nn.InstanceNorm2d)),
    "group norm": _plain(lambda: Trunk(norm=lambda c: nn.GroupNorm(2, c))),
    "batch norm": _plain(lambda: Trunk(norm=nn.BatchNorm2d)),
    "2 channels": _plain(lambda: Trunk(channels=2), 2),
    "24 channels": _plain(lambda: Trunk(channels=24), 24),
    "compiled whole": _plain(lambda: compiled("whole")),
    "compiled in place": _plain(lambda: compiled("in place")),
    "half": _plain(lambda: Trunk().half()),
    "bfloat16": _plain(lambda: Trunk().bfloat16()),
    "float64": _plain(lambda: Trunk().double()),
    "DataParallel": _plain(lambda: nn.DataParallel(Trunk())),
    "int8": _plain(quantised),
    "int8 linear layers": _plain(lambda: torch.ao.quantization.quantize_dynamic(Trunk().eval(), {nn.Linear})),
    "TorchScript": _plain(lambda: torch.jit.trace(Trunk().eval(), torch.rand(1, 1, SIDE, SIDE))),
    "exported program": _plain(exported),
    "torch.fx": _plain(lambda: torch.fx.symbolic_trace(nn.Sequential(*small_trunk()))),
    "make_fx": _plain(lambda: make_fx(nn.Sequential(*small_trunk()).eval())(torch.rand(1, 1, SIDE, SIDE))),
    "scores (N,)": _plain(lambda: Trunk(lambda net, x: net.head(x.mean((2, 3)))[:, 0])),
    "scores (N, 1)": _plain(lambda: Trunk(lambda net, x: net.head(x.mean((2, 3)))[:, :1])),
    "dense scores": _plain(lambda: Trunk(lambda net, x: x[:, :CLASSES])),
    "log-softmax": _plain(lambda: Trunk(lambda net, x: net.head(x.mean((2, 3))).log_softmax(1))),
    "pool with indices": _plain(Indices),
    "mean(3).mean(2)": _plain(lambda: pooled(lambda x: x.mean(3).mean(2))),
    "flatten(2).mean(2)": _plain(lambda: pooled(lambda x: x.flatten(2).mean(2))),
    "gated, maxout, bilinear": _plain(Gated),
    "bare parameters, tokens": _plain(Scaled),
    "recurrent": _plain(Recurrent),
    "patches on the first axis": _plain(Patches),
    "image by image": _plain(OneByOne),
    "maps of three axes": _plain(frames),
    "vectors": _plain(vectors),
    "1 x 1 maps": _plain(small_maps),
    "replicate padding": _plain(lambda: padded("replicate")),
    "reflect padding": _plain(lambda: padded("reflect")),
    "circular padding": _plain(lambda: padded("circular")),
    "global pool over 40 rows": _plain(Trunk, 1, 80),
    "input written in place": _plain(InPlace),
    "data-dependent branch": _plain(Branching),
    "checkpointed": _plain(Checkpointed),
    "under no_grad": _plain(Silent),
    "frozen, training mode": _plain(lambda: Trunk(norm=nn.BatchNorm2d).requires_grad_(False).train()),
    "weight norm": _plain(lambda: _normed(nn.utils.parametrizations.weight_norm)),
    "spectral norm": _plain(lambda: _normed(nn.utils.parametrizations.spectral_norm)),
    "no layers": _plain(nn.Identity),
    "meta device": _plain(lambda: Trunk().to("meta")),
    "lazy": _plain(lambda: nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(CLASSES))),
}

TIMM = {
    "timm mobilenetv4": ("mobilenetv4_conv_small_035", 64),
    "timm convnext": ("convnext_atto", 64),
    "timm vit": ("vit_tiny_patch16_224", 64),
    "timm swin": ("swin_tiny_patch4_window7_224", 56),
    "timm efficientnet": ("test_efficientnet", 64),
    "timm resnet": ("test_resnet", 64),
    "timm regnet": ("regnetx_002", 64),
    "timm maxvit": ("test_maxvit", 160),
    "timm nfnet": ("test_nfnet", 64),
    "timm byobnet": ("test_byobnet", 64),
    "timm repvgg": ("repvgg_a0", 64),
}
if importlib.util.find_spec("timm") is not None:
    KINDS |= {
        name: _plain(lambda model=model, side=side: _timm(model, side), 3, side) for name, (model, side) in TIMM.items()
    }


def _timm(model: str, side: int) -> nn.Module:
    import timm

    sized = {"img_size": side} if model.endswith("_224") else {}  # transformers are made for one size of images
    return timm.create_model(model, num_classes=CLASSES, **sized)


def small_trunk() -> list[nn.Module]:
    return [
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, CLASSES),
    ]  # fmt: skip


def _normed(norm: Callable[[nn.Module], nn.Module]) -> nn.Module:
    model = Trunk()
    norm(model.conv2)
    return model


def _resnet() -> nn.Module:
    """The first stages of ResNet-50, a block of each, and a new head."""
    model = models.resnet.ResNet(models.resnet.Bottleneck, [1, 1, 1, 1])
    model.layer2 = model.layer3 = model.layer4 = nn.Identity()
    model.fc = nn.Sequential(nn.Dropout(0.2), nn.Linear(256, CLASSES))
    return model


def subject(kind: str) -> hf.Hierarchy | HierfeatError:
    """A network of this kind with weights of its own, or why hierfeat does not take it."""
    make, shape, options = KINDS[kind]
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        model = make()
        with contextlib.suppress(Exception):
            model = copy.deepcopy(model)
        try:
            return hf.Hierarchy(model, shape, name=kind, **options)
        except HierfeatError as error:
            return error
