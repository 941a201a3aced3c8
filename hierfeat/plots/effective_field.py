"""Effective receptive fields on the image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from hierfeat.physiology.fields.effective_field import EffectiveField


def plot_effective_field(field: "EffectiveField", *, channels: int | Sequence[int]) -> Figure:
    """Draw the mean map with the theoretical field, single channels' maps, and the profile beside a Gaussian."""
    count = len(field.map)
    chosen = list(range(min(channels, count))) if isinstance(channels, int) else [int(channel) for channel in channels]
    top, left, bottom, right = field.box
    fig = plt.figure(figsize=(11.5, 4.0), layout="constrained")
    first, second, third = np.ravel(np.asarray(fig.subfigures(1, 3, width_ratios=[1.15, 1.5, 1.25])))
    mean = field.map.mean(0)
    ax = first.subplots()
    picture = ax.imshow(
        mean / max(mean.max(), 1e-30), cmap="magma", vmin=0, extent=(0, mean.shape[1], mean.shape[0], 0)
    )
    ax.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec="#56b4e9", lw=1.6))
    ax.set_title(f"{field.layer}: mean of {count} channels\nblue: theoretical field", fontsize=9)
    ax.set_xlabel("column (pixels)")
    ax.set_ylabel("row (pixels)")
    first.colorbar(picture, ax=ax, shrink=0.75, label="share of the peak")
    across = min(len(chosen), 4)
    axes = second.subplots(-(-len(chosen) // across), across, squeeze=False)
    numbers = field.table.set_index("channel")
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, index in zip(axes.flat, chosen, strict=False):
        ax.imshow(field.map[index], cmap="magma", vmin=0)
        channel = field.table.channel[index]
        sigma = numbers.sigma_w[channel]
        ax.set_title(f"{channel}: " + ("no gradient" if np.isnan(sigma) else f"σ {sigma:.1f} px"), fontsize=8, pad=2)
    ax = third.subplots()
    _profile(ax, mean, (left, right))
    plt.close(fig)
    return fig


def _profile(ax: Axes, mean: np.ndarray, sides: tuple[int, int]) -> None:
    profile = mean.sum(0) / max(mean.sum(), 1e-30)
    place = np.arange(len(profile)) + 0.5
    middle = (profile * place).sum()
    sigma = max(float(np.sqrt((profile * (place - middle) ** 2).sum())), 1e-6)
    ax.plot(place, profile, "o", ms=3, color="black", label="measured")
    fine = np.linspace(0, len(profile), 400)
    gaussian = np.exp(-((fine - middle) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    ax.plot(fine, gaussian, color="#d55e00", label=f"Gaussian, σ = {sigma:.2f} px")
    for side in sides:
        ax.axvline(side, color="#56b4e9", lw=1.4)
    ax.set_ylim(0, 1.25 * profile.max() or 1.0)
    ax.set_xlabel("column (pixels)")
    ax.set_ylabel("share of the total")
    ax.legend(fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
