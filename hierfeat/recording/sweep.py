"""One pass over the data, many measures."""

from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat.errors import HierfeatError
from hierfeat.recording import _checkpoint as checkpoints
from hierfeat.recording import _reductions as reductions
from hierfeat.recording._distributed import merge_across, world
from hierfeat.recording.measure import Batch, Measure
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.calls import Call
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers, matches

Batches = Tensor | np.ndarray | Iterable[Any]


@checked()
def sweep(
    h: Hierarchy,
    batches: Batches,
    measures: Sequence[Measure],
    *,
    layers: Layers = ("conv", "pool", "activation"),
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 50,
    batch_size: int = 64,
    progress: bool = True,
) -> list[Any]:
    """Show all the data to the model once, and let many measures gather what they need from its layers.

    Parameters
    ----------
    h : Hierarchy
    batches : torch.Tensor, numpy.ndarray or iterable
        Images (N, C, H, W) in [0, 1], or an iterable (a ``DataLoader``, say) of such tensors or of
        (images, labels) pairs.
    measures : sequence of Measure
        For instance ``[hf.Moments(), hf.ActiveFraction(), hf.TopPatches(9)]``. A measure that was swept before goes on
        from there.
    layers : str or sequence of str
        Names, glob patterns or kinds.
    checkpoint : path, optional
        A file to save the measures to, every `checkpoint_every` batches and at the end; if it exists, the
        sweep goes on from there, skipping the batches already seen. With several processes, each
        appends its rank to the name.
    checkpoint_every : int
        Batches between savings.
    batch_size : int
        Images per forward pass where `batches` is one tensor.
    progress : bool
        Show a progress bar, on a terminal, after two seconds.

    Returns
    -------
    list
        Each measure's ``result()``, in the order of `measures`.

    Raises
    ------
    HierfeatError
        If images do not fit the model, there are none, or the checkpoint is of another sweep.

    Notes
    -----
    One forward pass per batch; activations are handed to the measures as they arise and are not kept. With
    ``torch.distributed`` initialised, each process sweeps its own share of the data and all return
    the merged result.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> images, _ = hf.digits(split="test")
    >>> moments, active = hf.sweep(h, images, [hf.Moments(), hf.ActiveFraction()])
    >>> len(active[active.layer == "act1"]), len(moments[moments.layer == "conv2"])
    (6, 16)
    """
    measures = _checked(measures)
    if not isinstance(batch_size, int) or batch_size < 1:
        raise HierfeatError(f"expected batch_size as an int of at least 1, got {batch_size!r}")
    if not isinstance(batches, Iterable):
        raise HierfeatError(f"expected images as a tensor or an iterable of batches, got {type(batches).__name__}")
    names = [layer.name for layer in h.layers.select(layers)]
    items = [layers] if isinstance(layers, str) else list(layers)
    path, identity, seen, images = None, {}, 0, 0
    if checkpoint is not None:
        path = _of_this_process(Path(checkpoint))
        identity = {"weights": h.weights_sha256, "layers": names, "measures": [type(m).__name__ for m in measures]}
        seen, images = checkpoints.resume(path, measures, identity)
    pairs = with_bar(_pairs(batches, batch_size), h.name, total=_count(batches, batch_size), progress=progress)
    number = 0
    with torch.no_grad(), reductions.forgotten(), h.watching(after=_feeding(measures, items)):
        for number, (batch, labels) in enumerate(pairs, start=1):
            if number <= seen:
                continue
            _show(h, measures, batch, labels, images)
            images += len(batch)
            if path is not None and number % checkpoint_every == 0:
                checkpoints.save(path, measures, number, images, identity)
    if images == 0:
        raise HierfeatError("expected at least one batch of images to sweep over, got none")
    if path is not None and number > seen:
        checkpoints.save(path, measures, number, images, identity)
    merge_across(measures)
    return [measure.result() for measure in measures]


def _checked(measures: Sequence[Measure]) -> list[Measure]:
    if isinstance(measures, Measure):
        raise HierfeatError("expected a list of measures, got one: write [measure]")
    for measure in measures:
        if not isinstance(measure, Measure):
            raise HierfeatError(f"expected measures such as hf.Moments(), got {measure!r}")
    if not measures:
        raise HierfeatError("expected at least one measure, got none")
    if len(set(map(id, measures))) < len(measures):
        raise HierfeatError("expected measures of their own, got the same one twice: it would count everything twice")
    return list(measures)


def _of_this_process(path: Path) -> Path:
    rank, size = world()
    return path if size == 1 else path.with_name(f"{path.stem}-{rank}{path.suffix}")


def _pairs(batches: Batches, batch_size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Images and labels of each batch, whatever form the data have."""
    if isinstance(batches, np.ndarray):
        batches = torch.as_tensor(np.ascontiguousarray(batches))
    for batch in batches.split(batch_size) if isinstance(batches, Tensor) else batches:
        if isinstance(batch, list | tuple):
            yield batch[0], batch[1] if len(batch) > 1 else None
        else:
            yield batch, None


def _count(batches: Batches, batch_size: int) -> int | None:
    """How many batches there are, where that can be known before they are drawn."""
    if isinstance(batches, np.ndarray | Tensor):
        return -(-len(batches) // batch_size)
    return len(batches) if isinstance(batches, Sized) else None


def _feeding(measures: Sequence[Measure], items: list[str]) -> Any:
    """The callback that hands each chosen layer's answer to every measure."""
    wanted: dict[str, bool] = {}

    def after(call: Call, output: Tensor) -> None:
        chosen = wanted.get(call.name)
        if chosen is None:
            chosen = wanted[call.name] = any(matches(item, call.name, call.kind) for item in items)
        if chosen:
            if call.op == "relu":
                reductions.rectifying(call.input, output)
            for measure in measures:
                measure.update(call.name, output)
            reductions.release()

    return after


def _show(h: Hierarchy, measures: Sequence[Measure], images: Tensor, labels: Tensor | None, start: int) -> None:
    images = checked_images(h, images)
    rank, size = world()
    batch = Batch((torch.arange(len(images)) + start) * size + rank, images, labels)
    for measure in measures:
        measure.begin(batch)
    h.forward(images)
