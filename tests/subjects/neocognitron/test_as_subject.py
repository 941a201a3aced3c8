"""The Neocognitron under the analyses that any subject goes through."""

import pytest
import torch

import hierfeat as hf
from hierfeat.errors import HierfeatError

ALPHABET = ("neocognitron-1980", "neocognitron-digits", "neocognitron-mnist")


@pytest.fixture(scope="module")
def digits_net():
    return hf.load("neocognitron-digits")


@pytest.fixture(scope="module")
def digits():
    images, labels = hf.digits("test")
    return images[:100], labels[:100]


@pytest.mark.parametrize("name", ALPHABET)
def test_s_layers_are_convs_and_c_layers_pools(name):
    kinds = hf.load(name).layers.table.set_index("layer")["kind"]
    for layer, kind in kinds.items():
        assert kind == {"s": "conv", "c": "pool"}.get(layer[0] if layer[1:].isdigit() else "", kind)
    assert {"s1", "c1", "s2", "c2"} <= set(kinds.index)


def test_shipped_weights_read_what_they_were_trained_for(digits_net, digits):
    images, labels = digits
    with torch.no_grad():
        assert float((digits_net.forward(images).argmax(1) == labels).float().mean()) >= 0.97
        glyphs, names = hf.glyphs()
        assert torch.equal(hf.load("neocognitron-1980").forward(glyphs).argmax(1), names)


def test_record_keeps_each_layer_and_its_size(digits_net, digits):
    found = hf.record(digits_net, digits[0][:3])
    assert list(found) == ["contrast", "s1", "c1", "s2", "c2"]
    assert {name: tuple(u.shape[1:]) for name, u in found.items()} == {
        layer.name: layer.out_shape for layer in digits_net.layers.select(("conv", "pool"))
    }
    assert all(bool((u >= 0).all()) for u in found.values()), "S- and C-cells fire or are silent"


def test_receptive_fields_are_exact(digits_net):
    """Contrast 9, S1 7 on it, C1 5 (stride 2), S2 5 on its grid, C2 5: sizes by the usual recursion."""
    table = hf.receptive_fields(digits_net).table.set_index("layer")
    sizes = {"contrast": 9, "s1": 15, "c1": 19, "s2": 27, "c2": 35}
    assert table.loc[list(sizes), "size_h"].tolist() == list(sizes.values())
    assert table.loc[list(sizes), "stride_h"].tolist() == [1, 1, 2, 2, 6]
    assert (table.loc[list(sizes), "status"] == "exact").all()


def test_receptive_field_of_1980_agrees_with_a_gradient():
    h = hf.load("neocognitron-1980")
    table = hf.receptive_fields(h)
    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0), requires_grad=True)
    cells = torch.nn.functional.conv2d(  # S1 and C1 as one linear map: which pixels reach C1's cell (4, 6)?
        torch.nn.functional.conv2d(image, torch.ones(1, 1, 5, 5), padding=2)[..., 1:-1, 1:-1], torch.ones(1, 1, 5, 5)
    )
    cells[0, 0, 4, 6].backward()
    rows, columns = image.grad[0, 0].nonzero().T
    expected = (int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
    assert tuple(table.box("c1", 4, 6)) == expected


def test_orientation_tuning(digits_net):
    few = {"orientations": 8, "frequencies": 4, "phases": 6, "permutations": 9}
    tuning = hf.orientation_tuning(digits_net, layers=["s1", "c1"], **few)
    table = tuning.table
    assert set(table.layer) == {"s1", "c1"}
    responsive = table[table.responsive]
    f1_f0 = responsive.groupby("layer").f1_f0.median()
    assert f1_f0["c1"] < f1_f0["s1"], "C-cells care less about phase than the S-cells that they pool"


def test_translation_invariance_and_pooling(digits_net, digits):
    table = hf.translation_invariance(digits_net, digits[0][:8], layers=["s1", "c1"], max_shift=2).table
    assert {"s1", "c1"} <= set(table.layer)
    assert {"c1", "c2"} <= set(hf.pooling_invariance(digits_net, digits[0][:8]).table.layer)


def test_rectifiers_are_inside_the_s_cells(digits_net, digits):
    """A limitation: nonnegativity compares both sides of a rectifier, and an S-cell is one layer with its own."""
    with pytest.raises(HierfeatError, match="no layer of kind 'activation'"):
        hf.nonnegativity(digits_net, digits[0][:8])


def test_top_patches(digits_net, digits):
    assert len(hf.top_patches(digits_net, digits[0][:20], "s2", k=2).table)


def test_untrained_twin_answers_at_chance(digits_net, digits):
    images, labels = digits
    with torch.no_grad():
        right = (hf.untrained(digits_net, seed=0).forward(images).argmax(1) == labels).float().mean()
    assert right < 0.4


def test_responses_and_cell_plane_results(tmp_path):
    images, labels = hf.glyphs()
    net = hf.Neocognitron("1980").fit(images, labels)
    seen = hf.neocognitron_responses(net, images, labels)
    last = seen.table[seen.table.layer == "c3"]
    assert last.planes_active.tolist() == [1] * 5
    assert last.strongest_plane.nunique() == 5
    again = type(seen).load(seen.save(tmp_path / "seen"))
    assert (again.responses["s2"] == seen.responses["s2"]).all()
    plane = hf.cell_plane(net, images[0], layer="s2", plane=1)
    assert plane.kernel.shape == (24, 5, 5)
    assert plane.below.shape == (24, 10, 10)
    assert plane.table.iloc[0][["top", "left", "bottom", "right"]].tolist() == [-1, -1, 4, 4]
    assert all(figure.axes for figure in (seen.plot(), seen.plot_answers(), plane.plot()))
    with pytest.raises(HierfeatError, match="layer='c1'"):
        hf.cell_plane(net, images[0], layer="c1")
