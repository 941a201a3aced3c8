"""How a drawing is made like the images that a zoo network was trained on."""

from typing import Any

#: MNIST's digits were brought to 20 pixels, sides in proportion, and their centre of mass to the middle of 28.
MNIST = {"box": 20, "by": "mass", "side": "longer", "grid": None}


def preparation(card: dict[str, Any], input_shape: tuple[int, ...]) -> dict[str, Any] | None:
    """Return size, centring and grid of the ink, as the data set of a zoo network's card has them.

    Parameters
    ----------
    card
        Of :func:`hierfeat.card`; empty for a network that is not the zoo's.
    input_shape
        (channels, height, width).

    Returns
    -------
    dict or None
        ``box`` (pixels of the ink), ``by`` (what is brought to the middle: ``mass`` or ``box``), ``side`` (which of the
        ink's sides is brought to that size: ``longer`` or ``height``), ``grid`` (cells a side that the ink was seen on,
        before it was enlarged); None where the data are no drawings.
    """
    data = str(card.get("data", ""))
    if data.startswith("MNIST"):
        return dict(MNIST)
    if "Optical Recognition of Handwritten Digits" in data:
        return {"box": input_shape[1], "by": "box", "side": "height", "grid": 8}
    return None
