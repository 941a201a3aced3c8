"""Every public function refuses every kind of bad argument in words, before it shows the model anything."""

import contextlib
import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat._values import choice, levels, real, whole
from hierfeat.subjects.arguments import _TABLE, checked
from hierfeat.subjects.checks import checked_labels


class Unrunnable(nn.Module):
    """A network that says so if it is ever run on real images: checks come before the forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.armed = False
        self.conv = nn.Conv2d(1, 4, 3)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(36, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert not self.armed, "the model was run before the arguments were checked"
        return self.head(self.pool(self.relu(self.conv(x))).flatten(1))


@pytest.fixture(scope="module")
def h() -> hf.Hierarchy:
    """What is asked of it changes nothing of it: tests/subjects/test_untouched.py."""
    torch.manual_seed(0)
    h = hf.Hierarchy(Unrunnable(), (1, 8, 8), mean=[0.0], std=[1.0], name="unrunnable")
    assert len(h.layers) == 5  # the layers are found by a dry run, which is allowed
    h.model.armed = True
    return h


IMAGES = torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(12) % 3
GOOD = {
    "images": IMAGES,
    "labels": LABELS,
    "train": (IMAGES, LABELS),
    "test": (IMAGES, LABELS),
    "layer": "conv",
    "channel": 0,
    "channels": [0],
    "unit": 0,
    "rank": 2,
    "measures": [],
}
NOT_INTS = [0, -1, 2.5, "3", None, True, [1], 10**12, float("nan")]
BAD = {
    "h": [nn.Conv2d(1, 1, 3), nn.Conv2d, "lenet5-digits", IMAGES, IMAGES.numpy(), None, 3],
    "images": [
        None,
        "x",
        3,
        [],
        IMAGES[0],
        IMAGES[:0],
        IMAGES[:, :, :7],
        IMAGES.expand(-1, 3, -1, -1),
        IMAGES * 300,
        (IMAGES * 255).byte(),
        IMAGES * float("nan"),
        IMAGES.log(),
        np.array(["a"]),
        [[1, 2]],
        IMAGES.to("meta"),
    ],
    "labels": [
        LABELS[:5],
        LABELS.float(),
        LABELS[:, None],
        nn.functional.one_hot(LABELS),
        LABELS - 2,
        "abc",
        None,
        3,
        ["a"] * 12,
        [[0], [1, 2]],
        LABELS * 0 - 1,
    ],
    "train": [IMAGES, None, (IMAGES,), (IMAGES, LABELS[:5]), (IMAGES[0], LABELS)],
    "layers": ["cnv", "nothing.*", [], 3, [3], ["conv", "cnv"], None, "norm"],
    "layer": ["cnv", "*", 3, None, ["conv"], "norm"],
    "channel": [-1, 4, 1.5, "0", None, True, [0]],
    "channels": [[-1], [4], 9, "0", [1.5], []],
    "batch_size": NOT_INTS,
    "max_images": NOT_INTS,
    "seed": [-1, 2.5, "3", None, True, 10**12, [1]],
    "steps": NOT_INTS,
    "draws": NOT_INTS,
    "rank": NOT_INTS,
    "k": NOT_INTS,
    "orientations": ["x", float("nan"), [float("inf")], [], [[0, 90], [1, 2]], 10**9, True, [-10.0, 400.0, 10**5]],
    "frequencies": ["x", float("nan"), [float("inf")], [], [[0.1]], 10**9, True],
    "boundary": ["edge", 3, None],
    "progress": ["yes", 3, None],
    "read": ["corner", 3, None],
    "contrast": [-0.1, 1.5, "x", None, float("nan"), True],
}
BAD |= {"test": BAD["train"], "other_layers": BAD["layers"][:-2], "ways": NOT_INTS, "copies": NOT_INTS}


def analyses() -> dict[str, object]:
    """Public functions of a hierarchy."""
    found = {name: getattr(hf, name) for name in hf.__all__ if not name[0].isupper() and name != "__version__"}
    return {name: f for name, f in found.items() if callable(f) and "h" in inspect.signature(f).parameters}


def cases() -> list[object]:
    return [
        pytest.param(name, argument, bad, id=f"{name}-{argument}-{number}")
        for name, function in analyses().items()
        for argument in inspect.signature(function).parameters
        for number, bad in enumerate(BAD.get(argument, []))
        if not (name == "atlas" and argument == "labels" and number == len(BAD["labels"]) - 1)  # all unknown: allowed
        if not (bad is None and inspect.signature(function).parameters[argument].default is None)
    ]


@pytest.mark.parametrize(("name", "argument", "bad"), cases())
def test_a_bad_argument_is_refused_in_words_before_anything_runs(h, tmp_path, name, argument, bad):
    function = getattr(hf, name)
    needed = {
        parameter.name: GOOD[parameter.name]
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        if parameter.name in GOOD
    }
    if "out" in inspect.signature(function).parameters:
        needed["out"] = tmp_path / "out"
    with pytest.raises(hf.HierfeatError) as refused:
        function(**({"h": h} | needed | {argument: bad}))
    assert len(str(refused.value)) > 20


def test_a_module_in_place_of_a_hierarchy_is_told_the_line_to_type():
    with pytest.raises(hf.HierfeatError, match=r"hf\.record\(hf\.Hierarchy\(model, \(1, 8, 8\)\)"):
        hf.record(nn.Conv2d(1, 1, 3), IMAGES)
    with pytest.raises(hf.HierfeatError, match=r"hf\.load\('lenet5-digits'\)"):
        hf.guidelines("lenet5-digits")


@pytest.mark.parametrize("labels", [LABELS, LABELS.int(), LABELS.numpy(), LABELS.tolist(), LABELS.byte().numpy()])
def test_labels_mean_the_same_in_every_form(labels):
    assert checked_labels(labels, 12).tolist() == LABELS.tolist()


def test_images_of_unknown_class_are_left_out_of_every_comparison():
    @checked(h=None, images=None)
    def seen(images, labels):
        return images.flatten().tolist(), labels.tolist()

    assert seen(torch.arange(4.0), [0, -1, 2, -1]) == ([0.0, 2.0], [0, 2])


def test_none_is_refused_where_it_is_not_the_default():
    @checked()
    def f(*, batch_size: int = 3, seed: int | None = None) -> tuple[int, int | None]:
        return batch_size, seed

    assert f(batch_size=np.int32(5), seed=None) == (5, None)
    with pytest.raises(hf.HierfeatError, match="batch_size"):
        f(batch_size=None)
    assert list(inspect.signature(f).parameters) == ["batch_size", "seed"]


def test_numbers_words_and_levels():
    assert whole()(np.uint8(7), "n", {}) == 7
    assert real(above=0)(np.float32(0.5), "n", {}) == 0.5
    assert choice("a", "b")("a", "n", {}) == "a"
    assert levels(0, 180)(8, "n", {}) == 8
    for check, bad in [(whole(), 1.0), (real(0), -1), (real(), "1"), (choice("a"), "b"), (levels(0, 1), None)]:
        with pytest.raises(hf.HierfeatError, match="expected n as"):
            check(bad, "n", {})


def test_every_name_in_the_table_is_an_argument_of_some_public_function():
    names = {name for f in (getattr(hf, name) for name in hf.__all__) if callable(f) for name in _signature(f)}
    assert set(_TABLE) - {"read"} <= names | {"read"}


def _signature(function: object) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


ODD = [
    None, True, -1, 2.5, 2**70, float("nan"), float("inf"), complex(1, 1), "", "odd", b"odd", [], [None], ["a", "b"],
    (0, 0, 0), [[1, 2], [3]], {}, {"a": 1}, set(), range(0), slice(None), object(), print, nn.Conv2d, nn.ReLU(),
    torch.rand(3), torch.zeros(0), torch.zeros(2, 2, dtype=torch.complex64), np.array([]), np.array(["a"]),
    np.float32("nan"), np.int64(-3), Path("nowhere/at/all"),
]  # fmt: skip
"""What nobody means, and some of what people pass by mistake."""
LESSONS = {
    "conv": nn.Conv2d(1, 2, 3), "input_shape": (1, 8, 8), "image": np.ones((8, 8)), "kernel": np.ones((3, 3)),
    "size": 28, "shape": (1, 12, 12), "n": 2, "module": nn.Conv2d(1, 1, 3), "model": nn.Conv2d(1, 1, 3),
}  # fmt: skip
ELSEWHERE = {"train", "load", "card", "untrained", "mnist", "fashion_mnist", "cifar10", "find_recipe"}
"""Read files, or take long where they answer: their tests are in their own places."""


def odd_cases() -> list[object]:
    """Every argument of every public function and class."""
    found = []
    for name in hf.__all__:
        thing = getattr(hf, name)
        if (
            callable(thing)
            and name not in ELSEWHERE
            and name not in ("HierfeatError", "Result", "Measure", "Stop", "LayerModule")
        ):
            found += [pytest.param(name, argument, id=f"{name}-{argument}") for argument in _parameters(thing)]
    return found


def _parameters(thing: object) -> dict[str, inspect.Parameter]:
    try:
        return {name: p for name, p in inspect.signature(thing).parameters.items() if p.kind is not p.VAR_KEYWORD}
    except (TypeError, ValueError):
        return {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "argument"), odd_cases())
def test_no_odd_argument_ends_in_a_traceback_of_someone_else(h, tmp_path, monkeypatch, name, argument):
    monkeypatch.chdir(tmp_path)
    thing = getattr(hf, name)
    good = GOOD | LESSONS | {"h": h, "out": tmp_path / "out", "images": IMAGES}
    parameters = _parameters(thing)
    needed = {key: good[key] for key, p in parameters.items() if p.default is p.empty and key in good}
    if any(p.default is p.empty and key not in (*good, argument) and p.kind is not p.VAR_POSITIONAL
           for key, p in parameters.items()):  # fmt: skip
        pytest.skip("made by other functions")
    for odd in ODD:
        spread = parameters[argument].kind is inspect.Parameter.VAR_POSITIONAL
        with contextlib.suppress(hf.HierfeatError):
            thing(*([h, odd] if spread else []), **({} if spread else needed | {argument: odd}))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (lambda h, x: hf.effective_field(h, "conv1", x), lambda h, x: hf.effective_field(h, x, "conv1")),
        (lambda h, x: hf.attribute(h, "conv2", 1, x), lambda h, x: hf.attribute(h, x, "conv2", 1)),
        (lambda h, x: hf.attribute(h, "conv2", 1, images=x), lambda h, x: hf.attribute(h, x, "conv2", 1)),
        (lambda h, x: hf.additive_parts(h, "act2", x, rank=2), lambda h, x: hf.additive_parts(h, x, "act2", rank=2)),
        (lambda h, x: hf.top_patches(h, x, "conv1"), lambda h, x: hf.top_patches(h, x, layers="conv1")),
    ],
)
def test_the_order_before_images_came_first_is_understood(before, now):
    network, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:6]
    with pytest.warns(UserWarning, match="order of arguments|by name"):
        found = before(network, images)
    assert found.table.equals(now(network, images).table)
