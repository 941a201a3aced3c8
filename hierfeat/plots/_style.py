"""What every figure shares: colours for every eye, axes by depth, pictures, and scales that say what they leave out."""

import textwrap
from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import index
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure, FigureBase
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from hierfeat.errors import HierfeatError
from hierfeat.plots._canvas import TALLEST, WIDEST, OwnFigure, one_panel, sheet

if TYPE_CHECKING:
    from hierfeat._result import Result

__all__ = ["TALLEST", "WIDEST", "one_panel", "sheet"]  # of the canvas, for those who draw

T = TypeVar("T")
Floats = npt.NDArray[np.float64]

# Okabe and Ito (2008), Color Universal Design: told apart by every kind of colour vision
BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY, YELLOW = "#e69f00", "#56b4e9", "#f0e442"
CATEGORIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
INK, DARK, GREY, LIGHT, PALE = "black", "0.3", "0.55", "0.75", "0.92"

MISSING = "0.72"
"""What is NaN: a grey that neither scale of colours holds."""
OUTSIDE = (0.80, 0.86, 0.92)
"""What lies outside an image: a pale blue that no grey image holds."""
MARKERS = {"conv": "o", "activation": "^", "pool": "s", "linear": "D"}

# beyond its ends a scale goes on in the same direction, so that what is clipped is seen, and is not mistaken for NaN
SIGNED = mpl.colormaps["RdBu_r"].with_extremes(bad=MISSING, under="#021024", over="#2b000b")
POSITIVE = mpl.colormaps["viridis"].with_extremes(bad=MISSING, under="#1a0022", over="#fffbc8")
RATES = mpl.colormaps["Greys"].with_extremes(bad="#f3d9b1", under="#d9e8f3", over="#7a1f00")
"""Zero white, as on paper; NaN is sand, since every grey is taken."""

MOST_NAMED = 14
"""Curves up to which a legend names each layer."""


def width_of(figure: Any) -> float:
    """Inches across a figure, or the part of one that is drawn on."""
    return float(figure.get_figwidth() if hasattr(figure, "get_figwidth") else figure.bbox.width / figure.dpi)


def height_of(figure: Any) -> float:
    """Inches from top to bottom."""
    return float(figure.get_figheight() if hasattr(figure, "get_figheight") else figure.bbox.height / figure.dpi)


def entitle(figure: Figure, result: "Result", text: str, *, size: float = 11.0) -> None:
    """Put the model and `text` above all panels, in as many lines as the figure's width takes."""
    model = result.provenance.get("model")
    whole = f"{model}: {text}" if model else text
    across = max(20, int(width_of(figure) * 72 / (0.6 * size)))
    lines = [part for line in whole.split("\n") for part in textwrap.wrap(line, across)]
    figure.suptitle("\n".join(lines), fontsize=size)


def open_frame(*panels: Axes) -> None:
    """Leave out the upper and the right side of the frame."""
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)


def bare(axes: Axes) -> None:
    """No ticks."""
    axes.set(xticks=[], yticks=[])


def say(axes: Axes, text: str) -> None:
    """Write on a pale panel why nothing is drawn on it."""
    bare(axes)
    axes.set_facecolor(PALE)
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, fontsize=10, color=DARK, wrap=True)


def pale(colour: str) -> tuple[float, ...]:
    """A colour for a ground, three quarters white."""
    return tuple(0.25 * part + 0.75 for part in to_rgb(colour))


def jitter(count: int) -> Floats:
    """Offsets in [-0.3, 0.3) that keep `count` dots of one place apart, by the golden ratio: the same every time."""
    return np.asarray(((np.arange(count) * 0.618) % 1 - 0.5) * 0.6)


def highest(values: npt.ArrayLike, least: float = 0.0) -> float:
    """The largest finite value, `least` at the least; `least` where none is finite."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return max(float(known.max()), least) if known.size else least


def number(value: Any, how: str) -> str:
    """A number in the format `how`, and a dash where there is none.

    Examples
    --------
    >>> number(0.257, ".2f"), number(float("nan"), ".2f")
    ('0.26', '–')
    """
    return format(value, how) if np.isfinite(value) else "–"


# Layers


def shades(count: int) -> list[tuple[float, float, float, float]]:
    """Shallow to deep: dark to bright, without the palest end."""
    return [mpl.colormaps["viridis"](value) for value in np.linspace(0, 0.9, max(count, 1))]


def spaced(items: Sequence[T], most: int) -> list[T]:
    """At most `most` of the items, evenly spaced, the first and last among them.

    Examples
    --------
    >>> spaced("abcdefg", 3)
    ['a', 'd', 'g']
    """
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int)]


def pick(names: Sequence[str], wanted: Sequence[str] | None, most: int) -> tuple[list[str], str]:
    """The layers to draw, and a remark for the title if they are not all.

    Examples
    --------
    >>> pick(["a", "b", "c", "d"], None, 2)
    (['a', 'd'], ' (2 of 4 layers, evenly spaced)')
    """
    if wanted is None:
        some = spaced(names, most)
        return some, "" if len(some) == len(names) else f" ({len(some)} of {len(names)} layers, evenly spaced)"
    chosen = list(wanted) if isinstance(wanted, Iterable) else []
    if not chosen or not all(isinstance(name, str) and name in names for name in chosen):
        raise HierfeatError(f"expected layers of this result, some of {_listed(names)}; got {wanted!r}")
    return chosen, "" if len(chosen) == len(names) else f" ({len(chosen)} of {len(names)} layers)"


def one_layer(names: Sequence[str], layer: str | None, default: int = 0) -> str:
    """`layer`, if the result has it; without one that of the place `default`."""
    if layer is not None and not (isinstance(layer, str) and layer in names):
        raise HierfeatError(f"expected a layer of this result, one of {_listed(names)}; got {layer!r}")
    return list(names)[default] if layer is None else layer


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def some_channels(channels: int | Sequence[int], known: Sequence[int], where: str) -> list[int]:
    """The first so many of the channels that there are, or those that are named."""
    chosen: list[int] = []
    if isinstance(channels, int | np.integer):
        chosen = list(known[: max(channels, 0)])
    else:
        with suppress(TypeError):  # of what is neither an int nor several
            chosen = [index(channel) for channel in channels]
    if not chosen or not set(chosen) <= set(known):
        least, most = min(known, default=0), max(known, default=0)
        raise HierfeatError(f"expected channels of {where} from {least} to {most}, at least one; got {channels}")
    return chosen


def width_by_depth(count: int, each: float = 0.5, least: float = 4.5) -> float:
    """Inches for an axis of `count` layers, no wider than a page."""
    return min(WIDEST, max(least, 1.4 + each * count))


def by_depth(axes: Axes, names: Sequence[str], *, along: Literal["x", "y"] = "x", size: float = 10.0) -> None:
    """Name the layers along an axis, the first on the left or on top: all of them, or as many as there is room for."""
    place, figure = axes.get_position(), axes.get_figure()
    assert figure is not None
    labels = [short(name) for name in names]
    line = 1.35 * size / 72
    if along == "y":
        step = max(1, int(np.ceil(len(names) * line / (place.height * height_of(figure)))))
        axes.set_yticks(range(0, len(names), step), labels[::step], fontsize=size)
        axes.set_ylim(len(names) - 0.4, -0.6)
        return
    slot = place.width * width_of(figure) / max(len(names), 1)
    longest = max(map(len, labels), default=0) * 0.62 * size / 72
    turn: dict[str, Any] = {}
    if longest > 0.95 * slot:
        turn = {"rotation": 90} if slot < 2.4 * line else {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
        _room_below(figure, place.y0, longest if turn["rotation"] == 90 else 0.75 * longest)
    step = max(1, int(np.ceil(line / slot)))
    axes.set_xticks(range(0, len(names), step), labels[::step], fontsize=size, **turn)
    axes.set_xlim(-0.6, len(names) - 0.4)


def _room_below(figure: FigureBase, row: float, inches: float, usual: float = 0.5) -> None:
    """Make a figure of ours taller by what long names take below a row of panels, so that these stay as high."""
    if isinstance(figure, OwnFigure):
        known: dict[float, float] = figure.__dict__.setdefault("_rooms", {})
        more = max(0.0, inches - known.get(row, usual))
        known[row] = known.get(row, usual) + more
        figure.set_figheight(min(TALLEST, figure.get_figheight() + more))


def short(name: str, most: int = 24) -> str:
    """The end of a layer's name, which tells it from its neighbours."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def key_by_depth(figure: Figure, panels: Sequence[Axes], names: Sequence[str]) -> None:
    """Say which shade is which layer: a legend beside the panels, below them if it is wide, a scale if it is long."""
    if len(names) <= MOST_NAMED:
        handles, labels = panels[0].get_legend_handles_labels()
        each = 0.6 + max(map(len, labels), default=0) * 0.62 * 10 / 72
        below = each > 0.17 * width_of(figure)
        columns = max(1, int(width_of(figure) / each)) if below else 1
        if below and isinstance(figure, OwnFigure):
            figure.set_figheight(figure.get_figheight() + 0.21 * -(-len(labels) // columns))
        place: Literal["outside lower center", "outside right center"]
        place = "outside lower center" if below else "outside right center"
        figure.legend(handles, labels, loc=place, ncols=columns, frameon=False, fontsize=10)
        return
    scale = ScalarMappable(Normalize(-0.5, len(names) - 0.5), ListedColormap(shades(len(names))))
    bar = figure.colorbar(scale, ax=list(panels), label="layer, first to last")
    places = spaced(range(len(names)), MOST_NAMED)
    bar.set_ticks(places, labels=[short(names[place]) for place in places], fontsize=10)
    bar.ax.minorticks_off()
    bar.ax.invert_yaxis()


# Maps and pictures


def signed(axes: Axes, values: npt.ArrayLike, limit: float | None = None, **how: Any) -> AxesImage:
    """Draw a map whose zero is white: red above, blue below, to `limit` or to the largest magnitude."""
    top = limit or highest(np.abs(np.asarray(values, dtype=float))) or 1.0
    return _map(axes, values, SIGNED, -top, top, **how)


def positive(
    axes: Axes, values: npt.ArrayLike, top: float | None = None, cmap: Colormap = POSITIVE, **how: Any
) -> AxesImage:
    """Draw a map from zero up, to `top` or to the largest value."""
    return _map(axes, values, cmap, 0.0, top or highest(values) or 1.0, **how)


def _map(axes: Axes, values: npt.ArrayLike, cmap: Colormap, low: float, high: float, **how: Any) -> AxesImage:
    shown = np.asarray(values, dtype=float)
    slack = 1e-6 * (high - low)  # of rounding: a cosine of 1 + 1e-16 is not clipped
    shown = np.where((shown < low - slack) | (shown > high + slack), shown, np.clip(shown, low, high))
    how = {"interpolation": "nearest"} | how
    return axes.imshow(np.ma.masked_invalid(shown), cmap=cmap, vmin=low, vmax=high, **how)


def scale(
    images: AxesImage | Sequence[AxesImage], panels: Axes | Sequence[Axes], label: str, shrink: float = 0.8
) -> None:
    """Put a scale of colours beside the panels, with a tip where values lie beyond it, a word where some are NaN."""
    drawn = [images] if isinstance(images, AxesImage) else list(images)
    values: list[Any] = [np.ma.asarray(image.get_array()) for image in drawn]
    low, high = drawn[0].get_clim()
    below = any((part.compressed() < low).any() for part in values)
    above = any((part.compressed() > high).any() for part in values)
    missing = any(np.ma.getmaskarray(part).any() for part in values)
    figure = drawn[0].axes.get_figure(root=True)
    assert figure is not None
    figure.colorbar(
        drawn[0],
        ax=panels if isinstance(panels, Axes) else list(panels),
        label=label + ("\n(grey: undefined)" if missing else ""),
        extend="both" if below and above else "min" if below else "max" if above else "neither",
        shrink=shrink,
    )


def ink_on(image: AxesImage, value: float) -> str:
    """Black or white, whichever is read on the colour of a value."""
    return ink_on_colour(image.to_rgba(np.array([value]))[0])


def ink_on_colour(colour: Any) -> str:
    """Black or white, whichever is read on a colour."""
    return "black" if float(np.dot(to_rgb(colour), (0.3, 0.59, 0.11))) > 0.45 else "white"


def few_ticks(axis: Axis, *, most: int = 6, whole: bool = True) -> None:
    """Few ticks, and only at whole numbers unless told: no channel stands at 0.15, no pixel at a half."""
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1 if whole else 2))


def whole_pixels(*panels: Axes) -> None:
    """Ticks at whole pixels only."""
    for axes in panels:
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)


def picture(image: Any) -> Floats:
    """RGB of an image (C, H, W) or (H, W) in [0, 1]: three channels as colours, others as the grey of their mean.

    What is NaN becomes pale blue. A network of 2, 4 or 24 input channels has no colours to show, and none of its
    channels is transparency.

    Parameters
    ----------
    image

    Raises
    ------
    HierfeatError
        If it is not an image.
    """
    try:
        pixels = np.asarray(image.detach().double().cpu() if hasattr(image, "detach") else image, dtype=float)
    except (TypeError, ValueError):
        raise HierfeatError(f"expected an image, (C, H, W) or (H, W), to draw; got {type(image).__name__}") from None
    pixels = pixels[None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or not pixels.size:
        raise HierfeatError(f"expected an image, (C, H, W) or (H, W), to draw; got shape {pixels.shape}")
    outside = np.isnan(pixels).any(0)
    pixels = np.clip(np.nan_to_num(pixels), 0, 1)
    if len(pixels) != 3:
        pixels = np.repeat(pixels.mean(0, keepdims=True), 3, axis=0)
    rgb = np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    rgb[outside] = OUTSIDE
    return rgb


def as_drawn(channels: int) -> str:
    """A remark for the title on images that are not drawn as they are.

    Examples
    --------
    >>> as_drawn(3), as_drawn(24)
    ('', '; images: mean of 24 channels')
    """
    return "" if channels in (1, 3) else f"; images: mean of {channels} channels"
