"""Where a plot is drawn: on a figure of its own, or where its caller says.

A figure of its own belongs to pyplot as any other: ``plt.show()``, ``figure.show()`` and notebooks show it, once, and
``plt.close(figure)`` lets go of it.
"""

import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MethodType
from typing import Any, Literal, TypeVar, cast

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from hierfeat.errors import HierfeatError
from hierfeat.plots._options import checked_options

WIDEST, TALLEST = 13.0, 20.0
"""Inches: a slide's width, and what a page can hold."""

Drawing = TypeVar("Drawing", bound=Callable[..., Figure])
_given: ContextVar[Any] = ContextVar("given", default=None)  # the Figure, SubFigure or Panel that is to be drawn on

_AX = """    ax
        Axes to draw on, of any figure; by default a figure of its own is made.
"""
_FIGURE = """    figure
        A Figure or SubFigure to draw on, so that several stand side by side; by default one is made.
"""


def _shown_once(figure: Figure) -> None:
    """What a notebook does with a figure: show it once, in the order in which figures were made.

    Notebooks draw, after each cell, all figures that pyplot holds, and beside that the value of the last line. So the
    last line is left to the first of these, and what was shown in any other way is let go of.
    """
    if getattr(figure, "number", None) in plt.get_fignums() and "inline" in plt.get_backend():
        shell = sys.modules["IPython"].get_ipython()
        hook = getattr(shell, "displayhook", None)
        if getattr(hook, "is_active", False) or getattr(hook, "msg", None):  # in a terminal's words, and a kernel's
            return
        plt.close(figure)
    raise NotImplementedError("shown as every figure is")  # IPython's way to ask for the usual display


class OwnFigure(Figure):
    """A figure that notebooks show once."""

    _ipython_display_ = _shown_once


class Panel:
    """One panel of somebody's figure, in the place of a whole figure."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax

    def subplots(self, rows: int = 1, columns: int = 1, *, squeeze: bool = True, **how: Any) -> Any:
        """The panel itself."""
        if rows != 1 or columns != 1 or how.get("subplot_kw"):
            raise HierfeatError(
                "this plot has several panels here: pass figure=, a Figure or SubFigure, in place of ax="
            )
        import numpy as np

        return self.ax if squeeze else np.array([[self.ax]], dtype=object)

    def suptitle(self, text: str, **how: Any) -> Any:
        """The title of the whole is that of the panel."""
        return self.ax.set_title(text, **how)

    def legend(self, *args: Any, **how: Any) -> Any:
        """A legend outside the panels stands below the panel."""
        how = {name: value for name, value in how.items() if name != "loc"}
        return self.ax.legend(*args, loc="upper center", bbox_to_anchor=(0.5, -0.18), **how)

    def get_figwidth(self) -> float:
        """Inches that the panel is wide."""
        figure = cast(Figure, self.ax.get_figure(root=True))
        return float(self.ax.get_position().width * figure.get_figwidth())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ax.figure, name)


def sheet(width: float, height: float, *, layout: Literal["constrained", "none"] = "constrained") -> Figure:
    """A figure of inches, within what a slide and a canvas can hold; or what the caller has given to draw on."""
    given = _given.get()
    if given is not None:
        return cast(Figure, given)
    size = (min(width, WIDEST), min(height, TALLEST))
    most = mpl.rcParams["figure.max_open_warning"]
    mpl.rcParams["figure.max_open_warning"] = 0  # of that alone: a notebook's settings may come with its first figure
    try:
        return plt.figure(FigureClass=OwnFigure, figsize=size, layout=layout)
    finally:
        mpl.rcParams["figure.max_open_warning"] = most


def one_panel(draw: Drawing) -> Drawing:
    """Mark a plot of one panel: it can be drawn on axes of any figure."""
    draw.__dict__["one_panel"] = True
    return draw


def as_method(draw: Callable[..., Figure], owner: object) -> Callable[..., Figure]:
    """The plot as a method that also takes ``ax=``, if it has one panel, and ``figure=``.

    Parameters
    ----------
    draw
        The function that draws, its first argument the object to draw.
    owner
        That object; None for the function itself, as the class shows it.
    """
    options = ["ax", "figure"] if getattr(draw, "one_panel", False) else ["figure"]

    @functools.wraps(draw)
    def plot(*args: Any, **kwargs: Any) -> Figure:
        where = {name: kwargs.pop(name, None) for name in ("ax", "figure")}
        asked = checked_options(draw, args, kwargs, options)
        with _drawing_on(_checked(draw.__name__, where, options)):
            found = draw(*asked.args, **asked.kwargs)
        return _returned(found)

    signature = inspect.signature(draw)
    own = list(signature.parameters.values())
    rest = [p for p in own if p.kind is p.VAR_KEYWORD]
    types = {"ax": Axes | None, "figure": Figure | SubFigure | None}
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=types[name])
        for name in options
    ]
    plot.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*(p for p in own if p not in rest), *more, *rest]
    )
    plot.__doc__ = _documented(draw.__doc__ or "", options)
    return plot if owner is None else cast(Callable[..., Figure], MethodType(plot, owner))


def _returned(found: Any) -> Figure:
    """The figure that was drawn on; one that is not ours is shown once, too."""
    figure = found.ax.figure if isinstance(found, Panel) else found
    if isinstance(figure, Figure) and not isinstance(figure, OwnFigure):
        figure.__dict__["_ipython_display_"] = MethodType(_shown_once, figure)
    return cast(Figure, figure)


def _documented(text: str, options: Sequence[str]) -> str:
    entries = "".join({"ax": _AX, "figure": _FIGURE}[name] for name in options)
    if "Parameters\n" in text:
        return re.sub(r"\n\n    (Returns\n)", lambda found: f"\n{entries}\n    {found[1]}", text, count=1)
    return text.replace("    Returns\n", f"    Parameters\n    ----------\n{entries}\n    Returns\n", 1)


def _checked(name: str, where: dict[str, Any], options: Sequence[str]) -> Any:
    ax, figure = where["ax"], where["figure"]
    if ax is not None and figure is not None:
        raise HierfeatError("expected ax= or figure=, got both")
    if ax is not None and "ax" not in options:
        raise HierfeatError(f"{name} has several panels: pass figure=, a Figure or SubFigure, in place of ax=")
    if ax is not None and not isinstance(ax, Axes):
        raise HierfeatError(f"expected ax as matplotlib's Axes, got {type(ax).__name__}")
    if figure is not None and not isinstance(figure, Figure | SubFigure):
        raise HierfeatError(f"expected figure as matplotlib's Figure or SubFigure, got {type(figure).__name__}")
    return Panel(ax) if ax is not None else figure


@contextmanager
def _drawing_on(given: Any) -> Iterator[None]:
    token = _given.set(given)
    try:
        yield
    finally:
        _given.reset(token)
