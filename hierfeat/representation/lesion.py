"""What a network can still do without some of its units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import bar
from hierfeat._result import Result, drawn
from hierfeat._values import Given, choice
from hierfeat.errors import HierfeatError
from hierfeat.recording._replay import Replay
from hierfeat.representation._lesions import MODES, ORDERS, Removal, ordered
from hierfeat.subjects.arguments import checked, needed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import channels_of, checked_channels
from hierfeat.subjects.own_data import Images, Labels, default_batch
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.scores import check_truth, probabilities

HOW = ("singly", "cumulatively", "together")


@dataclass(frozen=True, eq=False)
class Lesion(Result):
    """What is left of a network's performance after each lesion.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per lesion: ``layer, channel, removed, accuracy, change, loss, loss_change, altered, output_change``.
        `channel` is the one removed last (-1 where all are removed together), `removed` how many are; the changes are
        lesioned less intact. `loss` is the mean cross-entropy in nats, `altered` the share of images that are given
        another class, `output_change` the norm of the change of the scores over the norm of the scores, less their
        mean over images.
    accuracy, loss : float
        Of the intact network.
    recall : ndarray
        (lesions, classes): the share of each class's images that is still called by its name.
    intact_recall : ndarray
        (classes,) of the intact network; NaN where a class has no images.
    labels : list of str
        Names of the classes.
    """

    accuracy: float
    loss: float
    recall: np.ndarray
    intact_recall: np.ndarray
    labels: list[str]

    plot = drawn("lesion.plot_lesion")


def _channels(value: Any, name: str, given: Given) -> list[int]:
    """Channels without repetition; None means all."""
    count = channels_of(given["h"], given["layer"])
    found = list(range(count)) if value is None else checked_channels(given["h"], given["layer"], value, name)
    if len(set(found)) < len(found):
        raise HierfeatError(f"expected each channel once in {name}, got {found}")
    return found


@checked(channels=_channels, mode=choice(*MODES), how=choice(*HOW), order=choice(*ORDERS))
def lesion(
    h: Hierarchy,
    layer: str,
    channels: Sequence[int] | None,
    images: Images,
    labels: Labels | None = None,
    *,
    mode: Literal["zero", "mean", "noise"] = "zero",
    how: Literal["singly", "cumulatively", "together"] = "singly",
    order: Literal["given", "selectivity", "norm", "random"] = "given",
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> Lesion:
    """Remove channels of a layer (a lesion; an ablation, in machine learning), and see what the network still can do.

    Parameters
    ----------
    h
        A classifier, its output a score per class.
    layer
        Whose output loses channels; of a dense layer, units.
    channels
        Which, each once; None means all.
    images, labels
        (N, C, H, W) in [0, 1], and (N,) integers.
    mode
        What takes a channel's place: ``zero``; its ``mean`` over images and places; or ``noise``, normal, of its mean
        and variance over images and places, drawn anew for each image and place.
    how
        Each channel alone (``singly``), one after the other without putting any back (``cumulatively``), or all at
        once (``together``).
    order
        As given; by class selectivity, the most selective first; by the ``norm`` of the weights that make the channel
        (their sum of magnitudes), the smallest first; or at random.
    seed
        Of the random order, and of the noise.
    batch_size
        Images in one forward pass; by default as many as suit their size.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Lesion
        A row per lesion, in the order in which channels were removed.

    Raises
    ------
    HierfeatError
        If an argument does not fit, a label has no output, or order is ``norm`` and the layer has no weights.

    Notes
    -----
    What lies before the layer is run once for each batch; each lesion runs the rest.

    ``zero`` takes away what a channel says and what later biases count on; ``mean`` takes away only how it differs from
    image to image and place to place. After a rectifier, noise may be negative, as the channel is not.

    Memory: one batch, and the scores of all images after each lesion. Time grows with lesions times images.

    References
    ----------
    Morcos, A. S., Barrett, D. G. T., Rabinowitz, N. C. and Botvinick, M. (2018). On the importance of single
    directions for generalization. ICLR: ablation to zero and to the mean, selectivity as order.
    Li, H., Kadav, A., Durdanovic, I., Samet, H. and Graf, H. P. (2017). Pruning filters for efficient ConvNets. ICLR:
    the sum of magnitudes as order.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h, (images, labels) = hf.load("lenet5-digits"), hf.digits()
    >>> found = hf.lesion(h, "conv2", None, images, labels, how="cumulatively", order="norm")
    >>> bool(found.table.accuracy.iloc[0] > found.table.accuracy.iloc[-1])
    True
    """
    labels = needed(labels)
    sequence = ordered(h, layer, list(channels), images, labels, order=order, seed=seed)  # type: ignore[arg-type]
    removed = _lesions(sequence, how)
    batch_size = batch_size or default_batch(h.input_shape)
    remove = Removal(h, layer, images, mode, streams=len(removed), seed=seed, batch_size=batch_size)
    replay = Replay(h, layer)
    # one block: small tensors kept between large ones that are not would leave holes in memory
    scores = torch.empty(len(removed) + 1, len(images), 0)
    starts = range(0, len(images), batch_size)
    with bar(f"lesions of {layer}", total=len(starts) * len(removed)) as shown:
        for rows in (slice(start, start + batch_size) for start in starts):
            replay.show(images[rows])
            if not scores.numel():
                scores = scores.new_empty(*scores.shape[:2], replay.scores.shape[1])
            scores[0, rows] = replay.scores
            for number, without in enumerate(removed):
                scores[number + 1, rows] = replay.again(remove(replay.output, without, number))
                shown.update()
    asked = {"layer": layer, "channels": channels, "mode": mode, "how": how, "order": order, "seed": seed}
    about = provenance(h, **asked, images=len(images))
    return _summary(h, layer, removed, scores, labels, about, how)


def _lesions(sequence: list[int], how: str) -> list[list[int]]:
    """The channels that each lesion removes."""
    if how == "singly":
        return [[channel] for channel in sequence]
    if how == "together":
        return [sequence]
    return [sequence[: count + 1] for count in range(len(sequence))]


def _summary(
    h: Hierarchy,
    layer: str,
    removed: list[list[int]],
    scores: Tensor,
    labels: Tensor,
    about: dict[str, Any],
    how: str,
) -> Lesion:
    """Compare the scores of each lesion with those of the intact network, which come first."""
    truth, classes = labels.cpu(), scores.shape[2]
    check_truth(truth, classes)
    measured = [_measured(each, scores[0], truth) for each in scores]
    intact, rows = measured[0], []
    for without, (accuracy, loss, altered, moved) in zip(removed, measured[1:], strict=True):
        rows.append(
            {
                "layer": layer, "channel": -1 if how == "together" else without[-1], "removed": len(without),
                "accuracy": accuracy, "change": accuracy - intact[0], "loss": loss, "loss_change": loss - intact[1],
                "altered": altered, "output_change": moved,
            }
        )  # fmt: skip
    recall = np.stack([_recall(each, truth) for each in scores])
    return Lesion(
        table=pd.DataFrame(rows), provenance=about, accuracy=intact[0], loss=intact[1], recall=recall[1:],
        intact_recall=recall[0], labels=list(h.classes or map(str, range(classes))),
    )  # fmt: skip


def _measured(scores: Tensor, intact: Tensor, truth: Tensor) -> tuple[float, float, float, float]:
    """Accuracy, cross-entropy, share of altered answers, and relative change of the scores."""
    said = scores.argmax(1)
    likelihood = probabilities(scores)[torch.arange(len(truth)), truth]
    tiny = torch.finfo(torch.float64).tiny
    spread = (intact - intact.mean(0)).double().norm()
    moved = float((scores - intact).double().norm() / spread) if spread > 0 else float("nan")
    altered = (said != intact.argmax(1)).double().mean()
    loss = -likelihood.clamp(min=tiny).log().mean()
    return float((said == truth).double().mean()), float(loss), float(altered), moved


def _recall(scores: Tensor, truth: Tensor) -> np.ndarray:
    classes = scores.shape[1]
    right = torch.bincount(truth[scores.argmax(1) == truth], minlength=classes).numpy()
    with np.errstate(invalid="ignore"):
        return np.asarray(right / torch.bincount(truth, minlength=classes).numpy())
