"""The plate of 1959 and 1962: a bar at each angle, and the trace of the response as it sweeps; and its film."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, FuncAnimation, PillowWriter
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from hierfeat._files import replacing
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from hierfeat.physiology.fields.bar_sweep import BarSweep


def plot_bar_sweep(sweep: "BarSweep") -> Figure:
    """Draw the plate, a row per orientation: the bar on the field with its direction of motion, and the trace.

    Returns
    -------
    matplotlib.figure.Figure
    """
    count = len(sweep.orientations)
    fig, axes = plt.subplots(
        count, 2, figsize=(6.2, 0.82 * count + 1.0), width_ratios=[1, 5], layout="constrained", squeeze=False
    )
    rates = np.maximum(sweep.responses, 0)
    top = max(float(rates.max()), 1e-12)
    for index, (icon, trace) in enumerate(axes):
        _icon(icon, sweep, float(sweep.orientations[index]))
        _trace(trace, sweep, rates[index], top)
        if index < count - 1:
            trace.set_xticklabels([])
        trace.set_ylabel(f"{sweep.orientations[index]:g}°", rotation=0, ha="right", va="center", fontsize=9)
    axes[-1, 1].set_xlabel("position of the bar across the field (pixels from its middle)")
    kind = "slit of light" if sweep.polarity > 0 else "dark bar"
    fig.suptitle(f"{sweep.layer}, unit {sweep.channel}: response to a moving {kind} (dashed: grey)", fontsize=10)
    plt.close(fig)
    return fig


def _icon(ax: Any, sweep: "BarSweep", orientation: float) -> None:
    """The field as a dashed square, the bar over it, an arrow where it goes; rows count downwards."""
    height, width = sweep.box[2] - sweep.box[0], sweep.box[3] - sweep.box[1]
    size = max(height, width)
    ax.add_patch(Rectangle((-width / 2, -height / 2), width, height, fill=False, ec="0.3", ls=(0, (2, 2)), lw=0.9))
    ax.add_patch(Polygon(_corners(orientation, 1.15 * size, sweep.width), fc="black" if sweep.polarity < 0 else "0.65", ec="black", lw=0.6))  # fmt: skip  # noqa: E501
    theta = np.deg2rad(orientation)
    across = np.array([np.sin(theta), np.cos(theta)])
    ax.annotate("", 0.95 * size * across, 0.3 * size * across, arrowprops={"arrowstyle": "->", "lw": 1.1})
    ax.set_xlim(-size, size)
    ax.set_ylim(size, -size)
    ax.set_aspect("equal")
    ax.set_axis_off()


def _corners(orientation: float, length: float, width: float) -> np.ndarray:
    """(column, row) of the bar's corners about the middle of the field."""
    theta = np.deg2rad(orientation)
    along, across = np.array([np.cos(theta), -np.sin(theta)]), np.array([np.sin(theta), np.cos(theta)])
    signs = ((-1, -1), (-1, 1), (1, 1), (1, -1))
    return np.array([a * length / 2 * along + b * width / 2 * across for a, b in signs])


def _trace(ax: Any, sweep: "BarSweep", rates: np.ndarray, top: float) -> None:
    ax.fill_between(sweep.offsets, rates, color="black", lw=0.8)
    ax.axhline(max(sweep.blank, 0), color="#d55e00", lw=0.8, ls="--")
    ax.set_ylim(0, 1.05 * top)
    ax.set_xlim(sweep.offsets[0], sweep.offsets[-1])
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)


def animate_bar_sweep(sweep: "BarSweep", path: str | Path, *, frames_per_second: int) -> Path:
    """Write a GIF or MP4: the bar moving over the field, and the trace of each orientation growing beneath it."""
    writer = _writer(Path(path), frames_per_second)
    fig, (above, below) = plt.subplots(2, 1, figsize=(3.4, 4.6), height_ratios=[2, 1], layout="constrained")
    rates = np.maximum(sweep.responses, 0)
    picture = above.imshow(sweep.frames[0, 0], cmap="gray", vmin=0, vmax=255, extent=sweep.extent)
    box = sweep.box
    above.add_patch(Rectangle((box[1], box[0]), box[3] - box[1], box[2] - box[0], fill=False, ec="#56b4e9", lw=1.5))
    above.set_xticks([])
    above.set_yticks([])
    (line,) = below.plot([], [], color="black", lw=1.6)
    below.set_xlim(sweep.offsets[0], sweep.offsets[-1])
    below.set_ylim(0, 1.05 * max(float(rates.max()), 1e-12))
    below.set_xlabel("position of the bar (pixels)")
    below.set_ylabel("response")
    steps = len(sweep.offsets)

    def show(index: int) -> tuple[Any, ...]:
        angle, step = divmod(index, steps)
        picture.set_data(sweep.frames[angle, step])
        line.set_data(sweep.offsets[: step + 1], rates[angle, : step + 1])
        above.set_title(f"{sweep.layer}, unit {sweep.channel}: {sweep.orientations[angle]:g}°", fontsize=10)
        return picture, line

    film = FuncAnimation(fig, show, frames=len(sweep.orientations) * steps)
    with replacing(path) as partial:
        film.save(partial, writer=writer, dpi=70)
    plt.close(fig)
    return Path(path)


def _writer(path: Path, frames_per_second: int) -> AbstractMovieWriter:
    """Pillow's for GIF, ffmpeg's for MP4 where that program is."""
    if path.suffix == ".gif":
        return PillowWriter(fps=frames_per_second)
    if path.suffix != ".mp4":
        raise HierfeatError(f"expected a file that ends in .gif or .mp4, got {path}")
    if not FFMpegWriter.isAvailable():
        raise HierfeatError(f"writing {path} takes the program ffmpeg, which is not here: install it, or choose .gif")
    return FFMpegWriter(fps=frames_per_second)
