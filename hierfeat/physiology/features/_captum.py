"""Captum's methods, for one unit of each image: how each is called, and what it can be asked about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from captum.attr import (
    LRP,
    DeepLift,
    FeatureAblation,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR
from captum.attr._core.lrp import SUPPORTED_LAYERS_WITH_RULES, SUPPORTED_NON_LINEAR_LAYERS
from captum.attr._utils.lrp_rules import IdentityRule
from torch import Tensor, nn

from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._objectives import one_unit
from hierfeat.physiology.features._reading import Read, upstream
from hierfeat.subjects.hierarchy import Hierarchy

BY_MODULES = ("deeplift", "lrp")
"""Methods that change what modules hand back: calls of functions, which captum does not see, are refused."""
_RESHAPES = (nn.Flatten, nn.Identity, nn.Unflatten)
_DEEPLIFT = {nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.MaxPool2d, nn.Softmax}


class _Reshaped(IdentityRule):  # type: ignore[misc]
    """Captum's rule for what only hands on, also where that is of another shape."""

    def _create_backward_hook_input(self, inputs: Any) -> Any:  # noqa: ARG002  (the signature of captum's)
        return lambda grad: self.relevance_output[grad.device].reshape(grad.shape)


class Response(nn.Module):
    """One unit's response as a module of its own, which is what captum takes.

    ``tap`` carries the response of the layer that Grad-CAM looks at: captum hooks modules, not calls.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tap = nn.Identity()
        self.read: Read | None = None
        self.where: list[nn.Module] = []  # the layer, if it is a module whose hooks are to be heard

    def forward(self, images: Tensor, units: Tensor) -> Tensor:
        """The response of each image's unit, (N,)."""
        assert self.read is not None, "set within the reading block"
        handed: list[Tensor] = []
        hooks = [module.register_forward_hook(lambda *seen: handed.append(seen[2])) for module in self.where]
        try:
            response = self.read(images)
        finally:
            for hook in hooks:
                hook.remove()
        unit = one_unit(handed[-1] if handed else response, units)
        if images.requires_grad and torch.is_grad_enabled() and not unit.requires_grad:
            raise HierfeatError(
                "the unit's response has no gradient with respect to the images: the model rounds, compares or "
                "detaches on the way, or the unit sees no image; method='occlusion' and 'ablation' need no gradient"
            )
        return unit


def attributed(
    response: Response,
    method: str,
    images: Tensor,
    units: Tensor,
    base: Tensor,
    *,
    patch: int,
    steps: int,
    noise: float,
) -> tuple[Tensor, Tensor]:
    """Maps of the images, and what they fall short of adding up to (NaN of methods that promise no sum), (N,)."""
    given: dict[str, Any] = {"additional_forward_args": (units,)}
    window = (images.shape[1], patch, patch)
    baselines = base.expand(1, *images.shape[1:]).expand_as(images).contiguous()
    nothing = images.new_full((len(images),), torch.nan)
    if method == "integrated_gradients":
        options: dict[str, Any] = {
            "n_steps": steps,
            "internal_batch_size": len(images),
            "return_convergence_delta": True,
        }
        return _pair(IntegratedGradients(response).attribute(images, baselines, **options, **given))
    if method == "deeplift":
        return _pair(DeepLift(response).attribute(images, baselines, return_convergence_delta=True, **given))
    if method == "lrp":
        return _pair(LRP(response).attribute(images.clone(), return_convergence_delta=True, **given))
    if method == "smoothgrad":
        options = {"nt_type": "smoothgrad", "nt_samples": steps, "nt_samples_batch_size": 1, "stdevs": noise}
        return _tensor(NoiseTunnel(Saliency(response)).attribute(images, abs=False, **options, **given)), nothing
    if method == "ablation":
        mask = _patch_mask(images, patch)
        found = FeatureAblation(response).attribute(images, baselines, feature_mask=mask, **given)
        return _tensor(found)[:, :1], nothing
    if method == "occlusion":
        strides = (images.shape[1], max(1, patch // 2), max(1, patch // 2))
        return _tensor(Occlusion(response).attribute(images, window, strides, baselines, **given))[:, :1], nothing
    if method == "gradcam":
        # rectified, as in its source: what speaks against the unit is not shown
        cam = LayerGradCam(response, response.tap).attribute(images, relu_attributions=True, **given)
        size = (images.shape[2], images.shape[3])
        return _tensor(LayerAttribution.interpolate(cam, size, interpolate_mode="bilinear")), nothing
    return _tensor(Saliency(response).attribute(images.clone().requires_grad_(), abs=False, **given)), nothing


def check_modules(h: Hierarchy, layer: str, method: str, image: Tensor) -> None:
    """Refuse networks of whose calls captum sees or knows too little.

    Raises
    ------
    HierfeatError
        With the first such call.
    """
    known = (
        _DEEPLIFT & set(SUPPORTED_NON_LINEAR)
        if method == "deeplift"
        else {*SUPPORTED_LAYERS_WITH_RULES, *SUPPORTED_NON_LINEAR_LAYERS}
    )
    for name in [*upstream(h, layer, image), layer]:
        call = h.layers[name]
        bent = call.kind == "activation" or call.op.startswith(("max_pool", "adaptive_max_pool"))
        if method == "deeplift" and not bent and call.kind != "norm":
            continue
        why = _unfit(h, name, known, bent or method == "lrp")
        if why:
            raise HierfeatError(
                f"{method} needs every call before {layer!r} to be a module that runs once and that captum has a rule "
                f"for; {name!r} ({call.op}) of {h.name} {why}: choose a layer before it, or another method"
            )


def _unfit(h: Hierarchy, name: str, known: set[Any], needs_rule: bool) -> str:
    modules = dict(h.model.named_modules())
    module = modules.get(name)
    if "#" in name:
        return "runs again"
    if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, *_RESHAPES)):
        return ""  # in eval mode, of one slope
    if module is None:
        return "is the call of a function" if needs_rule else ""
    return "" if type(module) in known else f"is a {type(module).__name__}"


@contextmanager
def seen_by_captum(response: Response, h: Hierarchy, layer: str, method: str) -> Iterator[None]:
    """Within the block captum finds the network's modules in `response`, none of which writes over its input."""
    if method not in BY_MODULES:
        yield
        return
    modules = [module for module in h.model.modules() if not list(module.children())]
    inplace = [module for module in modules if getattr(module, "inplace", False) is True]
    known = {*SUPPORTED_LAYERS_WITH_RULES, *SUPPORTED_NON_LINEAR_LAYERS}
    others = [module for module in modules if type(module) not in known] if method == "lrp" else []
    if method == "lrp":
        del response.tap
    response.model = h.model
    response.where = [module for name, module in h.model.named_modules() if name == layer]
    try:
        for module in inplace:
            module.inplace = False  # type: ignore[assignment]
        for module in others:  # they reshape, or lie behind the layer
            module.rule = _Reshaped()
        yield
    finally:
        del response.model
        for module in inplace:
            module.inplace = True  # type: ignore[assignment]
        for module in modules:
            for name in ("rule", "activations", "activation", "relevance", "input", "output", "input_attr_ref"):
                module.__dict__.pop(name, None)


def _pair(found: Any) -> tuple[Tensor, Tensor]:
    maps, delta = found
    return _tensor(maps), delta.detach().reshape(-1).to(maps.dtype)


def _tensor(found: Any) -> Tensor:
    assert isinstance(found, Tensor), "one input, one map"
    return found


def _patch_mask(images: Tensor, patch: int) -> Tensor:
    """A number per square patch, (1, 1, H, W), the same for all colours."""
    height, width = images.shape[2:]
    rows, cols = torch.arange(height) // patch, torch.arange(width) // patch
    return (rows[:, None] * (int(cols[-1]) + 1) + cols)[None, None].to(images.device).expand(1, *images.shape[1:])
