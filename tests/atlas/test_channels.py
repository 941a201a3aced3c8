"""The table of channels: what it holds, how it sorts and sifts, and that a row leads to its unit."""

import pytest

import hierfeat as hf
from tests.atlas.driving import needs_chromium, opened

pytestmark = needs_chromium


def rows(tab):
    """The table's rows: layer, channel, type, orientation, gOSI, best grating, active."""
    lines = tab.locator(".channels tbody tr").evaluate_all("all => all.map(r => [...r.cells].map(c => c.textContent))")
    return [line[:7] for line in lines]


def test_the_table_sorts_sifts_and_searches(browser, page, small):
    with opened(browser, page) as tab:
        shown = rows(tab)
        channels = [layer for layer in small.layers if layer.kind != "other"]
        assert len(shown) == sum(layer.out_shape[0] for layer in channels)
        tab.locator('.channels [name="channel-view"]').select_option("selective")
        selectivity = [float(row[4]) for row in rows(tab)]
        assert selectivity == sorted(selectivity, reverse=True)
        tab.locator('.channels [name="channel-view"]').select_option("ten")
        assert [float(row[4]) for row in rows(tab)] == selectivity[:10]
        tab.locator('.channels [name="channel-view"]').select_option("all")
        tab.locator('.channels [name="channel-text"]').fill("conv2")
        assert {row[0] for row in rows(tab)} == {"conv2"}
        assert [int(row[1]) for row in rows(tab)] == list(range(6))
        tab.locator('.channels [data-by="channel"]').click()
        assert [int(row[1]) for row in rows(tab)] == list(range(5, -1, -1))
        assert tab.locator('.channels th[aria-sort="descending"]').count() == 1


def test_its_numbers_are_those_of_the_analyses(browser, page, small, pictures):
    tuning = hf.orientation_tuning(small, layers="conv1").table
    active = hf.sweep(small, pictures[0], [hf.ActiveFraction()], layers="conv1")[0]
    with opened(browser, page) as tab:
        tab.locator('.channels [name="channel-text"]').fill("conv1")
        for row, expected, share in zip(rows(tab), tuning.itertuples(), active["active_fraction"], strict=True):
            assert row[2] == expected.cell_type
            if row[4]:
                assert float(row[4]) == pytest.approx(expected.gosi, abs=0.006)
            assert float(row[6].removesuffix(" %")) == pytest.approx(100 * share, abs=0.06)


def test_a_row_leads_to_its_unit(browser, page):
    with opened(browser, page) as tab:
        tab.locator('.channels [name="channel-text"]').fill("conv2 4")
        tab.locator(".channels tbody a").first.click()
        tab.wait_for_function("() => location.hash.includes('unit=3,4,')")
        assert "conv2" in tab.locator(".overview .readout").text_content()


def test_dead_channels_are_found(browser, tmp_path):
    import torch
    from torch import nn

    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 2))
    with torch.no_grad():
        net[0].bias[:] = torch.tensor([1.0, -1.0, 1.0])
        net[0].weight[1] = 0.0
    page = hf.atlas(hf.Hierarchy(net, (1, 8, 8)), torch.rand(6, 1, 8, 8), out=tmp_path / "dead.html")
    with opened(browser, page) as tab:
        tab.locator('.channels [name="channel-view"]').select_option("dead")
        assert [row[:2] for row in rows(tab) if row[0] in ("0", "1")] == [["0", "1"], ["1", "1"]]
