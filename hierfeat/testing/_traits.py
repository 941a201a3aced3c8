"""What a fingerprint holds of one tensor: gathered batch by batch, the same however images are batched."""

import math

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat.recording.measures import Moments
from hierfeat.testing._sketch import Floats, sketch

STATISTICS = ("mean", "sd", "min", "max", "active", "lifetime_sparseness", "population_sparseness")
SKETCHES = ("means", "spreads", "places")
SHARES = ("active", "lifetime_sparseness", "population_sparseness")
"""Statistics between 0 and 1: their differences count as they are, those of the others beside the layer's size."""

_ACTIVE = 1e-2
"""The share of an image's root mean square that an active value exceeds: whether rounding ends above or below zero is
chance, and a layer in which thousands of values are zero but for rounding would never be the same twice."""


class Traits:
    """The statistics of every layer's output, over images and positions."""

    def __init__(self) -> None:
        self._moments = Moments()
        self._sums: dict[str, dict[str, Tensor]] = {}

    def update(self, layer: str, output: Tensor) -> None:
        """Take in the output of one layer for a batch: (rows, channels, ...), rows a multiple of the images."""
        x = output.detach()
        if not x.is_floating_point():
            x = x.float()
        if x.ndim < 2:
            x = x.reshape(-1, 1)
        self._moments.update(layer, x)
        x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        rows = x.reshape(x.shape[0], x.shape[1], -1)
        places = torch.from_numpy(sketch(x.sum(0)))  # linear: sketches of batches add up
        found = {"rows": torch.tensor(float(len(x))), "places": places, **_rates(rows)}
        kept = self._sums.setdefault(layer, {})
        for name, value in found.items():
            more = value.cpu().double().cpu()
            kept[name] = kept[name] + more if name in kept else more

    def table(self) -> pd.DataFrame:
        """A row per layer: the layer and its statistics."""
        moments = self._moments.result()
        rows = [{"layer": name, **self._of(str(name), part)} for name, part in moments.groupby("layer", sort=False)]
        return pd.DataFrame(rows, columns=["layer", *STATISTICS])

    def sketches(self) -> dict[str, Floats]:
        """By layer (3, 4): sketches of the channels' means, of their spreads, and of the mean map."""
        moments = self._moments.result()
        found = {}
        for name, part in moments.groupby("layer", sort=False):
            means, spreads = (torch.tensor(values.to_numpy()) for values in (part["mean"], part["variance"] ** 0.5))
            sums = self._sums[str(name)]
            places = (sums["places"] / sums["rows"]).numpy()
            found[str(name)] = np.stack([sketch(means), sketch(spreads), places])
        return found

    def _of(self, name: str, moments: pd.DataFrame) -> dict[str, float]:
        """The layer as a whole: channels count alike, in sparseness by their energy."""
        sums = {key: value.numpy() for key, value in self._sums[name].items()}
        energy, channels, values = sums["squares"].sum(), len(moments), float(moments["n"].iloc[0])
        alike = (sums["rates"] ** 2).sum() / values
        return {
            "mean": moments["mean"].mean(),
            "sd": math.sqrt(moments["variance"].mean()),
            "min": moments["min"].min(),
            "max": moments["max"].max(),
            "active": float(sums["active"]) / (values * channels),
            "lifetime_sparseness": _sparseness(alike, energy, values),
            "population_sparseness": _sparseness(float(sums["together"]) / channels, energy, channels),
        }


def _rates(rows: Tensor) -> dict[str, Tensor]:
    """Sums of the rates max(x, 0) of (rows, channels, positions), and how many values are active."""
    rates = rows.clamp(min=0)
    size = rows.square().mean((1, 2), keepdim=True).sqrt()
    return {
        "rates": rates.sum((0, 2)),
        "squares": rates.square().sum((0, 2)),
        "together": rates.sum(1).square().sum(),
        "active": (rows > _ACTIVE * size).sum(),
    }


def _sparseness(alike: float, energy: float, count: float) -> float:
    """(1 - a)/(1 - 1/n) (Vinje & Gallant 2000), a the energy if all were alike, over the energy that there is."""
    return (1 - alike / energy) / (1 - 1 / count) if energy > 0 and count > 1 else 0.0
