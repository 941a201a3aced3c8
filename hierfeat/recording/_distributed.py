"""Several processes, one result: each sweeps its share of the data, then all merge what they gathered."""

import copy
from collections.abc import Sequence

import torch.distributed as dist
from torch import Tensor

from hierfeat.recording.measure import Measure


def world() -> tuple[int, int]:
    """This process's rank and the number of processes; (0, 1) without ``torch.distributed``."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def merge_across(measures: Sequence[Measure]) -> None:
    """Give every process's measures what all of them gathered, merged in the order of ranks."""
    _rank, size = world()
    if size == 1:
        return
    states: list[list[dict[str, Tensor]] | None] = [None] * size
    dist.all_gather_object(states, [{k: v.cpu() for k, v in m.state.items()} for m in measures])
    for number, measure in enumerate(measures):
        parts = [state[number] for state in states if state is not None]
        measure.state.clear()
        measure.state.update(parts[0])
        for part in parts[1:]:
            other = copy.copy(measure)
            other.state = part
            measure.merge(other)
