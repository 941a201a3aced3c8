"""Untrained twins: the same architecture with fresh weights, and running statistics that fit them."""

import copy
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.noise import pink_noise
from hierfeat.subjects._inputs import is_quantised
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.precision import double

Sums = tuple[int, Tensor, Tensor]  # how many values, their sums and their sums of squares, by channel
_ITERATIONS = 15  # of the power method: torch's own spectral_norm starts with as many


def copied(h: Hierarchy) -> nn.Module:
    """A copy of the model on the CPU.

    Tensors that a module computes and keeps (the weight of the old ``weight_norm``) are copied without their graph,
    with which torch refuses to copy them.
    """
    if h.device.type == "meta":
        raise HierfeatError(f"{h.name} has no weights (meta device), and so no untrained twin")
    if any(map(is_quantised, h.model.modules())):
        raise HierfeatError(
            f"{h.name} is quantised, and packed weights cannot be drawn afresh: "
            "make the twin of the floating-point model it was made from"
        )
    values = [value for module in h.model.modules() for value in module.__dict__.values()]
    values += [value for kept in values if isinstance(kept, dict) for value in kept.values()]
    computed = {
        id(value): value.detach().clone() for value in values if isinstance(value, Tensor) and not value.is_leaf
    }
    try:
        return copy.deepcopy(h.model, dict(computed)).cpu()
    except (RuntimeError, TypeError) as error:
        raise HierfeatError(f"{h.name} cannot be copied by copy.deepcopy: {error}") from error


def draw_weights(model: nn.Module, seed: int) -> None:
    """Initialise every module afresh, inner ones first, from the CPU's global generator."""
    torch.default_generator.manual_seed(seed)
    lists = [module for module in model.modules() if isinstance(module, parametrize.ParametrizationList)]
    following = {id(module) for one in lists for module in one.modules()}  # from the weights; see _reset_parametrised
    with torch.no_grad():
        for module in reversed(list(model.modules())):
            if id(module) not in following:
                _reset(module)


def _reset(module: nn.Module) -> None:
    if parametrize.is_parametrized(module):
        _reset_parametrised(module)
        return
    own = list(module.parameters(recurse=False))
    versions = [parameter._version for parameter in own]
    hooks = [h for h in module._forward_pre_hooks.values() if isinstance(h, WeightNorm | SpectralNorm)]
    for hook in hooks:
        setattr(module, hook.name, getattr(module, hook.name).detach().clone())
    reset = _own_reset(module)
    if reset is not None:
        reset()
        for hook in hooks:
            _hand_over(module, hook)
    for parameter, version in zip(own, versions, strict=True):
        if parameter._version == version:
            _redraw(parameter)
    for hook in hooks:
        _compute(module, hook)


def _own_reset(module: nn.Module) -> Callable[[], None] | None:
    reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
    return reset if callable(reset) else None


def _redraw(parameter: Tensor) -> None:
    """Draw a parameter that no reset touches from a normal distribution with the mean and spread it had."""
    if not parameter.is_floating_point():
        return
    spread = parameter.std() if parameter.numel() > 1 else torch.zeros(())
    parameter.copy_(torch.randn_like(parameter) * spread + parameter.mean())


def _hand_over(module: nn.Module, hook: WeightNorm | SpectralNorm) -> None:
    """Give a freshly drawn weight to the parameters from which the old norms compute it before each pass."""
    weight = getattr(module, hook.name)
    if isinstance(hook, SpectralNorm):
        getattr(module, f"{hook.name}_orig").copy_(weight)
        return
    getattr(module, f"{hook.name}_v").copy_(weight)
    getattr(module, f"{hook.name}_g").copy_(torch.norm_except_dim(weight, 2, hook.dim))


def _compute(module: nn.Module, hook: WeightNorm | SpectralNorm) -> None:
    """Compute the weight once more, as the hook would; a spectral norm finds its singular vectors first."""
    if isinstance(hook, SpectralNorm):
        matrix = hook.reshape_weight_to_matrix(getattr(module, f"{hook.name}_orig"))
        u, v = getattr(module, f"{hook.name}_u"), getattr(module, f"{hook.name}_v")
        u.copy_(torch.randn_like(u))
        for _ in range(_ITERATIONS):
            v.copy_(nn.functional.normalize(matrix.t() @ u, dim=0, eps=hook.eps))
            u.copy_(nn.functional.normalize(matrix @ v, dim=0, eps=hook.eps))
        setattr(module, hook.name, hook.compute_weight(module, do_power_iteration=False))
    else:
        setattr(module, hook.name, hook.compute_weight(module))


def _reset_parametrised(module: nn.Module) -> None:
    """Reset a module as if it were not parametrised, and let its parametrisations take over the fresh weights."""
    parametrised: Any = module.parametrizations
    base: Any = type(module).__bases__[0]
    plain = base.__new__(base)
    plain.__dict__.update(module.__dict__)
    fresh = {name: nn.Parameter(getattr(module, name).detach().clone()) for name in parametrised}
    plain._parameters = {**{n: None if p is None else nn.Parameter(p) for n, p in module._parameters.items()}, **fresh}
    plain._modules = {name: child for name, child in module._modules.items() if name != "parametrizations"}
    _reset(plain)
    for name, parameter in module.named_parameters(recurse=False):
        parameter.copy_(getattr(plain, name))
    for name, weight in fresh.items():
        for inner in parametrised[name].modules():
            if isinstance(inner, nn.utils.parametrizations._SpectralNorm):
                _restart_power_method(inner, weight)
        try:
            setattr(module, name, weight.detach())
        except (RuntimeError, NotImplementedError, ValueError):  # a parametrisation that has no inverse
            for original in parametrised[name].parameters(recurse=False):
                _redraw(original)


def _restart_power_method(norm: Any, weight: Tensor) -> None:
    if weight.ndim > 1:
        norm._u.copy_(torch.randn_like(norm._u))
        norm._power_method(norm._reshape_weight_to_matrix(weight.detach()), _ITERATIONS)


def running(model: nn.Module) -> list[nn.Module]:
    """The modules that normalise by running statistics."""
    return [m for m in model.modules() if isinstance(getattr(m, "running_mean", None), Tensor)]


def calibrate(h: Hierarchy, images: Tensor) -> None:
    """Set the running statistics of a twin to those of `images`, module by module on the way up.

    Notes
    -----
    What a module gets, behind those that are calibrated already, is what a batch norm would see in training: each
    batch is normalised by its own statistics, and over all batches the mean and the unbiased variance are kept.
    """
    sums: dict[int, Sums] = {}
    modules = running(h.model)
    handles = [module.register_forward_pre_hook(lambda m, args: _take(m, args[0], sums)) for module in modules]
    try:
        with torch.no_grad():
            for batch in _batches(images):
                h.forward(batch)
            for module in modules:
                if id(module) in sums:
                    _set(module, *sums[id(module)])
    finally:
        for handle in handles:
            handle.remove()


def _take(module: nn.Module, given: Tensor, sums: dict[int, Sums]) -> None:
    values = double(given.detach()).transpose(0, 1).flatten(1)
    count, total, squares = values.shape[1], values.sum(1), values.square().sum(1)
    _set(module, count, total, squares)
    before = sums.get(id(module))
    if before is not None:
        count, total, squares = count + before[0], total + before[1], squares + before[2]
    sums[id(module)] = count, total, squares


def _set(module: Any, count: int, total: Tensor, squares: Tensor) -> None:
    mean = total / count
    module.running_mean.copy_(mean)
    if isinstance(getattr(module, "running_var", None), Tensor):
        module.running_var.copy_((squares - count * mean**2).clamp(min=0) / max(count - 1, 1))


def _batches(images: Tensor) -> Iterator[Tensor]:
    """Batches of nearly equal size, as large as so many pixels may be: the statistics of few images are noisy."""
    size = max(16, min(256, 2**22 // images[0].numel()))
    yield from images.tensor_split(-(-len(images) // size))


def noise_like_data(h: Hierarchy, seed: int) -> Tensor:
    """Pink noise with the mean and spread, per channel, of the data that the hierarchy normalises."""
    count = max(16, min(128, 2**22 // prod(h.input_shape)))
    [noise] = pink_noise(h.input_shape, count, seed=seed).batches(count)
    if h.mean is None or h.std is None:
        return noise
    shape = (1, -1, 1, 1)
    centred = noise - noise.mean((0, 2, 3), keepdim=True)
    spread = noise.std((0, 2, 3), keepdim=True).clamp(min=1e-6)
    mean, std = (torch.tensor(values).view(shape) for values in (h.mean, h.std))
    return torch.clamp(centred / spread * std + mean, 0, 1)
