"""Ratios of one-thread CPU time, taken in turns so that a busy machine disturbs both sides alike."""

import time
from collections.abc import Callable, Mapping


def seconds(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def ratios(
    baseline: Callable[[], object], others: Mapping[str, Callable[[], object]], *, rounds: int = 15
) -> dict[str, float]:
    """The lower quartile of each function's CPU time over that of `baseline`, all run in turn `rounds` times."""
    everything = {"": baseline, **others}
    for function in everything.values():
        function()  # warm up
    times: dict[str, list[float]] = {name: [] for name in everything}
    for _ in range(rounds):
        for name, function in everything.items():
            times[name].append(seconds(function))
    quartile = {name: sorted(values)[len(values) // 4] for name, values in times.items()}
    return {name: quartile[name] / quartile[""] for name in others}


def show(title: str, found: Mapping[str, float]) -> None:
    print(f"\n{title}")
    for name, ratio in found.items():
        print(f"  {name:44s} {ratio:6.2f}")
