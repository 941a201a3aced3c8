"""What a page of one's own images, of a large network, of a network without logits says and shows; in a browser."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import hierfeat as hf
from hierfeat import cli
from hierfeat.atlas.overview import chosen_layers, distinct
from tests.atlas.conftest import lean_page
from tests.atlas.driving import needs_chromium, opened, settle

pytestmark = needs_chromium
PLACES = ("animal", "a place with a very long name", "a place with a very long second name")


def save_all_kinds(folder):
    """Five pictures, as photographs come: colour, 16-bit grey, with transparency, turned by EXIF, of a palette."""
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    colour = Image.fromarray(pixels)
    colour.save(folder / "colour.png")
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 257).save(folder / "sixteen.png")
    clear = colour.convert("RGBA")
    clear.putalpha(120)
    clear.save(folder / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    colour.save(folder / "turned.jpg", exif=exif)
    colour.convert("P").save(folder / "palette.png")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The page of a grey network and folders of one's own."""
    folder = tmp_path_factory.mktemp("own")
    for place in PLACES:
        save_all_kinds(folder / "images" / place)
    words = ["atlas", "lenet5-digits", "--images", str(folder / "images"), "--out", str(folder / "own.html")]
    assert cli.main(words) == 0
    return folder / "own.html"


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flat")
    save_all_kinds(folder / "images")
    words = ["atlas", "lenet5-digits", "--images", str(folder / "images"), "--out", str(folder / "flat.html")]
    assert cli.main(words) == 0
    return folder / "flat.html"


def captions(tab):
    return [
        tuple(span)
        for span in tab.locator(".samples label span[title]").evaluate_all(
            "all => all.map(one => [one.title, one.textContent])"
        )
    ]


def test_folders_are_names_and_no_classes(browser, own):
    with opened(browser, own) as tab:
        found = captions(tab)
        assert len(found) == 10  # as many as the plan allows, of all folders
        assert {name for name, _ in found} == set(PLACES)
        for index in (0, 9):
            tab.locator(".samples label").nth(index).click()
            said = tab.locator(".answer .says")
            tab.wait_for_function(
                "name => document.querySelector('.answer .says').textContent.endsWith(`the sample is from ${name}`)",
                arg=found[index][0],
            )
            assert "; it is" not in said.inner_text()


def test_captions_that_are_cut_differ(browser, own):
    with opened(browser, own) as tab:
        found = set(captions(tab))
        assert len({short for _, short in found}) == len({name for name, _ in found}) == len(PLACES)


def test_a_flat_folder_is_unlabelled(browser, flat):
    with opened(browser, flat) as tab:
        assert [name for name, _ in captions(tab)] == [f"image {index}" for index in range(5)]
        said = tab.locator(".answer .says").inner_text()
        assert said.startswith("says ")
        assert "it is" not in said
        assert "class -1" not in tab.locator("body").inner_text()


class Fire(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.expand_three_by_three = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.expand_three_by_three_activation = nn.ReLU()

    def forward(self, x):
        return self.expand_three_by_three_activation(self.expand_three_by_three(x))


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """14 blocks, whose layers' names begin and end alike, and 40 classes with long names."""
    torch.manual_seed(0)
    net = nn.Sequential(
        *(Fire(1 if block == 0 else 8, 8) for block in range(14)), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8 * 64, 40)
    )
    classes = [f"a class with a long name, number {index}" for index in range(40)]
    h = hf.Hierarchy(net, (1, 16, 16), classes=classes, name="deep")
    images = torch.rand(6, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    return hf.atlas(h, images, torch.arange(6), out=tmp_path_factory.mktemp("deep") / "deep.html")


@pytest.mark.parametrize("scrolled", [0, 150, 10_000])
@pytest.mark.parametrize("width", [1440, 1024])
def test_the_answer_is_in_sight_and_nothing_shows_through(browser, deep, width, scrolled):
    with opened(browser, deep, width=width) as tab:
        tab.locator("#overview").scroll_into_view_if_needed()
        tab.locator(".columns").evaluate("(e, by) => { e.scrollIntoView(); e.scrollLeft = by; }", scrolled)
        settle(tab)
        box = tab.locator(".answer").bounding_box()
        assert box["x"] + box["width"] <= width
        through = """([kind, share]) => {
          const column = document.querySelector(kind).getBoundingClientRect();
          const bottom = document.querySelector(".columns").getBoundingClientRect().bottom - 20;
          return [...Array(20).keys()].every((i) => {
            const [x, y] = [column.left + column.width * share, column.top + ((bottom - column.top) * (i + 0.5)) / 20];
            const found = document.elementFromPoint(x, y);
            return y > innerHeight || y < 90 || found.closest(kind) !== null;
          });
        }"""
        assert tab.evaluate(through, [".column.answer", 0.5])
        assert tab.evaluate(through, [".column.input", 0.5])
        assert tab.evaluate(through, [".column.answer", 0.9])


def test_on_a_phone_the_answer_is_said_above_the_columns(browser, deep):
    with opened(browser, deep, width=390, height=844) as tab:
        line = tab.locator(".says.narrow")
        assert line.is_visible()
        assert line.inner_text() == tab.locator(".answer .says").inner_text()
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_names_stand_in_full(browser, deep):
    with opened(browser, deep) as tab:
        names = tab.locator(".overview .column[data-layer] h3 a")
        shown = names.evaluate_all(
            "all => all.map(one => [one.title, one.textContent, one.scrollWidth - one.clientWidth])"
        )
        assert all(full == text for full, text, _ in shown)
        cut = tab.locator(".overview .column h3, .scores span").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
        )
        assert cut == 0


def test_a_large_network_shows_convolutions_with_their_rectifiers(browser, deep):
    with opened(browser, deep) as tab:
        assert "of 30 layers are shown here" in tab.locator(".overview .note").inner_text()
        shown = tab.locator(".overview .column[data-layer] h3 a").evaluate_all("all => all.map(one => one.title)")
        assert 12 <= len(shown) <= 24
        rectified = [name for name in shown if name.endswith("activation")]
        assert rectified
        assert all(name.removesuffix("_activation") in shown for name in rectified)


def test_chosen_layers_keep_groups_whole():
    kinds = ["conv", "activation", "pool"] * 12 + ["linear"]
    layers = [{"index": index, "kind": kind, "maps": True} for index, kind in enumerate(kinds)]
    chosen = chosen_layers(layers, 24)
    assert len(chosen) <= 24
    assert chosen[0] == 0
    assert chosen[-1] == 36
    assert all({index - index % 3 + part for part in range(3)} <= set(chosen) for index in chosen if index < 36)


class Tokens(nn.Module):
    """A vision transformer's shape: a convolution makes patches, everything after it is of tokens."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 4, 4)
        self.mix, self.act, self.head = nn.Linear(8, 8), nn.GELU(), nn.Linear(8, 3)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.act(self.mix(x)).mean(1))


def test_layers_of_tokens_are_accounted_for(browser, tmp_path):
    page = hf.atlas(hf.Hierarchy(Tokens(), (1, 16, 16)), torch.rand(4, 1, 16, 16), out=tmp_path / "tokens.html")
    with opened(browser, page) as tab:
        said = tab.locator(".overview .note").inner_text()
        assert "3 layers give tokens, or have their channels last" in said


@pytest.mark.parametrize("name", ["neocognitron-1980", pytest.param("neocognitron-digits", marks=pytest.mark.slow)])
def test_scores_that_are_no_logits_are_no_per_cent(browser, tmp_path, name):
    h = hf.load(name)
    images = (hf.glyphs() if name == "neocognitron-1980" else hf.digits(split="test"))[0][:4]
    page = lean_page(h, images, tmp_path / "page.html")
    with opened(browser, page) as tab:
        said = tab.locator(".scores").inner_text()
        assert "%" not in said
        numbers = [
            float(text.replace("−", "-")) for text in tab.locator(".scores li span:last-child").all_inner_texts()
        ]
        output = tab.evaluate("Array.from(atlas.output())")
        assert sorted(numbers) == pytest.approx(sorted(output), rel=6e-3, abs=1e-3)


def test_bars_have_one_width_with_words_for_classes(browser, deep):
    with opened(browser, deep) as tab:
        boxes = tab.locator(".scores i").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(one => [one.left, one.width])"
        )
        assert np.ptp(np.array(boxes), axis=0).max() < 0.5
        assert boxes[0][1] > 20


def test_distinct_names():
    names = ["features.3.expand3x3", "features.4.expand3x3", "features.3.expand3x3_activation"]
    short = distinct(names, 10)
    assert len(set(short)) == 3
    assert max(map(len, short)) == 12  # the shortest at which they differ
    assert distinct(["same name", "same name"], 4) == ["…ame", "…ame"]
    assert distinct([], 4) == []
