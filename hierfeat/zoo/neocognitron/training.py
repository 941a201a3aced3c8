"""From images and labels to a trained network, in either mode."""

from collections.abc import Callable

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.deform import Jitter, jittered
from hierfeat.zoo.neocognitron.modern import ModernNetwork, ModernSettings, SubtractiveS
from hierfeat.zoo.neocognitron.neocognitron_1980 import Network1980
from hierfeat.zoo.neocognitron.reinforcement import self_organise
from hierfeat.zoo.neocognitron.ridge import Ridge, RidgeSums
from hierfeat.zoo.neocognitron.self_organisation import in_parts, organise
from hierfeat.zoo.neocognitron.settings_1980 import Settings1980
from hierfeat.zoo.neocognitron.top import InterpolatingVector, condense

BATCH, GROUP = 200, 1000
"""Images that pass the network together, and images whose features a ridge takes in together."""
FLOOR = 0.2
"""S-cells learn where the response of the V-cell is more than this share of the strongest."""
DEFORMATION = Jitter(shift=1.0, rotation=8.0, scale=0.08, shear=0.1, elastic=0.8)
"""How far the further copies of training images are deformed."""


@torch.no_grad()
def train_1980(images: Tensor, labels: Tensor, settings: Settings1980, *, seed: int = 0) -> Network1980:
    """Self-organise without labels; then name each U_C3 cell after the class of the image that drives it most."""
    network = self_organise(Network1980(settings, classes=int(labels.max()) + 1), images, seed=seed)
    network.readout.name_cells(network.outputs(images), labels)
    return network


@torch.no_grad()
def train_modern(images: Tensor, labels: Tensor, settings: ModernSettings, *, seed: int) -> ModernNetwork:
    """Organise the S-layers one after the other, then fit the top to the labels."""
    classes = int(labels.max()) + 1
    input_shape = (1, images.shape[2], images.shape[3])
    with torch.random.fork_rng(devices=[]):  # an untrained network is random; what it draws is not the caller's
        network = ModernNetwork(settings, input_shape, classes, references=0)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(images), generator=generator)
    organise_layers(network, images[order], generator=generator)
    if isinstance(network.top, Ridge):
        fit_ridge(network, images, labels, generator=generator)
    else:
        fit_references(network, images, labels, generator=generator)
    return network


def organise_layers(network: ModernNetwork, images: Tensor, *, generator: torch.Generator) -> None:
    """Give s1 and s2 their connections; labels are not looked at."""
    s = network.settings
    stages: list[tuple[SubtractiveS, Callable[[Tensor], Tensor]]]
    stages = [(network.s1, network.contrast), (network.s2, network.first)]
    for (layer, below), count, patterns in zip(stages, s.learning_images, s.learning_patterns, strict=True):
        planes = torch.cat([below(part) for part in in_parts(images[:count], BATCH)])
        organise(layer, planes, patterns=patterns, floor=FLOOR, passes=s.passes, generator=generator)


def fit_ridge(network: ModernNetwork, images: Tensor, labels: Tensor, *, generator: torch.Generator) -> None:
    """One pass over the images, and one over each deformed copy; then the linear systems."""
    top, s = network.top, network.settings
    if not isinstance(top, Ridge):
        raise HierfeatError("expected a network with top='ridge'")
    sums = RidgeSums(top.in_features, top.out_features, keep=s.one_sided > 0)
    for copy in range(1 + s.deformed):
        for some, own in zip(in_parts(images, GROUP), in_parts(labels, GROUP), strict=True):
            parts = in_parts(some, BATCH)
            shown = [jittered(part, DEFORMATION, generator=generator) if copy else part for part in parts]
            sums.update(torch.cat([network.features(part) for part in shown]), own)
    one_sided = {"steps": s.one_sided} if s.one_sided else {}
    weight, bias = (sums.solve_one_sided if one_sided else sums.solve)(penalty=s.penalty, **one_sided)
    top.weight.copy_(weight)
    top.bias.copy_(bias)


def fit_references(network: ModernNetwork, images: Tensor, labels: Tensor, *, generator: torch.Generator) -> None:
    """Take the features of all images, and of deformed copies, as references, condensed class by class."""
    top, s = network.top, network.settings
    copies = [images] + [jittered(images, DEFORMATION, generator=generator) for _ in range(s.deformed)]
    features = torch.cat([network.features(part) for copy in copies for part in in_parts(copy, BATCH)])
    references, own = condense(
        features, labels.repeat(len(copies)), classes=top.out_features, per_class=s.references, passes=s.passes
    )
    network.top = InterpolatingVector(top.in_features, top.out_features, references=0, neighbours=s.neighbours).holding(
        references, own
    )
