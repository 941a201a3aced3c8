"""Methods of what people hold in their hands refuse odd arguments in words, as public functions do."""

import contextlib
from functools import cache

import numpy as np
import pytest
import torch

import hierfeat as hf
from hierfeat.errors import HierfeatError

ODD = [
    True, -1.5, float("nan"), complex(1, 1), b"odd", "odd", [], [None], ["a", "b"], [0.5], (0, 0, 0), {"a": 1}, set(),
    object(), print, np.array([]), np.array(["a"]), np.float32("nan"), torch.rand(3), torch.zeros(0),
]  # fmt: skip


@cache
def held(name):
    h = hf.load("lenet5-digits")
    if name == "h":
        return h
    if name == "layers":
        return h.layers
    if name == "fields":
        return hf.receptive_fields(h)
    return hf.orientation_tuning(h, layers="conv1", frequencies=2, phases=5)


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("fields", lambda fields, odd: fields.box(odd, 0, 0)),
        ("fields", lambda fields, odd: fields.box("conv1", odd, 0)),
        ("fields", lambda fields, odd: fields.boxes(odd)),
        ("fields", lambda fields, odd: fields.boxes("conv1", clip=odd)),
        ("fields", lambda fields, odd: fields.map_size(odd)),
        ("fields", lambda fields, odd: fields.plot(odd)),
        ("tuning", lambda tuning, odd: tuning.p_against(odd)),
        ("tuning", lambda tuning, odd: tuning.plot(odd)),
        ("tuning", lambda tuning, odd: tuning.plot(channels=odd)),
        ("h", lambda h, odd: h.scores(odd)),
        ("h", lambda h, odd: h.class_scores(odd)),
        ("h", lambda h, odd: h.normalise(odd)),
        ("h", lambda h, odd: h.forward(odd)),
        ("h", lambda h, odd: h.run(odd)),
        ("h", lambda h, odd: h.submodel(odd)),
        ("layers", lambda layers, odd: layers[odd]),
        ("layers", lambda layers, odd: layers.select(odd)),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_odd_arguments_of_methods(name, ask):
    for odd in ODD:
        with contextlib.suppress(HierfeatError):  # or it is answered: True is 1, and an empty choice none
            ask(held(name), odd)


@pytest.mark.parametrize("layer", [None, 3, ["conv1"], "cnv1"])
def test_a_layer_of_a_result_is_named(layer):
    with pytest.raises(HierfeatError, match="has no layer|expected"):
        held("fields").box(layer, 0, 0)
