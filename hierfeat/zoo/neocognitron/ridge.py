"""A linear top stage: ridge regression onto the classes, and the same with one-sided targets.

It sees the labels, and nothing below it does. Both are solved by linear systems of the features' covariance.

References
----------
.. [1] Ho, Y.-C. and Kashyap, R. L. (1965). An algorithm for linear inequalities and its applications. IEEE
       Transactions on Electronic Computers EC-14, 683-688.
.. [2] Beck, A. and Teboulle, M. (2009). A fast iterative shrinkage-thresholding algorithm for linear inverse
       problems. SIAM Journal on Imaging Sciences 2, 183-202.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat.zoo.neocognitron.self_organisation import in_parts

BLOCK = 1024
"""Features, or examples, that are worked on together."""


class Ridge(nn.Module):
    """Scores W x/‖x‖ + b.

    Parameters
    ----------
    features, classes
        Length of the feature vector, and number of classes.
    """

    layer_kind = "linear"
    layer_op = "ridge"

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.in_features, self.out_features = features, classes
        self.weight = nn.Parameter(torch.zeros(classes, features), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(classes), requires_grad=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Random weights, as those of an untrained linear layer."""
        nn.init.normal_(self.weight, std=self.in_features**-0.5)
        nn.init.zeros_(self.bias)

    def forward(self, features: Tensor) -> Tensor:
        """(N, features) to (N, classes)."""
        return F.linear(F.normalize(features, dim=1), self.weight, self.bias)


class RidgeSums:
    """What a ridge must remember of the examples it has seen: sums and products, and, if asked, the examples.

    Parameters
    ----------
    features, classes
        Length of the feature vector, and number of classes.
    keep
        Keep the examples too, in half precision: one-sided targets need them.
    """

    def __init__(self, features: int, classes: int, *, keep: bool = False) -> None:
        self.count = 0
        self.products = torch.zeros(features, features)  # blocks below the diagonal stay empty
        self.sums = torch.zeros(features)
        self.by_class = torch.zeros(features, classes)
        self.class_counts = torch.zeros(classes)
        self._keep = keep
        self._kept: list[tuple[Tensor, Tensor]] = []

    def update(self, features: Tensor, labels: Tensor) -> None:
        """Take in examples: (N, features) and class numbers (N,)."""
        unit = F.normalize(features, dim=1)
        targets = F.one_hot(labels, self.by_class.shape[1]).float()
        for start in range(0, len(self.sums), BLOCK):
            self.products[start : start + BLOCK, start:].addmm_(unit[:, start : start + BLOCK].T, unit[:, start:])
        self.by_class.addmm_(unit.T, targets)
        self.sums += unit.sum(0)
        self.class_counts += targets.sum(0)
        self.count += len(unit)
        if self._keep:
            pairs = zip(in_parts(unit, BLOCK), in_parts(targets, BLOCK), strict=True)
            self._kept += [(part.half(), own) for part, own in pairs]

    def solve(self, *, penalty: float) -> tuple[Tensor, Tensor]:
        """Weights (classes, features) and bias (classes,) that regress ±1 onto the features with a ridge.

        Parameters
        ----------
        penalty
            Ridge in units of the mean variance of the features.
        """
        mean, prior = self.sums / self.count, self.class_counts / self.count
        cross = 2 * self.by_class / self.count - torch.outer(mean, 2 * prior)
        weight = torch.cholesky_solve(cross, self._system(penalty)[0])
        return weight.T.contiguous(), 2 * prior - 1 - mean @ weight

    def solve_one_sided(self, *, penalty: float, steps: int) -> tuple[Tensor, Tensor]:
        """The same, but a score beyond its target, on the right side, costs nothing.

        Parameters
        ----------
        penalty
            As in :meth:`solve`.
        steps
            How often the targets that are surpassed are set to the score, and the ridge is solved anew.

        Returns
        -------
        weight, bias : Tensor
            (classes, features) and (classes,).

        Notes
        -----
        The cost is the mean of max(0, 1 - y f)² over the examples, y = ±1 and f the score, plus the ridge: what Ho and
        Kashyap (1965) solve by turns for the targets and for the weights. Every step uses the ridge's own system,
        which bounds the cost's curvature, and starts from a point ahead of the last solution (Beck & Teboulle 2009).
        """
        factor, ridge = self._system(penalty)
        mean = self.sums / self.count
        weight = ahead = torch.zeros_like(self.by_class)
        bias = bias_ahead = torch.zeros_like(self.class_counts)
        momentum = 1.0
        for _ in range(steps):
            pull, lift = self._shortfall(ahead, bias_ahead - mean @ ahead)
            pull -= torch.outer(mean, lift)
            new = ahead + torch.cholesky_solve(pull - ridge * ahead, factor)
            new_bias = bias_ahead + lift
            following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
            drive = (momentum - 1) / following
            ahead, bias_ahead = new + drive * (new - weight), new_bias + drive * (new_bias - bias)
            weight, bias, momentum = new, new_bias, following
        return weight.T.contiguous(), bias - mean @ weight

    def _system(self, penalty: float) -> tuple[Tensor, float]:
        """Cholesky factor of the covariance plus the ridge, and the ridge."""
        mean = self.sums / self.count
        covariance = self.products.triu() / self.count
        covariance = covariance + covariance.triu(1).T - torch.outer(mean, mean)
        ridge = penalty * float(covariance.diagonal().mean())
        covariance.diagonal().add_(ridge)
        return torch.linalg.cholesky(covariance), ridge

    def _shortfall(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Means over the examples of x (t - f) and of t - f, where a score f falls short of its target t."""
        pull, lift = torch.zeros_like(weight.T), torch.zeros_like(bias)
        rows = weight.T.contiguous()
        for half, targets in self._kept:
            unit, sign = half.float(), 2 * targets - 1
            score = F.linear(unit, rows, bias)
            short = torch.where(sign * score < 1, sign - score, 0.0)
            pull.addmm_(short.T, unit)
            lift += short.sum(0)
        return pull.T / self.count, lift / self.count
