"""What figures do with images of any number of channels, deep networks, empty choices, and values beyond a scale."""

import dataclasses
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.plots import _style
from tests.plots.results import drawn_methods, images, labels, net, result
from tests.plots.test_every_plot import drawn_well
from tests.plots.variants import with_layers


def grey_of(figure):
    """The pictures in a figure, (rows, columns, colours)."""
    pictures = [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]
    return [picture for picture in pictures if picture.ndim == 3]


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 24])
def test_images_of_any_number_of_channels(channels):
    """No crash, and a fourth channel is no transparency: other than three channels are drawn as their mean."""
    h, pictures = net(channels), images(channels)
    drawn = {
        "fields": hf.receptive_fields(h).plot(image=pictures[0]),
        "field": hf.receptive_fields(h).plot("3", image=pictures[0]),
        "attribution": hf.attribute(h, pictures[:2], "3", 1, method="gradient").plot(),
        "synthesis": hf.synthesize(h, "0", [0], steps=1).plot(),
        "patches": hf.top_patches(h, pictures, layers="0", k=2).plot(),
        "parts": hf.additive_parts(h, pictures, "1", rank=2).plot(),
        "mistakes": hf.evaluate(h, pictures, labels()).plot_mistakes(pictures),
        "applied": hf.apply_kernel(pictures[0], hf.image_kernels()["box_blur"]).plot(),
    }
    for name, figure in drawn.items():
        if channels not in (1, 3):  # those are drawn elsewhere
            drawn_well(figure)
        words = " ".join(text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text")))
        words = " ".join(words.split())  # titles run over several lines
        assert (f"mean of {channels} channels" in words) == (channels not in (1, 3)), name
        assert grey_of(figure), name
        for picture in grey_of(figure):
            assert picture.shape[-1] == 3
    if channels == 4:
        for one in (hf.filters(h, "0"), hf.filters(h, "3"), hf.effective_field(h, pictures, "3")):
            drawn_well(one.plot())
        for one in (hf.bar_sweep(h, "0", 0, orientations=2), hf.map_field(h, "0", 0, probe="spot")):
            drawn_well(one.plot())
    shown = grey_of(drawn["fields"])[0]
    expected = pictures[0].movedim(0, -1) if channels == 3 else pictures[0].mean(0)[..., None].expand(-1, -1, 3)
    np.testing.assert_allclose(shown, expected.clamp(0, 1), atol=1e-6)


@pytest.mark.parametrize(
    "image", [torch.rand(3, 20, 20), torch.rand(20, 20).numpy(), np.random.default_rng(0).random((1, 20, 20)).tolist()]
)
def test_an_image_may_be_a_tensor_an_array_or_a_list(image):
    assert grey_of(hf.receptive_fields(net()).plot(image=image))


@pytest.mark.parametrize(
    "image", [torch.rand(3, 8, 8), torch.rand(2, 3, 20, 20), torch.rand(20), torch.rand(0, 20, 20)]
)
def test_what_is_no_image_of_that_size_is_refused(image):
    with pytest.raises(HierfeatError, match="expected an image"):
        hf.receptive_fields(net()).plot(image=image)


def test_nan_in_an_image_is_pale_blue():
    image = np.zeros((3, 4, 4))
    image[1, 0, 0] = np.nan
    shown = _style.picture(image)
    assert tuple(shown[0, 0]) == _style.OUTSIDE
    assert (shown[1:] == 0).all()


def chain(count):
    """So many convolutions and rectifiers in all, two pools among them, with names of five parts."""
    torch.manual_seed(0)
    blocks = []
    for stage in range(3):
        here = max(1, count // 6)
        blocks += [nn.Sequential(*[nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.ReLU()) for _ in range(here)])]
        blocks += [nn.MaxPool2d(2)] if stage < 2 else []
    model = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(2 * 4 * 4, 3))
    return hf.Hierarchy(model, (2, 16, 16), name=f"of {count} layers")


@pytest.mark.parametrize("count", [20, *(pytest.param(count, marks=pytest.mark.slow) for count in (5, 60, 300))])
def test_networks_of_any_depth(count):
    h = chain(count)
    for figure in (
        hf.receptive_fields(h).plot(),
        hf.dimensions(h).plot(),
        hf.dimensions(h).plot(fold=False),
        hf.guidelines(h).plot(),
        hf.guidelines(h, net()).plot(),
        hf.gradient_flow(h, torch.rand(2, 2, 16, 16), torch.tensor([0, 1])).plot(),
    ):
        drawn_well(figure)


def test_the_legend_of_linear_regions_covers_no_curve():
    figure = result("linear_regions").plot()
    figure.draw_without_rendering()
    [legend] = figure.legends
    box = legend.get_window_extent()
    assert not any(axes.get_window_extent().overlaps(box) for axes in figure.axes)


@pytest.mark.parametrize(("name", "most"), [("sensitivity_map", 16), ("nonnegativity", 6), ("pooling_invariance", 6)])
def test_layers_that_are_not_drawn_are_counted_and_can_be_asked_for(name, most):
    many = with_layers(result(name), 40)
    figure = many.plot()
    assert f"({most} of 40 layers, evenly spaced)" in figure.get_suptitle()
    own = list(many.table["layer"].unique())
    asked = many.plot(layers=own[7:9])
    assert "(2 of 40 layers)" in asked.get_suptitle()
    words = [text.get_text() for text in asked.findobj(lambda one: hasattr(one, "get_text"))]
    assert all(any(layer[-16:] in text for text in words) for layer in own[7:9])  # long names are shortened
    for wrong in (["nowhere"], []):
        with pytest.raises(HierfeatError, match="expected layers of this result"):
            many.plot(layers=wrong)


def test_all_layers_are_curves_in_transformation_invariance():
    figure = with_layers(result("transformation_invariance"), 40).plot()
    assert {len(axes.lines) for axes in figure.axes[:5]} == {41}  # and the grey diagonal


@pytest.mark.parametrize("name", ["tuning", "size_tuning", "direction_tuning", "top_patches"])
def test_an_unknown_layer_is_named_with_those_there_are(name):
    with pytest.raises(HierfeatError, match=r"expected a layer of this result, one of 0.*; got 'nowhere'"):
        result(name).plot("nowhere")


BY_CHANNEL = "tuning.plot filters.plot filters.plot_fits filters_deep.plot top_patches.plot effective_field.plot"


@pytest.mark.parametrize("name", BY_CHANNEL.split())
@pytest.mark.parametrize("channels", [[], [0, 99], [-1], 0])
def test_channels_that_are_not_there_are_refused(name, channels):
    name, method = name.split(".")
    with pytest.raises(HierfeatError, match="expected channels of"):
        getattr(result(name), method)(channels=channels)


@pytest.mark.parametrize("name", ["image_kernels", "applied_kernels", "synthesis"])
@pytest.mark.parametrize("columns", [1, 2, 50])
def test_any_number_of_columns(name, columns):
    drawn_well(result(name).plot(columns=columns))


def test_clipped_values_are_marked_on_the_map_and_on_its_bar():
    maps = {name: one - 3 for name, one in result("sensitivity_map").maps.items()}
    figure = dataclasses.replace(result("sensitivity_map"), maps=maps).plot()
    image = figure.axes[0].images[0]
    assert figure.axes[-1]._colorbar.extend == "min"
    colour = image.cmap(image.norm(image.get_array()[0, 0]))
    assert np.allclose(colour, image.cmap.get_under())
    assert not np.allclose(image.cmap.get_under(), image.cmap(0.0), atol=0.05)


def test_rounding_beyond_a_scale_is_not_clipped():
    figure = _style.sheet(3, 3)
    axes = figure.subplots()
    drawn = _style.positive(axes, [[1 + 1e-12, 0.5], [0, -1e-15]], 1.0)
    _style.scale(drawn, axes, "share")
    assert figure.axes[-1]._colorbar.extend == "neither"
    assert drawn.get_array().max() == 1


@pytest.mark.parametrize("values", [[[np.nan]], [[0.0]], [[np.inf, -np.inf]], [[1e-300]], [[-1.0]]])
def test_scales_of_nothing(values):
    figure = _style.sheet(9, 3)
    for axes, draw in zip(figure.subplots(1, 2), (_style.signed, _style.positive), strict=True):
        _style.scale(draw(axes, values), axes, "value")
    drawn_well(figure)


def test_zero_is_white_and_the_scale_of_weights_is_symmetric():
    figure = _style.sheet(3, 3)
    drawn = _style.signed(figure.subplots(), [[-1.0, 0.0, 3.0]])
    assert drawn.get_clim() == (-3, 3)
    assert min(drawn.cmap(drawn.norm(0.0))[:3]) > 0.95


@pytest.mark.parametrize("count", [1, 3, 8, 30, 300])
@pytest.mark.parametrize("along", ["x", "y"])
def test_layers_are_named_in_order_and_apart(count, along):
    names = [f"stage{k}.block{k:03d}.convolution" for k in range(count)]
    figure = _style.sheet(6, 5)
    axes = figure.subplots()
    _style.by_depth(axes, names, along=along)
    drawn_well(figure)
    axis = axes.xaxis if along == "x" else axes.yaxis
    shown = [tick.label1.get_text() for tick in axis.get_major_ticks()]
    step = int(axis.get_ticklocs()[1] - axis.get_ticklocs()[0]) if len(shown) > 1 else 1
    assert shown == [name if len(name) <= 24 else f"…{name[-23:]}" for name in names[::step]]
    assert len(shown) >= min(count, 15)


def test_colours_are_named_once():
    """Hexadecimal colours stand in the palette; everywhere else colours go by their names."""
    folder = Path(hf.__file__).parent / "plots"
    found = {path.name for path in folder.glob("*.py") if re.search(r"#[0-9a-fA-F]{6}\b", path.read_text())}
    assert found == {"_style.py"}


def simulate(colour, kind):
    """How a dichromat sees a colour: Viénot, Brettel and Mollon (1999), in linear RGB."""
    matrices = {
        "protan": [[0.1121, 0.8853, -0.0005], [0.1127, 0.8897, -0.0001], [0.0045, 0.0001, 1.0019]],
        "deutan": [[0.2920, 0.7054, -0.0003], [0.2934, 0.7089, 0.0000], [-0.0210, 0.0255, 0.9983]],
    }
    srgb = np.array(_style.to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(matrices[kind]) @ linear, 0, 1)
    return np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["protan", "deutan"])
def test_categories_are_told_apart_by_dichromats(kind):
    """Any two of the six differ by more than a tenth of the range of lightness and hue together."""
    seen = [simulate(colour, kind) for colour in _style.CATEGORIES]
    apart = min(np.linalg.norm(one - other) for i, one in enumerate(seen) for other in seen[:i])
    assert apart > 0.1


@pytest.mark.parametrize(("cls", "name"), drawn_methods(), ids=lambda value: getattr(value, "__name__", value))
def test_what_a_plot_returns_is_a_figure(cls, name):
    assert inspect.signature(getattr(cls, name)).return_annotation is _style.Figure


def many_classes(classes=1000):
    """A network that gives class 3 whatever it sees, and images of classes 3, 7 and 900."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, classes))
    nn.init.zeros_(model[1].weight)
    model[1].bias.data = torch.eye(classes)[3]
    h = hf.Hierarchy(model, (1, 4, 4), classes=[f"kind {place}" for place in range(classes)])
    return h, torch.rand(6, 1, 4, 4), torch.tensor([3, 3, 3, 7, 7, 900])


def test_of_many_classes_those_are_drawn_that_occur():
    h, pictures, truth = many_classes()
    axes = hf.evaluate(h, pictures, truth).plot().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["kind 3", "kind 7", "kind 900"]
    assert np.asarray(axes.images[0].get_array()).tolist() == [[0, 0, 0], [100, 0, 0], [100, 0, 0]]
    assert "3 of 1000 classes occur" in axes.figure.get_suptitle()
    lesions = hf.lesion(h, "1", None, pictures, truth, how="together").plot().axes[1]
    assert [label.get_text() for label in lesions.get_yticklabels()] == ["kind 3", "kind 7", "kind 900"]
    assert lesions.get_ylabel() == "class (3 of 1000 have images)"


def mistaken(shown, labels, source=None):
    """The pictures of the two mistakes among six."""
    h, _, _ = many_classes(10)
    figure = hf.evaluate(h, shown, labels).plot_mistakes(shown if source is None else source)
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


@pytest.mark.parametrize("kind", ["array", "list", "pictures", "pairs", "loader", "stimuli"])
def test_mistakes_are_looked_up_in_whatever_held_the_images(kind):
    grey = torch.arange(6)[:, None, None, None].expand(6, 1, 4, 4) * 40
    truth, shown = torch.tensor([3, 7, 3, 3, 7, 3]), grey / 255
    pairs = TensorDataset(shown, truth)
    held = {
        "array": shown.numpy(),
        "list": list(shown),
        "pictures": [Image.fromarray(one[0].numpy().astype(np.uint8)) for one in grey],
        "pairs": pairs,
        "loader": DataLoader(pairs, batch_size=4),
        "stimuli": hf.StimulusSet.of(shown),
    }[kind]
    found = mistaken(held, truth)
    assert sorted(round(255 * picture.mean()) for picture in found) == [40, 160]


def test_mistakes_ask_for_the_images_that_were_evaluated():
    shown, truth = torch.rand(6, 1, 4, 4), torch.tensor([3, 7, 3, 3, 7, 3])
    with pytest.raises(HierfeatError, match="expected the 6 images that were evaluated, got 5"):
        mistaken(shown, truth, shown[:5])
    shuffled = DataLoader(TensorDataset(shown, truth), batch_size=2, shuffle=True)
    with pytest.raises(HierfeatError, match="no loader that shuffles"):
        mistaken(shown, truth, shuffled)


@pytest.mark.parametrize("long", [False, True])
def test_a_key_of_long_names_stands_below_the_panels(long):
    names = [f"features.block{place}.unit.layer.conv" if long else f"conv{place}" for place in range(5)]
    figure = _style.sheet(9, 4)
    panels = figure.subplots(1, 3)
    for panel in panels:
        for name in names:
            panel.plot([0, 1], [0, 1], label=name)
    _style.key_by_depth(figure, panels, names)
    drawn_well(figure)
    [legend] = figure.legends
    box, lowest = legend.get_window_extent(), min(panel.get_window_extent().y0 for panel in panels)
    assert (box.y1 < lowest) == long
    assert all(panel.get_window_extent().width > 0.2 * figure.bbox.width for panel in panels)
