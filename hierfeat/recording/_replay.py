"""A batch run once, and then again and again from one layer on, with another output of that layer each time."""

import torch
from torch import Tensor

from hierfeat.recording.recorder import Recorder
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_finite, check_images_first
from hierfeat.subjects.watching import Watching


class Replay:
    """The network from one layer on; what comes before it is run once for a batch.

    Parameters
    ----------
    h
        The network under study.
    layer
        The layer whose output is changed.

    Notes
    -----
    In a replay, each layer call before `layer` gives back the output that it was seen to have, and its operation is
    skipped; what lies between the calls (reshapes, say) is run again. A call that writes into its input is not skipped,
    and is given a copy. A replay with nothing changed must give the scores of the first run: where it does not (a
    network that draws random numbers, say), the whole network is run each time.

    Attributes
    ----------
    output : torch.Tensor
        Of the layer, for the batch shown last.
    scores : torch.Tensor
        (N, classes), of the network as it is.
    """

    def __init__(self, h: Hierarchy, layer: str) -> None:
        names = [item.name for item in h.layers]
        self._h, self._layer = h, layer
        self._before = frozenset(names[: names.index(layer)])
        self._kept: dict[str, Tensor] = {}
        self._skips: bool | None = None  # whether replays can skip; None: not tried yet

    def show(self, images: Tensor) -> None:
        """Run the network on images as it is, and keep what replays need."""
        self._images = images
        recorder = _Noting(self._h, layers=[*self._before, self._layer])
        with torch.no_grad(), recorder:
            self.scores = self._h.class_scores(images)
            writers, kept = recorder.writers, recorder.take()
        self.output = kept.pop(self._layer)
        check_finite(self._h, self._layer, self.output)
        check_images_first(self._h, {self._layer: self.output}, len(images))
        self._copies = bool(writers)
        self._writes = self._layer in writers
        self._kept = {name: output for name, output in kept.items() if name not in writers}
        if self._skips is None:
            self._skips = torch.equal(self.again(self.output), self.scores)
        if not self._skips:
            self._kept = {}

    def again(self, output: Tensor) -> Tensor:
        """The scores with another output of the layer."""
        given = output.clone()  # later layers may write into it

        def before(call: Call) -> Tensor | None:
            if call.name == self._layer and not self._writes:
                return given
            kept = self._kept.get(call.name)
            return kept.clone() if kept is not None and self._copies else kept

        def after(call: Call, was: Tensor) -> Tensor | None:
            return was.copy_(given) if call.name == self._layer and self._writes else None

        found: list[Tensor] = []  # the block may swallow hf.Stop, for all that a type checker knows
        with torch.no_grad(), self._h.watching(before=before, after=after):
            found.append(self._h.class_scores(self._images))
        return found[0]


class _Noting(Recorder):
    """A recorder that also notes which calls write into what they are given."""

    def __init__(self, h: Hierarchy, *, layers: list[str]) -> None:
        super().__init__(h, layers=layers)
        self.writers: set[str] = set()
        self._written = False

    def __enter__(self) -> "_Noting":
        callbacks = {"before": self._note, "after": self._after, "writing": self._rescue, "only": self._chosen}
        watching = Watching(self._h.model, **callbacks)
        self._guards = [watching, *self._further_guards()]
        for guard in self._guards:
            guard.__enter__()
        return self

    def _rescue(self, tensor: Tensor) -> None:
        self._written = True
        self._kept.rescue(tensor)

    def _note(self, call: Call) -> None:
        if self._written:
            self.writers.add(call.name)
        self._written = False
