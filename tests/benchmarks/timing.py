"""CPU time of one thread, of functions run in turn, so that a busy machine disturbs all alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Act = Callable[[], object]


@dataclass
class Row:
    """A line of the table: a ratio, or seconds, with quartiles over the rounds."""

    group: str
    subject: str
    what: str
    value: float
    low: float
    high: float
    rounds: int
    goal: float | None = None
    unit: str = "×"

    @property
    def verdict(self) -> str:
        """Whether the goal is met; `missed` only where even the lower quartile lies above it."""
        if self.goal is None:
            return ""
        return "met" if self.value <= self.goal else "within spread" if self.low <= self.goal else "missed"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": self.verdict}


def seconds(act: Act) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """The median, and the quartiles around it."""
    ordered = sorted(values)
    count = len(ordered)
    return ordered[count // 2], ordered[count // 4], ordered[(3 * count) // 4]


def in_turn(baseline: Act, others: Mapping[str, Act], *, rounds: int, budget: float) -> dict[str, list[float]]:
    """The ratios of each function to `baseline`, of the same round; fewer rounds where `budget` seconds are over."""
    everything = {"": baseline, **others}
    for act in everything.values():
        act()  # warm up
    found: dict[str, list[float]] = {name: [] for name in others}
    start = time.perf_counter()
    for number in range(rounds):
        order = list(everything) if number % 2 else list(everything)[::-1]
        times = {name: seconds(everything[name]) for name in order}
        for name in others:
            found[name].append(times[name] / times[""])
        if time.perf_counter() - start > budget and number >= 2:
            break
    return found


def ratios(
    group: str, subject: str, baseline: Act, others: Mapping[str, tuple[Act, float | None]], *, rounds: int = 31,
    budget: float = 20,
) -> list[Row]:  # fmt: skip
    """A row for each of `others`, a function and its goal: the median of its ratios to `baseline`."""
    found = in_turn(baseline, {name: act for name, (act, _) in others.items()}, rounds=rounds, budget=budget)
    return [
        Row(group, subject, name, *quartiles(values), len(values), others[name][1]) for name, values in found.items()
    ]
