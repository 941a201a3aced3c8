"""Ways in which a network can be wrong, and where each must be noticed first."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import hierfeat as hf
from hierfeat.testing import probe_images

Change = Callable[[hf.Hierarchy, Tensor], tuple[hf.Hierarchy, Tensor]]


@dataclass(frozen=True)
class Mutation:
    """What is done, and the layer that it is done to; None where nothing may be noticed."""

    name: str
    at: str | None
    change: Change


def network() -> hf.Hierarchy:
    return hf.load("convnet-cifar10")


def shown() -> Tensor:
    return probe_images((3, 32, 32), 8)


def _on_model(edit: Callable[[nn.Module], object]) -> Change:
    def change(h: hf.Hierarchy, images: Tensor) -> tuple[hf.Hierarchy, Tensor]:
        with torch.no_grad():
            edit(h.model)
        return h, images

    return change


def _replaced(name: str, module: nn.Module) -> Change:
    return _on_model(lambda model: setattr(model, name, module))


def _set(name: str, attribute: str, value: object) -> Change:
    return _on_model(lambda model: setattr(model.get_submodule(name), attribute, value))


def _shown_with(**options) -> Change:
    def change(h: hf.Hierarchy, images: Tensor) -> tuple[hf.Hierarchy, Tensor]:
        kept = {"mean": h.mean, "std": h.std, "classes": h.classes, "name": h.name}
        return hf.Hierarchy(h.model, h.input_shape, **(kept | options)), images

    return change


def _on_images(edit: Callable[[Tensor], Tensor]) -> Change:
    return lambda h, images: (h, edit(images))


def _padding_mode(name: str, mode: str) -> Change:
    def edit(model: nn.Module) -> None:
        old = model.get_submodule(name)
        new = nn.Conv2d(
            old.in_channels, old.out_channels, old.kernel_size, padding=old.padding, bias=False, padding_mode=mode
        )
        new.weight = old.weight
        setattr(model, name, new)

    return _on_model(edit)


def _retrained(name: str, steps: int = 3, rate: float = 0.01) -> Change:
    """Some steps of gradient descent on one layer's weights, all others as they are."""

    def change(h: hf.Hierarchy, images: Tensor) -> tuple[hf.Hierarchy, Tensor]:
        weight = h.model.get_submodule(name).weight
        optimiser = torch.optim.SGD([weight], lr=rate)
        labels = torch.arange(len(images)) % 10
        for _ in range(steps):
            optimiser.zero_grad()
            F.cross_entropy(h.forward(images), labels).backward()
            optimiser.step()
        return h, images

    return change


def _swap_channels(model: nn.Module) -> None:
    """Two channels of conv3 change places, and conv4 reads them where they are now: the function stays the same."""
    order = torch.arange(128)
    order[[5, 9]] = order[[9, 5]]
    model.conv3.weight.copy_(model.conv3.weight[order])
    for tensor in (model.bn3.weight, model.bn3.bias, model.bn3.running_mean, model.bn3.running_var):
        tensor.copy_(tensor[order])
    model.conv4.weight.copy_(model.conv4.weight[:, order])


def _quantised(model: nn.Module) -> None:
    """All convolutions' weights to 8 bits, a scale per layer."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            step = module.weight.abs().max() / 127
            module.weight.copy_((module.weight / step).round() * step)


def _times(tensor: str, place: tuple[int, ...], factor: float) -> Change:
    def edit(model: nn.Module) -> None:
        model.get_parameter(tensor)[place] *= factor

    return _on_model(edit)


def _flipped(model: nn.Module) -> None:
    model.conv1.weight.copy_(model.conv1.weight.flip(2, 3))


def _shifted_statistics(model: nn.Module) -> None:
    model.bn4.running_var.mul_(1.01)


def _restored(h: hf.Hierarchy, images: Tensor) -> tuple[hf.Hierarchy, Tensor]:
    other = hf.untrained(h, seed=3)
    other.model.load_state_dict(h.model.state_dict())
    other.name = h.name
    return other, images


def _other_seed(h: hf.Hierarchy, images: Tensor) -> tuple[hf.Hierarchy, Tensor]:
    return hf.untrained(h, seed=1), images


def _brighter(images: Tensor) -> Tensor:
    changed = images.clone()
    changed[3, 1, 10, 12] = (changed[3, 1, 10, 12] + 0.1) % 1
    return changed


def _dilate(conv: nn.Conv2d) -> None:
    conv.dilation = conv.padding = (2, 2)


MUTATIONS = [
    Mutation("one pixel of one image brighter by a tenth", "(images)", _on_images(_brighter)),
    Mutation("images scaled to 0.99 of their contrast", "(images)", _on_images(lambda x: x * 0.99)),
    Mutation("red and blue exchanged (BGR)", "(images)", _on_images(lambda x: x.flip(1))),
    Mutation("images upside down", "(images)", _on_images(lambda x: x.flip(2))),
    Mutation("no normalisation", "(input)", _shown_with(mean=None, std=None)),
    Mutation("ImageNet's normalisation", "(input)", _shown_with(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))),
    Mutation(
        "mean and std rounded to two digits", "(input)", _shown_with(mean=(0.49, 0.48, 0.45), std=(0.25, 0.24, 0.26))
    ),
    Mutation("kernels flipped: convolution for cross-correlation", "conv1", _on_model(_flipped)),
    Mutation("padding with the border's values, not zeros", "conv3", _padding_mode("conv3", "replicate")),
    Mutation("padding by reflection", "conv1", _padding_mode("conv1", "reflect")),
    Mutation("dilation 2, padding 2", "conv5", _on_model(lambda m: _dilate(m.conv5))),
    Mutation("average for max pooling", "pool2", _replaced("pool2", nn.AvgPool2d(2))),
    Mutation("pool of 3 by 3 for 2 by 2, same size", "pool1", _replaced("pool1", nn.MaxPool2d(3, 2, 1))),
    Mutation(
        "a pool blurred before it samples",
        "pool3.0",
        _replaced("pool3", nn.Sequential(nn.MaxPool2d(2, 1), nn.AvgPool2d(2, 2, ceil_mode=True))),
    ),
    Mutation("a leak of 0.01 in one rectifier", "relu2", _replaced("relu2", nn.LeakyReLU(0.01))),
    Mutation("GELU for ReLU", "relu5", _replaced("relu5", nn.GELU())),
    Mutation("ReLU6 for ReLU", "relu7", _replaced("relu7", nn.ReLU6())),
    Mutation("a rectifier left out", "relu4", _replaced("relu4", nn.Identity())),
    Mutation("batch norm's ε 1e-3 (TensorFlow's)", "bn1", _set("bn1", "eps", 1e-3)),
    Mutation("batch norm left out", "bn3", _replaced("bn3", nn.Identity())),
    Mutation("running variances 1 % larger", "bn4", _on_model(_shifted_statistics)),
    Mutation("one layer retrained for 3 steps", "conv4", _retrained("conv4")),
    Mutation("the last layer retrained for 3 steps", "fc2", _retrained("fc2")),
    Mutation("one kernel of 256 at 0.9 of its size", "conv5", _times("conv5.weight", (17,), 0.9)),
    Mutation("one weight of 294,912 doubled", "conv5", _times("conv5.weight", (17, 3, 1, 1), 2.0)),
    Mutation("one channel silenced", "conv2", _times("conv2.weight", (7,), 0.0)),
    Mutation("two channels exchanged, the function the same", "conv3", _on_model(_swap_channels)),
    Mutation("a bias in the head moved by 0.01", "fc1", _on_model(lambda m: m.fc1.bias[0].add_(0.01))),
    Mutation("weights in 8 bits", "conv1", _on_model(_quantised)),
    Mutation("weights and activations in 16 bits (half)", "(input)", _on_model(lambda m: m.half())),
    Mutation("random weights", "conv1", _other_seed),
    Mutation("saved and loaded again", None, _restored),
    Mutation("computed in float64", None, _on_model(lambda m: m.double())),
    Mutation("laid out channels last", None, _on_model(lambda m: m.to(memory_format=torch.channels_last))),
    Mutation("images in another order", None, _on_images(lambda x: x.flip(0))),
]
