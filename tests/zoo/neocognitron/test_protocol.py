"""The protocol of 1980 by options: initial weights, random shifts, order of learning, density of cells."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.zoo.neocognitron import PROTOCOL_1980, Neocognitron, Network1980, Settings1980, glyphs
from hierfeat.zoo.neocognitron.initial_weights import graded, oriented
from hierfeat.zoo.neocognitron.neocognitron_1980 import C_SIDES, S_SIDES, spread_places
from hierfeat.zoo.neocognitron.reinforcement import self_organise, shifted


def one_cell_each(neocognitron, images):
    """Whether exactly one U_C3 cell responds to each pattern, and none to two."""
    active = neocognitron.network_.outputs(images) > 0.01
    return bool((active.sum(1) == 1).all() and (active.sum(0) <= 1).all())


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


# ---------------------------------------------------------------- the start


def plain_oriented(planes, below, size, initial, orientation, kinship):
    """The formula of the docstring, one connection after the other."""
    middle = (size - 1) / 2

    def bar(k, row, column):
        angle = math.pi * k / planes
        return math.exp(-(((row - middle) * math.cos(angle) + (column - middle) * math.sin(angle)) ** 2) / 2 / 0.7**2)

    def kin(k, kappa):
        return math.exp(-kinship * abs(kappa / below - k / planes))

    a = np.empty((planes, below, size, size))
    for k, kappa, row, column in np.ndindex(*a.shape):
        mean_bar = sum(bar(k, r, c) for r in range(size) for c in range(size)) / size**2
        mean_kin = sum(kin(k, other) for other in range(below)) / below
        shape = 1 - orientation + orientation * bar(k, row, column) / mean_bar
        a[k, kappa, row, column] = initial * shape * kin(k, kappa) / mean_kin
    return a


@pytest.mark.parametrize(("planes", "below", "kinship"), [(6, 1, 0.0), (5, 5, 2.0), (4, 3, 0.7)])
def test_oriented_start_is_its_formula(planes, below, kinship):
    found = oriented(planes, below, 5, initial=1e-3, orientation=0.3, kinship=kinship).double().numpy()
    np.testing.assert_allclose(found, plain_oriented(planes, below, 5, 1e-3, 0.3, kinship), rtol=1e-5)
    np.testing.assert_allclose(found.mean((1, 2, 3)), 1e-3, rtol=1e-5)


def test_planes_of_an_oriented_start_prefer_different_bars_weakly():
    """Bars of equal light through the centre at 12 angles, drawn here: plane k of 12 responds most to the k-th."""
    start = oriented(12, 1, 5, initial=1.0, orientation=0.2, kinship=0.0)[:, 0].double().numpy()
    offset = np.arange(5) - 2
    across = [offset[:, None] * np.cos(t) + offset * np.sin(t) for t in np.pi * np.arange(12) / 12]
    bars = [np.exp(-(d**2)) / np.exp(-(d**2)).sum() for d in across]
    excitation = np.array([[(plane * bar).sum() for bar in bars] for plane in start])
    assert excitation.argmax(1).tolist() == list(range(12))
    assert (excitation.max(1) / excitation.min(1)).max() < 1.5


def test_graded_start_falls_from_plane_to_plane():
    np.testing.assert_allclose(graded(4, initial=2.0).flatten().numpy(), [2, 1.75, 1.5, 1.25])


# ---------------------------------------------------------------- shifts


def test_shifts_are_uniform_and_decided_by_the_seed():
    pattern = torch.zeros(1, 1, 16, 16)
    pattern[0, 0, 8, 7] = 1
    one, other = generator(1), generator(1)
    places = []
    for _ in range(500):
        moved = shifted(pattern, 2, generator=one)
        assert torch.equal(moved, shifted(pattern, 2, generator=other))
        [[_, _, row, column]] = moved.nonzero().tolist()
        places.append((row - 8, column - 7))
    counts = np.unique(places, axis=0, return_counts=True)
    assert len(counts[0]) == 25
    assert np.abs(counts[0]).max() == 2
    assert ((counts[1] - 20) ** 2 / 20).sum() < 52.6  # χ² of 24 degrees of freedom, p = 0.0006


def test_the_same_seed_learns_the_same_and_another_something_else():
    images, labels = glyphs()
    settings = PROTOCOL_1980 | {"presentations": 3}
    one, same, other = (Neocognitron("1980", seed=seed, **settings).fit(images, labels) for seed in (4, 4, 5))
    state = torch.get_rng_state()
    assert torch.equal(one.network_.s2.a, same.network_.s2.a)
    assert not torch.equal(one.network_.s2.a, other.network_.s2.a)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_pattern_is_not_shifted_out_of_the_frame():
    images, labels = glyphs()  # rows 4 to 11
    Neocognitron("1980", shift=4, presentations=1).fit(images, labels)
    with pytest.raises(HierfeatError, match="at most 4 cells.*got shift=5"):
        Neocognitron("1980", shift=5, presentations=1).fit(images, labels)


# ---------------------------------------------------------------- the whole protocol, in plain loops


def plain_places(cells, below, *, falling):
    """Centres of cells over the layer below; at constant density as far apart as its cells, about the middle."""
    apart = below / cells if falling else 1
    exact = [(below - 1) / 2 + (i - (cells - 1) / 2) * apart for i in range(cells)]
    return [math.floor(p + 0.5) if p > (below - 1) / 2 else math.ceil(p - 0.5) for p in exact]


class PlainNetwork:
    """Equations 1 to 6 of the paper and its reinforcement, in numpy and one cell after the other."""

    def __init__(self, settings, *, falling):
        self.settings, self.modules = settings, []
        below = 16
        for m, (s_side, c_side) in enumerate(((16, 10), (8, 6), (2, 1))):
            planes_in = 1 if m == 0 else settings.planes
            c = np.array([[settings.gamma[m] ** math.hypot(i - 2, j - 2) for j in range(5)] for i in range(5)])
            d_side = 2 if m == 2 else 5
            middle = (d_side - 1) / 2
            steps = [i - middle for i in range(d_side)]
            d = [[settings.delta[m] ** math.hypot(down, right) for right in steps] for down in steps]
            start = settings.initial if isinstance(settings.initial, float) else settings.initial[m]
            kinship = settings.kinship[m]
            self.modules.append(
                {
                    "c": c / c.sum() / planes_in,
                    "d": settings.spread[m] * np.array(d),
                    "a": plain_oriented(settings.planes, planes_in, 5, start, settings.orientation[m], kinship),
                    "b": np.zeros(settings.planes),
                    "s_places": plain_places(s_side, below, falling=falling),
                    "c_places": plain_places(c_side, s_side, falling=falling) if m < 2 else [0],
                }
            )
            below = c_side

    @staticmethod
    def window(planes, row, column, size):
        """Cells around (row, column), silent beyond the edge; for size 2 from it."""
        wide, first = np.pad(planes, ((0, 0), (4, 4), (4, 4))), 4 - (size // 2 if size == 5 else 0)
        return wide[:, row + first : row + first + size, column + first : column + first + size]

    def s_cells(self, m, below):
        part, r = self.modules[m], self.settings.selectivity[m]
        side = len(part["s_places"])
        u, v = np.zeros((self.settings.planes, side, side)), np.zeros((side, side))
        for i, j in np.ndindex(side, side):
            seen = self.window(below, part["s_places"][i], part["s_places"][j], 5)
            v[i, j] = math.sqrt((part["c"] * seen**2).sum())
            for k in range(self.settings.planes):
                inhibited = 1 + 2 * r / (1 + r) * part["b"][k] * v[i, j]
                u[k, i, j] = r * max(0, (1 + (part["a"][k] * seen).sum()) / inhibited - 1)
        return u, v

    def c_cells(self, m, u):
        part = self.modules[m]
        side, size = len(part["c_places"]), len(part["d"])
        found = np.zeros((len(u), side, side))
        for i, j in np.ndindex(side, side):
            seen = self.window(u, part["c_places"][i], part["c_places"][j], size)
            spread = (part["d"] * seen).sum((1, 2))
            net = np.maximum((1 + spread) / (1 + spread.mean()) - 1, 0)
            found[:, i, j] = net / (self.settings.saturation + net)
        return found

    @staticmethod
    def representatives(u):
        """The strongest cell of each plane among those that are the strongest of some 5x5 column."""
        side, best = u.shape[1], {}
        centres = [None] if side < 5 else list(np.ndindex(side, side))
        for centre in centres:
            cells = [
                (u[k, i, j], k, (i, j))
                for k, i, j in np.ndindex(*u.shape)
                if centre is None or max(abs(i - centre[0]), abs(j - centre[1])) <= 2
            ]
            value, plane, place = max(cells)
            if value > 0 and value > best.get(plane, (0,))[0]:
                best[plane] = (value, place)
        return {plane: place for plane, (_, place) in best.items()}

    def present(self, pattern, learning, *, upto=None):
        below = pattern
        for m in range((max(learning) if upto is None else upto) + 1):
            part, q = self.modules[m], self.settings.amplification[m]
            u, v = self.s_cells(m, below)
            if m in learning:
                for k, (i, j) in self.representatives(u).items():
                    seen = self.window(below, part["s_places"][i], part["s_places"][j], 5)
                    part["a"][k] += q * part["c"] * seen
                    part["b"][k] += q / 2 * v[i, j]
                u, _ = self.s_cells(m, below)
            below = self.c_cells(m, u)
        return below


@pytest.mark.parametrize("order", ["all_at_once", "layer_by_layer"])
@pytest.mark.parametrize("density", ["falling", "constant"])
def test_self_organisation_is_that_of_plain_loops(order, density):
    given = {"planes": 5, "presentations": 2, "order": order, "density": density, "shift": 0, "initial": 1e-2}
    settings = Settings1980(**PROTOCOL_1980 | given | {"orientation": (0.5, 0.4, 0.3), "spread": (1.0, 0.7, 1.0)})
    grey = torch.rand(3, 1, 16, 16, generator=generator(7))  # no two windows are alike, so that no choice is a tie
    patterns = torch.where(torch.rand(3, 1, 16, 16, generator=generator(8)) < 0.25, grey, 0.0)
    network = self_organise(Network1980(settings), patterns)
    plain = PlainNetwork(settings, falling=density == "falling")
    for learning in [(0, 1, 2)] if order == "all_at_once" else [(0,), (1,), (2,)]:
        for _ in range(settings.presentations):
            for pattern in patterns.double().numpy():
                plain.present(pattern, learning)
    for layer, part in zip((network.s1, network.s2, network.s3), plain.modules, strict=True):
        np.testing.assert_allclose(layer.a.numpy(), part["a"], rtol=2e-3, atol=1e-5)
        np.testing.assert_allclose(layer.b.numpy(), part["b"], rtol=2e-3, atol=1e-5)
    responses = [plain.present(pattern, (), upto=2)[:, 0, 0] for pattern in patterns.double().numpy()]
    np.testing.assert_allclose(network.outputs(patterns).numpy(), responses, rtol=5e-3, atol=1e-5)
    assert np.max(responses) > 0.02
    assert all(part["b"].max() > 0 for part in plain.modules), "every layer has learned"


# ---------------------------------------------------------------- density


def test_places_cover_the_layer_below_evenly():
    assert spread_places(10, 16) == [0, 2, 3, 5, 7, 8, 10, 12, 13, 15]
    assert spread_places(8, 10) == [0, 1, 3, 4, 5, 6, 8, 9]
    assert spread_places(6, 8) == [0, 1, 3, 4, 6, 7]
    assert spread_places(2, 6) == [1, 4]
    for cells, below in ((10, 16), (8, 10), (6, 8), (2, 6), (3, 9), (16, 16)):
        assert spread_places(cells, below) == plain_places(cells, below, falling=True)


def test_sizes_are_the_papers_at_either_density():
    for density in ("constant", "falling"):
        network = Network1980(Settings1980(density=density))
        image, sides = torch.zeros(1, 1, 16, 16), []
        for index, s_layer in enumerate((network.s1, network.s2, network.s3)):
            sides.append(s_layer(image).shape[-1])
            image = network.module(index, image)
            sides.append(image.shape[-1])
        assert tuple(sides[::2]) == S_SIDES
        assert tuple(sides[1::2]) == C_SIDES


def test_falling_density_has_exact_fields_and_boxes():
    """Against which pixels move a cell of C1: S1 and C1 as sums, picked at the places worked out by hand."""
    images, labels = glyphs()
    net = Neocognitron("1980", density="falling", presentations=1).fit(images, labels)
    fields = hf.receptive_fields(net.hierarchy())
    image = torch.rand(1, 1, 16, 16, generator=generator(), requires_grad=True)
    ones = torch.ones(1, 1, 5, 5)
    summed = F.conv2d(F.conv2d(image, ones, padding=2), ones, padding=2)
    summed[0, 0, 7, 12].backward()  # C1's cell (4, 7)
    rows, columns = image.grad[0, 0].nonzero().T
    assert tuple(fields.box("c1", 4, 7)) == (int(rows.min()), int(columns.min()), int(rows.max()) + 1, 16)
    assert (fields.table.set_index("layer").status[["s1", "c1", "s2", "c2", "s3", "c3"]] == "exact").all()
    plane = hf.cell_plane(net, images[0], layer="s3", plane=0)
    assert plane.table[["top", "left"]].to_numpy().tolist() == [[-1, -1], [-1, 2], [2, -1], [2, 2]]


def test_on_a_larger_plane_the_network_is_the_same_and_sees_what_leaves_u0():
    images, labels = glyphs()
    for density in ("constant", "falling"):
        net = Neocognitron("1980", density=density).fit(images, labels)
        wide = net.network_.on_larger_plane()
        assert wide.input_shape == (1, 20, 20)
        larger = F.pad(images, [2] * 4)
        torch.testing.assert_close(wide(larger), net.network_(images))
        moved = torch.roll(larger, 6, 2)  # rows 12 to 19 of 20: nothing is cut off
        below_u0 = moved[:, :, 18:].sum()
        assert below_u0 > 0
        assert not torch.equal(wide.s1(moved), net.network_.s1(moved[..., 2:-2, 2:-2]))
        assert net.network_.s1.padding == 2, "the network itself keeps its plane"


# ---------------------------------------------------------------- how often it works


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "least", "most"),
    [
        (PROTOCOL_1980, 5, 10),
        (PROTOCOL_1980 | {"density": "constant"}, 0, 4),
        ({"order": "all_at_once", "shift": 2}, 0, 3),
        ({"order": "all_at_once"}, 8, 10),
    ],
)
def test_share_of_alphabets_learned_apart_by_protocol(settings, least, most):
    """Seeds 0 to 9, none left out; LIMITATIONS has the numbers of seeds 0 to 29."""
    good = 0
    for seed in range(10):
        images, labels = glyphs(jitter=0.3, seed=seed)
        good += one_cell_each(Neocognitron("1980", seed=seed, **settings).fit(images, labels), images)
    assert least <= good <= most, f"{good} of 10 alphabets"


ROOT = Path(__file__).resolve().parents[3]
STORED = ROOT / "figures" / "neocognitron"


def test_limitations_and_the_docstring_say_what_was_measured():
    stored = pd.read_csv(STORED / "protocols.csv")
    rows = re.findall(
        r"^  \| (?!protocol).+? \| (\d+) \| (\d+), (\d+), (\d+) % \|$", (ROOT / "LIMITATIONS.md").read_text(), re.M
    )
    said = np.array(rows, dtype=float)
    measured = stored[["one_cell_each", "shift_1", "shift_2", "shift_3"]].to_numpy() * [30, 100, 100, 100]
    assert said.shape == (10, 4)
    assert (abs(said - measured) <= 0.51).all()  # 0.865 is said as 86
    docstring = " ".join(Neocognitron.__doc__.split())
    good = stored.one_cell_each.mul(30).round().astype(int)
    assert f"it learns {good[5]} apart" in docstring
    assert f"and the default {good[0]} " in docstring
    assert f"in place of ±2 only {good[8]} " in docstring
    assert good[6] == 0
    assert "without falling density it learns none" in docstring


@pytest.mark.parametrize("seed", [0, 8])  # one that works, and the first that does not
def test_the_stored_alphabets_are_what_the_default_learns(seed):
    row = pd.read_csv(STORED / "alphabets.csv").set_index("seed").loc[seed]
    images, labels = glyphs(jitter=0.3, seed=seed)
    net = Neocognitron("1980", seed=seed).fit(images, labels)
    assert one_cell_each(net, images) == row.one_cell_each == (seed == 0)
    moved = [
        np.roll(images.numpy(), by, axis) for by in (2, -2) for axis in (2, 3)
    ]  # black comes in: so far glyphs reach
    assert np.mean([net.predict(x) == labels.numpy() for x in moved]) == pytest.approx(row.shift_2, abs=1e-3)


# ---------------------------------------------------------------- what is refused

TRAINED = Neocognitron("1980", presentations=1).fit(*glyphs())
IMAGES, LABELS = glyphs()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"start": "flat"}, "start as one of 'graded', 'oriented'"),
        ({"order": "at_once"}, "order as one of"),
        ({"density": 2}, "density as one of"),
        ({"shift": -1}, "shift as an int"),
        ({"shift": 1.5}, "shift as an int"),
        ({"shift": True}, "shift as an int"),
        ({"planes": 0}, "planes as an int"),
        ({"planes": "24"}, "planes as an int"),
        ({"presentations": None}, "presentations as an int"),
        ({"gamma": 0.9}, "gamma as 3 values"),
        ({"gamma": (0.9, 0.9)}, "gamma as 3 values"),
        ({"gamma": (0.9, 0.9, 1.5)}, r"gamma\[2\] as a number above 0 to 1"),
        ({"delta": (0.9, float("nan"), 1)}, r"delta\[1\]"),
        ({"spread": (0, 1, 1)}, r"spread\[0\]"),
        ({"initial": 0.0}, "initial as a number above 0"),
        ({"initial": (1e-4, 1e-4)}, "initial as 3 values"),
        ({"orientation": (0.1, 0.1, 2.0)}, r"orientation\[2\]"),
        ({"kinship": (0, -1, 0)}, r"kinship\[1\]"),
        ({"selectivity": "abc"}, "selectivity as 3 values"),
        ({"saturation": -0.5}, "saturation as a number"),
        ({"seed": -1}, "seed as an int"),
        ({"seed": "0"}, "seed as an int"),
    ],
)
def test_settings_of_1980_are_refused_in_words(settings, message):
    with pytest.raises(HierfeatError, match=message):
        Neocognitron("1980", **settings)
    net = Neocognitron("1980")
    before = net.get_params()
    with pytest.raises(HierfeatError, match=message):
        net.set_params(**settings)
    assert net.get_params() == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"planes": 24}, "planes as 2 values"),
        ({"planes": (8, 0)}, r"planes\[1\]"),
        ({"s_sizes": (4, 5)}, "odd"),
        ({"c_sigmas": (0, 1)}, r"c_sigmas\[0\]"),
        ({"contrast": (2.0, 1.0)}, "centre smaller"),
        ({"passes": -1}, "passes"),
        ({"references": 0}, "references"),
        ({"penalty": float("inf")}, "penalty"),
        ({"deformed": 1.5}, "deformed"),
    ],
)
def test_modern_settings_are_refused_in_words(settings, message):
    with pytest.raises(HierfeatError, match=message):
        Neocognitron(**settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hf.cell_plane(hf.load("neocognitron-1980"), IMAGES[0]), "a trained Neocognitron.*got Hierarchy"),
        (lambda: hf.cell_plane(None, IMAGES[0]), "got NoneType"),
        (lambda: hf.cell_plane(Neocognitron("1980"), IMAGES[0]), "learned nothing yet"),
        (lambda: hf.cell_plane(TRAINED, IMAGES), "one image as a tensor"),
        (lambda: hf.cell_plane(TRAINED, IMAGES[0, 0]), "one image as a tensor"),
        (lambda: hf.cell_plane(TRAINED, "two"), "got str"),
        (lambda: hf.cell_plane(TRAINED, IMAGES[0, :, :8]), "of shape N x 1 x 16 x 16"),
        (lambda: hf.cell_plane(TRAINED, IMAGES[0], layer="c1"), "one of s1, s2, s3"),
        (lambda: hf.cell_plane(TRAINED, IMAGES[0], layer=1), "one of s1, s2, s3"),
        (lambda: hf.cell_plane(TRAINED, IMAGES[0], plane=24), "from 0 to 23"),
        (lambda: hf.cell_plane(TRAINED, IMAGES[0], plane=-1), "from 0 to 23"),
        (lambda: hf.cell_plane(TRAINED, IMAGES[0], plane=1.0), "from 0 to 23"),
        (lambda: hf.neocognitron_responses("net", IMAGES, LABELS), "got str"),
        (lambda: hf.neocognitron_responses(TRAINED, IMAGES[0], LABELS), "for each of 1 images"),
        (lambda: hf.neocognitron_responses(TRAINED, IMAGES, LABELS[:4]), "labels for each of 5 images, got 4"),
        (lambda: hf.neocognitron_responses(TRAINED, IMAGES, LABELS[:, None]), "flat labels"),
        (lambda: hf.neocognitron_responses(TRAINED, IMAGES, None), "expected labels"),
        (lambda: hf.neocognitron_responses(TRAINED, IMAGES.byte(), LABELS), "divide by 255"),
        (lambda: hf.glyphs(jitter=-1), "jitter as a number"),
        (lambda: hf.glyphs(jitter=float("nan")), "jitter as a number"),
        (lambda: hf.glyphs(jitter="much"), "jitter as a number"),
        (lambda: hf.glyphs(shift=5), "shift as an int from 0 to 4"),
        (lambda: hf.glyphs(shift=1.5), "shift as an int"),
        (lambda: hf.glyphs(seed=None), "seed as an int"),
        (lambda: TRAINED.predict([1, 2]), "images as a tensor"),
        (lambda: TRAINED.predict(IMAGES * 255), r"in \[0, 1\]"),
        (lambda: TRAINED.score(IMAGES, LABELS[:3]), "labels for each of 5 images"),
        (lambda: Neocognitron("1980").fit(IMAGES, ["a"] * 5), "labels as ints"),
        (lambda: Neocognitron("1980").fit(IMAGES, LABELS * 0.5), "labels as ints"),
        (lambda: Neocognitron("1980").fit(IMAGES, LABELS * 0 - 1), "not known"),
        (lambda: Neocognitron(3), "mode as one of"),
    ],
)
def test_bad_input_is_refused_in_words(call, message):
    with pytest.raises(HierfeatError, match=message):
        call()


def test_images_of_unknown_class_are_left_out():
    images, labels = glyphs()
    shown = Neocognitron("1980").fit(torch.cat([images, images[:1]]), torch.cat([labels, torch.tensor([-1])]))
    assert shown.classes_.tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(shown.network_.s3.a, Neocognitron("1980").fit(images, labels).network_.s3.a)
