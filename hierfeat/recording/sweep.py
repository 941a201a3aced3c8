"""One pass over the data, many measures."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from reprlib import repr as shorter
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from hierfeat._deprecation import renamed
from hierfeat._values import whole
from hierfeat.errors import HierfeatError, warn
from hierfeat.recording._data import Data
from hierfeat.recording._data_set import DataSet
from hierfeat.recording._distributed import Group
from hierfeat.recording._own_images import Own
from hierfeat.recording._pass import Pass
from hierfeat.recording._run import Run
from hierfeat.recording.measure import Measure
from hierfeat.recording.swept import Skipped, Sweep
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_image_axes
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.own_data import Images, default_batch, in_batches
from hierfeat.subjects.provenance import provenance

EVERY = 50
"""Batches between two rests of a sweep."""


@renamed(batches="images", since="0.1", until="0.2")
@checked(images=None, workers=whole(0, 1024))
def sweep(
    h: Hierarchy,
    images: Images,
    measures: Sequence[Measure],
    *,
    layers: Layers = UNITS,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = EVERY,
    batch_size: int | None = None,
    workers: int = 0,
    progress: bool = True,
) -> Sweep:
    """Show all the data to the model once, and let many measures gather what they need from its layers.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], a list of images, a ``Dataset``, or an iterable (a ``DataLoader``, say) of batches or of
        (images, labels) pairs. They are taken one batch at a time, and not kept.
    measures
        For instance ``[hf.Moments(), hf.ActiveFraction(), hf.TopPatches(9)]``. A measure that was swept before goes on
        from there.
    layers
        Names, glob patterns or kinds.
    checkpoint
        A file to save the measures to, every `checkpoint_every` batches (of each process) and at the end; if it exists,
        the sweep goes on from there, skipping the batches already seen.
    checkpoint_every
        Batches between savings.
    batch_size
        Images in one forward pass, where `images` are not batches already; by default as many as suit their size. It
        changes no number.
    workers
        Processes that load the images of a data set, in each process that sweeps; 0: none but itself.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Sweep
        One table of all measures; taken apart (``moments, active = hf.sweep(...)``) it gives each measure's
        ``result()``, in the order of `measures`. Its ``skipped`` names the images of a data set that could not be read,
        its ``provenance`` counts them.

    Raises
    ------
    HierfeatError
        If images do not fit the model, there are none, an activation is not finite, or the first axis of a chosen layer
        is not that of the images (rows, windows or tokens lie there); if the checkpoint is damaged, of another model,
        normalisation, layers, measures or images, or written by another sweep meanwhile; if another process fails.

    Notes
    -----
    One forward pass per batch; activations are handed to the measures as they arise and are not kept. The model is
    watched during its forward pass only: what a generator or loader computes while it makes a batch is not recorded,
    and runs in the caller's gradient mode.

    With ``torch.distributed`` initialised all processes must call it, and all return the merged result. A data set is
    dealt out to them batch by batch, so that each image counts once and the batches are those of one process: counts,
    histograms and top patches are then the same exactly, moments to rounding. Of a ``DataLoader`` with a
    ``DistributedSampler`` each process takes its share, without the images that the sampler repeats. Tensors and other
    iterables are this process's own share, whose images are numbered behind those of the processes before it. Nothing
    else in hierfeat communicates.

    After a kill at any moment the same call goes on from the checkpoint to the same result, bit for bit, if
    `checkpoint_every` and the number of processes are the same; with another number of processes (a data set only) to
    the result up to rounding. The first process writes the checkpoint, in one piece and with a checksum.

    Memory: one batch of images and the largest activations of a forward pass, and what the measures keep, whatever the
    number of images; `workers` load two batches each ahead of time.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> images, _ = hf.digits(split="test")
    >>> moments, active = hf.sweep(h, images, [hf.Moments(), hf.ActiveFraction()], layers=("conv", "activation"))
    >>> len(active[active.layer == "act1"]), len(moments[moments.layer == "conv2"])
    (6, 16)
    """
    group = Group()
    run = _run(h, images, measures, layers, checkpoint, checkpoint_every, batch_size, workers, group)
    names = [type(measure).__name__ for measure in run.measures]
    about = {"layers": _items(layers), "batch_size": batch_size, "measures": _described(run.measures)}
    counts = {"images": run.progress.images, "skipped": len(run.progress.skipped), "processes": group.size}
    skipped = [Skipped(*image) for image in run.progress.skipped]
    if skipped and group.is_first:
        warn(f"{len(skipped)} images could not be read and were left out: {_some(skipped)}")
    results = [measure.result() for measure in run.measures]
    return Sweep.of(names, results, provenance(h, **about) | counts, skipped)


def swept(
    h: Hierarchy,
    images: Images,
    measures: Sequence[Measure],
    *,
    layers: Layers,
    checkpoint: str | Path | None = None,
    batch_size: int | None = None,
) -> list[Any]:
    """Each measure's ``result()``, by this process alone: for analyses, which any one process may call."""
    run = _run(h, images, measures, layers, checkpoint, EVERY, batch_size, 0, Group(alone=True))
    return [measure.result() for measure in run.measures]


def _run(
    h: Hierarchy,
    images: Images,
    measures: Sequence[Measure],
    layers: Layers,
    checkpoint: str | Path | None,
    every: int,
    batch_size: int | None,
    workers: int,
    group: Group,
) -> Run:
    """Sweep; what comes of it is left in the measures."""
    measures, names = _checked(measures), [layer.name for layer in h.layers.select(layers)]
    check_image_axes(h, names)
    size = batch_size or default_batch(h.input_shape)
    data = _data_of(images, size, workers, group, channels=h.input_shape[0])
    identity = _identity(h, names, measures) if checkpoint is not None or group.size > 1 else {}
    run = Run(h, data, measures, group, identity=identity, every=every)
    if checkpoint is not None:
        run.resume(Path(checkpoint))
    showing = Pass(h, run.shown_to, layers)
    with undisturbed(h.model), showing:
        run.go(showing.show, showing.check)
    if run.progress.images == 0:
        unread = run.progress.skipped
        why = f"; none of {len(unread)} could be read, the first, {unread[0][1]}, by {unread[0][2]}" if unread else ""
        raise HierfeatError(f"expected at least one image to sweep over, got none{why}")
    return run


def _data_of(images: Images, batch_size: int, workers: int, group: Group, *, channels: int) -> Data:
    """The data in `images`, of whatever kind. A collective."""
    if isinstance(images, Dataset) and not isinstance(images, IterableDataset):
        return DataSet(images, batch_size, workers, group, channels)
    if isinstance(images, Tensor | np.ndarray | DataLoader):
        return Own(images, batch_size, group)
    batches = in_batches(images, size=batch_size, channels=channels)
    known = isinstance(images, list | tuple) and group.size > 1  # of several processes each must know how many it has
    return Own(list(batches) if known else batches, batch_size, group, source=images)


def _identity(h: Hierarchy, names: list[str], measures: Sequence[Measure]) -> dict[str, Any]:
    """What a checkpoint is of, but for the data."""
    normalisation = [None if values is None else list(values) for values in (h.mean, h.std)]
    about = {"weights": h.weights_sha256, "input shape": list(h.input_shape), "normalisation": normalisation}
    return about | {"layers": names, "measures": _described(measures)}


def _described(measures: Sequence[Measure]) -> list[list[Any]]:
    return [[type(measure).__qualname__, measure.settings] for measure in measures]


def _some(skipped: list[Skipped], most: int = 3) -> str:
    more = f" and {len(skipped) - most} more" if len(skipped) > most else ""
    return "; ".join(f"{image.path} ({image.reason})" for image in skipped[:most]) + more


def _items(layers: Layers) -> list[str]:
    return [layers] if isinstance(layers, str) else list(layers)


def _checked(measures: Sequence[Measure]) -> list[Measure]:
    if isinstance(measures, Measure):
        raise HierfeatError("expected a list of measures, got one: write [measure]")
    if not isinstance(measures, Iterable) or isinstance(measures, str | bytes | Mapping | Tensor | np.ndarray):
        raise HierfeatError(f"expected a list of measures such as [hf.Moments()], got {type(measures).__name__}")
    measures = list(measures)
    for measure in measures:
        if not isinstance(measure, Measure):
            raise HierfeatError(f"expected measures such as hf.Moments(), got {shorter(measure)}")
    if not measures:
        raise HierfeatError("expected at least one measure, got none")
    if len(set(map(id, measures))) < len(measures):
        raise HierfeatError("expected measures of their own, got the same one twice: it would count everything twice")
    return list(measures)
