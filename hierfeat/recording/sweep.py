"""One pass over the data, many measures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from pathlib import Path
from reprlib import repr as shorter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat.errors import HierfeatError
from hierfeat.recording import _checkpoint as checkpoints
from hierfeat.recording._distributed import merge_across, world
from hierfeat.recording._reductions import Shared
from hierfeat.recording.measure import Batch, Measure
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.calls import Call, Watch
from hierfeat.subjects.checks import as_images, check_image_axes, check_images_first, checked_images, not_finite
from hierfeat.subjects.guard import undisturbed
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
    h
        The network under study.
    batches
        Images (N, C, H, W) in [0, 1], or an iterable (a ``DataLoader``, say) of such tensors or of
        (images, labels) pairs.
    measures
        For instance ``[hf.Moments(), hf.ActiveFraction(), hf.TopPatches(9)]``. A measure that was swept before goes on
        from there.
    layers
        Names, glob patterns or kinds.
    checkpoint
        A file to save the measures to, every `checkpoint_every` batches and at the end; if it exists, the
        sweep goes on from there, skipping the batches already seen. With several processes, each
        appends its rank to the name.
    checkpoint_every
        Batches between savings.
    batch_size
        Images per forward pass where `batches` is one tensor.
    progress
        Show a progress bar, on a terminal, after two seconds.

    Returns
    -------
    list
        Each measure's ``result()``, in the order of `measures`.

    Raises
    ------
    HierfeatError
        If images do not fit the model, there are none, the checkpoint is of another sweep, an activation is not
        finite, or the first axis of a chosen layer is not that of the images (rows, windows or tokens lie there).

    Notes
    -----
    One forward pass per batch; activations are handed to the measures as they arise and are not kept. The model is
    watched during its forward pass only: what a generator or loader computes while it makes a batch is not recorded,
    and runs in the caller's gradient mode. With
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
    measures, names = _checked(measures), [layer.name for layer in h.layers.select(layers)]
    check_image_axes(h, names)
    if not isinstance(batches, Iterable):
        raise HierfeatError(f"expected images as a tensor or an iterable of batches, got {type(batches).__name__}")
    path = None if checkpoint is None else _of_this_process(Path(checkpoint))
    run = _Sweep(h, measures, names, _items(layers), path)
    shown = with_bar(_pairs(batches, batch_size), h.name, total=_count(batches, batch_size), progress=progress)
    with undisturbed(h.model), run:
        for number, (images, labels) in enumerate(shown, start=1):
            if number > run.batches:
                run.show(images, labels)
                if number % checkpoint_every == 0:
                    run.save()
    if run.images == 0:
        raise HierfeatError("expected at least one batch of images to sweep over, got none")
    run.save()
    merge_across(measures)
    return [measure.result() for measure in measures]


class _Sweep:
    """One sweep on its way: how far it is, and what its measures share."""

    def __init__(
        self, h: Hierarchy, measures: list[Measure], names: list[str], items: list[str], path: Path | None
    ) -> None:
        self._h, self._measures, self._path = h, measures, path
        self._wanted: dict[str, bool] = {}
        self._items = items
        self._shared = Shared()
        self._totals: list[tuple[str, Tensor]] = []  # of the present batch: not finite where an activation is not
        self._identity: dict[str, Any] = {}
        self.batches = self.images = self._saved = 0
        if path is not None:
            kinds = [type(measure).__name__ for measure in measures]
            self._identity = {"weights": h.weights_sha256, "layers": names, "measures": kinds}
            self.batches, self.images = checkpoints.resume(path, measures, self._identity)
            self._saved = self.batches
        self._watch = Watch(h.model, after=self._after)

    def __enter__(self) -> None:
        for measure in self._measures:
            measure.share(self._shared)

    def __exit__(self, *_: object) -> None:
        self._shared.forget()
        for measure in self._measures:
            measure.share(None)

    def show(self, images: Tensor, labels: Tensor | None) -> None:
        """Let the measures see one batch.

        The model is watched meanwhile, and not while the user's code makes the batches.
        """
        images = checked_images(self._h, images)
        rank, size = world()
        batch = Batch((torch.arange(len(images)) + self.images) * size + rank, images, labels)
        for measure in self._measures:
            measure.begin(batch)
        self._count = len(images)
        self._totals.clear()
        with torch.no_grad(), self._watch:
            self._h.forward(images)
        self._check_finite()
        self.batches += 1
        self.images += len(images)

    def save(self) -> None:
        """Write the checkpoint, if there is one and something has been seen since the last."""
        if self._path is not None and self.batches > self._saved:
            checkpoints.save(self._path, self._measures, self.batches, self.images, self._identity)
            self._saved = self.batches

    def _after(self, call: Call, output: Tensor) -> None:
        """Hand a chosen layer's output to every measure."""
        chosen = self._wanted.get(call.name)
        if chosen is None:
            chosen = self._wanted[call.name] = any(matches(item, call.name, call.kind) for item in self._items)
        if not chosen:
            return
        if output.ndim < 2 or output.shape[0] != self._count:
            check_images_first(self._h, call.name, output, self._count)
        if call.op == "relu":
            self._shared.rectifying(call.input, output)
        for measure in self._measures:
            measure.update(call.name, output)
        self._totals.append((call.name, self._shared.of(output).totals[1]))
        self._shared.release()

    def _check_finite(self) -> None:
        """Refuse activations that are not finite: one look at the sums of all layers together."""
        if not self._totals or bool(torch.cat([total.flatten() for _, total in self._totals]).isfinite().all()):
            return
        name, total = next((name, total) for name, total in self._totals if not bool(total.isfinite().all()))
        raise HierfeatError(not_finite(self._h, name, total))


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


def _of_this_process(path: Path) -> Path:
    rank, size = world()
    return path if size == 1 else path.with_name(f"{path.stem}-{rank}{path.suffix}")


def _pairs(batches: Batches, batch_size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Images and labels of each batch, whatever form the data have."""
    if isinstance(batches, np.ndarray):
        batches = as_images(batches, "batches")
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
