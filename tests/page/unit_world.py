"""The whole virtual unit with its page, and a person at a browser."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

KUAGER = str(Path(sys.executable).with_name("kuager"))
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 40_000


class Unit:
    """`kuager run --page` in a folder; `url` is the link that it printed."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder, self.carrier = folder, folder / "card"
        self.settings = folder / "unit.toml"
        self.settings.write_text(
            f'[unit]\nlanguage = "{language}"\n[carrier]\npath = "card"\n[paths]\nstate = "state"\nrun = "run"\n'
        )
        command = [KUAGER, "run", "--page", "--find", "--port", "0", "--settings", str(self.settings)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(60)
        assert self._process.stdout
        self._process.stdout.close()
        return code

    def kill_page(self) -> None:
        """SIGKILL to the page's process."""
        (pid,) = (
            int(each.parent.name)
            for each in Path("/proc").glob("[0-9]*/cmdline")
            if {b"kuager.board.page", str(self.settings).encode()} <= set(_words(each))
        )
        os.kill(pid, signal.SIGKILL)

    def log(self) -> str:
        return (self.folder / "state" / "kuager.log").read_text()

    def verify(self, *names: str) -> subprocess.CompletedProcess[str]:
        trust = self.folder / "state" / "authority" / "ca.pem"
        paths = [str(self.carrier / name) for name in names] or [str(self.carrier)]
        return subprocess.run(
            [KUAGER, "verify", "--trust", str(trust), *paths], capture_output=True, text=True, check=False, timeout=60
        )


def _words(cmdline: Path) -> list[bytes]:
    try:
        return cmdline.read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile
        return []


@contextmanager
def running(folder: Path, language: str = "ru") -> Iterator[Unit]:
    unit = Unit(folder, language)
    try:
        yield unit
    finally:
        if unit._process.poll() is None:
            unit.stop()


class Person:
    """Looks at the page and presses."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """And have the controls: a page that was there before may just be leaving."""
        self.page.goto(url)
        expect(self.page.locator("#record")).to_be_enabled(timeout=PATIENCE_MS)

    @property
    def state(self) -> str:
        return self.page.evaluate("document.body.dataset.state ?? ''")

    def wait_for(self, state: str) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)

    def press(self, button: str, seconds: float = 0.1) -> None:
        self.page.locator(f"#{button}").hover()
        self.page.mouse.down()
        time.sleep(seconds)
        self.page.mouse.up()

    def hold(self, button: str) -> None:
        self.press(button, 1.5)

    @property
    def light(self) -> str:
        return self.page.locator("#lamp").get_attribute("data-rgb") or ""

    def wait_for_light(self, rgb: str) -> None:
        expect(self.page.locator("#lamp")).to_have_attribute("data-rgb", rgb, timeout=PATIENCE_MS)

    def remember_lights(self) -> None:
        """From now on every light that was shown is in `lights`, however briefly."""
        self.page.evaluate("""() => {
          window.lights = [];
          const lamp = document.getElementById('lamp');
          new MutationObserver(() => lights.push(lamp.dataset.rgb)).observe(lamp, { attributeFilter: ['data-rgb'] });
        }""")

    def until(self, expression: str) -> None:
        """Waits for something in the page. (Playwright's own way needs `eval`, which the page forbids.)"""
        end = time.monotonic() + PATIENCE_MS / 1000
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.05)

    def said(self) -> list[str]:
        return self.page.locator("#said li > span").all_inner_texts()

    def wait_until_said(self, text: str) -> None:
        expect(self.page.locator("#said")).to_contain_text(text, timeout=PATIENCE_MS)

    def through(self, dialogue: str, confirmed: str) -> None:
        """Steps on with mark until the dialogue is over; once `confirmed` was said, record is pressed instead."""
        pressed_at, end = 0, time.monotonic() + 120
        while self.state == dialogue and time.monotonic() < end:
            texts = self.said()
            asked = bool(texts) and confirmed in texts[-1]
            if not asked:
                self.press("mark")
            elif len(texts) > pressed_at:
                pressed_at = len(texts)
                self.press("record")
            time.sleep(0.5)

    def play(self, fault: str) -> None:
        self.page.locator("details.drawer").evaluate("each => { each.open = true; }")
        self.page.locator(f"[data-fault={fault}]").click()
