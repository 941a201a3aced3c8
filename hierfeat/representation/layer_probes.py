"""What can be read from each layer: the accuracy of a linear classifier on its features."""

import warnings
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat._values import real
from hierfeat.errors import warn
from hierfeat.recording.sweep import swept
from hierfeat.representation._pooled_features import PooledFeatures, check_classes
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.provenance import provenance

Data = tuple[Tensor, Tensor]
Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
_Z95 = 1.959964


@dataclass(frozen=True, eq=False)
class LayerProbes(Result):
    """How well a linear classifier reads the class from each layer.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer, in call order: ``layer, kind, depth, features, train_accuracy, accuracy, low, high, chance,
        status``. `accuracy` is that on the test images, with its 95 % interval (Wilson 1927); `chance` is the share of
        the commonest class; `status` is ``ok`` or ``not converged``.
    """

    plot = drawn("representation.plot_layer_probes")


@checked(strength=real(above=0, high=1e12))
def layer_probes(
    h: Hierarchy,
    train: Data,
    test: Data,
    *,
    layers: Layers = UNITS,
    grid: int = 2,
    strength: float = 1.0,
    max_iter: int = 1000,
    progress: bool = True,
) -> LayerProbes:
    """Train a linear classifier on the features of each layer.

    Parameters
    ----------
    h
        The network under study.
    train, test
        Images (N, C, H, W) in [0, 1] and integer labels (N,).
    layers
        Names, glob patterns or kinds.
    grid
        Each channel is averaged over a grid of `grid` × `grid` places.
    strength
        Inverse of the regularisation (scikit-learn's ``C``).
    max_iter
        Iterations of the optimiser; a layer that needs more says so in its status.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    LayerProbes
        A row per layer, in call order.

    Raises
    ------
    HierfeatError
        If images, labels or layers do not fit.

    Notes
    -----
    scikit-learn's logistic regression on standardised features (Alain & Bengio 2016). The interval for k right
    of n is (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²))/(1 + z²/n), p = k/n, z = 1.96: it covers the choice of test
    images, not that of training images. Compare with ``hf.untrained(h, seed=0)``: random features read well, too.

    Memory: one batch, and `grid` ** 2 numbers for each image and channel.

    References
    ----------
    Alain, G. and Bengio, Y. (2016). Understanding intermediate layers using linear classifier probes.
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.

    Examples
    --------
    >>> import hierfeat as hf
    >>> train, test = hf.digits(split="train"), hf.digits(split="test")
    >>> probes = hf.layer_probes(hf.load("lenet5-digits"), train, test)
    >>> probes.table["accuracy"].iloc[-1] > 0.9
    np.True_
    """
    chosen = h.layers.select(layers)
    (known, known_labels), (new, new_labels) = (
        _features(h, data, layers, grid, name) for name, data in (("train", train), ("test", test))
    )
    strange = np.setdiff1d(new_labels, known_labels).tolist()
    if strange:
        warn(f"no training image has label {', '.join(map(str, strange[:5]))}: test images that have count as wrong")
    rows = []
    for depth, layer in enumerate(with_bar(chosen, "layers")):
        learned, asked = (known[layer.name].numpy(), known_labels), (new[layer.name].numpy(), new_labels)
        about_it = {"layer": layer.name, "kind": layer.kind, "depth": depth}
        rows.append(about_it | _probed(*learned, *asked, strength=strength, max_iter=max_iter))
    sizes = {"train": len(known_labels), "test": len(new_labels)}
    about = provenance(h, layers=layers, grid=grid, strength=strength, max_iter=max_iter, **sizes)
    return LayerProbes(table=pd.DataFrame(rows), provenance=about)


def _features(h: Hierarchy, data: Data, layers: Layers, grid: int, name: str) -> tuple[dict[str, Tensor], Labels]:
    images, labels = data
    check_classes(labels, f"{name} labels")
    [features] = swept(h, images, [PooledFeatures(grid)], layers=layers)
    return features, labels.numpy()


def _probed(
    known: Features, known_labels: Labels, new: Features, new_labels: Labels, *, strength: float, max_iter: int
) -> dict[str, object]:
    """What a probe that is fitted to the known features reads from the new ones."""
    fitted, status = _fitted(known, known_labels, strength, max_iter)
    right = int((fitted.predict(new) == new_labels).sum())
    low, high = wilson(right, len(new))
    return {
        "features": known.shape[1],
        "train_accuracy": float(fitted.score(known, known_labels)),
        "accuracy": right / len(new),
        "low": low,
        "high": high,
        "chance": float(np.unique(new_labels, return_counts=True)[1].max() / len(new_labels)),
        "status": status,
    }


def _fitted(features: Features, labels: Labels, strength: float, max_iter: int) -> tuple[Any, str]:
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=max_iter))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        probe.fit(features, labels)
    missed = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return probe, "not converged" if missed else "ok"


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(90, 100)]
    [0.826, 0.945]
    """
    share, z2 = right / count, _Z95**2 / count
    middle, half = share + z2 / 2, _Z95 * sqrt(share * (1 - share) / count + z2 / (4 * count))
    low, high = (middle - half) / (1 + z2), (middle + half) / (1 + z2)
    return max(0.0, min(share, low)), min(1.0, max(share, high))  # as rounding may not have it
