"""Showing batches to a network, and what its layers answer to measures."""

from collections.abc import Sequence
from math import isfinite

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.recording._deferred import PATIENCE
from hierfeat.recording._gathering import Gathering
from hierfeat.recording._reductions import Shared
from hierfeat.recording.measure import Batch, Measure
from hierfeat.subjects.call import Call
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.checks import check_ends, check_values, ends_of, shaped_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_images_first, not_finite
from hierfeat.subjects.layer_table import Chosen, Layers


class Pass:
    """Forward passes whose chosen layers are handed to some measures as they arise.

    The model is watched during its forward pass only, and not while the user's code makes the batches.
    """

    def __init__(self, h: Hierarchy, measures: Sequence[Measure], layers: Layers) -> None:
        self._h, self._measures = h, measures
        self._alone: set[str] = set()  # layers that are not gathered together
        self._shared, self._gathering = Shared(), Gathering(measures)
        self._shared.hand_out = self._gathering.settle
        self._totals: list[tuple[str, Tensor]] = []  # not finite where an activation is not
        self._ends: list[Tensor] = []  # the smallest and the largest value of each batch of another device
        self._waiting = 0  # batches of another device whose totals have not been looked at
        self._watch = Watch(h.model, after=self._after, only=Chosen(layers), until=h.last_of(layers))

    def __enter__(self) -> None:
        for measure in self._measures:
            measure.share(self._shared)

    def __exit__(self, *_: object) -> None:
        self._gathering.settle()
        self._shared.forget()
        for measure in self._measures:
            measure.share(None)

    def show(self, batch: Batch) -> None:
        """Let the measures see one batch."""
        images = shaped_images(self._h, batch.images)
        if images.device.type in ("cpu", "meta") or self._h.device.type == "meta":
            check_values(self._h, images, "images")
        else:
            self._ends.append(ends_of(images))
        seen = Batch(batch.indices, images, batch.labels)
        for measure in self._measures:
            measure.begin(seen)
        self._gathering.begin(seen)
        self._count = len(images)
        with torch.no_grad(), self._watch:
            self._h.forward(images)
        self._waiting += 1
        if self._waiting == PATIENCE or self._h.device.type == "cpu":
            self.check()

    def _after(self, call: Call, output: Tensor) -> None:
        """Hand a chosen layer's output to every measure."""
        if output.ndim < 2 or output.shape[0] != self._count:
            check_images_first(self._h, {call.name: output}, self._count)
        total = self._gathering.take(call, output)
        if total is None:
            self._one_by_one(call, output)
        elif not isfinite(total):
            raise HierfeatError(not_finite(self._h, call.name, torch.tensor(total)))
        else:
            self._update(self._gathering.others, call.name, output)

    def _one_by_one(self, call: Call, output: Tensor) -> None:
        """Let every measure itself look at a layer's output."""
        if call.name not in self._alone:
            self._alone.add(call.name)
            self._gathering.settle()  # first the layers before it
        if call.op == "relu":
            self._shared.rectifying(call.input, output)
        total = self._shared.of(output).totals[1]
        self._totals.append((call.name, total if output.device.type == "cpu" else total.sum()))
        self._update(self._measures, call.name, output)

    def _update(self, measures: Sequence[Measure], layer: str, output: Tensor) -> None:
        for measure in measures:
            measure.update(layer, output)
        self._shared.release()

    def check(self) -> None:
        """Refuse activations that are not finite: one look at the sums of all layers together."""
        ends, self._ends = self._ends, []
        if ends:
            low, high = torch.stack(ends).cpu().T
            check_ends(self._h, float(low.min()), float(high.max()), "images")
        totals, self._totals, self._waiting = self._totals, [], 0
        if not totals or bool(torch.cat([total.flatten() for _, total in totals]).isfinite().all()):
            return
        name, total = next((name, total) for name, total in totals if not bool(total.isfinite().all()))
        raise HierfeatError(not_finite(self._h, name, total))
