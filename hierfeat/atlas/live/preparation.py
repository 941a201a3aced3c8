"""How a drawing is made like the images that a zoo network was trained on."""

from typing import Any

#: MNIST's digits were brought to 20 pixels, sides in proportion, and their centre of mass to the middle of 28 (LeCun et
#: al. 1998).
MNIST = {
    "box": [20, 20],
    "tall": False,
    "by": "mass",
    "upright": False,
    "ink": None,
    "thin": False,
    "cells": 28,
    "pooled": 1,
}
#: The digits of UCI come from NIST's preprocessing (Garris et al. 1994, NISTIR 5469): 20 by 32 of 32 cells, upright,
#: with lines thickened or thinned to one thickness; 4 by 4 cells are then counted. Measured on the 1,797: all fill the
#: eight rows, and 98 of 100 cover between 0.245 and 0.388.
UCI = {
    "box": [32, 20],
    "tall": True,
    "by": "box",
    "upright": True,
    "ink": [0.27, 0.36],
    "thin": False,
    "cells": 32,
    "pooled": 4,
}
#: The five glyphs are 8 by 6 cells of 16, their lines one cell wide.
GLYPHS = {
    "box": [8, 6],
    "tall": True,
    "by": "box",
    "upright": False,
    "ink": None,
    "thin": True,
    "cells": 16,
    "pooled": 1,
}


def preparation(card: dict[str, Any]) -> dict[str, Any] | None:
    """Return size, place and thickness of the ink, as the data set of a zoo network's card has them.

    Parameters
    ----------
    card
        Of :func:`hierfeat.card`; empty for a network that is not the zoo's.

    Returns
    -------
    dict or None
        ``box`` (the ink's height and width on the grid), ``tall`` (whether its height is always filled, and what is too
        wide is squeezed; else proportions are kept), ``by`` (what is brought to the middle: ``mass`` or ``box``),
        ``upright`` (whether a slant is taken out), ``ink`` (the shares of the grid between which lines are thickened or
        thinned), ``thin`` (whether lines are made one cell wide), ``cells`` (a side of the grid), ``pooled`` (so many
        cells a side are averaged into one; the image is then enlarged). None where the data are no drawings.
    """
    data = str(card.get("data", ""))
    if data.startswith("MNIST"):
        return dict(MNIST)
    if "Optical Recognition of Handwritten Digits" in data:
        return dict(UCI)
    return dict(GLYPHS) if "hierfeat.glyphs()" in data else None
