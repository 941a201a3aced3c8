"""Two networks side by side: each answers as hierfeat says, to the same picture; before and after surgery too."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import hierfeat as hf
from hierfeat.atlas import findings
from tests.atlas.conftest import Small
from tests.atlas.driving import needs_chromium, opened, settle, stroke, to_the_paper, wait_for_frame

pytestmark = needs_chromium
EXACT = 1e-4


class Larger(nn.Module):
    """Other layers than `Small`'s, another size of the input, and one name that both have."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 5, 5, stride=2)
        self.act = nn.Tanh()
        self.last = nn.Linear(5 * 9 * 9, 5)

    def forward(self, x):
        return self.last(self.act(self.conv1(x)).flatten(1))


def drawn_from(seed, net):
    """Weights that half precision holds exactly: the page's numbers are then hierfeat's own to rounding."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_((torch.randn(parameter.shape, generator=generator) / 3).half().float())
    return net


NAMES = ["zero", "one", "two", "three", "four"]


@pytest.fixture(scope="module")
def first():
    return hf.Hierarchy(drawn_from(1, Small()), (1, 14, 14), classes=NAMES, name="first")


@pytest.fixture(scope="module", params=["twin", "larger"])
def pair(request, first, pictures, tmp_path_factory):
    """A page of `first` with another network beside it: of the same build, or of another size altogether."""
    if request.param == "twin":
        other = hf.Hierarchy(drawn_from(2, Small()), (1, 14, 14), classes=NAMES, name="twin")
    else:
        other = hf.Hierarchy(drawn_from(3, Larger()), (1, 22, 22), classes=NAMES, name="larger")
    out = tmp_path_factory.mktemp("beside") / "page.html"
    every = findings.stages
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "stages", lambda *given, **more: [s for s in every(*given, **more) if s[0] == FIELDS])
        page = hf.atlas(first, *pictures, out=out, beside=other)
    return first, other, page


FIELDS = "receptive_fields"


def sides(tab):
    tab.wait_for_function("() => globalThis.atlas?.beside && Number(document.documentElement.dataset.beside) > 0")
    settle(tab)
    return tab.evaluate(
        """() => atlas.beside.sides.map((side, k) => ({
            given: atlas.beside.given()[k],
            output: [...side.frame.output],
            named: side.named,
            layers: side.layers.map(({ index, name }) => [name, [...side.frame.layers[index]]]),
        }))"""
    )


def as_torch(h, given):
    return torch.tensor(given, dtype=torch.float32).reshape(1, *h.input_shape)


def check(h, side):
    image = as_torch(h, side["given"])
    np.testing.assert_allclose(side["output"], h(image)[0].numpy(), atol=EXACT)
    recorded = hf.record(h, image, layers=[name for name, _ in side["layers"]])
    assert len(side["layers"]) > 2
    for name, found in side["layers"]:
        np.testing.assert_allclose(found, recorded[name].flatten().numpy(), atol=EXACT, err_msg=name)


def test_both_answer_as_hierfeat_says(browser, pair):
    first, other, page = pair
    with opened(browser, page, "#sample=3") as tab:
        for h, side in zip((first, other), sides(tab), strict=True):
            check(h, side)
        to_the_paper(tab)
        before = tab.evaluate("document.documentElement.dataset.beside")
        wait_for_frame(tab, lambda: stroke(tab, [(0.2, 0.2), (0.8, 0.7)]))
        tab.wait_for_function("before => document.documentElement.dataset.beside !== before", arg=before)
        drawn = sides(tab)
        for h, side in zip((first, other), drawn, strict=True):
            check(h, side)
        if other.input_shape == first.input_shape:
            assert drawn[0]["given"] == drawn[1]["given"]
        else:  # the same stroke, in its own size
            small, large = (as_torch(h, side["given"]) for h, side in zip((first, other), drawn, strict=True))
            shrunk = F.interpolate(large, size=(14, 14), mode="bilinear", antialias=True)
            assert torch.corrcoef(torch.stack([small.flatten(), shrunk.flatten()]))[0, 1] > 0.9


def test_samples_are_named_as_torch_names_them(browser, pair):
    first, other, page = pair
    with opened(browser, page) as tab:
        found = sides(tab)
        samples = tab.evaluate(
            "JSON.parse(document.querySelector('#payload').textContent).samples.map(s => s.prediction)"
        )
        labels = tab.evaluate("JSON.parse(document.querySelector('#payload').textContent).samples.map(s => s.label)")
        assert found[0]["named"] == samples
        for place, (h, side) in enumerate(zip((first, other), found, strict=True)):
            right = sum(named == label for named, label in zip(side["named"], labels, strict=True))
            said = tab.locator(".beside .pair-head .accuracy").nth(place).text_content()
            assert said == f"Of {len(labels)} samples of a known class it names {right} rightly."
            assert h.classes == tuple(NAMES)


def test_layers_of_one_name_stand_in_one_row(browser, pair):
    first, other, page = pair
    mapped = [layer.name for layer in other.layers if layer.kind != "other"]
    with opened(browser, page) as tab:
        sides(tab)
        rows = tab.evaluate("atlas.beside.names()")
        assert [left for left, _ in rows if left] == [layer.name for layer in first.layers if layer.kind != "other"]
        assert [right for _, right in rows if right] == mapped
        assert ["conv1", "conv1"] in rows
        if other.name == "larger":
            assert rows[:3] == [["conv1", "conv1"], ["relu1", "act"], ["pool1", None]]
            assert rows[-1] == ["fc", "last"]


def test_the_likeness_is_the_cosine(browser, pair):
    first, other, page = pair
    with opened(browser, page, "#sample=1") as tab:
        images = [as_torch(h, side["given"]) for h, side in zip((first, other), sides(tab), strict=True)]
        said = tab.locator('[data-row="0"] .likeness').text_content()
        if other.name == "larger":
            assert said == ""
            return
        a, b = (
            hf.record(h, image, layers="conv1")["conv1"].flatten()
            for h, image in zip((first, other), images, strict=True)
        )
        assert float(said.split()[-1].replace("−", "-")) == pytest.approx(
            float(F.cosine_similarity(a, b, dim=0)), abs=6e-4
        )


def operate(tab, name):
    before = tab.locator(".surgery").get_attribute("data-done") or "0"
    tab.locator(f'.surgery [data-do="{name}"]').first.click()
    tab.wait_for_function("before => document.querySelector('.surgery').dataset.done !== before", arg=before)
    settle(tab)


def test_before_and_after_surgery(browser, pair, pictures):
    first, _, page = pair
    image, labels = pictures
    shown = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]

    def averaged(call, _):
        return F.avg_pool2d(call.input, 2) if call.name == "pool1" else None

    def operated(x):
        with torch.no_grad(), first.watching(after=averaged):
            return first.forward(x)

    with opened(browser, page, "#unit=2,0,1,1") as tab:
        tab.locator('.surgery [data-do="compare"]').click()
        operate(tab, "swap-average")
        found = tab.evaluate("atlas.surgery.sides.map((side) => [...side.frame.output])")
        given = torch.tensor(tab.evaluate("[...atlas.input()]")).reshape(1, 1, 14, 14)
        np.testing.assert_allclose(found[0], first(given)[0].numpy(), atol=EXACT)
        np.testing.assert_allclose(found[1], operated(given)[0].numpy(), atol=EXACT)
        assert np.abs(np.subtract(*found)).max() > 1e-2
        said = tab.locator(".before-and-after .pair-head .accuracy").all_text_contents()
        answers = [first(image[shown]), operated(image[shown])]
        right = [int((answer.argmax(1) == labels[shown]).sum()) for answer in answers]
        assert said == [f"Of 10 samples of a known class it names {count} rightly." for count in right]


def test_a_network_that_cannot_stand_beside_is_refused(first, pictures, tmp_path):
    three = hf.Hierarchy(nn.Sequential(nn.Conv2d(2, 3, 3)), (2, 14, 14))
    with pytest.raises(hf.HierfeatError, match="one channel or three"):
        hf.atlas(first, *pictures, out=tmp_path / "page.html", beside=three)
    with pytest.raises(hf.HierfeatError, match="two networks that run in the page"):
        hf.atlas(first, *pictures, out=tmp_path / "page.html", live=False, beside=first)
    with pytest.raises(hf.HierfeatError, match="beside"):
        hf.atlas(first, *pictures, out=tmp_path / "page.html", beside="lenet5-digits")
    assert not list(tmp_path.iterdir())
