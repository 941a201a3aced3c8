"""Digits drawn by a hand in the browser are read as the network's own test digits are."""

import numpy as np
import pytest
import torch

import hierfeat as hf
from tests.atlas.conftest import lean_page
from tests.atlas.driving import given, needs_chromium, opened, stroke, to_the_paper
from tests.atlas.handwriting import CROSSED_SEVEN, digit

pytestmark = [needs_chromium, pytest.mark.timeout(600)]
EACH = 10

#: Two pictures of the screen later, the last stroke has been answered.
ANSWER = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))));
  return atlas.output().reduce((best, value, i, all) => (value > all[best] ? i : best), 0);
}"""
#: A whole digit at once, by the events that the browser makes of a mouse: moves one by one take minutes.
DRAW = """async (strokes) => {
  document.querySelector("[data-do=clear]").click();
  const pad = document.querySelector(".pad");
  pad.setPointerCapture = () => {};
  pad.hasPointerCapture = () => true;
  const area = pad.getBoundingClientRect();
  const fire = (type, [x, y]) => pad.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: "mouse",
    isPrimary: true, clientX: area.left + x * area.width, clientY: area.top + y * area.height, bubbles: true }));
  for (const line of strokes) {
    fire("pointerdown", line[0]);
    for (const place of line.slice(1)) fire("pointermove", place);
    fire("pointerup", line.at(-1));
  }
}"""


def drawn(tab, strokes):
    """What the network says of a digit that is drawn on clean paper."""
    tab.evaluate(DRAW, strokes)
    return tab.evaluate(ANSWER)


def accuracy(browser, tmp_path, name, *, crossed, labels=range(10)):
    h = hf.load(name)
    images = hf.glyphs()[0] if name == "neocognitron-1980" else hf.digits(split="test", size=h.input_shape[1])[0][:20]
    page = lean_page(h, images, tmp_path / "page.html")
    with opened(browser, page) as tab:
        to_the_paper(tab)
        found = {
            label: [drawn(tab, digit(CROSSED_SEVEN if label == 7 and crossed else label, seed)) for seed in range(EACH)]
            for label in labels
        }
    right = [answer == label for label, answers in found.items() for answer in answers]
    wrong = {label: bad for label, answers in found.items() if (bad := [one for one in answers if one != label])}
    print(f"\n{name}: {np.mean(right):.2f} of the drawn digits read rightly; wrong: {wrong}")
    return np.mean(right)


@pytest.mark.parametrize(
    ("name", "crossed", "least"),
    [
        ("lenet5-mnist", False, 0.97),  # 1.00 when this was written
        ("lenet5-digits", True, 0.97),  # 1.00; and 0.91 with sevens that are not crossed, which its data have not
        pytest.param("neocognitron-mnist", False, 0.96, marks=pytest.mark.slow),  # 0.99
        pytest.param("neocognitron-digits", True, 0.93, marks=pytest.mark.slow),  # 0.98
    ],
)
def test_drawn_digits_are_read(browser, tmp_path, name, crossed, least):
    assert accuracy(browser, tmp_path, name, crossed=crossed) >= least


def test_the_mouse_draws_the_same(browser, tmp_path):
    """A digit drawn with the mouse itself, move by move."""
    h = hf.load("lenet5-mnist")
    page = lean_page(h, torch.rand(4, 1, 32, 32), tmp_path / "page.html")
    with opened(browser, page) as tab:
        to_the_paper(tab)
        strokes = [[line[0], *line[2:-1:3], line[-1]] for line in digit(5, 1)]
        assert drawn(tab, strokes) == 5
        expected = given(tab)
        tab.locator("[data-do=clear]").click()
        to_the_paper(tab)
        for line in strokes:
            stroke(tab, line, steps=1)
        assert tab.evaluate(ANSWER) == 5
        assert np.abs(given(tab) - expected).mean() < 0.01  # the mouse stops at whole pixels of the screen


def test_a_drawn_digit_looks_like_the_networks_own(browser, tmp_path):
    """MNIST: 20 pixels long, its mass in the middle. UCI: all rows filled, with as much ink as the data have."""
    for name in ("lenet5-mnist", "lenet5-digits"):
        h = hf.load(name)
        page = lean_page(h, hf.digits(split="test", size=h.input_shape[1])[0][:8], tmp_path / f"{name}.html")
        with opened(browser, page) as tab:
            to_the_paper(tab)
            for label in (0, 4, 5):
                drawn(tab, digit(label, 3))
                image = given(tab)[0]
                rows, cols = (np.flatnonzero((image > 0.1).any(axis)) for axis in (1, 0))
                if name == "lenet5-mnist":
                    assert max(np.ptp(rows), np.ptp(cols)) + 1 == pytest.approx(20, abs=1)
                    places = np.arange(32) + 0.5
                    middle = [(image.sum(axis) @ places) / image.sum() for axis in (1, 0)]
                    assert middle == pytest.approx([16, 16], abs=0.35)
                else:
                    assert np.ptp(rows) == 31
                    assert 0.2 < image.mean() < 0.4  # 98 of 100 of the data lie from 0.245 to 0.388


def test_without_preparation_the_drawing_is_seen_where_it_is(browser, tmp_path):
    h = hf.load("lenet5-mnist")
    page = lean_page(h, torch.rand(4, 1, 32, 32), tmp_path / "page.html")
    with opened(browser, page) as tab:
        tab.locator('[name="prepare"]').uncheck()
        to_the_paper(tab)
        drawn(tab, [[(0.1, 0.1), (0.1, 0.15), (0.1, 0.2)]])
        image = given(tab)[0]
        assert image[2:8, 2:5].sum() > 0.99 * image.sum() > 1
