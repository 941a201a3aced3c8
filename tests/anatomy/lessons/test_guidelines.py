"""Every rule on nets built to keep it and to break it, and on nets whose numbers are in the literature."""

import doctest
from itertools import pairwise

import pytest
import torch
from torch import nn

import hierfeat as hf
import hierfeat.anatomy.lessons.guidelines as module
from hierfeat.anatomy.lessons.guidelines import RULES, Guidelines, guidelines
from hierfeat.subjects.hierarchy import Hierarchy


def judged(net, shape=(1, 32, 32)):
    table = guidelines(Hierarchy(net, shape)).table.set_index("rule")
    return table["verdict"].to_dict(), table["evidence"].to_dict()


def stack(*widths, kernel=3, padding=1, pool=True, rectify=True, stride=1):
    parts = []
    for inputs, outputs in zip((1, *widths), widths, strict=False):
        parts.append(nn.Conv2d(inputs, outputs, kernel, stride, padding))
        parts += [nn.ReLU()] if rectify else []
        parts += [nn.MaxPool2d(2)] if pool else []
    return nn.Sequential(*parts)


class Headed(nn.Sequential):
    def __init__(self, body, *sizes):
        head = [nn.Linear(a, b) for a, b in pairwise(sizes)]
        super().__init__(*body, nn.Flatten(), *head)


def test_a_net_after_the_book_keeps_them():
    verdicts, evidence = judged(Headed(stack(8, 16, 32), 512, 64, 10), (1, 32, 32))
    assert [rule for rule, verdict in verdicts.items() if verdict != "kept"] == ["last field covers the input"]
    assert evidence["small filters"] == "3×3: 3"
    assert evidence["maps grow in number as they shrink"] == "8@32×32 → 16@16×16 → 32@8×8 → 32@4×4"
    assert evidence["dense layers shrink step by step"] == "512 → 64 → 10"
    # 1 + 2·(1 + 2 + 4) from the convolutions and 1 + 2 + 4 from the pools
    assert evidence["last field covers the input"] == "8 sees 22×22 of 32×32 pixels"


@pytest.mark.parametrize(
    ("rule", "net", "verdict", "word"),
    [
        ("small filters", stack(4, kernel=11, padding=5), "broken", "11×11: 1; 0"),
        ("small filters", stack(4, kernel=2), "broken", "2×2: 1"),
        ("small filters", nn.Flatten(), "not applicable", "no convolution"),
        ("activation after each convolution", stack(4, 8, rectify=False), "broken", "0 of 2"),
        ("convolution + activation + pool, repeated", stack(4, 8, pool=False, stride=2), "broken", "convolutions 2"),
        ("convolution + activation + pool, repeated", stack(4, pool=False), "not applicable", "no layer shrinks"),
        ("maps grow in number as they shrink", stack(16, 8, 4), "broken", "16@32×32"),
        ("maps grow in number as they shrink", stack(4, pool=False), "not applicable", "fewer than two"),
        ("dense layers shrink step by step", Headed(stack(4), 1024, 64, 64, 10), "broken", "64 → 64"),
        ("dense layers shrink step by step", Headed(stack(4), 1024, 10), "not applicable", "1 dense layer in"),
        ("last field covers the input", stack(2, 2, 2, 2), "kept", "11 sees 46×46"),
        ("every pixel is seen", stack(2, kernel=3, padding=0, stride=2, pool=False), "broken", "63 of 1024"),
        ("windows leave no gap", stack(2, kernel=3, padding=0, stride=2, pool=False), "broken", "last cells unseen: 0"),
        ("windows leave no gap", stack(2, kernel=1, padding=0, stride=2, pool=False), "broken", "stride over"),
        ("windows leave no gap", nn.Sequential(nn.MaxPool2d(3, 2, 0, ceil_mode=True)), "kept", "1 window"),
        # fields after each convolution and pool: 5, 6, 14, 16, 32, 36: the fourth convolution reads 36 of 32 pixels
        (
            "no unproductive layer",
            stack(2, 2, 2, 2, 2, kernel=5, padding=2),
            "broken",
            "2 of 5 spatial convolutions, from 9",
        ),
        ("no unproductive layer", stack(2, 2, kernel=1, padding=0), "not applicable", "no spatial"),
    ],
)
def test_each_rule_kept_and_broken(rule, net, verdict, word):
    verdicts, evidence = judged(net)
    assert verdicts[rule] == verdict, evidence[rule]
    assert word in evidence[rule]


class Gated(nn.Module):
    """Squeeze and excitation between two convolutions: the gate's convolutions count for no rule."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.gate = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = torch.relu(self.one(x))
        return torch.relu(self.two(x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))))


def test_gates_are_left_out():
    verdicts, evidence = judged(Gated(), (1, 12, 12))
    assert evidence["small filters"] == "3×3: 2"
    assert evidence["maps grow in number as they shrink"] == "4@10×10 → 8@8×8"
    assert verdicts["no unproductive layer"] == "kept"
    assert evidence["last field covers the input"].startswith("two sees 5×5 of 12×12 pixels on its local path, all")
    assert verdicts["last field covers the input"] == "kept"


class Crossed(nn.Module):
    """Two paths of different size: parallel maps in call order do not count as growing again."""

    def __init__(self):
        super().__init__()
        self.stem, self.short = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 1, 2)
        self.one, self.two = nn.Conv2d(4, 8, 3, padding=1), nn.Conv2d(8, 8, 3, 2, padding=1)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        return torch.relu(self.short(x) + self.two(torch.relu(self.one(x))))


def test_parallel_paths():
    verdicts, evidence = judged(Crossed(), (1, 16, 16))
    assert evidence["maps grow in number as they shrink"] == "8@16×16 → 8@8×8"
    assert evidence["convolution + activation + pool, repeated"] == "pools make 0 smaller sizes of map, convolutions 1"
    assert evidence["windows leave no gap"] == "stride over the kernel: short"
    assert verdicts["every pixel is seen"] == "kept"


def test_resnet50_shortcuts_and_border():
    found = guidelines(hf.load("torchvision:resnet50")).table.set_index("rule")
    assert found.evidence["windows leave no gap"].startswith("stride over the kernel: layer2.0.downsample.0")
    # Araujo et al. 2019: 427 pixels for the variant with the stride in the 3 × 3
    assert "427×427" in found.evidence["last field covers the input"]
    assert found.verdict["no unproductive layer"] == "broken"


def test_vgg16_field_is_the_published_one():
    found = guidelines(hf.load("torchvision:vgg16")).table.set_index("rule")
    assert "212×212 of 224×224" in found.evidence["last field covers the input"]  # Araujo et al. 2019
    assert found.evidence["dense layers shrink step by step"] == "25088 → 4096 → 4096 → 1000"


def test_several_nets_and_their_plots(tmp_path):
    first = Hierarchy(stack(4), (1, 16, 16), name="first")
    second = Hierarchy(stack(4, 8, kernel=11, padding=5), (1, 16, 16), name="second")
    both = guidelines(first, second)
    assert len(both.table) == 2 * len(RULES)
    assert [model["model"] for model in both.provenance["models"]] == ["first", "second"]
    assert {label.get_text() for label in both.plot().axes[0].get_yticklabels()} == {"first", "second"}
    texts = [text.get_text() for text in guidelines(second).plot().axes[0].texts]
    assert any("On purpose: AlexNet" in text.replace("\n", " ") for text in texts)
    again = Guidelines.load(both.save(tmp_path))
    assert again.table["evidence"].tolist() == both.table["evidence"].tolist()


def test_examples_run():
    assert doctest.testmod(module).failed == 0
