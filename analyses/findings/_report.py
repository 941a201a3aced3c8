"""What the scripts of findings share: seeds, intervals, and where a report goes. Public names of hierfeat only.

``HIERFEAT_FINDINGS_SEEDS`` sets the number of seeds of every script: fewer for a quick look.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from scipy import stats
from torch import nn

import hierfeat as hf

OUT = Path("figures/findings")
SUMMARY = OUT / "summary.csv"
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "0.55",
)  # fmt: skip
VERDICTS = ("reproduced", "in part", "contradicted")


class Interval(NamedTuple):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    def __format__(self, how: str) -> str:
        how = how or ".2f"
        return f"{self.value:{how}} [{self.low:{how}}, {self.high:{how}}]"

    @property
    def above(self) -> bool:
        """Whether all of the interval is above zero."""
        return self.low > 0

    @property
    def below(self) -> bool:
        """Whether all of the interval is below zero."""
        return self.high < 0

    @property
    def arms(self) -> tuple[list[float], list[float]]:
        """The lengths of the arms of an error bar, down and up."""
        return [self.value - self.low], [self.high - self.value]


def over_seeds(values: object) -> Interval:
    """The mean over seeds, and Student's interval for it."""
    x = np.asarray(values, dtype=float)
    if len(x) < 2:
        return Interval(float(x.mean()), np.nan, np.nan)
    arm = stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x))
    return Interval(float(x.mean()), float(x.mean() - arm), float(x.mean() + arm))


def bootstrap(values: object, statistic: Callable[..., object] = np.mean, *, draws: int = 2000) -> Interval:
    """A statistic of rows (units, images), and the middle 95 % of it over samples drawn with replacement."""
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)] if x.ndim == 1 else x
    rng = np.random.default_rng(0)
    found = [statistic(x[rng.integers(len(x), size=len(x))]) for _ in range(draws)]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return Interval(float(statistic(x)), float(low), float(high))


def seeds(usual: int = 5) -> range:
    """The seeds of a script: as many as usual, or as the environment says."""
    return range(int(os.environ.get("HIERFEAT_FINDINGS_SEEDS", usual)))


def squeezenet() -> Iterator[hf.Hierarchy]:
    """ImageNet's SqueezeNet, if its weights are at hand: in torchvision's cache, or in HIERFEAT_SQUEEZENET."""
    cached = next(Path(torch.hub.get_dir(), "checkpoints").glob("squeezenet1_0-*.pth"), None)
    weights = os.environ.get("HIERFEAT_SQUEEZENET") or cached
    if weights:
        h = hf.load("torchvision:squeezenet1_0", weights=weights)
        h.name = "squeezenet"
        yield h


class Report:
    """One finding's line in the summary, and its figure and numbers.

    Parameters
    ----------
    name
        Of the script.
    claim, source
        What was published, in one sentence, and where.
    """

    def __init__(self, name: str, claim: str, source: str) -> None:
        self._row = {"finding": name, "claim": claim, "source": source}
        self._begun = time.process_time()

    def write(self, figure: Figure, table: pd.DataFrame, *, verdict: str, says: str, over: str) -> None:
        """Write ``NAME.png``, ``NAME.csv`` and the line of the summary; print the verdict.

        Parameters
        ----------
        figure, table
            What was found.
        verdict
            One of `VERDICTS`.
        says
            The numbers that the verdict rests on, in a sentence or two.
        over
            What the intervals are over: seeds, images, units.
        """
        assert verdict in VERDICTS, verdict
        OUT.mkdir(parents=True, exist_ok=True)
        name = self._row["finding"]
        figure.savefig(OUT / f"{name}.png", dpi=100)
        table.to_csv(OUT / f"{name}.csv", index=False, float_format="%.5g")
        seconds = round(time.process_time() - self._begun)
        row = self._row | {"verdict": verdict, "says": says, "intervals_over": over, "cpu_seconds": seconds}
        known = pd.read_csv(SUMMARY) if SUMMARY.exists() else pd.DataFrame(columns=list(row))
        rows = pd.concat([known[known["finding"] != name], pd.DataFrame([row])])
        rows.sort_values("finding").to_csv(SUMMARY, index=False)
        print(f"{name}: {verdict}. {says} ({seconds} s)")


def opened(*panels: object) -> None:
    """Leave out the upper and right sides of the panels' frames."""
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)  # type: ignore[attr-defined]


def small_net(seed: int, *, wide: int = 8) -> hf.Hierarchy:
    """An untrained network for 16 × 16 digits that trains in seconds: two convolutions, two pools, a dense layer."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = OrderedDict(
            conv1=nn.Conv2d(1, wide, 5, padding=2), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(wide, 2 * wide, 3, padding=1), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(), fc1=nn.Linear(32 * wide, 10),
        )  # fmt: skip
        return hf.Hierarchy(nn.Sequential(layers), (1, 16, 16), mean=[0.31], std=[0.32], name="small")
