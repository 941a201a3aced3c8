"""The arithmetic of sliding windows: input size, kernel, padding, stride and dilation give the output size.

Everything is for one axis and in whole cells. ``w`` is the input size, ``f`` the kernel size, ``p`` the padding
(the same on both sides, or ``(before, after)``), ``s`` the stride and ``d`` the dilation, so that the kernel
spans ``d·(f - 1) + 1`` cells. The notation is that of the lecture's (w - f + 2p)/s + 1.

References
----------
Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285.
"""

import operator

from hierfeat.errors import HierfeatError

Padding = int | tuple[int, int]


def output_size(w: int, f: int, p: Padding = 0, s: int = 1, d: int = 1, *, ceil_mode: bool = False) -> int:
    """How many places a window has along one axis: the output size of a convolution or a pool.

    Parameters
    ----------
    w, f
        Input size and kernel size, in cells.
    p
        Padding on each side, or before and after.
    s, d
        Stride and dilation.
    ceil_mode
        Round up instead of down, as pooling layers can: a last window may hang over the end, provided that it
        starts inside the input or the padding before it (the rule of ``torch.nn.MaxPool2d``).

    Returns
    -------
    int
        ⌊(w - (d·(f - 1) + 1) + 2p)/s⌋ + 1.

    Raises
    ------
    HierfeatError
        If a number makes no sense, or the kernel is larger than the padded input.

    References
    ----------
    Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285.

    Examples
    --------
    >>> output_size(28, 5, 2), output_size(28, 3, 1, 2), output_size(227, 11, 0, 4)
    (28, 14, 55)
    """
    before, after = _check(w, f, p, s, d)
    room = w + before + after - extent(f, d)
    count = -(-room // s) + 1 if ceil_mode else room // s + 1
    if count < 1:
        raise HierfeatError(_too_large(w, f, before, after, d))
    return count - _starts_outside(count, w, before, s) if ceil_mode else count


def transposed_output_size(w: int, f: int, p: Padding = 0, s: int = 1, d: int = 1, *, output_padding: int = 0) -> int:
    """Give the output size of a transposed convolution along one axis.

    The arithmetic of :func:`output_size` backwards: a convolution with the same f, p, s, d takes the result back to
    ``w``. Sizes that differ by less than the stride share one ``w``; `output_padding` chooses among them.

    Parameters
    ----------
    w, f
        Input size and kernel size, in cells.
    p
        Padding of the convolution that is transposed: this many cells are cut off each side here.
    s, d
        Stride and dilation.
    output_padding
        Cells added at the end, smaller than the stride or the dilation.

    Returns
    -------
    int
        (w - 1)·s - 2p + d·(f - 1) + 1 + output_padding.

    Raises
    ------
    HierfeatError
        If a number makes no sense, or nothing is left after the cut.

    Examples
    --------
    >>> transposed_output_size(14, 3, 1, 2, output_padding=1)
    28
    """
    before, after = _check(w, f, p, s, d)
    if _whole("output_padding", output_padding, 0) >= max(s, d):
        limit = f"below the stride of {s} or the dilation of {d}"
        raise HierfeatError(f"expected output_padding from 0 to {max(s, d) - 1} ({limit}), got {output_padding}")
    size = (w - 1) * s - before - after + extent(f, d) + output_padding
    if size < 1:
        raise HierfeatError(
            f"nothing is left: ({w} - 1)·{s} + {extent(f, d)} + {output_padding} cells less a padding of "
            f"{before} + {after} is {size}; use less padding"
        )
    return size


def extent(f: int, d: int = 1) -> int:
    """Give the number of cells that a kernel of `f` taps and dilation `d` spans: d·(f - 1) + 1.

    Examples
    --------
    >>> extent(3), extent(3, 2)
    (3, 5)
    """
    return _whole("dilation d", d, 1) * (_whole("kernel size f", f, 1) - 1) + 1


def padding_for(w: int, f: int, s: int = 1, d: int = 1, *, out: int | None = None) -> tuple[int, int]:
    """Find the least padding with which the output has `out` cells; by default the padding that keeps the size.

    Parameters
    ----------
    w, f
        Input size and kernel size, in cells.
    s, d
        Stride and dilation.
    out
        Output size asked for; `w` unless given. ⌈w/s⌉ is what TensorFlow calls "same".

    Returns
    -------
    (int, int)
        Padding before and after; where the sum is odd, the extra cell goes after, as in torch.

    Raises
    ------
    HierfeatError
        If even without padding the output is larger than `out`.

    Examples
    --------
    >>> padding_for(28, 5), padding_for(28, 3, 2, out=14), padding_for(28, 4)
    ((2, 2), (0, 1), (1, 2))
    """
    _check(w, f, 0, s, d)
    out = w if out is None else _whole("output size out", out, 1)
    need = (out - 1) * s + extent(f, d) - w
    if need <= -s:
        raise HierfeatError(
            f"no padding gives {out} cells: without any, {formula(w, f, 0, s, d)}; use a larger stride or kernel"
        )
    total = max(need, 0)
    return total // 2, total - total // 2


def same_padding(f: int, d: int = 1) -> tuple[int, int]:
    """Give the padding that keeps the size of any input at stride 1, as torch's ``padding="same"``.

    Returns
    -------
    (int, int)
        Padding before and after: d·(f - 1)/2 each for odd f; the extra cell goes after.

    Examples
    --------
    >>> same_padding(5), same_padding(3, 2), same_padding(4)
    ((2, 2), (2, 2), (1, 2))
    """
    total = extent(f, d) - 1
    return total // 2, total - total // 2


def unseen_remainder(w: int, f: int, p: Padding = 0, s: int = 1, d: int = 1, *, ceil_mode: bool = False) -> int:
    """Count the input cells at the far end that lie beyond the last window, and so are never seen.

    Returns
    -------
    int
        Cells of the input (padding does not count) beyond the last window; 0 if the stride fits.

    Raises
    ------
    HierfeatError
        As :func:`output_size`.

    Examples
    --------
    >>> unseen_remainder(28, 5), unseen_remainder(28, 3, 0, 2), unseen_remainder(28, 3, 1, 2)
    (0, 1, 0)
    """
    before, _ = _check(w, f, p, s, d)
    last = (output_size(w, f, p, s, d, ceil_mode=ceil_mode) - 1) * s + extent(f, d)
    return min(w, max(0, w + before - last))


def formula(
    w: int,
    f: int,
    p: Padding = 0,
    s: int = 1,
    d: int = 1,
    *,
    ceil_mode: bool = False,
    transposed: bool = False,
    output_padding: int = 0,
) -> str:
    """Write the output size out, as a lecturer does on the board.

    Floor signs appear only where the division leaves a remainder; padding of zero is left out.

    Parameters
    ----------
    w, f, p, s, d, ceil_mode, output_padding
        As in :func:`output_size` and :func:`transposed_output_size`.
    transposed
        Whether the window belongs to a transposed convolution.

    Raises
    ------
    HierfeatError
        As :func:`output_size`.

    Examples
    --------
    >>> formula(28, 5, 2)
    '(28 - 5 + 2·2)/1 + 1 = 28'
    >>> formula(28, 3, 1, 2)
    '⌊(28 - 3 + 2·1)/2⌋ + 1 = 14'
    """
    before, after = _check(w, f, p, s, d)
    span = str(f) if d == 1 else f"({d}·({f} - 1) + 1)"
    if transposed:
        size = transposed_output_size(w, f, p, s, d, output_padding=output_padding)
        extra = f" + {output_padding}" if output_padding else ""
        return f"({w} - 1)·{s}{_padding_text(before, after, ' - ')} + {span}{extra} = {size}"
    size = output_size(w, f, p, s, d, ceil_mode=ceil_mode)
    room = w + before + after - extent(f, d)
    opening, closing = ("⌈", "⌉") if ceil_mode else ("⌊", "⌋")
    division = f"({w} - {span}{_padding_text(before, after, ' + ')})/{s}"
    division = division if room % s == 0 else f"{opening}{division}{closing}"
    dropped = " - 1" if ceil_mode and -(-room // s) + 1 > size else ""
    return f"{division} + 1{dropped} = {size}"


def _padding_text(before: int, after: int, sign: str) -> str:
    if before == after:
        return f"{sign}2·{before}" if before else ""
    return "".join(f"{sign}{cells}" for cells in (before, after) if cells)


def _starts_outside(count: int, w: int, before: int, s: int) -> bool:
    """Whether the last of `count` windows starts past the input: torch then leaves it out."""
    return (count - 1) * s >= w + before


def _check(w: int, f: int, p: Padding, s: int, d: int) -> tuple[int, int]:
    """Refuse numbers that make no sense, and give the padding before and after."""
    for name, value in (("input size w", w), ("kernel size f", f), ("stride s", s), ("dilation d", d)):
        _whole(name, value, 1)
    sides = p if isinstance(p, tuple) else (p, p)
    if len(sides) != 2:
        raise HierfeatError(f"expected the padding p as one number or (before, after), got {p!r}")
    return _whole("padding p", sides[0], 0), _whole("padding p", sides[1], 0)


def _whole(name: str, value: int, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise HierfeatError(f"expected a whole number of cells for the {name}, got {value!r}") from None
    if isinstance(value, bool) or number < least:
        raise HierfeatError(f"expected the {name} to be a whole number of at least {least}, got {value!r}")
    return number


def _too_large(w: int, f: int, before: int, after: int, d: int) -> str:
    span = f"a kernel of {f}" if d == 1 else f"a kernel of {f} dilated by {d} (spanning {extent(f, d)})"
    return (
        f"{span} does not fit an input of {w} padded by {before} + {after} = {w + before + after} cells: "
        f"use a smaller kernel, less dilation, or pad by {extent(f, d) - w - before - after} more"
    )
