"""The lecture's rules for a well-shaped CNN, checked on any net."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hierfeat._result import Result
from hierfeat.anatomy.guideline_rules import RULES, Evidence
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.provenance import provenance

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Guidelines(Result):
    """Verdicts of the rules on one or more nets.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per net and rule: ``model, rule, verdict`` (``kept``, ``broken`` or ``not applicable``), ``evidence``
        (the numbers that decided), ``exceptions`` (when good nets break it on purpose), ``reference``.
    """

    def plot(self) -> "Figure":
        """Draw one net's verdicts with their evidence, or those of several nets side by side."""
        from hierfeat.plots.guidelines import plot_guidelines

        return plot_guidelines(self)


def guidelines(h: Hierarchy, *others: Hierarchy) -> Guidelines:
    """Check the lecture's rules for a well-shaped CNN, and what follows from receptive fields.

    Parameters
    ----------
    h, *others : Hierarchy
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

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to document
    recognition. Proc. IEEE 86(11).
    Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for large-scale image recognition. ICLR.
    Richter, M. L., Shenk, J., Byttner, W., Arpteg, A. and Huss, M. (2021). Feature space saturation during training,
    and: Should you go deeper? Optimizing convolutional neural network architectures without training. ICMLA.
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
    evidence = Evidence(h)
    rows = []
    for rule in RULES:
        verdict, text = rule.check(evidence)
        row = {"model": h.name, "rule": rule.name, "verdict": verdict, "evidence": text}
        rows.append(row | {"exceptions": rule.exceptions, "reference": rule.reference})
    return rows
