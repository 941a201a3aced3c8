"""The progress bar of what may take long."""

from collections.abc import Iterable
from typing import TypeVar, cast

from tqdm import tqdm

T = TypeVar("T")


def with_bar(
    parts: Iterable[T], what: str, *, unit: str = "batch", total: int | None = None, progress: bool = True
) -> Iterable[T]:
    """`parts` themselves, with a progress bar named `what`: on a terminal only, after two seconds, gone when done.

    With ``progress=False`` there is none.
    """
    bar = tqdm(parts, desc=what, unit=unit, total=total, delay=2, leave=False, disable=None if progress else True)
    return cast(Iterable[T], bar)
