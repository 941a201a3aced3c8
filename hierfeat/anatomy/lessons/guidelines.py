"""The lecture's rules for a well-shaped CNN, checked on any net."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.anatomy.lessons import _guideline_rules as check
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class Guidelines(Result):
    """Verdicts of the rules on one or more nets.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per net and rule: ``model, rule, verdict`` (``kept``, ``broken`` or ``not applicable``), ``evidence``
        (the numbers that decided), ``exceptions`` (when good nets break it on purpose), ``reference``.
    """

    plot = drawn("architecture.plot_guidelines")


@checked()
def guidelines(h: Hierarchy, *others: Hierarchy) -> Guidelines:
    """Check the lecture's rules for a well-shaped CNN, and what follows from receptive fields.

    Parameters
    ----------
    h, *others
        One net, or several to be compared.

    Returns
    -------
    Guidelines
        For each net and rule a verdict, its evidence, and when good nets break it on purpose. A broken rule is an
        observation, no fault.

    Raises
    ------
    HierfeatError
        If a model cannot run on its input shape.

    Notes
    -----
    Fields are theoretical ones. A layer is called unproductive (Richter et al. 2021) if the units it reads
    already see more than the whole image, in both directions, on their longest path. Gates (squeeze and
    excitation) are left out of the counts.

    Memory: the layer table; nothing is shown.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to document
    recognition. Proc. IEEE 86(11).
    Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for large-scale image recognition. ICLR.
    Richter, M. L., Schöning, J., Wiedenroth, A. and Krumnack, U. (2021). Should you go deeper? Optimizing
    convolutional neural network architectures without training. ICMLA. arXiv:2106.12307.
    Luo, W., Li, Y., Urtasun, R. and Zemel, R. (2016). Understanding the effective receptive field in deep CNNs. NIPS.

    Examples
    --------
    >>> import hierfeat as hf
    >>> verdicts = guidelines(hf.load("lenet5-digits")).table.set_index("rule").verdict
    >>> verdicts["small filters"], verdicts["last field covers the input"]
    ('kept', 'broken')
    """
    rows = [row for net in (h, *others) for row in _rows(net)]
    models = [provenance(net) for net in (h, *others)]
    return Guidelines(table=pd.DataFrame(rows), provenance=models[0] | {"models": models})


def _rows(h: Hierarchy) -> list[dict[str, str]]:
    evidence = check.Evidence(h)
    rows = []
    for rule in RULES:
        verdict, text = rule.judge(evidence)
        row = {"model": h.name, "rule": rule.name, "verdict": verdict, "evidence": text}
        rows.append(row | {"exceptions": rule.exceptions, "reference": rule.reference})
    return rows


class Rule(NamedTuple):
    """One rule: what it is called, how it is checked, who says so, and who breaks it on purpose."""

    name: str
    judge: Callable[[check.Evidence], check.Finding]
    reference: str
    exceptions: str


RULES = (
    Rule(
        "small filters",
        check.small_filters,
        "Simonyan and Zisserman 2015",
        "AlexNet's 11×11 and ResNet's 7×7 stems see large pixels cheaply; ConvNeXt and ViT cut patches with a 4×4 or "
        "16×16 kernel at that stride; large depthwise kernels (RepLKNet's 31×31) cost little.",
    ),
    Rule(
        "activation after each convolution",
        check.activation_after_convolution,
        "LeCun et al. 1998; Nair and Hinton 2010",
        "MobileNetV2 leaves its narrow projections linear, since rectifying few channels loses information; ConvNeXt "
        "has one activation per block; SqueezeNet and NiN end on a convolution as classifier.",
    ),
    Rule(
        "convolution + activation + pool, repeated",
        check.pooling_repeats,
        "LeCun et al. 1998",
        "All-convolutional nets and ResNets let strided convolutions shrink the maps: that is learned.",
    ),
    Rule(
        "maps grow in number as they shrink",
        check.maps_grow,
        "LeCun et al. 1998; Simonyan and Zisserman 2015",
        "AlexNet narrows from 384 to 256 before its dense layers; ViT keeps one width; auto-encoders and U-Nets come "
        "back down; DenseNet halves at each transition.",
    ),
    Rule(
        "dense layers shrink step by step",
        check.dense_layers_shrink,
        "LeCun et al. 1998",
        "AlexNet and VGG repeat 4096 with dropout between; most later nets pool globally and keep one dense layer.",
    ),
    Rule(
        "last field covers the input",
        check.last_field_covers_input,
        "Luo et al. 2016",
        "LeNet-5 leaves it to its dense layers to join the parts; BagNet keeps to 9-33 pixels to show how far local "
        "features go (Brendel and Bethge 2019).",
    ),
    Rule(
        "every pixel is seen",
        check.every_pixel_is_seen,
        "Dumoulin and Visin 2016",
        "A margin that never holds the object may be left out; it is rarely on purpose.",
    ),
    Rule(
        "windows leave no gap",
        check.windows_leave_no_gap,
        "Dumoulin and Visin 2016",
        "ResNet's 1×1 shortcut of stride 2 reads one cell in four, as the other path sees the rest; where the size "
        "does not divide, the last row and column are given up.",
    ),
    Rule(
        "no unproductive layer",
        check.no_unproductive_layer,
        "Richter et al. 2021",
        "Shortcuts keep short paths alive beside the long ones, so that depth still helps; nets made for 224 pixels "
        "are shown larger images; effective fields are much smaller than theoretical ones (Luo et al. 2016).",
    ),
)
