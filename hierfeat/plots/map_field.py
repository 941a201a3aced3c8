"""A hand-mapped field."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from hierfeat.physiology.fields.map_field import FieldMap

PROBES = {"spot": "spots", "bar": "bars", "noise": "white noise"}


def plot_map_field(field: "FieldMap") -> Figure:
    """Draw responses to light, to dark, and half their difference, with the exact field outlined."""
    top, left, bottom, right = field.region
    limit = max(float(np.abs([field.light, field.dark]).max()), 1e-12)
    shown = [("light", field.light), ("dark", field.dark), ("(light − dark)/2", field.map)]
    if field.probe == "noise":
        shown = [("reverse correlation", field.map)]
    fig, axes = plt.subplots(
        1, len(shown), figsize=(2.9 * len(shown) + 1.6, 3.6), squeeze=False, layout="constrained", sharey=True
    )
    for ax, (title, values) in zip(axes[0], shown, strict=True):
        picture = ax.imshow(
            values, cmap="RdBu_r", vmin=-limit, vmax=limit, extent=(left, right, bottom, top), interpolation="nearest"
        )
        box = field.box
        ax.add_patch(Rectangle((box[1], box[0]), box[3] - box[1], box[2] - box[0], fill=False, ec="black", lw=1.4))
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("column (pixels)")
    axes[0, 0].set_ylabel("row (pixels)")
    fig.colorbar(picture, ax=axes[0].tolist(), shrink=0.85, label="change of response")
    fig.suptitle(f"{field.layer}, unit {field.channel}: mapped by {PROBES[field.probe]}; box: exact field", fontsize=10)
    plt.close(fig)
    return fig
