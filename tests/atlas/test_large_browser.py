"""Networks of many layers: they fold, their skips are drawn, little is on the page at a time; cautions come first."""

import pytest
import torch
import torchvision
from torch import nn

import hierfeat as hf
from hierfeat.atlas import findings
from hierfeat.atlas.blocks import blocks
from hierfeat.atlas.payload import build
from tests.atlas.driving import needs_chromium, opened

MOST = 5000  # elements on the page
SECONDS = 1.0  # in which a section opens


def made(name, folder):
    """The page of a network with random weights, without the measurements that take long."""
    torch.manual_seed(0)
    h = hf.Hierarchy(getattr(torchvision.models, name)(weights=None), (3, 32, 32), name=name)
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    every, wanted = findings.stages, ("receptive_fields", "distribution")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            findings, "stages", lambda *given, **more: [one for one in every(*given, **more) if one[0] in wanted]
        )
        return hf.atlas(h, images, out=folder / f"{name}.html", live=False)


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    return made("densenet121", tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="module")
def residual(tmp_path_factory):
    return made("resnet18", tmp_path_factory.mktemp("large"))


def elements(tab):
    return tab.evaluate("document.querySelectorAll('*').length")


OPENING = """async () => {
    const closed = () => document.querySelector('details.block[open] details.layer:not([open])');
    while (!closed()) await new Promise((resolve) => requestAnimationFrame(resolve));  // a block fills when it is open
    const section = closed();
    const start = performance.now();
    section.querySelector('summary').click();
    await new Promise((resolve) => {
        const look = () => (section.querySelector('.map.chosen') ? resolve() : requestAnimationFrame(look));
        look();
    });
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return (performance.now() - start) / 1000;
}"""


@needs_chromium
def test_densenet_stays_small_and_its_sections_open_at_once(browser, dense):
    with opened(browser, dense) as tab:
        assert elements(tab) <= MOST
        taken = []
        for place in range(0, 60, 12):
            tab.locator("details.block > summary").nth(place).click()
            taken.append(tab.evaluate(OPENING))
            tab.locator(".fold-rows").nth(place).click()
            assert elements(tab) <= MOST
        print("seconds to open a section:", [round(one, 3) for one in taken])
        assert min(taken) < SECONDS
        assert tab.locator("details.layer[open]").count() <= 2  # the oldest closed by themselves
        assert tab.locator('.fold-rows[aria-expanded="true"]').count() <= 2


@needs_chromium
def test_a_layer_within_a_folded_block_is_reached(browser, dense):
    name = "features.denseblock3.denselayer7.conv2"
    with opened(browser, dense, f"#layer-{name}") as tab:
        section = tab.locator(f'[id="layer-{name}"]')
        section.locator(".map.chosen").wait_for()
        assert section.evaluate("e => e.closest('details.block').open")
        tab.locator('.channels [name="channel-text"]').fill("denseblock2.denselayer1.conv2 5")
        tab.locator(".channels tbody a").first.click()
        tab.wait_for_function("() => document.querySelector('#card').dataset.channel.endsWith('conv2 5')")


@needs_chromium
def test_skips_of_a_residual_network_are_drawn(browser, residual):
    """In each block the shortcut goes from the block's input, or the convolution that fits it, to the addition."""
    with opened(browser, residual) as tab:
        names = tab.evaluate("JSON.parse(document.querySelector('#payload').textContent).layers.map(one => one.name)")
        folded = tab.locator(".skip-edges path").count()
        for _ in range(4):
            tab.locator('.fold-rows[aria-expanded="false"]').first.click()
        edges = tab.locator(".skip-edges path").evaluate_all("all => all.map(e => e.dataset.edge)")
        drawn = {tuple(names[int(index)] for index in edge.split()) for edge in edges}
        expected = {("maxpool", "layer1.0.add"), ("layer1.0.relu#2", "layer1.1.add")}
        for stage, before in (("layer2", "layer1"), ("layer3", "layer2"), ("layer4", "layer3")):
            expected |= {
                (f"{before}.1.relu#2", f"{stage}.0.downsample.0"),
                (f"{stage}.0.bn2", f"{stage}.0.add"),
                (f"{stage}.0.relu#2", f"{stage}.1.add"),
            }
        assert drawn == expected
        assert folded < len(edges)
        path = tab.locator(f'.skip-edges path[data-edge="{names.index("maxpool")} {names.index("layer1.0.add")}"]')
        ends = [
            row.bounding_box()
            for row in (
                tab.locator("#layer-table tr", has_text="maxpool"),
                tab.locator("#layer-table tr", has_text="layer1.0.add"),
            )
        ]
        middles = [box["y"] + box["height"] / 2 for box in ends]
        box = path.bounding_box()
        assert [box["y"], box["y"] + box["height"]] == pytest.approx(middles, abs=2)


@needs_chromium
def test_cautions_stand_on_top(browser, residual):
    with opened(browser, residual) as tab:
        said = tab.locator("header .warning").all_text_contents()
        assert said[0].startswith("The weights are random")
        assert any(one.startswith("Fields larger than the image") and "layer1.1.conv1" in one for one in said)


def test_blocks_hold_every_layer_once_and_in_order():
    rows = [{"name": name} for name in ("conv1", "relu", *(f"features.{i}.conv" for i in range(90)), "fc", "fc#2")]
    found = blocks(rows)
    assert [row for block in found for row in block.layers] == rows
    assert [block.name for block in found] == [None, "features", None]  # parts of one layer each do not fold
    deep = [{"name": f"stage.{i}.{part}"} for i in range(30) for part in ("conv", "norm", "relu")]
    assert [block.name for block in blocks(deep)] == [f"stage.{i}" for i in range(30)]
    assert blocks(rows[:3]) == [(None, rows[:3])]


def test_cautions_by_hand():
    """A stride of 3 with a kernel of 2 leaves every third row and column unseen: 5 of 9 pixels; 3 of 4 are dead."""
    net = nn.Sequential(
        nn.Conv2d(1, 4, 2, stride=3), nn.ReLU(), nn.Conv2d(4, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
    )
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([1.0, -1, -1, -1]).reshape(4, 1, 1, 1).expand(4, 1, 2, 2))
        net[0].bias.zero_()
    built = build(hf.Hierarchy(net, (1, 9, 9)), torch.rand(5, 1, 9, 9) + 0.01)
    assert built["cautions"]["dead"] == [[1, 3]]
    assert built["cautions"]["unseen"] == {"0": pytest.approx(5 / 9, rel=1e-4)}
    # fields of 2, 2 + 2·3 = 8 and 8 + 2·3 = 14 pixels
    assert built["cautions"]["larger"] == [3]
    seen = build(hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 9, 9)), torch.rand(4, 1, 9, 9))
    assert seen["cautions"]["unseen"] == {}
    assert seen["cautions"]["larger"] == []
