"""Which pixels a unit's response is due to, by captum's methods, for any unit of any layer call."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat._values import choice, whole
from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._backward_rules import Deconvolving, Guided
from hierfeat.physiology.features._captum import BY_MODULES, Response, attributed, check_modules, seen_by_captum
from hierfeat.physiology.features._field_cutter import boxes_of_places
from hierfeat.physiology.features._objectives import maps
from hierfeat.physiology.features._patch_measure import one_value
from hierfeat.physiology.features._reading import Read, reading, upstream
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.guard import seeded
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance

Unit = int | tuple[int, ...] | Sequence[int | tuple[int, ...]]
_RULES: dict[str, Callable[[], Any]] = {"guided_backprop": Guided, "deconvolution": Deconvolving}
_PLACE = ["channel", "row", "col", "activation", "total", "inside", "top", "left", "bottom", "right", "field"]
METHODS = ("gradient", "smoothgrad", "integrated_gradients", *_RULES, *BY_MODULES, "ablation", "occlusion", "gradcam")


@dataclass(frozen=True, eq=False)
class Attribution(Result):
    """Maps of what in each image a unit's response is due to.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per image: ``layer, method, image, channel, row, col, activation, total, delta, inside, top, left, bottom,
        right, field, status``. `total` is the sum of the map, `delta` what captum says it falls short of (of the
        response less that to the baseline; of LRP, of the response), NaN of methods that promise no sum. `inside` is
        the share of its absolute sum within the unit's receptive field (the box, half-open, in pixels; `field` is its
        status). Status is ``ok``; or, where the map is zero or the channel has one value everywhere, ``dead`` (the
        channel is never above zero on these images), ``constant`` (it has one value) or ``silent`` (it responds
        elsewhere, but here no pixel moves the unit).
    maps : numpy.ndarray
        (N, C, H, W), signed: per pixel and colour for the gradients, one channel for the others' patches and Grad-CAM.
    images : numpy.ndarray
        (N, C, H, W), in [0, 1].
    """

    maps: npt.NDArray[np.float32]
    images: npt.NDArray[np.float32]

    plot = drawn("features.plot_attribute")


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
    noise: float = 0.15,
    cam_layer: str | None = None,
    seed: int = 0,
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
        A tuple of channel, row and column; a channel alone stands for the place of its largest response in each image.
        A list has one of either for each image.
    method
        ``gradient``, ``smoothgrad`` (the mean of `steps` gradients at noisy images), ``integrated_gradients``,
        ``guided_backprop``, ``deconvolution`` (as Zeiler & Fergus), ``deeplift``, ``lrp``, ``ablation`` (patches side
        by side), ``occlusion`` (a sliding patch) or ``gradcam``.
    baseline
        The value of every pixel of the image that shows nothing, for integrated gradients, DeepLift, ablation and
        occlusion: by default the hierarchy's mean, or 0 without one.
    patch
        Pixels of a patch's side; by default an eighth of the image.
    steps
        Steps of integrated gradients, or noisy images of SmoothGrad.
    noise
        The standard deviation of SmoothGrad's noise, on images in [0, 1].
    cam_layer
        The layer whose maps Grad-CAM weighs; by default the last convolution that leads to `layer`.
    seed
        Of the noise.
    batch_size
        Images at a time.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Attribution
        A row per image, and the maps.

    Raises
    ------
    HierfeatError
        If layer, unit, images or method do not fit; of DeepLift and LRP, if a function or a module that runs twice
        lies before the layer, or one that captum has no rule for.

    Notes
    -----
    The methods are captum's. They see the unit through a module whose forward runs the hierarchy up to the layer, so
    that functional calls, repeated calls and in-place rectifiers, where captum's own layer and neuron methods fail or
    err, are attributed like any other. Guided backpropagation and deconvolution change what rectifiers
    (ReLU, ReLU6, clamp at 0) hand back: relu(g)·[x > 0] and relu(g), for a gradient g and an input x.
    Gradients are with respect to images in [0, 1], before normalisation. Integrated gradients add up to the
    response less that to the baseline (Sundararajan et al. 2017), DeepLift's rescale rule likewise (Shrikumar et al.
    2017). LRP is the ε-rule (Bach et al. 2015). Grad-CAM is rectified, as in its source: ReLU(Σ α·A).

    Memory: one batch of images with its graph of gradients, and the maps of all.

    References
    ----------
    Zeiler, M. D. and Fergus, R. (2014). Visualizing and understanding convolutional networks. ECCV, 818-833.
    Springenberg, J. T., Dosovitskiy, A., Brox, T. and Riedmiller, M. (2015). Striving for simplicity. ICLR workshop.
    Sundararajan, M., Taly, A. and Yan, Q. (2017). Axiomatic attribution for deep networks. ICML, 3319-3328.
    Selvaraju, R. R. et al. (2017). Grad-CAM. ICCV, 618-626.
    Smilkov, D. et al. (2017). SmoothGrad: removing noise by adding noise. arXiv 1706.03825.
    Shrikumar, A., Greenside, P. and Kundaje, A. (2017). Learning important features through propagating activation
    differences. ICML, 3145-3153.
    Bach, S. et al. (2015). On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance
    propagation. PLoS ONE 10(7).

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, _ = hf.digits(split="test")
    >>> found = hf.attribute(hf.load("lenet5-digits"), images[:2], "conv2", (3, 4, 4))
    >>> found.maps.shape, found.table["inside"].tolist()
    ((2, 1, 32, 32), [1.0, 1.0])
    """
    images = images.detach()
    wanted = _checked_units(h, layer, unit, len(images))
    first = images[:1].to(h.device, h.dtype)
    tap = _cam_layer(h, layer, cam_layer, first) if method == "gradcam" else None
    if method in BY_MODULES:
        check_modules(h, layer, method, first)
    base = _baseline(h, baseline)
    settings: dict[str, Any] = {"patch": patch or max(1, min(h.input_shape[1:]) // 8), "steps": steps, "noise": noise}
    parts, spans = [], []
    with seeded(h.model, seed):
        size = batch_size or default_batch(h.input_shape)
        for start in with_bar(range(0, len(images), size), f"{method} of {layer}"):
            here = slice(start, start + size)
            batch = images[here].to(h.device, h.dtype)
            with _responding(h, layer, method, tap) as response, torch.enable_grad():
                part, span = _attributed(h, layer, method, response, batch, wanted[here], base.to(batch), settings)
            parts.append(part)
            spans.append(span)
    found, delta, values, units = (torch.cat(items) for items in zip(*parts, strict=True))
    table = _table(h, layer, method, found, units, values)
    table.insert(list(table).index("total") + 1, "delta", delta.double().numpy())
    about = {"unit": unit, "method": method, "baseline": base.flatten(), **settings, "seed": seed}
    return Attribution(
        table=table.assign(status=_status(found, table["channel"].to_numpy(), spans)),
        provenance=provenance(h, layer=layer, cam_layer=tap, **about),
        maps=found.numpy(),
        images=images.float().cpu().numpy(),
    )


def _attributed(
    h: Hierarchy,
    layer: str,
    method: str,
    response: Response,
    batch: Tensor,
    wanted: list[tuple[int, ...]],
    base: Tensor,
    settings: dict[str, Any],
) -> tuple[list[Tensor], tuple[Tensor, Tensor, int]]:
    """Maps, deltas, responses and units of a batch; and the extremes of the units' channels, and their places."""
    assert response.read is not None, "set by _responding"
    units, low, high, count = _units(response.read, batch, wanted)
    with seen_by_captum(response, h, layer, method), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum's, that it hooks modules for a while
        found, delta = attributed(response, method, batch, units, base, **settings)
    with torch.no_grad():
        values = response(batch, units)
    return [*(x.detach().float().cpu() for x in (found, delta, values)), units.cpu()], (low, high, count)


def _checked_units(h: Hierarchy, layer: str, unit: Any, count: int) -> list[tuple[int, ...]]:
    """The unit of each of `count` images."""
    if isinstance(unit, Tensor | np.ndarray):
        unit = unit.tolist()
    if not isinstance(unit, list | range):
        return [_checked_unit(h, layer, unit)] * count
    if len(unit) != count:
        raise HierfeatError(
            f"expected a unit of {layer!r} for each of {count} images, got {len(unit)}: a list has one for each image, "
            "a tuple is one unit"
        )
    return [_checked_unit(h, layer, tuple(one) if isinstance(one, list) else one) for one in unit]


def _checked_unit(h: Hierarchy, layer: str, unit: Any) -> tuple[int, ...]:
    shape = h.layers[layer].out_shape
    wanted = unit if isinstance(unit, tuple) else (unit,)
    whole = all(isinstance(index, int | np.integer) for index in wanted)
    if not whole or len(wanted) not in (1, len(shape)) or not all(
        0 <= i < size for i, size in zip(wanted, shape, strict=False)
    ):  # fmt: skip
        raise HierfeatError(
            f"expected a unit of {layer!r} as a channel or as {len(shape)} indices within {shape}, got {unit!r}"
        )
    return tuple(int(index) for index in wanted)


def _cam_layer(h: Hierarchy, layer: str, cam_layer: str | None, image: Tensor) -> str:
    table = h.layers
    earlier = [table[name] for name in upstream(h, layer, image)]
    if cam_layer is not None:
        chosen = table[cam_layer]
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
def _responding(h: Hierarchy, layer: str, method: str, tap: str | None) -> Iterator[Response]:
    """The unit's response, within the block; Grad-CAM's layer goes through the tap, rectifiers by their rule."""
    response = Response()

    def tapping(call: Call, output: Tensor) -> Tensor | None:
        return response.tap(output).clone() if call.name == tap else None  # an in-place call may follow

    rule = _RULES[method]() if method in _RULES else None
    before, after = (None, None) if rule is None else (rule.before, rule.after)
    tapped, whole = after if tap is None else tapping, method in BY_MODULES
    with reading(h, layer, before=before, after=tapped, to_the_end=whole) as response.read:
        yield response


def _units(read: Read, images: Tensor, wanted: list[tuple[int, ...]]) -> tuple[Tensor, Tensor, Tensor, int]:
    """Each image's unit, by its place in the flattened response; and of its channel the extremes and the places."""
    with torch.no_grad():
        response = read(images)
    shape = response.shape[1:]
    channels = torch.tensor([one[0] for one in wanted], device=images.device)
    places = maps(response, channels).reshape(len(images), -1)
    strongest = (channels * places.shape[1] + places.argmax(1)).tolist()
    whole = [len(one) == len(shape) for one in wanted]
    units = [
        int(np.ravel_multi_index(one, tuple(shape))) if placed else best
        for one, placed, best in zip(wanted, whole, strongest, strict=True)
    ]
    low, high = places.aminmax(dim=1)
    return torch.tensor(units, device=images.device), low.float().cpu(), high.float().cpu(), places.shape[1]


def _table(h: Hierarchy, layer: str, method: str, found: Tensor, units: Tensor, values: Tensor) -> pd.DataFrame:
    fields = known_fields(h)
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


def _status(
    found: Tensor, channels: npt.NDArray[np.int64], spans: list[tuple[Tensor, Tensor, int]]
) -> npt.NDArray[np.str_]:
    """What each map is worth, by the maps and by the least and the largest of its channel's responses to all images."""
    low, high = (torch.cat([span[k] for span in spans]).numpy() for k in (0, 1))  # type: ignore[misc]
    places = spans[0][2]
    status = np.full(len(channels), "ok", dtype="U8")
    for channel in np.unique(channels):
        own = channels == channel
        least, most = float(low[own].min()), float(high[own].max())
        same = bool(one_value(least, most))
        still = (found[own] == 0).flatten(1).all(1).numpy() | (same and places * int(own.sum()) > 1)
        status[own] = np.where(still, "dead" if most <= 0 else "constant" if same else "silent", "ok")
    return status
