"""An officer's day on the page, in Debian's Chromium: press, opening, mark, photograph, interruption, closing, seal."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright
from unit_world import FLAGS, PATIENCE_MS, Person, Unit, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WHITE, GREEN, RED, DARK = "255,255,255", "0,255,0", "255,0,0", "0,0,0"


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    folder = tmp_path_factory.mktemp("day")
    with running(folder) as unit:
        yield unit
    subprocess.run(["chattr", "-R", "-f", "-ia", str(folder)], check=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def person(browser: Browser, unit: Unit) -> Iterator[Person]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    troubles = watch(page)
    found = Person(page)
    found.open(unit.url)
    found.wait_for("ready")
    yield found
    page.close()
    assert troubles == []


def watch(page: Page) -> list[str]:
    """What the browser complains of: errors, and anything that the page's policy forbade."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    return troubles


def test_a_whole_session(person: Person, unit: Unit) -> None:
    page = person.page
    person.wait_for_light(GREEN)
    expect(page.locator("#camera")).to_contain_text("ролик вместо камеры")
    expect(page.locator("#picture")).to_be_visible(timeout=PATIENCE_MS)

    person.press("record")
    person.wait_for("opening")
    person.wait_for_light(RED)
    expect(page.locator("#durable")).to_have_class(re.compile("safe"))
    person.wait_until_said("Запись включена")
    person.through("opening", "Допрос")
    person.wait_for("recording")

    person.press("mark")
    person.hold("mark")
    expect(page.locator("#picture")).to_be_visible()

    person.play("camera-gone")
    person.wait_for("interrupted")
    person.wait_until_said("неисправность камеры")
    expect(page.locator("#warnings")).to_contain_text("Камера не даёт изображения")
    expect(page.locator("#blank")).to_be_visible()
    expect(page.locator(".lesson:visible")).to_contain_text("Записывается только звук")
    expect(page.locator("#taught")).to_contain_text("Пропуск в изображении")
    person.play("camera-back")
    person.wait_for("recording")

    person.hold("record")
    person.wait_for("closing")
    person.wait_for_light(RED)  # the closing dialogue is recorded too
    person.through("closing", "Чтобы закончить запись")
    sealed = page.locator("#said .sealed a")
    expect(sealed).to_have_count(1, timeout=PATIENCE_MS)
    person.wait_for_light(GREEN)
    assert int(page.evaluate("document.body.dataset.heard ?? 0")) > 48_000, "the browser played what the unit said"

    name = sealed.inner_text().split(": ")[1]
    verdict = unit.verify(name)
    assert verdict.returncode == 0, verdict.stdout
    assert (unit.carrier / name / "photo-0001.jpg").exists()

    sealed.click()
    expect(page.get_by_text("подлинно", exact=True).first).to_be_visible(timeout=PATIENCE_MS)


def test_a_press_is_answered_by_a_flash_and_the_unit_shakes(person: Person) -> None:
    person.page.evaluate("""() => {
      window.seen = [];
      const lamp = document.getElementById('lamp'), unit = document.getElementById('unit');
      new MutationObserver(() => seen.push(lamp.dataset.rgb)).observe(lamp, {attributeFilter: ['data-rgb']});
      new MutationObserver(() => unit.classList.contains('shakes') && seen.push('shakes'))
        .observe(unit, {attributeFilter: ['class']});
    }""")
    person.press("mark")  # nothing is recorded: refused, and answered all the same
    person.until(f"seen.includes('{WHITE}') && seen.includes('shakes')")


def test_keys_are_buttons_and_are_let_go_when_the_page_loses_them(person: Person) -> None:
    page = person.page
    page.keyboard.down("m")
    expect(page.locator("#mark")).to_have_class(re.compile("down"))
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    expect(page.locator("#mark")).not_to_have_class(re.compile("down"))
    page.keyboard.up("m")
    page.locator("#mark").focus()
    page.keyboard.down(" ")
    expect(page.locator("#mark")).to_have_class(re.compile("down"))
    page.keyboard.up(" ")
    expect(page.locator("#mark")).not_to_have_class(re.compile("down"))


def test_the_mode_slider_moves_the_switch(person: Person) -> None:
    for mode, shown in (("sound", "только звук"), ("stills", "фотоснимки"), ("video", "видео со звуком")):
        person.page.locator(f"#mode input[value={mode}]").check(force=True)
        expect(person.page.locator("#number")).to_contain_text(shown)
        # Of sound alone there is no picture, and the last one must not look as if it were now.
        expect(person.page.locator("#blank" if mode == "sound" else "#picture")).to_be_visible(timeout=PATIENCE_MS)


def test_a_touch_held_is_a_button_held(browser: Browser, unit: Unit) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    person = Person(page)
    person.open(unit.url)
    person.wait_for("ready")
    box = page.locator("#mark").bounding_box()
    assert box
    finger = context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    page.locator("#mark").scroll_into_view_if_needed()
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(page.locator("#discreet")).to_be_visible(timeout=PATIENCE_MS)
    person.wait_for_light(DARK)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    person.hold("mark")
    expect(page.locator("#discreet")).to_be_hidden(timeout=PATIENCE_MS)
    person.wait_for_light(GREEN)
    context.close()


def test_another_browser_watches_and_may_take_the_controls(person: Person, browser: Browser, unit: Unit) -> None:
    other = browser.new_page()
    other.goto(unit.url)
    expect(other.locator("#watching")).to_be_visible()
    expect(other.locator("#record")).to_be_disabled()
    expect(other.locator("#headline")).to_have_text("ГОТОВ")
    other.locator("#take").click()
    expect(other.locator("#record")).to_be_enabled()
    expect(person.page.locator("#record")).to_be_disabled()
    person.page.locator("#take").click()
    expect(other.locator("#record")).to_be_disabled()
    other.locator("#take").click()
    expect(person.page.locator("#record")).to_be_disabled()
    other.close()  # then they come back by themselves
    expect(person.page.locator("#record")).to_be_enabled()


def test_closing_the_page_never_stops_a_recording_nor_does_the_page_dying(
    person: Person, browser: Browser, unit: Unit
) -> None:
    person.press("record")
    person.wait_for("opening")
    person.wait_for_light(RED)
    person.page.goto("about:blank")
    unit.kill_page()
    time.sleep(1.5)
    page = browser.new_page()
    again = Person(page)
    for _ in range(50):  # the page's process starts again, at the same link
        try:
            again.open(unit.url)
            break
        except Error:  # while nobody listens yet
            time.sleep(0.2)
    again.wait_for("opening")
    again.wait_for_light(RED)
    assert float(page.locator("#elapsed").inner_text().split(":")[-1]) >= 1
    page.close()
    person.open(unit.url)
    person.wait_for("opening")


def test_no_light_outlives_the_process_that_says_it(person_in_session: Person, unit: Unit) -> None:
    person_in_session.remember_lights()
    person_in_session.play("kill-supervisor")
    person_in_session.until(f"lights.includes('{DARK}')")
    person_in_session.wait_for_light(RED)  # a new one goes on with the recording
    person_in_session.wait_for("opening")


def test_a_power_cut_is_declared_and_the_next_recording_continues(person_in_session: Person, unit: Unit) -> None:
    before = {path.name for path in unit.carrier.glob("KZ*Z")}
    person_in_session.remember_lights()
    person_in_session.play("power-cut")
    person_in_session.until(f"lights.includes('{DARK}')")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and len(list(unit.carrier.glob("KZ*Z"))) <= len(before):
        time.sleep(0.2)
    assert len(list(unit.carrier.glob("KZ*Z"))) == len(before) + 1
    person_in_session.wait_for_light(RED)


def test_switching_off_seals_what_is_open(unit: Unit) -> None:
    assert unit.stop() == 0
    verdict = unit.verify()
    assert verdict.returncode in (0, 3), verdict.stdout
    assert "Traceback" not in unit.log()


@pytest.fixture
def person_in_session(browser: Browser, unit: Unit) -> Iterator[Person]:
    """While a recording is open."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    found = Person(page)
    found.open(unit.url)
    found.until("['ready', 'opening'].includes(document.body.dataset.state)")
    if found.state == "ready":
        found.press("record")
        found.wait_for("opening")
    found.wait_for_light(RED)
    yield found
    page.close()


def test_it_is_readable_at_every_width_in_every_language(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path, "kk") as unit:
        for width, height in ((390, 844), (1280, 800)):
            page = browser.new_page(viewport={"width": width, "height": height})
            troubles = watch(page)
            page.goto(unit.url)
            for language in ("ru", "kk", "en"):
                page.goto(unit.url.split("?")[0] + f"?lang={language}")
                Person(page).wait_for("ready")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (language, width)
                spilling = page.evaluate("""() => [...document.querySelectorAll('button, .slider span')]
                  .filter(each => each.offsetParent && each.scrollWidth > each.clientWidth + 1)
                  .map(each => each.textContent.trim())""")
                assert spilling == [], (language, width)
                assert page.locator("html").get_attribute("lang") == language
                nameless = page.evaluate("""() => [...document.querySelectorAll('button, input, meter, img, summary')]
                  .filter(each => !(each.getAttribute('aria-label') || each.alt || each.textContent.trim())).length""")
                assert nameless == 0
            page.close()
            assert troubles == []
    subprocess.run(["chattr", "-R", "-f", "-ia", str(tmp_path)], check=False)
