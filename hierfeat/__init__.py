"""hierfeat: the feature hierarchy of trained CNNs, examined as Hubel and Wiesel examined the visual cortex.

Every public name is one level deep: ``import hierfeat as hf``, then ``hf.load``, ``hf.record`` and so on.
Names are imported when they are first used, so that ``import hierfeat`` costs no torch.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

from hierfeat._version import __version__

_HOME = {
    "Hierarchy": "subjects.hierarchy",
    "HierfeatError": "errors",
    "Result": "_result",
    "Layer": "subjects.layer",
    "LayerTable": "subjects.layer_table",
    "Neocognitron": "subjects.neocognitron",
    "cell_plane": "subjects.neocognitron",
    "glyphs": "subjects.neocognitron",
    "neocognitron_responses": "subjects.neocognitron",
    "warp": "subjects.neocognitron",
    "list_models": "subjects.loading",
    "load": "subjects.loading",
    "output_size": "subjects.arithmetic",
    "padding_for": "subjects.arithmetic",
    "untrained": "subjects.loading",
    "cifar10": "stimuli.datasets",
    "digits": "stimuli.datasets",
    "fashion_mnist": "stimuli.datasets",
    "image_folder": "stimuli.image_folder",
    "image_kernels": "stimuli.kernels",
    "mnist": "stimuli.datasets",
    "ActiveFraction": "recording.measures",
    "Histogram": "recording.histogram",
    "Measure": "recording.measure",
    "Moments": "recording.measures",
    "Recorder": "recording.recorder",
    "Sparseness": "recording.measures",
    "record": "recording.recorder",
    "sweep": "recording.sweep",
    "annuli": "stimuli.spots",
    "bars": "stimuli.bars",
    "edges": "stimuli.bars",
    "gratings": "stimuli.gratings",
    "pink_noise": "stimuli.noise",
    "plaids": "stimuli.gratings",
    "sparse_noise": "stimuli.noise",
    "spots": "stimuli.spots",
    "white_noise": "stimuli.noise",
    "TopPatches": "physiology.top_patches",
    "activation_functions": "anatomy.activation_functions",
    "apply_kernel": "anatomy.convolution",
    "convolution_matrix": "anatomy.convolution_matrix",
    "dimensions": "anatomy.dimensions",
    "filters": "anatomy.filters",
    "guidelines": "anatomy.guidelines",
    "opposite_phase": "anatomy.opposite_phase",
    "padding_and_stride": "anatomy.padding_and_stride",
    "receptive_fields": "anatomy.receptive_fields",
    "singular_values": "anatomy.singular_values",
    "toeplitz": "anatomy.toeplitz",
    "attribute": "physiology.attribute",
    "bar_sweep": "physiology.bar_sweep",
    "cell_pairs": "physiology.cell_pairs",
    "contrast_response": "physiology.contrast_response",
    "direction_tuning": "physiology.direction_tuning",
    "distortion_tolerance": "physiology.distortion_tolerance",
    "effective_field": "physiology.effective_field",
    "end_stopping": "physiology.end_stopping",
    "map_field": "physiology.map_field",
    "orientation_tuning": "physiology.orientation_tuning",
    "size_tuning": "physiology.size_tuning",
    "synthesize": "physiology.synthesize",
    "additivity": "physiology.additivity",
    "gradient_flow": "physiology.gradient_flow",
    "invariance_score": "physiology.invariance_score",
    "linear_regions": "physiology.linear_regions",
    "nonnegativity": "physiology.nonnegativity",
    "pooling_invariance": "physiology.pooling_invariance",
    "sensitivity_map": "physiology.sensitivity_map",
    "shift_consistency": "physiology.shift_consistency",
    "top_patches": "physiology.top_patches",
    "transformation_invariance": "physiology.transformation_invariance",
    "translation_invariance": "physiology.translation_invariance",
    "additive_parts": "representation.additive_parts",
    "class_selectivity": "representation.class_selectivity",
    "evaluate": "representation.evaluation",
    "layer_probes": "representation.layer_probes",
    "participation_ratio": "representation.participation_ratio",
    "profile": "representation.profile",
    "similarity": "representation.similarity",
    "Recipe": "training.recipe",
    "find_recipe": "training.recipes",
    "Distortion": "stimuli.distortions",
    "distort": "stimuli.distortions",
    "card": "subjects.loading",
    "train": "training.train",
    "atlas": "atlas.page",
}

__all__ = ["__version__", *sorted(_HOME)]


class _Package(ModuleType):
    """Keeps a public function in its place when a subpackage of the same name (``atlas``) is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hierfeat' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hierfeat.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


sys.modules[__name__].__class__ = _Package
