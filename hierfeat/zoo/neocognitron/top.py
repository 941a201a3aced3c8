"""The interpolating vector, the published top stage: the only stage with labels.

Like the ridge in its place, it looks at the direction of the feature vector only, and learns without a gradient.

References
----------
.. [1] Fukushima, K. (2007). Interpolating vectors for robust pattern recognition. Neural Networks 20, 904-916.
.. [2] Fukushima, K. (2013). Training multi-layered neural network neocognitron. Neural Networks 40, 18-31.
"""

from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat.errors import HierfeatError
from hierfeat.zoo.neocognitron.self_organisation import winner_take_all

SWEEPS = 15
"""Sweeps of coordinate descent over the combined references; cosines on digits are then within 0.007 of their limit."""


class InterpolatingVector(nn.Module):
    """Scores: the largest cosine between the input and a non-negative combination of references of one class.

    Between two views of a digit lie views that were never shown. A class's nearest references span a cone of
    such views, and the input belongs to the class whose cone it comes nearest to (Fukushima 2007 takes the line
    between two references; the cone of the nearest `neighbours` contains it).

    Parameters
    ----------
    features, classes
        Length of the feature vector, and number of classes.
    references
        Reference vectors in all.
    neighbours
        References of each class that are combined, those most similar to the input.
    """

    layer_kind = "linear"
    layer_op = "interpolating_vector"

    def __init__(self, features: int, classes: int, *, references: int, neighbours: int) -> None:
        super().__init__()
        self.in_features, self.out_features, self.neighbours = features, classes, neighbours
        self.references = nn.Parameter(torch.zeros(references, features), requires_grad=False)
        self.register_buffer("labels", torch.arange(references) % classes)
        self.labels: Tensor
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Random references: non-negative, of unit length."""
        self.references.copy_(F.normalize(torch.rand_like(self.references), dim=1))

    def holding(self, references: Tensor, labels: Tensor) -> Self:
        """Take unit vectors (references, features) and their classes instead of those it has."""
        self.references = nn.Parameter(references.clone(), requires_grad=False)
        self.labels = labels.clone()
        return self

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        """Take as many references as were saved: a class with few examples has fewer than `references` allows."""
        saved = state_dict.get(prefix + "references")
        if saved is not None and saved.ndim == 2 and saved.shape[1] == self.in_features:
            self.holding(torch.zeros(saved.shape), torch.zeros(len(saved), dtype=torch.long))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def forward(self, features: Tensor) -> Tensor:
        """(N, features) to cosines (N, classes)."""
        unit = F.normalize(features, dim=1)
        found = [self._nearest(unit, self.references[self.labels == label]) for label in range(self.out_features)]
        similar, products = (torch.stack(parts, 1) for parts in zip(*found, strict=True))
        return cone_cosine(similar.flatten(0, 1), products.flatten(0, 1)).reshape(len(unit), -1)

    def _nearest(self, unit: Tensor, references: Tensor) -> tuple[Tensor, Tensor]:
        """Inner products with the nearest references of a class, and among them; zeros where it has too few."""
        count = min(self.neighbours, len(references))
        similar, nearest = (unit @ references.T).topk(count, dim=1)
        products = (references @ references.T)[nearest[:, :, None], nearest[:, None, :]]
        lack = self.neighbours - count
        return F.pad(similar, (0, lack)), F.pad(products, (0, lack, 0, lack))


def cone_cosine(similarities: Tensor, products: Tensor, *, sweeps: int = SWEEPS) -> Tensor:
    """Cosine between unit vectors and the cones of given unit vectors.

    Parameters
    ----------
    similarities
        Inner products v of each input with its m vectors, (N, m).
    products
        Inner products G among the m vectors, (N, m, m).

    Returns
    -------
    Tensor
        (N,): √(w·v) at the w ≥ 0 that minimises ‖x - Σ w_j r_j‖², by coordinate descent.
    """
    weights = torch.zeros_like(similarities)
    for _ in range(sweeps):
        for j in range(similarities.shape[1]):
            gain = similarities[:, j] - (products[:, j] * weights).sum(1) + products[:, j, j] * weights[:, j]
            weights[:, j] = F.relu(gain) / products[:, j, j].clamp(min=1e-12)
    return (weights * similarities).sum(1).clamp(min=0).sqrt()


def condense(
    features: Tensor, labels: Tensor, *, classes: int, per_class: int, passes: int = 10
) -> tuple[Tensor, Tensor]:
    """At most `per_class` references a class: all examples if they are so few, else the centres of clusters.

    Parameters
    ----------
    features
        (N, features), any length.
    labels
        Class numbers, (N,).

    Returns
    -------
    references : Tensor
        Unit vectors, (references, features).
    labels : Tensor
        Their classes.

    Raises
    ------
    HierfeatError
        If a class has no example.
    """
    found: list[Tensor] = []
    for label in range(classes):
        own = F.normalize(features[labels == label], dim=1)
        if not len(own):
            raise HierfeatError(f"expected examples of each of {classes} classes; class {label} has none")
        if len(own) > per_class:
            own = winner_take_all(own[:: len(own) // per_class][:per_class], own, passes=passes)
        found.append(own)
    counts = torch.tensor([len(own) for own in found])
    return torch.cat(found), torch.arange(classes).repeat_interleave(counts)
