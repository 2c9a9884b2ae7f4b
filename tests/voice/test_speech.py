"""Speech put together from sound files: words, samples, pauses, search order, what is missing, bounded memory."""

import struct
import subprocess
import sys
import wave
from datetime import datetime
from pathlib import Path

import pytest

from kuager.catalogue import load_catalogue
from kuager.catalogue.template import Piece
from kuager.errors import InputError
from kuager.voice import speech
from kuager.voice.sound import RATE, read_wav, write_wav
from kuager.voice.speech import Voice, directories, rendered_directory, silences_ms

AT = datetime(2026, 11, 22, 10, 15)


def tone(value: int, milliseconds: int) -> bytes:
    return struct.pack("<h", value) * (RATE * milliseconds // 1000)


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """Every token of every language as 100 ms of a constant of its own."""
    for number, token in enumerate(load_catalogue("en").tokens(), 1):
        write_wav(tmp_path / "rendered" / "en" / f"{token}.wav", tone(number, 100))
    return tmp_path / "rendered"


def value(folder: Path, token: str) -> int:
    return int(struct.unpack_from("<h", read_wav(folder / "en" / f"{token}.wav"))[0])


def test_speech_is_the_words_in_order_with_pauses_between(rendered: Path) -> None:
    said = Voice("en", [rendered]).say("closing.time", now=AT)
    assert said.text == (
        "The recording is about to end. It is ten hours fifteen minutes, "
        "the twenty-second of November two thousand and twenty-six."
    )
    assert said.audible
    samples = struct.unpack(f"<{len(said.pcm) // 2}h", said.pcm)
    runs = [samples[0]]
    for sample in samples:
        if sample != runs[-1]:
            runs.append(sample)
    tokens = ["closing/time-1", "hour/10", "minute/15", "day/22", "month/11", "year/2026"]
    assert [run for run in runs if run] == [value(rendered, token) for token in tokens]
    assert runs.count(0) == len(tokens) - 1, "a pause between any two, none at the ends"
    assert said.duration_us == len(samples) * 1_000_000 // RATE
    # 6 words of 100 ms; a pause of 30 ms but 150 ms at the comma
    assert said.duration_us == 600_000 + 4 * 30_000 + 150_000


def test_punctuation_makes_pauses_also_where_it_is_not_heard() -> None:
    row = [
        Piece("a", "Recording goes on. It is "),
        Piece("b", "ten"),
        Piece("", ", "),
        Piece("c", "the first"),
        Piece("d", ". Go"),
    ]
    assert silences_ms(row) == [30, 150, 350]
    assert silences_ms([Piece("a", "Cause: "), Piece("b", "heat"), Piece("", ".")]) == [150]
    assert silences_ms([Piece("", ", ")]) == []
    assert silences_ms([]) == []


def test_a_human_recording_stands_before_a_rendered_one_file_by_file(rendered: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "human" / "en" / "seal" / "done.wav", tone(-77, 50))
    voice = Voice("en", [tmp_path / "human", rendered])
    assert voice.say("seal.done").pcm == tone(-77, 50)
    assert voice.say("closing.done").pcm == tone(value(rendered, "closing/done"), 100)


def test_a_damaged_recording_gives_way_to_the_next(rendered: Path, tmp_path: Path, caplog) -> None:
    bad = tmp_path / "human" / "en" / "seal" / "done.wav"
    bad.parent.mkdir(parents=True)
    for content in (b"", b"RIFF", b"not a sound at all" * 100):
        bad.write_bytes(content)
        assert Voice("en", [tmp_path / "human", rendered]).say("seal.done").audible
        assert "done.wav" in caplog.text


def test_a_missing_file_leaves_the_text(rendered: Path) -> None:
    (rendered / "en" / "day" / "22.wav").unlink()
    voice = Voice("en", [rendered, rendered / "nowhere"])
    said = voice.say("closing.time", now=AT)
    assert (said.pcm, said.duration_us, said.audible) == (b"", 0, False)
    assert "twenty-second" in said.text
    assert voice.say("closing.time", now=AT.replace(day=21)).audible
    assert voice.missing() == ["day/22"]


def test_what_cannot_be_said_is_shown_by_its_id(rendered: Path, caplog) -> None:
    voice = Voice("en", [rendered])
    for arguments in ({}, {"now": "today"}, {"later": AT}):
        assert not voice.say("closing.time", **arguments).audible
    assert voice.say("opening.unheard-of").text == "opening: unheard of"
    assert "unheard-of" in caplog.text


def test_memory_is_bounded(rendered: Path, monkeypatch) -> None:
    monkeypatch.setattr(speech, "_CACHE_BYTES", 25_000)
    voice = Voice("en", [rendered])
    for text_id in sorted(voice.catalogue.spoken):
        if not voice.catalogue.slots(text_id):
            assert voice.say(text_id).audible
            assert voice._held == sum(map(len, voice._sounds.values())) <= 25_000


def test_what_is_held_is_not_read_again(rendered: Path) -> None:
    voice = Voice("en", [rendered])
    first = voice.say("seal.done")
    (rendered / "en" / "seal" / "done.wav").unlink()
    assert voice.say("seal.done") == first


def test_speech_is_never_longer_than_a_message_holds(rendered: Path) -> None:
    write_wav(rendered / "en" / "seal" / "done.wav", tone(1, 70_000))
    assert Voice("en", [rendered]).say("seal.done").duration_us == speech.LONGEST_US


def test_the_order_of_directories(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert rendered_directory() == tmp_path / "kuager" / "voice"
    assert directories() == (tmp_path / "kuager" / "voice", speech.PACKAGED)
    assert directories(tmp_path) == (tmp_path, tmp_path / "kuager" / "voice", speech.PACKAGED)


@pytest.mark.parametrize(("rate", "channels", "width"), [(44100, 2, 2), (16000, 1, 2), (48000, 2, 2), (96000, 1, 3)])
def test_other_kinds_of_wav_are_converted(tmp_path: Path, rate: int, channels: int, width: int) -> None:
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes((8000 << 8 * (width - 2)).to_bytes(width, "little", signed=True) * channels * rate)
    samples = struct.unpack(f"<{len(read_wav(path)) // 2}h", read_wav(path))
    assert abs(len(samples) - RATE) <= 2
    assert abs(samples[RATE // 2] - 8000) < 120


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match="too large"):
        read_wav(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_wav(tmp_path / "none.wav")


def test_the_supervisor_speaks_without_numpy_and_pyav() -> None:
    modules = "kuager.voice.speech, kuager.voice.player, kuager.voice.loudspeaker, kuager.voice.soundcard"
    code = f"import sys, {modules}; sys.exit(bool({{'numpy', 'av', 'pyaudio'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
