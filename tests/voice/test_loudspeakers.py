"""The virtual loudspeaker's pace, several loudspeakers as one, the sound card without a card, and volume."""

import os
import struct
import subprocess
import sys
import threading
import types
from itertools import pairwise

import pytest
from voice_fakes import Card, Time

from kuager.errors import HardwareError, PeerError
from kuager.voice.loudspeaker import Several, VirtualLoudspeaker, at_volume, call_later
from kuager.voice.soundcard import SoundcardLoudspeaker

RAMP = struct.pack("<48000h", *(number % 30_000 for number in range(48_000)))


class Room:
    """What the virtual room hears, and when it was told."""

    def __init__(self, volume: int = 100) -> None:
        self.time = Time()
        self.parts: list[tuple[bytes, int, int]] = []
        self.ends: list[tuple[int, bool]] = []
        self.loudspeaker = VirtualLoudspeaker(
            lambda pcm, at: self.parts.append((pcm, at, self.time.us)), self.time.now, self.time.later, volume
        )

    def play(self, pcm: bytes) -> int:
        return self.loudspeaker.play(pcm, lambda heard: self.ends.append((self.time.us, heard)))


def test_the_room_hears_every_sample_in_time_and_without_a_gap() -> None:
    room = Room()
    begins = room.play(RAMP)
    assert begins == 1_000_000 + VirtualLoudspeaker.LEAD_US
    room.time.pass_(5_000_000)
    assert b"".join(pcm for pcm, _, _ in room.parts) == RAMP
    assert room.parts[0][1] == begins
    for (pcm, at, _), (_, following, _) in pairwise(room.parts):
        assert following == at + len(pcm) // 2 * 1_000_000 // 48_000
    for _, at, told in room.parts:
        assert 0 < at - told <= VirtualLoudspeaker.LEAD_US
    assert room.ends == [(begins + 1_000_000, True)]


def test_it_falls_silent_soon_and_ends_when_what_was_sent_has_sounded() -> None:
    room = Room()
    begins = room.play(RAMP)
    room.time.pass_(300_000)
    room.loudspeaker.stop()
    assert room.ends == []
    room.time.pass_(5_000_000)
    sent_us = sum(len(pcm) for pcm, _, _ in room.parts) // 2 * 1_000_000 // 48_000
    assert sent_us == 500_000
    assert room.ends == [(begins + sent_us, True)]
    room.loudspeaker.stop()
    room.play(RAMP)
    room.time.pass_(5_000_000)
    assert len(room.ends) == 2


def test_a_late_machine_sends_nothing_for_the_past() -> None:
    room = Room()
    room.play(RAMP)
    room.time.us += 3_000_000
    room.time.pass_(5_000_000)
    assert all(at >= told for _, at, told in room.parts)
    assert b"".join(pcm for pcm, _, _ in room.parts) == RAMP
    assert len(room.ends) == 1


def test_only_one_voice() -> None:
    room = Room()
    room.play(RAMP)
    with pytest.raises(HardwareError):
        room.play(RAMP)


def test_a_room_that_has_gone_stops_nothing(caplog) -> None:
    time, ends = Time(), []

    def emit(pcm: bytes, at_us: int) -> None:
        raise PeerError("capture is gone")

    VirtualLoudspeaker(emit, time.now, time.later).play(RAMP, ends.append)
    time.pass_(2_000_000)
    assert ends == [True]
    assert "capture is gone" in caplog.text


def test_volume() -> None:
    assert at_volume(RAMP, 100) is RAMP
    halved = struct.unpack("<3h", at_volume(struct.pack("<3h", -32768, 1000, 32767), 50))
    assert halved == (-16384, 500, 16383)
    room = Room(volume=0)
    room.play(RAMP)
    assert not any(room.parts[0][0])


def test_several_end_with_the_last_and_are_heard_if_one_is() -> None:
    time, ends = Time(), []
    cards = [Card(time), Card(time), Card(time)]
    cards[2].works = False
    together = Several(*cards)
    together.play(RAMP, ends.append)
    cards[0].end(heard=False)
    assert ends == []
    cards[1].end(heard=True)
    assert ends == [True]
    cards[0].works = cards[1].works = False
    with pytest.raises(HardwareError):
        together.play(RAMP, ends.append)
    together.stop()
    assert [card.stops for card in cards] == [1, 1, 1]


def test_call_later_calls_once_and_can_be_cancelled() -> None:
    called = threading.Event()
    call_later(60, called.set).cancel()
    call_later(0, called.set)
    assert called.wait(5)


class Port:
    """As much of PyAudio as is used."""

    written = bytearray()
    devices = (
        {"index": 0, "name": "Webcam", "maxOutputChannels": 0},
        {"index": 1, "name": "USB Audio", "maxOutputChannels": 2},
    )
    default = 1
    broken = False
    open_ports = 0

    def __init__(self) -> None:
        Port.open_ports += 1

    def terminate(self) -> None:
        Port.open_ports -= 1

    def get_default_output_device_info(self):
        if self.default is None:
            raise OSError("No Default Output Device Available")
        return self.devices[self.default]

    def get_device_count(self) -> int:
        return len(self.devices)

    def get_device_info_by_index(self, index: int):
        return self.devices[index]

    def open(
        self, rate: int, channels: int, form: int, *, output: bool, output_device_index: int, frames_per_buffer: int
    ):
        assert (rate, channels, form, output, output_device_index) == (48_000, 1, 8, True, 1)
        return self

    def write(self, pcm: bytes) -> None:
        if Port.broken:
            raise OSError("Device unavailable")
        Port.written += pcm

    def stop_stream(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def port(monkeypatch) -> type[Port]:
    monkeypatch.setitem(sys.modules, "pyaudio", types.SimpleNamespace(PyAudio=Port, paInt16=8))
    monkeypatch.setattr(Port, "written", bytearray())
    return Port


def play_out(loudspeaker: SoundcardLoudspeaker) -> bool:
    ended, results = threading.Event(), []
    loudspeaker.play(RAMP, lambda heard: (results.append(heard), ended.set()))
    assert ended.wait(5)
    return results[0]


def test_the_sound_card_gets_every_sample(port: type[Port]) -> None:
    loudspeaker = SoundcardLoudspeaker("usb")
    assert play_out(loudspeaker)
    assert play_out(loudspeaker)
    assert bytes(port.written) == RAMP * 2
    assert port.open_ports == 0


def test_a_card_that_fails_is_not_heard_and_may_come_back(port: type[Port], monkeypatch) -> None:
    loudspeaker = SoundcardLoudspeaker()
    monkeypatch.setattr(port, "broken", True)
    assert not play_out(loudspeaker)
    monkeypatch.setattr(port, "broken", False)
    assert play_out(loudspeaker)


def test_a_card_that_hangs_takes_no_more(port: type[Port], monkeypatch) -> None:
    release, ended = threading.Event(), threading.Event()
    monkeypatch.setattr(port, "write", lambda self, pcm: release.wait(10))
    loudspeaker = SoundcardLoudspeaker()
    loudspeaker.play(RAMP, lambda heard: ended.set())
    with pytest.raises(HardwareError):
        loudspeaker.play(RAMP, lambda heard: None)
    loudspeaker.stop()
    release.set()
    assert ended.wait(5)


def test_no_card_is_said_in_one_sentence(port: type[Port], monkeypatch) -> None:
    monkeypatch.setattr(port, "default", None)
    with pytest.raises(HardwareError, match="no loudspeaker"):
        SoundcardLoudspeaker()
    assert port.open_ports == 0
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(HardwareError, match="PyAudio is not installed"):
        SoundcardLoudspeaker()


def test_a_card_that_has_a_name_may_come_later(port: type[Port], monkeypatch, caplog) -> None:
    loudspeaker = SoundcardLoudspeaker("hw:1,0")
    assert "no loudspeaker's name holds 'hw:1,0'" in caplog.text
    assert not play_out(loudspeaker)
    monkeypatch.setattr(port, "devices", (port.devices[0], {**port.devices[1], "name": "I2S hat: (hw:1,0)"}))
    assert play_out(loudspeaker)
    assert port.open_ports == 0


def test_a_card_unplugged_in_the_middle_of_a_word(port: type[Port], monkeypatch) -> None:
    def unplugged(self: Port, pcm: bytes) -> None:
        Port.written += pcm
        if len(Port.written) > 20_000:
            raise OSError(-9999, "Unanticipated host error")

    loudspeaker = SoundcardLoudspeaker()
    with monkeypatch.context() as patch:
        patch.setattr(port, "write", unplugged)
        assert not play_out(loudspeaker)
    assert port.open_ports == 0
    assert play_out(loudspeaker)


_SPEAK = """
import struct, threading
from kuager.voice.soundcard import SoundcardLoudspeaker
ended = threading.Event()
loudspeaker = SoundcardLoudspeaker("part")
loudspeaker.play(struct.pack("<24000h", *range(-12000, 12000)), lambda heard: (print(heard), ended.set()))
assert ended.wait(30)
"""


def test_portaudio_plays_every_sample_on_a_card_by_its_name(tmp_path) -> None:
    (tmp_path / "asound.conf").write_text(
        "pcm.quiet { type null }\n"
        f'pcm.counterpart {{ type file slave.pcm quiet file "{tmp_path}/out.raw" format raw }}\n'
        "pcm.default { type plug slave.pcm quiet }\n"
    )
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    done = subprocess.run(
        [sys.executable, "-c", _SPEAK], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "True\n", done.stderr
    played = (tmp_path / "out.raw").read_bytes()
    assert struct.pack("<24000h", *range(-12000, 12000)) in played
