"""The guard itself: one assertion."""

from pathlib import Path

from torch import Tensor

from hierfeat._values import real
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.testing import _updating
from hierfeat.testing.comparison import RTOL, compare
from hierfeat.testing.fingerprint import Fingerprint, fingerprint


@checked(rtol=real(0, 1))
def assert_same_hierarchy(
    h: Hierarchy,
    baseline: str | Path | Fingerprint,
    images: Tensor | None = None,
    *,
    rtol: float = RTOL,
    tuning: bool = False,
    update: bool = False,
    batch_size: int = 64,
) -> None:
    """Fail where a network is not, layer by layer, what its stored fingerprint says.

    Parameters
    ----------
    h
        The network as it is now.
    baseline
        The JSON file of the fingerprint, or a fingerprint.
    images
        (N, C, H, W), in [0, 1], the same as for the baseline; those of :func:`hierfeat.testing.probe_images` by
        default.
    rtol
        The largest difference that counts as none; see :func:`hierfeat.testing.compare`.
    tuning
        Take down tuning too, when the file is written; afterwards the file says what is compared.
    update
        Write the file anew if anything differs, instead of failing; ``pytest --hierfeat-update`` asks all tests for it.
    batch_size
        Images per forward pass.

    Returns
    -------
    None
        If nothing differs.

    Raises
    ------
    AssertionError
        If anything differs: the message names the first layer that does, by how much and in what, and those after it.
    HierfeatError
        If there is no such file, or images do not fit the model.

    Examples
    --------
    >>> import hierfeat as hf
    >>> from hierfeat.testing import assert_same_hierarchy
    >>> h = hf.load("lenet5-digits")
    >>> assert_same_hierarchy(h, "baseline.json", update=True)  # once
    >>> assert_same_hierarchy(h, "baseline.json")
    """
    __tracebackhide__ = True
    writing = update or _updating.asked
    stored = baseline if isinstance(baseline, Fingerprint) else _stored(baseline, writing)
    wanted = bool(stored.provenance["parameters"]["tuning"]) if stored is not None and not writing else tuning
    now = fingerprint(h, images, tuning=wanted, batch_size=batch_size, progress=False)
    found = None if stored is None else compare(stored, now, rtol=rtol)
    if found is not None and found.same and not (writing and _lacks(stored, now)):
        return
    if not writing or isinstance(baseline, Fingerprint):
        raise AssertionError(f"{found}\nif this is meant: pytest --hierfeat-update" + _where(baseline))
    path = now.write(baseline)
    _updating.written.append((path, "new" if found is None else str(found).splitlines()[0]))


def _stored(path: str | Path, writing: bool) -> Fingerprint | None:
    if not isinstance(path, str | Path):
        raise HierfeatError(f"expected baseline as the path of a JSON file or a Fingerprint, got {type(path).__name__}")
    if not Path(path).exists():
        if writing:
            return None
        raise HierfeatError(
            f"there is no fingerprint at {Path(path).absolute()}: write it once by `pytest --hierfeat-update` (or "
            "update=True), look at it, and keep it with the test"
        )
    return Fingerprint.read(path)


def _lacks(stored: Fingerprint | None, now: Fingerprint) -> bool:
    """Whether what is asked for is not in the file yet."""
    return stored is not None and set(now.table) != set(stored.table)


def _where(baseline: object) -> str:
    return "" if isinstance(baseline, Fingerprint) else f" writes {baseline} anew"
