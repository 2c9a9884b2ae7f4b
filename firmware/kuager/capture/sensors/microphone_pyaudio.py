"""A sound card's input through PyAudio (PortAudio), 48 kHz mono, by callback.

Of a card with several channels the first is taken, unmixed; one that offers no 48 kHz is taken at its own rate and
resampled, and its name says so. Sound that the driver or a slow reader lost is counted and shows as a
jump in the stamps; nothing is filled in here. A card that was unplugged is an error at the next read. PortAudio lists
cards when it is initialised: it is given up with the card, so that opening again finds what was plugged in since.
"""

import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from kuager import clock, portaudio
from kuager.capture.sensors import SAMPLE_RATE, Sound, closing, identity
from kuager.capture.sensors.samples import Resampler, first_channel
from kuager.errors import HardwareError
from kuager.evidence.records import Device

BLOCKS_A_SECOND = 50

_DEVICE = "microphone"
_QUEUE = 25  # blocks: 0.5 s for a slow reader; then the oldest are lost and counted
_OLDEST_S = 1.0  # a block stamped further back than this was stamped by another clock


def describe(name: str, proc: Path = Path("/proc/asound"), sys: Path = Path("/sys")) -> Device:
    """The sound card behind a PortAudio device name; its name alone where it is no hardware device."""
    card = card_number(name)
    if card is None:
        return Device(make="", model=name[:200])
    listed = re.search(rf"^ *{card} \[[^\]]*\]: \S+ - (.+)$", _read(proc / "cards"), re.MULTILINE)
    return identity.usb_device(sys / f"class/sound/card{card}/device", listed[1].strip() if listed else name)


def card_number(name: str) -> int | None:
    """ALSA's number of the card in a PortAudio device name such as ``USB Audio: - (hw:1,0)``."""
    found = re.search(r"\(hw:(\d+)", name)
    return int(found[1]) if found else None


class PyAudioMicrophone:
    """A sound card's input: the one whose name contains `device`, else the default."""

    kind = "pyaudio"
    rate = SAMPLE_RATE

    def __init__(
        self, device: str = "", now: Callable[[], int] = clock.boot_us, proc: Path = Path("/proc/asound")
    ) -> None:
        self._now = now
        self._queue: deque[Sound] = deque()
        self._ready = threading.Condition()
        self._expected = 0  # the stamp that the next block has if nothing was lost
        self._newest_us = 0
        self.overflowed = 0
        self._channels, self._native = 1, SAMPLE_RATE
        closing.check(_DEVICE)
        self._library = portaudio.load()
        try:
            self._portaudio = self._library.PyAudio()
        except OSError as error:
            raise HardwareError(f"there is no sound: {_reason(error)}") from None
        try:
            found = _choose(self._portaudio, device)
            self._stream = self._open(found)
            self._resampler = Resampler(self._native) if self._native != SAMPLE_RATE else None
            self._stream.start_stream()
        except HardwareError:
            self._portaudio.terminate()
            raise
        except (OSError, ValueError) as error:
            self._portaudio.terminate()
            raise HardwareError(f"the microphone can't be opened: {_reason(error)}") from None
        name = str(found["name"])
        self.device = describe(name, proc)
        if self._resampler:
            model = f"{self.device.model[:150]} (resampled from {self._native} Hz)"
            self.device = msgspec.structs.replace(self.device, model=model)
        card = card_number(name)
        self._presence = None if card is None else proc / f"card{card}"

    def read(self, timeout_s: float) -> Sound | None:
        """The oldest block not read yet."""
        with self._ready:
            if self._ready.wait_for(lambda: bool(self._queue), timeout_s):
                return self._queue.popleft()
        if self._gone():
            raise HardwareError("the microphone was unplugged")
        return None

    def close(self) -> None:
        """Give the card back; PortAudio can hang on one that was unplugged."""
        closing.give_back(_DEVICE, self._close)

    def _open(self, found: Mapping[str, Any]) -> Any:
        """A stream as near to 48 kHz mono as the card offers. Raises OSError or ValueError with PortAudio's reason."""
        refusal: OSError | ValueError | None = None
        for rate, channels in _offers(int(found["maxInputChannels"]), int(found["defaultSampleRate"])):
            try:
                stream = self._portaudio.open(
                    format=self._library.paInt32,
                    channels=channels,
                    rate=rate,
                    input=True,
                    input_device_index=found["index"],
                    frames_per_buffer=rate // BLOCKS_A_SECOND,
                    stream_callback=self._arrived,
                    start=False,
                )
            except (OSError, ValueError) as error:
                refusal = refusal or error
            else:
                self._channels, self._native = channels, rate
                return stream
        raise refusal or ValueError("it offers no channel")

    def _close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._portaudio.terminate()

    def _gone(self) -> bool:
        try:
            return not self._stream.is_active() or bool(self._presence and not self._presence.exists())
        except OSError:
            return True

    def _arrived(self, data: bytes, frames: int, times: Mapping[str, float], status: int) -> tuple[None, int]:
        # PortAudio's own thread: only enqueue. The stream's clock is read here, so that waiting for the interpreter
        # makes no stamp late.
        now = self._now()
        age = self._stream.get_time() - times["input_buffer_adc_time"]
        if not (0 <= age <= _OLDEST_S and times["input_buffer_adc_time"] > 0):
            age = frames / self._native
        # Two clocks were read one after the other; on a busy machine time passes in between, and must not go back.
        stamp = self._newest_us = max(self._newest_us, now - int(age * 1_000_000))
        samples = first_channel(data, self._channels)
        if self._resampler:
            samples = self._resampler.feed(samples)
        with self._ready:
            if status & self._library.paInputOverflow:
                self.overflowed += max(1, (stamp - self._expected) * SAMPLE_RATE // 1_000_000)
            if len(self._queue) >= _QUEUE:
                self.overflowed += self._queue.popleft().samples.size
            self._queue.append(Sound(samples, stamp))
            self._ready.notify()
        self._expected = stamp + samples.size * 1_000_000 // SAMPLE_RATE
        return None, self._library.paContinue


def _offers(most_channels: int, own_rate: int) -> Iterator[tuple[int, int]]:
    """Rates and numbers of channels, best first. A card that can do two may be unable to do one, as I2S is."""
    usual = (min(2, most_channels), 1, most_channels)
    for rate in dict.fromkeys((SAMPLE_RATE, own_rate)):
        for channels in dict.fromkeys(usual):
            yield rate, channels


def _choose(portaudio: Any, device: str) -> Mapping[str, Any]:
    inputs: list[Mapping[str, Any]] = [
        info
        for index in range(portaudio.get_device_count())
        if (info := portaudio.get_device_info_by_index(index))["maxInputChannels"] > 0
    ]
    if not inputs:
        raise HardwareError("there is no microphone: connect one, or set [microphone] kind to replay")
    named = [info for info in inputs if device.casefold() in str(info["name"]).casefold()]
    if not named:
        names = ", ".join(str(info["name"]) for info in inputs)
        raise HardwareError(f"no microphone is named {device}; there are: {names}")
    if device:
        return named[0]
    try:
        return dict(portaudio.get_default_input_device_info())
    except OSError:
        return named[0]


def _reason(error: Exception) -> str:
    # PyAudio gives number and text in either order.
    return next((part for part in error.args if isinstance(part, str)), "no reason given")


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
