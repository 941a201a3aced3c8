"""Sizes through nets against what the layers really put out, and the staircase's columns by hand."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hierfeat.anatomy.lessons.dimensions import Dimensions, dimensions
from hierfeat.errors import HierfeatError
from hierfeat.subjects.hierarchy import Hierarchy


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 5, stride=2)
        self.one, self.three = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 6, 3, padding=1)
        self.squeeze, self.head = nn.Conv2d(8, 8, 1), nn.Linear(8, 3)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = torch.cat([self.one(x), self.three(x)], dim=1)
        x = x * torch.sigmoid(self.squeeze(F.adaptive_avg_pool2d(x, 1)))
        return self.head(F.max_pool2d(x, 2).mean((2, 3)))


@pytest.fixture(scope="module")
def found():
    return dimensions(Hierarchy(Branching(), (1, 28, 30), name="branching"))


def test_sizes_are_the_real_ones(found):
    net, seen = Branching(), {}
    for name, part in net.named_children():
        part.register_forward_hook(lambda _part, _args, output, name=name: seen.update({name: output.shape[1:]}))
    net(torch.zeros(1, 1, 28, 30))
    table = found.table.set_index("layer")
    for name, shape in seen.items():
        assert tuple(table.loc[name, ["maps", "height", "width"]]) == (*shape, 1, 1)[:3]
        assert table.loc[name, "cells"] == shape.numel()
    assert table.loc["stem", "formula"] == "⌊(28 - 5)/2⌋ + 1 = 12; ⌊(30 - 5)/2⌋ + 1 = 13"
    assert table.loc["cat", "formula"] == "side by side: 8 maps"
    assert table.loc["head", "formula"] == "8 → 3"


def test_columns_and_stages(found):
    rows = {row.layer: row for row in found.table.itertuples()}
    columns = {"input": 0, "stem": 1, "one": 2, "three": 2, "cat": 3, "adaptive_avg_pool2d": 4, "squeeze": 5}
    assert {name: rows[name].column for name in columns} == columns
    assert rows["cat"].sources == ("one", "three")
    assert rows["max_pool2d"].sources == ("cat", "squeeze")
    gates = [row.layer for row in rows.values() if row.gate]
    assert gates == ["adaptive_avg_pool2d", "squeeze"]
    assert [rows[name].stage for name in ("input", "stem", "cat", "max_pool2d", "mean", "head")] == [0, 1, 1, 2, 3, 4]
    assert rows["head"].dense
    assert not rows["mean"].gate


def test_some_layers_only():
    table = dimensions(Hierarchy(Branching(), (1, 28, 28)), layers=["stem", "head"]).table
    assert table["sources"].tolist() == [(), ("input",), ("stem",)]
    assert table["column"].tolist() == [0, 1, 2]
    with pytest.raises(HierfeatError, match="did you mean 'stem'"):
        dimensions(Hierarchy(Branching(), (1, 28, 28)), layers="sten")


@pytest.mark.parametrize("fold", [None, True, False])
def test_plot_names_every_box(found, fold):
    texts = [text.get_text() for text in found.plot(fold=fold).axes[0].texts]
    shown = ["stem", "max_pool2d", "mean", "head"] if fold else list(found.table.layer)[1:]
    for name in shown if not fold else ["cat", *shown[1:]]:
        ends = [text.removeprefix("…") for text in texts if text.startswith("…")]  # of names too long for their box
        assert any(name in text for text in texts) or any(name.endswith(end) for end in ends)


def test_saved_and_loaded(found, tmp_path):
    again = Dimensions.load(found.save(tmp_path)).table
    assert again["sources"].tolist() == found.table["sources"].tolist()
    assert again["column"].tolist() == found.table["column"].tolist()
