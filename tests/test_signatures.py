"""One way of saying things: the order, the meaning, the type and the default of every public argument."""

import inspect
import re
from typing import Any

import pytest

import hierfeat as hf
from hierfeat.subjects.layer_table import STAGES, UNITS

RECORDS = {
    "Call",
    "Layer",
    "LayerTable",
    "LayerModule",
    "Result",
    "Recipe",
}  # filled in by hierfeat, or read from files
ORDER = [  # what is given by place comes in this order
    {"h", "neocognitron"},
    {"images", "image", "train"},
    {"test"},
    {"labels"},
    {"layer"},
    {"channel", "channels", "unit"},
]
ORDER_OF_ITS_OWN = {"lesion": "names what is removed before what is shown, as the report of an operation does"}
BY_NAME_ONLY = {
    "layers", "other_layers", "at", "read", "max_images", "seed", "batch_size", "progress", "checkpoint", "stimuli",
    "tuning", "boundary", "max_shift", "permutations", "device", "root", "out", "size", "ground",
}  # fmt: skip
DEFAULTS: dict[str, Any] = {"batch_size": None, "progress": True, "seed": 0, "layers": UNITS, "max_images": None}
MANY_TIMES = "shows every image many times, changed"
OTHER_DEFAULTS: dict[tuple[str, str], tuple[Any, str]] = {
    ("layers", "linear_regions"): ("activation", "is about rectifiers"),
    ("layers", "nonnegativity"): ("activation", "is about rectifiers"),
    ("layers", "opposite_phase"): ("conv", "is about kernels"),
    ("layers", "dimensions"): (("conv", "pool", "linear", "add", "concat"), "draws what changes the size of maps"),
    ("max_images", "invariance_score"): (1000, "needs units that fire at one image in a hundred"),
    ("max_images", "imagenette"): (200, "reads photographs one by one"),
    ("seed", "distort"): (None, "augments: a new distortion for each call"),
} | {
    ("layers", name): (STAGES, "follows a number from stage to stage")
    for name in (
        "additivity", "gradient_flow", "invariance_score", "sensitivity_map", "transformation_invariance",
        "translation_invariance",
    )
} | {
    ("max_images", name): (64, MANY_TIMES)
    for name in (
        "additive_parts", "additivity", "pooling_invariance", "sensitivity_map", "shift_consistency",
        "transformation_invariance", "translation_invariance",
    )
}  # fmt: skip
TYPES = {
    "h": "Hierarchy", "layer": "str", "layers": "Layers", "channel": "int", "channels": "Sequence[int] | None",
    "seed": "int", "batch_size": "int | None", "max_images": "int | None", "progress": "bool", "at": "Place | None",
    "unit": "int | tuple[int, ...] | Sequence[int | tuple[int, ...]]",
}  # fmt: skip
OTHER_TYPES = {("seed", "distort"): "int | None"}
ONE_VALUE = {"str", "int", "float", "bool"}
COUNTS = {
    "phases",
    "orientations",
    "draws",
    "steps",
    "copies",
    "ways",
    "permutations",
    "epochs",
    "directions",
    "places",
}
PLURALS = {
    "layers", "channels", "images", "labels", "orientations", "frequencies", "phases", "contrasts", "diameters",
    "lengths", "directions", "amounts", "distortions", "transformations", "measures", "others", "polarities",
    "positions",
}  # fmt: skip


def signatures() -> dict[str, inspect.Signature]:
    found = {}
    for name in hf.__all__:
        value = getattr(hf, name)
        if name in RECORDS or not callable(value) or (inspect.isclass(value) and issubclass(value, BaseException)):
            continue
        found[name] = inspect.signature(value)
    return found


SIGNATURES = signatures()
ARGUMENTS = [(name, parameter) for name, signature in SIGNATURES.items() for parameter in signature.parameters.values()]
IDS = [f"{name}-{parameter.name}" for name, parameter in ARGUMENTS]


def rank(name: str) -> int | None:
    return next((place for place, names in enumerate(ORDER) if name in names), None)


@pytest.mark.parametrize("name", sorted(SIGNATURES.keys() - ORDER_OF_ITS_OWN))
def test_network_images_labels_layers_and_units_come_in_this_order(name):
    by_place = [p.name for p in SIGNATURES[name].parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    ranks = [place for place in map(rank, by_place) if place is not None]
    assert ranks == sorted(ranks), f"{name}{SIGNATURES[name]}"
    known = [item for item in by_place if rank(item) is not None]
    assert not known or by_place[: len(known)] == known, f"{name}: {by_place}"


@pytest.mark.parametrize(("name", "parameter"), ARGUMENTS, ids=IDS)
def test_options_are_given_by_name(name, parameter):
    optional = parameter.default is not parameter.empty
    if parameter.name in BY_NAME_ONLY and optional:
        assert parameter.kind is parameter.KEYWORD_ONLY, f"{name}({parameter})"


@pytest.mark.parametrize(("name", "parameter"), ARGUMENTS, ids=IDS)
def test_an_argument_has_the_same_default_everywhere(name, parameter):
    if parameter.name not in DEFAULTS or parameter.default is parameter.empty:
        return
    expected, _ = OTHER_DEFAULTS.get((parameter.name, name), (DEFAULTS[parameter.name], ""))
    assert parameter.default == expected, f"{name}({parameter})"


def test_exceptions_are_not_out_of_date():
    for argument, name in [*OTHER_DEFAULTS, *OTHER_TYPES]:
        assert argument in SIGNATURES[name].parameters, f"{name} has no {argument}"
        if (argument, name) in OTHER_DEFAULTS:
            assert OTHER_DEFAULTS[argument, name][0] != DEFAULTS[argument]


@pytest.mark.parametrize(("name", "parameter"), ARGUMENTS, ids=IDS)
def test_an_argument_has_the_same_type_everywhere(name, parameter):
    if parameter.name not in TYPES:
        return
    wanted = OTHER_TYPES.get((parameter.name, name), TYPES[parameter.name])
    assert written(parameter.annotation) == resolved(wanted), f"{name}({parameter})"


def written(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)


def resolved(name: str) -> str:
    known = {"Layers": "str | Sequence[str]", "Place | None": "tuple[int, int] | None"}
    return known.get(name, name)


@pytest.mark.parametrize(("name", "parameter"), ARGUMENTS, ids=IDS)
def test_plurals_take_several_and_singulars_one(name, parameter):
    text = written(parameter.annotation)
    if parameter.name in ("layer", "channel", "image"):
        assert "Sequence" not in text, f"{name}({parameter})"
    if parameter.name in PLURALS and text in ONE_VALUE:
        assert parameter.name in COUNTS, f"{name}({parameter}): one value for a plural"


@pytest.mark.parametrize("name", [n for n, s in SIGNATURES.items() if "batch_size" in s.parameters])
def test_what_is_shown_in_batches_has_a_bar_that_can_be_silenced(name):
    assert "progress" in SIGNATURES[name].parameters


@pytest.mark.parametrize("name", [n for n, s in SIGNATURES.items() if {"h", "images"} <= set(s.parameters)])
def test_a_draw_of_images_has_a_seed(name):
    parameters = SIGNATURES[name].parameters
    assert "max_images" not in parameters or "seed" in parameters
