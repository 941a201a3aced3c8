"""The card of a channel: every number on it is that of hierfeat's own analysis; its link, its neighbours, its files."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import hierfeat as hf
from tests.atlas.driving import needs_chromium, opened, settle

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def digits():
    images, labels = hf.digits(split="test")
    return hf.load("lenet5-digits"), images[:120], labels[:120]


@pytest.fixture(scope="module")
def lenet(digits, tmp_path_factory):
    h, images, labels = digits
    return hf.atlas(h, images, labels, out=tmp_path_factory.mktemp("cards") / "lenet.html")


@pytest.fixture(scope="module")
def tables(digits):
    """What the analyses say of a layer of maps, one behind a pool, and one of single units."""
    h, images, labels = digits
    layers = ["conv1", "pool2", "fc1"]
    tables = [
        hf.orientation_tuning(h, layers=layers).table,
        hf.class_selectivity(h, images, labels, layers=layers).table,
        *hf.sweep(h, images, [hf.ActiveFraction(), hf.Sparseness()], layers=layers),
    ]
    indexed = [table.set_index(["layer", "channel"]) for table in tables]
    return pd.concat([one.loc[:, ~one.columns.isin(["kind", "p_value"])] for one in indexed], axis=1)


def show(tab, layer, channel):
    if tab.locator('.channels [name="channel-text"]').input_value() != layer:
        tab.locator('.channels [name="channel-text"]').fill(layer)
    tab.locator(f'.channels tbody a[aria-label="Card of channel {channel} of {layer}"]').dispatch_event("click")
    tab.wait_for_function("name => document.querySelector('#card').dataset.channel === name", arg=f"{layer} {channel}")


def facts(tab):
    pairs = tab.locator("#card [data-fact]").evaluate_all(
        "all => all.map(e => [e.dataset.fact, e.children[1].textContent])"
    )
    return dict(pairs)


def first(text):
    return float(text.split()[0].rstrip("°%;").replace("−", "-"))


#: Facts by the column that they are read from, what they are multiplied with, and half of the last place shown.
COLUMNS = {
    "orientation": ("preferred_orientation", 1, 0.05),
    "gosi": ("gosi", 1, 5e-4),
    "osi": ("osi", 1, 5e-4),
    "width": ("half_width", 1, 0.05),
    "frequency": ("preferred_frequency", 1, 5e-4),
    "ratio": ("f1_f0", 1, 5e-4),
    "active": ("active_fraction", 100, 0.05),
    "sparse": ("lifetime_sparseness", 1, 5e-4),
    "class": ("selectivity", 1, 5e-4),
}
TYPES = {
    "simple": "A simple cell",
    "complex": "A complex cell",
    "untuned": "Not tuned to orientation",
    "unresponsive": "No grating excites it",
}


@pytest.mark.parametrize(("layer", "channels"), [("conv1", 6), ("pool2", 16), ("fc1", 12)])
def test_every_number_is_that_of_the_analysis(browser, lenet, digits, tables, layer, channels):
    box = hf.receptive_fields(digits[0]).table.set_index("layer").loc[layer]
    with opened(browser, lenet) as tab:
        for channel in range(channels):
            show(tab, layer, channel)
            found, row = facts(tab), tables.loc[(layer, channel)]
            for name, (column, factor, slack) in COLUMNS.items():
                if np.isfinite(row[column]):
                    assert first(found[name]) == pytest.approx(factor * row[column], abs=1.2 * slack), name
                else:
                    assert name not in found
            assert found["type"] == TYPES[row["cell_type"]]
            field = "whole image" if box.status == "global" else f"{box.size_h} × {box.size_w}"
            assert found["field"] == field
            if np.isfinite(row["selectivity"]):
                assert f"for {row['preferred_class']} " in found["class"]
                assert float(found["class"].split()[-1].rstrip(")")) == pytest.approx(row["null_95"], abs=6e-4)


def test_the_curve_and_its_file_are_the_analysis_own(browser, lenet, digits, tmp_path):
    tuning = hf.orientation_tuning(digits[0], layers="conv2")
    with opened(browser, lenet) as tab:
        for channel in (0, 7):
            show(tab, "conv2", channel)
            with tab.expect_download() as waiting:
                tab.locator('#card [data-do="tuning-csv"]').click()
            waiting.value.save_as(tmp_path / "curve.csv")
            table = pd.read_csv(tmp_path / "curve.csv")
            curve = tuning.curves["conv2"][channel]
            assert table["orientation"].tolist() == tuning.orientations.tolist()
            slack = 0.5 / 4095 + 5e-5  # 12 bits of a limit of five digits
            assert np.abs(table["response"] - curve).max() <= slack * curve.max()
            shown = tab.locator("#card svg.polar path").get_attribute("d")
            places = np.array([[float(v) for v in point.split()] for point in shown[1:-1].split("L")])
            lengths = np.hypot(places[:, 0] - 110, places[:, 1] - 92) / 74
            assert lengths[: len(curve)] == pytest.approx(curve / curve.max(), abs=0.005)


def test_a_link_opens_the_card_and_neighbours_follow(browser, lenet):
    with opened(browser, lenet) as tab:
        show(tab, "conv2", 3)
        link = tab.locator("#card a.permanent").get_attribute("href")
    with opened(browser, lenet, link) as tab:
        tab.wait_for_function("() => document.querySelector('#card').dataset.channel === 'conv2 3'")
        settle(tab)
        assert 0 <= tab.locator("#card").bounding_box()["y"] < 500
        tab.locator('[data-do="card-after"]').click()
        tab.wait_for_function("() => document.querySelector('#card').dataset.channel === 'conv2 4'")
        tab.wait_for_function("() => location.hash.includes('unit=3,4,')")


def test_kernels_and_patches_are_drawn(browser, lenet, digits):
    """The kernel of conv1's channel 2 in signed colours: red where its weight is positive, blue where negative."""
    weight = digits[0].model.conv1.weight[2, 0].detach().numpy()
    with opened(browser, lenet) as tab:
        for layer in ("conv1", "act1"):
            show(tab, layer, 2)
            canvas = tab.locator("#card .kernels canvas")
            data = canvas.evaluate("c => c.toDataURL()").partition(",")[2]
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)
            assert pixels.shape[:2] == (5, 5)
            redder = pixels[..., 0] - pixels[..., 2]
            clear = np.abs(weight) > 0.1 * np.abs(weight).max()
            assert (np.sign(redder[clear]) == np.sign(weight[clear])).all()
            assert tab.locator("#card .patches canvas").evaluate("c => c.width") > 300


def test_a_synthesised_image_stands_on_the_card_where_it_was_asked_for(browser, small, pictures, tmp_path):
    asked = hf.atlas(small, *pictures, out=tmp_path / "cards.html", cards=True, live=False)
    made = hf.synthesize(small, "conv2").table
    with opened(browser, asked, "#unit=3,4,2,2&at=card") as tab:
        tab.wait_for_function("() => document.querySelector('#card').dataset.channel === 'conv2 4'")
        said = tab.locator("#card .synthesised").text_content()
        row = made.iloc[4]
        assert f"{100 * row['shift_kept']:.0f} % of it" in said
        assert f"{100 * row['transform_kept']:.0f} % when" in said
        assert float(said.split()[1].rstrip(";").replace("−", "-")) == pytest.approx(row["activation"], rel=0.005)
        assert "gosi" in facts(tab)  # gratings, although the network does not run here
    plain = hf.atlas(small, *pictures, out=tmp_path / "plain.html", live=False)
    assert plain.stat().st_size < asked.stat().st_size
    with opened(browser, plain, "#unit=3,4,2,2&at=card") as tab:
        tab.wait_for_function("() => document.querySelector('#card').dataset.channel === 'conv2 4'")
        assert tab.locator("#card .synthesised").count() == 0


def test_labels_unknown_are_left_out(small, pictures):
    """An image without a label has no say in a channel's class."""
    from hierfeat.atlas.payload import build

    images, labels = pictures
    unknown = torch.cat([labels, torch.full((4,), -1)])
    payload = build(small, torch.cat([images, images[:4].flip(-1)]), unknown)
    expected = hf.class_selectivity(small, images, labels, layers="conv2").table
    assert payload["layers"][3]["selectivity"]["index"] == pytest.approx(expected["selectivity"], abs=1e-4)
    assert build(small, images)["layers"][3]["selectivity"] is None
