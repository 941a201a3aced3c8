"""The patches that drive each channel most, a row per channel."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from hierfeat.physiology.features.top_patches import ChannelPatches

_MOST = 12
_OUTSIDE = (0.80, 0.86, 0.92, 1.0)  # a pale blue that no grey image holds


def plot_top_patches(
    result: "ChannelPatches", layer: str | None = None, *, channels: Sequence[int] | None = None
) -> Figure:
    """Draw the patches of some channels of a layer: by default of the last one, the first twelve channels.

    Parameters
    ----------
    result : ChannelPatches
    layer : str, optional
    channels : sequence of int, optional
    """
    layer = list(result.patches)[-1] if layer is None else layer
    if layer not in result.patches:
        raise HierfeatError(f"no patches of {layer!r} here; there are those of {', '.join(result.patches)}")
    patches = result.patches[layer]
    chosen = list(range(min(_MOST, len(patches)))) if channels is None else list(channels)
    if not chosen or not all(0 <= c < len(patches) for c in chosen):
        raise HierfeatError(f"expected channels of {layer!r} from 0 to {len(patches) - 1}, got {chosen}")
    table = result.table[result.table["layer"] == layer]
    responses = dict(zip(zip(table["channel"], table["rank"], strict=True), table["value"], strict=True))
    statuses = dict(zip(table["channel"], table["status"], strict=True))
    size = (table["bottom"] - table["top"]).max(), (table["right"] - table["left"]).max()
    columns = patches.shape[1]
    figure, grid = plt.subplots(
        len(chosen),
        columns,
        figsize=(1.0 + 0.75 * columns, 0.6 + 0.92 * len(chosen)),
        layout="constrained",
        squeeze=False,
    )
    what = "least" if result.least else "most"
    figure.suptitle(
        f"{layer}: the {columns} patches that drive each channel {what}\n"
        f"(fields of {size[0]} × {size[1]} pixels; blue: outside the unit's field; number: the response)",
        fontsize=9,
    )
    for axes_row, channel in zip(grid, chosen, strict=True):
        axes_row[0].set_ylabel(f"channel {channel}", fontsize=8, rotation=0, ha="right", va="center")
        for rank, axes in enumerate(axes_row, start=1):
            status = statuses[channel] if (channel, rank) in responses else "none"
            _draw(axes, patches[channel, rank - 1], status)
            if status == "ok":
                axes.set_title(f"{responses[channel, rank]:.3g}", fontsize=7, pad=2)
    plt.close(figure)
    return figure


def _draw(axes: Axes, patch: npt.NDArray[np.float16], status: str) -> None:
    axes.set(xticks=[], yticks=[])
    if status != "ok":
        axes.set_facecolor("0.95")
        axes.text(0.5, 0.5, status, ha="center", va="center", transform=axes.transAxes, fontsize=8, color="0.35")
        axes.set_box_aspect(1)
        return
    axes.imshow(picture(patch), interpolation="nearest")
    axes.spines[:].set_color("0.6")


def picture(patch: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """RGBA of an image (C, H, W) in [0, 1]; a pale blue where it is NaN."""
    image = np.asarray(patch, dtype=float)
    outside = np.isnan(image).any(0)
    image = np.clip(np.nan_to_num(image), 0, 1)
    if len(image) == 3:
        rgba = np.concatenate([image.transpose(1, 2, 0), np.ones((*image.shape[1:], 1))], -1)
    else:
        rgba = np.asarray(colormaps["gray"](image.mean(0)), dtype=float)
    rgba[outside] = _OUTSIDE
    return rgba
