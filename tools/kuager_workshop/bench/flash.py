"""How long after a click on the page's button its light flashes, in a browser's own time.

From the click in Debian's Chromium through the page's process, the board's door, debouncing, session and light, and
all the way back to the drawn lamp. While something is recorded, so that the machine is as busy as it will be.
"""

import random
import statistics
import time
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

from kuager.board.page import link
from kuager.errors import UsageError
from kuager_workshop.bench.figure import Figure
from kuager_workshop.bench.measure import BenchError
from kuager_workshop.bench.unit import START_S, Unit

_CHROMIUM = "/usr/bin/chromium"
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_LIMIT_MS = 100.0
_WHITE = "255,255,255"

_LISTEN = """() => {
  const lamp = document.getElementById('lamp');
  window.clicked = 0; window.flashed = [];
  document.getElementById('mark').addEventListener('pointerdown', () => { clicked = performance.now(); }, true);
  new MutationObserver(() => {
    if (clicked && lamp.dataset.rgb === '%s') requestAnimationFrame(() => {
      if (clicked) { flashed.push(performance.now() - clicked); clicked = 0; }
    });
  }).observe(lamp, { attributeFilter: ['data-rgb'] });
}"""


def measure(folder: Path, presses: int) -> list[Figure]:
    """So many clicks on *mark* while something is recorded."""
    chance = random.Random(1)
    with Unit(folder, "", "--page", "--port", "0") as unit, sync_playwright() as playwright:
        unit.ready()
        unit.record()
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_FLAGS))
        page = browser.new_page()
        _open(page, unit)
        page.evaluate(_LISTEN % _WHITE)
        page.locator("#mark").hover()
        for turn in range(presses):
            page.mouse.down()
            time.sleep(0.1)
            page.mouse.up()
            time.sleep(0.9 + chance.random())
            if len(page.evaluate("flashed")) != turn + 1:
                raise BenchError("a click on the page was not answered by a flash")
        times = [float(each) for each in page.evaluate("flashed")]
        browser.close()
    how = f"a click in Chromium to the frame that draws the flash, {presses} clicks while recording"
    return [
        Figure(group="flash", name="click to flash, median", value=statistics.median(times), unit="ms",
               limit=_LIMIT_MS, bound="below", how=how),
        Figure(group="flash", name="click to flash, worst", value=max(times), unit="ms", how=how),
    ]  # fmt: skip


def _open(page: Page, unit: Unit) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            page.goto(link.load(unit.run).url)
            page.locator("body[data-state=opening], body[data-state=recording]").wait_for()
            return
        except (Error, UsageError) as error:
            if time.monotonic() > end:
                raise BenchError(f"the page does not open: {error}") from None
            time.sleep(0.2)
