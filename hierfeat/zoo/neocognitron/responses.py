"""Every cell of every layer of a Neocognitron, as Figs. 5 and 6 of the paper show them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat.subjects.calls import Call
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.provenance import provenance
from hierfeat.zoo.neocognitron.estimator import Neocognitron

ANSWER = 0.01
"""A cell answers if its response is above this (1980: of a largest possible 1)."""


@dataclass(frozen=True, eq=False)
class NeocognitronResponses(Result):
    """Responses of all cells to each pattern.

    Attributes
    ----------
    table : pandas.DataFrame
        ``pattern, label, predicted, layer, kind, planes_active, strongest_plane, strongest_response``.
    images : numpy.ndarray
        (N, 1, H, W).
    labels, predicted : numpy.ndarray
        (N,).
    responses : dict
        Layer to (N, planes, rows, columns).
    """

    images: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    responses: dict[str, np.ndarray]

    plot = drawn("zoo.plot_layers")

    plot_answers = drawn("zoo.plot_answers")


def neocognitron_responses(neocognitron: Neocognitron, images: Tensor, labels: Tensor) -> NeocognitronResponses:
    """Show patterns to a trained Neocognitron and keep what each S- and C-cell answers.

    Parameters
    ----------
    neocognitron : Neocognitron
        A trained one, of either mode.
    images : Tensor
        (N, 1, H, W) in [0, 1].
    labels : Tensor
        (N,), true labels.

    Returns
    -------
    NeocognitronResponses

    Raises
    ------
    HierfeatError
        If the network is untrained or the images do not fit.

    Examples
    --------
    >>> from hierfeat.zoo.neocognitron import Neocognitron, glyphs, neocognitron_responses
    >>> images, labels = glyphs()
    >>> seen = neocognitron_responses(Neocognitron("1980").fit(images, labels), images, labels)
    >>> seen.responses["c3"].shape
    (5, 24, 1, 1)
    """
    h = neocognitron.hierarchy()
    images = checked_images(h, images)
    found: dict[str, Tensor] = {}

    def keep(call: Call, output: Tensor) -> None:
        if call.op in ("s_cells", "c_cells"):
            found[call.name] = output

    with torch.no_grad(), h.watching(after=keep):
        h.forward(images)
    predicted = neocognitron.predict(images)
    rows = [_row(i, int(labels[i]), int(predicted[i]), name, u[i]) for name, u in found.items() for i in range(len(u))]
    return NeocognitronResponses(
        table=pd.DataFrame(rows),
        provenance=provenance(h, patterns=len(images)),
        images=images.numpy(),
        labels=np.asarray(labels),
        predicted=predicted,
        responses={name: u.numpy() for name, u in found.items()},
    )


def _row(pattern: int, label: int, predicted: int, layer: str, responses: Tensor) -> dict[str, Any]:
    strongest = responses.flatten(1).amax(1)
    return {
        "pattern": pattern,
        "label": label,
        "predicted": predicted,
        "layer": layer,
        "kind": "conv" if layer.startswith("s") else "pool",
        "planes_active": int((strongest > ANSWER).sum()),
        "strongest_plane": int(strongest.argmax()),
        "strongest_response": float(strongest.max()),
    }
