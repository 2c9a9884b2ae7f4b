"""Whoever recorded looks at it in a real browser: the verdict comes, chapters jump, parts follow one another."""

import http.client
import io
import re
import socket
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright
from recorded_world import BASE_BOOT, LINK, PATIENCE_S, Maker, Unit, World
from unit_world import FLAGS

from kuager.evidence.records import Chapter

SECONDS, RATE = 6, 10
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def clip() -> list[bytes]:
    """A real fragmented MP4: its beginning, and its fragments of half a second."""
    sink = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer"}
    with av.open(sink, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"g": str(RATE // 2), "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(SECONDS * RATE):
            frame = av.VideoFrame.from_ndarray(np.full((90, 160, 3), number * 4, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = sink.getvalue()
    cuts = [0, *(found.start() - 4 for found in re.finditer(b"moof", data)), len(data)]
    return [data[begin:end] for begin, end in pairwise(cuts)]


def record(carrier: Path, unit: Unit) -> Maker:
    """Two parts of six seconds with three seconds of break between them, and a chapter two seconds into each."""
    maker = Maker(carrier, unit)
    for number in (1, 2):
        maker.begin(number, "press")
        for count, chunk in enumerate(clip()):
            if count == 5:  # after the beginning and four half seconds
                maker.chapters.append(Chapter(chapter=number, item="mark", title="", at_us=BASE_BOOT + maker.now_us))
                maker.record("chapter", maker.chapters[-1])
            maker.chunk(f"video-{number:02d}.mp4", chunk, frames=RATE // 2 if count else 0)
        maker.end("break" if number == 1 else "closing")
        maker.now_us += 3_000_000
    maker.close()
    maker.seal()
    return maker


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Maker, str]]:
    """A recording, and where it is served."""
    unit = Unit()
    world = World(tmp_path_factory.mktemp("page"), unit)
    maker = record(world.carrier, unit)
    with socket.create_server((LINK.host, 0)) as listener:
        place = f"{LINK.host}:{listener.getsockname()[1]}"

        async def app(scope: Any, receive: Any, send: Any) -> None:
            # The guard knows one port only, and any free one must do for a test.
            headers = [each for each in scope["headers"] if each[0] not in (b"host", b"cookie")]
            key = f"kuager-{LINK.port}={LINK.key}".encode()
            headers += [(b"host", LINK.place.encode()), (b"cookie", key)]
            await world.app({**scope, "headers": headers}, receive, send)

        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield maker, place
        server.should_exit = True
        thread.join(PATIENCE_S)
    world.close()


@pytest.fixture(scope="module")
def pages() -> Iterator[Any]:
    with sync_playwright() as playwright:
        flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(pages: Any, made: tuple[Maker, str]) -> Iterator[Page]:
    """The recording's page, its story there; a complaint of the browser is a failure."""
    page = pages.new_page(viewport=WIDE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://{made[1]}/recordings/{made[0].name}?lang=en")
    expect(page.locator("#player")).to_be_attached(timeout=PATIENCE_S * 1000)
    until(page, "document.getElementById('player').readyState > 1")
    yield page
    page.close()
    assert complaints == []


def until(page: Page, expression: str) -> None:
    """(Playwright's own way of waiting needs `eval`, which the page forbids.)"""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < end, (expression, place(page))
        time.sleep(0.02)


def place(page: Page) -> tuple[str, float]:
    """The file that is played, and where in it."""
    source, at = page.evaluate("[document.getElementById('player').src, document.getElementById('player').currentTime]")
    return source.rpartition("/")[2], at


def is_at(page: Page, file: str, begin: float, end: float) -> None:
    until(
        page,
        "(() => { const p = document.getElementById('player');"
        f"return p.src.endsWith('{file}') && p.readyState > 1 && p.currentTime >= {begin} && p.currentTime < {end}; "
        "})()",
    )


def pause(page: Page) -> None:
    page.evaluate("document.getElementById('player').pause()")


def test_the_verdict_comes(page: Page) -> None:
    expect(page.locator("#verdict")).to_have_attribute("data-outcome", "authentic", timeout=PATIENCE_S * 1000)
    expect(page.locator("#verdict .word")).to_have_text("authentic")
    expect(page.locator("#verdict .training-note")).to_be_visible()
    expect(page.locator("#verdict progress")).to_have_count(0)


def test_a_chapter_jumps_to_its_moment_also_into_another_part(page: Page) -> None:
    chapters = page.locator(".chapters button")
    chapters.nth(1).click()
    is_at(page, "video-02.mp4", 2, 4)
    chapters.nth(0).click()
    is_at(page, "video-01.mp4", 2, 4)
    pause(page)
    assert page.locator("#parts [aria-current]").inner_text().startswith("video-01.mp4")
    assert page.locator("#entries [aria-current]").inner_text().endswith("Chapter 1: Mark")
    now = float(page.locator("#line").get_attribute("aria-valuenow") or "nan")
    assert now == pytest.approx(place(page)[1], abs=0.3)


def test_the_end_of_a_part_goes_on_to_the_next(page: Page) -> None:
    page.evaluate("document.getElementById('player').currentTime = 5.5")
    page.evaluate("document.getElementById('player').play()")
    is_at(page, "video-02.mp4", 0.1, 3)


def test_the_line_of_time_is_moved_along_by_keys_and_by_pointing(page: Page) -> None:
    line = page.locator("#line")
    line.focus()
    page.keyboard.press("ArrowRight")
    is_at(page, "video-01.mp4", 4.99, 5.01)
    page.keyboard.press("ArrowRight")
    is_at(page, "video-02.mp4", 0.9, 1.1)  # ten seconds: one into the second part, after six and the break
    page.keyboard.press("PageDown")
    is_at(page, "video-02.mp4", 1.99, 2.01)
    page.keyboard.press("ArrowLeft")
    is_at(page, "video-01.mp4", 5.9, 6.01)  # the break is stepped over backwards
    page.keyboard.press("PageUp")
    is_at(page, "video-01.mp4", 1.99, 2.01)
    page.keyboard.press("End")
    is_at(page, "video-02.mp4", 5.8, 6.1)
    page.keyboard.press("Home")
    is_at(page, "video-01.mp4", 0, 0.01)
    box = line.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 12 / 15, box["y"] + box["height"] / 2)
    is_at(page, "video-02.mp4", 2.5, 3.5)


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_nothing_is_wider_than_a_telephone(page: Page, made: tuple[Maker, str], language: str) -> None:
    page.set_viewport_size(NARROW)
    for path in ("/recordings", f"/recordings/{made[0].name}"):
        page.goto(f"http://{made[1]}{path}?lang={language}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_range_over_a_real_connection(made: tuple[Maker, str]) -> None:
    maker, where = made
    data = (maker.path / "video-01.mp4").read_bytes()
    connection = http.client.HTTPConnection(where, timeout=PATIENCE_S)
    for method, asked, status, body in (
        ("GET", "bytes=10-19", 206, data[10:20]),
        ("GET", None, 200, data),
        ("HEAD", None, 200, b""),
        ("GET", f"bytes={len(data)}-", 416, b""),
        ("GET", "bytes=-5", 206, data[-5:]),
    ):
        headers = {"Range": asked} if asked else {}
        connection.request(method, f"/recordings/{maker.name}/video-01.mp4", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, body)
    connection.close()
