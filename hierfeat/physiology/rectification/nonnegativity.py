"""What rectification does to each channel: how often it responds, how sparsely, and what is left of the signal."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.physiology.rectification._rectifiers import NO_RECTIFIERS, at_zero, gaussian_moments, negative, pointwise
from hierfeat.recording._reductions import Shared
from hierfeat.recording.histogram import Histogram
from hierfeat.recording.measure import Batch
from hierfeat.recording.measures import Moments, Sparseness
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_count
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance

BINS, TAIL = 60, 0.002
FLAT = 1e-6  # of the input's variance


@dataclass(frozen=True, eq=False)
class NonNegativity(Result):
    """Every channel of every rectifier, before and after it.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per rectifier and channel. What comes out: ``active_fraction, dead, always_on, lifetime_sparseness,
        population_sparseness, hoyer, mean, variance, negative_energy``. What went in: ``mean_before,
        variance_before, hoyer_before``. What passed: ``energy_kept, variance_kept``. What a
        Gaussian input of the same mean and variance would give: ``active_gaussian, sparseness_gaussian,
        energy_kept_gaussian``.
    negative : dict of str
        What the activation function of each layer does with negative input, in words.
    before, after : dict of numpy.ndarray
        The distribution of values by layer, (2, bins): left edges, and shares of all values.
    """

    negative: dict[str, str]
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]

    @property
    def summary(self) -> pd.DataFrame:
        """Means over the channels of each layer that are not dead, and how many are dead or always on."""
        alive = self.table[~self.table["dead"]].groupby("layer", sort=False).mean(numeric_only=True)
        counts = self.table.groupby("layer", sort=False)[["dead", "always_on"]].sum()
        columns = [name for name in alive.columns if name not in ("channel", "dead", "always_on")]
        return counts.join(alive[columns]).reset_index()

    plot = drawn("rectification.plot_nonnegativity")


@checked()
def nonnegativity(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = "activation",
    max_images: int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> NonNegativity:
    """Measure every channel before and after each rectifier: activity, sparseness, and what passes.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1].
    layers
        Names, glob patterns or kinds; other layers among them are left out.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the images that are drawn.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    NonNegativity
        A row per rectifier and channel.

    Raises
    ------
    HierfeatError
        If there is no activation function among the layers, or the images do not fit.

    Notes
    -----
    All are taken over the images and positions of a channel. r is the output, f the function, x its input.

    - ``active_fraction``: how often r > f(0), which is 0 for most functions and ½ for a sigmoid: how often the
      input was above zero. ``always_on``: always. ``dead``: never, and what comes out does not vary (less than 1e-6 of
      the input's variance): a leaky ReLU or a tanh still responds where a ReLU is dead. A dead channel's sparseness
      is NaN if nothing came out at all.
    - ``lifetime_sparseness``: S = (1 − a)/(1 − 1/n), a = (Σr/n)²/(Σr²/n), n images × positions (Vinje & Gallant 2000);
      ``population_sparseness``: the same over the channels at one image and position, averaged. Both are of rates:
      of max(r, 0), where r may be negative.
    - ``hoyer``: (√n − ‖r‖₁/‖r‖₂)/(√n − 1) (Hoyer 2004), which takes r as it is.
    - ``energy_kept``: Σr²/Σx²; ``variance_kept``: the ratio of the variances; ``negative_energy``: the share of Σr²
      that comes from negative r: 0 behind a ReLU, ½ behind a tanh whose input is symmetric.
    - ``..._gaussian``: for x Gaussian with the channel's own mean and variance. For mean 0 a ReLU is then active half
      the time, keeps half the energy, and has sparseness 1 − 1/π = 0.682. NaN for functions with weights.
    - A maxout takes the larger of its pieces: what went in are all the pieces of a channel together.

    Memory: one batch, and sums of each channel, whatever the number of images.

    References
    ----------
    Hoyer, P. O. (2004). Non-negative matrix factorization with sparseness constraints. JMLR 5, 1457-1469.
    Vinje, W. E. and Gallant, J. L. (2000). Sparse coding and decorrelation in primary visual cortex during
    natural vision. Science 287, 1273-1276.

    Examples
    --------
    >>> import hierfeat as hf
    >>> rectified = hf.nonnegativity(hf.load("lenet5-digits"), hf.digits(split="test")[0])
    >>> rectified.summary.layer.tolist()
    ['act1', 'act2', 'act3', 'act4']
    """
    chosen = {layer.name for layer in h.layers.select(layers) if _is_rectifier(layer.kind, layer.op)}
    if not chosen:
        raise HierfeatError(f"expected activation functions among layers={layers!r} of {h.name}, found none")
    gathered = _Gathered(h, chosen)
    with torch.no_grad(), h.watching(before=gathered.before, after=gathered.after, until=h.last_of(list(chosen))):
        size = batch_size or default_batch(h.input_shape)
        for first in with_bar(range(0, len(images), size), "images"):
            gathered.show(images[first : first + size], first)
    return NonNegativity(
        table=gathered.table(),
        provenance=provenance(h, layers=layers, images=len(images), max_images=max_images, seed=seed),
        negative={name: negative(call) for name, call in gathered.calls.items()},
        before={name: gathered.distribution(f"{name}/before") for name in gathered.calls},
        after={name: gathered.distribution(f"{name}/after") for name in gathered.calls},
    )


def _is_rectifier(kind: str, op: str) -> bool:
    return kind == "activation" and op not in NO_RECTIFIERS


@dataclass(eq=False)
class _Gathered:
    """Sums of every rectifier's input and output."""

    h: Hierarchy
    chosen: set[str]
    _shown: int = 0  # images of the batch
    calls: dict[str, Call] = field(default_factory=dict)
    _rest: dict[str, float] = field(default_factory=dict)
    _sums: dict[str, Tensor] = field(default_factory=dict)
    _moments: Moments = field(default_factory=Moments)
    _sparseness: Sparseness = field(default_factory=Sparseness)
    _histogram: Histogram = field(default_factory=lambda: Histogram(1024))
    _shared: Shared = field(default_factory=Shared)

    def __post_init__(self) -> None:
        for measure in (self._moments, self._sparseness, self._histogram):
            measure.share(self._shared)

    def show(self, images: Tensor, first: int) -> None:
        batch = Batch(torch.arange(first, first + len(images)), images, None)  # by which positions are sampled
        for measure in (self._moments, self._sparseness, self._histogram):
            measure.begin(batch)
        self._shown = len(images)
        self.h.forward(images)

    def before(self, call: Call) -> None:
        if call.name not in self.chosen:
            return
        if call.name not in self.calls:
            self.calls[call.name], self._rest[call.name] = call, at_zero(call)
        given = call.input
        check_count(self.h, call.name, given, self._shown)
        if call.op == "maxout":  # the pieces of a channel follow each other
            pieces = int(getattr(call.module, "pieces", 2))
            given = given.unflatten(1, (-1, pieces)).movedim(2, -1)
        self._take(f"{call.name}/before", given)

    def after(self, call: Call, output: Tensor) -> None:
        if call.name in self.chosen:
            self._take(f"{call.name}/after", output)
            rows = output.flatten(2) if output.ndim > 2 else output[..., None]
            active = double((rows > self._rest[call.name]).sum((0, 2)))
            self._add(f"{call.name}/active", active)
            self._add(f"{call.name}/negative", double(rows.clamp(max=0).square().sum(-1)).sum(0))

    def _take(self, key: str, values: Tensor) -> None:
        for measure in (self._moments, self._sparseness, self._histogram):
            measure.update(key, values)
        absolute = values.detach().abs().flatten(2).float() if values.ndim > 2 else values.abs()[..., None]
        self._add(f"{key}/absolute", double(absolute.sum(-1)).sum(0))
        self._shared.forget()  # an in-place rectifier returns the very tensor that it was given

    def _add(self, key: str, value: Tensor) -> None:
        self._sums[key] = self._sums[key] + value if key in self._sums else value

    def table(self) -> pd.DataFrame:
        """The rows of all rectifiers."""
        moments, sparse = self._moments.result(), self._sparseness.result()
        values = moments.merge(sparse, on=["layer", "channel"]).set_index("layer")
        return pd.concat([self._rows(name, values) for name in self.calls], ignore_index=True)

    def _rows(self, name: str, values: pd.DataFrame) -> pd.DataFrame:
        given, response = values.loc[[f"{name}/before"]], values.loc[[f"{name}/after"]]
        active, negative = (self._sums[f"{name}/{what}"].cpu().numpy() for what in ("active", "negative"))
        n, energy = response["n"].to_numpy(), _energy(response)
        with np.errstate(divide="ignore", invalid="ignore"):
            columns = {
                "active_fraction": active / n,
                "dead": (active == 0) & ~(response["variance"].to_numpy() > FLAT * given["variance"].to_numpy()),
                "always_on": active == n,
                "lifetime_sparseness": response["lifetime_sparseness"].to_numpy(),
                "population_sparseness": response["population_sparseness"].to_numpy(),
                "hoyer": self._hoyer(f"{name}/after", response),
                "mean": response["mean"].to_numpy(),
                "variance": response["variance"].to_numpy(),
                "negative_energy": negative / (n * energy),
                "mean_before": given["mean"].to_numpy(),
                "variance_before": given["variance"].to_numpy(),
                "hoyer_before": self._hoyer(f"{name}/before", given),
                "energy_kept": energy / _energy(given),
                "variance_kept": response["variance"].to_numpy() / given["variance"].to_numpy(),
            }
        columns |= _gaussian(self.calls[name], given)
        return pd.DataFrame({"layer": name, "channel": np.arange(len(response)), **columns})

    def _hoyer(self, key: str, rows: pd.DataFrame) -> np.ndarray:
        n = rows["n"].to_numpy()
        ratio = self._sums[f"{key}/absolute"].cpu().numpy() / np.sqrt(n * _energy(rows))  # ‖r‖₁/‖r‖₂
        return np.asarray((np.sqrt(n) - ratio) / (np.sqrt(n) - 1))

    def distribution(self, key: str) -> np.ndarray:
        """(2, BINS): left edges of equal bins that leave TAIL at either end in the outermost, and shares."""
        counts = self._histogram.state[f"{key}/counts"].cpu().numpy()
        fine = Histogram.edges()
        below = np.concatenate([[0.0], counts.cumsum()]) / counts.sum()
        low, high = fine[np.searchsorted(below, [TAIL, 1 - TAIL], side="right") - 1]
        edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
        shares = np.diff(np.interp(edges, fine, below))
        return np.stack([edges[:-1], shares])


def _energy(rows: pd.DataFrame) -> np.ndarray:
    """Mean square."""
    return np.asarray(rows["variance"] + rows["mean"] ** 2)


def _gaussian(call: Call, given: pd.DataFrame) -> dict[str, np.ndarray]:
    """What a Gaussian of the input's mean and variance would give."""
    names = ("active_gaussian", "sparseness_gaussian", "energy_kept_gaussian")
    function = pointwise(call)
    if function is None:
        return dict.fromkeys(names, np.full(len(given), np.nan))
    mean, deviation = (torch.as_tensor(given[name].to_numpy().copy()) for name in ("mean", "variance"))
    deviation = deviation.sqrt()
    _, second = gaussian_moments(function, mean, deviation)
    rate, rate_square = gaussian_moments(lambda x: function(x).clamp(min=0), mean, deviation)
    active = torch.special.ndtr(mean / deviation)
    values = (active, 1 - rate.square() / rate_square, second / (mean.square() + deviation.square()))
    return dict(zip(names, (value.numpy() for value in values), strict=True))
