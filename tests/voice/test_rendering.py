"""Sound files made by espeak-ng: only what must be, as loud as each other, not clipped, and whole."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kuager.catalogue import LANGUAGES, Catalogue, load_catalogue, read_catalogue
from kuager.cli.voice import voice
from kuager.errors import HardwareError, UsageError
from kuager.voice import rendering
from kuager.voice.level import LEVEL_DB, PEAK_DB, prepare, spoken_level_db, trimmed
from kuager.voice.rendering import Outcome, pending, render, synthesise
from kuager.voice.sound import RATE, read_wav
from kuager.voice.speech import Voice

HEAD = """
language = "en"
[synthesis]
voice = "en-gb"
speed = {speed}
pitch = 50
[form]
date = "{{day}} {{month}} {{year}}"
time = "{{hour}} {{minute}}"
[spoken.day]
unknown = "day"
[spoken.month]
unknown = "month"
[spoken.year]
unknown = "year"
[spoken.hour]
unknown = "hour"
[spoken.minute]
unknown = "minute"
[shown]
"""


def catalogue(folder: Path, texts: str, speed: int = 150) -> Catalogue:
    path = folder / "en.toml"
    path.write_text(HEAD.format(speed=speed) + texts)
    return read_catalogue(path)


def samples(path: Path) -> np.ndarray:
    return np.frombuffer(read_wav(path), "<i2").astype(np.float32) / 32768


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All three languages, rendered once."""
    folder = tmp_path_factory.mktemp("voices")
    for language in LANGUAGES:
        render(load_catalogue(language), folder)
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_is_there_loud_enough_and_not_clipped(voices: Path, language: str) -> None:
    assert Voice(language, [voices]).missing() == []
    levels = []
    for token, words in load_catalogue(language).tokens().items():
        sound = samples(voices / language / f"{token}.wav")
        seconds, letters = len(sound) / RATE, sum(map(str.isalpha, words))
        assert 4 < letters / seconds < 22, (token, words, seconds)
        peak_db = 20 * np.log10(np.abs(sound).max())
        assert peak_db <= PEAK_DB + 0.01, token
        level = spoken_level_db(sound)
        # Quieter than all others only where the peak forbids more.
        assert abs(level - LEVEL_DB) < 0.5 or (level < LEVEL_DB and peak_db > PEAK_DB - 0.01), (token, level)
        assert level > LEVEL_DB - 5, token
        levels.append(level)
        assert np.abs(sound[[0, 1, -2, -1]]).max() < 0.01, f"{token} begins or ends with a click"
    assert abs(float(np.median(levels)) - LEVEL_DB) < 0.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_different_words_sound_different(voices: Path, language: str) -> None:
    sounds = {read_wav(path) for path in (voices / language / "minute").glob("*.wav")}
    assert len(sounds) == 60


def test_a_rendered_word_is_what_espeak_said_only_louder(voices: Path) -> None:
    raw = np.frombuffer(synthesise("Nothing is being recorded.", load_catalogue("en").synthesis), "<i2").astype(float)
    made = samples(voices / "en" / "hint" / "interrupted.wav").astype(float)
    found = np.fft.irfft(np.fft.rfft(raw, 1 << 18) * np.conj(np.fft.rfft(made, 1 << 18)))
    at = int(found.argmax())
    part = raw[at : at + len(made)]
    likeness = np.dot(part, made) / np.sqrt(np.dot(part, part) * np.dot(made, made))
    assert likeness > 0.99


def test_only_what_is_missing_or_changed_is_made(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = catalogue(tmp_path, '[spoken.a]\nb = "One."\nc = "Two."\n')
    advanced: list[None] = []
    assert render(first, out, lambda: advanced.append(None)) == Outcome(7, 0, 0)
    assert len(advanced) == 7
    assert render(first, out) == Outcome(0, 7, 0)
    (out / "en" / "a" / "b.wav").unlink()
    with (out / "en" / "a" / "c.wav").open("r+b") as file:
        file.truncate(60)
    assert set(pending(first, out)) == {"a/b", "a/c"}
    assert render(first, out) == Outcome(2, 5, 0)
    changed = catalogue(tmp_path, '[spoken.a]\nb = "One."\nc = "Three."\n')
    assert render(changed, out) == Outcome(1, 6, 0)
    gone = catalogue(tmp_path, '[spoken.a]\nb = "One."\n')
    assert render(gone, out) == Outcome(0, 6, 1)
    assert not (out / "en" / "a" / "c.wav").exists()
    faster = catalogue(tmp_path, '[spoken.a]\nb = "One."\n', speed=200)
    assert render(faster, out) == Outcome(6, 0, 0)


def test_rendering_is_the_same_each_time_and_leaves_nothing_behind(tmp_path: Path) -> None:
    words = catalogue(tmp_path, "")
    for folder in ("one", "two"):
        render(words, tmp_path / folder)
    for path in (tmp_path / "one" / "en").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    assert not list((tmp_path / "one").rglob("*.part"))


def test_damaged_stamps_are_made_again(tmp_path: Path) -> None:
    words, out = catalogue(tmp_path, ""), tmp_path / "out"
    render(words, out)
    for damage in ("", "{", "[]", json.dumps({"day/unknown": 5})):
        (out / "en" / "rendered.json").write_text(damage)
        assert render(words, out) == Outcome(5, 0, 0)


def test_files_of_others_are_not_touched(tmp_path: Path) -> None:
    own = tmp_path / "out" / "en" / "own.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"mine")
    render(catalogue(tmp_path, ""), tmp_path / "out")
    assert own.read_bytes() == b"mine"


def test_what_was_made_before_a_failure_is_kept(tmp_path: Path, monkeypatch) -> None:
    real = rendering.synthesise

    def failing(text: str, synthesis: object) -> bytes:
        if text == "Two.":
            raise HardwareError("espeak-ng could not speak")
        return real(text, synthesis)

    words = catalogue(tmp_path, '[spoken.a]\nb = "One."\nc = "Two."\n')
    monkeypatch.setattr(rendering, "synthesise", failing)
    with pytest.raises(HardwareError):
        render(words, tmp_path / "out")
    assert set(pending(words, tmp_path / "out")) == {"a/c"}
    monkeypatch.setattr(rendering, "synthesise", real)
    assert render(words, tmp_path / "out").made == 1


def test_espeak_missing_or_failing_is_said_in_one_sentence(tmp_path: Path, monkeypatch) -> None:
    words = catalogue(tmp_path, "")
    fake = tmp_path / "bin" / "espeak-ng"
    fake.parent.mkdir()
    monkeypatch.setenv("PATH", str(fake.parent))
    with pytest.raises(HardwareError, match="install the Debian package espeak-ng"):
        render(words, tmp_path / "out")
    fake.write_text("#!/bin/sh\necho 'no such voice' >&2\nexit 1\n")
    fake.chmod(0o755)
    with pytest.raises(HardwareError, match="could not speak 'day': no such voice"):
        render(words, tmp_path / "out")
    fake.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(HardwareError, match="could not speak"):
        render(words, tmp_path / "out")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        render(catalogue(tmp_path, ""), Path("/proc/kuager"))


def test_words_that_espeak_stresses_wrongly_are_respelled(tmp_path: Path) -> None:
    russian = load_catalogue("ru").synthesis
    assert "сорок" in russian.respell
    plain = type(russian)(voice=russian.voice, speed=russian.speed, pitch=russian.pitch)
    assert synthesise("Сорок минут.", russian) != synthesise("Сорок минут.", plain)
    assert synthesise("сороковой", russian) == synthesise("сороковой", plain), "whole words only"


def test_trimming_keeps_the_sound_and_ten_milliseconds() -> None:
    tone = np.sin(np.arange(RATE) / 20).astype(np.float32) / 4
    padded = np.concatenate((np.zeros(RATE, np.float32), tone, np.zeros(2 * RATE, np.float32)))
    assert len(tone) <= len(trimmed(padded)) <= len(tone) + RATE // 100 * 4
    assert not len(trimmed(np.zeros(0, np.float32)))


@pytest.mark.parametrize("amplitude", [10, 1000, 30_000])
def test_any_level_comes_to_the_same(amplitude: int) -> None:
    tone = (np.sin(np.arange(RATE) / 20) * amplitude).astype("<i2")
    made = np.frombuffer(prepare(tone.tobytes()), "<i2").astype(np.float32) / 32768
    assert abs(spoken_level_db(made) - LEVEL_DB) < 0.3


def test_a_peak_is_not_clipped_and_silence_stays_silent() -> None:
    click = np.zeros(RATE, "<i2")
    click[24_000:24_010] = 20_000
    made = np.frombuffer(prepare(click.tobytes()), "<i2")
    assert 20 * np.log10(np.abs(made.astype(float)).max() / 32768) <= PEAK_DB + 0.01
    assert not any(prepare(bytes(9600)))
    assert prepare(b"") == b""


def test_render_from_the_command_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = CliRunner().invoke(voice, ["render", "--language", "en", "--out", str(out)])
    assert first.exit_code == 0
    total = len(load_catalogue("en").tokens())
    assert first.stdout == f"voice (en): {total} of {total} sound files made, in {out}\n"
    again = CliRunner().invoke(voice, ["render", "--language", "en", "--out", str(out)])
    assert f"0 of {total} sound files made" in again.stdout
    assert not (out / "ru").exists()


def test_render_goes_to_the_cache(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(rendering, "synthesise", lambda text, synthesis: bytes([0, 9]) * 4800)
    assert CliRunner().invoke(voice, ["render"]).exit_code == 0
    for language in LANGUAGES:
        assert Voice(language, [tmp_path / "kuager" / "voice"]).missing() == []


def test_the_script_for_a_human_speaker_names_every_file() -> None:
    listed = CliRunner().invoke(voice, ["list", "kk"]).stdout.splitlines()
    assert listed[0] == "file\twords"
    assert len(listed) == 1 + len(load_catalogue("kk").tokens())
    assert "kk/day/22.wav\tжиырма екінші" in listed
    assert all(re.fullmatch(r"kk/[a-z0-9/-]+\.wav\t\w[^\t]*", line) for line in listed[1:])


def test_say(voices: Path, tmp_path: Path) -> None:
    out = tmp_path / "said.wav"
    arguments = ["say", "en", "interruption.begun", "cause=camera", "--recordings", str(voices), "--out", str(out)]
    said = CliRunner().invoke(voice, arguments)
    assert said.stdout == "Recording is interrupted. Cause: a fault of the camera.\n"
    assert len(read_wav(out)) > RATE


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["en", "nothing.such"], "no prompt"),
        (["en", "interruption.begun"], "cause"),
        (["en", "closing.time", "now=tomorrow"], "time"),
        (["en", "seal.done", "--recordings", "/nowhere", "--out", "/nowhere/x.wav"], "render"),
    ],
)
def test_say_refuses_in_one_sentence(arguments: list[str], complaint: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = CliRunner().invoke(voice, ["say", *arguments])
    assert isinstance(result.exception, UsageError)
    assert complaint in str(result.exception)
