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
    "Neocognitron": "zoo.neocognitron",
    "cell_plane": "zoo.neocognitron",
    "glyphs": "zoo.neocognitron",
    "neocognitron_responses": "zoo.neocognitron",
    "warp": "zoo.neocognitron",
    "list_models": "zoo.loading",
    "load": "zoo.loading",
    "output_size": "subjects.output_size",
    "padding_for": "subjects.output_size",
    "untrained": "zoo.loading",
    "cifar10": "stimuli.datasets",
    "digits": "stimuli.datasets",
    "fashion_mnist": "stimuli.datasets",
    "folder_classes": "stimuli.pictures",
    "image_folder": "stimuli.pictures",
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
    "TopPatches": "physiology.features.top_patches",
    "activation_functions": "anatomy.lessons.activation_functions",
    "apply_kernel": "anatomy.lessons.convolution",
    "convolution_matrix": "anatomy.lessons.convolution_matrix",
    "dimensions": "anatomy.lessons.dimensions",
    "filters": "anatomy.kernels.filters",
    "guidelines": "anatomy.lessons.guidelines",
    "opposite_phase": "anatomy.kernels.opposite_phase",
    "padding_and_stride": "anatomy.lessons.padding_and_stride",
    "receptive_fields": "anatomy.receptive_fields",
    "singular_values": "anatomy.lessons.singular_values",
    "toeplitz": "anatomy.lessons.toeplitz",
    "attribute": "physiology.features.attribute",
    "bar_sweep": "physiology.fields.bar_sweep",
    "cell_pairs": "physiology.tuning.cell_pairs",
    "contrast_response": "physiology.tuning.contrast_response",
    "direction_tuning": "physiology.tuning.direction_tuning",
    "distortion_tolerance": "physiology.invariance.distortion_tolerance",
    "effective_field": "physiology.fields.effective_field",
    "end_stopping": "physiology.tuning.end_stopping",
    "map_field": "physiology.fields.map_field",
    "orientation_tuning": "physiology.tuning.orientation_tuning",
    "size_tuning": "physiology.tuning.size_tuning",
    "synthesize": "physiology.features.synthesize",
    "additivity": "physiology.rectification.additivity",
    "gradient_flow": "physiology.rectification.gradient_flow",
    "invariance_score": "physiology.invariance.invariance_score",
    "linear_regions": "physiology.rectification.linear_regions",
    "nonnegativity": "physiology.rectification.nonnegativity",
    "pooling_invariance": "physiology.invariance.pooling_invariance",
    "sensitivity_map": "physiology.invariance.sensitivity_map",
    "shift_consistency": "physiology.invariance.shift_consistency",
    "top_patches": "physiology.features.top_patches",
    "transformation_invariance": "physiology.invariance.transformation_invariance",
    "translation_invariance": "physiology.invariance.translation_invariance",
    "additive_parts": "representation.additive_parts",
    "class_selectivity": "representation.class_selectivity",
    "evaluate": "representation.evaluation",
    "layer_probes": "representation.layer_probes",
    "participation_ratio": "representation.participation_ratio",
    "profile": "representation.profile",
    "similarity": "representation.similarity",
    "Recipe": "zoo.training.recipe",
    "find_recipe": "zoo.training.recipes",
    "Distortion": "stimuli.warps.distortions",
    "distort": "stimuli.warps.distortions",
    "card": "zoo.loading",
    "train": "zoo.training.train",
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
