"""What a frame of the live page costs in Chromium: LeNet-5's forward pass, its maps, its scores, and the rest.

Run with ``make bench``. Milliseconds of wall time, the best and the median of many frames, with the load of the
machine: where others work on it too, the best is nearest to what the page itself costs. The whole is from the first
line of script to the end of the browser's own layout and painting.
"""

import os
import shutil

import pytest

import hierfeat as hf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page in"),
]
FRAMES = 200

#: Each frame is of an image turned by another angle (a shift draws the plot of invariance as well). A message that is
#: posted before a frame arrives after it.
MEASURE = """async (count) => {
  document.querySelector("#overview").scrollIntoView();
  await new Promise((done) => setTimeout(done, 300));
  const slider = document.querySelector('[name="bench-rotation"]');
  const channel = new MessageChannel();
  const rows = [];
  for (let i = 0; i < count; i++) {
    await new Promise((done) => setTimeout(done, 10));
    slider.value = String((i % 9) - 4);
    const whole = await new Promise((done) => {
      requestAnimationFrame(() => {
        const start = performance.now();
        channel.port1.onmessage = () => done(performance.now() - start);
        channel.port2.postMessage(0);
      });
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
    rows.push({ ...atlas.spent, whole });
  }
  return rows;
}"""


@pytest.mark.parametrize("throttled", [1, 4])
def test_a_frame_of_lenet(tmp_path, throttled):
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    images, labels = hf.digits(split="test")
    page = hf.atlas(hf.load("lenet5-digits"), images, labels, out=tmp_path / "lenet5.html")
    with sync.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        tab.goto(page.as_uri())
        tab.wait_for_function("() => document.documentElement.dataset.ready === 'yes'")
        tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": throttled})
        tab.evaluate(MEASURE, 50)  # warm up
        rows = tab.evaluate(MEASURE, FRAMES)
        browser.close()
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"\nLeNet-5, a frame at 1440 × 900, CPU throttled {throttled} times, load {load}: best, median in ms")
    for row in rows:
        row["script"] = sum(row[part] for part in ("input", "forward", "maps", "scores", "rest"))
    for part in ("input", "forward", "maps", "scores", "rest", "script", "whole"):
        values = sorted(row[part] for row in rows)
        print(f"  {part:10s} {values[0]:6.1f} {values[len(values) // 2]:6.1f}")
