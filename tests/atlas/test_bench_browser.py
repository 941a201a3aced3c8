"""The input bench, in a browser: pen and finger, pictures from outside, the webcam, and how drawings are prepared."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.atlas.driving import (
    close,
    given,
    needs_chromium,
    opened,
    output,
    settle,
    stroke,
    to_the_paper,
    torch_output,
    wait_for_frame,
)

pytestmark = needs_chromium


@pytest.fixture
def tab(browser, page):
    with opened(browser, page) as tab:
        yield tab


def act(tab, name):
    wait_for_frame(tab, lambda: tab.locator(f'[data-do="{name}"]').click())


#: A stroke by events of another kind of pointer, as the browser makes them of a finger or a pen.
POINTER = """(pad, [kind, pressure, places]) => {
  const area = pad.getBoundingClientRect();
  const fire = (type, [x, y]) => pad.dispatchEvent(new PointerEvent(type, { pointerType: kind, pressure, pointerId: 1,
    clientX: area.left + x * area.width, clientY: area.top + y * area.height, bubbles: true, isPrimary: true }));
  pad.setPointerCapture = () => {};
  pad.hasPointerCapture = () => true;
  fire("pointerdown", places[0]);
  for (const place of places.slice(1)) fire("pointermove", place);
  fire("pointerup", places.at(-1));
}"""


def ink(tab):
    return float(given(tab).sum())


def test_the_pen_draws_broader_where_it_is_pressed(tab):
    pad = tab.locator(".pad")
    found = {}
    for kind, pressure in (("touch", 0.5), ("pen", 0.1), ("pen", 0.9)):
        act(tab, "clear")
        empty = ink(tab)
        wait_for_frame(tab, lambda: pad.evaluate(POINTER, [kind, pressure, [[0.2, 0.5], [0.8, 0.5]]]))  # noqa: B023
        found[kind, pressure] = abs(ink(tab) - empty)
    assert min(found.values()) > 1
    assert found["pen", 0.9] > 1.5 * found["pen", 0.1]


def test_a_finger_draws_on_a_touch_screen(browser, page):
    with opened(browser, page, width=390, height=844, has_touch=True, is_mobile=True) as tab:
        act(tab, "clear")
        to_the_paper(tab)
        before = given(tab)
        box = tab.locator(".pad").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        scrolled = tab.evaluate("scrollY")
        session = tab.context.new_cdp_session(tab)
        send = "Input.dispatchTouchEvent"
        session.send(send, {"type": "touchStart", "touchPoints": [{"x": x, "y": y - 60}]})
        for step in range(-50, 60, 10):
            session.send(send, {"type": "touchMove", "touchPoints": [{"x": x, "y": y + step}]})
        session.send(send, {"type": "touchEnd", "touchPoints": []})
        settle(tab)
        assert np.abs(given(tab) - before).max() > 0.5
        assert tab.evaluate("scrollY") == scrolled  # it draws, and does not scroll


def test_brush_and_eraser(tab):
    act(tab, "clear")
    to_the_paper(tab)
    empty, found = ink(tab), []
    for keys in ("Home", "End"):
        tab.locator('[name="brush"]').focus()
        tab.keyboard.press(keys)
        wait_for_frame(tab, lambda: stroke(tab, [(0.2, 0.5), (0.8, 0.5)]))
        found.append(abs(ink(tab) - empty))
    assert found[1] > 2 * found[0] > 0
    tab.locator('[name="tool"][value="erase"]').check(force=True)
    for height in np.linspace(0.2, 0.8, 7):
        stroke(tab, [(0.0, height), (1.0, height)])
    settle(tab)
    assert abs(ink(tab) - empty) < 0.05 * found[1]


def test_what_was_undone_is_the_sample_again(tab):
    start, said = given(tab), tab.locator(".answer .says").inner_text()
    to_the_paper(tab)
    wait_for_frame(tab, lambda: stroke(tab, [(0.2, 0.2), (0.8, 0.8)]))
    act(tab, "invert")
    assert tab.locator(".scene canvas").first.is_visible()
    act(tab, "undo")
    act(tab, "undo")
    assert np.array_equal(given(tab), start)
    assert tab.locator(".answer .says").inner_text() == said


def test_the_square_is_dragged_over_the_image(tab, small):
    slider = tab.locator('[name="bench-square"]')
    slider.focus()
    wait_for_frame(tab, lambda: [tab.keyboard.press("ArrowRight") for _ in range(4)])
    canvas = tab.locator(".seen canvas")
    canvas.evaluate("e => e.scrollIntoView({ block: 'center' })")
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    tab.mouse.down()
    wait_for_frame(
        tab, lambda: tab.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75, steps=3)
    )
    tab.mouse.up()
    image = given(tab)[0]  # 14 × 14: the middle lies at row 10.5, column 3.5
    assert (image[9:12, 2:5] == 0.5).all()
    assert (image[:6] != 0.5).all()
    assert close(output(tab), torch_output(small, tab))


def picture(size=(60, 40)):
    """Left half red, right half blue; what shows of it where the network sees grey: 0.299 and 0.114."""
    image = Image.new("RGB", size, (255, 0, 0))
    image.paste((0, 0, 255), (size[0] // 2, 0, *size))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def is_the_picture(tab):
    image = given(tab)[0]
    return np.abs(image[:, :6] - 0.299).max() < 0.02 and np.abs(image[:, -6:] - 0.114).max() < 0.02


def test_a_picture_is_chosen(tab, small):
    file = {"name": "flag.png", "mimeType": "image/png", "buffer": picture()}
    wait_for_frame(tab, lambda: tab.locator('[name="picture"]').set_input_files(file))
    assert is_the_picture(tab)
    assert "flag.png" in tab.locator(".bench-says").inner_text()
    assert close(output(tab), torch_output(small, tab))
    act(tab, "undo")
    assert not is_the_picture(tab)


#: A drop or a paste of a file, as the browser makes them.
GIVE = """([type, data, name, mime]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name, { type: mime }));
  const made = type === "paste" ? new ClipboardEvent(type, { clipboardData: given, bubbles: true, cancelable: true })
    : new DragEvent(type, { dataTransfer: given, bubbles: true, cancelable: true });
  return document.querySelector(".pad").dispatchEvent(made);
}"""


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(tab, way):
    data = base64.b64encode(picture()).decode()
    wait_for_frame(tab, lambda: tab.evaluate(GIVE, [way, data, "flag.png", "image/png"]))
    assert is_the_picture(tab)


@pytest.mark.parametrize(("name", "mime"), [("notes.txt", "text/plain"), ("broken.png", "image/png")])
def test_what_is_no_picture_is_a_sentence(tab, name, mime):
    before = given(tab)
    tab.evaluate(GIVE, ["drop", base64.b64encode(b"words").decode(), name, mime])
    tab.wait_for_function("name => document.querySelector('.bench-says').textContent.includes(name)", arg=name)
    assert "cannot read" in tab.locator(".bench-says").inner_text()
    assert np.array_equal(given(tab), before)


def test_a_picture_stands_upright(tab):
    """EXIF says that it lies on its side."""
    image = Image.new("L", (40, 40), 0)
    image.paste(255, (0, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter clockwise: its top is on the right
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    file = {"name": "side.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    wait_for_frame(tab, lambda: tab.locator('[name="picture"]').set_input_files(file))
    assert given(tab)[0][:, -5:].mean() > 0.9
    assert given(tab)[0][:, :5].mean() < 0.1


def test_the_webcam_is_seen_live_and_frozen(browser, page, small):
    with opened(browser, page, permissions=["camera"]) as tab:
        button = tab.locator('[data-do="webcam"]')
        button.click()
        tab.wait_for_function("() => document.querySelector('[data-do=webcam]').textContent === 'Freeze'")
        seen = []
        for _ in range(2):
            wait_for_frame(tab, lambda: tab.wait_for_timeout(500))
            seen.append(given(tab))
        assert np.abs(seen[0] - seen[1]).max() > 0.01
        button.click()
        assert button.inner_text() == "Webcam"
        tab.wait_for_timeout(300)
        still = given(tab)
        tab.wait_for_timeout(500)
        assert np.array_equal(given(tab), still)
        assert close(output(tab), torch_output(small, tab))
        tab.locator('[data-do="undo"]').click()
        tab.wait_for_timeout(300)
        assert not np.array_equal(given(tab), still)


def test_a_stroke_freezes_the_webcam(browser, page):
    with opened(browser, page, permissions=["camera"]) as tab:
        tab.locator('[data-do="webcam"]').click()
        tab.wait_for_function("() => document.querySelector('[data-do=webcam]').textContent === 'Freeze'")
        to_the_paper(tab)
        stroke(tab, [(0.2, 0.5), (0.8, 0.5)])
        assert tab.locator('[data-do="webcam"]').inner_text() == "Webcam"


def test_without_permission_there_is_a_sentence(browser, page):
    with opened(browser, page, permissions=[]) as tab:
        before = given(tab)
        tab.locator('[data-do="webcam"]').click()
        tab.wait_for_function("() => /not allowed|No webcam/.test(document.querySelector('.bench-says').textContent)")
        assert tab.locator('[data-do="webcam"]').inner_text() == "Webcam"
        assert np.array_equal(given(tab), before)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NotAllowedError", "not allowed"),
        ("NotFoundError", "No webcam was found"),
        ("NotReadableError", "another program"),
        (None, "no webcam"),
    ],
)
def test_each_reason_has_its_sentence(browser, page, error, sentence):
    with opened(browser, page) as tab:
        lacking = "() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }) && null"
        refusing = f"Promise.reject(new DOMException('', '{error}'))"
        refusing = f"() => {{ navigator.mediaDevices.getUserMedia = () => {refusing}; }}"
        tab.evaluate(lacking if error is None else refusing)
        tab.locator('[data-do="webcam"]').click()
        tab.wait_for_function("said => document.querySelector('.bench-says').textContent.includes(said)", arg=sentence)
