"""The hierarchy in one table: what each layer sees, how its units are tuned, and what can be read from it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology.fields.effective_field import effective_field
from hierfeat.physiology.invariance.translation_invariance import translation_invariance
from hierfeat.physiology.tuning.orientation_tuning import orientation_tuning
from hierfeat.recording.measures import ActiveFraction, Sparseness
from hierfeat.recording.sweep import swept
from hierfeat.representation._pooled_features import check_classes
from hierfeat.representation.class_selectivity import class_selectivity
from hierfeat.representation.layer_probes import layer_probes
from hierfeat.representation.participation_ratio import participation_ratio
from hierfeat.subjects.arguments import checked, needed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import channels_of
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.own_data import Images, Labels
from hierfeat.subjects.provenance import provenance

_FEWEST = 20
_ERF_CHANNELS = 16


@dataclass(frozen=True, eq=False)
class Profile(Result):
    """Each layer's anatomy, physiology and knowledge, in one row.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer, in call order: ``layer, kind, channels, field, field_status, effective_field, osi, gosi,
        responsive, invariance, active_fraction, lifetime_sparseness, population_sparseness, selectivity,
        selectivity_null, participation_ratio, probe_accuracy, probe_low, probe_high``. `field` is the height of the
        receptive field in pixels, `effective_field` the side of a uniform square as wide as the effective one (√12 σ;
        the median of the first 16 channels);
        `osi` and `gosi` are medians over the units that respond to gratings (behind a threshold nothing may be left at
        the orthogonal orientation, and OSI is 1), and `responsive` is their share; channels' numbers are medians; NaN
        where a measure does not apply.
    """

    plot = drawn("representation.plot_profile")


@checked()
def profile(
    h: Hierarchy,
    images: Images,
    labels: Labels | None = None,
    *,
    layers: Layers = UNITS,
    test_share: float = 0.5,
    max_shift: float = 2,
    moved_images: int = 16,
    gradient_images: int = 8,
    max_images: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Profile:
    """Measure each layer in every way, on the same images.

    Parameters
    ----------
    h
        The network under study.
    images, labels
        (N, C, H, W), in [0, 1], and (N,) integers, N ≥ 20; images that the network was not trained on.
    layers
        Names, glob patterns or kinds.
    test_share
        The share of the images that probes are tested on; they learn from the others.
    max_shift
        Largest shift for the invariance, in pixels.
    moved_images, gradient_images
        How many of the images are moved, and how many give gradients for the effective fields.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the split of the images.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Profile
        A row per layer, in call order.

    Raises
    ------
    HierfeatError
        If images, labels or layers do not fit.

    Notes
    -----
    A shorthand for :func:`hierfeat.receptive_fields`, :func:`hierfeat.effective_field`,
    :func:`hierfeat.orientation_tuning`, :func:`hierfeat.translation_invariance`, :class:`hierfeat.ActiveFraction`,
    :class:`hierfeat.Sparseness`, :func:`hierfeat.class_selectivity`, :func:`hierfeat.participation_ratio` and
    :func:`hierfeat.layer_probes`, whose pages define the numbers. Invariance is the mean over all shifts.

    Memory: the largest of what its parts keep: `grid` ** 2 numbers for each image and channel, as a rule. Time grows
    with the square of the layers, since the gradient of each is followed to the image.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, labels = hf.digits(split="test")
    >>> found = hf.profile(hf.load("lenet5-digits"), images[:60], labels[:60], layers="pool", max_shift=1)
    >>> found.table["field"].tolist()
    [6, 16]
    """
    labels = needed(labels)
    check_classes(labels)
    if len(images) < _FEWEST or not 0 < test_share < 1:
        raise HierfeatError(
            f"expected at least {_FEWEST} images and a test_share between 0 and 1, got {len(images)}, {test_share}"
        )
    table = _chosen(h, layers)
    stages: dict[str, Callable[[], pd.DataFrame]] = {
        "fields": lambda: _fields(h, images[:gradient_images], table),
        "tuning": lambda: _tuning(h, layers),
        "invariance": lambda: _invariance(h, images, layers, max_shift, moved_images, seed),
        "statistics": lambda: _statistics(h, images, layers),
        "knowledge": lambda: _knowledge(h, images, labels, layers, test_share, seed),
    }
    parts = [measure() for measure in with_bar(stages.values(), "stages", unit="stage", total=len(stages))]
    for part in parts:
        table = table.merge(part, on="layer", how="left")
    settings = {"test_share": test_share, "max_shift": max_shift, "moved_images": moved_images}
    about = provenance(
        h,
        layers=layers,
        images=len(images),
        max_images=max_images,
        gradient_images=gradient_images,
        seed=seed,
        **settings,
    )
    return Profile(table=table, provenance=about)


def _chosen(h: Hierarchy, layers: Layers) -> pd.DataFrame:
    chosen = h.layers.select(layers)
    rows = [(layer.name, layer.kind, channels_of(h, layer)) for layer in chosen]
    return pd.DataFrame(rows, columns=["layer", "kind", "channels"])


def _fields(h: Hierarchy, images: Tensor, chosen: pd.DataFrame) -> pd.DataFrame:
    fields = known_fields(h).table.set_index("layer")
    rows = []
    for name, count in zip(chosen["layer"], chosen["channels"], strict=True):
        channels = range(min(_ERF_CHANNELS, count))
        found = effective_field(h, images, name, channels=list(channels)).table
        sigma = found[["sigma_h", "sigma_w"]].mean(axis=1).median()
        rows.append((name, fields["size_h"][name], fields["status"][name], sqrt(12) * sigma))
    return pd.DataFrame(rows, columns=["layer", "field", "field_status", "effective_field"])


def _tuning(h: Hierarchy, layers: Layers) -> pd.DataFrame:
    table = orientation_tuning(h, layers=layers).table
    grouped = table.groupby("layer", sort=False)
    indices = table[table["responsive"]].groupby("layer", sort=False)[["osi", "gosi"]].median()
    return grouped["responsive"].mean().to_frame().join(indices).reset_index()


def _invariance(h: Hierarchy, images: Tensor, layers: Layers, max_shift: float, count: int, seed: int) -> pd.DataFrame:
    moved = translation_invariance(h, images, layers=layers, max_shift=max_shift, max_images=count, seed=seed)
    return moved.summary[["layer", "invariance"]]


def _statistics(h: Hierarchy, images: Tensor, layers: Layers) -> pd.DataFrame:
    active, sparse = swept(h, images, [ActiveFraction(), Sparseness()], layers=layers)
    columns = ["active_fraction", "lifetime_sparseness", "population_sparseness"]
    channels: pd.DataFrame = active.merge(sparse, on=["layer", "channel"])
    return channels.groupby("layer", sort=False)[columns].median().reset_index()


def _knowledge(
    h: Hierarchy, images: Tensor, labels: Tensor, layers: Layers, test_share: float, seed: int
) -> pd.DataFrame:
    test = _stratified(labels, test_share, seed)
    if not test.any():
        raise HierfeatError(
            f"expected a class with two images or more, to test the probes on, got {len(labels)} of one"
        )
    data = (images[~test], labels[~test]), (images[test], labels[test])
    options: dict[str, Any] = {"layers": layers}
    probes = layer_probes(h, *data, **options).table.rename(columns={"low": "probe_low", "high": "probe_high"})
    probes = probes.rename(columns={"accuracy": "probe_accuracy"})
    selective = class_selectivity(h, images, labels, seed=seed, **options).table.groupby("layer", sort=False)
    medians = selective[["selectivity", "null_mean"]].median().rename(columns={"null_mean": "selectivity_null"})
    spread = participation_ratio(h, images, layers=layers, seed=seed).table
    found = medians.reset_index().merge(spread[["layer", "participation_ratio"]], on="layer")
    return found.merge(probes[["layer", "probe_accuracy", "probe_low", "probe_high"]], on="layer")


def _stratified(labels: Tensor, share: float, seed: int) -> Tensor:
    """A random choice of that share of each class, (N,) bool; at least one image of each class is left out of it."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        members = order[labels[order] == label]
        chosen[members[: min(len(members) - 1, int(np.ceil(share * len(members))))]] = True
    return chosen
