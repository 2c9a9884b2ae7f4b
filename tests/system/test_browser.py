"""Whoever holds a recording can play it to its end in an ordinary browser, picture and sound."""

from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

PAGE = """<!doctype html><title>playback</title><video id=v src="{source}" preload=auto></video>"""

PLAY = """async () => {
  const v = document.getElementById('v');
  v.onerror = () => console.error(v.error.message);
  if (v.readyState < 1) await new Promise((ok) => { v.onloadedmetadata = ok; });
  const ended = new Promise((ok, bad) => { v.onended = ok; v.onerror = () => bad(v.error.message); });
  v.playbackRate = 8;
  await v.play();
  await ended;
  const quality = v.getVideoPlaybackQuality();
  return {width: v.videoWidth, height: v.videoHeight, duration: v.duration, at: v.currentTime,
          frames: quality.totalVideoFrames, sound: v.webkitAudioDecodedByteCount};
}"""


def test_chromium_plays_the_recording_to_its_end(recording: Path, tmp_path: Path) -> None:
    video = recording / "video-01.mp4"
    page_file = tmp_path / "play.html"
    page_file.write_text(PAGE.format(source=video.as_uri()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            page = browser.new_page()
            page.goto(page_file.as_uri())
            seen = page.evaluate(PLAY)
        finally:
            browser.close()
    assert (seen["width"], seen["height"]) == (1280, 720)
    assert seen["duration"] > 4
    assert seen["at"] >= seen["duration"] - 0.2
    assert seen["frames"] > 0
    assert seen["sound"] > 0
