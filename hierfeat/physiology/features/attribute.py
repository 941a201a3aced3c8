"""Which pixels a unit's response is due to, by captum's methods, for any unit of any layer call."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from captum.attr import FeatureAblation, IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency
from torch import Tensor, nn

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.anatomy.receptive_fields import receptive_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._backward_rules import Deconvolving, Guided
from hierfeat.physiology.features._field_cutter import boxes_of_places
from hierfeat.physiology.features._objectives import maps, one_unit
from hierfeat.physiology.features._patch_measure import one_value
from hierfeat.physiology.features._reading import Read, reading, upstream
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.values import choice, whole

Unit = int | Sequence[int]
_RULES: dict[str, Callable[[], Any]] = {"guided_backprop": Guided, "deconvolution": Deconvolving}
_PLACE = ["channel", "row", "col", "activation", "total", "inside", "top", "left", "bottom", "right", "field"]
METHODS = ("gradient", "integrated_gradients", *_RULES, "ablation", "occlusion", "gradcam")


@dataclass(frozen=True, eq=False)
class Attribution(Result):
    """Maps of what in each image a unit's response is due to.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per image: ``layer, method, image, channel, row, col, activation, total, inside, top, left, bottom, right,
        field, status``. `total` is the sum of the map, `inside` the share of its absolute sum within the unit's
        receptive field (the box, half-open, in pixels; `field` is its status). Status is ``ok``; or, where the map is
        zero or the channel has one value everywhere, ``dead`` (the channel is never above zero on these images),
        ``constant`` (it has one value) or ``silent`` (it responds elsewhere, but here no pixel moves the unit).
    maps : numpy.ndarray
        (N, C, H, W), signed: per pixel and colour for the gradients, one channel for the others' patches and Grad-CAM.
    images : numpy.ndarray
        (N, C, H, W), in [0, 1].
    """

    maps: npt.NDArray[np.float32]
    images: npt.NDArray[np.float32]

    plot = drawn("features.plot_attribute")


class _Response(nn.Module):
    """One unit's response as a module of its own, which is what captum takes.

    ``tap`` carries the response of the layer that Grad-CAM looks at: captum hooks modules, not calls.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tap = nn.Identity()
        self.read: Read | None = None

    def forward(self, images: Tensor, units: Tensor) -> Tensor:
        assert self.read is not None, "set within the reading block"
        return one_unit(self.read(images), units)


@checked(method=choice(*METHODS), patch=whole(1, 10**5))
def attribute(
    h: Hierarchy,
    images: Images,
    layer: str,
    unit: Unit,
    *,
    method: str = "gradient",
    baseline: float | None = None,
    patch: int | None = None,
    steps: int = 50,
    cam_layer: str | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> Attribution:
    """Attribute a unit's response to the pixels of each image.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W), in [0, 1].
    layer
        A layer's name: a module, or a functional or repeated call.
    unit
        Channel, row and column; a channel alone stands for the place of its largest response in each image.
    method
        ``gradient``, ``integrated_gradients``, ``guided_backprop``, ``deconvolution`` (as Zeiler & Fergus),
        ``ablation`` (patches side by side), ``occlusion`` (a sliding patch) or ``gradcam``.
    baseline
        What is not a image at all, for integrated gradients, ablation and occlusion: by default the
        hierarchy's mean, or 0 without one.
    patch
        Pixels of a patch's side; by default an eighth of the image.
    steps
        Steps of integrated gradients.
    cam_layer
        The layer whose maps Grad-CAM weighs; by default the last convolution that leads to `layer`.
    batch_size
        Images at a time.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Attribution
        A table with the columns and arrays that the class describes.

    Raises
    ------
    HierfeatError
        If layer, unit, images or method do not fit.

    Notes
    -----
    The methods are captum's. They see the unit through a module whose forward runs the hierarchy up to the layer, so
    that functional calls, repeated calls and in-place rectifiers, where captum's own layer and neuron methods fail or
    err, are attributed like any other. Guided backpropagation and deconvolution change what rectifiers
    (ReLU, ReLU6, clamp at 0) hand back: relu(g)·[x > 0] and relu(g), for a gradient g and an input x.
    Gradients are with respect to images in [0, 1], before normalisation. Integrated gradients add up to the
    response less that to the baseline (Sundararajan et al. 2017). Grad-CAM is rectified, as in its source: ReLU(Σ α·A).

    References
    ----------
    Zeiler, M. D. and Fergus, R. (2014). Visualizing and understanding convolutional networks. ECCV, 818-833.
    Springenberg, J. T., Dosovitskiy, A., Brox, T. and Riedmiller, M. (2015). Striving for simplicity. ICLR workshop.
    Sundararajan, M., Taly, A. and Yan, Q. (2017). Axiomatic attribution for deep networks. ICML, 3319-3328.
    Selvaraju, R. R. et al. (2017). Grad-CAM. ICCV, 618-626.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, _ = hf.digits(split="test")
    >>> found = hf.attribute(hf.load("lenet5-digits"), images[:2], "conv2", (3, 4, 4))
    >>> found.maps.shape, found.table["inside"].tolist()
    ((2, 1, 32, 32), [1.0, 1.0])
    """
    images = images.detach()
    wanted = _checked_unit(h, layer, unit)
    patch = max(1, min(h.input_shape[1:]) // 8) if patch is None else patch
    tap = _cam_layer(h, layer, cam_layer, images[:1].to(h.device, h.dtype)) if method == "gradcam" else None
    base = _baseline(h, baseline)
    parts, spans = [], []
    size = batch_size or default_batch(h.input_shape)
    for batch in with_bar(images.split(size), f"{method} of {layer}"):
        batch = batch.to(h.device, h.dtype)
        with _responding(h, layer, method, tap) as response, torch.enable_grad():
            assert response.read is not None, "set by _responding"
            units, responses = _units(response.read, batch, wanted)
            found = _attributed(response, method, batch, units, base.to(batch), patch, steps)
            with torch.no_grad():
                values = response(batch, units)
        parts.append((found.detach().float().cpu(), units.cpu(), values.detach().float().cpu()))
        spans.append((float(responses.min()), float(responses.max()), responses.numel()))
    found, units, values = (torch.cat(items) for items in zip(*parts, strict=True))
    settings = {"unit": unit, "method": method, "baseline": base.flatten(), "patch": patch, "steps": steps}
    table = _table(h, layer, method, found, units, values)
    return Attribution(
        table=table.assign(status=_status(found, spans)),
        provenance=provenance(h, layer=layer, cam_layer=tap, **settings),
        maps=found.numpy(),
        images=images.float().cpu().numpy(),
    )


def _checked_unit(h: Hierarchy, layer: str, unit: Unit) -> tuple[int, ...]:
    shape = h.layers[layer].out_shape
    wanted = tuple(unit) if isinstance(unit, Sequence) else (unit,)
    whole = all(isinstance(index, int | np.integer) for index in wanted)
    if not whole or len(wanted) not in (1, len(shape)) or not all(
        0 <= i < size for i, size in zip(wanted, shape, strict=False)
    ):  # fmt: skip
        raise HierfeatError(
            f"expected a unit of {layer!r} as a channel or as {len(shape)} indices within {shape}, got {unit!r}"
        )
    return tuple(int(index) for index in wanted)


def _cam_layer(h: Hierarchy, layer: str, cam_layer: str | None, image: Tensor) -> str:
    earlier = [h.layers[name] for name in upstream(h, layer, image)]
    if cam_layer is not None:
        chosen = h.layers[cam_layer]
        if chosen.name not in (layer, *[entry.name for entry in earlier]) or len(chosen.out_shape) != 3:
            raise HierfeatError(f"expected cam_layer to have maps and to lead to {layer!r}, got {cam_layer!r}")
        return chosen.name
    found = [entry.name for entry in earlier if entry.kind == "conv" and len(entry.out_shape) == 3]
    if not found:
        raise HierfeatError(f"gradcam needs a convolution that leads to {layer!r}; there is none")
    return found[-1]


def _baseline(h: Hierarchy, baseline: float | None) -> Tensor:
    values = (h.mean or (0.0,)) if baseline is None else (baseline,)
    return torch.tensor(values).view(1, -1, 1, 1)


@contextmanager
def _responding(h: Hierarchy, layer: str, method: str, tap: str | None) -> Iterator[_Response]:
    """The unit's response, within the block; Grad-CAM's layer goes through the tap, rectifiers by their rule."""
    response = _Response()

    def tapping(call: Call, output: Tensor) -> Tensor | None:
        return response.tap(output).clone() if call.name == tap else None  # an in-place call may follow

    rule = _RULES[method]() if method in _RULES else None
    before, after = (None, None) if rule is None else (rule.before, rule.after)
    with reading(h, layer, before=before, after=after if tap is None else tapping) as response.read:
        yield response


def _units(read: Read, images: Tensor, wanted: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Each image's unit, by its place in the flattened response, and the responses of its channel, (N, places)."""
    with torch.no_grad():
        response = read(images)
    shape = response.shape[1:]
    channel = torch.full((len(images),), wanted[0], device=images.device)
    places = maps(response, channel).reshape(len(images), -1)
    if len(wanted) == len(shape):
        return torch.full_like(channel, int(np.ravel_multi_index(wanted, shape))), places
    return wanted[0] * places.shape[1] + places.argmax(1), places


def _attributed(
    response: _Response, method: str, images: Tensor, units: Tensor, base: Tensor, patch: int, steps: int
) -> Tensor:
    given: dict[str, Any] = {"additional_forward_args": (units,)}
    window = (images.shape[1], patch, patch)
    baselines = base.expand(1, *images.shape[1:]).expand_as(images).contiguous()
    if method == "integrated_gradients":
        return _tensor(IntegratedGradients(response).attribute(images, baselines, n_steps=steps, **given))
    if method == "ablation":
        mask = _patch_mask(images, patch)
        return _tensor(FeatureAblation(response).attribute(images, baselines, feature_mask=mask, **given))[:, :1]
    if method == "occlusion":
        strides = (images.shape[1], max(1, patch // 2), max(1, patch // 2))
        found = Occlusion(response).attribute(images, window, strides, baselines, **given)
        return _tensor(found)[:, :1]
    if method == "gradcam":
        # rectified, as in its source: what speaks against the unit is not shown
        cam = LayerGradCam(response, response.tap).attribute(images, relu_attributions=True, **given)
        size = (images.shape[2], images.shape[3])
        return _tensor(LayerAttribution.interpolate(cam, size, interpolate_mode="bilinear"))
    return _tensor(Saliency(response).attribute(images.clone().requires_grad_(), abs=False, **given))


def _tensor(found: Any) -> Tensor:
    assert isinstance(found, Tensor), "one input, one map"
    return found


def _patch_mask(images: Tensor, patch: int) -> Tensor:
    """A number per square patch, (1, 1, H, W), the same for all colours."""
    height, width = images.shape[2:]
    rows, cols = torch.arange(height) // patch, torch.arange(width) // patch
    return (rows[:, None] * (int(cols[-1]) + 1) + cols)[None, None].to(images.device).expand(1, *images.shape[1:])


def _table(h: Hierarchy, layer: str, method: str, found: Tensor, units: Tensor, values: Tensor) -> pd.DataFrame:
    fields = receptive_fields(h)
    shape = h.layers[layer].out_shape
    status = fields.table.set_index("layer")["status"][layer]
    boxes = boxes_of_places(fields.boxes(layer), shape[1:])
    rows = []
    for n, (image, unit, value) in enumerate(zip(found, units.tolist(), values.tolist(), strict=True)):
        channel, *place = (int(index) for index in np.unravel_index(unit, shape))
        row, col = (0, 0, *place)[-2:]
        box = boxes[row, col] if boxes.shape[:2] != (1, 1) else boxes[0, 0]
        top, left, bottom, right = box.tolist()
        outside = double(image.abs())
        whole = float(outside.sum())
        outside[:, top:bottom, left:right] = 0
        inside = 1 - float(outside.sum()) / whole if whole else float("nan")
        rows.append((layer, method, n, channel, row, col, value, float(image.sum()), inside, *box.tolist(), status))
    return pd.DataFrame(rows, columns=["layer", "method", "image", *_PLACE])


def _status(found: Tensor, spans: list[tuple[float, float, int]]) -> npt.NDArray[np.str_]:
    """What each map is worth, by the maps and by the least, the largest and the number of the channel's responses."""
    lows, highs, counts = zip(*spans, strict=True)
    low, high = min(lows), max(highs)
    same = bool(one_value(low, high))
    still = (found == 0).flatten(1).all(1).numpy() | (same and sum(counts) > 1)
    return np.where(still, "dead" if high <= 0 else "constant" if same else "silent", "ok")
