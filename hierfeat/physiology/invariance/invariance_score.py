"""Goodfellow's invariance score of single units: how selective, and yet how steady, a unit fires."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat._values import real
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import central_units
from hierfeat.physiology.invariance._similarities import responses_of
from hierfeat.stimuli.warps.transformations import TRANSFORMATIONS
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_same_path
from hierfeat.subjects.layer_table import STAGES, Layers
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class InvarianceScore(Result):
    """The invariance score of the central unit of every channel.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer and channel: ``layer, kind, channel, sign`` (of the responses that count as firing),
        ``threshold, global_rate`` (G), ``local_rate`` (L), ``score`` (S = L/G) and ``status``: ``ok``, or why the
        score is NaN: ``fires too rarely`` (no threshold makes the unit fire at the share `firing` of the images),
        ``constant`` (one response to all images) or ``not finite``.
    """

    @property
    def summary(self) -> pd.DataFrame:
        """Per layer: ``layer, kind, units`` (with a score), and their mean score: best tenth, half, all."""
        rows = []
        for name, group in self.table.groupby("layer", sort=False):
            scores = np.sort(group["score"].dropna())[::-1]
            best = {f"best_{p}": scores[: max(1, len(scores) * p // 100)].mean() if len(scores) else np.nan
                    for p in (10, 50, 100)}  # fmt: skip
            rows.append({"layer": name, "kind": group["kind"].iloc[0], "units": len(scores), **best})
        return pd.DataFrame(rows)

    plot = drawn("invariance.plot_invariance_score")


@checked(firing=real(above=0, high=1))
def invariance_score(
    h: Hierarchy,
    images: Images,
    *,
    transformation: str = "shift",
    amounts: tuple[float, ...] | None = None,
    layers: Layers = STAGES,
    firing: float = 0.01,
    max_images: int | None = 1000,
    seed: int = 0,
    progress: bool = True,
) -> InvarianceScore:
    """Score how far the central unit of every channel goes on firing when what it fires at is transformed.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], at least 1/firing of them.
    transformation
        One of :data:`hierfeat.stimuli.warps.transformations.TRANSFORMATIONS`.
    amounts
        The trajectory; by default from the smallest to the largest usual amount, in both directions for ``shift`` and
        ``rotation``. The image itself belongs to it.
    layers
        Names, glob patterns or kinds.
    firing
        G: the share of all images at which a unit is said to fire, the same for all units.
    max_images
        So many images are drawn if there are more, with `seed`; and so many of these that `firing` of them is a
        whole number.
    seed
        Seed of what is drawn at random.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    InvarianceScore
        A row per layer and channel.

    Raises
    ------
    HierfeatError
        If there are too few images for the firing rate, or the transformation is unknown.

    Notes
    -----
    With s a sign and t the threshold, a unit fires at x if s·h(x) > t. t is the 1 − `firing` quantile of s·h over the
    images, so that G is `firing` for every unit. L is the mean firing rate over the trajectories of the images at which
    it fires. S = L/G. A unit that fires at random scores 1, one that always goes on firing 1/G, which is 100 at the
    usual firing rate of 0.01 and the most there can be. Where responses tie at the threshold (the zeros of a rectifier)
    no threshold gives that rate, and G below it would inflate S by 1/G: such a unit has no score. Of the two signs, the
    one of the higher score is taken; a rate that is never negative has only one. Other than in Goodfellow et al.,
    thresholds and trajectories come from the same images, and one unit, the central one, stands for a channel.

    Memory: one batch, and for each image and amount the answer of one unit of each channel.

    References
    ----------
    Goodfellow, I., Lee, H., Le, Q., Saxe, A. and Ng, A. (2009). Measuring invariances in deep networks. NIPS 22.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, _ = hf.digits(split="test")
    >>> scores = invariance_score(hf.load("lenet5-digits"), images, layers="pool", amounts=(-1, 1))
    >>> scores.summary.layer.tolist()
    ['pool1', 'pool2']
    """
    images = _drawn(images, firing, seed)
    if transformation not in TRANSFORMATIONS:
        raise HierfeatError(f"expected a transformation among {', '.join(TRANSFORMATIONS)}; got {transformation!r}")
    change, _, usual = TRANSFORMATIONS[transformation]
    steps = _trajectory(transformation, usual) if amounts is None else tuple(amounts)
    original = _central(h, images, layers)
    changed = [_central(h, change(images, amount, 0), layers) for amount in with_bar(steps, "changed images")]
    check_same_path(h, original, *changed)
    kinds = {layer.name: layer.kind for layer in h.layers}
    frames = [
        _scores(original[name], torch.stack([original[name], *(moved[name] for moved in changed)]), firing).assign(
            layer=name, kind=kinds[name]
        )
        for name in original
    ]
    columns = ["layer", "kind", "channel", "sign", "threshold", "global_rate", "local_rate", "score", "status"]
    return InvarianceScore(
        table=pd.concat(frames, ignore_index=True)[columns],
        provenance=provenance(
            h, transformation=transformation, amounts=steps, firing=firing, images=len(images), seed=seed
        ),
    )


def _drawn(images: Tensor, firing: float, seed: int) -> Tensor:
    if not 0 < firing < 1:
        raise HierfeatError(f"expected firing as a share of images between 0 and 1, got {firing}")
    if len(images) * firing < 1:
        raise HierfeatError(
            f"expected at least {int(np.ceil(1 / firing))} images for a unit to fire at {firing:g} of them, got "
            f"{len(images)}: pass more images or a larger firing"
        )
    count = round(int(len(images) * firing + 1e-9) / firing)  # so many that `firing` of them is whole
    if len(images) <= count:
        return images
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:count]]


def _trajectory(transformation: str, usual: tuple[float, ...]) -> tuple[float, ...]:
    return (*(-a for a in reversed(usual)), *usual) if transformation in ("shift", "rotation") else usual


def _central(h: Hierarchy, images: Tensor, layers: Layers) -> dict[str, Tensor]:
    """The central unit of every channel, (N, C)."""
    batches = images.split(default_batch(h.input_shape))
    parts = [{name: central_units(x) for name, x in responses_of(h, batch, layers).items()} for batch in batches]
    return {name: double(torch.cat([part[name] for part in parts])) for name in parts[0]}


def _scores(original: Tensor, trajectory: Tensor, firing: float) -> pd.DataFrame:
    """The better sign of each unit, from responses (N, C) and (steps, N, C)."""
    signs = [1] if float(original.min()) >= 0 else [1, -1]
    frames = [_signed_scores(sign * original, sign * trajectory, firing).assign(sign=sign) for sign in signs]
    both = pd.concat(frames)
    order = both["score"].fillna(-1).to_numpy().reshape(len(signs), -1).argmax(0).tolist()
    rows: list[pd.DataFrame] = [frames[sign].iloc[[channel]] for channel, sign in enumerate(order)]
    return pd.concat(rows, ignore_index=True)


def _signed_scores(original: Tensor, trajectory: Tensor, firing: float) -> pd.DataFrame:
    count = round(len(original) * firing)
    threshold = original.sort(0).values[len(original) - count - 1]
    fires = original > threshold
    rate = double(fires).mean(0)
    finite = original.isfinite().all(0) & trajectory.isfinite().all(0).all(0)
    constant = original.amax(0) == original.amin(0)
    scored = finite & ~constant & (fires.sum(0) == count)
    going_on = double(trajectory > threshold).mean(0)  # (N, C): over the trajectory of each image
    local = (going_on * fires).sum(0) / fires.sum(0)
    score = torch.where(scored, local / rate, torch.nan)
    values = {"threshold": threshold, "global_rate": rate, "local_rate": local, "score": score}
    table = pd.DataFrame({name: value.cpu().numpy() for name, value in values.items()})
    known = [(~finite).cpu().numpy(), constant.cpu().numpy(), (~scored).cpu().numpy()]
    table["status"] = np.select(known, ["not finite", "constant", "fires too rarely"], "ok")
    table.insert(0, "channel", np.arange(len(table)))
    return table
