"""One sweep on its way, on one process or several: rounds of batches, and rests at which all is put together.

Every `every` rounds the sweep rests: what all processes have gathered is merged into what the first of them holds, and
written to the checkpoint. From a rest on only that counts, so that a sweep that goes on from the checkpoint computes
what the uninterrupted one does, bit for bit.
"""

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hierfeat._progress import Bar, bar
from hierfeat.errors import HierfeatError
from hierfeat.recording._checkpoint import Checkpoint, Identity, Progress
from hierfeat.recording._data import Data, Part
from hierfeat.recording._distributed import Gathered, Group, packed
from hierfeat.recording.measure import Batch, Measure
from hierfeat.subjects.hierarchy import Hierarchy

Show = Callable[[Batch], None]


class Run:
    """One sweep, from its start or its checkpoint to its end.

    Attributes
    ----------
    progress
        How far it is; the same on all processes at the end.
    measures
        What has been gathered; the same on all processes at the end.
    """

    def __init__(
        self, h: Hierarchy, data: Data, measures: list[Measure], group: Group, *, identity: Identity, every: int
    ) -> None:
        self._h, self._data, self.measures, self._group, self._every = h, data, measures, group, every
        self._identity = identity
        self._checkpoint: Checkpoint | None = None
        self.progress = Progress()
        self._here = Progress()  # since the last rest, on this process and those that it has merged
        # One process goes on in the measures themselves. Of several each fills empty ones between two rests.
        self._parts = measures if group.size == 1 else [_empty(measure) for measure in measures]
        self._refuse_different_ones()

    def _refuse_different_ones(self) -> None:
        """All processes must do the same, with measures that have seen the same."""
        if self._group.size == 1:
            return
        of_measures = hashlib.sha256(bytes(packed([m.state for m in self.measures], None).numpy())).hexdigest()
        mine = {name: json.dumps(value) for name, value in self._identity.items()}
        said = [json.loads(text) for text in self._group.texts(json.dumps(mine | {"gathered": of_measures}))]
        for name in said[0]:
            if any(other[name] != said[0][name] for other in said):
                what = "measures that have seen the same before" if name == "gathered" else f"the same {name}"
                raise HierfeatError(f"expected {what} on every process of the sweep, got others")

    def resume(self, path: Path) -> None:
        """Go on from the checkpoint at `path`, if there is one, and write it from now on."""
        identity = self._identity | self._data.identity()
        checkpoint = Checkpoint(path, identity)

        def read() -> dict[str, Any] | None:
            found = checkpoint.read()
            if found is None:
                return None
            for measure, state in zip(self.measures, found[1], strict=True):
                measure.state = state
            return asdict(found[0])

        found = self._group.attempt(read)
        if found is not None:
            self.progress = Progress(**found)
            self._data.start(self.progress)
        self._checkpoint = checkpoint

    def go(self, show: Show, check: Callable[[], None]) -> None:
        """See the rest of the data; ``check()`` refuses, at each rest, what was shown since the last one."""
        self._check = check
        with bar("batches", total=self._data.rounds, progress=self._group.is_first) as shown:
            if self._group.size == 1:
                self._alone(show, shown)
            else:
                self._together(show, shown)
        self._hand_out()

    def _alone(self, show: Show, shown: Bar) -> None:
        rounds = 0
        for rounds, part in enumerate(self._data.parts(), start=1):
            self._see(part, show)
            shown.update()
            if rounds % self._every == 0:
                self._rest(rounds)
        if rounds % self._every:
            self._rest(rounds)

    def _together(self, show: Show, shown: Bar) -> None:
        """As many rounds on each process, also where one has no batch left; an error is told at the next rest."""
        parts, error, rounds = self._data.parts(), None, self._data.rounds or 0
        for number in range(1, rounds + 1):
            try:
                part = next(parts, None) if error is None else None
                if part is not None:
                    self._see(part, show)
                if number == rounds and error is None and next(parts, None) is not None:
                    raise HierfeatError("expected as many batches as the data say they have, got more")
            except Exception as failure:
                error = failure
            shown.update()
            if number % self._every == 0 or number == rounds:
                self._rest(number, error)

    def _see(self, part: Part, show: Show) -> None:
        self._here.skipped.extend(part.skipped)
        if part.images is not None:
            show(Batch(part.indices, part.images, part.labels))
            self._here.images += len(part.indices)

    def _rest(self, rounds: int, error: Exception | None = None) -> None:
        """Put together what was gathered since the last rest, and save it."""
        try:
            if error is None:
                self._check()
        except Exception as failure:
            error = failure
        self._group.agree(error)
        self._group.gathered(self._collected, self._take_in)
        self._fold()
        seen = self._data.seen() if self._checkpoint is not None else None
        self.progress = Progress(
            self._data.position(rounds),
            self.progress.images + self._here.images,
            self.progress.skipped + self._here.skipped,
            seen,
        )
        self._here = Progress()
        if self._checkpoint is not None:
            checkpoint = self._checkpoint
            self._group.attempt(lambda: checkpoint.write(self.progress, [m.state for m in self.measures]))

    def _collected(self) -> Gathered:
        about = {"images": self._here.images, "skipped": self._here.skipped}
        return [part.state for part in self._parts], about

    def _take_in(self, gathered: Gathered) -> None:
        """Merge what another process gathered."""
        states, about = gathered
        for part, state in zip(self._parts, states, strict=True):
            other = _empty(part)
            other.state = state
            part.merge(other)
        self._here.images += about["images"]
        self._here.skipped.extend(about["skipped"])

    def _fold(self) -> None:
        """From here on only the state counts, as after a restart."""
        for measure, part in zip(self.measures, self._parts, strict=True):
            if part is measure:
                measure.state = measure.state
                continue
            if self._group.is_first:
                measure.merge(part)
                measure.state = measure.state
            part.state = {}

    def _hand_out(self) -> None:
        """Give all processes what the first one has."""
        if self._group.size > 1:
            states = self._group.from_first([measure.state for measure in self.measures])
            for measure, state in zip(self.measures, states, strict=True):
                measure.state = state
            self.progress = Progress(**json.loads(self._group.texts(json.dumps(asdict(self.progress)))[0]))
        self.progress.skipped.sort(key=lambda skipped: int(skipped[0]))

    @property
    def shown_to(self) -> list[Measure]:
        """The measures that the batches of this process are shown to."""
        return self._parts


def _empty(measure: Measure) -> Measure:
    """A measure of the same settings that has seen nothing."""
    made = copy.copy(measure)
    made.state = {}
    return made
