"""The Neocognitron under the analyses that any subject goes through."""

import numpy as np
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


@pytest.mark.parametrize(("index", "layer"), [(0, "s1"), (1, "s2")])
def test_nonnegativity_compares_both_sides_of_the_rectifier_in_an_s_layer(digits_net, digits, index, layer):
    """Against excitation minus θ times inhibition, worked out apart from the tracer."""
    images, cells = digits[0][:8], digits_net.model.get_submodule(layer)
    with torch.no_grad():
        below = [digits_net.model.contrast, digits_net.model.first][index](images)
        given = cells.excitation(below) - cells.threshold * cells.v_cells(below)
    result = hf.nonnegativity(digits_net, images)
    assert result.summary.layer.tolist() == ["contrast.relu", "s1.relu", "s2.relu"]
    rows = result.table[result.table.layer == f"{layer}.relu"]
    flat = given.transpose(0, 1).flatten(1).double()
    np.testing.assert_allclose(rows.active_fraction, (flat > 0).double().mean(1), atol=1e-9)
    np.testing.assert_allclose(rows.mean_before, flat.mean(1), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(rows.energy_kept, flat.clamp(min=0).square().sum(1) / flat.square().sum(1), rtol=1e-4)


def test_the_rectifier_within_an_s_layer_is_a_layer_and_changes_nothing(digits_net, digits):
    found = hf.record(digits_net, digits[0][:3], layers=["s1.relu", "s1"])
    theta = digits_net.model.s1.threshold
    torch.testing.assert_close(found["s1"], found["s1.relu"] / (1 - theta), rtol=0, atol=0)
    table = hf.receptive_fields(digits_net).table.set_index("layer")
    assert table.loc["s1.relu", "size_h"] == table.loc["s1", "size_h"]


def test_nonnegativity_of_1980():
    """C-cells rectify too: those of a plane below the mean of all planes are silent."""
    rectified = hf.nonnegativity(hf.load("neocognitron-1980"), hf.glyphs()[0]).summary.set_index("layer")
    assert list(rectified.index) == ["s1.relu", "c1.relu", "s2.relu", "c2.relu", "s3.relu", "c3.relu"]
    assert rectified.loc["c3.relu", "active_fraction"] == pytest.approx(1 / 5), "each cell that answers, answers one"


def test_cell_pairs_follow_s_layers_to_c_layers(digits_net):
    pairs = hf.cell_pairs(digits_net, orientations=8, frequencies=4, phases=6).table
    assert set(zip(pairs.before, pairs.pool, strict=True)) == {("s1", "c1"), ("s2", "c2")}


@pytest.mark.parametrize(
    ("name", "layers"), [("neocognitron-digits", ("contrast", "s1", "s2")), (ALPHABET[0], ("s3",))]
)
def test_filters_are_the_excitatory_connections(name, layers):
    h = hf.load(name)
    for layer in layers:
        shown = hf.filters(h, layer)
        cells = h.model.get_submodule(layer)
        expected = cells.a if layer != "contrast" else torch.stack([cells.window, -cells.window])[:, None]
        np.testing.assert_array_equal(shown.kernels, expected.double().numpy())
        assert np.isfinite(shown.effective).all()


def test_effective_kernel_of_s1_is_its_kernel_seen_through_the_contrast_cells(digits_net):
    from scipy.signal import correlate2d

    cells, contrast = digits_net.model.s1, digits_net.model.contrast.window.double().numpy()
    kernel = cells.a[5].double().numpy()
    expected = correlate2d(np.pad(kernel[0] - kernel[1], 8), contrast[::-1, ::-1], mode="valid")
    effective = hf.filters(digits_net, "s1").effective[5, 0]
    assert effective.shape == expected.shape == (15, 15)
    np.testing.assert_allclose(effective, expected, atol=1e-6)


@pytest.mark.parametrize("name", ALPHABET[:2])
def test_effective_fields_are_finite_and_inside_the_exact_ones(name, digits):
    h = hf.load(name)
    images = hf.glyphs()[0] if "1980" in name else digits[0][:5]
    for layer in ("s1", "c1", "s2", "c2"):
        field = hf.effective_field(h, images, layer, channels=[0, 1])
        assert np.isfinite(field.map).all(), "black places, where V-cells are silent, have no infinite gradient"
        answering = field.table.dropna(subset="sigma_h")  # a cell of 1980 may be silent on all these images
        assert (answering.side_99 <= answering.theoretical_h + 1).all()


@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "ablation", "guided_backprop", "occlusion"])
def test_attribution_stays_in_the_receptive_field(digits_net, digits, method):
    table = hf.attribute(digits_net, digits[0][:2], "s2", 0, method=method).table
    block = 1e-3 if method in ("ablation", "occlusion") else 1e-6  # what they cover reaches over the field's edge
    assert table.inside.tolist() == pytest.approx([1.0, 1.0], abs=block)
    if method == "integrated_gradients":  # complete: an S-cell is silent on black
        assert table.total.tolist() == pytest.approx(table.activation.tolist(), rel=0.03)


def test_attribution_of_1980_is_finite():
    images = hf.glyphs()[0][:2]
    assert np.isfinite(hf.attribute(hf.load("neocognitron-1980"), images, "c2", 0).maps).all()


@pytest.mark.parametrize("layer", ["s1", "c2"])
def test_synthesised_images_drive_their_cells_more(digits_net, layer):
    made = hf.synthesize(digits_net, layer, [0, 1], steps=24).table
    assert (made.activation > 1.5 * made.start).all()


def test_synthesis_says_that_a_cell_of_1980_is_silent_on_where_it_starts():
    made = hf.synthesize(hf.load("neocognitron-1980"), "s1", [0, 1], steps=4).table
    assert made.status.tolist() == ["constant", "constant"]


@pytest.mark.parametrize("name", [ALPHABET[0], pytest.param("neocognitron-digits", marks=pytest.mark.slow)])
def test_atlas(name, digits, tmp_path):
    images, labels = hf.glyphs() if "1980" in name else (digits[0][:40], digits[1][:40])
    page = hf.atlas(hf.load(name), images, labels, out=tmp_path / "atlas").read_text(encoding="utf-8")
    assert all(layer in page for layer in ("s1", "c1", "s2", "c2"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda h: hf.filters(h, "c1"), "2-d convolution, got 'c1', a layer of kind 'pool'"),
        (lambda h: hf.direction_tuning(h, layers=["s1"]), "one still image"),
        (lambda h: hf.record(h, torch.zeros(1, 1, 32, 32), layers=["s1.clamp"]), "no layer 's1.clamp'"),
    ],
)
def test_what_makes_no_sense_is_refused(digits_net, call, message):
    with pytest.raises(HierfeatError, match=message):
        call(digits_net)


def test_top_patches(digits_net, digits):
    assert len(hf.top_patches(digits_net, digits[0][:20], layers="s2", k=2).table)


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
