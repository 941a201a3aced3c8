"""Receptive fields are found once for a model that stays as it is, and anew once it has changed."""

import numpy as np
import torch
from torch import nn

import hierfeat as hf
from hierfeat.anatomy.receptive_fields import known_fields


def test_they_are_those_of_the_model_as_it_is_now() -> None:
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2)), (1, 12, 12))
    first = known_fields(h)
    assert known_fields(h) is first
    fresh = hf.receptive_fields(h)
    assert fresh is not first
    assert first.table.equals(fresh.table)
    h.model[0] = nn.Conv2d(1, 2, 5, padding=2)
    assert known_fields(h).table["size_h"].tolist() == [5, 6]
    h.model[1].kernel_size = h.model[1].stride = 3
    assert known_fields(h).table["size_h"].tolist() == [5, 7]


def test_those_that_depend_on_weights_are_found_each_time() -> None:
    class Looks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.small, self.large = nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 3, padding=1)
            self.choice = nn.Parameter(torch.tensor(1.0))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.large(self.small(x) if self.choice * x.square().mean() > 0 else self.large(x))

    h = hf.Hierarchy(Looks(), (1, 9, 9))
    assert known_fields(h).table["size_h"].tolist() == [1, 3]
    with torch.no_grad():
        h.model.choice.neg_()
    assert known_fields(h).table["size_h"].tolist() == [3, 5]
    np.testing.assert_array_equal(known_fields(h).boxes("large"), hf.receptive_fields(h).boxes("large"))
