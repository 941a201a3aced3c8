"""The three trained Neocognitrons of the zoo: how each is made, and an empty one to load its weights into."""

from typing import Any

from torch import nn

from hierfeat.zoo.neocognitron.modern import ModernNetwork, ModernSettings
from hierfeat.zoo.neocognitron.neocognitron_1980 import Network1980

RECIPES: dict[str, dict[str, Any]] = {
    "neocognitron-1980": {"mode": "1980"},
    "neocognitron-digits": {
        "planes": (24, 96),
        "contrast": (1.5, 3.0),
        "references": 50,
        "learning_images": (500, 800),
    },
    "neocognitron-mnist": {"top": "ridge", "penalty": 2e-3, "one_sided": 30, "deformed": 1},
}
"""What to pass to `Neocognitron` to train each again."""


def build_1980() -> nn.Module:
    """The network of 1980, unlearned: 1 x 16 x 16 in, digits 0 to 4 out."""
    return Network1980()


def build_digits() -> nn.Module:
    """The modern network for scikit-learn's digits, untrained: 1 x 32 x 32 in, ten classes out."""
    return ModernNetwork(ModernSettings(**RECIPES["neocognitron-digits"]), (1, 32, 32), 10)


def build_mnist() -> nn.Module:
    """The modern network for MNIST, untrained: 1 x 28 x 28 in, ten classes out."""
    return ModernNetwork(ModernSettings(**RECIPES["neocognitron-mnist"]), (1, 28, 28), 10)
