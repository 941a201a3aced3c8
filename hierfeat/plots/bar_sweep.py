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
from hierfeat.plots._style import DARK, INK, LIGHT, SKY, VERMILION, entitle, highest, sheet, short

if TYPE_CHECKING:
    from hierfeat.physiology.fields.bar_sweep import BarSweep


def plot_bar_sweep(sweep: "BarSweep") -> Figure:
    """Draw the plate, a row per orientation: the bar on the field with its direction of motion, and the trace.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    count = len(sweep.orientations)
    figure = sheet(6.4, 0.82 * count + 1.1)
    axes = figure.subplots(count, 2, width_ratios=[1, 5], squeeze=False)
    rates = np.maximum(sweep.responses, 0)
    top = highest(rates) or 1.0
    for index, (icon, trace) in enumerate(axes):
        _icon(icon, sweep, float(sweep.orientations[index]))
        _trace(trace, sweep, rates[index], top)
        if index == 0:
            _scale_of_responses(trace, top)
        if index < count - 1:
            trace.set_xticklabels([])
        trace.set_ylabel(f"{sweep.orientations[index]:g}°", rotation=0, ha="right", va="center", fontsize=10)
    axes[-1, 1].set_xlabel("position of the bar across the field (pixels from its middle)")
    kind = "slit of light" if sweep.polarity > 0 else "dark bar"
    about = (
        f"{short(sweep.layer)}, channel {sweep.channel}, rectified response to a moving {kind}\n"
        "all rows to one scale; dashed: to the blank ground"
    )
    entitle(figure, sweep, about, size=10)
    return figure


def _icon(ax: Any, sweep: "BarSweep", orientation: float) -> None:
    """The field as a dashed square, the bar over it, an arrow where it goes; rows count downwards."""
    height, width = sweep.box[2] - sweep.box[0], sweep.box[3] - sweep.box[1]
    size = max(height, width, 1)
    ax.add_patch(Rectangle((-width / 2, -height / 2), width, height, fill=False, ec=DARK, ls=(0, (2, 2)), lw=0.9))
    bar = _corners(orientation, 1.15 * size, sweep.width)
    ax.add_patch(Polygon(bar, fc=INK if sweep.polarity < 0 else LIGHT, ec=INK, lw=0.6))
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
    ax.fill_between(sweep.offsets, rates, color=INK, lw=0.8)
    ax.axhline(max(sweep.blank, 0), color=VERMILION, lw=0.8, ls="--")
    ax.set_ylim(0, 1.05 * top)
    ax.set_xlim(sweep.offsets[0], sweep.offsets[-1])
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)


def _scale_of_responses(ax: Any, top: float) -> None:
    """Zero and the largest response, to the right of the uppermost trace."""
    ax.yaxis.tick_right()
    ax.set_yticks([0, top], ["0", f"{top:.3g}"])
    ax.spines["right"].set_visible(True)
    ax.spines["right"].set_bounds(0, top)


def animate_bar_sweep(sweep: "BarSweep", path: str | Path, *, frames_per_second: int) -> Path:
    """Write a GIF or MP4: the bar moving over the field, and the trace of each orientation growing beneath it."""
    writer = _writer(Path(path), frames_per_second)
    figure = sheet(3.4, 4.6)
    above, below = figure.subplots(2, 1, height_ratios=[2, 1])
    rates = np.maximum(sweep.responses, 0)
    picture = above.imshow(sweep.frames[0, 0], cmap="gray", vmin=0, vmax=255, extent=sweep.extent)
    box = sweep.box
    above.add_patch(Rectangle((box[1], box[0]), box[3] - box[1], box[2] - box[0], fill=False, ec=SKY, lw=1.5))
    above.set_xticks([])
    above.set_yticks([])
    (line,) = below.plot([], [], color=INK, lw=1.6)
    below.set_xlim(sweep.offsets[0], sweep.offsets[-1])
    below.set_ylim(0, 1.05 * (highest(rates) or 1.0))
    below.set_xlabel("position of the bar (pixels)")
    below.set_ylabel("response")
    steps = len(sweep.offsets)

    def show(index: int) -> tuple[Any, ...]:
        angle, step = divmod(index, steps)
        picture.set_data(sweep.frames[angle, step])
        line.set_data(sweep.offsets[: step + 1], rates[angle, : step + 1])
        above.set_title(f"{short(sweep.layer)}, channel {sweep.channel}: {sweep.orientations[angle]:g}°", fontsize=10)
        return picture, line

    film = FuncAnimation(figure, show, frames=len(sweep.orientations) * steps)
    try:
        with replacing(path) as partial:
            film.save(partial, writer=writer, dpi=70)
    finally:
        plt.close(figure)
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
