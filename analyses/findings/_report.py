"""What the scripts of findings share: seeds, intervals, and where a report goes. Public names of hierfeat only.

``HIERFEAT_FINDINGS_SEEDS`` sets the number of seeds of every script: fewer for a quick look.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats
from torch import nn

import hierfeat as hf

OUT = Path("figures/findings")
SUMMARY = OUT / "summary.csv"
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "0.55",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)
VERDICTS = ("reproduced", "in part", "contradicted")
POOLS = {
    "lenet5-fashion": "max", "lenet5-fashion-average-pool": "average", "lenet5-fashion-l2-pool": "L2",
    "lenet5-fashion-blurred-max-pool": "blurred max", "lenet5-fashion-strided": "strided",
    "lenet5-fashion-no-pool": "none",
}  # fmt: skip
"""Siblings of one network, trained alike, that differ in what subsamples their maps."""


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

    def over(self, bound: float = 0) -> bool | None:
        """Whether the number is above a bound; None where the bound lies in the interval."""
        return True if self.low > bound else False if self.high < bound else None

    def under(self, bound: float = 0) -> bool | None:
        """Whether the number is below a bound; None where the bound lies in the interval."""
        return True if self.high < bound else False if self.low > bound else None

    def times(self, factor: float) -> "Interval":
        """The number and its interval in another unit."""
        return Interval(factor * self.value, *sorted((factor * self.low, factor * self.high)))

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


def judged(*clauses: bool | None) -> str:
    """The verdict on a claim: each of its clauses holds (True), is contradicted (False) or is left open (None)."""
    if all(clauses):
        return "reproduced"
    return "contradicted" if not any(clauses) and False in clauses else "in part"


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


@contextmanager
def alone(path: Path, *, patience: float = 60.0) -> Iterator[None]:
    """Hold a lock beside a file, so that scripts that run at once write one after the other."""
    lock = path.with_suffix(".lock")
    while True:
        try:
            lock.touch(exist_ok=False)
            break
        except FileExistsError:
            with suppress(FileNotFoundError):  # the other has finished meanwhile
                if time.time() - lock.stat().st_mtime > patience:  # its script was killed
                    lock.unlink()
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


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
        with alone(SUMMARY):
            known = [pd.read_csv(SUMMARY).query("finding != @name")] if SUMMARY.exists() else []
            rows = pd.concat([*known, pd.DataFrame([row])])
            new = SUMMARY.with_suffix(".new")
            rows.sort_values("finding").to_csv(new, index=False)
            new.replace(SUMMARY)  # at once: a reader sees the old table or the new one
        print(f"{name}: {verdict}. {says} ({seconds} s)")


def opened(*panels: Axes) -> None:
    """Leave out the upper and right sides of the panels' frames."""
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)


def marks(axes: Axes, places: Iterable[Any], found: Iterable[Interval], **style: Any) -> None:
    """Draw numbers as points that a line joins, with their intervals."""
    values = list(found)
    arms = np.hstack([one.arms for one in values])
    axes.errorbar(list(places), [one.value for one in values], yerr=arms, marker="o", capsize=3, **style)


def bars(axes: Axes, places: Iterable[float], found: Iterable[Interval], width: float = 0.6, **style: Any) -> None:
    """Draw numbers as bars, with their intervals."""
    values = list(found)
    arms = np.hstack([one.arms for one in values])
    style = {"error_kw": {"ecolor": "0.3", "capsize": 3}} | style
    axes.bar(list(places), [one.value for one in values], width, yerr=arms, **style)


def last_map(h: hf.Hierarchy) -> str:
    """The last layer whose output is still a map."""
    return [x.name for x in h.layers if x.kind in ("conv", "activation", "pool") and len(x.out_shape) > 1][-1]


def small_net(seed: int, *, wide: int = 8) -> hf.Hierarchy:
    """An untrained network for Fashion-MNIST that trains in seconds: two convolutions, two pools, a dense layer."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = OrderedDict(
            conv1=nn.Conv2d(1, wide, 5, padding=2), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(wide, 2 * wide, 3, padding=1), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(), fc1=nn.Linear(98 * wide, 10),
        )  # fmt: skip
        return hf.Hierarchy(nn.Sequential(layers), (1, 28, 28), mean=[0.29], std=[0.35], name="small")
