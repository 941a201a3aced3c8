"""Recording the activations of chosen layers, truthfully and without a trace."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._values import file_path
from hierfeat.errors import HierfeatError
from hierfeat.recording._kept import CopyOnWrite, Writes
from hierfeat.recording._to_file import activation_file, mapped
from hierfeat.subjects._sources import is_stimuli
from hierfeat.subjects.arguments import any_layers, checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.guard import Guard
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_images_first, check_norms, norm_of
from hierfeat.subjects.layer_table import UNITS, Chosen, Layers
from hierfeat.subjects.own_data import Images, batches_in, count_in, default_batch, in_batches
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.watching import Watching

Take = Callable[[dict[str, Tensor], int], None]  # activations of so many images


@checked(images=None, layers=any_layers, out=file_path)
def record(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = UNITS,
    out: str | Path | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> dict[str, Tensor]:
    """Record the output of each chosen layer for `images`.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W), in [0, 1].
    layers
        Names, glob patterns (``features.*``) or kinds (``conv``).
    out
        A safetensors file to write the activations to, batch by batch, for more of them than memory holds. The images
        are then taken one batch at a time, too; a loader keeps the size of its own batches.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    dict of str to torch.Tensor
        Activations (N, C, H, W) by layer name, in call order, on the model's device; of a file, tensors of the CPU
        that are read from it where they are looked at.

    Raises
    ------
    HierfeatError
        If the images do not fit the model, an item of `layers` matches nothing, an activation is not finite, or the
        first axis of a layer is not that of the images (rows, windows or tokens lie there) and there are several
        batches, which cannot be joined along it; if `out` cannot be written.

    Notes
    -----
    What is recorded for a layer is its output as it left the layer, also where a later in-place operation
    (``nn.ReLU(inplace=True)``, ``x += y``) overwrites it: it is copied just before. The model runs in eval
    mode and without gradients, and is left bit for bit as it was, hooks and the global RNG included.

    The file is in its place when it is whole: an interrupt, or a disk that is full, leaves what was there before. Room
    for all of it is made with the first batch. ``safetensors.torch.load_file(out)`` maps it into memory again, and
    its metadata say the call order (``layers``) and where it comes from (``provenance``).

    Memory: all chosen activations, N of them; with `out` those of one batch. Images that come from an iterable of
    unknown length are in memory all together.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> images, _ = hf.digits(split="test")
    >>> {name: tuple(a.shape) for name, a in hf.record(h, images[:8]).items()}
    {'conv1': (8, 6, 28, 28), 'pool1': (8, 6, 14, 14), 'conv2': (8, 16, 10, 10), 'pool2': (8, 16, 5, 5)}
    """
    size = batch_size or default_batch(h.input_shape)
    if is_stimuli(images):
        h.warn_of_range("stimuli")
    if out is not None:
        return _recorded_to(Path(out), h, images, layers, size)
    parts: list[dict[str, Tensor]] = []
    batches = checked_images(h, images).split(size)
    _record(h, batches, layers, lambda part, _: parts.append(part), len(batches))
    return parts[0] if len(parts) == 1 else _joined(parts)


def recorded(h: Hierarchy, images: Tensor, layers: Layers) -> dict[str, Tensor]:
    """What :func:`record` gives for one batch of images, which are shown as they are."""
    parts: list[dict[str, Tensor]] = []
    _record(h, [images], layers, lambda part, _: parts.append(part), 1)
    return parts[0]


def _recorded_to(out: Path, h: Hierarchy, images: Images, layers: Layers, size: int) -> dict[str, Tensor]:
    """Record into a file, and map it into memory."""
    count = count_in(images)
    if count is None:
        images = checked_images(h, images)
        count = len(images)
    shown = (checked_images(h, batch) for batch, _ in in_batches(images, size=size, channels=h.input_shape[0]))
    names: list[str] = []

    def take(part: dict[str, Tensor], images: int) -> None:
        names[:] = part
        file.add(part, images)

    about = {"provenance": provenance(h, layers=[layers] if isinstance(layers, str) else list(layers))}
    with activation_file(out, count, about) as file:
        _record(h, shown, layers, take, batches_in(images, size))
    return mapped(out, names)


def _any_scripted() -> bool:
    """Whether this process has scripted functions: what they write inside is seen on the level of operators only."""
    unit = getattr(torch.jit._state, "_python_cu", None)
    return unit is None or bool(unit.get_functions())


def _record(h: Hierarchy, batches: Iterable[Tensor], layers: Layers, take: Take, number: int | None) -> None:
    """Hand the activations of each of a `number` of batches to `take`."""
    several, until = number != 1, h.last_of(layers)
    left = iter(with_bar(batches, "images", total=number) if several else batches)
    if not _any_scripted():
        untrue = _recorded(h, left, _Quick(h, layers).ending(until), take, several=several)
        if untrue is None:
            return
        left = chain([untrue], left)
    if _recorded(h, left, Recorder(h, layers=layers).ending(until), take, several=several) is not None:
        raise HierfeatError(f"{h.name} writes into its activations in a way that torch reports to nobody")


def _recorded(h: Hierarchy, batches: Iterable[Tensor], recorder: "Recorder", take: Take, *, several: bool) -> Any:
    """Hand on what `recorder` sees; the batch of which something was overwritten behind its back, if there is one.

    Whether outputs are finite is found while they are in the caches: to read them all again costs several times that.
    """
    recorder.takes_norms = True
    for batch in batches:  # the user's code may make them: nothing is watched meanwhile
        recorder.norms.clear()
        with recorder:
            with torch.no_grad():
                h.forward(batch)
            if not recorder.is_true():
                return batch
            part = recorder.take()
        check_norms(h, recorder.norms)
        if several:
            check_images_first(h, part, len(batch))
        take(part, len(batch))
        del part  # not there any more while the next batch is shown
    return None


def _joined(parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    names = list(parts[0])
    if any(list(part) != names for part in parts):
        raise HierfeatError(
            "the model took different paths for different batches, so that their layers differ: "
            "record the images one by one (batch_size=1, one call each)"
        )
    return {name: torch.cat([part.pop(name) for part in parts]) for name in names}


class Recorder(Mapping[str, Tensor]):
    """Record the activations of whatever runs inside a ``with`` block.

    Parameters
    ----------
    h
        The network under study.
    layers
        Names, glob patterns or kinds.
    detach
        False keeps activations in the graph of gradients: what is computed from them later has a gradient with respect
        to them, and they have one with respect to the weights and the images.

    Notes
    -----
    It is a mapping from layer names to activations of the latest forward pass, in call order. A submodule that is
    called on its own (``h.model.features(x)``) makes a pass, too.

    Inside the block the model is in eval mode; the gradient mode is the caller's. Nothing is copied unless it must be:
    what you write into the model's output after the block is seen in its last layer's.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> with hf.Recorder(h, layers="pool") as r:
    ...     _ = h.model(torch.zeros(1, 1, 32, 32))
    >>> list(r)
    ['pool1', 'pool2']

    The gradient of a class's score with respect to a layer's output:

    >>> with hf.Recorder(h, layers="conv2", detach=False) as r:
    ...     score = h.forward(torch.rand(1, 1, 32, 32))[0, 3]
    >>> torch.autograd.grad(score, r["conv2"])[0].shape
    torch.Size([1, 16, 10, 10])
    """

    @checked(layers=any_layers)
    def __init__(self, h: Hierarchy, *, layers: Layers = UNITS, detach: bool = True) -> None:
        self._prepare(h, layers, detach)

    def _prepare(self, h: Hierarchy, layers: Layers, detach: bool) -> None:
        self._h = h
        self._chosen, self._detach = Chosen(layers), detach
        self._kept = CopyOnWrite()
        self._guards: list[Guard] = []
        self._until: str | None = None
        self.takes_norms = False
        self.norms: list[tuple[str, Tensor | None]] = []

    def __enter__(self) -> Self:
        callbacks = {"after": self._after, "writing": self._kept.rescue, "only": self._chosen, "until": self._until}
        watching = Watching(self._h.model, **callbacks)
        self._guards = [watching, *self._further_guards()]
        for guard in self._guards:
            guard.__enter__()
        return self

    def _further_guards(self) -> list[Guard]:
        return [Writes(self._kept.rescue)]

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._guards[0].__exit__(kind, value, traceback)  # and with it those that were opened after it

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._kept.tensors:
            raise KeyError(f"{name!r} was not recorded; these were: {', '.join(self._kept.tensors) or 'none'}")
        return self._kept.tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept.tensors)

    def __len__(self) -> int:
        return len(self._kept.tensors)

    def ending(self, until: str | None) -> Self:
        """End forward passes behind a layer."""
        self._until = until
        return self

    def take(self) -> dict[str, Tensor]:
        """Hand over what was recorded, and start afresh."""
        tensors = self._kept.tensors
        self._kept.forget()
        return tensors

    def is_true(self) -> bool:
        """Whether, by all that torch counts, nothing has been written into what is kept."""
        return self._kept.is_true()

    def _after(self, call: Call, output: Tensor) -> Tensor | None:
        if call.name in self._kept.tensors:
            self._kept.forget()  # a second forward pass in the same block
        self._kept.keep(call.name, output.detach() if self._detach else output)
        if self.takes_norms:
            self.norms.append((call.name, norm_of(output)))
        return None if self._detach else output.clone()  # what is written over is not what was recorded


class _Quick(Recorder):
    """Sees only the writes that a function's name or arguments show, at a third of the cost.

    Version counters then show whether another one slipped through; :func:`record` runs again if so.
    """

    def __init__(self, h: Hierarchy, layers: Layers) -> None:
        self._prepare(h, layers, detach=True)  # of arguments that have been checked

    def _further_guards(self) -> list[Guard]:
        return []

    def is_true(self) -> bool:
        return self._kept.is_true() and self._kept.is_counted()
