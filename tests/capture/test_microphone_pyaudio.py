"""The real PortAudio, on a sound card that ALSA plays from a file, and a card's identity on made-up kernel trees."""

import os
import subprocess
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest

from kuager.capture.sensors import closing
from kuager.capture.sensors.closing import StuckError
from kuager.capture.sensors.microphone import open_microphone
from kuager.capture.sensors.microphone_pyaudio import PyAudioMicrophone, describe
from kuager.errors import HardwareError
from kuager.settings import Microphone as MicrophoneSettings

BLOCK = 960  # 20 ms

_CARDS = """\
 0 [vc4hdmi        ]: vc4-hdmi - vc4-hdmi
                      vc4-hdmi
 1 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full speed
"""

# The card below delivers as fast as it is read; what is checked is what one block holds.
_LISTEN = """
import numpy as np
from kuager.capture.sensors.microphone_pyaudio import PyAudioMicrophone
microphone = PyAudioMicrophone("voice")
sounds = [microphone.read(5.0) for _ in range(20)]
microphone.close()
print(microphone.device.model, microphone.overflowed > 0)
for sound in sounds:
    print(sound.boot_us, *sound.samples)
"""

_OPEN = """
from kuager.capture.sensors.microphone_pyaudio import PyAudioMicrophone
from kuager.errors import HardwareError
try:
    PyAudioMicrophone()
except HardwareError as error:
    print(error)
"""


def _run(code: str, config: Path) -> "subprocess.CompletedProcess[str]":
    # A process of its own: ALSA reads its configuration once, and PortAudio writes to the terminal as it pleases.
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(config)}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_portaudio_gives_the_samples_of_a_sound_cards_first_channel_bit_for_bit(tmp_path):
    # As an I2S microphone's: two channels of 32 bits, of which the lower ones are not kept, and the second is noise.
    left = (np.arange(48_000 * 4) % 4001 - 2000) * 65536 + 12_345
    wave = np.stack([left, np.random.default_rng(1).integers(-(1 << 31), 1 << 31, left.size)], axis=1)
    (tmp_path / "in.raw").write_bytes(wave.astype("<i4").tobytes())
    (tmp_path / "asound.conf").write_text(
        "pcm.quiet { type null }\n"
        f'pcm.voice {{ type file slave.pcm quiet file /dev/null infile "{tmp_path}/in.raw" format raw }}\n'
        "pcm.default { type plug slave.pcm voice }\n"
    )
    done = _run(_LISTEN, tmp_path / "asound.conf")
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first.startswith("voice ")
    assert len(lines) == 20
    stamps = []
    for line in lines:
        stamp, *samples = map(int, line.split())
        stamps.append(stamp)
        steps = np.diff(samples)
        assert len(samples) == BLOCK
        assert min(samples) >= -2000
        assert set(steps) <= {1, -4000}  # whole and in order
    assert stamps == sorted(stamps)


def test_no_sound_card_is_said_in_one_sentence(tmp_path):
    (tmp_path / "asound.conf").write_text("pcm.default { type hw card 99 }\n")
    done = _run(_OPEN, tmp_path / "asound.conf")
    assert done.stdout.startswith("there is no microphone"), done.stderr


def test_without_the_library_the_sentence_says_where_it_comes_from(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(HardwareError, match="PyAudio is not installed"):
        open_microphone(MicrophoneSettings(kind="auto"))


class Library(types.ModuleType):
    """What is used of pyaudio: one input, its stream driven by the test."""

    paInt32, paInputOverflow, paContinue = 2, 2, 0  # noqa: N815

    def __init__(self, names: list[str]) -> None:
        super().__init__("pyaudio")
        self.names, self.active, self.time, self.terminated = names, True, 100.0, 0
        self.offered = {(channels, 48_000) for channels in range(1, 3)}
        self.channels, self.own_rate = 1, 44_100

    def PyAudio(self) -> "Library":  # noqa: N802
        return self

    def get_device_count(self) -> int:
        return len(self.names)

    def get_device_info_by_index(self, index: int) -> dict[str, object]:
        name = self.names[index]
        return {"index": index, "name": name, "maxInputChannels": self.channels, "defaultSampleRate": self.own_rate}

    def get_default_input_device_info(self) -> dict[str, object]:
        return self.get_device_info_by_index(0)

    def open(self, **options: object) -> "Library":
        if (options["channels"], options["rate"]) not in self.offered:
            raise OSError(-9997, "Invalid sample rate")
        assert options["format"] == self.paInt32
        self.options = options
        return self

    def start_stream(self) -> None:
        pass

    def get_time(self) -> float:
        return self.time

    def is_active(self) -> bool:
        return self.active

    def close(self) -> None:
        self.active = False

    def terminate(self) -> None:
        self.terminated += 1

    def deliver(self, adc: float, status: int = 0, value: int = 1) -> None:
        size = self.options["frames_per_buffer"]
        data = np.full((size, self.options["channels"]), value << 16, np.int32)
        data[:, 1:] = -1
        times = {"input_buffer_adc_time": adc, "current_time": adc, "output_buffer_dac_time": 0.0}
        self.options["stream_callback"](data.tobytes(), size, times, status)


@pytest.fixture
def library(monkeypatch) -> Library:
    module = Library(["HDA Intel", "USB PnP Sound Device: Audio (hw:1,0)"])
    monkeypatch.setitem(sys.modules, "pyaudio", module)
    return module


def _proc(tmp_path: Path) -> Path:
    (tmp_path / "card1").mkdir()
    (tmp_path / "cards").write_text(_CARDS)
    return tmp_path


def test_stamps_come_from_the_streams_own_clock(library):
    microphone = PyAudioMicrophone(now=lambda: 9_000_000)
    library.time = 100.5
    library.deliver(adc=100.47)
    assert microphone.read(1.0).boot_us == pytest.approx(8_970_000, abs=1)
    library.deliver(adc=0.0)  # a driver without times: the block has just ended
    assert microphone.read(1.0).boot_us == 8_980_000
    microphone.close()


def test_time_never_goes_back_though_two_clocks_are_read(library):
    microphone = PyAudioMicrophone(now=lambda: 9_000_000)
    library.time = 100.5
    library.deliver(adc=100.47)
    library.time = 100.53  # the process stood still between the two readings
    library.deliver(adc=100.49)
    assert [microphone.read(1.0).boot_us for _ in range(2)] == [pytest.approx(8_970_000, abs=1)] * 2
    microphone.close()


def test_lost_sound_is_counted_and_never_hidden(library):
    microphone = PyAudioMicrophone(now=lambda: 9_000_000)
    library.time = 100.02
    library.deliver(adc=100.0)
    microphone._now = lambda: 9_120_000
    library.time = 100.14
    library.deliver(adc=100.12, status=library.paInputOverflow)
    assert microphone.overflowed == pytest.approx(4800, abs=2)
    first, second = microphone.read(1.0), microphone.read(1.0)
    assert second.boot_us - first.boot_us == 120_000
    for number in range(30):
        library.deliver(adc=100.1, value=number)
    assert microphone.overflowed == pytest.approx(4800 + 5 * BLOCK, abs=2)
    assert microphone.read(1.0).samples[0] == 5
    microphone.close()


def test_a_card_is_chosen_by_its_name_and_seen_to_go(library, tmp_path):
    microphone = PyAudioMicrophone("usb pnp", proc=_proc(tmp_path))
    assert library.options["input_device_index"] == 1
    assert microphone.device.model == "USB PnP Sound Device"
    assert microphone.read(0.0) is None
    (tmp_path / "card1").rmdir()
    with pytest.raises(HardwareError, match="unplugged"):
        microphone.read(0.0)
    microphone.close()
    assert library.terminated == 1  # so that the next opening finds what was plugged in since


def test_a_stream_that_ended_is_a_microphone_gone(library):
    microphone = PyAudioMicrophone()
    library.active = False
    with pytest.raises(HardwareError, match="unplugged"):
        microphone.read(0.0)
    microphone.close()


def test_an_unknown_name_lists_those_that_are_there(library):
    with pytest.raises(HardwareError, match="no microphone is named Blue; there are: HDA Intel, USB"):
        PyAudioMicrophone("Blue")
    assert library.terminated == 1


@pytest.mark.parametrize("arguments", [(-9997, "Invalid sample rate"), ("Invalid sample rate", -9997)])
def test_what_portaudio_refuses_is_told_with_its_reason(library, monkeypatch, arguments):
    def refuse(**options: object) -> None:
        raise OSError(*arguments)

    monkeypatch.setattr(library, "open", refuse)
    with pytest.raises(HardwareError, match="can't be opened: Invalid sample rate"):
        PyAudioMicrophone()
    assert library.terminated == 1


def test_of_a_card_that_offers_two_channels_only_the_first_is_taken(library):
    library.channels, library.offered = 2, {(2, 48_000)}
    microphone = PyAudioMicrophone(now=lambda: 9_000_000)
    library.deliver(adc=99.98, value=-77)
    assert set(microphone.read(1.0).samples) == {-77}
    microphone.close()


def test_a_card_without_48_khz_is_resampled_and_named_so(library):
    library.channels, library.own_rate, library.offered = 1, 16_000, {(1, 16_000)}
    microphone = PyAudioMicrophone(now=lambda: 9_000_000)
    assert library.options["frames_per_buffer"] == 320
    assert microphone.device.model == "HDA Intel (resampled from 16000 Hz)"
    for _ in range(10):
        library.deliver(adc=99.98, value=1000)
    sounds = [microphone.read(1.0) for _ in range(10)]
    assert sum(sound.samples.size for sound in sounds) == pytest.approx(9600, abs=64)
    assert set(sounds[-1].samples) == {1000}
    microphone.close()


def test_a_microphone_that_goes_between_listing_and_opening_is_one_sentence_and_tried_again(library, monkeypatch):
    def gone(index: int) -> None:
        raise OSError("Invalid device info")

    with monkeypatch.context() as patch:
        patch.setattr(library, "get_device_info_by_index", gone)
        with pytest.raises(HardwareError, match="can't be opened: Invalid device info"):
            PyAudioMicrophone()
    with monkeypatch.context() as patch:
        patch.setattr(library, "PyAudio", lambda: gone(0))
        with pytest.raises(HardwareError, match="there is no sound"):
            PyAudioMicrophone()
    PyAudioMicrophone().close()
    assert library.terminated == 2


def test_a_driver_that_does_not_let_go_needs_a_new_process(library, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(closing, "WAIT_S", 0.05)
    monkeypatch.setattr(library, "close", lambda: release.wait(10))
    PyAudioMicrophone().close()
    with pytest.raises(StuckError, match="the microphone does not stop"):
        PyAudioMicrophone()
    release.set()
    closing._closing["microphone"].join(10)
    PyAudioMicrophone().close()


def test_make_model_and_serial_of_a_usb_card(tmp_path):
    proc = _proc(tmp_path)
    device = tmp_path / "sys/devices/usb1/1-3"
    (device / "1-3:1.0").mkdir(parents=True)
    for name, text in {"idVendor": "0d8c", "product": "USB PnP Sound Device ", "serial": "A1"}.items():
        (device / name).write_text(text + "\n")
    card = tmp_path / "sys/class/sound/card1"
    card.mkdir(parents=True)
    (card / "device").symlink_to(device / "1-3:1.0")
    found = describe("USB PnP Sound Device: Audio (hw:1,0)", proc, tmp_path / "sys")
    assert (found.make, found.model, found.serial) == ("USB vendor 0d8c", "USB PnP Sound Device", "A1")


def test_a_card_without_usb_names_and_a_device_without_a_card(tmp_path):
    proc = _proc(tmp_path)
    assert describe("x (hw:0,0)", proc, tmp_path / "sys").model == "vc4-hdmi"
    assert describe("pulse", proc, tmp_path / "sys").model == "pulse"
